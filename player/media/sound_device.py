"""The sound device, by PortAudio."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np

from player.core.device_time import DeviceTime
from player.media.sound_ring import SoundRing
from player.portaudio import library
from player.ports import Clock, MediaError

log = logging.getLogger(__name__)

LATENCY = 0.1  # s asked for: 30 ms broke up under load, and a larger one delays every pause
MOST_DELAY = 5.0  # s, what a device says beyond it is nonsense


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
        self._library = sounddevice = library()
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
