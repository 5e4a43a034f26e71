"""The samples between the feeder and the device, numbered from the device's first.

The feeder writes some way ahead and may think again about everything that the device has not taken: what it writes at
a number replaces all that was written from there on.
"""

from __future__ import annotations

import threading
from collections import deque

import numpy as np

from player.core.playout_line import Note, PlayoutLine
from player.core.resampling import Samples
from player.media.sound_mixer import SoundMixer

SIZE = 1 << 15  # samples, 0.68 s at 48 kHz; a power of two
MOST_NOTES = 512  # 12 s of a device that takes 25 ms at a time
NEAR = 0.05  # s, a device that says more off the line has begun anew


class SoundRing:
    """Guarded by `_lock`, a leaf held for copies only: `take` from the device's thread, the rest from the feeder's.
    `line` is replaced whole; the mixer guards itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples = np.zeros((SIZE, 2), np.float32)
        self._taken = 0
        self._written = 0
        self._is_sounding = False  # an empty ring is an underrun
        self._underruns = 0
        self._notes: deque[Note] = deque(maxlen=MOST_NOTES)
        self.line: PlayoutLine | None = None  # what the feeder makes of the notes
        self.mixer = SoundMixer()

    # -- the device's side ---------------------------------------------------------------------------------------------

    def take(self, out: Samples, taken_at: float, leaves_at: float, is_after_underrun: bool) -> None:
        """Fill `out`, (n, 2); its first sample leaves the DAC at `leaves_at` (local times, s)."""
        count = len(out)
        with self._lock:
            self._notes.append(Note(self._taken, leaves_at, taken_at, is_after_underrun))
            here = min(count, max(0, self._written - self._taken))
            at = self._taken % SIZE
            until_wrap = min(here, SIZE - at)
            out[:until_wrap] = self._samples[at : at + until_wrap]
            out[until_wrap:here] = self._samples[: here - until_wrap]
            out[here:] = 0.0
            self._taken += count
            if (self._is_sounding and here < count) or is_after_underrun:
                self._underruns += 1
        if is_after_underrun:
            self.line = None  # it does not hold any more
        self.mixer.mix(out, here > 0, self._believed(self._taken - count, leaves_at))

    def _believed(self, number: int, said: float) -> float:
        """When a sample leaves the DAC: by the line, which a device's single words wander around by milliseconds."""
        line = self.line
        if line is None or not line.is_settled:
            return said
        at = line.time_of(number)
        return at if abs(at - said) < NEAR else said

    # -- the feeder's side ---------------------------------------------------------------------------------------------

    def write(self, at: int, samples: Samples, *, is_sounding: bool) -> None:
        """Replace everything from number `at` on. What the device has taken meanwhile is past.

        `is_sounding`: more must follow in time."""
        with self._lock:
            samples = samples[max(0, self._taken - at) :]
            at = max(at, self._taken)
            if at > self._written:  # nothing was written for what lies between: silence
                self._fill(max(self._written, self._taken), at)
            place = at % SIZE
            until_wrap = min(len(samples), SIZE - place)
            self._samples[place : place + until_wrap] = samples[:until_wrap]
            self._samples[: len(samples) - until_wrap] = samples[until_wrap:]
            self._written = at + len(samples)
            self._is_sounding = is_sounding

    def peek(self, at: int, count: int) -> Samples:
        """What is written from number `at` on, silence beyond; a copy."""
        values = np.zeros((count, 2), np.float32)
        with self._lock:
            here = max(0, min(count, self._written - at))
            place = at % SIZE
            until_wrap = min(here, SIZE - place)
            values[:until_wrap] = self._samples[place : place + until_wrap]
            values[until_wrap:here] = self._samples[: here - until_wrap]
        return values

    def _fill(self, start: int, end: int) -> None:
        for number in range(start, end, SIZE):
            place = number % SIZE
            count = min(SIZE, end - number)
            until_wrap = min(count, SIZE - place)
            self._samples[place : place + until_wrap] = 0.0
            self._samples[: count - until_wrap] = 0.0

    @property
    def taken(self) -> int:
        """The number of the next sample that the device will take."""
        with self._lock:
            return self._taken

    @property
    def written(self) -> int:
        """The number of the first sample that nothing was written for; never below `taken`."""
        with self._lock:
            return max(self._written, self._taken)

    @property
    def underruns(self) -> int:
        """How often the device got less than it needed, or told so of its own."""
        with self._lock:
            return self._underruns

    def take_notes(self) -> tuple[Note, ...]:
        """The device's notes since the last call."""
        with self._lock:
            notes = tuple(self._notes)
            self._notes.clear()
        return notes
