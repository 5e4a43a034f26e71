"""STUN (RFC 8489) as far as one question goes: from which address do my packets come?

Both ends of a Binding: the authority reads requests and answers with XOR-MAPPED-ADDRESS and nothing else, so that an
answer is 12 bytes larger than the smallest request (24 with IPv6) and serves nobody to amplify a flood. A player writes
requests and reads answers. What is not exactly a Binding gets no answer, not even an error: the sender's address
proves nothing.
"""

from __future__ import annotations

import ipaddress
import re
import struct
import zlib

COOKIE = 0x2112A442
HEADER = struct.Struct("!HHI12s")
REQUEST, SUCCESS = 0x0001, 0x0101
XOR_MAPPED_ADDRESS, FINGERPRINT = 0x0020, 0x8028
FINGERPRINT_MASK = 0x5354554E
OPTIONAL = 0x8000  # attributes from here on may be passed over
MOST = 576  # bytes of a message that is read at all: what every path carries in one piece
TRANSACTION = 12  # bytes

_HOST = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9.-]{0,126}[A-Za-z0-9])?)(?::([0-9]{1,5}))?")


def request_of(transaction: bytes) -> bytes:
    """A Binding request. `transaction`: 12 bytes by chance."""
    return HEADER.pack(REQUEST, 0, COOKIE, transaction)


def read_request(data: bytes) -> bytes | None:
    """The transaction of a Binding request that may be answered; None: it gets no answer."""
    found = _read(data)
    if found is None or found[0] != REQUEST:
        return None
    _, transaction, attributes = found
    if any(kind < OPTIONAL for kind, _ in attributes):  # it wants more than an address: ICE's checks, RFC 5780's tests
        return None
    return transaction


def answer_of(transaction: bytes, host: str, port: int) -> bytes | None:
    """The answer for a request that came from there. `host` as a socket gives it, IPv4 perhaps mapped into IPv6; None:
    it is no address."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    mask = COOKIE.to_bytes(4) + transaction
    body = struct.pack("!xBH", 1 if address.version == 4 else 2, port ^ COOKIE >> 16) + _xor(address.packed, mask)
    return HEADER.pack(SUCCESS, 4 + len(body), COOKIE, transaction) + _attribute(XOR_MAPPED_ADDRESS, body)


def read_answer(data: bytes, transaction: bytes) -> tuple[str, int] | None:
    """The address and port that the answer to a request says; None: it is not that answer."""
    found = _read(data)
    if found is None or found[0] != SUCCESS or found[1] != transaction:
        return None
    for kind, value in found[2]:
        if kind == XOR_MAPPED_ADDRESS and value[1:2] + bytes([len(value)]) in (b"\x01\x08", b"\x02\x14"):
            address = ipaddress.ip_address(_xor(value[4:], COOKIE.to_bytes(4) + transaction))
            return str(address), int.from_bytes(value[2:4]) ^ COOKIE >> 16
    return None


def own_url(came_by: str, usual_port: int) -> str:
    """The STUN URL of an authority for a member that came to it by the Host header `came_by`, HOST[:PORT]; `usual_port`
    where it names none. "": there is no use in one. IPv6 is left out: it has no NAT, and ICE asks by IPv4 only."""
    found = _HOST.fullmatch(came_by)
    if found is None:
        return ""
    host, port = found[1], int(found[2] or usual_port)
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host.lower() == "localhost"
    return "" if is_loopback or not 0 < port < 65536 else f"stun:{host}:{port}"


def _read(data: bytes) -> tuple[int, bytes, list[tuple[int, bytes]]] | None:
    """Type, transaction and attributes of a message that is well-formed to its last byte."""
    if not HEADER.size <= len(data) <= MOST:
        return None
    kind, length, cookie, transaction = HEADER.unpack_from(data)
    if cookie != COOKIE or length % 4 or length != len(data) - HEADER.size:
        return None
    attributes = []
    place = HEADER.size
    while place < len(data):
        name, size = struct.unpack_from("!HH", data, place)
        if place + 4 + size > len(data):
            return None
        value = data[place + 4 : place + 4 + size]
        if name == FINGERPRINT and value != _fingerprint(data[:place]):
            return None
        attributes.append((name, value))
        place += 4 + size + -size % 4
    return kind, transaction, attributes


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value


def _fingerprint(before: bytes) -> bytes:
    """Of a message whose FINGERPRINT stands after these bytes (RFC 8489, 14.7)."""
    return (zlib.crc32(before) ^ FINGERPRINT_MASK).to_bytes(4)


def _xor(value: bytes, mask: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(value, mask, strict=False))
