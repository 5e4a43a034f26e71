"""The last step before the device: the film at its volume and ducked, the voices of the call added at their own.

Without a call, undisturbed and at full volume, the film's samples pass as they are.
"""

from __future__ import annotations

import logging
import threading

import numpy as np

from player.core.resampling import Samples
from player.ports import Voices
from server.core.timeline import LocalTime

log = logging.getLogger(__name__)

SAMPLE_RATE = 48000
QUIET = 1e-3  # -60 dB: breath, and the noise that a codec makes of silence


class SoundMixer:
    """Guarded by `_lock`, a leaf: `mix` from the device's thread, the rest from any one other. `_voices` is replaced
    whole, `quiet_for` an int read by others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gain = self._wanted_gain = 1.0
        self._duck = _Fade(1.0, 1.0, 0)
        self._position = 0  # samples of the fade that were made
        self._voices: Voices | None = None
        self.quiet_for = 0  # samples, since something was heard

    def set_gain(self, gain: float) -> None:
        """The film's volume, linear; reached within the next block."""
        with self._lock:
            self._wanted_gain = gain

    def duck(self, gain: float, seconds: float) -> None:
        """The film fades to this gain, linear, from where it is; voices do not."""
        with self._lock:
            now = self._duck.at(self._position)
            self._duck = _Fade(now, gain, max(1, round(seconds * SAMPLE_RATE)))
            self._position = 0

    def set_voices(self, voices: Voices | None) -> None:
        self._voices = voices

    def mix(self, out: Samples, is_film: bool, leaves_at: float) -> None:
        """Finish a block, (n, 2), whose first sample leaves the DAC at `leaves_at`. `is_film` False: it is silent."""
        count = len(out)
        with self._lock:
            gain, wanted = self._gain, self._wanted_gain
            self._gain = wanted
            duck, position = self._duck, self._position
            self._position = min(duck.length, position + count)
        if is_film:  # silence needs neither a gain nor a limit: a paused film costs little
            if position < duck.length:
                out *= duck.ramp(position, count)[:, None]
            elif duck.to != 1.0:
                out *= np.float32(duck.to)
            if gain != wanted:
                out *= np.linspace(gain, wanted, count, dtype=np.float32)[:, None]
            elif gain != 1.0:
                out *= np.float32(gain)
            np.clip(out, -1.0, 1.0, out=out)
        voices = self._voices
        if voices is not None:
            try:
                voices.mix(out, LocalTime(leaves_at))
            except Exception:  # the top of the device's thread: the film goes on
                log.exception("voices ended")
                self._voices = None
            np.clip(out, -1.0, 1.0, out=out)
        is_heard = is_film or (voices is not None and float(np.abs(out).max(initial=0.0)) > QUIET)
        self.quiet_for = 0 if is_heard else self.quiet_for + count


class _Fade:
    """From one gain to another within `length` samples, along half a cosine: no corner is heard. Immutable."""

    def __init__(self, start: float, to: float, length: int) -> None:
        self.start = start
        self.to = to
        self.length = length

    def ramp(self, position: int, count: int) -> np.ndarray:
        """The gains of `count` samples from `position` on."""
        x = np.minimum(np.arange(position + 1, position + count + 1, dtype=np.float32) / self.length, 1.0)
        return (self.to + (self.start - self.to) * 0.5 * (1.0 + np.cos(np.pi * x))).astype(np.float32)

    def at(self, position: int) -> float:
        if position >= self.length:
            return self.to
        return float(self.ramp(position - 1, 1)[0]) if position else self.start
