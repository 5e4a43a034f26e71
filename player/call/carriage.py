"""How media gets to the others: over the mesh or over an SFU, and from one to the other without anybody noticing.

The carrier that the room wants is made while the one before it still carries. From each member things are taken by the
old one until the new one is connected with that member; our own go out by both. The old one ends when the new one has
everybody, or has had its time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from player.call.parts import Carrier, Inbox
from player.core.call_media import ArrivedPicture, EncodedPicture, EncodedVoice, Kind, MediaClock, VoicePacket
from player.core.call_pipe import CallMode, Company, PeerState
from server.core.protocol import Signal, Signalled, Ways

log = logging.getLogger(__name__)

CHANGING = 8.0  # s that the old one carries on at most
MOST_CLOSING = 1.5  # s that ending one may take

MakeCarrier = Callable[[CallMode, Inbox], Carrier]


class Carriage:
    """Implements Carrier, by the carrier of the moment. All from the loop."""

    def __init__(self, inbox: Inbox, make: MakeCarrier) -> None:
        self._inbox = inbox
        self._make = make
        self._company = Company()
        self._ways: Ways | None = None
        self._door: _Door | None = None  # of the carrier that is wanted
        self._before: _Door | None = None  # of the one that carries on meanwhile
        self._closing: set[asyncio.Task[None]] = set()
        self._change: asyncio.TimerHandle | None = None

    # -- Carrier -------------------------------------------------------------------------------------------------------

    def be_in(self, company: Company) -> None:
        self._company = company
        if not company.joined:
            self._end_all()
            return
        if self._door is None or self._door.held != _held(company):
            self._begin(company)
        for door in self._doors():
            door.carrier.be_in(company)
        self._settle()

    def receive(self, signal: Signalled) -> None:
        for door in self._doors():
            door.carrier.receive(signal)

    def use(self, ways: Ways) -> None:
        self._ways = ways
        for door in self._doors():
            door.carrier.use(ways)

    def begin_anew(self) -> None:
        for door in self._doors():
            door.carrier.begin_anew()

    def send_picture(self, picture: EncodedPicture) -> None:
        for door in self._doors():
            door.carrier.send_picture(picture)

    def send_voice(self, voice: EncodedVoice) -> None:
        for door in self._doors():
            door.carrier.send_voice(voice)

    def want_key(self, peer: str) -> None:
        for door in self._doors():
            door.carrier.want_key(peer)

    @property
    def bit_rate(self) -> int:
        return min((door.carrier.bit_rate for door in self._doors()), default=0)

    @property
    def loss(self) -> float:
        return max((door.carrier.loss for door in self._doors()), default=0.0)

    async def close(self) -> None:
        self._end_all()
        if self._closing:
            await asyncio.wait(self._closing, timeout=MOST_CLOSING)

    # -- from one to the other -----------------------------------------------------------------------------------------

    @property
    def states(self) -> dict[str, tuple[PeerState, bool, str]]:
        """Of each member as it was told last: the state, whether it is reached by a relay, words."""
        known = {} if self._before is None else dict(self._before.states)
        for peer, state in ({} if self._door is None else self._door.states).items():
            if peer not in known or self.hears(self._door, peer):
                known[peer] = state
        return {member.peer: known[member.peer] for member in self._company.members if member.peer in known}

    def hears(self, door: _Door | None, peer: str) -> bool:
        """Whether what comes from a member by this door counts now."""
        if self._before is None or not self._before.is_connected(peer):
            return door is self._door
        return (door is self._door) == (self._door is not None and self._door.is_connected(peer))

    def _doors(self) -> list[_Door]:
        return [door for door in (self._before, self._door) if door is not None]

    def _begin(self, company: Company) -> None:
        if self._before is not None:
            self._end(self._before)
        self._before, self._door = self._door, _Door(self, self._inbox, _held(company))
        self._door.carrier = self._make(company.mode, self._door)
        if self._ways is not None:
            self._door.carrier.use(self._ways)
        if self._before is not None:
            log.info("the call goes over to the %s", company.mode)
            self._change = asyncio.get_running_loop().call_later(CHANGING, self._end_before)

    def _settle(self) -> None:
        """The old carrier is not needed any more."""
        before, door = self._before, self._door
        if before is None or door is None:
            return
        if all(door.is_connected(member.peer) for member in self._company.members):
            self._end_before()

    def _end_before(self) -> None:
        before, self._before = self._before, None
        if self._change is not None:
            self._change.cancel()
            self._change = None
        if before is None:
            return
        self._end(before)
        if self._door is not None:  # whom the new one has not reached is told as it sees them
            for peer, state in self._door.states.items():
                if before.is_connected(peer) and not self._door.is_connected(peer):
                    self._inbox.take_state(peer, *state)

    def _end_all(self) -> None:
        self._end_before()
        door, self._door = self._door, None
        self._ways = None
        if door is not None:
            self._end(door)

    def _end(self, door: _Door) -> None:
        door.is_shut = True
        task = asyncio.create_task(_closed(door.carrier))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


class _Door:
    """Implements Inbox for one carrier: lets in what counts."""

    carrier: Carrier

    def __init__(self, carriage: Carriage, inbox: Inbox, held: tuple[str, int]) -> None:
        self.held = held
        self.states: dict[str, tuple[PeerState, bool, str]] = {}
        self.is_shut = False
        self._carriage = carriage
        self._inbox = inbox

    def is_connected(self, peer: str) -> bool:
        return peer in self.states and self.states[peer][0] == "connected"

    def take_voice(self, peer: str, packet: VoicePacket) -> None:
        if not self.is_shut and self._carriage.hears(self, peer):
            self._inbox.take_voice(peer, packet)

    def take_picture(self, peer: str, picture: ArrivedPicture) -> None:
        if not self.is_shut and self._carriage.hears(self, peer):
            self._inbox.take_picture(peer, picture)

    def take_clock(self, peer: str, kind: Kind, clock: MediaClock) -> None:
        if not self.is_shut and self._carriage.hears(self, peer):
            self._inbox.take_clock(peer, kind, clock)

    def take_state(self, peer: str, state: PeerState, is_relayed: bool, words: str) -> None:
        if self.is_shut:
            return
        self.states[peer] = state, is_relayed, words
        if self._carriage.hears(self, peer):
            self._inbox.take_state(peer, state, is_relayed, words)
            if state == "connected":
                self._carriage.want_key(peer)
        self._carriage._settle()

    def key_wanted(self) -> None:
        if not self.is_shut:
            self._inbox.key_wanted()

    def signal(self, signal: Signal) -> None:
        self._inbox.signal(signal)  # of one that ends, too: its goodbyes

    def ways_wanted(self) -> None:
        if not self.is_shut:
            self._inbox.ways_wanted()

    def say(self, words: str, about: str = "") -> None:
        if not self.is_shut:
            self._inbox.say(words, about)


def _held(company: Company) -> tuple[str, int]:
    """By what the call is held: a mesh is a mesh, each meeting on an SFU is another."""
    return company.mode, company.generation if company.mode == "sfu" else 0


async def _closed(carrier: Carrier) -> None:
    try:
        await carrier.close()
    except Exception:
        log.exception("a carrier did not end well")
