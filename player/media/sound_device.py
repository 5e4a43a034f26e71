"""The sound device, by PortAudio. Imported when it is opened: that takes 50 ms, and the library may be missing."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import logging
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from player.core.device_time import DeviceTime
from player.media.sound_ring import SoundRing
from player.ports import Clock, MediaError

log = logging.getLogger(__name__)

LATENCY = 0.1  # s asked for: 30 ms broke up under load, and a larger one delays every pause
MOST_DELAY = 5.0  # s, what a device says beyond it is nonsense

_quiet: Any = None  # keeps ALSA's handler alive


class SoundDevice:
    """One stream on the system's default output: opened, started, closed."""

    def __init__(
        self, clock: Clock, ring: SoundRing, sample_rate: int, ended: Callable[[], None], latency: float = LATENCY
    ) -> None:
        """Open it. `latency`: s asked for. `ended` is called from the device's thread when the stream ends, also
        by `close`.

        Raises MediaError: there is none, or it can't be opened."""
        self._clock = clock
        self._ring = ring
        self._library = sounddevice = _library()
        _quieten_alsa()
        try:
            self._stream = sounddevice.RawOutputStream(
                samplerate=sample_rate,
                channels=2,
                dtype="float32",
                latency=latency,
                blocksize=0,
                callback=self._fill,
                finished_callback=ended,
            )
            self.name = str(sounddevice.query_devices(self._stream.device)["name"])
        except (sounddevice.PortAudioError, ValueError) as error:
            raise MediaError(str(error)) from error
        self._delay = float(self._stream.latency)
        self._time = DeviceTime()  # of the device's thread

    def start(self) -> None:
        """It takes samples from now on. Raises MediaError."""
        try:
            self._stream.start()
        except self._library.PortAudioError as error:
            raise MediaError(str(error)) from error

    def close(self) -> None:
        """Returns when the callback has ended for good. Not from the device's own thread."""
        try:
            self._stream.abort()
            self._stream.close()
        except self._library.PortAudioError as error:
            log.info("the sound device was gone before it was closed: %s", error)

    def _fill(self, outdata: Any, frames: int, time_info: Any, status: Any) -> None:
        now = self._clock.now()
        delay = time_info.outputBufferDacTime - time_info.currentTime
        if 0.0 <= delay <= MOST_DELAY:
            self._time = self._time.receive(time_info.currentTime, now)
            leaves_at = self._time.called_at(now) + delay
        else:  # some drivers leave one of the two at 0
            leaves_at = now + self._delay
        out = np.frombuffer(outdata, np.float32).reshape(frames, 2)
        self._ring.take(out, now, leaves_at, bool(status.output_underflow))


def look_again() -> None:
    """Make PortAudio list the devices anew, which it does only while no stream is open. Raises MediaError."""
    sounddevice = _library()
    try:
        with contextlib.suppress(sounddevice.PortAudioError):  # the look before this one failed half-way
            sounddevice._terminate()
        sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise MediaError(str(error)) from error


def abandon() -> None:
    """A device does not close: don't wait for it at the end of the process either, where the binding would."""
    if "sounddevice" in sys.modules:
        atexit.unregister(sys.modules["sounddevice"]._exit_handler)


def _library() -> Any:
    """PortAudio's binding. Raises MediaError: the library is missing or can't start."""
    try:
        import sounddevice
    except Exception as error:  # OSError: not found; its own PortAudioError can't be named before it is imported
        raise MediaError(str(error)) from error
    return sounddevice


def _quieten_alsa() -> None:
    """ALSA writes what it thinks of each device to stderr; what matters comes to us as errors anyway."""
    global _quiet  # noqa: PLW0603 - ALSA has one handler a process
    if _quiet is not None or not sys.platform.startswith("linux"):
        return
    try:
        alsa, libc = ctypes.CDLL("libasound.so.2"), ctypes.CDLL(None)
    except OSError:
        return
    _quiet = libc.getppid  # a C function that does nothing, whatever it is given; none of Python's would be safe there
    alsa.snd_lib_error_set_handler(_quiet)
