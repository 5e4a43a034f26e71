"""The WebSocket of a connection, with the limits on what comes through it. (`porch.py` is the connection before it.)

They stand here, before any queue and before the Socket.IO library (what each attack did without them is in
facts/hardening.md). The library gets exactly three texts to read: `40` (a connect, whose
payload stays here as `hello`), `3` (a pong) and nothing else; it keeps Engine.IO's handshake, pings and sessions.

Events (`42[...]`) go straight to the authority, in order of arrival, stamped with the instant at which the bytes that
complete them were read (t1); what it sends is written straight to the transport. So no task and no queue lies between a
clock request and its answer, and what a peer does not read is counted in bytes.

uvicorn's protocol classes are no documented interface: each override has a test of its own in tests/adapters/server,
and pyproject pins the versions.
"""

from __future__ import annotations

import asyncio
import logging
import math
from asyncio import BaseTransport, TimerHandle
from collections import Counter
from collections.abc import Callable
from typing import Any, Literal, Protocol

from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN

from server import __version__
from server.core.allowance import Allowance, Allowances, address_group
from server.core.proxies import Proxies
from server.core.sharing import Share
from server.core.timeline import LocalTime, PeerId
from server.metrics import Metrics
from server.settings import Limits
from server.turns import Turns

logger = logging.getLogger(__name__)

State = Literal["new", "asked", "open", "gone"]


class Listener(Protocol):
    """Whom the gates tell. All calls are made on the loop's thread and must return soon."""

    def receive_event(self, gate: Gate, text: str, arrived: LocalTime) -> None:
        """A Socket.IO event's JSON array, complete at `arrived`."""

    def receive_end(self, gate: Gate) -> None:
        """The connection of an open gate has ended."""


class Gatehouse:
    """What all porches and gates of one server share. Owner: the loop's thread."""

    def __init__(
        self, limits: Limits, listener: Listener, clock: Callable[[], float], trusted_proxies: tuple[str, ...] = ()
    ) -> None:
        self.limits = limits
        self.listener = listener
        self.clock = clock
        self.gates: set[Gate] = set()
        self.metrics = Metrics(__version__)
        self.turns = Turns(clock)
        self.metrics.turns_waited = lambda: self.turns.waits
        self._arrivals = Allowances(limits.arrivals_burst, limits.arrivals_rate, limits.guesses_remembered)
        proxies = Proxies(trusted_proxies)
        self.is_trusted, self.address_behind = proxies.is_trusted, proxies.address_behind
        self._here: Counter[str] = Counter()
        self.ended = 0  # connections so far
        self._noise = Allowance.full(20, 1.0, clock())
        self._unsaid = 0

    @property
    def crowd(self) -> int:
        """How many connections there are."""
        return self._here.total()

    def enter(self, who: str, *, is_new: bool = True) -> bool:
        """Count one connection of `who` ("" is a proxy, which has no limit of its own); False: there is no room, or
        too many came just now."""
        if self.crowd >= self.limits.connections or (who and is_new and not self._arrivals.take(who, self.clock())):
            return False
        if who and self._here[who] >= self.limits.connections_address:
            return False
        self._here[who] += 1
        return True

    def leave(self, who: str) -> None:
        self.ended += 1
        self._here[who] -= 1
        if not self._here[who]:
            del self._here[who]

    def cut(self, reason: str, address: str, **fields: str) -> None:
        """Note that a connection is ended because of what its peer does. `reason` is one of few."""
        self.metrics.cuts[reason] += 1
        self.say("cut: %s", reason, address=address, **fields)

    def say(self, words: str, *values: object, **fields: str) -> None:
        """Log what a stranger did wrong, with `fields` of `logs.FIELDS`; a flood of it is counted instead."""
        left = self._noise.take(self.clock())
        if left is None:
            self._unsaid += 1
            return
        self._noise = left
        if self._unsaid:
            logger.info("%d more of these were not logged", self._unsaid)
            self._unsaid = 0
        logger.info(words, *values, extra=fields)


class Gate(WebSocketsSansIOProtocol):
    """One WebSocket: `new` until Socket.IO's connect, `asked` until it is let in, `open`, and `gone`."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, "gate": self}, _loop)
        self.house: Gatehouse = app_state["house"]
        self.limits = self.house.limits
        self.state: State = "new"
        self.hello = ""  # Socket.IO's auth payload, JSON; "" is none
        self.peer = PeerId("")  # whose connection this is, and ...
        self.room = ""  # ... where: the authority's notes
        self.who = ""  # the stranger behind the connection, for limits
        self.came_by = ""  # HOST:PORT by which it came straight to us, in its own words: the authority's note
        self.commanded: dict[str, LocalTime] = {}  # when its commands arrived that are not answered yet, by id
        self.heard_at = -math.inf  # when the room was told last that it lives, local time
        self._is_counted = False
        now = self.house.clock()
        self._arrived = LocalTime(now)
        self._allowance = Allowance.full(self.limits.messages_burst, self.limits.messages_rate, now)
        self._commands = Allowance.full(self.limits.commands_burst, self.limits.commands_rate, now)
        self.share = Share()
        self._kept = b""  # read, but its turn has not come
        self._has_ended = False  # which the authority has not been told yet
        self._early: list[bytes] = []
        self._hello_timer: TimerHandle | None = None
        self._stuck_timer: TimerHandle | None = None

    # -- from the transport ------------------------------------------------------------------------------------------

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.house.gates.add(self)
        self.house.turns.enrol(self.share)
        self._hello_timer = self.loop.call_later(self.limits.hello_time, self.drop, "no hello in time")

    def connection_lost(self, exc: Exception | None) -> None:
        was_open = self.peer != ""
        self.state = "gone"
        self.house.gates.discard(self)
        self.house.turns.dismiss(self.share)
        for timer in (self._hello_timer, self._stuck_timer):
            if timer is not None:
                timer.cancel()
        if self._is_counted:
            self.house.leave(self.who)
        super().connection_lost(exc)
        self._kept, is_waiting = b"", bool(self._kept)
        if was_open:
            self._has_ended = True
            if self.house.turns.may_take(self.share):
                self.go_on()
            elif not is_waiting:
                self.house.turns.wait(self)

    def data_received(self, data: bytes) -> None:
        if self._kept:  # what TLS had unpacked before it heard of the pause
            self._keep(data)
            return
        self._arrived = LocalTime(self.house.clock())
        self._read(data)

    def go_on(self) -> None:
        """Its turn has come; what it said arrived when it did. Ends take their turn, too: a crowd goes at once."""
        data, self._kept = self._kept, b""
        if self._has_ended:
            self._has_ended = False
            self.house.turns.begin()
            self.house.listener.receive_end(self)
            self.house.turns.end(self.share)
        elif self.state != "gone" and not self.transport.is_closing():
            self.transport.resume_reading()
            self._read(data)

    def _read(self, data: bytes) -> None:
        size, turns = self.limits.slice_bytes, self.house.turns
        for start in range(0, len(data), size):
            if self.state == "gone":
                return
            if not turns.may_take(self.share):
                self._keep(data[start:])
                return
            turns.begin()
            super().data_received(data if len(data) <= size else data[start : start + size])
            turns.end(self.share)

    def _keep(self, data: bytes) -> None:
        """Wait for a turn with it: others have said less lately, and time is short."""
        is_waiting = bool(self._kept)
        self._kept += data
        if len(self._kept) > self.limits.kept_bytes:
            self.drop("says too much while time is short")
        elif not is_waiting:
            self.transport.pause_reading()
            self.house.turns.wait(self)

    def eof_received(self) -> None:
        self.state = "gone"
        self._end_soon()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stuck_timer is None:
            self._stuck_timer = self.loop.call_later(self.limits.stuck_time, self.drop, "reads nothing")

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stuck_timer is not None and self.state != "gone":  # who reads a little does not put off its end
            self._stuck_timer.cancel()
            self._stuck_timer = None

    # -- from WebSocket's parser -------------------------------------------------------------------------------------

    def handle_connect(self, event: Request) -> None:
        host = self.client[0] if self.client else ""
        behind = self.house.address_behind(host, event.headers.get_all("X-Forwarded-For"))
        self.who = address_group(behind)
        if "Origin" in event.headers:  # a web page in somebody's browser; players send none
            self.house.cut("a web page", self.who)
            self._turn_away(b"403 Forbidden")
            return
        if not self.house.enter(self.who, is_new=behind != host):  # the porch has counted all others
            self.house.cut("too many connections", self.who)
            self._turn_away(b"503 Service Unavailable")
            return
        self._is_counted = True
        super().handle_connect(event)

    def handle_text(self, event: Frame) -> None:
        if not self._may_send():
            return
        if not event.fin:
            self.drop("a message in fragments")
            return
        try:
            text = bytes(event.data).decode()
        except UnicodeDecodeError:
            self.drop("text that is no UTF-8")
            return
        if text.startswith("42[") and self.state == "open":
            self._tell(text[2:])
        elif text == "3":
            super().handle_text(event)
        elif text in ("41", "1"):
            self.finish()
        elif self.state == "new" and (text == "40" or text.startswith("40{")):
            self.state = "asked"
            self.hello = text[2:]
            super().handle_text(Frame(Opcode.TEXT, b"40"))
        else:
            self.drop("a packet out of place")

    def handle_cont(self, event: Frame) -> None:
        self.drop("a message in fragments")

    def handle_bytes(self, event: Frame) -> None:
        self.drop("a binary message")

    def handle_ping(self) -> None:
        if self._may_send():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        if self._may_send():
            super().handle_pong(event)

    def handle_close(self, event: Frame) -> None:
        super().handle_close(event)
        self.state = "gone"
        self._end_soon()

    def handle_parser_exception(self) -> None:
        self.drop("no WebSocket", type(self.conn.parser_exc).__name__)

    # -- from Socket.IO and the authority ----------------------------------------------------------------------------

    async def send(self, message: Any) -> None:
        """ASGI's: what the Socket.IO library writes. Its answer to the connect opens the gate."""
        if self.state == "gone":
            raise ClientDisconnected
        await super().send(message)
        if message["type"] == "websocket.close":  # a pong that did not come, a request that was none
            self.state = "gone"
            self._end_soon()
        elif self.state == "asked" and (message.get("text") or "").startswith("40{"):
            self._open()

    def send_frame(self, frame: bytes) -> None:
        """Write a frame of `event_frame`, after the connect's answer. To a gate that is gone: nothing."""
        if self.state == "open":
            self.transport.write(frame)
            if self.transport.get_write_buffer_size() > self.limits.unsent_bytes:
                self.drop("reads too little")
        elif self.state == "asked":
            self._early.append(frame)
            if len(self._early) > self.limits.early_messages:
                self.drop("reads nothing")

    def may_command(self) -> bool:
        """Whether one more command is within the allowance. (Nobody is cut for too many: people drag sliders.)"""
        left = self._commands.take(self._arrived)
        self._commands = left or self._commands
        return left is not None

    def drop(self, reason: str, detail: str = "") -> None:
        """Cut the connection now: `reason` is one of few, `detail` is for debugging and holds nothing that the peer
        wrote. (`AsyncServer.disconnect` would only say goodbye and go on reading, and a close would wait for what a
        peer does not read.)"""
        if self.state != "gone":
            self.state = "gone"
            self.house.cut(reason, self.who, peer=self.peer, room=self.room)
            if detail:
                logger.debug("that was: %s", detail, extra={"peer": self.peer, "address": self.who})
        self.transport.abort()

    def finish(self) -> None:
        """End the connection politely, within a bounded time."""
        if self.state == "gone":
            return
        self.state = "gone"
        if self.handshake_complete and not self.close_sent:
            if self.conn.state is OPEN:  # otherwise the peer's close was read along: the parser has its answer ready
                self.conn.send_close(1000)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        self._end_soon()

    # -- inside ------------------------------------------------------------------------------------------------------

    def _may_send(self) -> bool:
        """Whether one more frame is within the allowance; the gate is gone if not."""
        if self.state == "gone":
            return False
        left = self._allowance.take(self._arrived)
        if left is None:
            self.drop("too many messages")
            return False
        self._allowance = left
        return True

    def _tell(self, text: str) -> None:
        try:
            self.house.listener.receive_event(self, text, self._arrived)
        except Exception:  # the top of everything that a peer's event does
            logger.exception("An event went wrong", extra={"peer": self.peer, "room": self.room, "address": self.who})
            self.drop("the server's own error")

    def _open(self) -> None:
        self.state = "open"
        if self._hello_timer is not None:
            self._hello_timer.cancel()
        del self.request, self.response  # up to 8 KiB that a stranger chose, kept for as long as it stays
        self.scope["headers"] = []
        early, self._early = self._early, []
        for frame in early:
            self.send_frame(frame)

    def _turn_away(self, status: bytes) -> None:
        self.state = "gone"
        self.handshake_complete = self.close_sent = True
        self.transport.write(b"HTTP/1.1 " + status + b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        self._end_soon()

    def _end_soon(self) -> None:
        """Close, which waits for what the peer has to read, and cut if that takes too long."""
        self.transport.close()
        if self._stuck_timer is not None:
            self._stuck_timer.cancel()
        self._stuck_timer = self.loop.call_later(self.limits.farewell_time, self.transport.abort)


def event_frame(kind: str, payload: bytes) -> bytes:
    """A Socket.IO event with one JSON argument as a WebSocket text frame, as servers write them."""
    text = b'42["%b",%b]' % (kind.encode(), payload)
    size = len(text)
    if size < 126:
        return b"\x81%c%b" % (size, text)
    return b"\x81\x7e%b%b" % (size.to_bytes(2), text) if size < 65536 else b"\x81\x7f%b%b" % (size.to_bytes(8), text)
