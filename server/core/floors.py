"""The line of a clock between two clouds of one-way rows.

An exchange bounds the offset twice, for nothing travels in less than no time: it is below t1 - t0 (at t0: the request
took the rest) and above t2 - t3 (at t3: so did the reply). Both rows are kept, not their mean: delay is one-sided and
mostly in one direction at a time, so a reply that waited 100 ms for a Wi-Fi beacon still carries a perfect request.

For a skew b the *floors* are the lower edge of the upper rows and the upper edge of the lower rows, both seen along b.
The line runs halfway between them, and b is the one under which they are farthest apart (Moon, Skelly and Towsley,
INFOCOM 1999, for one direction), held to what crystals do by a prior. An edge is a soft minimum: its width is a part
of the distance from the lowest row to the sixth, so that it averages what is known to lie near the floor, and no more.
Measured against the mean of the two lowest rows: median error -15 to -30 %, p95 equal (tests/bench/clock_paths.py).

All of it is arithmetic on values. Times are seconds relative to an origin that the caller keeps: clocks of different
machines are 10^5 s and more apart, which nobody should square.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FloorsPolicy:
    """How floors are fitted. Seconds, and seconds per second."""

    rows_most: int = 512  # bounded memory whatever the client sends; 10 min of exchanges are 180
    rank: int = 6  # the spread of a floor is the distance to this row: 5 spacings of the density there
    width: float = 0.3  # of the soft minimum, in mean spreads; 0.1 to 0.5 is flat, 1 doubles the error
    least_width: float = 1e-6  # what the wire resolves
    ageing: float = 0.3e-6  # a row is loosened by this per second: crystals wander; 3e-6 hurts everywhere
    prior_weight: float = 0.05e-3  # what a skew of one prior deviation costs; twice as much hurts 200 ppm
    widest: float = 400e-6  # of the first search; crystals are within 100, virtual machines within 200
    nearest: float = 20e-6  # of the first search around a skew that was right a moment ago
    finest: float = 0.02e-6  # of the last search: 12 us over the window
    most_rounds: int = 40  # four as a rule; no skew that is farther away than all of them is a crystal's
    likely: float = 3.0  # spacings that a skew may cost and still be as good as the best one


POLICY = FloorsPolicy()


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known of the skew before any row: this, give or take."""

    skew: float = 0.0
    deviation: float = 30e-6  # half of all quartz is within 20 ppm


@dataclass(frozen=True, slots=True)
class Rows:
    """Exchanges in order of arrival. Columns of shape (n,): `sent` t0, `upper` t1 - t0, `read` t3, `lower` t2 - t3, and
    what longer routes add to each direction, which is subtracted from them."""

    table: Numbers = field(default_factory=lambda: np.empty((6, 0)))

    def __len__(self) -> int:
        return int(self.table.shape[1])

    @property
    def sent(self) -> Numbers:
        return self._row(0)

    @property
    def upper(self) -> Numbers:
        return self._row(1) - self._row(4)

    @property
    def read(self) -> Numbers:
        return self._row(2)

    @property
    def lower(self) -> Numbers:
        return self._row(3) + self._row(5)

    def _row(self, index: int) -> Numbers:
        row: Numbers = self.table[index]
        return row

    def added(self, row: tuple[float, float, float, float], extra: tuple[float, float], window: float) -> Rows:
        """With one more, and without what is older than the window before it."""
        column = np.array([*row, *extra]).reshape(6, 1)
        kept = self.table[:, self.table[2] > row[2] - window][:, 1 - POLICY.rows_most :]
        return Rows(np.concatenate([kept, column], axis=1))

    def since(self, read: float) -> Rows:
        """Those that arrived after an instant."""
        return Rows(self.table[:, self.table[2] > read])

    def last(self, count: int) -> Rows:
        """The last so many."""
        return Rows(self.table[:, -count:])

    def with_extra(self, direction: int, count: int, extra: float) -> Rows:
        """With another correction of a direction (0 up, 1 down) in the last `count` rows."""
        table = self.table.copy()
        table[4 + direction, max(0, len(self) - count) :] = extra
        return Rows(table)


@dataclass(frozen=True, slots=True)
class Floors:
    """The fit of some rows: room time minus local time is `offset` at `at` and grows by `skew` per second."""

    at: float
    offset: float
    skew: float
    floor: float  # one-way delay at both edges
    delay: float  # least round-trip delay of the rows
    spread: float  # from the edge to the sixth row, the larger direction: how well the floor is seen
    reach: float  # how far `offset` moves under any skew that is nearly as good
    skew_reach: float  # how far such a skew is away
    since: float  # the earliest row
    count: int

    def offset_at(self, time: float) -> float:
        return self.offset + self.skew * (time - self.at)

    @property
    def misfit(self) -> float:
        """How much farther apart the edges could be if one exchange had met both of them, s: a line that bends away
        from its rows has a large one."""
        return self.delay - 2.0 * self.floor


def fit_floors(rows: Rows, at: float, prior: Prior, near: float | None = None) -> Floors:
    """The floors of at least one row, the offset told for the instant `at`.

    `near`: a skew from which the search may start with little room, such as that of the last fit."""
    sent, read = rows.sent - at, rows.read - at
    upper, lower = rows.upper - POLICY.ageing * sent, rows.lower + POLICY.ageing * read
    edges = _Edges(sent, upper, read, lower, prior)
    skew, room = (prior.skew, POLICY.widest) if near is None else (near, POLICY.nearest)
    for round_ in range(POLICY.most_rounds):
        skews = skew + room * _GRID
        best = int(np.argmax(edges.apart(skews)))
        skew = float(skews[best])
        if round_ < 2:
            edges.settle(skew)
        if 0 < best < len(_GRID) - 1:  # at the rim the best lies beyond
            room *= 0.125
        if room < POLICY.finest:
            break
    up, down = edges.means(skew)
    reach, skew_reach = edges.reach(skew)
    return Floors(
        at=at,
        offset=(up - down) / 2.0,
        skew=skew,
        floor=(up + down) / 2.0,
        delay=float((upper - lower).min()),
        spread=edges.spread,
        reach=reach,
        skew_reach=skew_reach,
        since=float(rows.read.min()),
        count=len(rows),
    )


def distance_of_edges(lower: Numbers, higher: Numbers) -> float:
    """How far the lower edge of some rows lies above that of others, s. Both of one width, the one that suits the
    higher, so that what an edge lies above the true floor cancels."""
    rank = min(POLICY.rank, len(higher)) - 1
    width = max(POLICY.least_width, POLICY.width * float(np.sort(higher)[rank] - higher.min()))
    return _mean_near_edge(higher, width) - _mean_near_edge(lower, width)


class _Edges:
    """The two edges of some rows for any skew."""

    def __init__(self, sent: Numbers, upper: Numbers, read: Numbers, lower: Numbers, prior: Prior) -> None:
        self._sent, self._upper, self._read, self._lower = sent, upper, read, lower
        self._prior = prior
        self.settle(prior.skew)

    def settle(self, skew: float) -> None:
        """Take the width of the soft minimum from the rows as they are seen along a skew."""
        ups, downs = (np.sort(rows[0]) for rows in self._along(np.array([skew])))
        count = len(ups)
        least, rank = float(ups[0] + downs[0]), min(POLICY.rank, count) - 1
        self.spread = float(max(ups[rank] - ups[0], downs[rank] - downs[0]))
        near = min(POLICY.rank, (count + 1) // 2) - 1  # of few rows the better half: one may be very late
        self._width = max(POLICY.least_width, POLICY.width * (float(ups[near] + downs[near]) - least) / 2.0)

    def apart(self, skews: Numbers) -> Numbers:
        """How far the floors are apart, less what the prior costs: shape of `skews`; concave."""
        up, down = self._soft(skews)
        return up + down - self._cost(skews)

    def means(self, skew: float) -> tuple[float, float]:
        """Where the two edges are: means of the rows near them, of equal width on both sides, so that what they lie
        above the true floor cancels in the difference."""
        up, down = self._along(np.array([skew]))
        return _mean_near_edge(up[0], self._width), _mean_near_edge(down[0], self._width)

    def reach(self, skew: float) -> tuple[float, float]:
        """How far the offset and the skew can go until the floors close in by a few spacings: a likelihood interval,
        which knows where in time the rows are that hold the line."""
        drop = POLICY.likely * self._width / POLICY.width / (POLICY.rank - 1)
        skews = skew + np.concatenate([_STEPS, -_STEPS])
        up, down = self._soft(skews)
        apart = up + down - self._cost(skews)
        lost, moved = apart[0] - apart, np.abs((up - down) - (up[0] - down[0])) / 2.0
        reach = skew_reach = 0.0
        for side in (slice(None, len(_STEPS)), slice(len(_STEPS), None)):
            costs = np.maximum.accumulate(lost[side])
            reach = max(reach, float(np.interp(drop, costs, moved[side])))
            skew_reach = max(skew_reach, float(np.interp(drop, costs, _STEPS)))
        return reach, skew_reach

    def _cost(self, skews: Numbers) -> Numbers:
        return POLICY.prior_weight * ((skews - self._prior.skew) / self._prior.deviation) ** 2

    def _along(self, skews: Numbers) -> tuple[Numbers, Numbers]:
        """Both clouds as seen along each skew, upside up: two arrays (skews, rows) whose minima are the edges."""
        column = skews[:, None]
        return self._upper - column * self._sent, column * self._read - self._lower

    def _soft(self, skews: Numbers) -> tuple[Numbers, Numbers]:
        up, down = self._along(skews)
        return _soft_minimum(up, self._width), _soft_minimum(down, self._width)


_GRID: Numbers = np.linspace(-1.0, 1.0, 17)
_STEPS: Numbers = np.concatenate([[0.0], 0.05e-6 * 2.0 ** np.arange(12)])


def _soft_minimum(rows: Numbers, width: float) -> Numbers:
    """-width log sum exp(-row / width) over the last axis."""
    least: Numbers = rows.min(axis=1)
    edge: Numbers = least - width * np.log(np.exp((least[:, None] - rows) / width).sum(axis=1))
    return edge


def _mean_near_edge(rows: Numbers, width: float) -> float:
    return float(np.average(rows, weights=np.exp((rows.min() - rows) / width)))
