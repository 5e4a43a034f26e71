"""What of a room lives only as long as a connection or a moment, as one text beside the parts of `room_codec.py`.

A store that is one process's own need not keep it. Processes that share a room must: one has to know the ticket of a
member behind another, when it was heard of, and how bad its path is.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from server.core.room_codec import VOLATILE, VOLATILE_OF_MEMBER, CodecError
from server.core.room_state import Room
from server.core.timeline import RoomTime

_OF_ROOM = tuple(sorted(VOLATILE - {"name", "epoch", "policy"}))
_OF_MEMBER = tuple(sorted(VOLATILE_OF_MEMBER))


def moment_of(room: Room) -> str:
    """JSON: the values of the room's fields, and of each member's by its peer."""
    members = {member.peer: [getattr(member, name) for name in _OF_MEMBER] for member in room.members}
    return msgspec.json.encode([[getattr(room, name) for name in _OF_ROOM], members]).decode()


def with_moment(room: Room, text: str) -> Room:
    """The room at the moment of a text; what it says of somebody who is not there is passed over. Raises
    CodecError."""
    try:
        of_room, of_members = msgspec.json.decode(text)
        members = tuple(
            replace(each, **_named(_OF_MEMBER, of_members[each.peer])) if each.peer in of_members else each
            for each in room.members
        )
        return replace(room, members=members, **_named(_OF_ROOM, of_room))
    except (msgspec.DecodeError, TypeError, ValueError, AttributeError) as error:
        raise CodecError(f"a moment that is none: {error}") from None


def _named(names: tuple[str, ...], values: list[Any]) -> dict[str, Any]:
    return dict(zip(names, values, strict=True))


def lived(room: Room) -> RoomTime:
    """The last instant at which somebody in the room is known to have lived, s of its own room time."""
    return RoomTime(max((each.heard_at for each in room.members), default=room.newest.room_time))
