"""The film's sound as a stream of samples at any speed, with the media position of each.

A voice is placed, then asked for samples. At the timeline's own speed (within half a per cent) it interpolates;
beyond, it plays pieces of the recording at their own speed (player/core/stretching.py). Changing between the two
costs and loses nothing.
"""

from __future__ import annotations

import math

import numpy as np

from player.core import resampling, stretching
from player.core.resampling import AFTER, BEFORE, Samples
from player.core.stretching import StretchPolicy
from player.media.sound_store import SoundStore

SPARE = AFTER + 2  # samples that an interpolation reads beyond its last position


class SoundVoice:
    """Owned by the feeder's thread. Positions are numbers of samples in the film, fractional."""

    def __init__(self, store: SoundStore, policy: StretchPolicy | None = None) -> None:
        self._store = store
        self._policy = policy or StretchPolicy()
        self._place = 0.0  # in the recording, of the next sample that has not been made
        self._made = np.zeros((0, 2), np.float32)  # of a piece, not yet given out
        self._is_stretching = False
        self._speed = 1.0
        self.position = 0.0  # where the next sample given out should be counted
        self.shift = 0.0  # how far the piece that is given out lies from where it is counted, in its middle

    def place(self, position: float, speed: float = 1.0) -> None:
        """Go on from there."""
        self.position = self._place = position
        self._made = self._made[:0]
        self._is_stretching = False
        self._speed = speed
        self.shift = 0.0

    def needs(self, count: int, speed: float, *, is_stretched: bool) -> float:
        """The end of what making `count` more samples may read."""
        policy = self._policy
        # a piece is made whole, and lies half its own length from where it is counted
        piece = 2 * policy.piece * max(1.0, speed) + 2 * policy.search + policy.join
        return self.position + count * speed + (piece if is_stretched or self._is_stretching else SPARE)

    def make(self, count: int, speed: float, rate: float, *, is_stretched: bool) -> Samples:
        """The next `count` samples, at `speed` samples of the film a sample; without pieces it is reached evenly over
        them.

        `rate` is the room's, from which pieces get their grid."""
        parts: list[Samples] = []
        missing = count
        while missing:
            if len(self._made):
                part, self._made = self._made[:missing], self._made[missing:]
                self.position += len(part) * (speed if self._is_stretching else 1.0)
                if not len(self._made) and not self._is_stretching:
                    self.position = self._place  # a stretch was left: from here on both are one
            elif is_stretched:
                self._make_piece(speed, rate)
                continue
            elif self._is_stretching:
                self._leave()
                continue
            else:
                part = self._interpolated(missing, speed)
            parts.append(part)
            missing -= len(part)
        self._speed = speed
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _interpolated(self, count: int, speed: float) -> Samples:
        positions = resampling.positions_of(self._place, self._speed, speed, count)
        after = resampling.position_after(self._place, self._speed, speed, count)
        if self._speed == speed == 1.0 and self._place.is_integer():
            part = self._store.read(int(self._place), count)
        else:
            first = math.floor(self._place) - BEFORE
            recording = self._store.read(first, math.floor(positions[-1]) + AFTER + 1 - first)
            part = resampling.interpolate(recording, positions - first)
        self._speed = speed
        self.position = self._place = after
        return part

    def _continuation(self, count: int) -> Samples:
        """What the recording has next, from a place that may be fractional."""
        if self._place.is_integer():
            return self._store.read(int(self._place), count)
        first = math.floor(self._place) - BEFORE
        recording = self._store.read(first, count + BEFORE + SPARE)
        return resampling.interpolate(recording, self._place - first + np.arange(count, dtype=np.float64))

    def _make_piece(self, speed: float, rate: float) -> None:
        piece = stretching.next_piece(self._policy, self.position, speed, rate)
        self._is_stretching = True
        self._join(round(piece.wanted), piece.length)

    def _leave(self) -> None:
        self._is_stretching = False
        self._speed = 1.0
        self._join(round(self.position), self._policy.join)
        self.position = self._place - self._policy.join
        self.shift = 0.0

    def _join(self, wanted: int, length: int) -> None:
        """Cross over to near `wanted`, and make `length` samples from there."""
        policy = self._policy
        out = self._continuation(policy.join)
        field = self._store.read(wanted - policy.search, policy.join + 2 * policy.search)
        shift = stretching.best_shift(policy, out, field)
        start = wanted + shift
        made = self._store.read(start, length)
        weights = stretching.fade(policy.join)
        made[: policy.join] *= weights
        made[: policy.join] += out * (1.0 - weights)
        self._made = made
        self._place = float(start + length)
        self.shift = float(shift)
