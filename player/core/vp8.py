"""VP8 in RTP (RFC 7741) and the two things that a receiver reads of a picture before it decodes it: whether it is a
key frame, and how large (RFC 6386, 9.1)."""

from __future__ import annotations

import struct
from typing import NamedTuple

PAYLOAD_MOST = 1180  # bytes of a picture in one packet: with all headers, a relay's and a VPN's, below 1300

_FIRST, _FURTHER = b"\x10", b"\x00"  # descriptor: begins partition 0, or goes on; nothing optional


class Piece(NamedTuple):
    """Of a packet: whether it begins a picture, and its part of it."""

    begins: bool
    body: bytes


def payloads(picture: bytes) -> list[bytes]:
    """A picture cut for packets, each with its descriptor, of much the same size: a late small one costs as much as a
    large one."""
    count = max(1, -(-len(picture) // PAYLOAD_MOST))
    size = -(-len(picture) // count)
    return [(_FURTHER if at else _FIRST) + picture[at * size : (at + 1) * size] for at in range(count)]


def read_payload(payload: bytes) -> Piece | None:
    """None: no VP8, or nothing in it."""
    if not payload:
        return None
    first, at = payload[0], 1
    if first & 0x80:
        if len(payload) < 2:
            return None
        optional, at = payload[1], 2
        if optional & 0x80:  # picture id, of 7 or 15 bits
            at += 2 if payload[2:3] >= b"\x80" else 1
        at += bool(optional & 0x40) + bool(optional & 0x30)
    if len(payload) <= at:
        return None
    return Piece(bool(first & 0x10) and first & 0x07 == 0, payload[at:])


def is_key(picture: bytes) -> bool:
    """Whether a picture can be decoded without others."""
    return bool(picture) and not picture[0] & 1


def key_size(picture: bytes) -> tuple[int, int] | None:
    """Width and height of a key frame, px; None: its header is not one."""
    if len(picture) < 10 or picture[3:6] != b"\x9d\x01\x2a":
        return None
    width, height = struct.unpack_from("<HH", picture, 6)
    return width & 0x3FFF, height & 0x3FFF
