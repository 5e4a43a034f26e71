"""The call of a room: who is in it, and what its members say to one another so that their players connect.

The call outlives connections with the authority: media goes from peer to peer, so a member that is lost is still in the
call as long as the roster has it, and nobody's picture stops because a link was cut for some seconds.
"""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from server.core import protocol
from server.core.call_candidates import passed_on
from server.core.room_state import Member, Room, Send, Transition, roster_is_due
from server.core.timeline import PeerId, RoomTime


def receive_in_call(room: Room, member: Member, message: protocol.InCall, now: RoomTime) -> Transition:
    """A member joins the call, leaves it, or switches camera or microphone."""
    seat = protocol.CallSeat(serial=message.serial, camera=message.camera, microphone=message.microphone)
    call = seat if message.joined else None
    if call == member.call:
        return Transition(room)
    if call is not None and member.call is None and _count(room) >= room.policy.call_most:
        words = f"The call is full, it holds {room.policy.call_most}: wait until somebody leaves it."
        return Transition(room, (Send((member.peer,), protocol.Notice(words=words)),))
    return Transition(roster_is_due(room.with_member(replace(member, call=call)), room.policy.roster_gap, now))


def receive_signal(room: Room, member: Member, signal: protocol.Signal) -> Transition:
    """What one end of a connection says to the other. Who is not in the call neither speaks nor hears."""
    other = room.member(PeerId(signal.to))
    if member.call is None or other is None or other.call is None or not other.is_here or other.peer == member.peer:
        return Transition(room)
    what = _filtered(room, member, other, signal.what)
    return Transition(
        room, (Send((other.peer,), protocol.Signalled(peer=member.peer, attempt=signal.attempt, what=what)),)
    )


def _filtered(room: Room, sender: Member, receiver: Member, what: protocol.Signalling) -> protocol.Signalling:
    match what:
        case protocol.Offer(ends) | protocol.Answer(ends):
            candidates = passed_on(ends.candidates, sender.address, receiver.address, relay_only=room.rules.relay_only)
            return replace(what, ends=replace(ends, candidates=candidates))
        case protocol.Again() | protocol.Hangup() | protocol.Feed():
            return what
        case _:
            assert_never(what)


def _count(room: Room) -> int:
    return sum(each.call is not None for each in room.members)
