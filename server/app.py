"""The authority's shell: stamps what arrives, tells the store of it, and answers what needs no room.

A hello comes through Socket.IO's connect; events come straight from the gate (see there), synchronously and in order
of arrival, so that what is stamped first is applied first. A clock request is answered before anything else is done
with it. Everything that concerns a room is submitted to the store; what follows comes back to `Delivery` when the store
stands by it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import msgspec
import socketio

from server.core import protocol
from server.core.admission import Door, check_hello, read_hello, refusal
from server.core.allowance import Allowance
from server.core.protocol import ClockReply, ClockRequest, Closing, Hello, Leave, Refusal, WireError, micros
from server.core.room import new_room
from server.core.room_answers import refused
from server.core.room_state import Join, Key, Lost, Room, Said
from server.core.timeline import LocalTime, PeerId
from server.delivery import Delivery, frame_of
from server.gate import Gate, Gatehouse
from server.settings import ServerSettings
from server.store.memory import MemoryStore
from server.store.port import LocalRoomClock, RoomStore, StoreError

logger = logging.getLogger(__name__)

CLOSING = "The server is being stopped; wait for it to come back, or ask whoever runs it."
STORE_BUSY = "The server can't reach its rooms at the moment; wait a little and try again."
DOOR_KEY = "door"  # the id of a room's key that the server's own settings gave it
GUESSERS_MOST = 10_000

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Put = Callable[[Any], Awaitable[None]]


class Authority:
    """An ASGI application and the gates' listener. Owner of all fields: the loop's thread."""

    def __init__(self, settings: ServerSettings, clock: Callable[[], float] = time.perf_counter) -> None:
        self.settings = settings
        self.house = Gatehouse(settings.limits, self, clock, settings.trusted_proxy)
        self.delivery = Delivery(self._lose)
        self.store = self._choose_store(clock)
        self._door = Door(settings.key, settings.password, settings.maker_key, settings.limits.rooms)
        self._clock = clock
        self._guesses: dict[str, Allowance] = {}
        self._sio = socketio.AsyncServer(
            async_mode="asgi",
            transports=["websocket"],
            async_handlers=False,
            max_http_buffer_size=settings.limits.message_bytes,
            ping_interval=settings.limits.ping_interval,
            ping_timeout=settings.limits.ping_timeout,
            http_compression=False,
            cors_allowed_origins=[],  # the gate refuses every origin
            logger=logging.getLogger("server.socketio"),
            engineio_logger=logging.getLogger("server.engineio"),
        )
        for name in ("server.socketio", "server.engineio"):
            logging.getLogger(name).setLevel(logging.ERROR)  # below that they tell of every message
        self._sio.on("connect", self._connect)

    # -- ASGI --------------------------------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Put) -> None:
        path = scope["path"].rstrip("/")
        match scope["type"]:
            case "websocket" if path == f"{self.settings.path}/socket.io" and _is_ours(scope["query_string"]):
                with contextlib.suppress(asyncio.CancelledError):  # at the end; uvicorn would log it as an error
                    await self._sio.handle_request(_slim(scope), receive, send)
            case "websocket":
                await send({"type": "websocket.close"})
            case _:
                is_healthy = path == f"{self.settings.path}/healthz" and scope["method"] in ("GET", "HEAD")
                headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
                await send({"type": "http.response.start", "status": 200 if is_healthy else 404, "headers": headers})
                await send({"type": "http.response.body", "body": b"ok\n" if is_healthy else b"not here\n"})

    # -- joining -----------------------------------------------------------------------------------------------------

    async def _connect(self, _sid: str, environ: dict[str, Any], _auth: Any = None) -> None:
        gate: Gate = environ["asgi.scope"]["state"]["gate"]
        try:
            turned_away = await self._receive_hello(gate)
        except Exception:  # the top of everything that a hello does
            logger.exception("A hello went wrong", extra={"address": gate.who})
            gate.drop("the server's own error")
            return
        if turned_away is None:
            logger.debug("in", extra={"peer": gate.peer, "room": gate.room, "address": gate.who})
        else:
            self.house.say("refused: %s", turned_away.code, address=gate.who)
            error = socketio.exceptions.ConnectionRefusedError()
            error.error_args = msgspec.to_builtins(turned_away)
            raise error

    async def _receive_hello(self, gate: Gate) -> Refusal | None:
        text, gate.hello = gate.hello, ""
        if gate.state == "gone":
            return refusal("busy")  # nobody hears it
        hello = _read_hello(text)
        if isinstance(hello, Refusal):
            return hello
        if not self._may_guess(gate.who, self._clock()):
            return refusal("busy")
        try:
            async with asyncio.timeout(self.settings.limits.hello_time):
                return await self._ask_in(gate, hello)
        except (StoreError, TimeoutError) as error:
            logger.warning("Somebody could not be let in: %s", error or "the store did not answer in time")
            return refusal("busy", STORE_BUSY)

    async def _ask_in(self, gate: Gate, hello: Hello) -> Refusal | None:
        """What the door says, and if it has nothing against it the room."""
        room = await self.store.find(hello.room)
        turned_away = check_hello(hello, self._door, room is not None, self.store.count)
        if turned_away is not None:
            if turned_away.code in ("key", "password"):
                self._count_guess(gate.who, self._clock())
            return turned_away
        join = Join(
            peer=PeerId(secrets.token_hex(8)),
            token=secrets.token_urlsafe(16),
            hello=hello,
            address=gate.who,
            is_maker=_is_same(hello.key, self._door.maker_key),
        )
        with self.delivery.asking(gate, join.peer) as answer:
            self.store.submit(hello.room, join, self.store.clock.now())
            return await answer

    # -- from the gates ----------------------------------------------------------------------------------------------

    def receive_event(self, gate: Gate, text: str, arrived: LocalTime) -> None:
        try:
            message = _read_event(text)
        except WireError as error:
            gate.drop("a wrong message", str(error))
            return
        match message:
            case ClockRequest():
                gate.send_frame(self._answer_clock(message, arrived))
            case protocol.Command() if not gate.may_command():
                gate.send_frame(frame_of(refused(message, "busy")))
                return
            case Leave():
                self.delivery.leave(gate)
            case _:
                pass
        self.store.submit(gate.room, Said(gate.peer, message), self.store.clock.at(arrived))
        if isinstance(message, Leave):
            gate.finish()

    def receive_end(self, gate: Gate) -> None:
        lost = self.delivery.leave(gate)
        if lost is not None:
            logger.debug("the connection has ended", extra={"peer": gate.peer, "room": gate.room, "address": gate.who})
            self._lose(gate.room, lost)

    def _answer_clock(self, request: ClockRequest, arrived: LocalTime) -> bytes:
        clock = self.store.clock
        t1_us, t2_us = micros(clock.at(arrived)), micros(clock.now())
        return frame_of(ClockReply(t0_us=request.t0_us, t1_us=t1_us, t2_us=t2_us, epoch=clock.epoch))

    def _lose(self, room: str, lost: Lost) -> None:
        self.store.submit(room, lost, self.store.clock.now())

    # -- the rooms ---------------------------------------------------------------------------------------------------

    def _choose_store(self, clock: Callable[[], float]) -> RoomStore:
        return MemoryStore(LocalRoomClock(clock), self._make_room, self.delivery.deliver)

    def _make_room(self, name: str) -> Room:
        """What a room begins with: chance of its own, and the key that is in the invites of this server."""
        keys: tuple[Key, ...] = ()
        if self.settings.key:
            keys = (Key(DOOR_KEY, hashlib.sha256(self.settings.key.encode()).hexdigest(), "guest"),)
        return new_room(name, self.store.clock.epoch, self.settings.room, secrets.token_hex(16), keys)

    # -- who may come in ---------------------------------------------------------------------------------------------

    def _may_guess(self, who: str, now: float) -> bool:
        known = self._guesses.get(who)
        return known is None or known.take(now) is not None

    def _count_guess(self, who: str, now: float) -> None:
        limits = self.settings.limits
        if len(self._guesses) >= GUESSERS_MOST:  # bounded: forget whoever could guess freely by now, or all
            full = limits.guesses_burst / limits.guesses_rate
            self._guesses = {each: left for each, left in self._guesses.items() if now - left.at < full}
            if len(self._guesses) >= GUESSERS_MOST:
                self._guesses = {}
        known = self._guesses.get(who) or Allowance.full(limits.guesses_burst, limits.guesses_rate, now)
        self._guesses[who] = known.take(now) or known

    # -- begin and end ------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Before anybody is let in. Raises StoreError."""
        await self.store.open()

    async def close(self) -> None:
        """Tell everybody, let what was written flow out for a bounded time, and cut what is left."""
        frame = frame_of(Closing(words=CLOSING))
        for gate in list(self.house.gates):
            gate.send_frame(frame)
            gate.finish()
        self.delivery.clear()
        end = asyncio.get_running_loop().time() + self.settings.limits.farewell_time
        while self.house.gates and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.01)
        for gate in list(self.house.gates):
            gate.transport.abort()
        await self._sio.shutdown()
        await self.store.close()


def _is_ours(query: bytes) -> bool:
    """Whether this asks for a new session of Engine.IO 4. (The library logs an error for whatever else it gets.)"""
    asked = parse_qs(query)
    return asked.get(b"transport") == [b"websocket"] and asked.get(b"EIO") == [b"4"] and b"sid" not in asked


def _slim(scope: Scope) -> Scope:
    """What the Socket.IO library needs of a scope; it keeps it as long as the connection lives."""
    headers = [(name, value) for name, value in scope["headers"] if name in (b"upgrade", b"connection")]
    kept = {name: scope[name] for name in ("type", "path", "state")}
    return {**kept, "headers": headers, "query_string": b"transport=websocket&EIO=4"}


def _read_json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise WireError(str(error)) from None


def _read_hello(text: str) -> Hello | Refusal:
    """The hello of a connect's payload, or why it is none."""
    try:
        return read_hello(_read_json(text or "{}"))
    except WireError:
        return refusal("bad")


def _read_event(text: str) -> protocol.ClientMessage:
    """The message of a Socket.IO event: a JSON array of its kind and one object. Raises WireError."""
    match _read_json(text):
        case [str(kind), payload]:
            return protocol.decode_client(kind, payload)
        case _:
            raise WireError("not a kind and one object")


def _is_same(said: str, wanted: str) -> bool:
    """In constant time; nothing is the same as a secret that there is not."""
    return bool(wanted) and hmac.compare_digest(said.encode(), wanted.encode())
