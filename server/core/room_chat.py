"""What people say: lines of chat, kept for who comes later, and reactions."""

from __future__ import annotations

from server.core import protocol
from server.core.room_answers import refused
from server.core.room_state import Member, Room, Transition
from server.core.timeline import RoomTime


def act_on_chat(room: Room, member: Member, command: protocol.Command, now: RoomTime) -> Transition | protocol.Refused:
    """A line or a reaction."""
    return refused(command, "bad")
