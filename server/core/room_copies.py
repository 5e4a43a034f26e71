"""Whether all have the same film: each member's own file beside the room's item."""

from __future__ import annotations

from server.core import protocol
from server.core.room_state import Member, Room, Transition
from server.core.timeline import RoomTime


def receive_copy(room: Room, member: Member, copy: protocol.Copy, now: RoomTime) -> Transition:
    """What a member says about its own file, for the roster."""
    return Transition(room)
