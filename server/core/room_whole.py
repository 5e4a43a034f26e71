"""The room as a whole: it moves to another authority, or ends for all."""

from __future__ import annotations

from server.core import protocol
from server.core.room_answers import refused
from server.core.room_state import Member, Room, Transition
from server.core.timeline import RoomTime


def act_on_whole(room: Room, member: Member, command: protocol.Command, now: RoomTime) -> Transition | protocol.Refused:
    """A wish about the whole room."""
    return refused(command, "bad")
