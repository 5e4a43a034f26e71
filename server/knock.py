"""Tells a host whether its room can be reached from outside: `GET {path}/knock?port=P` makes one connection to the
address that asks, never to another, and answers "yes ADDRESS" or "no ADDRESS".

Who asks learns nothing that it could not find out with a friend's help, and nobody else can be knocked at: the address
is the connection's own (or what a trusted proxy says), it has to be a public one, so that a proxy that is not known as
one can't be made to scan its own network, and the port no system's one. Few tries an address, few at a time.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from server.core.allowance import Allowance, address_group

PATIENCE = 3.0  # s for a connection
BURST, RATE = 4.0, 1 / 20  # knocks of one address at once, and a second
MOST_AT_ONCE = 20
MOST_KNOWN = 10_000  # addresses that are remembered

Answer = tuple[int, bytes]
"""An HTTP status and a text."""


def is_public(address: str) -> bool:
    """An address that the whole internet knows."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


class Knocker:
    """Owner: the loop's thread."""

    def __init__(
        self,
        clock: Callable[[], float],
        is_trusted: Callable[[str], bool] = lambda _host: False,
        may_knock: Callable[[str], bool] = is_public,
    ) -> None:
        """`is_trusted`: a proxy whose word about addresses counts."""
        self._clock = clock
        self._is_trusted = is_trusted
        self._may_knock = may_knock
        self._known: dict[str, Allowance] = {}
        self._at_once = 0

    async def serve(self, scope: dict[str, Any]) -> Answer:
        """What an ASGI request gets."""
        host = scope["client"][0] if scope.get("client") else ""
        if self._is_trusted(host):
            forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
            host = forwarded.rpartition(b",")[2].strip().decode("latin-1")
        return await self.answer(host, scope["query_string"])

    async def answer(self, host: str, query: bytes) -> Answer:
        """What `host` gets, that asks with `query`."""
        address = _plain(host)
        port = _port(query)
        if port is None:
            return 400, b"Ask with ?port= and a number from 1024 to 65535.\n"
        if address is None or not self._may_knock(address):
            return 403, b"Your address here is none of the internet: nothing would be proven.\n"
        if not self._take(address) or self._at_once >= MOST_AT_ONCE:
            return 429, b"Too many knocks: wait a minute.\n"
        self._at_once += 1
        try:
            is_open = await _answers(address, port)
        finally:
            self._at_once -= 1
        return 200, f"{'yes' if is_open else 'no'} {address}\n".encode()

    def _take(self, address: str) -> bool:
        now, who = self._clock(), address_group(address)
        if len(self._known) >= MOST_KNOWN and who not in self._known:
            self._known = {each: left for each, left in self._known.items() if now - left.at < BURST / RATE}
            if len(self._known) >= MOST_KNOWN:
                return False
        left = self._known.get(who, Allowance.full(BURST, RATE, now)).take(now)
        if left is not None:
            self._known[who] = left
        return left is not None


def _plain(host: str) -> str | None:
    """The address without what a dual socket adds to it; None: none."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _port(query: bytes) -> int | None:
    found = re.fullmatch(rb"port=([0-9]{4,5})", query)
    return int(found[1]) if found and 1024 <= int(found[1]) <= 65535 else None


async def _answers(address: str, port: int) -> bool:
    """Whether a connection comes about in time. It is cut at once."""
    with suppress(OSError):  # TimeoutError is one, too
        async with asyncio.timeout(PATIENCE):
            _reader, writer = await asyncio.open_connection(address, port)
        writer.transport.abort()
        return True
    return False
