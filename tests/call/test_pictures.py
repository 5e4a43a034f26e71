"""Pictures from VP8 to the tile: real libvpx, a fake tile, a clock that is turned by hand."""

from __future__ import annotations

import struct
import threading
from collections.abc import Mapping

import av
import numpy as np
import pytest

from player.call.clock import CallClock
from player.call.memory import Pixels
from player.call.pictures import MOST_WAITING, Pictures
from player.core.call_media import ArrivedPicture, MediaClock
from player.core.lip_sync import VoicePlace
from server.core.timeline import LocalTime, RoomTime
from tests.fakes.waiting import wait_until
from tests.fakes.webcam import encoded

APART = 5000.0


class HandClock:
    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> LocalTime:
        return LocalTime(self.time)

    def room(self, local: LocalTime) -> RoomTime:
        return RoomTime(local + APART)

    def local(self, room: RoomTime) -> LocalTime:
        return LocalTime(room - APART)


class Tile:
    """What the window would paint."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, Pixels, float | None]] = []
        self.cleared: list[str] = []

    def show(self, peer: str, picture: Pixels, captured: float | None) -> bool:
        self.shown.append((peer, picture.copy(), captured))
        return True

    def clear(self, peer: str) -> None:
        self.cleared.append(peer)


def arrived(data: bytes, number: int, at: float, follows: bool = True) -> ArrivedPicture:
    """Picture `number` was taken at 100 s + number / 24."""
    return ArrivedPicture(data, stamp(number / 24), not data[0] & 1 if data else False, follows, LocalTime(at))


def stamp(since: float) -> int:
    return (0xFFFFFF00 + round(since * 90_000)) & 0xFFFFFFFF


class Stage:
    def __init__(self) -> None:
        self.clock, self.tile = HandClock(), Tile()
        self.asked: list[str] = []
        self.places: Mapping[str, VoicePlace] = {}
        self.pictures = Pictures(self.clock, self.tile, self.asked.append, lambda: self.places)

    def send(self, *data: bytes, first: int = 0, peer: str = "ana", follows: bool = True) -> None:
        """One picture each 1/24 s, 10 ms after it was taken, each looked at when it comes."""
        for number, each in enumerate(data, first):
            self.clock.time = max(self.clock.time, 100.0 + number / 24 + 0.010)
            self.pictures.take(peer, arrived(each, number, self.clock.time, follows))
            self.pictures.turn()

    def report(self) -> None:
        self.pictures.take("ana", MediaClock(RoomTime(self.clock.time + APART), stamp(self.clock.time - 100.0)))


def test_pictures_are_shown_as_they_come_and_in_their_colours() -> None:
    stage = Stage()
    stage.send(*encoded(24))
    assert [peer for peer, _, _ in stage.tile.shown] == ["ana"] * 24
    assert stage.asked == []
    _, pixels, captured = stage.tile.shown[10]
    assert pixels.shape == (240, 320, 4)
    assert captured is None
    assert np.abs(pixels[30, 80, :3].astype(int) - (20, 20, 220)).max() < 25  # BGR: red
    assert np.abs(pixels[30, 240, :3].astype(int) - (220, 20, 20)).max() < 25
    for number, (_, shown, _) in enumerate(stage.tile.shown):
        assert abs(float(shown[200, 160, :3].mean()) - (2 * number % 200 + 20)) < 6


def test_reports_say_when_pictures_were_taken() -> None:
    stage = Stage()
    stage.report()
    stage.send(*encoded(24))
    _, _, captured = stage.tile.shown[-1]
    assert captured == pytest.approx(100.0 + 23 / 24 + APART, abs=1e-3)
    figures = stage.pictures.figures()["ana"]
    assert figures.age == pytest.approx(0.010, abs=1e-3)
    assert figures.fps == pytest.approx(24, abs=1)
    assert (figures.width, figures.height) == (320, 240)
    stage.clock.time += 3.0
    figures = stage.pictures.figures()["ana"]
    assert figures.age == pytest.approx(3.010, abs=1e-3)
    assert figures.fps == 0.0


def test_a_gap_shows_nothing_until_the_next_key_frame_which_is_asked_for() -> None:
    stage = Stage()
    data = encoded(24, keys=(0, 20))
    stage.send(*data[:8])
    stage.send(data[9], first=9, follows=False)
    stage.send(*data[10:20], first=10)
    assert len(stage.tile.shown) == 8
    assert stage.asked == ["ana"]
    stage.send(*data[20:], first=20)
    assert len(stage.tile.shown) == 12


def test_garbage_breaks_the_stream_of_its_sender_alone() -> None:
    random = np.random.default_rng(1)
    stage = Stage()
    data = encoded(24)
    for number, each in enumerate(data):
        stage.send(each, first=number)
        key = number % 3 == 0
        garbage = bytes([random.integers(256) & 0xFE if key else random.integers(256)]) + random.bytes(300)
        if key:
            garbage = garbage[:3] + b"\x9d\x01\x2a" + struct.pack("<HH", 320, 240) + garbage[10:]
        stage.send(garbage, first=number, peer="eve")
    assert [peer for peer, _, _ in stage.tile.shown].count("ana") == 24
    assert set(stage.asked) <= {"eve"}
    stage.send(b"", first=24, peer="eve")
    stage.send(*encoded(3), first=25, peer="eve")
    assert stage.tile.shown[-1][0] == "eve"
    assert abs(float(stage.tile.shown[-1][1][200, 160, :3].mean()) - 24) < 6


def test_a_truncated_picture_is_asked_for_anew_or_shown_but_never_raises() -> None:
    data = encoded(12)
    for length in (1, 3, 5, 9, 11, 20):
        stage = Stage()
        stage.send(data[0], data[1][:length], *data[2:])
        assert len(stage.tile.shown) <= 12
        assert stage.pictures.figures()["ana"].width == 320


def test_the_size_may_change_in_the_stream() -> None:
    stage = Stage()
    stage.send(*encoded(4), *encoded(4, 640, 480), *encoded(4, 160, 120))
    assert [pixels.shape[:2] for _, pixels, _ in stage.tile.shown] == [(240, 320)] * 4 + [(480, 640)] * 4 + [
        (120, 160)
    ] * 4


def test_a_size_that_no_tile_can_be_is_not_decoded() -> None:
    stage = Stage()
    data = bytearray(encoded(1)[0])
    data[6:10] = struct.pack("<HH", 16383, 16383)
    stage.send(bytes(data))
    assert stage.tile.shown == []
    assert stage.asked == ["ana"]


def test_only_what_is_on_the_screen_is_decoded_and_no_larger_than_there() -> None:
    stage = Stage()
    data = encoded(24, keys=(0, 16))
    stage.pictures.show({"ben": 480})
    stage.send(*data[:8])
    assert stage.tile.shown == []
    assert stage.asked == []
    stage.pictures.show({"ana": 121})
    stage.send(*data[8:], first=8)
    assert stage.asked == ["ana"]
    assert [pixels.shape for _, pixels, _ in stage.tile.shown] == [(120, 160, 4)] * 8
    stage.pictures.show({"ana": 1080})
    stage.send(*encoded(2), first=24)
    assert stage.tile.shown[-1][1].shape == (240, 320, 4)


def test_a_picture_is_held_for_its_voice_and_what_is_not_on_the_screen_is_let_go() -> None:
    stage = Stage()
    stage.report()
    behind = 0.120
    data = encoded(24)
    shown = []
    for number in range(24):
        stage.clock.time = max(stage.clock.time, 100.0 + number / 24 + 0.010)
        stage.pictures.take("ana", arrived(data[number], number, stage.clock.time))
        while stage.clock.time < 100.0 + (number + 1) / 24 + 0.010:
            now = stage.clock.now()
            stage.places = {"ana": VoicePlace(RoomTime(now - behind + APART), now, now, now)}
            before = len(stage.tile.shown)
            due = stage.pictures.turn()
            assert due is None or due > stage.clock.time
            if len(stage.tile.shown) > before:
                captured = stage.tile.shown[-1][2]
                assert captured is not None
                shown.append(stage.clock.time - (captured - APART + behind))
            stage.clock.time += 0.001
    assert len(shown) >= 20
    assert all(-0.040 <= off <= 0.040 for off in shown)
    stage.pictures.show({})
    assert stage.pictures.turn() is None


def test_who_begins_anew_keeps_the_tile_and_who_has_gone_does_not() -> None:
    stage = Stage()
    stage.send(*encoded(4))
    stage.pictures.forget("ana")
    stage.pictures.turn()
    assert stage.tile.cleared == []
    assert stage.pictures.figures() == {}
    stage.send(*encoded(2), first=4)
    assert len(stage.tile.shown) == 6
    stage.pictures.take("ana", arrived(b"", 6, 101.0))
    stage.pictures.forget("ana", clears=True)
    stage.pictures.turn()
    assert stage.tile.cleared == ["ana"]
    assert stage.pictures.figures() == {}


def test_a_backlog_is_dropped() -> None:
    stage = Stage()
    data = encoded(40, keys=(0, 30))
    for number in range(40):
        stage.pictures.take("ana", arrived(data[number], number, 100.0 + number / 24))
    stage.clock.time = 103.0
    stage.pictures.turn()
    assert len(stage.tile.shown) == 1  # the newest of those since the last key frame
    assert abs(float(stage.tile.shown[0][1][200, 160, :3].mean()) - (2 * 39 + 20)) < 6
    assert stage.asked == []


def test_a_thread_that_hung_asks_for_a_key_frame() -> None:
    stage = Stage()
    data = encoded(MOST_WAITING + 20)
    stage.send(data[0])
    for number in range(1, MOST_WAITING + 10):
        stage.pictures.take("ana", arrived(data[number], number, 100.0))
    stage.report()
    stage.pictures.turn()
    assert stage.asked == ["ana"]
    assert len(stage.tile.shown) == 1
    stage.send(*encoded(1), first=90)
    assert len(stage.tile.shown) == 2


def test_the_thread_shows_pictures_and_ends() -> None:
    tile, asked, clock = Tile(), [], CallClock()
    pictures = Pictures(clock, tile, asked.append, dict)
    pictures.start()
    try:
        for number, data in enumerate(encoded(5)):
            pictures.take("ana", arrived(data, number, clock.now()))
            wait_until(lambda count=number + 1: len(tile.shown) == count)  # type: ignore[misc]
        pictures.forget("ana", clears=True)
        wait_until(lambda: tile.cleared == ["ana"])
    finally:
        pictures.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "call-pictures"]
    assert asked == []


def test_the_decoder_gives_each_picture_out_at_once() -> None:
    """A guard: a decoder that waits for the next picture would cost a frame, and one with threads several."""
    decoder = av.CodecContext.create("vp8", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_type, decoder.thread_count = "NONE", 1
    for data in encoded(12):
        assert len(decoder.decode(av.Packet(data))) == 1
