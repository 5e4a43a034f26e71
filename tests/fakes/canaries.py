"""Two well-behaved members whom nothing that strangers do to the server may trouble.

Reduced to their wire, so that what is measured is the server: each exchanges clocks, and both give commands in turn.
Every question has to be answered, every command's answer has to come, and nobody may end their connections.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
from websockets.frames import Opcode

from server.core import protocol
from server.core.protocol import VERSION, Hello, micros
from tests.fakes.visitors import frame, upgrade_request
from tests.fakes.waiting import until

CLOCK_GAP = 0.05  # s, between two questions of one member
COMMAND_GAP = 0.25  # s, between two commands of the pair: within a member's allowance of 10 a second
ROOM = "parlour"


class Canary(asyncio.Protocol):
    """One of them. `delays`: s, of every answer that came."""

    def __init__(self, room: str, name: str, told: Callable[[dict[str, Any]], None], **hello: Any) -> None:
        self.hello = Hello(version=VERSION, room=room, name=name, **hello)
        self.welcomed: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.delays: list[float] = []
        self.unanswered: dict[int | str, float] = {}  # when it was asked, by t0 or a command's id
        self.item, self.revision = "", 0
        self.is_cut = False
        self._told = told
        self._rest = b""
        self._is_upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(upgrade_request())

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_cut = True
        if not self.welcomed.done():
            self.welcomed.set_exception(ConnectionError(f"{self.hello.name} was not let in"))

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        if not self._is_upgraded:
            head, end, after = data.partition(b"\r\n\r\n")
            if not end:
                self._rest = head
                return
            self._is_upgraded, data = True, after
        while len(data) >= 2:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4]), 4
            elif size == 127:
                size, start = int.from_bytes(data[2:10]), 10
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
                self._write(b"40" + msgspec.json.encode(self.hello))
            case b"42":
                kind, payload = msgspec.json.decode(text[2:])
                self._hear(kind, payload)

    def _hear(self, kind: str, payload: dict[str, Any]) -> None:
        match kind:
            case "clock":
                self._answered(payload["t0_us"])
            case "accepted" | "refused":
                self._answered(payload["id"])
            case "timeline":
                self.item, self.revision = payload["item"], payload["revision"]
                self._told(payload)
            case "welcome":
                self.item, self.revision = payload["timeline"]["item"], payload["timeline"]["revision"]
                self.welcomed.set_result(payload)

    def _answered(self, question: int | str) -> None:
        asked = self.unanswered.pop(question, None)
        if asked is not None:
            self.delays.append(time.perf_counter() - asked)

    def exchange(self) -> None:
        t0 = time.perf_counter()
        self.unanswered[micros(t0)] = t0
        self.send(protocol.ClockRequest(t0_us=micros(t0)))

    def command(self, id: str, action: protocol.Action) -> None:
        self.unanswered[id] = time.perf_counter()
        self.send(protocol.Command(id=id, revision=self.revision, item=self.item, action=action))

    def send(self, message: protocol.ClientMessage) -> None:
        kind, payload = protocol.encode(message)
        self._write(b'42["%b",%b]' % (kind.encode(), msgspec.json.encode(payload)))

    def _write(self, text: bytes) -> None:
        self.transport.write(frame(Opcode.TEXT, text))


class Pair:
    """Both of them, in a room with a film. `delays`: s, of all answers, and of commands until the other one heard."""

    def __init__(self) -> None:
        self.members: list[Canary] = []
        self._life: asyncio.Task[None] | None = None
        self._ids = itertools.count(1)

    @classmethod
    async def enter(cls, port: int, room: str = ROOM, **hello: Any) -> Pair:
        pair = cls()
        loop = asyncio.get_running_loop()
        for name in ("Ana", "Ben"):
            _, member = await loop.create_connection(
                lambda name=name: Canary(room, name, lambda _: None, **hello), "127.0.0.1", port
            )
            await member.welcomed
            pair.members.append(member)
        ana = pair.members[0]
        ana.command("load", protocol.Load(title="film", duration_us=micros(36000)))
        await until(lambda: all(member.item for member in pair.members), "the film")
        pair._life = asyncio.ensure_future(pair._live())
        return pair

    async def _live(self) -> None:
        """Ask and command, for as long as it lasts."""
        rounds = round(COMMAND_GAP / CLOCK_GAP)
        for count in itertools.count():
            for member in self.members:
                member.exchange()
            if count % rounds == 0:
                number = next(self._ids)
                self.members[number % 2].command(f"p{number}", protocol.Seek(media_us=micros(number)))
            await asyncio.sleep(CLOCK_GAP)

    @property
    def delays(self) -> list[float]:
        return [delay for member in self.members for delay in member.delays]

    @property
    def asked(self) -> int:
        return sum(len(member.delays) + len(member.unanswered) for member in self.members)

    def forget(self) -> None:
        """Begin counting anew."""
        for member in self.members:
            member.delays.clear()

    async def settle(self) -> None:
        """Wait until everything that was asked is answered; neither may have been cut."""
        asked = {question for member in self.members for question in member.unanswered}

        def is_over() -> bool:
            open_ones = {question for member in self.members for question in member.unanswered}
            return not (asked & open_ones) or any(member.is_cut for member in self.members)

        await until(is_over, "answers to the pair", pause=0.005)
        assert not any(member.is_cut for member in self.members), "one of the pair was cut"

    async def leave(self) -> None:
        if self._life is not None:
            self._life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._life
        for member in self.members:
            member.transport.abort()


@contextlib.asynccontextmanager
async def canaries(port: int, **hello: Any) -> AsyncIterator[Pair]:
    """A pair that lives during the block and has to be well at its end."""
    pair = await Pair.enter(port, **hello)
    try:
        yield pair
        before = pair.asked
        await until(lambda: pair.asked > before, "the pair's life", pause=0.005)
        await pair.settle()
    finally:
        await pair.leave()
