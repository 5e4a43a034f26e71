"""How wrong the clock is: `python -m tests.bench.clock_paths [SEEDS] [PATH ...]`.

Simulated paths of 20 min each, several seeds a path. Judged once a second after the first 10 s: median, p95 and most
of the absolute error in ms, the median of the dispersion in ms, and the share of the instants in which the error was
within it. On paths whose floors differ half the difference so far is granted on top, for no estimator can see it.
"slewed" is the room clock: what sound and picture are played by.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from player.core.clock import RoomClock
from server.core.estimator import ClockEstimator
from tests.fakes.networks import PATHS
from tests.fakes.paths import Estimating, judge


class Average:
    """A plain smoothed average of the offsets: the textbook's first idea."""

    def __init__(self) -> None:
        self._offset: float | None = None

    def receive_sample(self, t0: float, t1: float, t2: float, t3: float) -> None:
        offset = ((t1 - t0) + (t2 - t3)) / 2.0
        self._offset = offset if self._offset is None else self._offset + 0.1 * (offset - self._offset)

    def offset_at(self, local_time: float) -> float:
        return self._offset or 0.0

    def dispersion_at(self, local_time: float) -> float:
        return float("nan")


class Lowest:
    """The offset of the least round-trip delay of the last eight, as NTP's clock filter chooses."""

    def __init__(self) -> None:
        self._last: list[tuple[float, float]] = []

    def receive_sample(self, t0: float, t1: float, t2: float, t3: float) -> None:
        self._last = [*self._last[-7:], ((t3 - t0) - (t2 - t1), ((t1 - t0) + (t2 - t3)) / 2.0)]

    def offset_at(self, local_time: float) -> float:
        return min(self._last)[1]

    def dispersion_at(self, local_time: float) -> float:
        return min(self._last)[0] / 2.0


class Weighted:
    """Least squares of offset and skew over 10 min, each sample weighted by its excess delay and age."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, float, float]] = []
        self._line = (0.0, 0.0, 0.0)

    def receive_sample(self, t0: float, t1: float, t2: float, t3: float) -> None:
        self._rows.append((t3, (t3 - t0) - (t2 - t1), ((t1 - t0) + (t2 - t3)) / 2.0))
        self._rows = [row for row in self._rows if row[0] > t3 - 600.0]
        rows: NDArray[np.float64] = np.array(self._rows)
        ages, offsets = rows[:, 0] - t3, rows[:, 2] - rows[0, 2]
        weights = (1e-4 + (rows[:, 1] - rows[:, 1].min()) / 2.0 - 1e-6 * ages) ** -2
        moment = (weights * ages).sum()
        normal = np.array([[weights.sum(), moment], [moment, (weights * ages**2).sum() + 30e-6**-2]])
        offset, skew = np.linalg.solve(normal, np.array([(weights * offsets).sum(), (weights * ages * offsets).sum()]))
        self._line = (t3, rows[0, 2] + offset, skew)

    def offset_at(self, local_time: float) -> float:
        at, offset, skew = self._line
        return offset + skew * (local_time - at)

    def dispersion_at(self, local_time: float) -> float:
        return float("nan")


class Slewed:
    """The room clock, asked for its line whenever a sample has come."""

    def __init__(self) -> None:
        self._clock = RoomClock()

    def receive_sample(self, t0: float, t1: float, t2: float, t3: float) -> None:
        self._clock.receive_sample(t0, t1, t2, t3, "epoch")
        self._clock.line(t3)

    def offset_at(self, local_time: float) -> float:
        return self._clock.offset_at(local_time)

    def dispersion_at(self, local_time: float) -> float:
        return self._clock.dispersion_at(local_time)


METHODS: dict[str, Callable[[], Estimating]] = {
    "average": Average,
    "lowest of 8": Lowest,
    "weighted fit": Weighted,
    "floors": ClockEstimator,
    "slewed": Slewed,
}


def row(make: Callable[[], Estimating], path: str, seeds: int) -> str:
    """One method on all runs of one path."""
    runs = [judge(make(), PATHS[path](seed), seed) for seed in range(seeds)]
    errors = 1e3 * np.concatenate([run.errors for run in runs])
    text = f"{np.median(errors):9.3f} {np.percentile(errors, 95):9.3f} {errors.max():10.2f}"
    bound = 1e3 * float(np.median(np.concatenate([run.dispersions for run in runs])))
    if np.isnan(bound):
        return text
    held = [run.held for run in runs]
    return f"{text} {bound:11.2f}   {np.mean(held):6.4f} (worst run {min(held):6.4f})"


def main(seeds: int = 4, *names: str) -> None:
    """Print the table."""
    print(f"{'path':12s}{'method':12s} {'p50':>9s} {'p95':>9s} {'max':>10s}  dispersion   held")
    for name in names or PATHS:
        for label, make in METHODS.items():
            print(f"{name:12s}{label:12s} {row(make, name, seeds)}", flush=True)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(int(arguments[0]) if arguments else 4, *arguments[1:])
