"""UPnP: finds routers on the local network by multicast and asks them over HTTP to open a port.

What they say is judged in `player/core/internet_gateway.py`. Here it is bounded: how many answers, how long, how many
bytes, no redirects, no proxy.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp

from player.core.internet_gateway import (
    CONFLICTS,
    MOST_BYTES,
    ONLY_PERMANENT,
    SEARCHED,
    Control,
    FaultError,
    mapping_fields,
    read_controls,
    read_external,
    read_location,
    read_soap,
    removal_fields,
    search_text,
    soap_text,
)
from player.core.port_requests import LEASE, Mapped, RouterError
from player.net.addresses import source_address

log = logging.getLogger(__name__)

GROUP = ("239.255.255.250", 1900)
LISTENING = 2.2  # s for answers to a search, which wait up to MX = 1 s
TRIES = 2  # a datagram may be lost
MOST_ROUTERS = 4
WITHIN = aiohttp.ClientTimeout(total=4.0, connect=2.0)  # of each request
OTHER_PORTS = 3  # tried where the wish belongs to somebody else


@dataclass(slots=True)
class UpnpRouter:
    """One service of a router that opens ports."""

    control: Control
    own: str  # our address as the router sees it
    kind: str = "UPnP"
    _is_permanent: bool = False

    async def open(self, port: int, wish: int) -> Mapped:
        """Have TCP connections for `wish`, or a port near it, passed on to our `port`; also the renewal. Raises
        RouterError."""
        async with _session() as session:
            address = read_external(await self._act(session, "GetExternalIPAddress", {}))
            for outside in (wish, *range(wish + 1, wish + 1 + OTHER_PORTS)):
                with suppress(_TakenError):
                    lifetime = await self._add(session, port, outside)
                    return Mapped(address, outside, lifetime)
        raise RouterError(f"ports {wish} to {wish + OTHER_PORTS} are taken", is_refusal=True)

    async def close(self, port: int, mapped: Mapped) -> None:
        async with _session() as session:
            await self._act(session, "DeletePortMapping", removal_fields(mapped.port))

    async def _add(self, session: aiohttp.ClientSession, port: int, outside: int) -> int:
        """The lifetime. Raises _TakenError, RouterError."""
        if outside > 65535:
            raise _TakenError
        for lease in (0,) if self._is_permanent else (LEASE, 0):
            try:
                await self._act(session, "AddPortMapping", mapping_fields(self.own, port, outside, lease))
            except FaultError as error:
                if error.code in CONFLICTS:
                    raise _TakenError from None
                if error.code != ONLY_PERMANENT or not lease:
                    raise
                self._is_permanent = True
            else:
                return lease
        raise AssertionError("the last lease returns or raises")

    async def _act(self, session: aiohttp.ClientSession, action: str, fields: dict[str, str]) -> dict[str, str]:
        headers = {
            "SOAPAction": f'"{self.control.service}#{action}"',
            "Content-Type": 'text/xml; charset="utf-8"',
            "Connection": "close",
        }
        body = soap_text(self.control.service, action, fields)
        return read_soap(await _fetch(session, "POST", self.control.url, headers=headers, data=body), action)


class _TakenError(Exception):
    """The port outside is somebody else's."""


async def find_upnp_routers(group: tuple[str, int] = GROUP) -> list[UpnpRouter]:
    """Those on the local network that open ports; empty where nobody answers or nothing sensible is said."""
    locations = await _search(group)
    found: list[UpnpRouter] = []
    async with _session() as session:
        for url, host in locations:
            try:
                controls = read_controls(await _fetch(session, "GET", url), url)
            except RouterError as error:
                log.info("what %s says about itself over UPnP is of no use: %s", host, error)
                continue
            own = source_address(host)
            found += [UpnpRouter(control, own) for control in controls if own]
    return found


async def _search(group: tuple[str, int]) -> list[tuple[str, str]]:
    """Where routers describe themselves, each with the address that said so."""
    loop = asyncio.get_running_loop()
    hearing = _Hearing()
    try:
        made: tuple[Any, Any] = await loop.create_datagram_endpoint(
            lambda: hearing, local_addr=("0.0.0.0", 0), family=socket.AF_INET
        )
    except OSError:
        return []
    transport = made[0]
    try:
        own = source_address(group[0]) or "0.0.0.0"
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
        for _ in range(TRIES):
            for target in SEARCHED:
                transport.sendto(search_text(target, "{}:{}".format(*group)), group)
            with suppress(TimeoutError):
                await asyncio.wait_for(hearing.enough.wait(), LISTENING / TRIES)
    except OSError:  # no network to search
        return []
    finally:
        transport.close()
    return list(hearing.found.items())


class _Hearing(asyncio.DatagramProtocol):
    """Collects answers, at most MOST_ROUTERS."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.enough = asyncio.Event()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if len(self.found) >= MOST_ROUTERS:
            self.enough.set()
            return
        with suppress(RouterError):
            self.found[read_location(data, addr[0])] = addr[0]

    def error_received(self, exc: Exception) -> None:
        """ "Nobody is there": silence."""


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=WITHIN, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False)


async def _fetch(session: aiohttp.ClientSession, method: str, url: str, **options: Any) -> bytes:
    """The body, whatever the status: a fault comes with 500. Raises RouterError."""
    try:
        async with session.request(method, url, allow_redirects=False, **options) as answer:
            if answer.status not in (200, 500):
                raise RouterError(f"HTTP status {answer.status}")
            body = bytearray()
            async for piece in answer.content.iter_any():
                body += piece
                if len(body) > MOST_BYTES:
                    raise RouterError("a document that no router writes")
            return bytes(body)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise RouterError(f"it can't be asked ({type(error).__name__})") from None
