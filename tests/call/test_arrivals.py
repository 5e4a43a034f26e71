"""What arrives, from a carrier's calls to the memory that the app reads: real threads, real memory, real coders."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from player.call import opus
from player.call.arrivals import Arrivals
from player.call.clock import CallClock
from player.call.shared_sound import SOUND_BYTES, SharedSound
from player.call.shared_tiles import TILES_BYTES, SharedTiles
from player.core.call_media import ArrivedPicture, MediaClock, VoicePacket
from player.core.call_pipe import Company, Hearing, Member, RoomLine
from server.core.timeline import LocalTime, RoomTime
from tests.fakes.talk import talk
from tests.fakes.waiting import until
from tests.fakes.webcam import encoded

APART = 7000.0


def member(peer: str, camera: bool = True) -> Member:
    return Member(peer, peer, 1, camera, True)


def company(*members: Member) -> Company:
    return Company(joined=True, me="me", members=members)


@dataclass
class Scene:
    arrivals: Arrivals
    clock: CallClock
    sound: SharedSound
    tiles: SharedTiles
    asked: list[tuple[str, threading.Thread]] = field(default_factory=list)
    started: float = 0.0

    def stamp(self, rate: int) -> int:
        return round((self.clock.now() - self.started) * rate) & 0xFFFFFFFF

    def picture(self, data: bytes, peer: str = "ana", follows: bool = True) -> None:
        """Taken just now."""
        is_key = bool(data) and not data[0] & 1
        self.arrivals.take_picture(peer, ArrivedPicture(data, self.stamp(90_000), is_key, follows, self.clock.now()))

    def report(self, peer: str = "ana") -> None:
        now = self.clock.now()
        for kind, rate in (("voice", 48_000), ("picture", 90_000)):
            self.arrivals.take_clock(peer, kind, MediaClock(self.clock.room(now), self.stamp(rate)))  # type: ignore[arg-type]

    def seen(self, peer: str) -> int:
        """The number of the picture in a tile, 0: none."""
        tile = self.tiles.tile(peer, 0)
        return 0 if tile is None else tile.number


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    clock = CallClock()
    clock.follow(RoomLine(clock.now(), clock.now() + APART))
    sound = SharedSound(memoryview(bytearray(SOUND_BYTES)))
    tiles = SharedTiles(memoryview(bytearray(TILES_BYTES)))
    asked: list[tuple[str, threading.Thread]] = []
    arrivals = Arrivals(
        clock, sound, tiles, lambda peer: asked.append((peer, threading.current_thread())), asyncio.get_running_loop()
    )
    tiles.set_peers(["", "ana", "ben"])
    arrivals.be_in(company(member("ana"), member("ben")))
    yield Scene(arrivals, clock, sound, tiles, asked, clock.now())
    arrivals.close()
    assert not [thread for thread in threading.enumerate() if thread.name in ("call-voices", "call-pictures")]


async def test_a_picture_comes_to_its_tile_with_its_time_and_size(scene: Scene) -> None:
    scene.report()
    scene.picture(encoded(1)[0])
    await until(lambda: scene.seen("ana"), pause=0.005)
    tile = scene.tiles.tile("ana", 0)
    assert tile is not None
    assert (tile.width, tile.height) == (320, 240)
    assert tile.captured is not None
    assert abs(tile.captured - APART - scene.clock.now()) < 60.0
    await until(lambda: scene.arrivals.arrived().get("ana"), pause=0.005)
    picture = scene.arrivals.arrived()["ana"].picture
    assert picture.width == 320
    assert picture.age is not None
    assert picture.age >= 0.0


async def test_a_key_frame_is_asked_for_on_the_loop(scene: Scene) -> None:
    scene.picture(encoded(2)[1])
    await until(lambda: scene.asked, pause=0.005)
    assert scene.asked == [("ana", threading.current_thread())]


async def test_who_is_absent_leaves_no_picture_and_who_reconnects_keeps_it(scene: Scene) -> None:
    data = encoded(2)
    scene.arrivals.take_state("ana", "connected", False, "")
    scene.picture(data[0])
    await until(lambda: scene.seen("ana"), pause=0.005)
    first = scene.seen("ana")
    scene.arrivals.take_state("ana", "reconnecting", False, "")
    scene.arrivals.take_state("ana", "connected", False, "")
    scene.picture(data[1])  # of the stream before: it can't be told from anything
    await until(lambda: scene.asked, pause=0.005)
    assert scene.seen("ana") == first
    scene.arrivals.take_state("ana", "absent", False, "")
    await until(lambda: not scene.seen("ana"), pause=0.005)


async def test_a_camera_that_goes_off_leaves_no_picture(scene: Scene) -> None:
    data = encoded(3)
    scene.picture(data[0])
    await until(lambda: scene.seen("ana"), pause=0.005)
    scene.arrivals.be_in(company(member("ana", camera=False), member("ben")))
    scene.picture(data[1])  # was on its way
    scene.picture(data[0], peer="ben")
    await until(lambda: scene.seen("ben") and not scene.seen("ana"), pause=0.005)
    scene.arrivals.be_in(company(member("ana"), member("ben")))
    scene.picture(data[0])
    await until(lambda: scene.seen("ana"), pause=0.005)


async def test_of_who_has_left_nothing_is_kept(scene: Scene) -> None:
    scene.picture(encoded(1)[0])
    await until(lambda: "ana" in scene.arrivals.arrived(), pause=0.005)
    scene.arrivals.be_in(company(member("ben")))
    await until(lambda: "ana" not in scene.arrivals.arrived(), pause=0.005)
    scene.picture(encoded(1)[0], peer="ben")
    await until(lambda: "ben" in scene.arrivals.arrived(), pause=0.005)
    scene.arrivals.be_in(Company())
    await until(lambda: scene.arrivals.arrived() == {}, pause=0.005)


async def speak(scene: Scene, peer: str, stop: asyncio.Event) -> None:
    """20 ms of a voice each 20 ms, and a picture each 40."""
    encoder = opus.new_encoder()
    pictures = encoded(48)
    for number, piece in enumerate(talk(60.0).reshape(-1, 960)):
        if stop.is_set():
            return
        now = scene.clock.now()
        packet = VoicePacket(number & 0xFFFF, round((now - scene.started) / 0.02) * 960, encoder.encode(piece), now)
        scene.arrivals.take_voice(peer, packet)
        if number % 2 == 0:
            scene.picture(pictures[number // 2 % 48], peer)
        ahead = scene.started + (round((now - scene.started) / 0.02) + 1) * 0.02 - scene.clock.now()
        await asyncio.sleep(max(0.0, ahead))


async def test_a_voice_is_heard_and_its_picture_comes_with_it(scene: Scene) -> None:
    """With a device that takes 10 ms at a time. What is in the tile was taken when what is heard was said, or so: the
    bound is wide, for machines that do other things meanwhile."""
    stop = asyncio.Event()
    loudest = 0.0
    scene.report()
    speaking = asyncio.create_task(speak(scene, "ana", stop))
    took = scene.clock.now()
    apart: list[float] = []
    try:
        while len(apart) < 100:
            await asyncio.sleep(0.005)
            while took < scene.clock.now():
                out = np.zeros((480, 2), np.float32)
                scene.sound.mix(out, LocalTime(took + 0.05))
                loudest = max(loudest, float(np.abs(out).max()))
                took += 0.010
            place = scene.arrivals._voices.places.get("ana")
            tile = scene.tiles.tile("ana", 0)
            arrived = scene.arrivals.arrived().get("ana")
            if place is None or place.spoke is None or tile is None or tile.captured is None or arrived is None:
                continue
            heard = place.captured + scene.clock.now() - place.leaves_at  # taken then, it leaves the device now
            if loudest > 0.1 and arrived.voice.is_speaking:
                apart.append(heard - tile.captured)
    finally:
        stop.set()
        await speaking
    print(f"in the tile and not yet heard: median {-1000 * float(np.median(apart)):.0f} ms")
    assert abs(float(np.median(apart))) < 0.1
    voice = scene.arrivals.arrived()["ana"].voice
    assert voice.counts.played > 20
    scene.arrivals.hear(Hearing(silenced=("ana",), shown=()))
    assert scene.arrivals._voices._silenced == {"ana"}


async def test_absurd_times_are_not_told(scene: Scene) -> None:
    scene.arrivals.take_clock("ana", "picture", MediaClock(RoomTime(float("nan")), 5))
    scene.arrivals.take_clock("ana", "picture", MediaClock(RoomTime(scene.clock.now() + APART + 500.0), 5))
    scene.arrivals.take_clock("ana", "voice", MediaClock(RoomTime(-1.0), 5))
    scene.picture(encoded(1)[0])
    await until(lambda: scene.seen("ana"), pause=0.005)
    tile = scene.tiles.tile("ana", 0)
    assert tile is not None
    assert tile.captured is None
