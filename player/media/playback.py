"""The player's media side as the session sees it: opens a film, follows the room, and says what happened.

One thread, "playback", leads: it opens films, decides on seeks, and watches for what is reported. It never decodes,
so a slow disk does not keep it from noticing. The picture's and the sound's threads do the work.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from statistics import median

from player.core.medium import (
    Due,
    Opened,
    OpenFailed,
    Picture,
    PlaybackEvent,
    Remark,
    SoundStatus,
)
from player.core.target import Target
from player.media.film import Film
from player.media.pictures import Reel
from player.media.sound_outlet import SoundOutlet
from player.media.source import Source, name_of, open_source
from player.media.subtitles import Subtitles
from player.media.watch import FilmWatch
from player.ports import Clock, MediaError, Telemetry, Voices, Wake
from server.core.timeline import LocalTime, MediaTime

log = logging.getLogger(__name__)

PATIENCE = 3.0  # s for threads to end that hang in a network
ENDING = 3.0  # s for all of them; what hangs longer is left to itself, so that the player can end
FIRST_FRAME = 1.5  # s that is waited for the first frame, which knows its rotation, before a film counts as open
LATELY = 2.0  # s, of the picture's asynchrony
CLOCK_STEP = 0.001  # s of media time by which another target is worth a look
LATE = 0.025  # s after its instant: a refresh of the screen and a half


class FilmPlayback:
    """`ports.Playback`. `_changed` guards `_wanted`, `_events`, `_is_closing`, `_is_stirred` and `_choices`;
    `_target`, `_film` and `_subtitles` are replaced whole; `_lags` belongs to the screen's thread; the rest to
    the playback thread."""

    def __init__(self, clock: Clock, telemetry: Telemetry, wake: Wake, *, silent: bool = False) -> None:
        self._clock = clock
        self._telemetry = telemetry
        self._wake = wake
        self._screen_wake: Wake = _nobody
        self._changed = threading.Condition()
        self._wanted: str | None = None
        self._events: list[PlaybackEvent] = []
        self._is_closing = False
        self._is_stirred = False
        self._sound_choice: str | None = None
        self._target = Target()
        self._reel = Reel()
        self._outlet = SoundOutlet(clock, telemetry, self._stir, silent=silent)
        self._film: Film | None = None
        self._subtitles: Subtitles | None = None
        self._generation = 0
        self._lags: deque[tuple[float, float]] = deque(maxlen=32)
        self._late = 0  # frames, of the screen's thread
        self._thread: threading.Thread | None = None
        # of the playback thread
        self._watch: FilmWatch | None = None

    # -- the session's thread ------------------------------------------------------------------------------------------

    def open(self, path: str) -> None:
        """Open it in place of the one before; without a path, only let go of that."""
        with self._changed:
            self._wanted = path
            self._events.clear()  # what there was to say of the film before
            self._sound_choice = None
            self._changed.notify_all()
        self._start()

    def close(self) -> None:
        thread = self._thread
        if thread is None:
            return
        with self._changed:
            self._is_closing = True
            self._wanted = None
            self._changed.notify_all()
        thread.join(ENDING)
        if thread.is_alive():
            log.info("a film hangs in its disk or network and is left to itself")
            self._outlet.set_voices(None)
        else:
            self._thread = None
        with self._changed:
            self._events.clear()
        self._screen_wake()

    def follow(self, target: Target) -> None:
        before, self._target = self._target, target
        film, subtitles = self._film, self._subtitles
        is_other = target.schedule is not before.schedule and target.schedule != before.schedule
        if not is_other:
            now = self._clock.now()
            is_other = abs(target.media_time_at(now) - before.media_time_at(now)) > CLOCK_STEP
        self._outlet.follow(target)
        if film is not None:
            film.follow(target, is_other=is_other)
        if subtitles is not None:
            subtitles.follow(target, is_other=is_other)
        if is_other:
            self._stir()
            self._screen_wake()

    def set_volume(self, volume: float) -> None:
        self._outlet.set_volume(volume)

    def duck(self, gain: float, seconds: float) -> None:
        self._outlet.duck(gain, seconds)

    def set_voices(self, voices: Voices | None) -> None:
        if self._outlet.set_voices(voices):
            self._stir()
            if voices is not None:
                self._start()

    def choose_sound(self, track: str) -> None:
        with self._changed:
            self._sound_choice = track
            self._is_stirred = True
            self._changed.notify_all()

    def choose_subtitles(self, track: str | None) -> None:
        subtitles = self._subtitles
        if subtitles is not None:
            subtitles.choose(track)

    def load_subtitles(self, path: str) -> None:
        subtitles = self._subtitles
        if subtitles is not None:
            subtitles.add(path)

    def set_subtitle_delay(self, seconds: float) -> None:
        subtitles = self._subtitles
        if subtitles is not None:
            subtitles.delay = seconds
            self._screen_wake()

    def sound(self) -> SoundStatus:
        return self._outlet.status()

    def picture_asynchrony(self) -> float | None:
        film = self._film
        if film is None or film.picture is None or film.source.is_still:
            return None
        now = self._clock.now()
        lately = [lag for at, lag in tuple(self._lags) if now - at < LATELY]
        if lately:
            return median(lately)
        return 0.0 if self._target.timeline_at(now).state != "playing" else None

    def take_events(self) -> list[PlaybackEvent]:
        with self._changed:
            events, self._events = self._events, []
        return events

    # -- the screen's thread -------------------------------------------------------------------------------------------

    def set_size(self, width: int, height: int) -> None:
        film = self._film
        if self._reel.set_area((width, height) if width > 0 and height > 0 else None) and film is not None:
            film.stir()

    def due(self, now: LocalTime) -> Due:
        target, subtitles = self._target, self._subtitles
        choice = self._reel.due(target, now)
        again_at, caption = choice.again_at, ""
        if subtitles is not None:
            caption, changes = subtitles.caption_at(target.media_time_at(now))
            at = None if changes is None else target.local_time_of(MediaTime(changes), now)
            again_at = at if again_at is None or (at is not None and at < again_at) else again_at
        return Due(choice.picture, again_at, choice.dropped, caption)

    def presented(self, picture: Picture, at: LocalTime) -> None:
        target = self._target
        media_time = target.media_time_at(at)
        if target.timeline_at(at).state == "playing":
            self._lags.append((at, picture.media_time - media_time))
            self._late += media_time - picture.media_time > LATE
        self._telemetry.record(
            "frame", at, media_time=picture.media_time, target=media_time, dropped=self._reel.dropped
        )

    def missed(self) -> tuple[int, int]:
        return self._reel.dropped, self._late

    def is_settled(self) -> bool:
        """Whether the film stands and what is on the screen is its frame in the accurate rendering, which depends on
        the frame and the size alone."""
        return self._reel.is_settled(self._target, self._clock.now())

    def set_screen_wake(self, wake: Wake) -> None:
        self._screen_wake = wake

    # -- the playback thread -------------------------------------------------------------------------------------------

    def _start(self) -> None:
        """Have a thread."""
        if self._thread is None:
            self._is_closing = False
            self._thread = threading.Thread(target=self._run, name="playback", daemon=True)
            self._thread.start()

    def _stir(self) -> None:
        """From any thread: there is something to look at."""
        with self._changed:
            self._is_stirred = True
            self._changed.notify_all()

    def _wake_screen(self) -> None:
        self._screen_wake()

    def _tell(self, *events: PlaybackEvent) -> None:
        """Nothing of a film in whose place another is wanted already."""
        with self._changed:
            if self._wanted is not None or self._is_closing:
                return
            self._events.extend(events)
        self._wake()

    def _run(self) -> None:
        try:
            wait: float | None = None
            while True:
                with self._changed:
                    if not (self._is_stirred or self._is_closing or self._wanted is not None):
                        self._changed.wait(wait)
                    if self._is_closing:
                        return
                    path, self._wanted = self._wanted, None
                    self._is_stirred = False
                wait = self._lead(path)
        finally:
            self._let_go()
            self._outlet.end()

    def _lead(self, path: str | None) -> float | None:
        """Open what is wanted, if anything, and look after what is open; returns the time until the next look, s."""
        try:
            if path is not None:
                self._open(path)
            return self._look()
        except Exception:
            log.exception("playback failed")
            self._let_go()
            words = "Playing failed for a reason that is in the log. Open the film again."
            self._tell(OpenFailed(path or "", words))
            return None

    def _let_go(self) -> None:
        film, self._film, self._watch = self._film, None, None
        subtitles, self._subtitles = self._subtitles, None
        if subtitles is not None:
            subtitles.close(PATIENCE)
        if film is not None:
            film.close(PATIENCE)
            self._generation = film.generation
        self._reel.clear()
        self._screen_wake()

    def _open(self, path: str) -> None:
        self._let_go()
        if not path:
            return
        try:
            source, container = open_source(path)
        except MediaError as error:
            self._tell(OpenFailed(path, str(error)))
            return
        except Exception:
            log.exception("opening failed")
            self._tell(OpenFailed(path, f"“{name_of(path)}” can't be opened for a reason that is in the log."))
            return
        if source.sounds:
            self._outlet.for_film()
        sound = self._outlet.sound
        film = Film(
            source,
            container,
            reel=self._reel,
            sound=sound,
            clock=self._clock,
            news=self._stir,
            screen_wake=self._wake_screen,
            first_generation=self._generation,
        )
        film.start(self._target)
        self._film = film
        subtitles = Subtitles(source, self._clock, self._stir, self._wake_screen)
        self._subtitles = subtitles
        self._hand_over(film, subtitles)
        subtitles.choose(source.medium.subtitle_track)
        self._watch = FilmWatch(film, subtitles, sound, self._clock)
        upright = self._upright(film)
        film.start_sound(self._target)
        if sound is not None:
            sound.start()
        self._tell(Opened(upright.medium), *(Remark(words) for words in source.remarks))

    def _hand_over(self, film: Film, subtitles: Subtitles) -> None:
        """The target, to those who did not exist when it came. The session may replace it meanwhile: who gets the older
        one last would keep it."""
        target = None
        while target is not self._target:
            target = self._target
            self._outlet.follow(target)
            film.follow(target, is_other=True)
            subtitles.follow(target, is_other=True)

    def _upright(self, film: Film) -> Source:
        """What is known of the film once its first frame has told how it is turned."""
        picture = film.picture
        if picture is None:
            return film.source
        until = self._clock.now() + FIRST_FRAME
        with self._changed:
            while picture.turns is None and not picture.has_failed and not self._reel.has_begun():
                if self._is_closing or self._wanted is not None or self._clock.now() >= until:
                    break
                self._changed.wait(0.05)
        return film.source.rotated(picture.turns or 0)

    def _look(self) -> float | None:
        """Seek where it is needed and report; returns the time until the next look, s (None: when stirred)."""
        film, watch = self._film, self._watch
        if film is None or watch is None:
            self._outlet.end(is_needless=True)
            self._pass_on_remarks()
            return None
        target = self._target
        with self._changed:
            choice, self._sound_choice = self._sound_choice, None
        if choice is not None and choice.startswith("stream:"):
            film.choose_sound(int(choice.removeprefix("stream:")), target)
        events, wait = watch.look(target)
        if events:
            self._tell(*events)
        self._pass_on_remarks()
        return wait

    def _pass_on_remarks(self) -> None:
        sound = self._outlet.sound
        remarks = sound.take_remarks() if sound is not None else []
        if remarks:
            self._tell(*map(Remark, remarks))


def _nobody() -> None:
    """Wakes no one."""
