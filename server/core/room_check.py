"""The ready check: are all ready? Then the film starts for all at one instant, after a count-down."""

from __future__ import annotations

from server.core import protocol
from server.core.room_answers import refused
from server.core.room_state import Member, Room, Transition
from server.core.timeline import RoomTime


def act_on_check(room: Room, member: Member, command: protocol.Command, now: RoomTime) -> Transition | protocol.Refused:
    """A question, an answer or a change of mind."""
    return refused(command, "bad")
