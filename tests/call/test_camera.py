"""Our camera: the test picture, a real input of libavdevice's, and devices that are busy, gone or hang."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
import pytest

from player.call import capture as captures
from player.call import devices
from player.call.camera import Camera
from player.call.clock import CallClock
from player.call.devices import BUSY, FORBIDDEN, GONE, NOBODY, SILENT, CameraError, InputCamera, Source, find_cameras
from player.call.test_picture import read_instant
from server.core.timeline import LocalTime
from tests.fakes.waiting import wait_until


class FakeDevice:
    """Implements Source: gives pictures while `gives` is set, then does what its levers say."""

    def __init__(self, pts_of: float | None = None) -> None:
        self.gives = threading.Event()
        self.gives.set()
        self.ends = threading.Event()
        self.error: Exception | None = None
        self.is_open = True
        self.pts_of = pts_of

    def frames(self) -> Iterator[av.VideoFrame]:
        number = 0
        while not self.ends.wait(0.002):
            if self.gives.is_set():
                frame = av.VideoFrame(64, 48, "yuv420p")
                if self.pts_of is not None:
                    frame.pts, frame.time_base = round((self.pts_of + number * 0.002) * 1e6), Fraction(1, 1_000_000)
                number += 1
                yield frame
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.is_open = False


class Bench:
    """A camera with what it gave."""

    def __init__(self) -> None:
        self.clock = CallClock()
        self.taken: list[tuple[av.VideoFrame, LocalTime]] = []
        self.devices: list[FakeDevice] = []
        self.opened: list[str] = []
        self.refusal: Exception | None = None
        self.blocked: threading.Event | None = None
        self.changed = threading.Event()
        self.camera = Camera(self.clock, lambda *each: self.taken.append(each), self.changed.set, self.open)

    def open(self, device: str) -> Source:
        self.opened.append(device)
        if self.blocked is not None:
            self.blocked.wait()
        if self.refusal is not None:
            raise self.refusal
        self.devices.append(FakeDevice())
        return self.devices[-1]

    def state(self, later: float = 0.0) -> tuple[str, str]:
        return self.camera.state_at(LocalTime(self.clock.now() + later))

    def waits_for(self, state: str, words: str = "") -> None:
        wait_until(lambda: self.state() == (state, words), f"{state} {words}, it is {self.state()}")


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.camera.close()
    for device in made.devices:
        device.ends.set()
    if made.blocked is not None:
        made.blocked.set()
    wait_until(lambda: not any(thread.name == "matinee-camera" for thread in threading.enumerate()), "the threads")


def test_nothing_is_open_before_it_is_wanted(bench: Bench) -> None:
    assert bench.state() == ("off", "")
    assert not bench.opened


def test_the_test_camera_shows_when_each_picture_was_taken(bench: Bench) -> None:
    bench.camera.want("test", "Ana")
    wait_until(lambda: len(bench.taken) > 10, "pictures")
    assert bench.state() == ("on", "")
    assert bench.changed.is_set()
    for frame, captured in bench.taken[:10]:
        luma = frame.to_ndarray()[: frame.height]
        seen = read_instant(luma)
        assert seen is not None
        assert seen == pytest.approx(captured % 16777.216, abs=0.002)
    assert not bench.opened


def test_levers_of_the_clock_hold_for_pictures() -> None:
    clock = CallClock(offset=500.0, ppm=100.0, origin=0.0)
    taken: list[tuple[LocalTime, LocalTime]] = []
    camera = Camera(clock, lambda _frame, captured: taken.append((captured, clock.now())), lambda: None)
    camera.want("test", "Ana")
    wait_until(lambda: len(taken) > 3, "pictures")
    camera.close()
    assert all(0.0 <= now - captured < 1.0 for captured, now in taken)


def test_off_means_closed(bench: Bench) -> None:
    bench.camera.want("one")
    bench.waits_for("on")
    (device,) = bench.devices
    bench.camera.want(None)
    assert bench.state() == ("off", "")
    wait_until(lambda: not device.is_open, "the device's end")
    count = len(bench.taken)
    bench.camera.want("one")
    wait_until(lambda: len(bench.taken) > count, "pictures again")
    assert bench.opened == ["one", "one"]


def test_said_again_it_stays_as_it_is(bench: Bench) -> None:
    bench.camera.want("one", "Ana")
    bench.waits_for("on")
    bench.camera.want("one", "Another name")
    assert bench.opened == ["one"]


def test_another_camera_is_opened_when_the_first_is_closed(bench: Bench) -> None:
    bench.camera.want("one")
    bench.waits_for("on")
    bench.camera.want("two")
    wait_until(lambda: len(bench.devices) == 2, "the second")
    assert not bench.devices[0].is_open
    bench.waits_for("on")


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.EBUSY, BUSY), (errno.EIO, BUSY), (errno.ENODEV, GONE), (errno.ENOENT, GONE), (errno.EACCES, FORBIDDEN)],
)
def test_why_it_can_not_be_opened_is_one_sentence(bench: Bench, number: int, words: str) -> None:
    bench.refusal = OSError(number, os.strerror(number))
    bench.camera.want("one")
    bench.waits_for("failed", words)


def test_what_is_unknown_is_said_as_the_system_says_it(bench: Bench) -> None:
    bench.refusal = OSError(errno.ENOSPC, "No space left on device")
    bench.camera.want("one")
    bench.waits_for("failed", "The camera can't be used (No space left on device): choose another.")


def test_a_failed_one_is_tried_again_when_devices_change(bench: Bench) -> None:
    bench.refusal = CameraError(BUSY)
    bench.camera.want("one")
    bench.waits_for("failed", BUSY)
    bench.refusal = None
    bench.camera.look_again()
    bench.waits_for("on")
    bench.camera.look_again()
    assert bench.opened == ["one", "one"], "one that is well is left alone"


@pytest.mark.parametrize("error", [None, OSError(errno.ENODEV, "No such device")])
def test_one_that_is_unplugged_is_noticed_and_closed(bench: Bench, error: OSError | None) -> None:
    bench.camera.want("one")
    bench.waits_for("on")
    bench.devices[0].error = error
    bench.devices[0].ends.set()
    bench.waits_for("failed", GONE)
    wait_until(lambda: not bench.devices[0].is_open, "its closing")


def test_one_that_hangs_in_opening_is_noticed_and_closed_when_it_comes_back(bench: Bench) -> None:
    bench.blocked = threading.Event()
    bench.camera.want("one")
    wait_until(lambda: bench.opened, "the opening")
    assert bench.state() == ("opening", "")
    assert bench.state(later=captures.OPENING + 1) == ("failed", SILENT)
    bench.camera.want(None)
    bench.blocked.set()
    wait_until(lambda: bench.devices and not bench.devices[0].is_open, "its closing")
    assert not bench.taken


def test_one_that_gives_no_more_pictures_is_noticed_and_may_come_back(bench: Bench) -> None:
    bench.camera.want("one")
    bench.waits_for("on")
    bench.devices[0].gives.clear()
    assert bench.state(later=captures.SILENCE + 1) == ("failed", SILENT)
    bench.devices[0].gives.set()
    bench.waits_for("on")


@pytest.mark.expects_warnings
def test_a_driver_that_breaks_our_thread_is_said_too(bench: Bench) -> None:
    bench.refusal = RuntimeError("what drivers do")
    bench.camera.want("one")
    bench.waits_for("failed", "The camera can't be used: choose another.")


def test_a_camera_with_another_clock_gets_the_instant_of_the_least_delayed(bench: Bench) -> None:
    device = FakeDevice(pts_of=1e6)
    bench.camera = Camera(bench.clock, lambda *each: bench.taken.append(each), lambda: None, lambda _: device)
    bench.camera.want("one")
    wait_until(lambda: len(bench.taken) > 50, "pictures")
    device.ends.set()
    captured = np.array([each[1] for each in bench.taken])
    assert (np.diff(captured[10:]) > 0).all(), "evenly, though they came unevenly"


def test_this_machine_can_be_asked_for_its_cameras() -> None:
    assert all(each.id and each.label for each in find_cameras())


def test_no_camera_at_all_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "find_cameras", lambda: ())
    with pytest.raises(CameraError, match=NOBODY):
        devices.open_camera("")


def test_a_camera_that_is_not_there_is_said() -> None:
    with pytest.raises(CameraError, match=GONE):
        devices.open_camera("/dev/video-nowhere")


def test_on_macos_too_where_cameras_are_found_by_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "FORMAT", "avfoundation")
    monkeypatch.setattr(devices, "find_cameras", lambda: (devices.Device("another", "Another"),))
    with pytest.raises(CameraError, match=GONE):
        devices.open_camera("one that was there")


def test_what_libavdevice_gives_are_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """No machine of ours has a camera; libavdevice's synthetic input goes the same way through PyAV."""
    monkeypatch.setattr(devices, "FORMAT", "lavfi")
    source = InputCamera("testsrc=size=320x240:rate=30", {})
    frames = source.frames()
    first, second = next(frames), next(frames)
    assert (first.width, first.height) == (320, 240)
    assert first.pts is not None
    assert second.pts is not None
    assert second.pts > first.pts
    source.close()
