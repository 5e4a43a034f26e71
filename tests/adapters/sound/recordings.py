"""What can be read from a recording of a device: where the film was, where it was silent, whether it clicked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from player.core.resampling import Samples
from tests.fakes.sound_bench import RATE, SoundBench


@dataclass(frozen=True)
class Recording:
    """`times`: when each sample left the DAC, s of local time."""

    times: np.ndarray
    samples: Samples

    @classmethod
    def of(cls, bench: SoundBench) -> Recording:
        return cls(*bench.recording())

    @cached_property
    def wave(self) -> np.ndarray:
        return self.samples[:, 0].astype(np.float64)

    def between(self, start: float, end: float) -> Recording:
        first, last = np.searchsorted(self.times, (start, end))
        return Recording(self.times[first:last], self.samples[first:last])

    @property
    def first_sound(self) -> float:
        """When the first sample that is not silent left."""
        return float(self.times[np.nonzero(self.wave)[0][0]])

    @property
    def last_sound(self) -> float:
        return float(self.times[np.nonzero(self.wave)[0][-1]])

    def silences(self, longest: float = 0.001) -> list[tuple[float, float]]:
        """From when to when nothing but zeros left, where that took longer than `longest`, s."""
        is_silent = np.concatenate(([False], self.wave == 0.0, [False]))
        turns = np.nonzero(np.diff(is_silent.astype(np.int8)))[0].reshape(-1, 2)
        return [
            (float(self.times[start]), float(self.times[end - 1]))
            for start, end in turns
            if (end - start) / RATE > longest
        ]

    def place(self, film: Samples, at: float, about: float, span: int = 1500, reach: int = 3000) -> float:
        """The media time, s, of what left at `at`, looked for near `about`, to a fraction of a sample."""
        start = int(np.searchsorted(self.times, at))
        heard = self.wave[start : start + span]
        first = round(about * RATE) - reach
        likeness = np.correlate(film[first : first + span + 2 * reach, 0].astype(np.float64), heard, "valid")
        best = int(np.argmax(likeness))
        before, here, after = likeness[best - 1 : best + 2]
        place = first + best + 0.5 * (before - after) / (before - 2 * here + after)
        return float(place / RATE - (self.times[start] - at))

    def worst_corner(self) -> float:
        """The largest second difference, beside the beginning and end of the recording: a click stands out."""
        return float(np.abs(np.diff(self.wave, 2)).max())
