"""What is said of a room to who is not in it: to players that look for one, and to who runs the server.

Players learn of listed rooms only, and of those what they need to choose one: no names of people, no film.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from server.core import protocol
from server.core.room_state import Room
from server.core.timeline import RoomTime, State


class ListedRoom(msgspec.Struct, frozen=True):
    """A room that wants to be found."""

    name: str
    people: int
    has_password: bool
    control: protocol.Who
    playlist: protocol.Who


class RoomSummary(msgspec.Struct, frozen=True):
    """A room for who runs the server. Times in seconds; `age` None: nobody knows."""

    name: str
    people: tuple[str, ...]  # names of who is here
    lost: int  # who may come back
    controllers: int
    title: str
    state: State | Literal["empty"]
    media_time: float
    age: float | None
    is_listed: bool
    persists: bool
    has_password: bool


def listed_rooms(rooms: Iterable[Room]) -> list[ListedRoom]:
    """The rooms that want to be found, in order of their names."""
    return [
        ListedRoom(
            name=room.name,
            people=len(room.present),
            has_password=room.rules.has_password,
            control=room.rules.control,
            playlist=room.rules.playlist,
        )
        for room in sorted(rooms, key=lambda room: room.name)
        if room.rules.listed
    ]


def summary_of(room: Room, now: RoomTime) -> RoomSummary:
    """What there is to say about a room at `now`."""
    return RoomSummary(
        name=room.name,
        people=tuple(each.name for each in room.present),
        lost=sum(not each.is_here for each in room.members),
        controllers=sum(each.kind == "controller" for each in room.members),
        title="" if room.item is None else room.item.title,
        state="empty" if room.item is None else room.schedule.at(now).state,
        media_time=max(0.0, room.schedule.media_time_at(now)),
        age=None if room.made_at is None else max(0.0, now - room.made_at),
        is_listed=room.rules.listed,
        persists=room.rules.persists,
        has_password=room.rules.has_password,
    )
