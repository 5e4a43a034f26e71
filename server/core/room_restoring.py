"""A room that was kept while no server ran: how it goes on.

Room time is a monotonic clock. If the same boot of the same machine reads it again soon, it has simply gone on: a film
that played is where its players, who played on by their own clocks, are; nothing is stated anew, and people notice
nothing but a reconnect. Otherwise the old readings mean nothing. Then the room's times are moved so that the last
instant at which the server is known to have lived is now: the film goes on from the last place that is known, and the
time in between counts for nobody, so that no room ends because its server was away. The same after an outage so long
that nobody has played on.

Either way all connections are gone. Members are lost and come back by token to role, place and readiness; controllers
have nothing to come back to. A wait can be for nobody who is here: it becomes one of a few seconds, in which people are
back, rather than none, which would show them a film that has begun without them.
"""

from __future__ import annotations

from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import replace

from server.core import protocol
from server.core.room_state import NO_TICKET, Key, Room
from server.core.timeline import RoomTime, Schedule

Value = TypeVar("Value")

COMING_BACK = 5.0  # s in which people are back after a restart: what a wait is stretched or cut to


def restore(room: Room, epoch: str, now: RoomTime, lived_until: RoomTime, away: float = 0.0) -> Room:
    """The room as it goes on at `now`, on the room time of `epoch`. `lived_until`: the last instant, of the room's own
    time, at which its server is known to have lived; `away`: how long ago that was by the calendar, s."""
    elapsed = now - lived_until
    goes_on = room.epoch == epoch and 0.0 <= elapsed <= room.policy.abandoned
    if not goes_on:
        room = _restated(_moved(room, elapsed, away))
    members = tuple(
        replace(each, ticket=NO_TICKET, heard_at=now, lost_at=now if each.lost_at is None else each.lost_at)
        for each in room.members
        if each.kind == "member"
    )
    was_lived_in = bool(room.present)
    room = replace(
        room,
        epoch=epoch,
        members=members,
        empty_since=now if was_lived_in or room.empty_since is None else room.empty_since,
        roster_at=None,
        roster_due=None,
        is_wait_shorter=False,
    )
    return _with_a_wait_for_those_who_come_back(room, now)


def _moved(room: Room, by: float, away: float) -> Room:
    """All times of the room `by` s later; but what was said and what expires keeps its distance in calendar time."""
    lines = tuple(replace(line, at_us=line.at_us + protocol.micros(by - away)) for line in room.lines)
    keys = tuple(_moved_key(key, by - away) for key in room.keys)
    return replace(_shifted(replace(room, lines=(), keys=()), by), lines=lines, keys=keys)


def _moved_key(key: Key, by: float) -> Key:
    return key if key.expires_at is None else replace(key, expires_at=RoomTime(key.expires_at + by))


def _restated(room: Room) -> Room:
    """The same place as a new statement: whoever knows the old one must not take it for this."""
    if room.item is None:
        return room
    newest = replace(room.newest, revision=room.revision + 1)
    return replace(room, schedule=Schedule((*room.schedule.timelines[:-1], newest)))


def _with_a_wait_for_those_who_come_back(room: Room, now: RoomTime) -> Room:
    if room.newest.state != "holding":
        return room
    until = RoomTime(now + COMING_BACK)
    newest = replace(room.newest, revision=room.revision + 1, waiting=(), until=until)
    return replace(room, schedule=Schedule((*room.schedule.timelines[:-1], newest)))


# -- every RoomTime in a value ----------------------------------------------------------------------------------------


def _shifted(value: Value, by: float) -> Value:
    """The value with each field that is a `RoomTime`, at any depth, `by` s later. By the fields' types, so that nobody
    who adds one has to think of this."""
    if isinstance(value, tuple):
        moved = tuple(_shifted(each, by) for each in value)
        is_same = all(new is old for new, old in zip(moved, value, strict=True))
        return value if is_same else moved  # type: ignore[return-value]
    if not isinstance(value, msgspec.Struct):
        return value
    changes = {}
    for name, holds_times in _fields_of(type(value)):
        old = getattr(value, name)
        new = _later(old, by) if holds_times else _shifted(old, by)
        if new is not old:
            changes[name] = new
    return replace(value, **changes) if changes else value


def _later(times: Any, by: float) -> Any:
    if isinstance(times, tuple):
        return tuple(RoomTime(each + by) for each in times)
    return None if times is None else RoomTime(times + by)


@cache
def _fields_of(kind: type[msgspec.Struct]) -> tuple[tuple[str, bool], ...]:
    """The fields of a class of values, and which of them hold instants of room time."""
    hints = get_type_hints(kind)
    return tuple((name, _is_time(hints[name])) for name in kind.__struct_fields__)


def _is_time(hint: Any) -> bool:
    if hint is RoomTime:
        return True
    return get_origin(hint) in (Union, UnionType, tuple) and RoomTime in get_args(hint)
