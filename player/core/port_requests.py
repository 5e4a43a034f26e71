"""What is said to a router that opens ports: NAT-PMP (RFC 6886) and its successor PCP (RFC 6887), in single datagrams.

A router that knows only PCP answers NAT-PMP with "unsupported version", so NAT-PMP is tried first (RFC 6887, section 9
and appendix A). Answers are believed only where every field is what it must be; who else could have sent them is for
the shell to see (the gateway's address, from port 5351).
"""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass

PORT = 5351
LEASE = 3600  # s: a router forgets a computer that is gone after so long; RFC 6886 recommends two hours

_EXTERNAL, _MAP_TCP, _ANSWER = 0, 2, 128
_PCP, _PCP_MAP, _TCP = 2, 1, 6
_RESULTS = ("", "unsupported version", "not authorised", "network failure", "out of resources", "unsupported opcode")


class RouterError(Exception):
    """A router that opens no port. The words are for a log. `is_refusal`: it understood, and said no."""

    def __init__(self, words: str, *, is_refusal: bool = False) -> None:
        super().__init__(words)
        self.is_refusal = is_refusal


class WrongVersionError(RouterError):
    """The router does not speak NAT-PMP, but its successor."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A port that the router passes on to us. `lifetime` in s; 0: until it is taken back. `address` is the router's on
    its other side, "" where it has not said."""

    address: str
    port: int
    lifetime: int


def address_request() -> bytes:
    """NAT-PMP: what is your address on the other side?"""
    return struct.pack("!BB", 0, _EXTERNAL)


def read_address(packet: bytes) -> str:
    """The IPv4 address in its answer. Raises RouterError."""
    _check_natpmp(packet, _EXTERNAL)
    if len(packet) < 12:
        raise RouterError("a short answer")
    return str(ipaddress.IPv4Address(packet[8:12]))


def map_request(port: int, wish: int, lifetime: int = LEASE) -> bytes:
    """NAT-PMP: pass TCP connections for `wish`, or another port of yours, on to our `port`. Lifetime 0 ends that."""
    return struct.pack("!BBHHHI", 0, _MAP_TCP, 0, port, wish, lifetime)


def read_map(packet: bytes, port: int, address: str) -> Mapped:
    """What the router grants for our `port`; `address` is what it said before. Raises RouterError."""
    _check_natpmp(packet, _MAP_TCP)
    if len(packet) < 16:
        raise RouterError("a short answer")
    inside, outside, lifetime = struct.unpack("!HHI", packet[8:16])
    if inside != port or not outside or not lifetime:
        raise RouterError("an answer to another question")
    return Mapped(address, outside, lifetime)


def pcp_request(own: str, port: int, wish: int, nonce: bytes, lifetime: int = LEASE) -> bytes:
    """PCP: the same. `own` is our address as the router sees it; `nonce` has 12 bytes, the same for the mapping's
    renewal and end."""
    header = struct.pack("!BBHI16s", _PCP, _PCP_MAP, 0, lifetime, _in_six(own))
    return header + struct.pack("!12sB3xHH16s", nonce, _TCP, port, wish, _in_six("0.0.0.0"))


def read_pcp(packet: bytes, port: int, nonce: bytes) -> Mapped:
    """What the router grants. Raises RouterError."""
    if len(packet) < 24 or packet[0] != _PCP or packet[1] != _ANSWER + _PCP_MAP:
        raise RouterError("no answer of PCP")
    if packet[3]:
        raise RouterError(f"PCP result {packet[3]}", is_refusal=True)
    if len(packet) < 60:
        raise RouterError("a short answer")
    lifetime = struct.unpack("!I", packet[4:8])[0]
    named, protocol, inside, outside, address = struct.unpack("!12sB3xHH16s", packet[24:60])
    if (named, protocol, inside) != (nonce, _TCP, port) or not outside or not lifetime:
        raise RouterError("an answer to another question")
    external = ipaddress.IPv6Address(address)
    return Mapped(str(external.ipv4_mapped or external), outside, lifetime)


def _check_natpmp(packet: bytes, operation: int) -> None:
    if len(packet) < 4:
        raise RouterError("a short answer")
    version, answered, result = struct.unpack("!BBH", packet[:4])
    if version == _PCP or (version == 0 and result == 1):
        raise WrongVersionError("it does not speak NAT-PMP")
    if version or answered != _ANSWER + operation:
        raise RouterError("no answer of NAT-PMP")
    if result:
        words = _RESULTS[result] if result < len(_RESULTS) else f"result {result}"
        raise RouterError(words, is_refusal=True)


def _in_six(address: str) -> bytes:
    """An address as PCP writes it: 16 bytes, IPv4 mapped into IPv6."""
    parsed = ipaddress.ip_address(address)
    return parsed.packed if parsed.version == 6 else b"\0" * 10 + b"\xff\xff" + parsed.packed
