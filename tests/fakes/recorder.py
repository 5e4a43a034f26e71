"""PortAudio's binding as somebody who records sees it, with levers: devices come, go, refuse, give what a test says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.fakes.portaudio import PortAudioError


@dataclass(frozen=True)
class Times:
    currentTime: float  # noqa: N815 - the binding's names
    inputBufferAdcTime: float  # noqa: N815


def device(name: str, inputs: int = 2, host: int = 0) -> dict[str, Any]:
    return {"name": name, "hostapi": host, "max_input_channels": inputs}


class RawInputStream:
    def __init__(
        self,
        recorder: FakeRecorder,
        callback: Callable[[Any, int, Any, Any], None],
        finished_callback: Callable[[], None],
        **options: Any,
    ) -> None:
        self.recorder = recorder
        self.options = options
        self.latency = 0.04
        self.is_running = self.is_closed = False
        self._callback, self._finished = callback, finished_callback

    def start(self) -> None:
        self.is_running = True

    def give(self, samples: np.ndarray, *, delay: float = 0.02) -> None:
        """A block was recorded, `delay` s ago."""
        self._callback(samples.astype(np.float32).tobytes(), len(samples), Times(50.0, 50.0 - delay), None)

    def vanish(self) -> None:
        self.is_running = False
        self._finished()

    def abort(self) -> None:
        if self.recorder.breaks_closing:
            raise PortAudioError("stream is gone", -9988)
        if self.is_running:
            self.vanish()

    def close(self) -> None:
        self.is_closed = True


class FakeRecorder:
    """What `import sounddevice` gives. `refusal`: (words, code) that opening ends with; `mono`: whether there is that;
    `devices` is the truth, the list of it as old as the last look."""

    PortAudioError = PortAudioError

    def __init__(self, *devices: dict[str, Any]) -> None:
        self.devices = list(devices)
        self.hosts = [{"name": "ALSA"}, {"name": "JACK"}]
        self.refusal: tuple[Any, ...] | None = None
        self.mono = True
        self.breaks_closing = False
        self.streams: list[RawInputStream] = []
        self.looks = 0
        self._listed = list(devices)

    def RawInputStream(self, **options: Any) -> RawInputStream:
        if self.refusal is not None:
            raise PortAudioError(*self.refusal)
        if options["channels"] == 1 and not self.mono:
            raise PortAudioError("Invalid number of channels", -9998)
        self.streams.append(RawInputStream(self, **options))
        return self.streams[-1]

    def query_devices(self) -> list[dict[str, Any]]:
        return self._listed

    def query_hostapis(self) -> list[dict[str, Any]]:
        return self.hosts

    def _terminate(self) -> None: ...

    def _initialize(self) -> None:
        self.looks += 1
        self._listed = list(self.devices)
