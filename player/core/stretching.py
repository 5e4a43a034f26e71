"""Playing faster or slower with the pitch kept: where to cut the recording and how to join the pieces.

Waveform-similarity overlap-add (W. Verhelst and M. Roelands, ICASSP 1993): the recording is played in pieces at its
own speed, and every piece begins near where it should, at the place whose first milliseconds look most like what
would have come next. It is done here and not by FFmpeg's `atempo` because each sample's position in the recording
stays a number that we own: entering is an ordinary join away from where the sound is, leaving is one towards where it
should be, so neither needs latency to be filled or flushed, nothing is lost or repeated, and a change of speed can be
made at any sample.

Pieces begin at multiples of a grid in *media* time, so that two players of one film at one speed cut it at the same
places.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from player.core.resampling import Samples


@dataclass(frozen=True, slots=True)
class StretchPolicy:
    """In samples of 48 kHz. A piece must hold a few periods of the lowest voice (80 Hz: 600 samples) and be shorter
    than a syllable; the search must reach half such a period to either side."""

    join: int = 480  # 10 ms cross-fade
    search: int = 384  # 8 ms to either side of where a piece should begin
    piece: int = 1680  # 35 ms from join to join
    shortest: int = 960  # 20 ms: a join, and as much again unmixed
    coarse: int = 4  # the search looks at every fourth sample first
    preference: float = 0.1  # likeness that the farthest place must have more than the wanted one


@dataclass(frozen=True, slots=True)
class Piece:
    """Where the next piece should begin (samples of the recording) and how many output samples it lasts."""

    wanted: float
    length: int


def next_piece(policy: StretchPolicy, position: float, speed: float, rate: float) -> Piece:
    """The piece that begins when the sound should be at `position`, at `speed` samples of recording a sample.

    `rate` is the room's speed, from which the grid comes. The piece's *middle* is where it should be, as a piece
    plays at its own speed."""
    grid = max(policy.piece * rate, 1.0)
    ends = grid * (math.floor(position / grid) + 1)
    length = round((ends - position) / speed)
    if length < policy.shortest:
        length = round((ends + grid - position) / speed)
    length = max(length, policy.shortest)
    return Piece(wanted=position + length / 2 * (speed - 1.0), length=length)


def best_shift(policy: StretchPolicy, expected: Samples, found: Samples) -> int:
    """How far from the wanted place the next piece should begin, -search..search.

    `expected`: the `join` samples that would come next; `found`: the recording from `search` before the wanted place,
    `join` + 2 x `search` samples. Silence and ties go to the wanted place."""
    mixed = expected.sum(axis=1)
    apart = expected[:, 0] - expected[:, 1]
    mix = np.array([1.0, 1.0 if mixed @ mixed >= apart @ apart else -1.0], np.float32)  # channels may cancel out
    pattern, field = expected @ mix, found @ mix
    step = policy.coarse
    # summing `step` samples is a low pass good enough for a first look
    rough_pattern = pattern[: len(pattern) // step * step].reshape(-1, step).sum(axis=1)
    rough_field = field[: len(field) // step * step].reshape(-1, step).sum(axis=1)
    likeness = _likeness(rough_pattern, rough_field)
    places = np.arange(len(likeness)) * step - policy.search
    rough = int(np.argmax(likeness - policy.preference * (places / policy.search) ** 2)) * step
    first = max(0, rough - step)
    last = min(2 * policy.search, rough + step)
    likeness = _likeness(pattern, field[first : last + len(pattern)])
    places = np.arange(first, last + 1) - policy.search
    return int(places[np.argmax(likeness - policy.preference * (places / policy.search) ** 2)])


def _likeness(pattern: npt.NDArray[np.float32], field: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Normalised correlation, -1..1, of the pattern with each place of the field; 0 where one of them is silent."""
    products = np.correlate(field, pattern, "valid").astype(np.float64)
    sums = np.concatenate(([0.0], np.cumsum(np.square(field, dtype=np.float64))))
    energy = (sums[len(pattern) :] - sums[: -len(pattern)]) * float(np.square(pattern, dtype=np.float64).sum())
    return products / np.sqrt(np.maximum(energy, 1e-12))


def fade(count: int) -> npt.NDArray[np.float32]:
    """Weights of what comes in, shape (count, 1), from nearly 0 to nearly 1: half a cosine, which has no corner."""
    weights: npt.NDArray[np.float32] = (0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / count)).astype(np.float32)
    return weights[:, None]
