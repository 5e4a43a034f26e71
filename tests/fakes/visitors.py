"""Who comes to an authority in tests: `Friend` is a well-behaved member, `Stranger` writes bytes of its own choice."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import time
from collections.abc import AsyncIterator
from typing import Any, ClassVar, TypeVar

import aiohttp
import msgspec
import socketio
from websockets.frames import Frame, Opcode

from server.core import protocol
from server.core.protocol import (
    SERVER_KINDS,
    VERSION,
    Action,
    ClientMessage,
    ClockReply,
    ClockRequest,
    Command,
    Hello,
    Refusal,
    ServerMessage,
    TimelineStated,
    Welcome,
    decode_server,
    encode,
)

Message = TypeVar("Message", bound=ServerMessage)

PATIENCE = 60.0  # s; what is waited for comes soon, unless something is broken


class TurnedAwayError(Exception):
    """The authority's refusal of a hello."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.words)
        self.refusal = refusal


class Friend:
    """A member or a controller on the real Socket.IO client."""

    def __init__(self, **options: Any) -> None:
        self.client = socketio.AsyncClient(reconnection=False, **options)
        self.heard: list[ServerMessage] = []
        self.is_connected = False
        self.welcome: Welcome
        self.stamped: dict[int, float] = {}  # t3 of a clock request, by t0_us
        self._refusal: Refusal | None = None
        self._news = asyncio.Condition()
        self._ids = itertools.count(1)
        for kind in SERVER_KINDS:
            self.client.on(kind, self._listener(kind))
        self.client.on("connect_error", self._refused)
        self.client.on("disconnect", self._ended)

    @classmethod
    async def join(
        cls,
        url: str,
        room: str = "den",
        name: str = "Ana",
        *,
        path: str = "",
        headers: dict[str, str] | None = None,
        http_session: aiohttp.ClientSession | None = None,
        **hello: Any,
    ) -> Friend:
        """Enter a room. Raises TurnedAwayError."""
        friend = cls(**({"http_session": http_session} if http_session else {}))
        greeting = Hello(version=VERSION, room=room, name=name, **hello)
        await friend.enter(url, msgspec.to_builtins(greeting), path, headers)
        return friend

    async def enter(self, url: str, payload: Any, path: str = "", headers: dict[str, str] | None = None) -> None:
        """Connect with any auth payload. Raises TurnedAwayError."""
        try:
            await self.client.connect(
                url, headers or {}, auth=payload, transports=["websocket"], socketio_path=f"{path}/socket.io"
            )
        except socketio.exceptions.ConnectionError:
            await self._tidy()
            if self._refusal is None:
                raise
            raise TurnedAwayError(self._refusal) from None
        self.is_connected = True
        self.welcome = await self.hear(Welcome)

    def _listener(self, kind: str) -> Any:
        async def receive(payload: Any) -> None:
            message = decode_server(kind, payload)
            if isinstance(message, ClockReply):
                self.stamped[message.t0_us] = time.perf_counter()
            async with self._news:
                self.heard.append(message)
                self._news.notify_all()

        return receive

    async def _refused(self, payload: Any) -> None:
        with contextlib.suppress(msgspec.ValidationError):
            self._refusal = msgspec.convert(payload, Refusal)

    async def _ended(self, _reason: str = "") -> None:
        async with self._news:
            self.is_connected = False
            self._news.notify_all()

    async def hear(self, kind: type[Message], **wanted: Any) -> Message:
        """The first message of a kind with these fields, old or new; it is then forgotten."""

        def fitting() -> Message | None:
            for message in self.heard:
                if isinstance(message, kind) and all(getattr(message, key) == wanted[key] for key in wanted):
                    return message
            return None

        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(fitting)
            found = fitting()
            assert found is not None
            self.heard.remove(found)
            return found

    async def hear_anything(self) -> None:
        """Wait until something comes, or the connection ends."""
        async with asyncio.timeout(PATIENCE), self._news:
            if self.is_connected:
                await self._news.wait()

    async def end(self) -> None:
        """Wait until the server has ended the connection."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: not self.is_connected)
        await self._tidy()

    async def send(self, message: ClientMessage) -> None:
        kind, payload = encode(message)
        await self.client.emit(kind, payload)

    async def command(self, action: Action, revision: int = 0, item: str = "", id: str = "") -> str:
        """Send a command; returns its id."""
        id = id or f"c{next(self._ids)}"
        await self.send(Command(id=id, revision=revision, item=item, action=action))
        return id

    async def load(self, title: str = "film", duration: float = 600.0) -> protocol.Item:
        """Load an item into the room and wait until it is stated."""
        await self.command(protocol.Load(title=title, duration_us=protocol.micros(duration)), item="")
        item = await self.hear(protocol.Item)
        await self.hear(TimelineStated, item=item.id)
        return item

    async def exchange(self) -> tuple[float, float, float, float]:
        """One clock exchange: t0, t1, t2, t3 in seconds."""
        t0 = time.perf_counter()
        await self.send(ClockRequest(t0_us=protocol.micros(t0)))
        reply = await self.hear(ClockReply, t0_us=protocol.micros(t0))
        t3 = self.stamped.pop(reply.t0_us)
        return t0, protocol.seconds(reply.t1_us), protocol.seconds(reply.t2_us), t3

    async def leave(self) -> None:
        with contextlib.suppress(socketio.exceptions.SocketIOError):
            await self.client.disconnect()
        await self._tidy()

    async def vanish(self) -> None:
        """Lose the connection without a word, as a cut or a crash does."""
        self.client.eio.ws._response.connection.transport.abort()
        await self.end()

    async def _tidy(self) -> None:
        """Socket.IO's client leaves its HTTP session open where the other side ended first."""
        session = self.client.eio.http
        if session is not None and not session.closed and not self.client.eio.external_http:
            await session.close()


class Stranger:
    """A TCP connection that says what it likes."""

    known: ClassVar[list[Stranger]] = []

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.known.append(self)

    @classmethod
    async def send_home(cls) -> None:
        """Close all that are still there."""
        for stranger in cls.known:
            stranger.writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await stranger.writer.wait_closed()
        cls.known.clear()

    def stop_reading(self) -> None:
        self.writer.transport.pause_reading()  # type: ignore[attr-defined]

    def read_on(self) -> None:
        self.writer.transport.resume_reading()  # type: ignore[attr-defined]

    @classmethod
    async def knock(cls, port: int, receive_buffer: int | None = None) -> Stranger:
        """Open a connection and say nothing."""
        ours = socket.socket()
        if receive_buffer is not None:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        ours.setblocking(False)
        await asyncio.get_running_loop().sock_connect(ours, ("127.0.0.1", port))
        return cls(*await asyncio.open_connection(sock=ours, limit=2**20))

    @classmethod
    async def upgrade(cls, port: int, *headers: str, query: str = "", receive_buffer: int | None = None) -> Stranger:
        """As far as Engine.IO's open packet."""
        stranger = await cls.knock(port, receive_buffer)
        await stranger.write(upgrade_request(*headers, query=query))
        await stranger.reader.readuntil(b"\r\n\r\n")
        assert (await stranger.read_text()).startswith("0{")
        return stranger

    @classmethod
    async def join(cls, port: int, room: str = "den", receive_buffer: int | None = None) -> Stranger:
        """As far as the welcome to a room."""
        stranger = await cls.upgrade(port, receive_buffer=receive_buffer)
        hello = msgspec.json.encode(Hello(version=VERSION, room=room, name="Mallory")).decode()
        await stranger.say(f"40{hello}")
        assert (await stranger.read_text()).startswith("40{")
        assert (await stranger.read_text()).startswith('42["welcome"')
        return stranger

    async def write(self, data: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            if not self.writer.is_closing():
                self.writer.write(data)
                await self.writer.drain()

    async def say(self, *texts: str | bytes) -> None:
        """One text frame for each, in one write."""
        await self.write(
            b"".join(frame(Opcode.TEXT, text.encode() if isinstance(text, str) else text) for text in texts)
        )

    async def read_text(self) -> str:
        """The next frame's payload."""
        async with asyncio.timeout(PATIENCE):
            head = await self.reader.readexactly(2)
            size = head[1] & 127
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2))
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8))
            return (await self.reader.readexactly(size)).decode(errors="replace")

    async def end(self) -> bytes:
        """Wait until the server has ended the connection; what it said before that."""
        said = b""
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionError):
                while more := await self.reader.read(2**16):
                    said += more
        self.writer.close()
        return said


def frame(opcode: Opcode, payload: bytes, fin: bool = True) -> bytes:
    """A masked frame, as clients write them."""
    return bytes(Frame(opcode, payload, fin=fin).serialize(mask=True))


def upgrade_request(*headers: str, path: str = "/socket.io/", query: str = "") -> bytes:
    lines = [
        f"GET {path}?transport=websocket&EIO=4{query} HTTP/1.1",
        "Host: here",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@contextlib.asynccontextmanager
async def a_pair(url: str, **hello: Any) -> AsyncIterator[tuple[Friend, Friend]]:
    """Two friends in a room with a film, who must not notice what strangers do."""
    ana = await Friend.join(url, "parlour", "Ana", **hello)
    ben = await Friend.join(url, "parlour", "Ben", **hello)
    try:
        item = await ana.load()
        await ben.hear(TimelineStated, item=item.id)
        yield ana, ben
        await goes_on(ana, ben, item.id)
    finally:
        await ana.leave()
        await ben.leave()


async def goes_on(ana: Friend, ben: Friend, item: str) -> None:
    """A seek of one reaches both."""
    place = protocol.micros(123.0)
    await ana.command(protocol.Seek(media_us=place), item=item)
    assert await ana.hear(TimelineStated, media_us=place) == await ben.hear(TimelineStated, media_us=place)
