"""PortAudio as its binding shows it, with levers: devices come, go, refuse, hang."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


class PortAudioError(Exception):
    """As the binding raises it."""


@dataclass(frozen=True)
class Times:
    currentTime: float  # noqa: N815 - the binding's names
    outputBufferDacTime: float  # noqa: N815


@dataclass(frozen=True)
class Flags:
    output_underflow: bool


class RawOutputStream:
    """One stream. The test is its clock: it takes when `take` is called."""

    def __init__(
        self,
        library: FakePortAudio,
        callback: Callable[[Any, int, Any, Any], None],
        finished_callback: Callable[[], None],
        **options: Any,
    ) -> None:
        self.library = library
        self.options = options
        self.device = 0
        self.latency = 0.12
        self.is_running = False
        self.is_closed = False
        self._callback = callback
        self._finished = finished_callback

    def start(self) -> None:
        if not self.library.starts:
            raise PortAudioError("Unanticipated host error [PaErrorCode -9999]")
        self.is_running = True

    def take(self, frames: int, *, delay: float = 0.1, underflow: bool = False) -> np.ndarray:
        """The device wants samples, which will leave it after `delay`; returns what it gets, (frames, 2)."""
        out = bytearray(frames * 8)
        self._callback(out, frames, Times(50.0, 50.0 + delay), Flags(underflow))
        return np.frombuffer(bytes(out), np.float32).reshape(frames, 2)

    def vanish(self) -> None:
        """The device is pulled out."""
        self.library.has_device = False
        self.is_running = False
        self._finished()

    def abort(self) -> None:
        self.library.is_hanging.wait()
        if not self.library.has_device:
            raise PortAudioError("PaErrorCode -9988: stream is gone")
        if self.is_running:
            self.is_running = False
            self._finished()

    def close(self) -> None:
        self.is_closed = True


class FakePortAudio:
    """What `import sounddevice` gives. `has_device` is the truth; the list of it is as old as the last look."""

    PortAudioError = PortAudioError

    def __init__(self, *, has_device: bool = True) -> None:
        self.has_device = has_device
        self.starts = True
        self.streams: list[RawOutputStream] = []
        self.looks = 0
        self.is_initialized = True
        self.cannot_initialize = False
        self.is_hanging = threading.Event()  # `clear` it and nothing returns
        self.is_hanging.set()
        self._listed = has_device

    def RawOutputStream(self, **options: Any) -> RawOutputStream:
        if not (self._listed and self.has_device):
            raise PortAudioError("Error querying device -1")
        stream = RawOutputStream(self, **options)
        self.streams.append(stream)
        return stream

    def query_devices(self, device: int) -> dict[str, Any]:
        return {"name": "Loudspeakers"}

    @property
    def newest(self) -> RawOutputStream:
        return self.streams[-1]

    def _exit_handler(self) -> None:
        """What the binding does at the end of the process."""

    def _terminate(self) -> None:
        if not self.is_initialized:
            raise PortAudioError("PortAudio not initialized")
        self.is_initialized = False

    def _initialize(self) -> None:
        self.looks += 1
        if self.cannot_initialize:
            raise PortAudioError("PortAudio can't start")
        self.is_initialized = True
        self._listed = self.has_device
