"""What a meter saw on the screen, and what two players' pictures are worth against each other.

The meter (`glass.py`, `matinee_rig.py`) writes each change of a picture as (monotonic s, "A" or "B", frame number).
Media time runs evenly from one frame to the next while frames follow each other, and stands before a jump.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
GRID = 0.005  # s between two instants that are compared
STILL = 0.25  # s without a new frame: the picture stands
FOLLOWS = 8  # frames: a longer step is a jump


@dataclass(frozen=True, slots=True)
class Picture:
    """When one player's frames came up: `times` in s, ascending, and their numbers."""

    times: Floats
    frames: Floats
    fps: float

    def media_times(self, at: Floats) -> Floats:
        """Media time at instants, s; nan before the first frame."""
        if not len(self.times):
            return np.full(len(at), np.nan)
        index = np.searchsorted(self.times, at, side="right") - 1
        here = np.clip(index, 0, None)
        after = np.minimum(here + 1, len(self.times) - 1)
        step = self.frames[after] - self.frames[here]
        runs = (step > 0) & (step <= FOLLOWS)
        span = np.where(runs, self.times[after] - self.times[here], 1.0)
        # A frame that came late: time stands, then runs for the frame's own duration.
        lasts = np.minimum(span, 2.5 * step / self.fps) if len(step) else span
        lasts = np.where(span > lasts, step / self.fps, span)
        share = 1.0 - np.clip((self.times[after] - at) / np.where(runs, lasts, 1.0), 0.0, 1.0)
        media = (self.frames[here] + np.where(runs, share * step, 0.0)) / self.fps
        return np.where(index >= 0, media, np.nan)

    def moves(self, at: Floats) -> npt.NDArray[np.bool_]:
        """Where the picture is running."""
        if len(self.times) < 2:
            return np.zeros(len(at), bool)
        index = np.clip(np.searchsorted(self.times, at, side="right") - 1, 0, len(self.times) - 2)
        step = self.frames[index + 1] - self.frames[index]
        soon = self.times[index + 1] - self.times[index] <= STILL
        moving: npt.NDArray[np.bool_] = (step > 0) & (step <= FOLLOWS) & soon & (at < self.times[-1])
        return moving

    def runs_from(self, after: float) -> float | None:
        """The first instant after `after` at which a frame came up and the next followed soon."""
        steps, spans = np.diff(self.frames), np.diff(self.times)
        begins = (steps > 0) & (steps <= FOLLOWS) & (spans <= STILL) & (self.times[:-1] > after)
        found = np.flatnonzero(begins)
        return float(self.times[found[0]]) if len(found) else None


def read_trace(trace: dict[str, Any]) -> tuple[Picture, Picture]:
    """Both pictures of a meter's JSON."""
    fps = float(trace["fps"])
    found = []
    for name in trace["players"][:2]:
        mine = [(time, frame) for time, player, frame in trace["events"] if player == name]
        found.append(Picture(np.array([t for t, _ in mine], float), np.array([n for _, n in mine], float), fps))
    return found[0], found[1]


def differences(a: Picture, b: Picture, begin: float, end: float) -> Floats:
    """A's media time minus B's while either runs, s, on a grid between two instants."""
    at = np.arange(begin, end, GRID)
    apart = a.media_times(at) - b.media_times(at)
    return np.asarray(apart[(a.moves(at) | b.moves(at)) & np.isfinite(apart)])


def together_from(a: Picture, b: Picture, begin: float, end: float, *, within: float, lasting: float) -> float | None:
    """The first instant from which both run less than `within` s apart for at least `lasting` s."""
    at = np.arange(begin, end, GRID)
    apart = np.abs(a.media_times(at) - b.media_times(at))
    good = (apart < within) & a.moves(at) & b.moves(at)
    need = round(lasting / GRID)
    count = np.convolve(good.astype(int), np.ones(need, int), "valid") if len(good) >= need else np.array([])
    found = np.flatnonzero(count == need)
    return float(at[found[0]]) if len(found) else None
