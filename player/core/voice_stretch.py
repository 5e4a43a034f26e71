"""20 ms of a voice made some milliseconds shorter or longer without a click, and two voices joined.

The piece is cut where it resembles itself a little later, which in a vowel is one period of the pitch; the cut is a
cross-fade. The same idea as in `player.core.stretching`, for one packet alone: nothing is looked up outside of it, so
nothing has to wait. Where nothing is said, any cut will do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float32]
"""Mono at 48 kHz, shape (n,), 1.0 is full scale."""


@dataclass(frozen=True, slots=True)
class VoiceStretchPolicy:
    """In samples of 48 kHz."""

    fade: int = 240  # 5 ms
    least: int = 120  # 2.5 ms: a pitch of 400 Hz
    most: int = 720  # 15 ms: one of 67 Hz
    coarse: int = 4  # the search looks at every fourth sample first
    alike: float = 0.6  # likeness from which a cut is not heard
    quiet: float = 0.003  # RMS below which nothing is said: -50 dBFS


def loudness(sound: Sound) -> float:
    """RMS, 0..1."""
    return math.sqrt(float(np.dot(sound, sound)) / len(sound)) if len(sound) else 0.0


def cut_of(policy: VoiceStretchPolicy, sound: Sound, longest: int, must: bool) -> int:
    """After how many samples, `longest` at most, the piece resembles its beginning; 0: not enough. `must`: the best
    cut that there is."""
    most = min(policy.most, longest) // policy.coarse * policy.coarse
    if len(sound) < most + policy.fade or most < policy.least:
        return 0
    if loudness(sound) < policy.quiet:
        return most
    step = policy.coarse
    rough = _likeness(
        sound[: policy.fade // step * step].reshape(-1, step).sum(axis=1),
        sound[: (most + policy.fade) // step * step].reshape(-1, step).sum(axis=1),
    )
    place = int(np.argmax(rough[policy.least // step :])) * step + policy.least // step * step
    first, last = max(policy.least, place - step), min(most, place + step)
    fine = _likeness(sound[: policy.fade], sound[first : last + policy.fade])
    best = int(np.argmax(fine))
    return first + best if must or fine[best] >= policy.alike else 0


def _likeness(pattern: Sound, field: Sound) -> npt.NDArray[np.float64]:
    """Normalised correlation, -1..1, of the pattern with each place of the field; 0 where one of them is silent."""
    products = np.correlate(field, pattern, "valid").astype(np.float64)
    sums = np.concatenate(([0.0], np.cumsum(np.square(field, dtype=np.float64))))
    energy = (sums[len(pattern) :] - sums[: -len(pattern)]) * float(np.square(pattern, dtype=np.float64).sum())
    likeness: npt.NDArray[np.float64] = products / np.sqrt(np.maximum(energy, 1e-12))
    return likeness


def _rise(count: int) -> Sound:
    """Weights of what comes in: half a cosine, which has no corner."""
    rise: Sound = (0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / count)).astype(np.float32)
    return rise


def shortened(policy: VoiceStretchPolicy, sound: Sound, cut: int) -> Sound:
    """Without `cut` samples, as `cut_of` found them: from its beginning over into what comes so much later."""
    later = sound[cut:].copy()
    later[: policy.fade] += (1.0 - _rise(policy.fade)) * (sound[: policy.fade] - later[: policy.fade])
    return later


def lengthened(policy: VoiceStretchPolicy, sound: Sound, cut: int) -> Sound:
    """With `cut` samples said twice: from what comes so much later back into its beginning."""
    again = sound.copy()
    again[: policy.fade] += (1.0 - _rise(policy.fade)) * (sound[cut : cut + policy.fade] - again[: policy.fade])
    return np.concatenate((sound[:cut], again))


def joined(policy: VoiceStretchPolicy, before: Sound, after: Sound) -> Sound:
    """`after`, faded into from `before`, which is what would have gone on in its place (empty: silence)."""
    count = min(policy.fade, len(after))
    result = after.copy()
    going = np.zeros(count, np.float32)
    going[: len(before[:count])] = before[:count]
    rise = _rise(count)
    result[:count] = result[:count] * rise + going * (1.0 - rise)
    return result
