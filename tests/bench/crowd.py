"""A crowd of members in rooms of five, each a player reduced to its wire: as little work as it can be.

Each exchanges clocks every three to four seconds, reports with the first request after every three, is ready as soon as
it is asked, and so does what a player does while a film plays. Joins are spread, or the engine's pings would come in
one wave and spoil the figures. All of them live in the process that measures; delays include that process's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from websockets.frames import Opcode

from server.core import protocol
from server.core.protocol import VERSION, Hello, Seek, micros
from tests.fakes.visitors import frame, upgrade_request

ROOM = 5  # members
CLOCK_EVERY = (3.0, 4.0)  # s, as players do once they have settled
REPORT_EVERY = 3.0  # s, likewise

Told = Callable[["CrowdMember", dict[str, Any]], None]


class CrowdMember(asyncio.Protocol):
    """One member on a raw WebSocket."""

    def __init__(self, room: str, name: str, told: Told) -> None:
        self.room, self.name, self.told = room, name, told
        self.welcomed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.item, self.revision = "", 0
        self.is_lost = False
        self.exchanges: list[float] = []  # how long each took, s
        self._rest = b""
        self._is_upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(upgrade_request())

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        if not self.welcomed.done():
            self.welcomed.set_exception(ConnectionError(f"{self.name} was not let in"))

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        if not self._is_upgraded:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._rest = head
                return
            self._is_upgraded = True
        while len(data) >= 2:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4]), 4
            if len(data) < start + size:
                break
            self._receive(data[start : start + size])
            data = data[start + size :]
        self._rest = data

    def _receive(self, text: bytes) -> None:
        match text[:2]:
            case b"2":
                self._write(b"3")
            case b"0{":
                self._write(b"40" + msgspec.json.encode(Hello(version=VERSION, room=self.room, name=self.name)))
            case b"42":
                kind, payload = msgspec.json.decode(text[2:])
                self._hear(kind, payload)

    def _hear(self, kind: str, payload: dict[str, Any]) -> None:
        if kind == "clock":
            self.exchanges.append(time.perf_counter() - payload["t0_us"] / 1e6)
        elif kind == "timeline":
            self.item, self.revision = payload["item"], payload["revision"]
            self.told(self, payload)
            if payload["state"] == "holding":
                self.send(protocol.Ready(revision=self.revision))
        elif kind == "welcome" and not self.welcomed.done():
            self.item, self.revision = payload["timeline"]["item"], payload["timeline"]["revision"]
            self.welcomed.set_result(None)

    def send(self, message: protocol.ClientMessage) -> None:
        self.emit(*protocol.encode(message))

    def emit(self, kind: str, payload: Any) -> None:
        self._write(b'42["%b",%b]' % (kind.encode(), msgspec.json.encode(payload)))

    def command(self, id: str, action: protocol.Action) -> None:
        self.send(protocol.Command(id=id, revision=self.revision, item=self.item, action=action))

    def seek(self, id: str, media_us: int) -> None:
        self.command(id, Seek(media_us=media_us))

    def _write(self, text: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(frame(Opcode.TEXT, text))

    async def live(self) -> None:
        """Exchange clocks and report."""
        await asyncio.sleep(random.uniform(0.0, CLOCK_EVERY[1]))
        reported_at = 0.0
        while True:
            now = time.perf_counter()
            self.send(protocol.ClockRequest(t0_us=micros(now)))
            if now >= reported_at + REPORT_EVERY:
                reported_at = now
                self._report()
            await asyncio.sleep(random.uniform(*CLOCK_EVERY))

    def _report(self) -> None:
        self.send(
            protocol.Report(
                delay_us=random.randrange(20_000, 22_000),
                playout_us=60_000,
                dispersion_us=500,
                asynchrony_us=random.randrange(-900, 900),
            )
        )


class Crowd:
    """Rooms full of members, and when each seek was seen by whom."""

    kind: type[CrowdMember] = CrowdMember

    def __init__(self) -> None:
        self.members: list[CrowdMember] = []
        self._lives: list[asyncio.Future[None]] = []
        self._seeks: dict[tuple[str, int], tuple[float, list[float]]] = {}

    def _told(self, member: CrowdMember, payload: dict[str, Any]) -> None:
        known = self._seeks.get((member.room, payload["media_us"]))
        if known is not None and payload["state"] == "holding" and len(known[1]) < ROOM:
            known[1].append(time.perf_counter() - known[0])

    async def join(self, port: int, count: int, within: float) -> None:
        """Let them come in, one after the other. Raises ConnectionError."""
        loop, begin = asyncio.get_running_loop(), time.perf_counter()
        for number in range(count):
            room = f"room {number // ROOM}"
            _, member = await loop.create_connection(
                lambda room=room, number=number: self.kind(room, f"m{number}", self._told), "127.0.0.1", port
            )
            await member.welcomed
            self.members.append(member)
            self._lives.append(asyncio.ensure_future(member.live()))
            await asyncio.sleep(begin + within * (number + 1) / count - time.perf_counter())

    async def play(self) -> None:
        """Let every room open a film and play it."""
        for first in self.members[::ROOM]:
            first.command("load", protocol.Load(title="film", duration_us=micros(36000)))
            await asyncio.sleep(0.005)
        for first in self.members[::ROOM]:
            first.command("play", protocol.Play())
            await asyncio.sleep(0.005)
        await asyncio.sleep(1.0)

    async def seek(self, rate: float, seconds: float) -> list[float]:
        """Let somebody seek, `rate` times a second over all. Returns the delays to the last of the room, s; infinite
        where somebody was not told within a second of the end."""
        self._seeks.clear()
        rooms = [self.members[i : i + ROOM] for i in range(0, len(self.members), ROOM)]
        random.shuffle(rooms)
        begin = time.perf_counter()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(begin + number / rate - time.perf_counter())
            room, place = rooms[number % len(rooms)], micros(1000 + number)
            self._seeks[(room[0].room, place)] = (time.perf_counter(), [])
            random.choice(room).seek(f"s{number}", place)
        await asyncio.sleep(1.0)
        return [max(times) if len(times) == ROOM else float("inf") for _, times in self._seeks.values()]

    @property
    def lost(self) -> int:
        return sum(member.is_lost for member in self.members)

    async def leave(self) -> None:
        for task in self._lives:
            task.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        for member in self.members:
            member.transport.abort()


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so many percent of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def runner() -> asyncio.Runner:
    """On uvloop where there is one: the crowd must not be the limit."""
    factory = None
    with contextlib.suppress(ImportError):
        import uvloop

        factory = uvloop.new_event_loop
    return asyncio.Runner(loop_factory=factory)
