"""The authority of a simulation: the real room core, obeyed on virtual time. Its clock is the true one.

`VirtualConnection` stands where a player's link has a Socket.IO connection: the same calls, over a `Pipe`.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from player.core.invite import Invite, address_text
from player.net.failure import EnterError, Failure, closing, silence
from server.core import protocol
from server.core.protocol import ClientMessage, ClockReply, ClockRequest, Hello, ServerMessage, Welcome, micros
from server.core.room import apply, new_room, next_deadline
from server.core.room_state import Admit, Cut, Dissolve, Due, Join, Lost, Refuse, Room, RoomCommand, Said, Send
from server.core.timeline import PeerId, RoomTime
from tests.fakes.network import Direction, Pipe, Route
from tests.fakes.virtual_loop import VirtualLoop

ROOM = "Friday"
INVITE = Invite(host="192.0.2.7", port=8998, room=ROOM, tls=False)
NOWHERE = contextvars.Context()  # the server's: it belongs to no machine that is ever stopped
ROUND_TRIPS = 3  # of TCP, WebSocket and Engine.IO, before a hello can be sent
UNASKED, ANSWERED = 8.0, 4.0  # s, as in player/net/connection.py
HOLD_UP = 60e-6  # s, from the frame's arrival to its stamp on the average ...
BUSY, BUSY_FOR = 0.02, 0.004  # ... but for this share of them it is so much more


class SimulatedAuthority:
    """One room. `room` is the truth about it."""

    def __init__(self, loop: VirtualLoop, epoch: float = 250_000.0) -> None:
        self._loop = loop
        self._ahead = epoch - loop.time()  # room time minus true time
        self._runs = 0
        self._peers = 0
        self._timer: asyncio.TimerHandle | None = None
        self._random = np.random.default_rng(17)
        self.is_down = False
        self.gates: dict[PeerId, VirtualConnection] = {}
        self.room: Room = new_room(ROOM, self.epoch)

    @property
    def epoch(self) -> str:
        return f"run {self._runs}"

    def now(self) -> RoomTime:
        """Room time."""
        return RoomTime(self._loop.time() + self._ahead)

    def media_time(self) -> float:
        """Where the film truly is, s."""
        return self.room.schedule.media_time_at(self.now())

    def stop(self) -> None:
        """The process is gone, and with it everything that it knew."""
        self.is_down = True
        gates, self.gates = list(self.gates.values()), {}
        for gate in gates:
            gate.hang_up()
        self._set_timer(None)

    def restart(self) -> None:
        """Another run, with another clock."""
        self._runs += 1
        self._ahead += 12_345.6
        self.is_down = False
        self.room = new_room(ROOM, self.epoch)

    # -- what connections bring ----------------------------------------------------------------------------------------

    def receive_hello(self, gate: VirtualConnection, hello: Hello) -> None:
        if self.is_down:
            gate.hang_up()
            return
        self._peers += 1
        self._happen(Join(PeerId(f"p{self._peers}"), f"token {self._peers}", hello), gate)

    def receive(self, gate: VirtualConnection, message: ClientMessage) -> None:
        if self.gates.get(gate.peer) is not gate:
            return
        now = RoomTime(self.now() + self.hold_up())
        if isinstance(message, ClockRequest):
            stamps = micros(now), micros(now + self._random.exponential(50e-6))
            gate.tell(ClockReply(t0_us=message.t0_us, t1_us=stamps[0], t2_us=stamps[1], epoch=self.epoch))
        if isinstance(message, protocol.Leave):
            del self.gates[gate.peer]
        self._happen(Said(gate.peer, message))
        if isinstance(message, protocol.Leave):
            gate.hang_up()

    def receive_end(self, gate: VirtualConnection) -> None:
        if self.gates.get(gate.peer) is gate:
            del self.gates[gate.peer]
            self._happen(Lost(gate.peer))

    def hold_up(self) -> float:
        """How late a stamp is, s."""
        late = self._random.exponential(HOLD_UP)
        return late + (self._random.exponential(BUSY_FOR) if self._random.random() < BUSY else 0.0)

    # -- obeying -------------------------------------------------------------------------------------------------------

    def _happen(self, command: RoomCommand, joining: VirtualConnection | None = None) -> None:
        transition = apply(self.room, command, self.now())
        self.room = transition.room
        for outcome in transition.outbox:
            match outcome:
                case Admit(peer):
                    assert joining is not None
                    joining.peer = peer
                    self.gates[peer] = joining
                case Refuse(refusal):
                    assert joining is not None
                    joining.refuse(refusal)
                case Send(peers, message):
                    for peer in peers:
                        if peer in self.gates:
                            self.gates[peer].tell(message)
                case Cut(peer):
                    gate = self.gates.pop(peer, None)
                    if gate is not None:
                        gate.hang_up()
                case Dissolve():
                    self.room = new_room(ROOM, self.epoch)
        self._set_timer(next_deadline(self.room))

    def _set_timer(self, due: RoomTime | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if due is not None:
            self._timer = self._loop.call_at(due - self._ahead + 1e-6, self._happen, Due(), context=NOWHERE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a player's connections begin."""

    authority: SimulatedAuthority
    route: Route
    context: contextvars.Context  # the player's machine's


class VirtualConnection:
    """See player/net/connection.py. The lower half is the authority's end of it."""

    def __init__(self, place: Place, invite: Invite, address: tuple[str, int], now: Callable[[], float]) -> None:
        self.where = address_text(*address)
        self._host = address[0]
        self._place = place
        self._now = now
        self._pipe = Pipe(place.route, self._receive_reset)
        self._welcome: asyncio.Future[Welcome] = place.route.loop.create_future()
        self._welcome.add_done_callback(lambda future: future.cancelled() or future.exception())
        self._ended = asyncio.Event()
        self._buffer: list[ServerMessage] = []
        self._listeners: tuple[Callable[[ServerMessage], None], Callable[[ClockReply, float], None]] | None = None
        self._on_end: Callable[[], None] = lambda: None
        self.has_asked = False
        self.peer = PeerId("")

    @property
    def is_ended(self) -> bool:
        return self._ended.is_set()

    # -- the player's end ----------------------------------------------------------------------------------------------

    async def open(self, permission: Callable[[], Awaitable[Hello]]) -> Welcome:
        try:
            async with asyncio.timeout(UNASKED):
                for _ in range(ROUND_TRIPS):
                    await self._travel("up")
                    await self._travel("down")
                    if self._place.route.refuses or self._place.authority.is_down:
                        raise EnterError(Failure(f"The server at {self.where} refuses."))
            hello = await permission()
            self.has_asked = True
            async with asyncio.timeout(ANSWERED):
                self._up(partial(self._place.authority.receive_hello, self, hello))
                return await self._welcome
        except TimeoutError:
            self.abort()
            raise EnterError(silence(self.where)) from None
        except BaseException:
            self.abort()
            raise

    def listen(
        self,
        on_message: Callable[[ServerMessage], None],
        on_sample: Callable[[ClockReply, float], None],
        on_end: Callable[[], None],
    ) -> None:
        self._listeners, self._on_end = (on_message, on_sample), on_end
        buffer, self._buffer = self._buffer, []
        for message in buffer:
            on_message(message)
        if self.is_ended:
            on_end()

    def send(self, message: ClientMessage) -> None:
        if not self.is_ended:
            arrived = protocol.decode_client(*protocol.encode(message))
            self._up(partial(self._place.authority.receive, self, arrived))

    def ask_clock(self) -> None:
        self.send(ClockRequest(t0_us=micros(self._now())))

    async def leave(self, patience: float) -> None:
        self.send(protocol.Leave())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), patience)
        self.abort()

    def abort(self) -> None:
        if not self.is_ended:
            self._up(self._receive_abort)
            self._end()

    async def _travel(self, direction: Direction) -> None:
        arrived: asyncio.Future[None] = self._place.route.loop.create_future()
        self._pipe.send(direction, partial(_settle, arrived), self._place.context)
        await arrived

    def _up(self, deliver: Callable[[], None]) -> None:
        self._pipe.send("up", deliver, NOWHERE)

    def _receive(self, message: ServerMessage) -> None:
        if self.is_ended:
            return
        if isinstance(message, Welcome):
            if not self._welcome.done():
                self._welcome.set_result(message)
        elif isinstance(message, ClockReply):
            if self._listeners is not None:
                self._listeners[1](message, self._now() + self._place.authority.hold_up())
        elif self._listeners is None:
            self._buffer.append(message)
        else:
            self._listeners[0](message)

    def _end(self) -> None:
        if not self.is_ended:
            self._ended.set()
            if not self._welcome.done():
                self._welcome.set_exception(EnterError(closing(self.where)))
            self._on_end()

    def _receive_reset(self) -> None:
        self._place.route.loop.call_soon(self._end, context=self._place.context)
        self._place.authority.receive_end(self)

    # -- the authority's end -------------------------------------------------------------------------------------------

    def tell(self, message: ServerMessage) -> None:
        arrived = protocol.decode_server(*protocol.encode(message))
        self._pipe.send("down", partial(self._receive, arrived), self._place.context)

    def refuse(self, refusal: protocol.Refusal) -> None:
        def receive() -> None:
            if not self._welcome.done():
                self._welcome.set_exception(EnterError(Failure(refusal.words, refusal.code)))

        self._pipe.send("down", receive, self._place.context)

    def hang_up(self) -> None:
        """What was told before still arrives."""
        self._pipe.send("down", self._end, self._place.context)

    def _receive_abort(self) -> None:
        self._place.authority.receive_end(self)
        self._pipe.close()


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
