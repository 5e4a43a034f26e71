"""A long path for UDP on one machine: datagrams arrive late, at random, or not at all. It needs no root.

Media finds its way by candidates, so whoever passes signals on leads it through the path by putting other addresses in
their place (`carry`): each goes to a socket of the path, which passes on what comes to where the candidate was, from a
socket for each sender, and the answers back.

    path = UdpPath(delay=0.04)        # s, one way
    with path:
        call.carry = lambda sender, signal: replace(signal, what=path.carry(signal.what))

A relay is put behind it by its URL: `path.through(host, port)`.
"""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from dataclasses import dataclass
from typing import Any, Self

from msgspec.structs import replace

from server.core.protocol import Answer, Candidate, Offer, Signalling
from tests.fakes.coturn import own_address

MOST_SENDERS = 64  # of one front
BUFFER = 1 << 20  # bytes


class UdpPath:
    """Within a `with`. The public methods may be called from any thread; datagrams move in one of its own. `delay` and
    `jitter`: s, one way, uniform around the delay; `loss` 0..1; all may be changed while it runs."""

    def __init__(self, delay: float = 0.04, jitter: float = 0.0, loss: float = 0.0, seed: int = 1) -> None:
        self.delay, self.jitter, self.loss = delay, jitter, loss
        self.is_cut = False
        self.passed = 0  # datagrams that arrived
        self._address = own_address()
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="udp path", daemon=True)
        self._lock = threading.Lock()
        self._fronts: dict[tuple[str, int], _Front] = {}  # guarded by _lock

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def through(self, host: str, port: int) -> tuple[str, int]:
        """Where to send what should arrive there over the path."""
        with self._lock:
            front = self._fronts.get((host, port))
            if front is None:
                front = self._fronts[host, port] = _Front(self, _bound(self._address), (host, port))
                asyncio.run_coroutine_threadsafe(front.open(), self._loop).result(30)
            return front.place

    def carry(self, what: Signalling) -> Signalling:
        """The same with every candidate over the path; those that it can't carry (IPv6) are left out."""
        if not isinstance(what, Offer | Answer):
            return what
        candidates = tuple(self._led(each) for each in what.ends.candidates if ":" not in each.host)
        return replace(what, ends=replace(what.ends, candidates=candidates))

    def send(self, transport: asyncio.DatagramTransport, data: bytes, place: tuple[str, int]) -> None:
        """In its thread: let a datagram arrive, or not."""
        if self.is_cut or self._random.random() < self.loss:
            return
        late = self.delay + self._random.uniform(-self.jitter, self.jitter)
        self._loop.call_later(max(0.0, late), self._deliver, transport, data, place)

    def _deliver(self, transport: asyncio.DatagramTransport, data: bytes, place: tuple[str, int]) -> None:
        if not transport.is_closing() and not self.is_cut:
            self.passed += 1
            transport.sendto(data, place)

    def _led(self, candidate: Candidate) -> Candidate:
        host, port = self.through(candidate.host, candidate.port)
        return replace(candidate, host=host, port=port)

    async def _end(self) -> None:
        for front in self._fronts.values():
            front.close()
        await asyncio.sleep(0)  # transports close in the loop's next turn


@dataclass(eq=False)
class _Front(asyncio.DatagramProtocol):
    """Stands for one address; the path's thread only."""

    path: UdpPath
    bound: socket.socket
    target: tuple[str, int]

    def __post_init__(self) -> None:
        host, port = self.bound.getsockname()
        self.place = (str(host), int(port))
        self._backs: dict[Any, _Back] = {}
        self.transport: asyncio.DatagramTransport

    async def open(self) -> None:
        self.transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=self.bound)

    def datagram_received(self, data: bytes, sender: Any) -> None:
        back = self._backs.get(sender)
        if back is None:
            if len(self._backs) >= MOST_SENDERS:
                return
            back = self._backs[sender] = _Back(self, sender)
        back.forward(data)

    def close(self) -> None:
        self.transport.close()
        for back in self._backs.values():
            back.close()


class _Back(asyncio.DatagramProtocol):
    """Stands for one sender towards the target."""

    def __init__(self, front: _Front, sender: Any) -> None:
        self._front, self._sender = front, sender
        self._waiting: list[bytes] = []
        self._transport: asyncio.DatagramTransport | None = None
        self._is_closed = False
        self._opening = asyncio.ensure_future(self._open())

    async def _open(self) -> None:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, sock=_bound(self._front.path._address)
        )
        self._transport = transport
        waiting, self._waiting = self._waiting, []
        for data in waiting:
            self.forward(data)
        if self._is_closed:
            transport.close()

    def forward(self, data: bytes) -> None:
        if self._transport is None:
            self._waiting.append(data)
        else:
            self._front.path.send(self._transport, data, self._front.target)

    def datagram_received(self, data: bytes, _sender: Any) -> None:
        self._front.path.send(self._front.transport, data, self._sender)

    def close(self) -> None:
        self._is_closed = True
        if self._transport is not None:
            self._transport.close()


def _bound(address: str) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    bound.setblocking(False)
    bound.bind((address, 0))
    return bound
