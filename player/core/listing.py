"""The rooms of somebody's server that want to be found: what its list says, read with suspicion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import msgspec

from player.core.invite import Invite, InviteError
from server.core.names import clean_text
from server.core.protocol import MAX_ROOM

MOST_ROOMS = 200
MOST_BYTES = 256 * 1024  # of a list


@dataclass(frozen=True, slots=True)
class ListedRoom:
    """A room that can be joined with `invite`, and with a password where it has one."""

    invite: Invite
    people: int
    has_password: bool

    @property
    def title(self) -> str:
        """The room's name, safe to show."""
        return clean_text(self.invite.room, MAX_ROOM)


class _Row(msgspec.Struct, frozen=True):
    name: str
    people: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0
    has_password: bool = False


class _Listing(msgspec.Struct, frozen=True):
    rooms: list[_Row]


class ListingError(ValueError):
    """What came is no list of rooms."""


def read_listing(server: Invite, data: bytes) -> tuple[ListedRoom, ...]:
    """The rooms that a server lists, fullest first; `server` is an invite to any room there. Rows that make no sense
    are left out. Raises ListingError."""
    try:
        rows = msgspec.json.decode(data, type=_Listing).rooms
    except (msgspec.DecodeError, RecursionError):
        raise ListingError("That server did not answer with a list of rooms: check its address.") from None
    found = [room for room in (_read(server, row) for row in rows) if room is not None]
    return tuple(sorted(found, key=lambda room: (-room.people, room.title))[:MOST_ROOMS])


def _read(server: Invite, row: _Row) -> ListedRoom | None:
    try:
        room = ListedRoom(replace(server, room=row.name), row.people, row.has_password)
    except InviteError:
        return None
    return room if room.title else None
