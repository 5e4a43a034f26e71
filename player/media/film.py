"""An open film: its picture and its sound on their way to where the room is.

Here is decided when either has to seek: the place where it should be is not decoded and will not be soon.
"""

from __future__ import annotations

from dataclasses import dataclass

from av.container import InputContainer

from player.core.target import Target
from player.media.picture_worker import PictureWorker, Place
from player.media.pictures import Reel
from player.media.sound import Sound
from player.media.sound_decoder import SoundDecoder, SoundPlace
from player.media.source import Source
from player.ports import Clock, Wake
from server.core.timeline import LocalTime, Timeline


@dataclass(frozen=True, slots=True)
class SeekPolicy:
    """Times in s."""

    decoded_on: float = 1.0  # a place so little ahead is reached by decoding on, which costs less than a seek
    decoded_on_most: float = 3.0  # of the picture's, where seeks take long:
    per_latency: float = 4.0  # times as long as a seek takes (decoding is some 5 times as fast as playing)
    rounding: float = 1e-5
    picture_pause: float = 5.0  # between two catch-ups of the picture: on a slow machine each loses time
    sound_ahead: float = 0.05  # a seek of the sound while playing goes so far ahead of the timeline
    begins_with: float = 0.1  # of decoded sound a start needs
    sound_written: float = 0.4  # what is heard was written so long before: into the ring and the device
    dry: float = 0.3  # of nothing to present is a stall


@dataclass(frozen=True, slots=True)
class Heading:
    """A seek that is under way or done: for which timeline, and when and how far from there it began."""

    generation: int
    timeline: Timeline
    media_time: float
    at: LocalTime
    lead: float  # media time between where the timeline was and where it was expected to be, s


class Film:
    """Owned by the playback's thread. `follow` and `stir` come from the session's and the screen's."""

    def __init__(
        self,
        source: Source,
        container: InputContainer,
        *,
        reel: Reel,
        sound: Sound | None,
        clock: Clock,
        news: Wake,
        screen_wake: Wake,
        first_generation: int,
        policy: SeekPolicy | None = None,
    ) -> None:
        self.source = source
        self._reel = reel
        self._clock = clock
        self._policy = policy or SeekPolicy()
        self.generation = first_generation
        self.picture: PictureWorker | None = None
        self.sound: SoundDecoder | None = None
        self._sound_stream = source.sounds[0] if source.sounds else -1
        self._picture_sought: Heading | None = None
        self._sound_sought: Heading | None = None
        self._looked_at: Timeline | None = None  # the newest timeline at the last look
        self._picture_rests_until = float("-inf")
        self._dry_since: float | None = None
        if source.video is not None:
            self.picture = PictureWorker(source, container, reel=reel, clock=clock, news=news, screen_wake=screen_wake)
        else:
            container.close()
        if sound is not None and source.sounds:
            self.sound = SoundDecoder(source, sound, news)
        self._news = news

    # -- threads -------------------------------------------------------------------------------------------------------

    def start(self, target: Target) -> None:
        """The picture goes to where the room is."""
        if self.picture is not None:
            self.picture.follow(target, is_other=False)
            self._seek_picture(target, self._clock.now())
            self.picture.start()

    def start_sound(self, target: Target) -> None:
        """The sound does. Later than the picture, which people wait for: opening a film is work for both cores."""
        if self.sound is not None:
            self._seek_sound(target, self._clock.now())
            self.sound.start()

    def close(self, timeout: float) -> None:
        """Returns when the threads have ended, or hang in a network."""
        self.generation += 1
        if self.sound is not None:
            self.sound.close(timeout, self.generation)
        if self.picture is not None:
            self.picture.close(timeout)

    def follow(self, target: Target, *, is_other: bool) -> None:
        if self.picture is not None:
            self.picture.follow(target, is_other=is_other)

    def stir(self) -> None:
        """The window has another size."""
        if self.picture is not None:
            self.picture.stir()

    # -- where to be ---------------------------------------------------------------------------------------------------

    def choose_sound(self, stream: int, target: Target) -> None:
        """Hear another track from now on."""
        if self.sound is not None and stream != self._sound_stream and stream in self.source.sounds:
            self._sound_stream = stream
            self._seek_sound(target, self._clock.now())

    def seek_where_needed(self, target: Target) -> float | None:
        """Seek what can't get to where the newest timeline is. Returns how far a catch-up jumped (media time, s);
        None: there was none, or only the room itself went elsewhere."""
        now = self._clock.now()
        behind = self._behind(target, now)
        newest = target.schedule.newest
        fell_behind = newest.state == "playing" and newest == self._looked_at
        self._looked_at = newest
        is_picture_lost = self._is_picture_lost(target, now)
        is_sound_lost = self._is_sound_lost(target, now)
        if is_picture_lost and fell_behind:
            if now < self._picture_rests_until:
                is_picture_lost = False
            else:
                self._picture_rests_until = now + self._policy.picture_pause
        if is_picture_lost and fell_behind:
            is_sound_lost = is_sound_lost or self._is_sound_short(target, now)
        if is_picture_lost:
            self._seek_picture(target, now)
        if is_sound_lost:
            self._seek_sound(target, now)
        return behind if fell_behind and (is_picture_lost or is_sound_lost) else None

    def catch_up(self, target: Target) -> float:
        """Seek both to where the room is: the sound controller gave up. Returns how far that is, s."""
        now = self._clock.now()
        behind = self._behind(target, now)
        if self.picture is not None and self._reel.reach()[1] < target.media_time_at(now):
            self._seek_picture(target, now)
        self._seek_sound(target, now)
        return behind

    def _behind(self, target: Target, now: LocalTime) -> float:
        """Decoded until, minus where the timeline is: negative is behind, s."""
        until = self._reel.reach()[1] if self.picture is not None else 0.0
        if self.picture is None and self.sound is not None:
            until = self.sound.reach[1]
        return min(0.0, until - target.media_time_at(now))

    def _is_picture_lost(self, target: Target, now: LocalTime) -> bool:
        if self.picture is None or self.picture.has_failed or self.source.is_still:
            return False
        policy = self._policy
        slack = min(policy.decoded_on_most, max(policy.decoded_on, policy.per_latency * self.picture.latency))
        return self._is_lost(self._picture_sought, self._reel.reach(), self._reel.has_begun(), slack, target, now)

    def _is_sound_lost(self, target: Target, now: LocalTime) -> bool:
        if self.sound is None or self.sound.has_failed:
            return False
        current, newest = target.timeline_at(now), target.schedule.newest
        if current is not newest and current.state == "playing" and self._sound_sought is not None:
            return False  # it is heard until the other begins
        begins, until, has_ended = reach = self.sound.reach
        has_begun = until > begins or has_ended
        return self._is_lost(self._sound_sought, reach, has_begun, self._policy.decoded_on, target, now)

    def _is_sound_short(self, target: Target, now: LocalTime) -> bool:
        """Whether the sound, which is decoded farther ahead than the picture, has not enough to begin with where the
        timeline is. If the picture has to catch up as well, both stood (the machine slept) and seek as one: the sound's
        controller would ask for the same a little later."""
        if self.sound is None or self.sound.has_failed:
            return False
        _, until, has_ended = self.sound.reach
        needed = self._policy.sound_written + self._policy.begins_with
        return not has_ended and until < target.media_time_at(LocalTime(now + needed))

    def _is_lost(
        self,
        sought: Heading | None,
        reach: tuple[float, float, bool],
        has_begun: bool,
        slack: float,
        target: Target,
        now: LocalTime,
    ) -> bool:
        """Whether what is decoded doesn't lead to where the newest timeline will be."""
        if sought is None:
            return True
        newest = target.schedule.newest
        room_time = target.clock.room_time(now)
        begins, until, has_ended = reach
        wanted = newest.media_time_at(max(room_time, newest.room_time))
        # what lies between now and then is decoded while it passes
        slack += max(0.0, newest.room_time - room_time) * newest.rate
        is_moving = newest.state == "playing"
        if not has_begun:
            slack += (now - sought.at) * newest.rate if is_moving or sought.timeline.state == "playing" else 0.0
        lead = sought.lead + self._policy.rounding if is_moving else self._policy.rounding
        if wanted < begins - lead:
            return True
        return not has_ended and wanted > until + slack

    def _place(self, target: Target, now: LocalTime, lead: float) -> tuple[float, float]:
        """(where the newest timeline will be in `lead` seconds, or begins; how far that is from where it is)."""
        newest = target.schedule.newest
        room_time = target.clock.room_time(now)
        wanted = newest.media_time_at(max(room_time, newest.room_time))
        if newest.state != "playing" or newest.room_time > room_time + lead:
            return wanted, 0.0
        ahead = newest.media_time_at(target.clock.room_time(LocalTime(now + lead)))
        return ahead, ahead - wanted

    def _seek_picture(self, target: Target, now: LocalTime) -> None:
        if self.picture is None:
            return
        self.generation += 1
        media_time, lead = self._place(target, now, self.picture.latency)
        newest = target.schedule.newest
        self._picture_sought = Heading(self.generation, newest, media_time, now, lead)
        self.picture.seek(Place(self.generation, media_time, newest.revision, now))

    def _seek_sound(self, target: Target, now: LocalTime) -> None:
        if self.sound is None:
            return
        self.generation += 1
        media_time, lead = self._place(target, now, self._policy.sound_ahead)
        self._sound_sought = Heading(self.generation, target.schedule.newest, media_time, now, lead)
        self.sound.seek(SoundPlace(self.generation, media_time, self._sound_stream))

    # -- how it does ---------------------------------------------------------------------------------------------------

    def is_primed(self, timeline: Timeline) -> bool:
        """Whether a standing timeline's picture is there and enough sound to begin with."""
        place = timeline.media_time
        if self.picture is not None and not self.picture.has_failed and not self._reel.is_ready(place):
            return False
        if self.sound is not None and not self.sound.has_failed:
            begins, until, has_ended = self.sound.reach
            enough = place + self._policy.begins_with * max(1.0, timeline.rate)
            return begins <= place + self._policy.rounding and (has_ended or until >= enough)
        return True

    def has_ended(self, target: Target) -> bool:
        """Whether the timeline is beyond the last picture and the last sample."""
        media_time = target.media_time_at(self._clock.now())
        ends = []
        if self.picture is not None and not self.picture.has_failed and not self.source.is_still:
            ends.append(self._reel.reach()[1:])
        if self.sound is not None and not self.sound.has_failed:
            ends.append(self.sound.reach[1:])
        return bool(ends) and all(is_over and media_time >= until for until, is_over in ends)

    def is_dry(self, target: Target) -> bool:
        """Whether there has been nothing to present for a while, though the film plays and has not ended."""
        now = self._clock.now()
        if target.timeline_at(now).state != "playing" or not self._has_nothing(target, now):
            self._dry_since = None
            return False
        if self._dry_since is None:
            self._dry_since = now
        return now - self._dry_since > self._policy.dry

    def _has_nothing(self, target: Target, now: LocalTime) -> bool:
        media_time = target.media_time_at(now)
        margin = self.source.medium.frame_duration
        if self.picture is not None and self.picture.is_waiting_for_data(now, self._policy.dry):
            _, until, has_ended = self._reel.reach()
            if not has_ended and until + margin < media_time:
                return True
        if self.sound is not None and not self.sound.is_putting:
            _, until, has_ended = self.sound.reach
            return not has_ended and until < media_time
        return False
