"""Who is what in a room (host, operator, guest), what each role may, and what people may do to one another."""

from __future__ import annotations

from typing import Literal

from server.core import protocol
from server.core.room_answers import refused
from server.core.room_state import Member, Room, Transition
from server.core.timeline import RoomTime

Permit = Literal["anyone", "control", "playlist", "operators", "host"]

PERMITS: dict[type[protocol.Action], Permit] = {
    protocol.Play: "control",
    protocol.Pause: "control",
    protocol.Seek: "control",
    protocol.SetRate: "control",
    protocol.Load: "control",
    protocol.Next: "control",
    protocol.GoOn: "control",
    protocol.Choose: "control",
    protocol.Stay: "control",
    protocol.Check: "control",
    protocol.CallOff: "control",
    protocol.Add: "playlist",
    protocol.Remove: "playlist",
    protocol.Move: "playlist",
    protocol.Shuffle: "playlist",
    protocol.SetLoop: "playlist",
    protocol.Undo: "playlist",
    protocol.Ended: "anyone",
    protocol.Confirm: "anyone",
    protocol.SetAway: "anyone",
    protocol.Say: "anyone",
    protocol.React: "anyone",
    protocol.Mute: "operators",
    protocol.Kick: "operators",
    protocol.Ban: "operators",
    protocol.Unban: "operators",
    protocol.MakeKey: "operators",
    protocol.RevokeKey: "operators",
    protocol.SetRules: "operators",
    protocol.SetPassword: "operators",
    protocol.Grant: "host",
    protocol.HandOver: "host",
    protocol.MoveRoom: "host",
    protocol.RoomMoved: "anyone",  # of whom the room was given to: `room_whole.py` asks
    protocol.EndRoom: "host",
}


def forbidden(room: Room, member: Member, command: protocol.Command) -> protocol.Refused | None:
    """The refusal of a command that the member's role does not allow; it says who may."""
    return None


def act_on_people(
    room: Room, member: Member, command: protocol.Command, now: RoomTime
) -> Transition | protocol.Refused:
    """Away, a role, a mute, a kick, a ban."""
    return refused(command, "bad")
