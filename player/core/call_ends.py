"""What of the other end's addresses this player sends packets to, and which servers help it on the way.

The authority has looked at each candidate before (`server/core/call_candidates.py`), but it knows neither this
machine's networks nor can a player be sure of whose authority it uses: so the receiver judges again. A private address
is tried only where this machine has an interface in that very subnet, or when it belongs to a relay that the authority
has announced: a packet to any other could reach nothing but a stranger. In a room that goes by relays only, candidates
of other kinds are not even looked at.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from server.core.call_candidates import LEAST_PORT, MDNS, Address, is_nobodys, is_public, read_address
from server.core.protocol import MAX_CANDIDATES, Candidate, Ways

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Transport = Literal["udp", "tcp", "tls"]

_URL = re.compile(
    r"(?P<scheme>stun|turns?):(?:\[(?P<six>[^\]]+)\]|(?P<host>[^:?\[\]]+))(?::(?P<port>\d+))?(?:\?transport=(?P<by>udp|tcp))?"
)
_PORT, _TLS_PORT = 3478, 5349
_ORDER: tuple[Transport, ...] = ("udp", "tcp", "tls")  # of the least delay first


@dataclass(frozen=True, slots=True)
class Server:
    """A STUN or TURN server."""

    host: str
    port: int
    transport: Transport = "udp"

    def words(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        by = {"udp": "UDP", "tcp": "TCP", "tls": "TLS"}[self.transport]
        return f"{host}:{self.port} ({by})"


@dataclass(frozen=True, slots=True)
class Servers:
    """The ways as this end uses them: relays in the order in which they are tried."""

    stun: tuple[Server, ...] = ()
    relays: tuple[Server, ...] = ()
    user: str = ""
    password: str = ""


def servers_of(ways: Ways) -> Servers:
    """What can't be read or is of no use is left out: TLS over UDP, secure STUN."""
    stun = tuple(server for url in ways.stun if (server := _read(url)) and server.transport == "udp")
    relays = [server for url in ways.turn if (server := _read(url))]
    relays.sort(key=lambda server: _ORDER.index(server.transport))
    return Servers(stun, tuple(relays), ways.user, ways.password)


def _read(url: str) -> Server | None:
    match = _URL.fullmatch(url)
    if match is None:
        return None
    is_secure = match["scheme"] == "turns"
    by = match["by"] or ("tcp" if is_secure else "udp")
    if is_secure and by == "udp":
        return None
    port = int(match["port"] or (_TLS_PORT if is_secure else _PORT))
    if not 0 < port < 65536:
        return None
    return Server(match["six"] or match["host"], port, "tls" if is_secure else "tcp" if by == "tcp" else "udp")


def worth_trying(
    candidates: Iterable[Candidate], networks: Iterable[Network], relays: Iterable[str], *, relay_only: bool
) -> tuple[Candidate, ...]:
    """Those that packets may go to, in their order, MAX_CANDIDATES at most. `networks`: of this machine's interfaces;
    `relays`: addresses of the announced relays and of our own place on one."""
    ours, announced = tuple(networks), {address for text in relays if (address := read_address(text))}
    tried = [each for each in candidates if _is_worth(each, ours, announced, relay_only=relay_only)]
    return tuple(tried[:MAX_CANDIDATES])


def told(candidates: Iterable[Candidate], *, relay_only: bool) -> tuple[Candidate, ...]:
    """Those of our own that the other end is told: what it or the authority would refuse anyway is left out, and with
    it the names of networks that are nobody's business."""
    mine = [
        each
        for each in candidates
        if (address := read_address(each.host)) is not None
        and not is_nobodys(address)
        and (each.kind == "relay" or not relay_only)
    ]
    mine.sort(key=lambda each: -each.priority)
    # relays come last and must not be the ones that are cut off
    relays = [each for each in mine if each.kind == "relay"][:MAX_CANDIDATES]
    others = [each for each in mine if each.kind != "relay"][: MAX_CANDIDATES - len(relays)]
    return (*others, *relays)


def _is_worth(candidate: Candidate, ours: tuple[Network, ...], announced: set[Address], *, relay_only: bool) -> bool:
    if candidate.port < LEAST_PORT or (relay_only and candidate.kind != "relay"):
        return False
    address = read_address(candidate.host)
    if address is None:
        return candidate.kind == "host" and MDNS.fullmatch(candidate.host) is not None
    if is_nobodys(address):
        return False
    if is_public(address) or (candidate.kind == "relay" and (relay_only or address in announced)):
        return True  # in relay-only rooms our relay sends there, and no packet of ours leaves for anywhere else
    return any(address in network for network in ours if network.version == address.version)
