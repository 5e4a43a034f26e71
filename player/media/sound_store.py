"""Decoded sound on its way from the decoder to the device: about a second and a half ahead, and a second of the past.

Every sample has a number: its media time times the sample rate. A chunk is placed by the count of samples before it
as long as its own time agrees within `TOLERANCE` (containers round times to a millisecond and more); otherwise by its
time, so that real gaps become silence and overlaps are cut. The past is kept so that who learned of a pause too late
steps back without a seek.
"""

from __future__ import annotations

import threading

import numpy as np

from player.core.resampling import Samples

SIZE = 1 << 18  # samples, 5.5 s at 48 kHz; a power of two
MOST_AHEAD = 1.5  # s that the decoder may be ahead of what is played
RESUMED_BELOW = 1.25  # s, a waiting decoder goes on below this: it works in bursts and sleeps in between
TOLERANCE = 0.020  # s between a chunk's own time and its place by counting


class SoundStore:
    """Guarded by `_changed`'s lock, a leaf: `put`, `begin` and `end` from the decoder, the rest from the feeder."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._changed = threading.Condition()
        self._samples = np.zeros((SIZE, 2), np.float32)
        self._generation = -1
        self._first = 0  # the samples that are kept: [_first, _after)
        self._after = 0
        self._known_until = 0  # beyond `_after`: silence up to a chunk that waits
        self._next = 0  # the sample that will be read next
        self._has_ended = False
        self._is_waiting = False
        self._is_closed = False

    # -- the decoder's side --------------------------------------------------------------------------------------------

    def begin(self, generation: int, media_time: float) -> None:
        """Forget everything; chunks of this generation follow, to be heard from `media_time` on."""
        with self._changed:
            self._generation = generation
            self._first = self._after = self._known_until = self._next = round(media_time * self._rate)
            self._has_ended = False
            self._changed.notify_all()

    def put(self, generation: int, media_time: float, samples: Samples) -> bool:
        """Keep a chunk, (n, 2); blocks while there is enough. False: that generation is over."""
        with self._changed:
            if self._is_over(generation):
                return False
            start = round(media_time * self._rate)
            if abs(start - self._after) <= TOLERANCE * self._rate and self._after > self._first:
                start = self._after
            samples = samples[max(0, self._after - start) :]  # heard already, or before the place that was sought
            start = max(start, self._after)
            for piece in range(0, len(samples), self._rate // 4):
                if not self._put_when_wanted(generation, start + piece, samples[piece : piece + self._rate // 4]):
                    return False
            return True

    def end(self, generation: int) -> None:
        """No more chunks: the end of the film."""
        with self._changed:
            self._has_ended = self._has_ended or generation == self._generation

    def close(self) -> None:
        """Whoever waits in `put` is let go."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _is_over(self, generation: int) -> bool:
        return self._is_closed or generation != self._generation

    def _put_when_wanted(self, generation: int, start: int, samples: Samples) -> bool:
        end = start + len(samples)
        if end - self._next > MOST_AHEAD * self._rate:
            self._known_until = max(self._known_until, start)
            self._is_waiting = True
            while end - self._next > RESUMED_BELOW * self._rate and not self._is_over(generation):
                self._changed.wait()
            self._is_waiting = False
        if self._is_over(generation):
            return False
        if start > self._after:
            self._write(max(self._after, start - SIZE), None, start)
        self._write(start, samples, end)
        self._first = max(self._first, end - SIZE)
        self._after = end
        self._known_until = max(self._known_until, end)
        return True

    def _write(self, start: int, samples: Samples | None, end: int) -> None:
        at, count = start % SIZE, end - start
        until_wrap = min(count, SIZE - at)
        if samples is None:
            self._samples[at : at + until_wrap] = 0.0
            self._samples[: count - until_wrap] = 0.0
        else:
            self._samples[at : at + until_wrap] = samples[:until_wrap]
            self._samples[: count - until_wrap] = samples[until_wrap:]

    # -- the feeder's side ---------------------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """Of the chunks that are kept; -1 before the first."""
        with self._changed:
            return self._generation

    def read(self, start: int, count: int) -> Samples:
        """Samples by number, silence where none are kept. A copy."""
        values = np.zeros((count, 2), np.float32)
        with self._changed:
            first, after = max(start, self._first), min(start + count, self._after)
            if first < after:
                at, kept = first % SIZE, after - first
                until_wrap = min(kept, SIZE - at)
                values[first - start : first - start + until_wrap] = self._samples[at : at + until_wrap]
                values[first - start + until_wrap : after - start] = self._samples[: kept - until_wrap]
        return values

    def has(self, start: float, end: float) -> bool:
        """Whether these samples are here, or known to be silence, or beyond the end of the film."""
        with self._changed:
            is_complete = end <= self._known_until or (self._has_ended and start < self._known_until)
            return self._first - 1 <= start and is_complete

    @property
    def until(self) -> int:
        """The first sample that is not known yet."""
        with self._changed:
            return self._known_until

    def advance(self, position: float) -> None:
        """What will be read next: the decoder may go on so far ahead of it."""
        with self._changed:
            self._next = int(position)
            if self._is_waiting and self._known_until - self._next <= RESUMED_BELOW * self._rate:
                self._changed.notify_all()

    def ahead(self) -> float:
        """Sound that has not been read, s."""
        with self._changed:
            return max(0, self._known_until - self._next) / self._rate

    def end_of_film(self) -> float | None:
        """Media time of the last sample's end, s; None as long as chunks may follow."""
        with self._changed:
            return self._known_until / self._rate if self._has_ended else None
