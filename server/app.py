"""The authority's shell: stamps what arrives, tells the store of it, and answers what needs no room.

A hello comes through Socket.IO's connect; events come straight from the gate (see there), synchronously and in order
of arrival, so that what is stamped first is applied first. A clock request is answered before anything else is done
with it. Everything that concerns a room is submitted to the store; what follows comes back to `Delivery` when the store
stands by it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any, get_args
from urllib.parse import parse_qs

import msgspec
import socketio

from server.core import protocol
from server.core.admission import read_hello, refusal
from server.core.allowance import Allowances
from server.core.protocol import ClockReply, ClockRequest, Closing, Hello, Leave, Refusal, WireError, micros
from server.core.room import new_room
from server.core.room_answers import refused
from server.core.room_keys import door_key, with_door_key
from server.core.room_roles import forbidden
from server.core.room_state import Join, Key, Lost, Room, RoomCommand, Said
from server.core.timeline import LocalTime, PeerId, RoomTime
from server.delivery import Delivery, frame_of
from server.doorkeeper import Doorkeeper
from server.gate import Gate, Gatehouse
from server.knock import Knocker
from server.logs import hush
from server.metrics import Census
from server.pages import Pages
from server.passwords import DeskBusy
from server.room_desk import RoomDesk
from server.settings import ServerSettings
from server.store.adoption import read_adopted
from server.store.memory import MemoryStore
from server.store.port import LocalRoomClock, RoomStore, StoreError
from server.store.sqlite import SqliteStore
from server.ways_desk import WaysDesk

logger = logging.getLogger(__name__)

CLOSING = "The server is being stopped; wait for it to come back, or ask whoever runs it."
STORE_BUSY = "The server can't reach its rooms at the moment; wait a little and try again."
HEARD_EVERY = 1.0  # s; so often a room is told that a peer who asks for the time lives: it counts in whole seconds
KIND_OF_ACTION = {kind: str(kind.__struct_config__.tag) for kind in get_args(protocol.Action)}

MAX_HOST = 140  # characters of a Host header that is kept for as long as its connection

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Put = Callable[[Any], Awaitable[None]]


class Authority:
    """An ASGI application and the gates' listener. Owner of all fields: the loop's thread."""

    def __init__(self, settings: ServerSettings, clock: Callable[[], float] = time.perf_counter) -> None:
        self.settings = settings
        self.house = Gatehouse(settings.limits, self, clock, settings.trusted_proxy)
        self.metrics = self.house.metrics
        self.delivery = Delivery(self._lose, self.house)
        self.store = self._choose_store(clock)
        self.store.note_commit = self.metrics.commit_times.observe
        self._doorkeeper = Doorkeeper(settings, clock)
        self.ways = WaysDesk(settings, self.store, self._submit)
        self._signals = Allowances(
            settings.limits.signals_burst, settings.limits.signals_rate, settings.limits.connections
        )
        self._is_closing = False
        self._hashing: set[asyncio.Task[None]] = set()
        self.metrics.census = lambda: Census(self.store.count, self.delivery.count, self.house.crowd)
        self.desk = RoomDesk(
            self.store.rooms, self.store.find, self._submit, self.store.clock.now, has_key=bool(settings.key)
        )
        knocker = Knocker(clock, self.house.is_trusted)
        self._pages = Pages(
            settings.path, self.metrics, settings.metrics_from, self._is_ready, self.house.say, knocker, self.desk
        )
        self._sio = socketio.AsyncServer(
            async_mode="asgi",
            transports=["websocket"],
            async_handlers=False,
            max_http_buffer_size=settings.limits.message_bytes,
            ping_interval=settings.limits.ping_interval,
            ping_timeout=settings.limits.ping_timeout,
            monitor_clients=False,  # who does not answer a ping is found without: nothing is read from it in time
            http_compression=False,
            cors_allowed_origins=[],  # the gate refuses every origin
            logger=logging.getLogger("server.socketio"),
            engineio_logger=logging.getLogger("server.engineio"),
        )
        hush()
        self._sio.on("connect", self._connect)

    # -- ASGI --------------------------------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Put) -> None:
        path = scope["path"].rstrip("/")
        match scope["type"]:
            case "websocket" if path == f"{self.settings.path}/socket.io" and _is_ours(scope["query_string"]):
                scope["state"]["gate"].came_by = self._came_by(scope)
                with contextlib.suppress(asyncio.CancelledError):  # at the end; uvicorn would log it as an error
                    await self._sio.handle_request(_slim(scope), receive, send)
            case "websocket":
                await send({"type": "websocket.close"})
            case _:
                await self._pages.serve(scope, send)

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
            self.metrics.refusals["hello", turned_away.code] += 1
            self.house.say("refused: %s", turned_away.code, address=gate.who)
            error = socketio.exceptions.ConnectionRefusedError()
            error.error_args = msgspec.to_builtins(turned_away)
            raise error

    async def _receive_hello(self, gate: Gate) -> Refusal | None:
        text, gate.hello = gate.hello, ""
        if gate.state == "gone" or self._is_closing:
            return refusal("busy")  # nobody hears it
        hello = _read_hello(text)
        if isinstance(hello, Refusal):
            return hello
        try:
            async with asyncio.timeout(self.settings.limits.hello_time):
                return await self._ask_in(gate, hello)
        except (StoreError, TimeoutError) as error:
            logger.warning("Somebody could not be let in: %s", str(error) or "the store did not answer in time")
            return refusal("busy", STORE_BUSY)

    async def _ask_in(self, gate: Gate, hello: Hello) -> Refusal | None:
        """What the door says, and if it has nothing against it the room."""
        room = await self.store.find(hello.room)
        now = self.store.clock.now()
        turned_away = self._doorkeeper.check(hello, gate.who, room, self.store.count, now)
        if turned_away is not None:
            return turned_away
        has_password = await self._doorkeeper.has_password(hello, gate.who, room, now)
        if isinstance(has_password, Refusal):
            return has_password
        password = await self._doorkeeper.password_to_make(hello, gate.who, room)
        if isinstance(password, Refusal):
            return password
        if self._is_closing:
            return refusal("busy", CLOSING)
        join = Join(
            peer=PeerId(secrets.token_hex(8)),
            token=secrets.token_urlsafe(16),
            hello=hello,
            address=gate.who,
            is_maker=self._doorkeeper.is_maker(hello, gate.who),
            has_password=has_password,
            password=password,
            may_make=room is None,
        )
        with self.delivery.asking(gate, join.peer) as answer:
            self.store.submit(hello.room, join, self.store.clock.now())
            turned_away = await answer
        self._doorkeeper.note(turned_away, gate.who)
        return turned_away

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
                if arrived - gate.heard_at < HEARD_EVERY:
                    return
            case protocol.AskWays():
                ways = self.ways.answer(gate)
                if ways is not None:
                    gate.send_frame(frame_of(ways))
            case protocol.Signal() if not self._signals.take(gate.peer, arrived):
                self.metrics.refusals["signal", "busy"] += 1
                return
            case protocol.Command() if not gate.may_command():
                self.metrics.refusals["command", "busy"] += 1
                gate.send_frame(frame_of(refused(message, "busy")))
                return
            case protocol.Command(id, _, _, action):
                self.metrics.commands[KIND_OF_ACTION[type(action)]] += 1
                self.delivery.expect(gate, id, arrived)
                if isinstance(action, protocol.SetPassword):
                    self._submit_hashed(gate, message, action)
                    return
            case protocol.Stall():
                self.metrics.stalls += 1
            case Leave():
                self.delivery.leave(gate)
            case _:
                pass
        gate.heard_at = arrived
        self._submit(gate.room, Said(gate.peer, message), self.store.clock.at(arrived))
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

    def _came_by(self, scope: Scope) -> str:
        """The Host header of who came straight to us; "": a proxy stands between, which passes no UDP."""
        if self.house.is_trusted(scope["client"][0] if scope.get("client") else ""):
            return ""
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        return hosts[0].decode("latin-1") if len(hosts) == 1 and len(hosts[0]) <= MAX_HOST else ""

    def _lose(self, room: str, lost: Lost) -> None:
        self._submit(room, lost, self.store.clock.now())

    def _submit(self, room: str, command: RoomCommand, now: RoomTime) -> None:
        """What comes while the store is being closed has not happened: nobody is told of it."""
        if not self._is_closing:
            self.store.submit(room, command, now)

    # -- the rooms ---------------------------------------------------------------------------------------------------

    def _choose_store(self, clock: Callable[[], float]) -> RoomStore:
        """Raises StoreError."""
        settings = self.settings
        if settings.redis:
            from server.store.redis import RedisStore  # noqa: PLC0415  (150 ms that only who uses it should wait)

            return RedisStore(
                settings.redis,
                settings.redis_password,
                self._make_room,
                settings.room_policy,
                settings.limits.rooms,
                self.delivery.deliver,
                self.delivery.recall,
                clock,
            )
        if settings.state_dir:
            return SqliteStore(
                settings.state_dir, self._make_room, settings.room_policy, self.delivery.deliver, self._refit, clock
            )
        return MemoryStore(LocalRoomClock(clock), self._make_room, self.delivery.deliver, self._refit)

    def _make_room(self, name: str) -> Room:
        """What a room begins with: chance of its own, and the key that is in the invites of this server."""
        keys: tuple[Key, ...] = ()
        if self.settings.key:
            keys = (door_key(self.settings.key),)
        return new_room(name, self.store.clock.epoch, self.settings.room_policy, secrets.token_hex(16), keys)

    def _refit(self, room: Room) -> Room:
        return with_door_key(room, self.settings.key) if self.settings.key else room

    # -- a room's password -------------------------------------------------------------------------------------------

    def _submit_hashed(self, gate: Gate, command: protocol.Command, action: protocol.SetPassword) -> None:
        """The room gets the hash, so that no store and no log can know more. Who may not set one costs no hashing."""
        room = self.store.view(gate.room)
        member = None if room is None else room.member(gate.peer)
        answer = None if room is None or member is None else forbidden(room, member, command)
        if answer is not None:
            self.delivery.answer(gate, answer)
            return
        task = asyncio.ensure_future(self._hash_and_submit(gate, command, action.password))
        self._hashing.add(task)
        task.add_done_callback(self._hashing.discard)

    async def _hash_and_submit(self, gate: Gate, command: protocol.Command, password: str) -> None:
        try:
            hashed = await self._doorkeeper.hash(password, gate.who)
        except DeskBusy:
            self.delivery.answer(gate, refused(command, "busy"))
            return
        except Exception:  # the top of all that hashing does
            logger.exception("A password could not be hashed", extra={"peer": gate.peer, "room": gate.room})
            self.delivery.answer(gate, refused(command, "bad"))
            return
        command = msgspec.structs.replace(command, action=protocol.SetPassword(password=hashed))
        self._submit(gate.room, Said(gate.peer, command), self.store.clock.now())

    # -- begin and end ------------------------------------------------------------------------------------------------

    def _is_ready(self) -> bool:
        return not self._is_closing and self.store.is_healthy

    async def open(self) -> None:
        """Before anybody is let in. Raises StoreError."""
        await self.store.open()
        if self.settings.adopt:
            await self.store.adopt(*read_adopted(self.settings.adopt, self.settings.room_policy))
        self.ways.open()

    async def close(self) -> None:
        """Let nobody in any more, keep what has happened, tell everybody, let what was written flow out for a bounded
        time, and cut what is left."""
        self._is_closing = True
        self._doorkeeper.close()
        await self.ways.close()
        await asyncio.gather(*self._hashing)
        try:
            async with asyncio.timeout(self.settings.limits.stuck_time):
                await self.store.close()
        except TimeoutError:
            logger.error("The store takes too long to close; what happened last in the rooms may be lost")
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


def _is_ours(query: bytes) -> bool:
    """Whether this asks for a new session of Engine.IO 4. (The library logs an error for whatever else it gets.)"""
    asked = parse_qs(query.decode("latin-1"))  # a text: of bytes it fails at any %-code beyond ASCII
    return asked.get("transport") == ["websocket"] and asked.get("EIO") == ["4"] and "sid" not in asked


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
