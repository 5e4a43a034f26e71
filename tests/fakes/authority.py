"""Authorities for a link's tests: the real one in a thread, and one that says whatever a test wants it to.

The scripted one writes Engine.IO's and Socket.IO's frames itself, so that it can also write wrong ones.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec
from aiohttp import WSMsgType, web

from player.core.invite import Invite
from server.certificate import own_context
from server.core import protocol
from server.core.protocol import Hello, ServerMessage
from server.listener import listening
from server.settings import read_settings
from tests.fakes.loop_thread import LoopThread

ROOM = "Kino"


class _Authority(ABC):
    """A server on a port of loopback, in a thread of its own while the block lasts."""

    def __init__(self, port: int, name: str) -> None:
        self.port = port
        self.pin = ""
        self._name = name
        self._thread: LoopThread | None = None

    def __enter__(self) -> Self:
        self._thread = LoopThread(self._name)
        self._thread.call(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread is not None:
            self._thread.call(self._stop())
            self._thread.stop()
            self._thread = None

    def restart(self) -> None:
        """The same address, another run: nothing is remembered."""
        self.__exit__()
        self.__enter__()

    def invite(self, **changes: Any) -> Invite:
        return invite_to(self.port, **{"pin": self.pin, "tls": bool(self.pin), **changes})

    @abstractmethod
    async def _start(self) -> None: ...

    @abstractmethod
    async def _stop(self) -> None: ...


class RealAuthority(_Authority):
    """matinee-server's own code on a free port of loopback."""

    def __init__(self, port: int = 0, **flags: Any) -> None:
        super().__init__(port, "authority")
        self._flags = flags
        self._stack = AsyncExitStack()

    async def _start(self) -> None:
        flags = {**self._flags, "listen": f"127.0.0.1:{self.port}"}
        server = await self._stack.enter_async_context(listening(read_settings(flags, {})))
        self.port, self.pin = server.port, server.pin

    async def _stop(self) -> None:
        await self._stack.aclose()


def invite_to(port: int, **changes: Any) -> Invite:
    return Invite(**{"host": "127.0.0.1", "port": port, "room": ROOM, "tls": False, **changes})


EMPTY = protocol.TimelineStated(revision=0, item="", state="paused", media_us=0, room_us=0, rate=1.0)


@dataclass
class Script:
    """What the scripted authority does. Levers: change them while it runs."""

    opening: str = '0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":16384}'
    refusal: Any = None  # payload of the refusal; None: let in
    answers_clock: bool = True
    answers_hello: bool = True
    answers_commands: bool = True
    welcome_changes: dict[str, Any] = field(default_factory=dict)
    epoch: str = "e1"


class ScriptedAuthority(_Authority):
    """One room, in which everybody is alone. Read `hellos`, `said`, `urls`; use `script`, `write`, `cut`."""

    def __init__(self, port: int = 0, tls: bool = False) -> None:
        super().__init__(port, "scripted")
        self.script = Script()
        self.hellos: list[Hello] = []
        self.said: list[tuple[str, Any]] = []
        self.urls: list[str] = []  # as they were asked for
        self._context = None
        if tls:
            self._context, self.pin = own_context()
        self._changed = threading.Condition()
        self._sockets: list[web.WebSocketResponse] = []
        self._revision = 0
        self._runner: web.AppRunner | None = None

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that a client makes true here."""
        with self._changed:
            assert self._changed.wait_for(holds, 60)

    def write(self, frame: str) -> None:
        """A frame to everybody."""
        assert self._thread is not None
        self._thread.call(self._write(frame))

    def send(self, message: ServerMessage) -> None:
        kind, payload = protocol.encode(message)
        self.write("42" + json.dumps([kind, payload]))

    def cut(self) -> None:
        """Every connection breaks."""
        assert self._thread is not None
        self._thread.call(self._cut())

    # -- on the loop ---------------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        application = web.Application()
        application.router.add_get("/socket.io/", self._serve)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._context).start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        await self._cut()
        assert self._runner is not None
        await self._runner.cleanup()

    async def _cut(self) -> None:
        sockets, self._sockets = self._sockets, []
        for each in sockets:
            transport = each._req.transport if each._req is not None else None
            if transport is not None:
                transport.abort()

    async def _write(self, frame: str) -> None:
        for each in self._sockets:
            if not each.closed:
                await each.send_str(frame)

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        self.urls.append(request.raw_path)
        connection = web.WebSocketResponse()
        await connection.prepare(request)
        self._sockets.append(connection)
        await connection.send_str(self.script.opening)
        with suppress(ConnectionResetError):  # it was cut meanwhile
            async for message in connection:
                if message.type is WSMsgType.TEXT:
                    for frame in self._answers(message.data):
                        await connection.send_str(frame)
                    if message.data.startswith('42["leave"'):
                        await connection.close()
        if connection in self._sockets:
            self._sockets.remove(connection)
        return connection

    def _answers(self, frame: str) -> list[str]:
        if frame.startswith("40"):
            hello = protocol.decode_hello(json.loads(frame[2:]))
            self._note(lambda: self.hellos.append(hello))
            return self._admit(hello) if self.script.answers_hello else []
        if not frame.startswith("42"):
            return []
        t1 = time.perf_counter()
        kind, payload = json.loads(frame[2:])
        message = protocol.decode_client(kind, payload)
        self._note(lambda: self.said.append((kind, payload)))
        match message:
            case protocol.ClockRequest(t0):
                if not self.script.answers_clock:
                    return []
                t1_us, t2_us = protocol.micros(t1), protocol.micros(time.perf_counter())
                return [_event(protocol.ClockReply(t0_us=t0, t1_us=t1_us, t2_us=t2_us, epoch=self.script.epoch))]
            case protocol.Command(id, _, item) if self.script.answers_commands:
                self._revision += 1
                stated = msgspec.structs.replace(EMPTY, revision=self._revision, item=item)
                return [_event(protocol.Accepted(id=id, revision=self._revision)), _event(stated)]
            case _:
                return []

    def _admit(self, hello: Hello) -> list[str]:
        if self.script.refusal is not None:
            return ["44" + json.dumps(self.script.refusal)]
        welcome = protocol.Welcome(
            peer=hello.token or f"p{len(self.hellos)}",
            name=hello.name,
            token=hello.token or f"p{len(self.hellos)}",
            epoch=self.script.epoch,
            room_us=protocol.micros(time.perf_counter()),
            timeline=msgspec.structs.replace(EMPTY, revision=self._revision),
            roster=protocol.Roster(members=()),
        )
        kind, payload = protocol.encode(welcome)
        return ['40{"sid":"x"}', "42" + json.dumps([kind, {**payload, **self.script.welcome_changes}])]

    def _note(self, note: Callable[[], None]) -> None:
        with self._changed:
            note()
            self._changed.notify_all()


def _event(message: ServerMessage) -> str:
    return "42" + json.dumps(list(protocol.encode(message)))


async def serve_bytes(answer: bytes) -> asyncio.Server:
    """Something that is no authority: it answers whatever it hears with the same bytes and hangs up."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(answer)
        writer.close()

    return await asyncio.start_server(take, "127.0.0.1", 0)
