"""A call of real processes: the app's ends of them, devices that take what is said, and an authority that passes
signals on."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from player.call.process import CallProcess
from player.call.test_picture import read_instant
from player.clocks import SystemClock
from player.core.call_pipe import (
    CallEnded,
    CallMode,
    CallNews,
    CallSignalled,
    CallTold,
    Company,
    DeviceState,
    Member,
    Own,
    PeerFigures,
    PeerSignalled,
    RoomLine,
    ToCall,
    WaysFound,
    WaysWanted,
)
from player.ports import TilePicture
from server.core.protocol import Signal, Signalled, Ways
from server.core.timeline import LocalTime
from tests.fakes.waiting import wait_until

AHEAD = 1000.0  # s of room time before local time
BLOCK = 480  # samples
DELAY = 0.05  # s of the device
CYCLE = 16777.216  # s, after which instants in pictures repeat


@dataclass
class Guest:
    """One member: what a session and a device would do."""

    peer: str
    name: str
    call: CallProcess
    own: Own
    serial: int = 1
    news: list[CallNews] = field(default_factory=list)
    told: CallTold = field(default_factory=CallTold)
    seen: dict[str, TilePicture] = field(default_factory=dict)
    delays: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # s, camera to tile
    errors: dict[str, list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )  # s, the tile's word on its instant
    heard: list[np.ndarray] = field(default_factory=list)
    hears: bool = True

    def look(self, peer: str, now: LocalTime) -> None:
        """As the window does, some hundred times a second."""
        before = self.seen.get(peer)
        picture = self.call.tile(peer, before.number if before else 0)
        if picture is None:
            return
        self.seen[peer] = picture
        grey = np.frombuffer(picture.pixels, np.uint8).reshape(picture.height, picture.width, 4)[:, :, 1]
        instant = read_instant(np.ascontiguousarray(grey))
        if instant is not None:
            self.delays[peer].append((now - instant) % CYCLE)
            if picture.captured is not None:
                self.errors[peer].append((picture.captured - AHEAD - instant + 1) % CYCLE - 1)

    def of(self, peer: str) -> PeerFigures | None:
        return next((each for each in self.told.peers if each.peer == peer), None)

    @property
    def camera(self) -> DeviceState:
        return self.told.camera


class Party:
    """Guests by their peer ids. `rules` on the test's thread; everything else runs on threads of the party's."""

    def __init__(
        self,
        *names: str,
        camera: bool = True,
        microphone: bool = False,
        pause: float = 0.002,
        path: float = 0.0,
        command: Sequence[str] = (),
    ) -> None:
        """`pause`: s between two looks at the tiles; `path`: from each to the authority; `command`: another program as
        the process of the call."""
        self.clock = SystemClock()
        self.mode: CallMode = "mesh"
        self.generation = 0
        self.guests: dict[str, Guest] = {}
        self.ways = Ways()
        self.garbles = False  # signals arrive as nonsense
        self._lock = threading.RLock()
        self._is_over = False
        self._command = tuple(command)
        self._pause, self.path = pause, path
        self._due: list[tuple[float, Callable[[], None]]] = []  # what is on its way
        self.carry: Callable[[Signal], Signal] = lambda signal: signal
        self.relay_only = False
        self._devices = {"camera": camera, "microphone": microphone}
        for name in names:
            self.invite(name)
        self.gather()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._serve, self._play)]
        for thread in self._threads:
            thread.start()

    def invite(self, name: str) -> Guest:
        """Somebody comes; `gather` tells the others."""
        own = Own(name=name, camera="test", microphone="test", camera_on=self._devices["camera"])
        own = _with(own, microphone_on=self._devices["microphone"])
        guest = Guest(name.lower(), name, CallProcess(self.clock, lambda: None, self._command), own)
        with self._lock:
            self.guests[guest.peer] = guest
        now = self.clock.now()
        guest.call.tell(RoomLine(now, now + AHEAD))
        guest.call.tell(own)
        return guest

    def gather(self) -> None:
        """Tell everybody who is here."""
        with self._lock:
            for guest in self.guests.values():
                others = tuple(
                    Member(each.peer, each.name, each.serial, each.own.camera_on, each.own.microphone_on)
                    for each in self.guests.values()
                    if each is not guest
                )
                guest.call.tell(
                    Company(
                        joined=True,
                        me=guest.peer,
                        members=others,
                        mode=self.mode,
                        generation=self.generation,
                        relay_only=self.relay_only,
                    )
                )

    def hold(self, mode: CallMode, generation: int) -> None:
        """The room moves to an SFU, or back, and says the ways there."""
        self.mode, self.generation = mode, generation
        self.gather()
        for guest in list(self.guests.values()):
            guest.call.tell(WaysFound(self.ways))

    def change(self, peer: str, **fields: object) -> None:
        """Somebody switches devices."""
        guest = self.guests[peer]
        guest.own = _with(guest.own, **fields)
        guest.call.tell(guest.own)
        self.gather()

    def tell(self, peer: str, piece: ToCall) -> None:
        self.guests[peer].call.tell(piece)

    def leave(self, peer: str) -> None:
        with self._lock:
            guest = self.guests.pop(peer)
        guest.call.close()
        self.gather()

    def waits_for_pictures(self, who: str, of: str, more: int = 5) -> TilePicture:
        """New ones, read from the tile."""
        guest = self.guests[who]
        count = len(guest.delays[of])
        wait_until(lambda: len(guest.delays[of]) >= count + more, f"{who} to see {of}: {guest.told}")
        return guest.seen[of]

    def waits_for_state(self, who: str, of: str, state: str) -> None:
        def is_so() -> bool:
            figures = self.guests[who].of(of)
            return figures is not None and figures.state == state

        wait_until(is_so, f"{who} to see {of} {state}: {self.guests[who].told}")

    def close(self) -> None:
        self._is_over = True
        for thread in self._threads:
            thread.join(5)
        for guest in list(self.guests.values()):
            guest.call.close()

    def _later(self, work: Callable[[], None]) -> None:
        """When it has been to the authority and back."""
        with self._lock:
            self._due.append((self.clock.now() + 2 * self.path, work))

    # -- threads -------------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        while not self._is_over:
            with self._lock:
                for guest in list(self.guests.values()):
                    for news in guest.call.take_events():
                        self._receive(guest, news)
                now = self.clock.now()
                arrived = [work for due, work in self._due if due <= now]
                self._due = [each for each in self._due if each[0] > now]
                for work in arrived:
                    work()
                for guest in list(self.guests.values()):
                    for peer in ("", *self.guests):
                        guest.look(peer, now)
            time.sleep(self._pause)

    def _receive(self, guest: Guest, news: CallNews) -> None:
        match news:
            case CallTold():
                guest.told = news
            case CallSignalled(signal=signal):
                if signal.to in self.guests and not self.garbles:
                    carried = self.carry(signal)
                    said = Signalled(guest.peer, carried.attempt, carried.what)
                    self._later(lambda: self.guests[signal.to].call.tell(PeerSignalled(said)))
            case WaysWanted():
                self._later(lambda: guest.call.tell(WaysFound(self.ways)))
            case CallEnded():
                guest.serial += 1
                guest.news.append(news)
                self.gather()
            case _:
                guest.news.append(news)

    def _play(self) -> None:
        due = self.clock.now()
        while not self._is_over:
            for guest in list(self.guests.values()):
                if guest.hears:
                    out = np.zeros((BLOCK, 2), np.float32)
                    guest.call.mix(out, LocalTime(due + DELAY))
                    guest.heard = [*guest.heard[-199:], out[:, 0]]
            due = LocalTime(due + BLOCK / 48_000)
            time.sleep(max(0.0, due - self.clock.now()))


def _with(own: Own, **fields: object) -> Own:
    return msgspec.structs.replace(own, **fields)
