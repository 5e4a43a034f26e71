"""The authority's own STUN: tells whoever asks by UDP, on the listener's address and port number, where it comes from.

So friends behind routers learn their addresses from the server that they trust anyway, and from no third party. What is
answered is bounded for each address (whose sender may be forged: the victim of a flood must not get more than some
packets a second from us) and for all together, so that a flood never delays a clock request: then nothing is read for a
moment, and the kernel drops.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from server.core.allowance import Allowance, Allowances, address_group
from server.core.stun import MOST, answer_of, read_request

logger = logging.getLogger(__name__)

AT_ONCE = 16  # datagrams that are read before the loop does something else
REST = 0.05  # s in which nothing is read when too many have come
READ_BURST, READ_RATE = 1000.0, 2000.0  # datagrams of all strangers together, at once and a second: 4 % of a core
# How a datagram says to which of our addresses it was sent, so that the answer comes from there: (option to ask for it,
# level, kind). Python names IPv4's only since 3.14.
_PACKET_INFO = {socket.AF_INET: (8, socket.IPPROTO_IP, 8), socket.AF_INET6: (49, socket.IPPROTO_IPV6, 50)}
_ANCILLARY = 64  # bytes, more than either takes


class StunResponder:
    """Owner: the loop's thread. `burst` and `rate`: answers for one address, at once and a second; `remembered`: so
    many addresses at most."""

    def __init__(self, burst: float, rate: float, remembered: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._strangers = Allowances(burst, rate, remembered)
        self._reading = Allowance.full(READ_BURST, READ_RATE, clock())
        self._socket: socket.socket | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._resting: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    async def open(self, host: str, port: int) -> bool:
        """Answer on this address, as `listener.bind` takes it; False: it is taken, or there is none."""
        try:
            bound = _bind(host, port)
        except (OSError, UnicodeError) as error:
            logger.info("no STUN: UDP port %s can't be opened (%s)", port, error)
            return False
        if sys.platform == "win32":  # its loop has no add_reader
            self._transport, _ = await self._loop.create_datagram_endpoint(lambda: _Datagrams(self), sock=bound)
        else:
            self._socket = bound
            self._loop.add_reader(bound, self._read)
        return True

    def close(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
        if self._transport is not None:
            self._transport.close()
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def answer(self, data: bytes, host: str, port: int) -> bytes | None:
        """What a datagram gets; None: nothing."""
        transaction = read_request(data)
        if transaction is None or not self._strangers.take(address_group(host), self._clock()):
            return None
        return answer_of(transaction, host, port)

    def may_read(self) -> bool:
        """Whether one more datagram may be looked at."""
        left = self._reading.take(self._clock())
        self._reading = left or self._reading
        return left is not None

    def _read(self) -> None:
        assert self._socket is not None
        for _ in range(AT_ONCE):
            if not self.may_read():
                self._loop.remove_reader(self._socket)
                self._resting = self._loop.call_later(REST, self._go_on)
                return
            try:
                data, ancillary, _, sender = self._socket.recvmsg(MOST + 1, _ANCILLARY)
            except BlockingIOError:
                return
            except OSError:  # an earlier answer's ICMP error
                continue
            answer = self.answer(data, sender[0], sender[1])
            if answer is not None:
                with suppress(OSError):  # a full buffer, no way there: who asks asks again
                    self._socket.sendmsg([answer], _from_there(ancillary), 0, sender)

    def _go_on(self) -> None:
        self._resting = None
        assert self._socket is not None
        self._loop.add_reader(self._socket, self._read)


class _Datagrams(asyncio.DatagramProtocol):
    """The same on a loop that only knows transports."""

    def __init__(self, responder: StunResponder) -> None:
        self._responder = responder

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def datagram_received(self, data: bytes, sender: tuple[Any, ...]) -> None:
        if self._responder.may_read():
            answer = self._responder.answer(data, sender[0], sender[1])
            if answer is not None:
                self._transport.sendto(answer, sender)


def _bind(host: str, port: int) -> socket.socket:
    """Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)[0]
    family, kind, protocol, _, address = found
    bound = socket.socket(family, kind, protocol)
    try:
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if sys.platform == "linux":
            option, level, _ = _PACKET_INFO[family]
            bound.setsockopt(level, option, 1)
        bound.setblocking(False)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def _from_there(ancillary: list[tuple[int, int, bytes]]) -> list[tuple[int, int, bytes]]:
    """The same for an answer: from the address that was asked (a machine with several would choose another), by
    whatever interface leads back."""
    for level, kind, data in ancillary:
        if level == socket.IPPROTO_IP and len(data) == 12:  # struct in_pktinfo: interface, ours, theirs
            return [(level, kind, bytes(4) + data[4:8] + bytes(4))]
        if level == socket.IPPROTO_IPV6 and len(data) == 20:  # struct in6_pktinfo: address, interface
            is_near = data[:2] == b"\xfe\x80"
            return [(level, kind, data if is_near else data[:16] + bytes(4))]
    return []
