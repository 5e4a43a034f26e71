"""Media time as a linear function of room time.

A `Timeline` is a value, never a ticking object (as `Correlation` is in pydvbcss and the timing object of the
W3C's Multi-Device Timing group): who wants to know where the film is evaluates it at an instant of room time.

Every change takes effect at the `room_time` that it carries, which for play, pause and rate lies a little in the
future, so that all players turn at one instant. Until then the timeline before it holds. `Schedule` keeps both.
"""

from __future__ import annotations

from typing import Literal, NewType

import msgspec

LocalTime = NewType("LocalTime", float)
"""This machine's monotonic clock as its clock port reads it, seconds."""
RoomTime = NewType("RoomTime", float)
"""The authority's clock, the same for every member of a room, seconds."""
MediaTime = NewType("MediaTime", float)
"""Position in the medium, seconds from its first presented instant (0 is the start of the film)."""
PeerId = NewType("PeerId", str)
"""Who, within the authority: given out by it, never by a client."""

State = Literal["playing", "paused", "holding"]

MIN_RATE, MAX_RATE = 0.25, 4.0


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """Where the film is. `media_time` holds at `room_time`; `rate` is the room's speed, also while it stands.

    A holding timeline stands at `media_time` until `until` (room time) or until every one of `waiting` is ready,
    whichever comes first; then the authority states a new timeline.
    """

    revision: int
    item: str  # id of the room's item; "" is no item yet
    state: State
    media_time: MediaTime
    room_time: RoomTime
    rate: float = 1.0
    until: RoomTime | None = None
    waiting: tuple[PeerId, ...] = ()

    def media_time_at(self, room_time: RoomTime) -> MediaTime:
        """Media time at an instant of room time, s. Before it takes effect a timeline stands at its beginning."""
        if self.state != "playing" or room_time <= self.room_time:
            return self.media_time
        return MediaTime(self.media_time + self.rate * (room_time - self.room_time))

    def room_time_of(self, media_time: MediaTime) -> RoomTime | None:
        """When a media time is due, s of room time. None: this timeline never gets there (it stands, or has passed
        the place before it began)."""
        if self.state != "playing" or media_time < self.media_time:
            return None
        return RoomTime(self.room_time + (media_time - self.media_time) / self.rate)


NOTHING = Timeline(revision=0, item="", state="paused", media_time=MediaTime(0.0), room_time=RoomTime(0.0))
"""The timeline of a room in which nothing has been loaded."""


class Schedule(msgspec.Struct, frozen=True):
    """The timeline in force and those that will replace it, in order of the instants at which they do."""

    timelines: tuple[Timeline, ...] = (NOTHING,)

    def receive(self, timeline: Timeline, now: RoomTime) -> Schedule:
        """The schedule with one more timeline. An older revision than the newest known changes nothing; the same
        revision replaces it (a hold whose `waiting` shrank); what is over before `now` is forgotten."""
        if timeline.revision < self.newest.revision:
            return self
        kept = [known for known in self.timelines if known.revision < timeline.revision]
        # What would begin only after the newcomer never begins: a later statement of the authority wins.
        kept = [known for index, known in enumerate(kept) if index == 0 or known.room_time < timeline.room_time]
        schedule = Schedule((*kept, timeline))
        current = schedule.at(now)
        return Schedule(schedule.timelines[schedule.timelines.index(current) :])

    def at(self, room_time: RoomTime) -> Timeline:
        """The timeline that is in force at an instant."""
        found = self.timelines[0]
        for timeline in self.timelines[1:]:
            if timeline.room_time > room_time:
                break
            found = timeline
        return found

    def next_after(self, room_time: RoomTime) -> Timeline | None:
        """The first timeline that takes effect later than an instant."""
        return next((each for each in self.timelines[1:] if each.room_time > room_time), None)

    def media_time_at(self, room_time: RoomTime) -> MediaTime:
        """Media time at an instant of room time, s."""
        return self.at(room_time).media_time_at(room_time)

    def shifted(self, offset: float) -> Schedule:
        """The same for a copy that has every picture `offset` s later. What would lie before its start waits there."""
        if offset == 0.0:
            return self
        return Schedule(tuple(shifted for each in self.timelines for shifted in _shifted(each, offset)))

    @property
    def newest(self) -> Timeline:
        """What the authority stated last, in force or not yet."""
        return self.timelines[-1]


def _shifted(timeline: Timeline, offset: float) -> tuple[Timeline, ...]:
    media_time = MediaTime(timeline.media_time + offset)
    if media_time >= 0.0:
        return (msgspec.structs.replace(timeline, media_time=media_time),)
    start = msgspec.structs.replace(timeline, media_time=MediaTime(0.0))
    if timeline.state != "playing":
        return (start,)
    begins = RoomTime(timeline.room_time - media_time / timeline.rate)
    return (msgspec.structs.replace(start, state="paused"), msgspec.structs.replace(start, room_time=begins))
