"""Our camera: open only while it is wanted, closed when it is not, and in words when it can't be had.

Each opened device has a thread of its own, since drivers hang: in opening, in waiting for a picture, in closing. One
that hangs is left to itself, and closes what it has when it comes back; the next one is opened when it has ended, or
has had its chance, so that we do not find a camera in use by ourselves.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction

import av
import numpy as np

from player.call.clock import CallClock
from player.call.devices import GONE, SILENT, CameraError, Source, open_camera, words_of
from player.call.test_picture import HEIGHT, WIDTH, TestPicture
from player.core.call_pipe import TEST, DeviceState
from player.core.device_time import DeviceTime
from server.core.timeline import LocalTime

log = logging.getLogger(__name__)

Take = Callable[[av.VideoFrame, LocalTime], None]
Open = Callable[[str], Source]

OPENING = 10.0  # s; a camera that wakes up takes two or three
SILENCE = 3.0  # s without a picture
CLOSING = 3.0  # s that the thread before gets to close the device
MOST_OLD = 1.0  # s: a picture that says that it is older has another clock
TEST_FPS = 24


class Camera:
    """`want`, `look_again`, `state_at` and `close` on the loop's thread."""

    def __init__(
        self, clock: CallClock, take: Take, changed: Callable[[], None], open_device: Open = open_camera
    ) -> None:
        """`take` gets pictures on the device's thread; `changed` is called there when the state is another."""
        self._clock = clock
        self._take = take
        self._changed = changed
        self._open = open_device
        self._wanted: tuple[str, str] | None = None
        self._capture: _Capture | None = None

    def want(self, device: str | None, name: str = "") -> None:
        """Have this one open, "" is the system's usual one, "test" a picture with the person's name; None: none."""
        wanted = None if device is None else (device, name if device == TEST else "")
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self._begin()

    def look_again(self) -> None:
        """Devices have come or gone: try one that failed."""
        capture = self._capture
        if capture is not None and capture.state_at(self._clock.now())[0] == "failed":
            self._begin()

    def state_at(self, now: LocalTime) -> tuple[DeviceState, str]:
        """How it is, and the sentence for people where it is not well."""
        if self._capture is None:
            return "off", ""
        return self._capture.state_at(now)

    def close(self) -> None:
        self.want(None)

    def _begin(self) -> None:
        before = self._capture
        if before is not None:
            before.stop()
        if self._wanted is None:
            self._capture = None
            return
        device, name = self._wanted
        if device == TEST:
            self._capture = _Capture(self, lambda: TestCamera(self._clock, name), before)
        else:
            self._capture = _Capture(self, lambda: self._open(device), before)


class _Capture:
    """One device and its thread. The fields after `_lock` are guarded by it."""

    NAME = "matinee-camera"

    def __init__(self, camera: Camera, open_device: Callable[[], Source], before: _Capture | None) -> None:
        self._clock, self._take, self._changed = camera._clock, camera._take, camera._changed
        self._open = open_device
        self._before = before
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._state: DeviceState = "opening"
        self._words = ""
        self._since = self._clock.now()  # the opening, or the last picture
        self._time = DeviceTime()  # of the thread
        self._thread = threading.Thread(target=self._run, name=self.NAME, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def state_at(self, now: LocalTime) -> tuple[DeviceState, str]:
        with self._lock:
            patience = OPENING if self._state == "opening" else SILENCE
            if self._state in {"opening", "on"} and now - self._since > patience:
                return "failed", SILENT
            return self._state, self._words

    def _tell(self, state: DeviceState, words: str = "") -> None:
        with self._lock:
            is_news = (state, words) != (self._state, self._words)
            self._state, self._words, self._since = state, words, self._clock.now()
        if is_news and not self._stopped.is_set():
            self._changed()

    def _run(self) -> None:
        """The device's thread."""
        if self._before is not None:
            self._before._thread.join(CLOSING)
            self._before = None
        try:
            self._capture()
        except CameraError as error:
            self._tell("failed", str(error))
        except OSError as error:
            log.info("the camera broke off: %s", error)
            self._tell("failed", words_of(error))
        except Exception:
            log.exception("the camera's thread failed")
            self._tell("failed", "The camera can't be used: choose another.")

    def _capture(self) -> None:
        if self._stopped.is_set():
            return
        source = self._open()
        try:
            for frame in source.frames():
                if self._stopped.is_set():
                    return
                now = self._clock.now()
                self._tell("on")
                self._take(frame, self._captured(frame, now))
            if not self._stopped.is_set():
                raise CameraError(GONE)
        finally:
            source.close()

    def _captured(self, frame: av.VideoFrame, now: LocalTime) -> LocalTime:
        """When it was taken: by the camera's own stamp where that is on our clock, as Linux' are, else as the least
        delayed of the last pictures would have come."""
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
