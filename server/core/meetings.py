"""Which meetings there have to be on the SFU, which not any more, and what the rooms are to be told of them.

A meeting belongs to a room and a generation of its call (`call_mode.py`). It is named by the room's salt, too, so that
a room that is made anew under an old name never meets in the old one's. Processes that share their rooms each make what
is wanted, which does nothing where it stands already, and each end what they know to be over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from server.core.call_mode import meeting_of, wanted_meeting
from server.core.room_state import Room
from server.core.timeline import LocalTime

FAREWELL = 10.0  # s that an old meeting stands beside the mesh that follows it: nobody is cut before the mesh connects


class MeetingKey(NamedTuple):
    """Which meeting that is."""

    room: str
    salt: str
    generation: int


class Standing(NamedTuple):
    """A meeting that was made. `unneeded_since`: None while it is needed; `is_sure`: the SFU was not lost since."""

    unneeded_since: LocalTime | None = None
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class Meetings:
    """The meetings that stand, as far as this process knows."""

    standing: Mapping[MeetingKey, Standing] = field(default_factory=lambda: MappingProxyType({}))

    def with_made(self, key: MeetingKey) -> Meetings:
        return Meetings(MappingProxyType({**self.standing, key: Standing()}))

    def without(self, key: MeetingKey) -> Meetings:
        return Meetings(MappingProxyType({each: it for each, it in self.standing.items() if each != key}))

    def doubted(self) -> Meetings:
        """The same after the SFU was lost: it may have forgotten them, and is asked for them again."""
        doubted = {each: it._replace(is_sure=False) for each, it in self.standing.items()}
        return Meetings(MappingProxyType(doubted))


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, in this order."""

    meetings: Meetings
    make: tuple[MeetingKey, ...] = ()
    tell: tuple[MeetingKey, ...] = ()  # their rooms: they stand
    end: tuple[MeetingKey, ...] = ()


def planned(meetings: Meetings, rooms: Mapping[str, Room], now: LocalTime) -> Plan:
    """What the rooms need. `rooms`: those that are in a meeting or want one, and those of standing meetings, if they
    are still there."""
    needed = {key for room in rooms.values() for key in needed_by(room)}
    sure = {key for key, it in meetings.standing.items() if it.is_sure}
    waiting = [(room, wanted_meeting(room)) for room in rooms.values()]
    standing: dict[MeetingKey, Standing] = {}
    end = []
    for key, it in meetings.standing.items():
        since = None
        if key not in needed:
            since = now if it.unneeded_since is None else it.unneeded_since
            if _is_over(key, rooms.get(key.room)) or now >= since + FAREWELL:
                end.append(key)
        standing[key] = it._replace(unneeded_since=since)
    return Plan(
        meetings=Meetings(MappingProxyType(standing)),
        make=tuple(sorted(needed - sure)),
        tell=tuple(
            key for room, wanted in waiting if wanted and (key := MeetingKey(room.name, room.salt, wanted)) in sure
        ),
        end=tuple(end),
    )


def needed_by(room: Room) -> tuple[MeetingKey, ...]:
    """The meetings of a room: the one that it is in and the one that it wants."""
    generations = (meeting_of(room), wanted_meeting(room))
    return tuple(MeetingKey(room.name, room.salt, each) for each in generations if each is not None)


def _is_over(key: MeetingKey, room: Room | None) -> bool:
    """Whether nobody may stay there a moment longer: the room has gone, or it meets elsewhere, for a reason."""
    return room is None or room.salt != key.salt or meeting_of(room) is not None
