"""The authority's shell: stamps what arrives, lets the core decide, and obeys.

A hello comes through Socket.IO's connect; events come straight from the gate (see there), synchronously and in order
of arrival, so that what is stamped first is applied first. A clock request is answered before anything else is done
with it. Room time is `time.perf_counter` of this process; its `epoch` is a random id, new with every start.

One timer serves all rooms: a heap of when each room has to be looked at. A room's entry may be too early (its deadline
has moved since), never too late.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any, assert_never
from urllib.parse import parse_qs

import msgspec
import socketio

from server.core import protocol
from server.core.admission import Door, check_hello, read_hello, refusal
from server.core.allowance import Allowance
from server.core.protocol import ClockReply, ClockRequest, Closing, Hello, Leave, Refusal, WireError, micros
from server.core.room import apply, new_room, next_deadline
from server.core.room_answers import refused
from server.core.room_state import Admit, Cut, Dissolve, Due, Join, Lost, Refuse, Room, Said, Send, Transition
from server.core.timeline import PeerId, RoomTime
from server.gate import Gate, Gatehouse, event_frame
from server.settings import ServerSettings
from server.store.memory import MemoryStore

logger = logging.getLogger(__name__)

CLOSING = "The server is being stopped; wait for it to come back, or ask whoever runs it."
LEAST_WAIT = 0.001  # s; timers have whole milliseconds and may ring that much early
GUESSERS_MOST = 10_000

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Put = Callable[[Any], Awaitable[None]]


class Authority:
    """An ASGI application and the gates' listener. Owner of all fields: the loop's thread."""

    def __init__(self, settings: ServerSettings, clock: Callable[[], float] = time.perf_counter) -> None:
        self.settings = settings
        self.house = Gatehouse(settings.limits, self, clock, settings.trusted_proxy)
        self.rooms = MemoryStore()
        self._door = Door(settings.key, settings.password, settings.maker_key, settings.limits.rooms)
        self.epoch = secrets.token_hex(8)
        self._clock = clock
        self._gates: dict[PeerId, Gate] = {}
        self._guesses: dict[str, Allowance] = {}
        self._looks: list[tuple[RoomTime, str]] = []  # a heap: when to look at which room
        self._look_at: dict[str, RoomTime] = {}  # the entry of a room that counts
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = RoomTime(0.0)
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
            turned_away = self._receive_hello(gate)
        except Exception:  # the top of everything that a hello does
            logger.exception("A hello from %s went wrong", gate.who)
            gate.drop("the server's own error")
            return
        if turned_away is None:
            logger.debug("%s: %s is in %r", gate.who, gate.peer, gate.room)
        else:
            self.house.say("%s: refused: %s", gate.who, turned_away.code)
            error = socketio.exceptions.ConnectionRefusedError()
            error.error_args = msgspec.to_builtins(turned_away)
            raise error

    def _receive_hello(self, gate: Gate) -> Refusal | None:
        text, gate.hello = gate.hello, ""
        if gate.state == "gone":
            return refusal("busy")  # nobody hears it
        now = RoomTime(self._clock())
        hello = _read_hello(text)
        if isinstance(hello, Refusal):
            return hello
        if not self._may_guess(gate.who, now):
            return refusal("busy")
        room = self.rooms.get(hello.room)
        refused_by_door = check_hello(hello, self._door, room is not None, len(self.rooms))
        if refused_by_door is not None:
            if refused_by_door.code in ("key", "password"):
                self._count_guess(gate.who, now)
            return refused_by_door
        if room is None:
            room = new_room(hello.room, self.epoch, self.settings.room)
        join = Join(PeerId(secrets.token_hex(8)), secrets.token_urlsafe(16), hello)
        return self._obey(apply(room, join, now), now, gate)

    # -- from the gates ----------------------------------------------------------------------------------------------

    def receive_event(self, gate: Gate, text: str, arrived: RoomTime) -> None:
        try:
            message = _read_event(text)
        except WireError as error:
            gate.drop(f"a wrong message ({error})")
            return
        match message:
            case ClockRequest():
                reply = ClockReply(
                    t0_us=message.t0_us, t1_us=micros(arrived), t2_us=micros(self._clock()), epoch=self.epoch
                )
                gate.send_frame(frame_of(reply))
            case protocol.Command() if not gate.may_command():
                gate.send_frame(frame_of(refused(message, "busy")))
                return
            case Leave():
                self._gates.pop(gate.peer, None)
            case _:
                pass
        room = self.rooms.get(gate.room)
        if room is not None:
            self._obey(apply(room, Said(gate.peer, message), arrived), arrived)
        if isinstance(message, Leave):
            gate.finish()

    def receive_end(self, gate: Gate) -> None:
        if self._gates.get(gate.peer) is not gate:
            return  # has left, was cut, or is somewhere else already
        del self._gates[gate.peer]
        logger.debug("%s: the connection of %s in %r has ended", gate.who, gate.peer, gate.room)
        room = self.rooms.get(gate.room)
        if room is not None:
            now = RoomTime(self._clock())
            self._obey(apply(room, Lost(gate.peer), now), now)

    # -- obeying -----------------------------------------------------------------------------------------------------

    def _obey(self, transition: Transition, now: RoomTime, joining: Gate | None = None) -> Refusal | None:
        """Make a transition true. Returns the refusal of who is joining, if that is the answer."""
        room = transition.room
        answer: Refusal | None = None
        is_kept = True
        for outcome in transition.outbox:
            match outcome:
                case Admit(peer, _):
                    if joining is not None:
                        joining.peer, joining.room = peer, room.name
                        self._gates[peer] = joining
                case Refuse(words, _):
                    answer = words
                    is_kept = bool(room.members)
                case Send(peers, message):
                    frame = frame_of(message)
                    for peer in peers:
                        gate = self._gates.get(peer)
                        if gate is not None:
                            gate.send_frame(frame)
                case Cut(peer):
                    gate = self._gates.pop(peer, None)
                    if gate is not None:
                        gate.finish()
                case Dissolve():
                    is_kept = False
                case _:
                    assert_never(outcome)
        if is_kept:
            self.rooms.put(room)
            self._look_later(room, now)
        else:
            self.rooms.forget(room.name)
        return answer

    # -- what comes by itself ----------------------------------------------------------------------------------------

    def _look_later(self, room: Room, now: RoomTime) -> None:
        due = next_deadline(room)
        if due is None:
            return
        known = self._look_at.get(room.name)
        if known is None or due < known:
            self._look_at[room.name] = due
            heapq.heappush(self._looks, (due, room.name))
            self._set_timer(now)

    def _set_timer(self, now: RoomTime) -> None:
        if not self._looks:
            return
        due = self._looks[0][0]
        if self._timer is not None:
            if self._timer_at <= due:
                return
            self._timer.cancel()
        self._timer_at = due
        self._timer = asyncio.get_running_loop().call_later(max(LEAST_WAIT, due - now), self._look)

    def _look(self) -> None:
        self._timer = None
        now = RoomTime(self._clock())
        due_rooms = []
        while self._looks and self._looks[0][0] <= now:
            due, name = heapq.heappop(self._looks)
            if self._look_at.get(name) == due:
                del self._look_at[name]
                due_rooms.append(name)
        for name in due_rooms:
            room = self.rooms.get(name)
            if room is None:
                continue
            deadline = next_deadline(room)
            if deadline is not None and deadline <= now:
                try:
                    self._obey(apply(room, Due(), now), now)
                except Exception:  # one room must not stop the timer of all
                    logger.exception("The room %r could not be looked at", name)
            else:
                self._look_later(room, now)
        self._set_timer(now)

    # -- who may come in ---------------------------------------------------------------------------------------------

    def _may_guess(self, who: str, now: RoomTime) -> bool:
        known = self._guesses.get(who)
        return known is None or known.take(now) is not None

    def _count_guess(self, who: str, now: RoomTime) -> None:
        limits = self.settings.limits
        if len(self._guesses) >= GUESSERS_MOST:  # bounded: forget whoever could guess freely by now, or all
            full = limits.guesses_burst / limits.guesses_rate
            self._guesses = {each: left for each, left in self._guesses.items() if now - left.at < full}
            if len(self._guesses) >= GUESSERS_MOST:
                self._guesses = {}
        known = self._guesses.get(who) or Allowance.full(limits.guesses_burst, limits.guesses_rate, now)
        self._guesses[who] = known.take(now) or known

    # -- the end -----------------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Tell everybody, let what was written flow out for a bounded time, and cut what is left."""
        frame = frame_of(Closing(words=CLOSING))
        for gate in list(self.house.gates):
            gate.send_frame(frame)
            gate.finish()
        self._gates.clear()
        if self._timer is not None:
            self._timer.cancel()
        end = asyncio.get_running_loop().time() + self.settings.limits.farewell_time
        while self.house.gates and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.01)
        for gate in list(self.house.gates):
            gate.transport.abort()
        await self._sio.shutdown()


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


def frame_of(message: protocol.ServerMessage) -> bytes:
    """A message as it stands on the wire."""
    return event_frame(protocol.KIND_OF[type(message)], msgspec.json.encode(message))
