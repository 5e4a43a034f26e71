"""One Socket.IO connection with an authority, from the first packet to its end. It is never used again.

Opening has two halves: until Engine.IO is open (an address answers and has passed the pin) and, when `permission` was
given, the Hello and the `welcome`. So of several connections that are tried at once only one says who it is, and
nobody enters a room twice. All of it belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote

import aiohttp
import socketio
import socketio.packet

from player.core.invite import Invite, address_text
from player.net import failure
from player.net.failure import EnterError
from player.net.frames import MOST_BYTES, Watch, WatchedSocket
from player.net.resolving import Resolver
from server.core import protocol
from server.core.protocol import ClientMessage, ClockReply, Hello, ServerMessage, Welcome, WireError

log = logging.getLogger(__name__)

# What goes wrong on the way is told once, by this module; the libraries below would tell it again, as errors.
_quiet = logging.getLogger("player.net.engine")
_quiet.setLevel(logging.CRITICAL)

UNASKED = 8.0  # s for all of an opening but the wait for permission: seven ways there and back over a satellite
ANSWERED = 4.0  # s from the Hello to the welcome


class _WirePacket(socketio.packet.Packet):  # type: ignore[misc]
    """Socket.IO's packet with JSON written unescaped."""

    json = SimpleNamespace(dumps=partial(json.dumps, ensure_ascii=False), loads=json.loads)


class _Pin(aiohttp.Fingerprint):
    """The one certificate that is taken. A connection with another one ends at once: TLS' polite end would outlive the
    loop."""

    def check(self, transport: asyncio.Transport) -> None:
        try:
            super().check(transport)
        except aiohttp.ServerFingerprintMismatch:
            asyncio.get_running_loop().call_soon(transport.abort)  # aiohttp asks it for its address before
            raise


class Connection:
    """See `open`. After it, `listen` gets what the authority says, in order; nothing is lost in between."""

    def __init__(self, invite: Invite, address: tuple[str, int], now: Callable[[], float]) -> None:
        self.where = address_text(*address)
        self._invite = invite
        self._host = address[0]
        self._now = now
        self._welcome: asyncio.Future[Welcome] = asyncio.get_running_loop().create_future()
        self._welcome.add_done_callback(lambda future: future.cancelled() or future.exception())  # asked for or not
        self._ended = asyncio.Event()
        self._session: aiohttp.ClientSession | None = None
        self._socket: WatchedSocket | None = None
        self._client: socketio.AsyncClient | None = None
        self._permission: Callable[[], Awaitable[Hello]] | None = None
        self._hello: Hello | None = None
        self._deadline: asyncio.Timeout | None = None
        self._report: protocol.Report | None = None
        self._buffer: list[ServerMessage] = []
        self._on_message: Callable[[ServerMessage], None] | None = None
        self._on_sample: Callable[[ClockReply, float], None] = lambda reply, t3: None
        self._on_end: Callable[[], None] = lambda: None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_ended(self) -> bool:
        return self._ended.is_set()

    @property
    def has_asked(self) -> bool:
        """The Hello is on its way: the authority may have taken this connection for the member's."""
        return self._hello is not None

    async def open(self, permission: Callable[[], Awaitable[Hello]]) -> Welcome:
        """Connect, await `permission` for the Hello, enter. Raises EnterError; a failed connection is aborted."""
        self._permission = permission
        self._session = session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=Resolver(), use_dns_cache=False, family=socket.AF_UNSPEC),
            ws_response_class=cast(type[WatchedSocket], partial(WatchedSocket, self._watch)),
        )
        try:
            welcome = await self._enter(session)
        except BaseException:
            self.abort()
            await session.close()
            raise
        self._keep(self._close_after(session))
        return welcome

    async def _enter(self, session: aiohttp.ClientSession) -> Welcome:
        options: dict[str, Any] = {"max_msg_size": MOST_BYTES, "compress": 0}
        if self._invite.pin:
            options["ssl"] = _Pin(base64.urlsafe_b64decode(self._invite.pin + "="))
        self._client = client = socketio.AsyncClient(
            reconnection=False,
            handle_sigint=False,
            logger=_quiet,
            engineio_logger=_quiet,
            serializer=_WirePacket,
            http_session=session,
            websocket_extra_options=options,
            timestamp_requests=False,
            request_timeout=1,
        )
        client.on("connect_error", self._receive_refusal)
        scheme = "https" if self._invite.tls else "http"
        url = f"{scheme}://{self.where}?room={quote(self._invite.room, safe='')}"  # a proxy finds the room's cell by it
        path = f"{self._invite.path.strip('/')}/socket.io".lstrip("/")
        try:
            async with asyncio.timeout(UNASKED) as self._deadline:
                await client.connect(
                    url, auth=self._auth, transports=["websocket"], namespaces=["/"], socketio_path=path, wait=False
                )
                return await self._welcome
        except (socketio.exceptions.ConnectionError, aiohttp.ClientError, OSError, ValueError) as error:
            if self._welcome.done() and not self._welcome.cancelled() and self._welcome.exception() is not None:
                await self._welcome  # a better reason is known
            raise EnterError(failure.network(self._host, self.where, failure.causes(error))) from error

    # -- what the authority is told ------------------------------------------------------------------------------------

    def listen(
        self,
        on_message: Callable[[ServerMessage], None],
        on_sample: Callable[[ClockReply, float], None],
        on_end: Callable[[], None],
    ) -> None:
        """Who gets messages, clock replies with their t3, and the end, once. What came before is handed over now."""
        self._on_message, self._on_sample, self._on_end = on_message, on_sample, on_end
        buffer, self._buffer = self._buffer, []
        for message in buffer:
            on_message(message)
        if self.is_ended:
            on_end()

    def send(self, message: ClientMessage) -> None:
        """Best effort, in order; but the newest report waits for the next clock request, a few seconds: what comes
        together costs a server of thousands less."""
        if isinstance(message, protocol.Report):
            self._report = message
        elif not self.is_ended:
            self._keep(self._emit(*protocol.encode(message)))

    def ask_clock(self) -> None:
        """One exchange. t0 is read as the frame is written, past Socket.IO's queue: nothing waits in between."""
        if not self.is_ended:
            self._keep(self._ask_clock())

    async def leave(self, patience: float) -> None:
        """Say goodbye, wait until the authority hangs up, at most `patience` s; then end."""
        self.send(protocol.Leave())
        try:
            await asyncio.wait_for(self._ended.wait(), patience)
        except TimeoutError:
            log.debug("%s: nobody hung up", self.where)
        self.abort()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)

    def abort(self) -> None:
        """End at once, whatever is still to be sent. Who cancels an `open` calls this before: then a TLS connection
        that is being made is cut, too; its polite end would outlive the loop."""
        self._end("aborted here")
        if self._session is not None and self._socket is None:
            self._keep(self._session.close())

    async def _emit(self, kind: str, payload: Any) -> None:
        assert self._client is not None
        try:
            await self._client.emit(kind, payload)
        except (socketio.exceptions.SocketIOError, aiohttp.ClientError, OSError) as error:
            log.debug("%s: %s was not sent: %s", self.where, kind, error)

    async def _ask_clock(self) -> None:
        assert self._socket is not None
        report, self._report = self._report, None
        request = protocol.ClockRequest(t0_us=protocol.micros(self._now()))
        try:
            await self._socket.send_str(f'42["clock",{{"t0_us":{request.t0_us}}}]')
            if report is not None:
                await self._socket.send_str(f"42{json.dumps(protocol.encode(report))}")
        except (aiohttp.ClientError, OSError) as error:
            log.debug("%s: the clock was not asked for: %s", self.where, error)

    # -- what it says --------------------------------------------------------------------------------------------------

    @property
    def _watch(self) -> Watch:
        return Watch(self._receive_socket, self._ask_permission, self._receive_event, self._end)

    def _receive_socket(self, opened: WatchedSocket) -> None:
        self._socket = opened

    async def _ask_permission(self) -> None:
        assert self._permission is not None
        assert self._deadline is not None
        self._deadline.reschedule(None)
        self._hello = await self._permission()
        self._deadline.reschedule(asyncio.get_running_loop().time() + ANSWERED)

    def _auth(self) -> Any:
        assert self._hello is not None
        return protocol.encode(self._hello)[1]

    def _receive_event(self, kind: str, payload: Any) -> None:
        t3 = self._now()
        if self.is_ended:
            return  # read before another connection took its place: it may tell of another server's time
        try:
            self._tell(protocol.decode_server(kind, payload), t3)
        except WireError as error:
            log.warning("%s: refused a message: %s", self.where, error)
            if kind == "welcome":
                self._fail(failure.misunderstanding(self.where))
        except Exception:  # the top of all that a message does; Engine.IO would give up without a word
            log.exception("%s: a message went wrong", self.where)
            self._end("a defect")

    def _tell(self, message: ServerMessage, t3: float) -> None:
        match message:
            case ClockReply():
                self._on_sample(message, t3)
            case Welcome():
                if not self._welcome.done():
                    self._welcome.set_result(message)
            case _ if self._on_message is not None:
                self._on_message(message)
            case _:
                self._buffer.append(message)

    def _receive_refusal(self, payload: Any = None) -> None:
        if self._hello is not None:  # otherwise it is Socket.IO's way to tell that there was no connection
            self._fail(failure.refusal(self.where, payload))

    def _fail(self, why: failure.Failure) -> None:
        if not self._welcome.done():
            self._welcome.set_exception(EnterError(why))

    def _end(self, why: str) -> None:
        if self.is_ended:
            return
        log.debug("%s: ended: %s", self.where, why)
        self._ended.set()
        if self._socket is not None:
            self._socket.abort()
        is_strange = why.startswith(("no Engine.IO", "not of this protocol"))
        self._fail(failure.stranger(self.where) if is_strange else failure.closing(self.where))
        self._on_end()

    # -- order in the house --------------------------------------------------------------------------------------------

    def _keep(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _close_after(self, session: aiohttp.ClientSession) -> None:
        await self._ended.wait()
        await session.close()
