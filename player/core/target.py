"""What the media threads follow: the room's timeline as a function of *local* time.

An immutable value, made by the session whenever the clock or the timeline changes and read by the picture and the
sound threads without a lock: each asks at the instant that matters to it (a frame's paint, a sample's way out of the
device), so no thread has to tick for another.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from server.core.clock_line import ClockLine
from server.core.timeline import LocalTime, MediaTime, Schedule, Timeline

__all__ = ["ClockLine", "Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """The schedule of a room seen through this machine's clock."""

    clock: ClockLine = field(default_factory=ClockLine)
    schedule: Schedule = field(default_factory=Schedule)
    dispersion: float = 0.0  # s, error bound of the clock at the time this was made

    def timeline_at(self, local: LocalTime) -> Timeline:
        """The timeline in force at an instant of local time."""
        return self.schedule.at(self.clock.room_time(local))

    def media_time_at(self, local: LocalTime) -> MediaTime:
        """Where the film is at an instant of local time, s."""
        return self.schedule.media_time_at(self.clock.room_time(local))

    def local_time_of(self, media_time: MediaTime, after: LocalTime) -> LocalTime | None:
        """The first instant at or after `after` at which the film is at or past a media time, s of local time.

        None: as far as the authority has said, it does not get there."""
        room = self.clock.room_time(after)
        begins: Timeline | None = self.schedule.at(room)
        while begins is not None:
            ends = self.schedule.next_after(room)
            if begins.media_time_at(room) >= media_time:
                return self.clock.local_time(room)
            due = begins.room_time_of(media_time)
            if due is not None and (ends is None or due < ends.room_time):
                return self.clock.local_time(due)
            begins = ends
            if ends is not None:
                room = ends.room_time
        return None

    def next_change(self, local: LocalTime) -> LocalTime | None:
        """When the next known timeline takes effect, s of local time."""
        following = self.schedule.next_after(self.clock.room_time(local))
        return None if following is None else self.clock.local_time(following.room_time)
