"""What holds in a room: who may do what, whether it waits for who runs dry, is listed and kept, its password.

    rule       all may                       operators may                     else
    control    play, pause, seek, speed ...  the same, the host and operators  "all" among friends
    playlist   edit the playlist             likewise                          "all"
    waits      the room waits for a member that runs dry, for a bounded time; else it plays on and who ran dry catches
               up alone. After a seek or a load it waits in either case: nobody is in step before all are there.
    listed     strangers see the room in the server's list; control goes to the operators with it, unless said otherwise
    persists   the room is kept when all have left, until somebody ends it
    relay_only media of the call travels by the server's relays only: no member learns another one's address

A password is the shell's business until it is hashed; who has a key of the room or its token need not say it.
"""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from server.core import protocol
from server.core.protocol import MakeKey, RevokeKey, SetPassword, SetRules
from server.core.room_keys import act_on_keys
from server.core.room_state import Member, Room, Transition, tell
from server.core.timeline import RoomTime


def act_on_rules(
    room: Room,
    member: Member,
    command: protocol.Command,
    action: SetRules | SetPassword | MakeKey | RevokeKey,
    now: RoomTime,
) -> Transition | protocol.Refused:
    """A change of the rules."""
    match action:
        case SetRules():
            return _ruled(room, _changed(room.rules, action))
        case SetPassword(password):
            rules = replace(room.rules, has_password=bool(password))
            return _ruled(replace(room, password=password), rules)
        case MakeKey() | RevokeKey():
            return act_on_keys(room, member, command, action, now)
        case _:
            assert_never(action)


def _changed(rules: protocol.Rules, wish: SetRules) -> protocol.Rules:
    control = "operators" if wish.listed and not rules.listed and wish.control is None else wish.control
    wishes = {
        "control": control,
        "playlist": wish.playlist,
        "waits": wish.waits,
        "listed": wish.listed,
        "persists": wish.persists,
        "relay_only": wish.relay_only,
    }
    return replace(rules, **{name: value for name, value in wishes.items() if value is not None})


def _ruled(room: Room, rules: protocol.Rules) -> Transition:
    if rules == room.rules:
        return Transition(room)
    room = replace(room, rules=rules)
    return Transition(room, tell(room, rules))
