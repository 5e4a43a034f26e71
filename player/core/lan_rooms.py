"""Rooms on the local network: what an announcement says (DNS-SD, RFC 6763), and which of those heard are shown.

An announcement is heard by everybody on the network and can be written by anybody there, so it carries the room's key
only when the host has chosen that whoever is on the network may come in, and what is heard is taken apart with
suspicion: bounded, cleaned for the screen, nonsense ignored. The pin in it is as good as the network: it keeps others
out once the connection stands, not an impostor who announces first. An invite is the safer way in.

A string of a TXT record has at most 255 bytes, a room's name up to 64 characters of 4: it comes in pieces.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from player.core.invite import MAX_ALSO, Invite, InviteError
from server.core.names import clean_text
from server.core.protocol import MAX_ROOM, VERSION

SERVICE = "_matinee._tcp.local."
MOST_ROOMS = 50  # shown; a school's network has fewer, a flood of lies more
PIECE = 200  # bytes of a room's name in one string
TEXTS = ("version", "tls", "entry", "pin", "key", "path")

Entry = Literal["open", "password", "invite"]
"""What it takes to come in: nothing, the room's password, or an invite that the host has to be asked for."""


@dataclass(frozen=True, slots=True)
class LanRoom:
    """A room that is announced on this network."""

    id: str
    invite: Invite  # how to come in; its key is "" unless `entry` is "open"
    entry: Entry = "invite"
    version: int = VERSION

    @property
    def title(self) -> str:
        """The room's name, safe to show."""
        return clean_text(self.invite.room, MAX_ROOM)

    @property
    def speaks_our_version(self) -> bool:
        """If not, one of the two players has to be updated first."""
        return self.version == VERSION


def announced(invite: Invite, entry: Entry) -> LanRoom:
    """What a host announces of its room, whose friends' invite this is. It is the same after a restart, so that what
    others remember of the one before is replaced."""
    key = invite.key if entry == "open" else ""
    seed = f"{invite.pin} {invite.port} {invite.room}".encode()
    name = f"matinee-{hashlib.sha256(seed).hexdigest()[:16]}"
    return LanRoom(name, replace(invite, key=key, password=""), entry)


def txt_of(room: LanRoom) -> dict[str, bytes]:
    """The strings of its TXT record."""
    invite, name = room.invite, room.invite.room.encode()
    texts = {
        "version": str(room.version),
        "tls": "on" if invite.tls else "off",
        "entry": room.entry,
        "pin": invite.pin,
        "key": invite.key,
        "path": invite.path,
    }
    pieces = {f"room{number or ''}": name[at : at + PIECE] for number, at in enumerate(range(0, len(name), PIECE))}
    return pieces | {key: text.encode() for key, text in texts.items() if text}


def room_of(id: str, addresses: tuple[str, ...], port: int | None, txt: Mapping[bytes, bytes | None]) -> LanRoom | None:
    """The room that a record announces; None for what can be none."""
    hosts = [address for address in addresses if _is_plausible(address)][: MAX_ALSO + 1]
    try:
        texts = {
            key: (txt.get(key.encode()) or b"").decode() for key in ("version", "tls", "entry", "pin", "key", "path")
        }
        name = b"".join(txt.get(piece) or b"" for piece in (b"room", b"room1")).decode()
        entry = _entry(texts["entry"], texts["key"])
        if not hosts or port is None or entry is None or len(texts["version"]) > 6:
            return None
        invite = Invite(
            host=hosts[0],
            port=port,
            room=name,
            tls=texts["tls"] != "off",
            pin=texts["pin"],
            key=texts["key"] if entry == "open" else "",
            also=tuple((host, port) for host in hosts[1:]),
            path=texts["path"],
        )
        room = LanRoom(id, invite, entry, int(texts["version"]))
    except (InviteError, ValueError):
        return None
    return room if room.title else None


@dataclass(frozen=True, slots=True)
class LanRooms:
    """Those that are known, by id."""

    by_id: Mapping[str, LanRoom] = field(default_factory=dict)

    def has_place_for(self, id: str) -> bool:
        return id in self.by_id or len(self.by_id) < MOST_ROOMS

    def heard(self, id: str, room: LanRoom | None) -> LanRooms:
        """The rooms after an announcement; None: what `id` announces (now) is nonsense."""
        if room is None:
            return self.gone(id)
        return LanRooms({**self.by_id, id: room}) if self.has_place_for(id) else self

    def gone(self, id: str) -> LanRooms:
        return LanRooms({key: room for key, room in self.by_id.items() if key != id}) if id in self.by_id else self

    def shown(self) -> tuple[LanRoom, ...]:
        """In the order of their names."""
        return tuple(sorted(self.by_id.values(), key=lambda room: (room.title.casefold(), room.id)))


def _entry(text: str, key: str) -> Entry | None:
    match text:
        case "open":
            return "open" if key else None
        case "password":
            return "password"
        case "invite":
            return "invite"
        case _:
            return None


def _is_plausible(address: str) -> bool:
    """An address at which a computer of this network may be: an announcement must not send people elsewhere."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if parsed.is_unspecified or parsed.is_multicast or parsed.is_loopback or "%" in address:
        return False
    return not (parsed.version == 6 and parsed.is_link_local)  # of no use without the interface's name
