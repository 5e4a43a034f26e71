"""What a clock exchange tells: the offset of the authority's clock, its skew, and how wrong both may be.

`ClockEstimator` keeps the rows of the last 10 min and refits their floors with every sample (floors.py says how).
Around the fit it watches for what one straight line cannot say:

- *A step* (this machine slept, a virtual machine was moved): exchanges contradict the line by arriving before they
  can have been sent. One alone is not believed, since an exchange in flight while the lid closed looks so; two in a row
  that agree begin a new estimate, which keeps the skew. Until the second comes the dispersion covers the first.
- *A longer route*: one direction lies above its former self for 35 s and more. What it is longer by is subtracted from
  it, so the other direction carries the time on; when rows come in below that floor, it is given back.
- *A bend* (a machine warms up): one line fits the whole window worse than a shorter one, which then is used.

The dispersion is the sum of how well the floors are seen, how far a nearly as good skew would lead, what shorter
windows disagree about, what few samples cannot know, and age. On paths whose directions have equal floors it holds for
more than 99 % of the instants (tests/bench/clock_paths.py). What no estimator can see is a constant difference between
the two floors: half of it comes on top.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from server.core.floors import Floors, Prior, Rows, fit_floors
from server.core.routes import Route, added_lengths, are_sure

_FAR = 1e12  # s; no clock reads that

Row = tuple[float, float, float, float]
"""t0, t1 - t0, t3, t2 - t3, relative to the estimator's origin."""


@dataclass(frozen=True, slots=True)
class EstimatorPolicy:
    """When the one straight line is doubted, and what its dispersion is made of. Seconds."""

    window: float = 600.0  # longer, and the wander of a crystal costs more than noise
    shorter: tuple[float, ...] = (200.0, 70.0)
    shortest_rows: int = 10  # a window with fewer is no judge
    bend_least: float = 0.03e-3  # worse fit of the longer window that is put up with, and a spread of the shorter one
    longest_delay: float = 30.0  # an answer that took longer says nothing
    jolt: float = 0.5e-3  # a row below its floor by less than this and two spreads moves the floor, no more
    jump: float = 10e-3  # that and four spreads below the floor, the other direction as much above: the clock jumped
    settled: float = 100.0  # after so long the skew is worth keeping over a step
    settled_deviation: float = 5e-6  # a machine that slept is colder
    base: float = 0.15e-3  # late stamps, the wire's microseconds, wander within a window
    spread_share: float = 1.1
    reach_share: float = 0.8
    disagreement_share: float = 0.8
    few: float = 0.9  # share of the delay that one sample may be wrong by; with n samples, a part of n
    growth: float = 3e-6  # s per s without a sample: what a crystal does meanwhile


POLICY = EstimatorPolicy()


class ClockEstimator:
    """Room time minus local time, from exchanges in order of arrival. Float seconds throughout.

    Mutable, and of one thread. A sample that cannot be (not finite, answered before asked) is ignored."""

    def __init__(self, policy: EstimatorPolicy = POLICY) -> None:
        self._policy = policy
        self._origin = self._base = 0.0  # of local time and of the offset
        self._prior = Prior()
        self._count = 0
        self._begin()

    def _begin(self) -> None:
        self._rows = Rows()
        self._floors: Floors | None = None
        self._disagreement = 0.0
        self._routes = (Route(), Route())
        self._pinned: float | None = None  # the start of the window while a run goes on
        self._suspect: Row | None = None
        self._doubt = 0.0

    # -- what is known ------------------------------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many samples have been received and were not nonsense."""
        return self._count

    @property
    def skew(self) -> float:
        """Room seconds per local second, minus 1."""
        return 0.0 if self._floors is None else self._floors.skew

    @property
    def delay(self) -> float | None:
        """Least round-trip delay of the last minutes, s; None before the first sample."""
        return None if self._floors is None else self._floors.delay

    def offset_at(self, local_time: float) -> float:
        """Room time minus local time at an instant of local time, s; 0 before the first sample."""
        if self._floors is None:
            return 0.0
        return self._base + self._floors.offset_at(local_time - self._origin)

    def dispersion_at(self, local_time: float) -> float:
        """Bound of the error of `offset_at`, s; infinite before the first sample."""
        floors, policy = self._floors, self._policy
        if floors is None:
            return math.inf
        age = max(0.0, local_time - self._origin - floors.at)
        few = floors.delay * min(0.5, policy.few * (1.0 / floors.count + 2.0 / floors.count**2))
        return (
            policy.base
            + policy.spread_share * floors.spread
            + policy.reach_share * floors.reach
            + policy.disagreement_share * self._disagreement
            + few
            + age * (policy.growth + floors.skew_reach)
            + self._doubt
        )

    # -- what is learnt -----------------------------------------------------------------------------------------------

    def receive_sample(self, t0: float, t1: float, t2: float, t3: float) -> None:
        """One exchange: client send and receive (t0, t3) in local time, authority's receive and reply (t1, t2) in room
        time, s. In order of arrival; t0 need not ascend."""
        if not all(abs(stamp) < _FAR for stamp in (t0, t1, t2, t3)):
            return
        if t2 < t1 or not 0.0 <= (t3 - t0) - (t2 - t1) <= self._policy.longest_delay:
            return
        if self._count == 0:
            self._origin, self._base = t3, ((t1 - t0) + (t2 - t3)) / 2.0
        self._count += 1
        row = (t0 - self._origin, t1 - t0 - self._base, t3 - self._origin, t2 - t3 - self._base)
        below = self._below(row)
        if below == 0.0:
            self._suspect, self._doubt = None, 0.0
            self._take(row)
        elif self._suspect is None or not self._agree(self._suspect, row):
            self._suspect, self._doubt = row, below
        else:
            first, self._suspect, self._doubt = self._suspect, None, 0.0
            self._believe(first, row)

    def _take(self, *rows: Row) -> None:
        for row in rows:
            self._rows = self._rows.added(row, (self._routes[0].extra, self._routes[1].extra), self._policy.window)
            for route in self._routes:
                route.row_added()
        self._fit()
        self._watch_routes()

    def _fit(self) -> None:
        """The longest window that one line fits as well as the shorter ones do."""
        policy, rows = self._policy, self._rows
        at = float(rows.read.max())
        near = None if self._floors is None or self._floors.count < policy.shortest_rows else self._floors.skew
        if self._pinned is not None:
            self._floors = fit_floors(rows.since(self._pinned), at, self._prior, near)
            return
        fits = [fit_floors(rows, at, self._prior, near)]
        for window in policy.shorter:
            recent = rows.since(at - window)
            if policy.shortest_rows <= len(recent) < len(rows):
                fits.append(fit_floors(recent, at, Prior(fits[0].skew), fits[0].skew))
        while len(fits) > 1 and any(
            fits[0].misfit > shorter.misfit + shorter.spread + policy.bend_least for shorter in fits[1:]
        ):
            del fits[0]
        self._floors = fits[0]
        self._disagreement = max(abs(each.offset - fits[0].offset) for each in fits)

    # -- steps --------------------------------------------------------------------------------------------------------

    def _excess(self, row: Row) -> tuple[float, float]:
        """What the two ways of a row took beyond the floors, s, up and down."""
        floors = self._floors
        assert floors is not None
        up = row[1] - floors.offset_at(row[0]) - floors.floor - self._routes[0].extra
        down = floors.offset_at(row[2]) - row[3] - floors.floor - self._routes[1].extra
        return up, down

    def _tolerance(self, time: float) -> float:
        """How far below its floor a row may lie and be nothing but a better floor, s."""
        floors = self._floors
        assert floors is not None
        age = max(0.0, time - floors.at)
        few = 0.0 if any(route.extra for route in self._routes) else floors.delay / floors.count
        return self._policy.jolt + 2.0 * (floors.spread + few + age * floors.skew_reach)

    def _below(self, row: Row) -> float:
        """How far a row contradicts the floors, s; 0: it does not."""
        if self._floors is None or self._floors.count < 3:
            return 0.0
        least = min(self._excess(row))
        return -least if least < -self._tolerance(row[2]) else 0.0

    def _is_shorter(self, row: Row) -> bool:
        """Its round trip took less than both floors together."""
        return sum(self._excess(row)) < -self._tolerance(row[2]) / 2.0

    def _agree(self, first: Row, second: Row) -> bool:
        """One offset explains both, and so does one path. One alone with a short round trip was under way when the
        clock stood: half of it is in the clock's old time."""
        is_possible = max(first[3], second[3]) <= min(first[1], second[1])
        return is_possible and self._is_shorter(first) == self._is_shorter(second)

    def _believe(self, first: Row, second: Row) -> None:
        """Two exchanges in a row contradict the floors in the same way."""
        floors, policy = self._floors, self._policy
        assert floors is not None
        rows, tolerance = (first, second), self._tolerance(second[2])
        ups, downs = zip(*(self._excess(row) for row in rows), strict=True)
        below = -min(*ups, *downs)
        is_before = any(row[1] < floors.offset_at(row[0]) or row[3] > floors.offset_at(row[2]) for row in rows)
        is_shorter = self._is_shorter(first)
        if not is_before and any(route.extra for route in self._routes):
            for direction, excesses in enumerate((ups, downs)):
                if self._routes[direction].extra and min(excesses) < -tolerance:
                    self._set_route(direction, self._routes[direction].count, 0.0)
        elif is_before or (not is_shorter and below > policy.jump + 4.0 * floors.spread):
            if floors.at - floors.since > policy.settled:
                self._prior = Prior(floors.skew, policy.settled_deviation)
            self._begin()
        self._take(*rows)

    # -- routes -------------------------------------------------------------------------------------------------------

    def _set_route(self, direction: int, count: int, extra: float) -> None:
        self._rows = self._rows.with_extra(direction, count, extra)
        self._routes[direction].extra, self._routes[direction].count = extra, count if extra else 0

    def _watch_routes(self) -> None:
        floors = self._floors
        assert floors is not None
        rows = self._rows.last(floors.count)  # the line says nothing about those before
        ups = rows.upper - floors.offset - floors.skew * (rows.sent - floors.at) - floors.floor
        downs = floors.offset + floors.skew * (rows.read - floors.at) - rows.lower - floors.floor
        for route, excesses in zip(self._routes, (ups, downs), strict=True):
            route.watch(excesses)
        if are_sure(self._routes, (ups, downs), rows.read):
            for direction, longer in enumerate(added_lengths(self._routes, (ups, downs))):
                if longer:
                    route = self._routes[direction]
                    self._set_route(direction, route.run, route.extra + longer)
                    route.run = 0
            self._pinned = None
            self._fit()
        else:
            self._pinned = floors.since - 1e-6 if any(route.run for route in self._routes) else None
