"""The room as a whole: it moves to another authority, or ends for all.

    here      the host gives the room to a member, whose app is to run its authority from now on
    moving    that member gets the whole room as a bundle; nobody's commands count until it is there, or time is over
    there     the member says where; all are told, with role and token they come in there, and the room here is gone

A bundle holds everybody's tokens and the hashes of keys and password: whoever runs the authority has these anyway.
"""

from __future__ import annotations

import base64
from typing import assert_never

from msgspec.structs import replace

from server.core import protocol
from server.core.protocol import BUNDLE_PART, Bundle, EndRoom, MoveRoom, RoomMoved
from server.core.room_answers import refused
from server.core.room_codec import bundle_of
from server.core.room_state import Cut, Dissolve, Member, Outcome, Room, Send, Transition, tell
from server.core.timeline import PeerId, RoomTime

NOT_HERE = "That person is not here any more: choose somebody else."
NOT_GIVEN = "The room was not given to this player: nothing was changed."
TOO_LATE = "The room could not be moved to {name}’s computer: it stays here."


def act_on_whole(
    room: Room, member: Member, command: protocol.Command, action: MoveRoom | RoomMoved | EndRoom, now: RoomTime
) -> Transition | protocol.Refused:
    """A wish about the whole room."""
    match action:
        case MoveRoom(peer):
            target = room.member(PeerId(peer))
            if target is None or target not in room.present or target.peer == member.peer:
                return refused(command, "nothing", NOT_HERE)
            return _give(room, target, now)
        case RoomMoved(invite):
            if room.moving_to != member.peer:
                return refused(command, "forbidden", NOT_GIVEN)
            words = f"The room has moved to {member.name}’s computer."
            return _leave(room, protocol.Moved(invite=invite, words=words))
        case EndRoom():
            return close(room, f"{member.name} has ended the room for all.")
        case _:
            assert_never(action)


def close(room: Room, words: str) -> Transition:
    """The room ends for all, whoever is in it."""
    return _leave(room, protocol.Closing(words=words, again=False))


def settle_move(room: Room, now: RoomTime) -> Transition:
    """The room stays if whoever was to get it has gone or does not answer."""
    if room.moving_to is None or room.moving_until is None:
        return Transition(room)
    target = room.member(room.moving_to)
    if target is not None and target.is_here and now < room.moving_until:
        return Transition(room)
    words = TOO_LATE.format(name="that" if target is None else target.name)
    room = replace(room, moving_to=None, moving_until=None)
    return Transition(room, tell(room, protocol.Notice(words=words)))


def _give(room: Room, target: Member, now: RoomTime) -> Transition:
    text = base64.b64encode(bundle_of(room, now)).decode()
    pieces = [text[start : start + BUNDLE_PART] for start in range(0, len(text), BUNDLE_PART)]
    room = replace(room, moving_to=target.peer, moving_until=RoomTime(now + room.policy.moving))
    sends = (Send((target.peer,), Bundle(part=part, of=len(pieces), data=data)) for part, data in enumerate(pieces))
    return Transition(
        room, (*tell(room, protocol.Notice(words=f"{target.name} is asked to host the room from now on …")), *sends)
    )


def _leave(room: Room, last: protocol.ServerMessage) -> Transition:
    cuts: tuple[Outcome, ...] = tuple(Cut(peer) for peer in room.everyone)
    return Transition(replace(room, members=()), (*tell(room, last), *cuts, Dissolve()))
