"""The playlist: what is to be played, in which order, and what comes next."""

from __future__ import annotations

from server.core import protocol
from server.core.room_answers import refused
from server.core.room_state import Member, Room, Transition
from server.core.timeline import RoomTime


def act_on_playlist(
    room: Room, member: Member, command: protocol.Command, now: RoomTime
) -> Transition | protocol.Refused:
    """A choice from the playlist, or an edit of it."""
    return refused(command, "bad")
