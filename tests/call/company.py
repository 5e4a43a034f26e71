"""A call in one process: meshes of real connections, an authority that passes signals on, and inboxes that remember."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from player.call.connection import Connection
from player.call.ice import IcePath
from player.call.mesh import Mesh
from player.core import mesh as core
from player.core.call_media import ArrivedPicture, EncodedPicture, EncodedVoice, Kind, MediaClock, VoicePacket
from player.core.call_pipe import Company, Member, PeerState
from server.core.protocol import Signal, Signalled, Ways
from server.core.timeline import LocalTime, RoomTime
from tests.fakes.waiting import until

HASTY = core.MeshPolicy(
    setup=3.0, silence=2.5, said_again=0.5, gaps=(0.0, 0.3), settled=0.5, await_offer=2.0, absent=6.0
)  # so that a test of what lasts does not


class StraightClock:
    """A room clock that is so many seconds ahead of this machine's."""

    def __init__(self, ahead: float = 1000.0) -> None:
        self.ahead = ahead

    def now(self) -> LocalTime:
        return LocalTime(time.perf_counter())

    def room(self, local: LocalTime) -> RoomTime:
        return RoomTime(local + self.ahead)

    def local(self, room: RoomTime) -> LocalTime:
        return LocalTime(room - self.ahead)


class Notebook:
    """An inbox that writes everything down."""

    def __init__(self, post: Callable[[Signal], None]) -> None:
        self._post = post
        self.voices: dict[str, list[VoicePacket]] = defaultdict(list)
        self.pictures: dict[str, list[ArrivedPicture]] = defaultdict(list)
        self.clocks: dict[tuple[str, Kind], list[MediaClock]] = defaultdict(list)
        self.states: dict[str, list[tuple[PeerState, bool, str]]] = defaultdict(list)
        self.keys_wanted = 0
        self.ways_asked = 0
        self.said: list[tuple[str, str]] = []

    def take_voice(self, peer: str, packet: VoicePacket) -> None:
        self.voices[peer].append(packet)

    def take_picture(self, peer: str, picture: ArrivedPicture) -> None:
        self.pictures[peer].append(picture)

    def take_clock(self, peer: str, kind: Kind, clock: MediaClock) -> None:
        self.clocks[peer, kind].append(clock)

    def take_state(self, peer: str, state: PeerState, is_relayed: bool, words: str) -> None:
        self.states[peer].append((state, is_relayed, words))

    def key_wanted(self) -> None:
        self.keys_wanted += 1

    def signal(self, signal: Signal) -> None:
        self._post(signal)

    def ways_wanted(self) -> None:
        self.ways_asked += 1

    def say(self, words: str, about: str = "") -> None:
        self.said.append((words, about))

    def state(self, peer: str) -> PeerState | None:
        return self.states[peer][-1][0] if self.states[peer] else None


@dataclass
class Person:
    name: str
    clock: StraightClock
    inbox: Notebook
    mesh: Mesh
    serial: int = 1


@dataclass
class Call:
    """Who is in it, and the authority between them. `carry` is what becomes of each signal: (from, signal) -> the one
    that goes on, None: none does."""

    ways: Ways = field(default_factory=Ways)
    policy: core.MeshPolicy = field(default_factory=core.MeshPolicy)
    relay_only: bool = False
    people: dict[str, Person] = field(default_factory=dict)
    carry: Callable[[str, Signal], Signal | None] = lambda sender, signal: signal
    signals: list[tuple[str, Signal]] = field(default_factory=list)

    def join(self, name: str, *, serial: int = 1, ahead: float = 1000.0, is_told: bool = True) -> Person:
        clock = StraightClock(ahead)
        inbox = Notebook(lambda signal: self._post(name, signal))
        person = Person(name, clock, inbox, Mesh(inbox, clock, self.policy), serial)
        person.mesh.use(self.ways)
        self.people[name] = person
        if is_told:
            self.tell()
        return person

    def tell(self, names: Iterable[str] | None = None) -> None:
        """Everybody, or these, the roster of now."""
        for name in names or self.people:
            members = tuple(
                Member(peer=each.name, name=each.name.title(), serial=each.serial, camera=True, microphone=True)
                for each in self.people.values()
                if each.name != name
            )
            company = Company(joined=True, me=name, members=members, relay_only=self.relay_only)
            self.people[name].mesh.be_in(company)

    def _post(self, sender: str, signal: Signal) -> None:
        self.signals.append((sender, signal))
        carried = self.carry(sender, signal)
        if carried is not None:
            asyncio.get_running_loop().call_soon(self._deliver, sender, carried)

    def _deliver(self, sender: str, signal: Signal) -> None:
        person = self.people.get(signal.to)
        if person is not None:
            person.mesh.receive(Signalled(peer=sender, attempt=signal.attempt, what=signal.what))

    def are_connected(self, *names: str) -> bool:
        """Whether each of these, or of all, is connected with each other one."""
        among = names or tuple(self.people)
        return all(
            self.people[name].inbox.state(other) == "connected" for name in among for other in among if other != name
        )

    def connection(self, name: str, other: str) -> Connection:
        """One's end of a connection."""
        talk = self.people[name].mesh._talks[other]
        assert talk.connection is not None
        return talk.connection

    async def close(self) -> None:
        await asyncio.gather(*(person.mesh.close() for person in self.people.values()))


@asynccontextmanager
async def a_call(*names: str, call: Call | None = None, **kinds: object):  # type: ignore[no-untyped-def]
    """A call of these people, who are told of each other at once. `call`: made before, if something has to be."""
    call = call or Call(**kinds)  # type: ignore[arg-type]
    try:
        for name in names:
            call.join(name, is_told=False)
        call.tell()
        yield call
    finally:
        await call.close()


class Wires:
    """What lies between ends: made by a test, it sees each datagram that comes to any of them. `drops`: (datagram) ->
    whether it is lost."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.drops: Callable[[bytes], bool] = lambda data: False
        guard = IcePath._guard

        def guarded(path: IcePath, protocol: Any) -> None:
            guard(path, protocol)
            take = protocol.datagram_received
            protocol.datagram_received = lambda data, address: None if self.drops(data) else take(data, address)

        monkeypatch.setattr(IcePath, "_guard", guarded)

    def cut(self) -> None:
        self.drops = lambda data: True

    def mend(self) -> None:
        self.drops = lambda data: False


class Camera:
    """Encodes a moving pattern, VP8, as the encoder of the call does; each picture differs from the others."""

    def __init__(self, width: int = 320, height: int = 240, fps: int = 15, bit_rate: int = 300_000) -> None:
        self._codec = av.CodecContext.create("libvpx", "w")
        self._codec.width, self._codec.height = width, height
        self._codec.pix_fmt = "yuv420p"
        self._codec.bit_rate = bit_rate
        self._codec.time_base = Fraction(1, fps)
        self._codec.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "g": "3000"}
        self._size = (height, width)
        self._count = 0
        self.wants_key = False

    def picture(self, captured: LocalTime) -> EncodedPicture:
        height, width = self._size
        y, x = np.mgrid[0:height, 0:width]
        luma = ((x * 3 + y * 2 + self._count * 7) % 256).astype(np.uint8)
        chroma = np.full((height // 2, width), 128, np.uint8)
        frame = av.VideoFrame.from_ndarray(np.vstack([luma, chroma]), format="yuv420p")
        frame.pts = self._count
        if self.wants_key:
            frame.pict_type = av.video.frame.PictureType.I
            self.wants_key = False
        self._count += 1
        (packet,) = self._codec.encode(frame)
        return EncodedPicture(bytes(packet), packet.is_keyframe, captured)


def voice(count: int, captured: LocalTime, size: int = 80) -> EncodedVoice:
    """A packet that can be told from others."""
    return EncodedVoice(count.to_bytes(4, "big") + bytes(size - 4), captured)


def spoken(packets: Iterable[VoicePacket]) -> list[int]:
    """Which of `voice` they are."""
    return [int.from_bytes(packet.payload[:4], "big") for packet in packets]


async def connected(call: Call, *names: str) -> None:
    await until(lambda: call.are_connected(*names), "all to be connected", pause=0.01)


async def show(person: Person, camera: Camera, count: int) -> list[bytes]:
    """Send so many pictures, as fast as a test may; a key frame where one is wanted."""
    sent = []
    for _ in range(count):
        if person.inbox.keys_wanted:
            person.inbox.keys_wanted, camera.wants_key = 0, True
        picture = camera.picture(person.clock.now())
        sent.append(picture.data)
        person.mesh.send_picture(picture)
        await asyncio.sleep(0.01)
    return sent
