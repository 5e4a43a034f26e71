"""A player's playback in a simulation: the real film's seeks and the real watch over it, with decoders that decode
nothing and a sound that has no samples. In place of `player/media/playback.py`."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from player.core.medium import Due, Medium, Opened, Picture, PlaybackEvent, Sought, SoundStatus
from player.core.target import Target
from player.media.film import Film
from player.media.watch import FilmWatch
from player.ports import Wake
from server.core.timeline import LocalTime
from tests.fakes.virtual_loop import MACHINE, VirtualLoop
from tests.simulation.decoding import FRAME, Decoding, SimulatedPicture, SimulatedSoundDecoder
from tests.simulation.samples import SampledSound
from tests.simulation.sound import STEP, SimulatedSound

OPENING = 0.4  # s that a film takes to open
CLOCK_STEP = 0.001  # s of media time, as in FilmPlayback


class SimulatedPlayback:
    """Implements `ports.Playback`. Levers: `picture` and `track` (their decoding)."""

    def __init__(self, loop: VirtualLoop, length: float, seed: int, *, has_samples: bool = False) -> None:
        self._loop = loop
        self._machine = MACHINE.get()
        self._length = length
        self._seed = seed
        now = self._machine.now
        self.picture = Decoding(now, length, ahead=4 * FRAME, past=0.25 + 4 * FRAME, presented=self._place)
        self.track = Decoding(now, length, ahead=1.5, past=5.0)
        self.sound_line: SimulatedSound | SampledSound = SimulatedSound(self.track, now(), seed)
        self._sound_decoder: SimulatedSoundDecoder | SampledSound = SimulatedSoundDecoder(self.track)
        if has_samples:
            self.sound_line = self._sound_decoder = SampledSound(now, length, seed)
        self.wake: Wake = lambda: None
        self.sought: list[tuple[float, float]] = []  # (true time, asynchrony) of each seek of the controller
        self._events: list[PlaybackEvent] = []
        self._target = Target()
        self._film: Film | None = None
        self._watch: FilmWatch | None = None
        self._look_timer: asyncio.TimerHandle | None = None
        self._feed_timer: asyncio.TimerHandle | None = None
        self._opening: asyncio.TimerHandle | None = None
        self._reel = SimulatedPicture(self.picture)

    # -- ports.Playback ------------------------------------------------------------------------------------------------

    def open(self, path: str) -> None:
        self._film = self._watch = None
        if self._opening is not None:
            self._opening.cancel()
        self._opening = self._loop.call_later(OPENING, self._open, path) if path else None

    def close(self) -> None:
        self._film = self._watch = None
        for timer in (self._look_timer, self._feed_timer, self._opening):
            if timer is not None:
                timer.cancel()

    def follow(self, target: Target) -> None:
        now = self._machine.now()
        before, self._target = self._target, target
        is_other = target.schedule is not before.schedule and target.schedule != before.schedule
        if not is_other:
            is_other = abs(target.media_time_at(now) - before.media_time_at(now)) > CLOCK_STEP
        self.sound_line.follow(target, now)
        if is_other:
            self._loop.call_soon(self._look)

    def sound(self) -> SoundStatus:
        sound, now = self.sound_line, self._machine.now()
        return SoundStatus(sound.asynchrony(now), sound.playout_delay, sound.underruns, "simulated")

    def picture_asynchrony(self) -> float | None:
        shown = self.shown()
        return None if shown is None else shown - self._place()

    def take_events(self) -> list[PlaybackEvent]:
        events, self._events = self._events, []
        return events

    def set_volume(self, volume: float) -> None: ...

    def choose_sound(self, track: str) -> None: ...

    def choose_subtitles(self, track: str | None) -> None: ...

    def load_subtitles(self, path: str) -> None: ...

    def set_subtitle_delay(self, seconds: float) -> None: ...

    def set_voices(self, voices: object) -> None: ...

    def duck(self, gain: float, seconds: float) -> None: ...

    def missed(self) -> tuple[int, int]:
        return 0, 0

    def set_size(self, width: int, height: int) -> None: ...

    def due(self, now: LocalTime) -> Due:
        return Due(None, None)

    def presented(self, picture: Picture, at: LocalTime) -> None: ...

    def set_screen_wake(self, wake: Wake) -> None: ...

    # -- what is presented ---------------------------------------------------------------------------------------------

    def shown(self) -> float | None:
        """Media time that the picture shows now, as if frames were infinitely short; None: there is none of it."""
        if self._film is None:
            return None
        media_time = self._place()
        begins, until, _ = self.picture.reach()
        media_time = min(media_time, until)
        return None if media_time < begins - 1e-4 else media_time

    def heard(self) -> float | None:
        """Media time that leaves the DAC now; None: silence."""
        return self.sound_line.heard(self._machine.now())

    def _place(self) -> float:
        return self._target.media_time_at(self._machine.now())

    # -- the film ------------------------------------------------------------------------------------------------------

    def _open(self, path: str) -> None:
        title = path.rpartition("/")[2].rpartition(".")[0]
        medium = Medium(path, title, self._length, (640, 360), FRAME)
        source: Any = SimpleNamespace(video=None, sounds=(), is_still=False, medium=medium)
        first = 2 + self.picture.generation + self._sound_decoder.generation
        film = Film(
            source,
            cast(Any, SimpleNamespace(close=lambda: None)),
            reel=cast(Any, self._reel),
            sound=None,
            clock=self._machine,
            news=lambda: None,
            screen_wake=lambda: None,
            first_generation=first,
        )
        film.picture = cast(Any, self._reel)
        film.sound = cast(Any, self._sound_decoder)
        subtitles: Any = SimpleNamespace(take_added=lambda: [], take_troubles=lambda: [])
        self._film = film
        self._watch = FilmWatch(film, subtitles, cast(Any, self.sound_line), self._machine)
        self._report(Opened(medium))
        self._look()
        self._feed()

    def _report(self, *events: PlaybackEvent) -> None:
        self._events += events
        self.sought += [(self._loop.time(), each.asynchrony) for each in events if isinstance(each, Sought)]
        if events:
            self.wake()

    def _look(self) -> None:
        if self._watch is None:
            return
        if self._look_timer is not None:
            self._look_timer.cancel()
        events, wait = self._watch.look(self._target)
        self._report(*events)
        self._look_timer = self._loop.call_later(1.0 if wait is None else max(wait, 1e-3), self._look)

    def _feed(self) -> None:
        if self._film is not None:
            if self._feed_timer is not None:
                self._feed_timer.cancel()
            self.sound_line.feed(self._machine.now())
            self._feed_timer = self._loop.call_later(STEP, self._feed)
