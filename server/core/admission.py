"""Who is let in: version, key, password, the name of the room, and how many rooms there may be.

Questions that need nothing but the hello and the door come here, before any room hears of it; what depends on the
people in the room (full, back by token) is the room's own business. Secrets are compared in constant time. How often
an address may try is the business of `attempts.py`; each refusal of code "key" or "password" was one.

    door has     lets in
    nothing      everybody; a member makes its room by joining (not so a controller: it wants one that is there)
    password     whoever says it
    key          whoever has it: it is in the invite. Each room keeps it as its first key, and may take it back
    both         whoever has either: who was invited need not be told the password
    maker key    like the key; if there is one, only who has it can make a room by joining

Whatever the door has, a key of the room that is named, or a token of it, lets in. A password that the door does not
ask for, said by who makes a room, becomes that room's.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

import msgspec

from server.core.names import clean_text
from server.core.protocol import (
    MAX_ROOM,
    Hello,
    Refusal,
    RefusalCode,
    WireError,
    decode_hello,
    version_words,
    wrong_version,
)
from server.core.room_keys import role_of_key
from server.core.room_state import Room
from server.core.timeline import RoomTime

WORDS: dict[RefusalCode, str] = {
    "bad": "The server did not understand this player: update both to the newest version.",
    "key": "This invite is no longer valid: ask for a new one.",
    "password": "The password is wrong or missing: ask whoever runs the server for it.",
    "room": "The room's name has no sign that can be seen: choose another name.",
    "full": "The server has no place for another room: come back later, or join one that is there.",
    "busy": "Too many wrong keys or passwords came from your address: wait a minute and try again.",
}


@dataclass(frozen=True, slots=True)
class Door:
    """What an authority asks of those who come in; "" asks for nothing."""

    key: str = ""
    password: str = ""
    maker_key: str = ""
    rooms_most: int = 1000

    @property
    def is_open(self) -> bool:
        """Whether there is nothing to guess."""
        return not (self.key or self.maker_key or self.password)


def refusal(code: RefusalCode, words: str = "") -> Refusal:
    return Refusal(code=code, words=words or WORDS[code])


def read_hello(payload: Any) -> Hello | Refusal:
    """The auth payload of a connection, its room called by the name that it is kept under."""
    version = wrong_version(payload)
    if version is not None:
        return refusal("version", version_words(version))
    try:
        hello = decode_hello(payload)
    except WireError:
        return refusal("bad")
    room = clean_text(hello.room, MAX_ROOM)
    return msgspec.structs.replace(hello, room=room) if room else refusal("room")


def check_hello(hello: Hello, door: Door, room: Room | None, rooms: int, now: RoomTime) -> Refusal | None:
    """Why a hello is not let in at the server's door; None: it is, and the room has the next word. `room` is the one it
    names, if there is one; `rooms` is how many the authority has already."""
    is_maker, has_password = _has(hello.key, door.maker_key), _has(hello.password, door.password)
    if room is not None:
        is_invited = has_token(room, hello) or role_of_key(room, hello.key, now) is not None
    else:
        is_invited = _has(hello.key, door.key)
    if not (door.is_open or is_maker or is_invited or has_password):
        return refusal("password" if door.password else "key")
    if room is not None:
        return None
    if hello.role == "controller" or (door.maker_key and not is_maker):
        return refusal("room", f"There is no room “{hello.room}” here: check the invite, or ask whoever sent it.")
    return refusal("full") if rooms >= door.rooms_most else None


def has_token(room: Room, hello: Hello) -> bool:
    """Whether it is somebody of the room who is back: its password need not be looked at then."""
    return any(_has(hello.token, each.token) for each in room.members if each.kind == hello.role)


def _has(said: str, wanted: str) -> bool:
    return bool(wanted) and hmac.compare_digest(said.encode(), wanted.encode())
