"""What holds in a room: who may do what, whether it waits, its password, the keys that admit."""

from __future__ import annotations

from server.core import protocol
from server.core.room_answers import refused
from server.core.room_state import Member, Room, Transition
from server.core.timeline import RoomTime


def act_on_rules(room: Room, member: Member, command: protocol.Command, now: RoomTime) -> Transition | protocol.Refused:
    """A change of the rules."""
    return refused(command, "bad")
