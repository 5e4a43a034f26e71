"""Whether one direction of a path has become longer for good, told from how much its rows exceed its floor.

A longer route, a queue and plain bad luck all look like high rows. The three differ in time: luck does not last, a
queue ends or drains, a route stays as it is. So a *run* of rows that are all above what is usual is first only noticed,
and taken for a route when it has lasted and is level. What is usual is a quantile of the other rows with much room:
taking correlated jitter for a route costs more than taking a route for jitter (facts of tests/bench/clock_paths.py: a
threshold of 0.5 ms instead of 3 ms trebles the error of a wide-area path).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from server.core.floors import Numbers, distance_of_edges


@dataclass(frozen=True, slots=True)
class RoutePolicy:
    """When rows are a run, and a run a route. Seconds and counts of rows."""

    # the least rows, the quantile of the others that they are all above, and how much above 1.5 times that: the more
    # rows, the lower; in the last, more than cells of a mobile network differ by
    runs: tuple[tuple[int, float, float], ...] = ((12, 0.9, 3e-3), (30, 0.5, 3e-3), (60, 0.2, 10e-3))
    factor: float = 1.5
    rows: int = 60  # of a run that is level: a route
    time: float = 400.0  # or so long, level or not: its rows are soon the only ones
    level: float = 0.25  # the thirds of a run, or both directions, differ by at most this part


POLICY = RoutePolicy()


@dataclass(slots=True)
class Route:
    """What is known of one direction's route: what it is longer by than it was, s, and in how many of the last rows.

    `run`: so many of the last rows lie above `limit`, s, and may be of a longer one. They are left as they are: high
    rows hold no line, so neither a queue that drains nor a first guess of the length can bend it."""

    extra: float = 0.0
    count: int = 0
    run: int = 0
    limit: float = 0.0

    def row_added(self) -> None:
        self.count += self.count > 0
        self.run += self.run > 0

    def watch(self, excesses: Numbers) -> None:
        """Find out about the run from what all rows exceed the floor by, s, in order of arrival."""
        if self.run >= len(excesses) or (self.run and excesses[-self.run :].min() <= self.limit):
            self.run = 0  # nothing is left to compare with, or it was a queue
        if not self.run:
            self.run, self.limit = _run_of(excesses)
        if self.run:
            self.run -= _strays(excesses[-self.run :])


def are_sure(routes: tuple[Route, Route], excesses: tuple[Numbers, Numbers], read: Numbers) -> bool:
    """A run has lasted, and all runs are level: what they are longer by can be measured. `read`: the rows' times, s."""
    runs = [rows[-route.run :] for route, rows in zip(routes, excesses, strict=True) if route.run]
    longest = max((len(run) for run in runs), default=0)
    if longest == 0:
        return False
    return read[-1] - read[-longest] >= POLICY.time or (longest >= POLICY.rows and all(map(_is_level, runs)))


def added_lengths(routes: tuple[Route, Route], excesses: tuple[Numbers, Numbers]) -> tuple[float, float]:
    """What the runs of the two directions are longer by, s; 0 without a run. If both are and by about as much, the new
    path is as even as the old one."""
    up, down = (
        distance_of_edges(rows[: -route.run], rows[-route.run :]) if route.run else 0.0
        for route, rows in zip(routes, excesses, strict=True)
    )
    mean = (up + down) / 2.0
    return (mean, mean) if up and down and abs(up - down) < POLICY.level * mean else (up, down)


def _strays(run: Numbers) -> int:
    """How many rows at the beginning of a run are not of it: high by chance, or a queue that was still filling."""
    third = len(run) // 3
    low = (1.0 - POLICY.level) * float(run[third:].min())
    return int(np.flatnonzero(np.concatenate([[True], run[:third] < low]))[-1])


def _is_level(run: Numbers) -> bool:
    lows = [float(np.sort(part)[:2].mean()) for part in np.array_split(run, 3)]
    return max(lows) - min(lows) < POLICY.level * max(lows)


def _run_of(excesses: Numbers) -> tuple[int, float]:
    """How many of the last rows lie above all that is usual, and what that is, s; (0, 0.0): too few to tell."""
    for least, quantile, more in POLICY.runs:
        lowest = excesses[-least:].min()
        if len(excesses) >= 2 * least and lowest > more:
            usual = max(0.0, float(np.quantile(excesses[:-least], quantile)))
            limit = POLICY.factor * usual + more
            if lowest > limit:
                lower = np.flatnonzero(excesses <= limit)
                return len(excesses) - 1 - int(lower[-1]), limit
    return 0, 0.0
