"""A room as a value: `apply(room, command, now) -> Transition(room, outbox)`.

Theory of operation. A room is a few small machines that share one clock, each in files of its own:

    the timeline   paused, holding, playing; every change has a revision   room_play.py, moved by room_commands.py
    the playlist   edited, taken back; the next entry planned, begun       room_playlist.py, room_items.py
    the people     here, lost, gone; who is ready for the room's place     room_people.py
    their roles    host, operator, guest; muted, removed, banned           room_roles.py
    the roster     stated, due; so that a flood of changes is one message  room_roster.py
    the check      asked, confirmed, started or over                       room_check.py
    the call       who is in it, what they tell one another                room_call.py
    its way        mesh, or a meeting on the SFU: wanted, met, over        call_mode.py
    the door       rules and password; keys that hold, expire, end         room_rules.py, room_keys.py
    the whole      here, moving, elsewhere or ended                        room_whole.py

Six things happen to a room (`RoomCommand`): a connection wants in, a peer says something, a connection ends, a
deadline comes, whoever runs the server ends it, a meeting on the SFU stands or falls. Each is applied at `now`, its
stamp of arrival: first what has become true by itself until then (the film has ended, a wait is over), then the thing
itself, then what follows from it for a move, the keys, the host, the check and the call, then the roster if it is due.
Stamps may step back a little between connections; what was stated is never undone by that.

Who may send what is MAY: a peer of a kind may send the kinds that stand there, and of a command the actions; what its
role (host, operator, guest) allows it is PERMITS in `room_roles.py`. What is not allowed changes nothing: a command
gets `Refused`, all else is passed over, as is everything from a peer that is not here (its connection is being cut
already). Nothing raises.

The shell holds the one reference to a room, obeys the outbox in order and comes back with `Due` at `next_deadline`.
"""

from __future__ import annotations

from typing import assert_never, get_args

from msgspec.structs import replace

from server.core import protocol
from server.core.call_mode import call_deadline, receive_met, settle_call
from server.core.protocol import Confirm, Ended, React, Say, SetAway
from server.core.room_call import receive_in_call, receive_signal
from server.core.room_check import check_deadline, settle_check
from server.core.room_commands import receive_command
from server.core.room_copies import receive_copy
from server.core.room_items import items_deadline, settle_next
from server.core.room_keys import settle_keys
from server.core.room_people import (
    people_deadlines,
    receive_join,
    receive_leave,
    receive_lost,
    receive_ready,
    receive_report,
    settle_people,
)
from server.core.room_play import receive_stall, settle, turn_deadline
from server.core.room_roles import settle_host
from server.core.room_roster import settle_roster
from server.core.room_state import (
    Close,
    Due,
    Join,
    Key,
    Lost,
    Member,
    MemberKind,
    Met,
    Room,
    RoomCommand,
    RoomPolicy,
    Said,
    Transition,
)
from server.core.room_whole import close, settle_move
from server.core.timeline import RoomTime

Kind = type[protocol.ClientMessage] | type[protocol.Action]

ALWAYS: frozenset[Kind] = frozenset({protocol.ClockRequest, protocol.Command, protocol.Leave})
ABOUT_ITSELF: frozenset[Kind] = frozenset(  # a controller has no film, no seat and no voice
    {
        protocol.Ready,
        protocol.Stall,
        protocol.Report,
        protocol.Copy,
        protocol.InCall,
        protocol.Signal,
        protocol.AskWays,
        Ended,
        Confirm,
        SetAway,
        Say,
        React,
    }
)
WISHES: frozenset[Kind] = frozenset(get_args(protocol.Action)) - ABOUT_ITSELF

MAY: dict[MemberKind, frozenset[Kind]] = {
    "member": ALWAYS | WISHES | ABOUT_ITSELF,
    "controller": ALWAYS | WISHES,
}


def new_room(
    name: str, epoch: str, policy: RoomPolicy | None = None, salt: str = "", keys: tuple[Key, ...] = ()
) -> Room:
    """A room in which nothing has been loaded and nobody is, on the room time of an epoch. `keys` admit to it from the
    beginning; `salt` is 128 bits of the shell's chance."""
    return Room(name=name, epoch=epoch, policy=policy or RoomPolicy(), salt=salt, keys=keys)


def apply(room: Room, command: RoomCommand, now: RoomTime) -> Transition:
    """What follows from something that happened at `now`. Never raises."""
    return (
        settle(room, now)
        .then(settle_next, now)
        .then(_happen, command, now)
        .then(settle_move, now)
        .then(settle_keys, now)
        .then(settle_host, now)
        .then(settle_check, now)
        .then(settle_call, now)
        .then(settle_roster, now)
    )


def hear(room: Room, command: RoomCommand, now: RoomTime) -> Room | None:
    """What `apply` makes of a message that only says that somebody lives, and how well: most messages of an evening are
    such, and this is a fifth of the work. It holds while nothing is due: before `next_deadline`. None: ask `apply`."""
    if not isinstance(command, Said) or room.check is not None:
        return None
    member, message = room.member(command.peer), command.message
    if member is None or member.lost_at is not None or member.kind != "member":
        return None
    if isinstance(message, protocol.ClockRequest):
        return room.with_member(_heard(member, now))
    if isinstance(message, protocol.Report):
        return receive_report(room, _heard(member, now), message, now)
    return None


def next_deadline(room: Room) -> RoomTime | None:
    """When `Due` has to be applied at the latest, s of room time; None: nothing comes by itself."""
    by_themselves = (turn_deadline(room), items_deadline(room), check_deadline(room), call_deadline(room))
    return min((*people_deadlines(room), *(due for due in by_themselves if due is not None)), default=None)


def _happen(room: Room, command: RoomCommand, now: RoomTime) -> Transition:
    match command:
        case Join():
            return receive_join(room, command, now)
        case Said(peer, message):
            member = room.member(peer)
            return Transition(room) if member is None or not member.is_here else _said(room, member, message, now)
        case Lost(peer, ticket):
            member = room.member(peer)
            if member is None or not member.is_here or ticket not in ("", member.ticket):
                return Transition(room)
            return receive_lost(room, member, now)
        case Due():
            return settle_people(room, now)
        case Close(words):
            return close(room, words)
        case Met():
            return receive_met(room, command, now)
        case _:
            assert_never(command)


def _said(room: Room, member: Member, message: protocol.ClientMessage, now: RoomTime) -> Transition:
    member = _heard(member, now)
    room = room.with_member(member)
    may = MAY[member.kind]
    if type(message) not in may:
        return Transition(room)
    match message:
        case protocol.ClockRequest():
            return Transition(room)
        case protocol.Command():
            return receive_command(room, member, message, type(message.action) in may, now)
        case protocol.Ready(revision):
            return receive_ready(room, member, revision, now)
        case protocol.Stall(revision):
            return receive_stall(room, member, revision, now)
        case protocol.Report():
            return Transition(receive_report(room, member, message, now))
        case protocol.Copy():
            return receive_copy(room, member, message, now)
        case protocol.Leave():
            return receive_leave(room, member, now)
        case protocol.InCall():
            return receive_in_call(room, member, message, now)
        case protocol.Signal():
            return receive_signal(room, member, message)
        case protocol.AskWays():
            return Transition(room)  # the shell has answered already
        case _:
            assert_never(message)


def _heard(member: Member, now: RoomTime) -> Member:
    return replace(member, heard_at=max(member.heard_at, now))
