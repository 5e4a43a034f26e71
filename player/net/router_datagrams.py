"""NAT-PMP and PCP over UDP with the router that this machine sends to.

The socket is connected, so the system drops whatever comes from elsewhere. An answer that is none (garbage, one to a
question before) is passed over until the time is up.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from player.core.port_requests import (
    PORT,
    Mapped,
    RouterError,
    WrongVersionError,
    address_request,
    map_request,
    pcp_request,
    read_address,
    read_map,
    read_pcp,
)

T = TypeVar("T")

WAITS = (0.25, 0.5, 1.0)  # s, for an answer to each try; RFC 6886 doubles them up to a minute, but people wait
MOST_ANSWERS = 16  # that are read for one question
MOST_BYTES = 1100  # RFC 6887: no message is longer


class SilentError(RouterError):
    """Nobody has answered."""


@dataclass(slots=True)
class DatagramRouter:
    """One router. `port` only differs in tests."""

    host: str
    port: int = PORT
    kind: str = "NAT-PMP"
    _nonce: bytes = field(default_factory=lambda: secrets.token_bytes(12))

    async def open(self, port: int, wish: int) -> Mapped:
        """Have TCP connections for `wish`, or what the router chooses, passed on to our `port`; also the renewal.
        Raises RouterError (SilentError: there is no such router)."""
        try:
            address = await self._ask(lambda _own: address_request(), read_address)
            self.kind = "NAT-PMP"
            return await self._ask(lambda _own: map_request(port, wish), lambda said: read_map(said, port, address))
        except WrongVersionError:
            self.kind = "PCP"
            return await self._ask(
                lambda own: pcp_request(own, port, wish, self._nonce), lambda said: read_pcp(said, port, self._nonce)
            )

    async def close(self, port: int, mapped: Mapped) -> None:
        """Take it back. One try is enough: the lease ends by itself."""
        if self.kind == "PCP":
            await self._say(lambda own: pcp_request(own, port, mapped.port, self._nonce, 0))
        else:
            await self._say(lambda _own: map_request(port, 0, 0))

    async def _ask(self, question: Callable[[str], bytes], read: Callable[[bytes], T]) -> T:
        async with _Line(self.host, self.port) as line:
            nonsense: RouterError | None = None
            for wait in WAITS:
                line.send(question(line.own))
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        while True:
                            packet = await line.receive()
                            try:
                                return read(packet)
                            except RouterError as error:
                                if error.is_refusal or isinstance(error, WrongVersionError):
                                    raise
                                nonsense = error
            raise nonsense or SilentError(f"{self.host} does not answer")

    async def _say(self, question: Callable[[str], bytes]) -> None:
        async with _Line(self.host, self.port) as line:
            line.send(question(line.own))
            with suppress(TimeoutError):
                await asyncio.wait_for(line.receive(), WAITS[0])


class _Line(asyncio.DatagramProtocol):
    """A connected socket, within an `async with`."""

    def __init__(self, host: str, port: int) -> None:
        self._where = (host, port)
        self._packets: asyncio.Queue[bytes] = asyncio.Queue(MOST_ANSWERS)
        self._transport: asyncio.DatagramTransport | None = None
        self.own = ""  # our address on the way there

    async def __aenter__(self) -> _Line:
        loop = asyncio.get_running_loop()
        try:
            made: tuple[Any, Any] = await loop.create_datagram_endpoint(
                lambda: self, remote_addr=self._where, family=socket.AF_INET
            )
        except OSError as error:  # no network
            raise SilentError(str(error)) from None
        self._transport = cast(asyncio.DatagramTransport, made[0])
        self.own = str(self._transport.get_extra_info("sockname")[0])
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._transport is not None:
            self._transport.close()

    def send(self, packet: bytes) -> None:
        assert self._transport is not None
        self._transport.sendto(packet)

    async def receive(self) -> bytes:
        return await self._packets.get()

    # -- asyncio's -----------------------------------------------------------------------------------------------------

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if len(data) <= MOST_BYTES and not self._packets.full():
            self._packets.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        """ "Nobody is at that port": the same as silence, which the waits find out."""
