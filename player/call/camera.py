"""Our camera, kept as `capture.py` says: its pictures with the instants at which they were taken."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from fractions import Fraction

import av
import numpy as np

from player.call.capture import Capture, Kind, WantedDevice
from player.call.clock import CallClock
from player.call.devices import GONE, SILENT, CameraError, Source, open_camera, words_of
from player.call.test_picture import HEIGHT, WIDTH, TestPicture
from player.core.call_pipe import TEST
from player.core.device_time import DeviceTime
from server.core.timeline import LocalTime

log = logging.getLogger(__name__)

Take = Callable[[av.VideoFrame, LocalTime], None]
Open = Callable[[str], Source]

MOST_OLD = 1.0  # s: a picture that says that it is older has another clock
TEST_FPS = 24

OTHERWISE = "The camera can't be used: choose another."


def _words_of(error: Exception) -> str | None:
    if isinstance(error, CameraError):
        return str(error)
    if isinstance(error, OSError):
        log.info("the camera broke off: %s", error)
        return words_of(error)
    return None


CAMERA = Kind("camera", SILENT, GONE, OTHERWISE, _words_of)


class Camera(WantedDevice):
    """The test one is a picture with the person's name."""

    def __init__(
        self, clock: CallClock, take: Take, changed: Callable[[], None], open_device: Open = open_camera
    ) -> None:
        """`take` gets pictures on the device's thread; `changed` is called there when the state is another."""
        super().__init__(CAMERA, clock, changed)
        self._call_clock = clock
        self._take = take
        self._open = open_device

    def _read(self, capture: Capture, device: str, name: str) -> None:
        clock = self._call_clock
        instants = _Instants(clock)
        with closing(TestCamera(clock, name) if device == TEST else self._open(device)) as source:
            for frame in source.frames():
                if capture.is_stopped:
                    return
                now = clock.now()
                capture.tell("on")
                self._take(frame, instants.captured(frame, now))


class _Instants:
    """When the pictures of one opened camera were taken. Its thread's own."""

    def __init__(self, clock: CallClock) -> None:
        self._clock = clock
        self._time = DeviceTime()

    def captured(self, frame: av.VideoFrame, now: LocalTime) -> LocalTime:
        """By the camera's own stamp where that is on our clock, as Linux' are, else as the least delayed of the last
        pictures would have come."""
        if frame.pts is None or frame.time_base is None:
            return now
        said = float(frame.pts * frame.time_base)
        taken = self._clock.at(said)
        if 0.0 <= now - taken <= MOST_OLD:
            return taken
        self._time = self._time.receive(said, now)
        return self._time.called_at(now)


class TestCamera:
    """Implements Source: `test_picture` at an even rate."""

    __test__ = False

    def __init__(self, clock: CallClock, name: str) -> None:
        self._clock = clock
        self._picture = TestPicture(name)

    def frames(self) -> Iterator[av.VideoFrame]:
        due = time.perf_counter()
        while True:
            wait = due - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            elif wait < -0.5:  # we slept
                due = time.perf_counter()
            frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
            luma, blue, red = (
                np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
                for plane in frame.planes
            )
            luma[...], blue[...], red[...] = self._picture.draw(self._clock.at(due)), 110, 150
            frame.pts, frame.time_base = round(due * 1e6), Fraction(1, 1_000_000)
            yield frame
            due += 1.0 / TEST_FPS

    def close(self) -> None:
        pass
