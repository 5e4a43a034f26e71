"""What is reported of a film that is open: ready, run dry, caught up, damaged. Each once."""

from __future__ import annotations

from collections import deque

from player.core.medium import PlaybackEvent, Primed, RanDry, ReachedEnd, Remark, Sought, SubtitlesAdded
from player.core.target import Target
from player.media.film import Film
from player.media.sound import Sound
from player.media.source import name_of
from player.media.subtitles import Subtitles
from player.ports import Clock
from server.core.timeline import Timeline

OFTEN = 0.15  # s between looks while a film plays
CLOSELY = 0.015  # s, while a start is being prepared

Key = tuple[int, str, float]


class FilmWatch:
    """One film's, from its opening on. Of the playback's thread."""

    def __init__(self, film: Film, subtitles: Subtitles, sound: Sound | None, clock: Clock) -> None:
        self._film = film
        self._subtitles = subtitles
        self._sound = sound
        self._clock = clock
        self._primed: deque[Key] = deque(maxlen=16)
        self._dried: Key | None = None
        self._ended: Key | None = None
        self._remarked: set[str] = set()

    def look(self, target: Target) -> tuple[list[PlaybackEvent], float | None]:
        """Seek where it is needed; returns (what is to be reported, the time until the next look in s, None: when
        something happens)."""
        events: list[PlaybackEvent] = [*self._sought(target), *self._troubles(), *self._added()]
        primed, is_waiting = self._newly_primed(target)
        events += primed
        now = self._clock.now()
        timeline = target.timeline_at(now)
        if timeline.state == "playing" and self._film.is_dry(target) and self._dried != _key(timeline):
            self._dried = _key(timeline)
            events.append(RanDry(timeline.revision))
        if timeline.state == "playing" and self._film.has_ended(target) and self._ended != _key(timeline):
            self._ended = _key(timeline)
            events.append(ReachedEnd(timeline.revision))
        if is_waiting:
            return events, CLOSELY
        change = target.next_change(now)
        if change is not None:
            return events, min(OFTEN, max(0.0, change - now))
        return events, OFTEN if timeline.state == "playing" else None

    def _sought(self, target: Target) -> list[PlaybackEvent]:
        jumped = self._film.seek_where_needed(target)
        is_turning = target.next_change(self._clock.now()) is not None
        if jumped is None and not is_turning and self._film.sound is not None:
            assert self._sound is not None
            if self._sound.wants_seek():
                jumped = self._film.catch_up(target)
        return [] if jumped is None else [Sought(jumped)]

    def _newly_primed(self, target: Target) -> tuple[list[PlaybackEvent], bool]:
        """(what is ready now, whether the newest timeline is not)."""
        events: list[PlaybackEvent] = []
        is_waiting = False
        for timeline in target.schedule.timelines:
            if timeline.state == "playing" or _key(timeline) in self._primed:
                continue
            if self._film.is_primed(timeline):
                self._primed.append(_key(timeline))
                events.append(Primed(timeline.revision))
            elif timeline is target.schedule.newest:
                is_waiting = True
        return events, is_waiting

    def _added(self) -> list[PlaybackEvent]:
        return [SubtitlesAdded(track) for track in self._subtitles.take_added()]

    def _troubles(self) -> list[PlaybackEvent]:
        """Each kind of trouble once a film."""
        name = name_of(self._film.source.medium.path)
        picture, sound = self._film.picture, self._film.sound
        words: dict[str, str] = {}
        if picture is not None:
            words["picture"] = picture.has_failed
        if sound is not None:
            words["sound"] = sound.has_failed
        if (picture is not None and picture.broken) or (sound is not None and sound.broken):
            words["broken"] = f"Parts of “{name}” are damaged and were skipped. Another copy may be whole."
        if picture is not None and picture.is_stalled:
            words["stalled"] = f"“{name}” arrives too slowly or not at all; trying again."
        new = {kind: each for kind, each in words.items() if each and kind not in self._remarked}
        self._remarked.update(new)
        return [Remark(each) for each in (*new.values(), *self._subtitles.take_troubles())]


def _key(timeline: Timeline) -> Key:
    """What tells timelines apart, also those of different rooms."""
    return timeline.revision, timeline.item, timeline.room_time
