"""Our pictures as VP8, as another libvpx reads them."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
import pytest

from player.call.encoder import KEY_APART, Encoder
from player.call.memory import Pixels
from player.call.test_picture import HEIGHT, WIDTH, TestPicture, read_instant
from player.core.call_media import EncodedPicture
from player.core.call_quality import Quality
from server.core.timeline import LocalTime
from tests.fakes.waiting import wait_until

LARGE = Quality(640, 480, 24, 900_000, 0)
SMALL = Quality(320, 240, 15, 250_000, 0)


class Studio:
    """A camera by hand, and a decoder at the other end."""

    def __init__(self) -> None:
        self.sent: list[EncodedPicture] = []
        self.shown: list[tuple[Pixels, LocalTime]] = []
        self.encoder = Encoder(self.sent.append, lambda pixels, at: self.shown.append((pixels.copy(), at)))
        self.picture = TestPicture("Ana")
        self.now = 100.0
        self.decoder = av.CodecContext.create("libvpx", "r")
        self.decoded = 0

    def take(self, count: int, fps: int = 24) -> None:
        """So many pictures, each when the one before it has been dealt with."""
        for _ in range(count):
            frame = av.VideoFrame.from_ndarray(self.picture.draw(self.now), format="gray").reformat(format="yuv420p")
            self.encoder.take(frame, LocalTime(self.now))
            wait_until(lambda: self.encoder._waiting is None, "the encoder")
            self.now += 1.0 / fps

    def read(self) -> list[tuple[int, int, float | None, bool]]:
        """All that was sent since the last call: width, height, the instant in the picture, whether a key frame."""
        found = []
        for sent in self.sent[self.decoded :]:
            for frame in self.decoder.decode(av.Packet(sent.data)):
                assert isinstance(frame, av.VideoFrame)
                luma = frame.to_ndarray()[: frame.height]
                found.append((frame.width, frame.height, read_instant(luma), sent.is_key))
        self.decoded = len(self.sent)
        return found


@pytest.fixture
def studio() -> Iterator[Studio]:
    made = Studio()
    yield made
    made.encoder.close()
    assert not made.encoder._thread.is_alive()


def test_another_decoder_reads_each_picture_and_its_instant(studio: Studio) -> None:
    studio.encoder.send(LARGE)
    studio.take(30)
    wait_until(lambda: len(studio.sent) >= 29, "pictures")
    found = studio.read()
    assert [each[3] for each in found] == [True] + [False] * (len(found) - 1)
    for (width, height, instant, _), sent in zip(found, studio.sent, strict=False):
        assert (width, height) == (WIDTH, HEIGHT)
        assert instant == pytest.approx(sent.captured, abs=0.0011)


def test_nothing_is_encoded_that_nobody_gets(studio: Studio) -> None:
    studio.take(10)
    assert studio.encoder.encoded.pictures == 0
    assert not studio.shown


def test_the_rate_of_pictures_is_kept(studio: Studio) -> None:
    studio.encoder.send(SMALL)
    studio.take(60, fps=30)
    wait_until(lambda: studio.encoder.encoded.pictures >= 30, "pictures")
    assert studio.encoder.encoded.pictures == pytest.approx(30, abs=1)
    assert (studio.encoder.encoded.width, studio.encoder.encoded.height) == (320, 240)


def test_key_frames_come_on_request_but_not_as_often_as_one_likes(studio: Studio) -> None:
    studio.encoder.send(SMALL)
    studio.take(15, fps=15)
    seconds = 4
    for _ in range(15 * seconds):
        studio.encoder.want_key()
        studio.take(1, fps=15)
    wait_until(lambda: len(studio.sent) >= 15 * (seconds + 1) - 2, "pictures")
    keys = [each.captured for each in studio.sent if each.is_key][1:]
    assert len(keys) == pytest.approx(seconds / KEY_APART, abs=2)
    studio.take(30, fps=15)
    assert not any(each[3] for each in studio.read()[-20:]), "none without request"


def test_another_size_or_rate_begins_with_a_key_frame_and_goes_on(studio: Studio) -> None:
    studio.encoder.send(LARGE)
    studio.take(10)
    studio.encoder.send(SMALL)
    studio.take(10)
    studio.encoder.send(Quality(320, 240, 15, 100_000, 0))
    studio.take(10)
    found = studio.read()
    assert {each[:2] for each in found} == {(640, 480), (320, 240)}
    assert sum(each[3] for each in found) == 3
    assert all(each[2] is not None for each in found)


@pytest.mark.parametrize("rate", [60_000, 250_000])
def test_the_bit_rate_is_kept(studio: Studio, rate: int) -> None:
    studio.encoder.send(Quality(320, 240, 15, rate, 0))
    noise = np.random.default_rng(1)
    for _ in range(15 * 8):
        picture = noise.integers(0, 255, (30, 40), np.uint8).repeat(8, 0).repeat(8, 1)
        frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
        studio.encoder.take(frame, LocalTime(studio.now))
        wait_until(lambda: studio.encoder._waiting is None, "the encoder")
        studio.now += 1 / 15
    studio.encoder.close()
    late = [each for each in studio.sent if each.captured > 102.0]
    assert len(late) > 20
    assert sum(len(each.data) for each in late) * 8 / (studio.now - 102.0) < 1.3 * rate


def test_one_sees_oneself(studio: Studio) -> None:
    studio.encoder.show(True)
    studio.take(24)
    wait_until(lambda: len(studio.shown) >= 14, "pictures")
    pixels, captured = studio.shown[-1]
    assert pixels.shape == (HEIGHT, WIDTH, 4)
    grey = np.ascontiguousarray(pixels[:, :, 1])
    assert read_instant(grey) == pytest.approx(captured, abs=0.0011)


def test_who_is_slow_drops_and_does_not_queue() -> None:
    at_work: list[EncodedPicture] = []
    frame = av.VideoFrame(64, 48, "yuv420p")

    def hold(picture: EncodedPicture) -> None:
        at_work.append(picture)
        wait_until(lambda: encoder.encoded.dropped >= 8, "what is dropped")

    encoder = Encoder(hold, lambda _pixels, _at: None)
    encoder.send(LARGE)
    for number in range(10):
        encoder.take(frame, LocalTime(number / 24))
        wait_until(lambda: at_work, "the first")
    encoder.close()
    assert len(at_work) <= 2


@pytest.mark.expects_warnings
def test_a_picture_that_can_not_be_used_does_not_end_the_thread(studio: Studio) -> None:
    studio.encoder.send(LARGE)
    studio.encoder.take("no picture", LocalTime(1.0))  # type: ignore[arg-type]
    studio.take(5)
    wait_until(lambda: len(studio.sent) >= 4, "pictures")


def test_libvpx_still_ignores_a_new_rate() -> None:
    """When this fails the rate can be changed without another encoder, and thus without key frames."""
    from player.call.encoder import _open_vp8

    context = _open_vp8(320, 240, Quality(320, 240, 15, 400_000, 0))
    noise = np.random.default_rng(1)

    def rate_of(first: int, count: int) -> int:
        size = 0
        for number in range(first, first + count):
            picture = noise.integers(0, 255, (60, 80), np.uint8).repeat(4, 0).repeat(4, 1)
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts = number * 66_666
            size += sum(packet.size for packet in context.encode(frame))
        return size

    before = rate_of(0, 60)
    context.bit_rate = 50_000
    assert rate_of(60, 60) > before / 2
