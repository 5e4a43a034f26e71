"""Who is behind which gate of this process, and who waits at the door: an outbox becomes frames here.

Every process that shares a store may be given every outbox: what is meant for a peer or a ticket that is not here is
passed over.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import NamedTuple, assert_never

import msgspec

from server.core import protocol
from server.core.protocol import Refusal
from server.core.room_state import Admit, Cut, Dissolve, Lost, Outcome, Refuse, Send
from server.core.timeline import LocalTime, PeerId
from server.gate import Gate, Gatehouse, event_frame

Answer = asyncio.Future[Refusal | None]

COMMANDED_MOST = 64  # of one peer, of which the answer is still to come
LATE = 60.0  # s; so much later than its asker could wait a store may still answer a `Join`


class Seat(NamedTuple):
    """A peer's connection and the ticket of the `Join` by which it came."""

    gate: Gate
    ticket: PeerId


class Asker(NamedTuple):
    """A connection whose `Join` is on its way, and what becomes of it; None: it is let in."""

    gate: Gate
    answer: Answer


class Delivery:
    """`lose` is called, a little later, for who was let in when its connection had ended. Owner: the loop's thread."""

    def __init__(self, lose: Callable[[str, Lost], None], house: Gatehouse) -> None:
        self._lose, self._house = lose, house
        self._seats: dict[PeerId, Seat] = {}
        self._askers: dict[PeerId, Asker] = {}

    @contextlib.contextmanager
    def asking(self, gate: Gate, ticket: PeerId) -> Iterator[Answer]:
        """The answer to a `Join` with this ticket, which is made within the block."""
        answer: Answer = asyncio.get_running_loop().create_future()
        self._askers[ticket] = Asker(gate, answer)
        try:
            yield answer
        finally:
            if answer.cancelled() or not answer.done():  # nobody waits any more; who is let in yet is lost at once
                answer.cancel()
                asyncio.get_running_loop().call_later(LATE, self._askers.pop, ticket, None)

    @property
    def count(self) -> int:
        """How many peers have a gate here."""
        return len(self._seats)

    def expect(self, gate: Gate, command: str, arrived: LocalTime) -> None:
        """A command that will be answered: how long that took is counted then."""
        gate.commanded[command] = arrived
        if len(gate.commanded) > COMMANDED_MOST:
            del gate.commanded[next(iter(gate.commanded))]

    def answer(self, gate: Gate, message: protocol.Accepted | protocol.Refused) -> None:
        """What no room needs to be asked for."""
        gate.send_frame(frame_of(message))
        self._note(gate, message)

    def gate_of(self, peer: PeerId) -> Gate | None:
        seat = self._seats.get(peer)
        return None if seat is None else seat.gate

    def leave(self, gate: Gate) -> Lost | None:
        """This gate is nobody's any more. Returns what its end means to the room; None: nothing (who was behind it has
        left, was cut, or is somewhere else already)."""
        seat = self._seats.get(gate.peer)
        if seat is None or seat.gate is not gate:
            return None
        del self._seats[gate.peer]
        return Lost(gate.peer, seat.ticket)

    def clear(self) -> None:
        """Nobody is anywhere any more."""
        self._seats.clear()

    def recall(self, rooms: frozenset[str]) -> None:
        """Whoever is in these rooms has missed something: let them come back, which tells them everything."""
        for seat in list(self._seats.values()):
            if seat.gate.room in rooms:
                seat.gate.finish()

    def deliver(self, room: str, outbox: tuple[Outcome, ...]) -> None:
        """Obey, in order. The time that this takes is the peer's in whose message it happens, or everybody's."""
        if not outbox:
            return
        turns = self._house.turns
        if turns.is_busy:
            self._obey(room, outbox)
        else:
            turns.begin()
            self._obey(room, outbox)
            turns.end()

    def _obey(self, room: str, outbox: tuple[Outcome, ...]) -> None:
        for outcome in outbox:
            match outcome:
                case Send(peers, message):
                    self._send(peers, message)
                case Admit(peer, ticket):
                    self._admit(room, peer, ticket)
                case Refuse(words, ticket):
                    asker = self._askers.pop(ticket, None)
                    if asker is not None and not asker.answer.done():
                        asker.answer.set_result(words)
                case Cut(peer):
                    seat = self._seats.pop(peer, None)
                    if seat is not None:
                        seat.gate.finish()
                case Dissolve():
                    pass
                case _:
                    assert_never(outcome)

    def _send(self, peers: tuple[PeerId, ...], message: protocol.ServerMessage) -> None:
        frame = b""
        for peer in peers:
            seat = self._seats.get(peer)
            if seat is not None:
                frame = frame or frame_of(message)
                seat.gate.send_frame(frame)
                if isinstance(message, protocol.Accepted | protocol.Refused):
                    self._note(seat.gate, message)
        if isinstance(message, protocol.TimelineStated) and message.why == "late":
            self._house.metrics.late_waits += 1

    def _note(self, gate: Gate, answer: protocol.Accepted | protocol.Refused) -> None:
        """A command's answer has been written, and before it what all others hear of it."""
        arrived = gate.commanded.pop(answer.id, None)
        if arrived is not None:
            self._house.metrics.command_times.observe(self._house.clock() - arrived)
        if isinstance(answer, protocol.Refused):
            self._house.metrics.refusals["command", answer.code] += 1

    def _admit(self, room: str, peer: PeerId, ticket: PeerId) -> None:
        asker = self._askers.pop(ticket, None)
        if asker is None:
            return
        gate = asker.gate
        if gate.state == "gone" or asker.answer.done():
            asyncio.get_running_loop().call_soon(self._lose, room, Lost(peer, ticket))
        else:
            gate.peer, gate.room = peer, room
            self._seats[peer] = Seat(gate, ticket)
        if not asker.answer.done():
            asker.answer.set_result(None)


def frame_of(message: protocol.ServerMessage) -> bytes:
    """A message as it stands on the wire."""
    return event_frame(protocol.KIND_OF[type(message)], msgspec.json.encode(message))
