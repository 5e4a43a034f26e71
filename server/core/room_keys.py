"""The keys of a room: what its invites carry, as what they admit, how long they hold, and who may know of them.

A key is 96 bits of chance or more, so its SHA-256 is all that is kept of it. Who came in by a key that is taken back
later stays: it is the invite that no longer admits. The key with the id DOOR is the server's own, which the invites of
a room hosted from the app carry; it can be taken back like any other.
"""

from __future__ import annotations

import hmac

from msgspec.structs import replace

from server.core import protocol
from server.core.protocol import KeyEntry, MakeKey, RevokeKey, Role, key_digest, key_id, micros
from server.core.room_answers import refused
from server.core.room_state import Key, Member, Room, Send, Transition
from server.core.timeline import PeerId, RoomTime

DOOR = "door"
TOO_MANY = "The room has as many invites as it can have: take one back first."
HOST_ONLY = "Only the host may make operators, so also links for them: make a link for guests."
NO_KEY = "That invite does not hold any more: nothing was changed."


def door_key(key: str) -> Key:
    """The server's own key as a room keeps it."""
    return Key(DOOR, key_digest(key), "guest")


def with_door_key(room: Room, key: str) -> Room:
    """A room that was kept, whose server may have another key by now. One that was taken back stays so."""
    new = door_key(key)
    return replace(room, keys=tuple(new if each.id == DOOR else each for each in room.keys))


def role_of_key(room: Room, key: str, now: RoomTime) -> Role | None:
    """As what a key admits; None: it does not."""
    if not key:
        return None
    digest = key_digest(key)
    fitting = [each for each in room.keys if hmac.compare_digest(each.digest, digest)]
    return next((each.role for each in fitting if each.expires_at is None or now < each.expires_at), None)


def act_on_keys(
    room: Room, member: Member, command: protocol.Command, action: MakeKey | RevokeKey, now: RoomTime
) -> Transition | protocol.Refused:
    """A new invite, or one that no longer holds."""
    if isinstance(action, RevokeKey):
        if all(each.id != action.key for each in room.keys):
            return refused(command, "nothing", NO_KEY)
        return _told(replace(room, keys=tuple(each for each in room.keys if each.id != action.key)))
    if action.role == "operator" and member.role != "host":  # an operator who is one no more would be one again by it
        return refused(command, "forbidden", HOST_ONLY)
    id = key_id(action.key)
    others = tuple(each for each in room.keys if each.id != id)
    if len(others) >= room.policy.keys_most:
        return refused(command, "bad", TOO_MANY)
    expires_at = None if action.expires_s is None else RoomTime(now + action.expires_s)
    key = Key(id, key_digest(action.key), action.role, expires_at, member.name)
    return _told(replace(room, keys=(*others, key)))


def key_deadlines(room: Room) -> tuple[RoomTime, ...]:
    return tuple(each.expires_at for each in room.keys if each.expires_at is not None)


def settle_keys(room: Room, now: RoomTime) -> Transition:
    """Forget the keys whose time is over."""
    kept = tuple(each for each in room.keys if each.expires_at is None or now < each.expires_at)
    return Transition(room) if len(kept) == len(room.keys) else _told(replace(room, keys=kept))


def welcome_keys(room: Room, peer: PeerId) -> tuple[Send, ...]:
    """To a host or operator: the keys, if there are any."""
    return (Send((peer,), _stated(room)),) if room.keys else ()


def _told(room: Room) -> Transition:
    operators = tuple(each.peer for each in room.members if each.is_here and each.role != "guest")
    return Transition(room, (Send(operators, _stated(room)),) if operators else ())


def _stated(room: Room) -> protocol.Keys:
    return protocol.Keys(
        keys=tuple(
            KeyEntry(
                id=each.id,
                role=each.role,
                expires_us=None if each.expires_at is None else micros(each.expires_at),
                by=each.by,
            )
            for each in room.keys
        )
    )
