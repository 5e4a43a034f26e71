"""Datagrams that come late, in user space: kernels without netem, and one machine, become a path of some length."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast

from tests.fakes.loop_thread import LoopThread

Address = tuple[str, int]


class _Front(asyncio.DatagramProtocol):
    """Where somebody sends to reach `target`; each sender gets a socket of its own towards it, as behind a NAT."""

    transport: asyncio.DatagramTransport

    def __init__(self, host: str, target: Address, delay: float) -> None:
        self._host, self._target, self._delay = host, target, delay
        self._backs: dict[Address, asyncio.Task[_Back]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)  # the loop's own class is none of asyncio's

    def datagram_received(self, data: bytes, address: Address) -> None:
        if address not in self._backs:
            self._backs[address] = asyncio.create_task(self._open(address))
        asyncio.get_running_loop().call_later(self._delay, self._pass_on, data, address)

    def _pass_on(self, data: bytes, address: Address) -> None:
        self._backs[address].add_done_callback(lambda back: back.result().transport.sendto(data, self._target))

    async def _open(self, address: Address) -> _Back:
        loop = asyncio.get_running_loop()
        _, back = await loop.create_datagram_endpoint(lambda: _Back(self, address), (self._host, 0))
        return back

    def answer(self, data: bytes, address: Address) -> None:
        asyncio.get_running_loop().call_later(self._delay, self.transport.sendto, data, address)

    def close(self) -> None:
        self.transport.close()
        for back in self._backs.values():
            back.result().transport.close()


class _Back(asyncio.DatagramProtocol):
    transport: asyncio.DatagramTransport

    def __init__(self, front: _Front, address: Address) -> None:
        self._front, self._address = front, address

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)  # the loop's own class is none of asyncio's

    def datagram_received(self, data: bytes, _address: Address) -> None:
        self._front.answer(data, self._address)


@dataclass
class DelayedPath:
    """Makes addresses of `host` that lead to others, `delay` s later each way. From any thread; end it with `close`."""

    host: str
    delay: float

    def __post_init__(self) -> None:
        self._thread = LoopThread("delayed-path")
        self._fronts: dict[Address, _Front] = {}

    def to(self, target: Address) -> Address:
        """The address that leads there."""
        if target not in self._fronts:
            self._fronts[target] = self._thread.call(self._open(target))
        name: Address = self._fronts[target].transport.get_extra_info("sockname")
        return name[0], name[1]

    def close(self) -> None:
        self._thread.call(self._close())
        self._thread.stop()

    async def _open(self, target: Address) -> _Front:
        loop = asyncio.get_running_loop()
        _, front = await loop.create_datagram_endpoint(lambda: _Front(self.host, target, self.delay), (self.host, 0))
        return front

    async def _close(self) -> None:
        for front in self._fronts.values():
            front.close()
