"""Network paths and wrong clocks on virtual time: what an exchange of clocks meets on its way.

True time is the authority's, in seconds from the beginning of a run; the authority's clock reads `EPOCH` + true time.
Everything is drawn from a seed, so that every run is the same.

    path = networks.PATHS["wan"](seed)             parameters drawn within what such paths are like
    for sample in exchanges(path, seed): ...       what the client learns, in order of arrival
    judge(ClockEstimator(), path, seed).errors     how wrong it was, once a second
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

EPOCH = 250_000.0  # s, what the authority's clock reads at true time 0
BEACON = 0.1024  # s, between two Wi-Fi beacons


@dataclass(frozen=True, slots=True)
class Way:
    """One direction. Seconds; everything adds to `floor`, nothing ever comes sooner."""

    floor: float = 0.020
    shifts: tuple[tuple[float, float], ...] = ()  # (from, extra floor), ascending: other routes, other cells
    noise: float = 0.0  # independent: gamma of this mean ...
    shape: float = 1.0  # ... and shape; above 1 the floor is seldom touched
    swell: float = 0.0  # correlated: |normal| of this scale ...
    swell_time: float = 5.0  # ... and this correlation time
    swell_log: float = 0.0  # above 0: log-normal of this sigma instead, which stays off the floor
    grant: float = 0.0  # uniform up to this: waiting for a slot
    bell: float = 0.0  # normal of this deviation about thrice this, cut at the floor: what emulators of networks do
    doze: float = 0.0  # share of messages that wait for the next beacon
    bursts_every: float = math.inf  # a queue builds up at these intervals on the average ...
    burst_height: float = 0.0  # ... up to this delay ...
    burst_length: float = 0.0  # ... and drains in about this time
    stalls_every: float = math.inf  # nothing arrives for a while (a segment is sent again) ...
    stall_length: float = 0.0  # ... of this length on the average
    loss: float = 0.0  # share that never arrives
    in_order: bool = True

    def floor_at(self, at: float) -> float:
        """The least delay that the route of this instant has, s."""
        return self.floor + next((extra for since, extra in reversed(self.shifts) if since <= at), 0.0)


@dataclass(frozen=True, slots=True)
class Crystal:
    """A local clock. It reads `start` at true time 0 and runs `ppm` fast; `bends` and `steps` at true times."""

    start: float = 1_000.0
    ppm: float = 0.0
    bends: tuple[tuple[float, float], ...] = ()  # (from, ppm from then on), ascending
    steps: tuple[tuple[float, float], ...] = ()  # (at, s that it jumps), ascending

    def read(self, true: float) -> float:
        """What it reads at an instant of true time, s."""
        local, since, ppm = self.start, 0.0, self.ppm
        for at, bent in self.bends:
            if at > true:
                break
            local, since, ppm = local + (at - since) * (1.0 + ppm * 1e-6), at, bent
        local += (true - since) * (1.0 + ppm * 1e-6)
        return local + sum(jump for at, jump in self.steps if at <= true)

    def true_time(self, local: float) -> float:
        """The first true time at which it reads at least `local`, s."""
        true = local - self.start
        for _ in range(3):
            true += (local - self.read(true)) * 0.999
        low, high = true - 1e-3, true + 1e-3
        for at, _ in self.steps:
            if self.read(math.nextafter(at, -math.inf)) < local <= self.read(at) or low <= at <= high:
                return at
        return true


@dataclass(frozen=True, slots=True)
class Path:
    """Both directions, the client's clock and its habits."""

    name: str
    up: Way
    down: Way
    crystal: Crystal = field(default_factory=Crystal)
    duration: float = 1200.0
    late: float = 0.03  # share of the stamps of arrival (t1, t3) that a busy machine makes late ...
    lateness: float = 0.004  # ... by this on the average, s
    sleeps: tuple[tuple[float, float], ...] = ()  # (from, until): nothing is sent; what arrives is read on waking
    bursts_on_wake: bool = True

    def offset(self, true: float) -> float:
        """What is to be estimated: room time minus local time, s."""
        return EPOCH + true - self.crystal.read(true)

    def asymmetry(self, true: float) -> float:
        """The largest difference between the two floors so far: what no estimator can see, s."""
        instants = [0.0, *(since for since, _ in (*self.up.shifts, *self.down.shifts) if since <= true)]
        return max(abs(self.up.floor_at(at) - self.down.floor_at(at)) for at in instants)

    def is_asleep(self, true: float) -> bool:
        return any(begins <= true < ends for begins, ends in self.sleeps)


@dataclass(frozen=True, slots=True)
class Sample:
    """One exchange. `at`: true time at which its reply was read. The four stamps as the wire rounds them, s."""

    at: float
    t0: float
    t1: float
    t2: float
    t3: float


class Traffic:
    """What travels one way, sent in ascending order of true time."""

    def __init__(self, way: Way, random: np.random.Generator) -> None:
        self._way = way
        self._random = random
        self._swell, self._swell_at = random.normal(), 0.0
        self._arrived = -math.inf
        self._burst = (math.inf, 0.0, 1.0)  # begins, height, length
        self._stall = (math.inf, math.inf)
        self._next_burst = self._after(0.0, way.bursts_every)
        self._next_stall = self._after(0.0, way.stalls_every)

    def arrival(self, sent: float) -> float | None:
        """When a message that is sent now arrives, s of true time; None: never."""
        way, random = self._way, self._random
        delay = way.floor_at(sent)
        if way.noise:
            delay += random.gamma(way.shape, way.noise / way.shape)
        if way.swell:
            delay += self._swollen(sent)
        if way.grant:
            delay += random.uniform(0.0, way.grant)
        if way.bell:
            delay += max(0.0, random.normal(3.0 * way.bell, way.bell))
        arrival = sent + delay + self._queue(sent)
        if way.doze and random.random() < way.doze:
            arrival = math.ceil(arrival / BEACON) * BEACON
        arrival = self._held(arrival)
        if way.loss and random.random() < way.loss:
            return None
        if way.in_order:
            self._arrived = arrival = max(arrival, self._arrived)
        return arrival

    def _after(self, now: float, mean: float) -> float:
        return math.inf if mean == math.inf else now + self._random.exponential(mean)

    def _swollen(self, sent: float) -> float:
        way = self._way
        keeps = math.exp(-(sent - self._swell_at) / way.swell_time)
        self._swell = keeps * self._swell + math.sqrt(max(0.0, 1.0 - keeps * keeps)) * self._random.normal()
        self._swell_at = sent
        if way.swell_log:
            return way.swell * math.exp(way.swell_log * self._swell)
        return way.swell * abs(self._swell)

    def _queue(self, sent: float) -> float:
        """Delay in a queue that builds up in a fifth of its time and drains in the rest."""
        way = self._way
        while sent >= self._next_burst:
            height = way.burst_height * self._random.uniform(0.3, 1.0)
            self._burst = (self._next_burst, height, way.burst_length * self._random.uniform(0.5, 1.5))
            self._next_burst = self._after(self._next_burst + self._burst[2], way.bursts_every)
        begins, height, length = self._burst
        place = (sent - begins) / length
        if not 0.0 <= place < 1.0:
            return 0.0
        return height * (place / 0.2 if place < 0.2 else (1.0 - place) / 0.8)

    def _held(self, arrival: float) -> float:
        """What comes while the stream stalls comes at the end of it."""
        way = self._way
        while arrival >= self._next_stall:
            ends = self._next_stall + self._random.exponential(way.stall_length)
            self._stall = (self._next_stall, ends)
            self._next_stall = self._after(ends, way.stalls_every)
        begins, ends = self._stall
        return ends if begins <= arrival < ends else arrival


def send_times(path: Path, random: np.random.Generator) -> Iterator[float]:
    """When requests leave: a burst of 8, one a second for 10 s, then every 3 to 4 s; s of true time."""
    at, left, settled = random.uniform(0.0, 0.5), 8, 10.5
    sleeps = list(path.sleeps)
    while at < path.duration:
        if sleeps and at >= sleeps[0][0]:
            at = max(at, sleeps.pop(0)[1] + random.uniform(0.05, 1.0))
            if path.bursts_on_wake:
                left, settled = 8, at + 10.5
            continue
        yield at
        left = max(left - 1, 0)
        at += 0.05 if left else 1.0 if at < settled else random.uniform(3.0, 4.0)


def exchanges(path: Path, seed: int) -> list[Sample]:
    """What the client learns in a run, in order of arrival (which need not be that of sending)."""
    random = np.random.default_rng(seed)
    up, down = Traffic(path.up, random), Traffic(path.down, random)
    at_authority: list[tuple[float, float]] = []
    for sent in send_times(path, random):
        reached = up.arrival(sent)
        if reached is not None:
            heapq.heappush(at_authority, (reached, sent))
    samples, answered = [], 0.0
    while at_authority:
        reached, sent = heapq.heappop(at_authority)
        stamped = reached + (random.exponential(path.lateness) if random.random() < path.late / 3 else 0.0)
        answered = max(answered, stamped + random.exponential(100e-6) + 30e-6)
        came = down.arrival(answered)
        if came is None:
            continue
        for begins, ends in path.sleeps:
            if begins <= came < ends:
                came = ends + random.exponential(0.002)
        came += random.exponential(50e-6)
        if random.random() < path.late:
            came += random.exponential(path.lateness)
        stamps = (path.crystal.read(sent), EPOCH + stamped, EPOCH + answered, path.crystal.read(came))
        samples.append(Sample(came, *(round(stamp, 6) for stamp in stamps)))
    return sorted(samples, key=lambda sample: sample.at)


# -- judging ----------------------------------------------------------------------------------------------------------


class Estimating(Protocol):
    """What `judge` can judge."""

    def receive_sample(self, t0: float, t1: float, t2: float, t3: float) -> None: ...
    def offset_at(self, local_time: float) -> float: ...
    def dispersion_at(self, local_time: float) -> float: ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """An estimate at instants once a second, s: its error, the bound that it gave, and half the asymmetry of the path
    so far, which nobody can see."""

    errors: NDArray[np.float64]
    dispersions: NDArray[np.float64]
    unseen: NDArray[np.float64]

    @property
    def held(self) -> float:
        """Share of the instants in which the error was within the bound."""
        return float((self.errors <= self.dispersions + self.unseen).mean())


def judge(estimating: Estimating, path: Path, seed: int, settled: float = 10.5) -> Judgement:
    """Run an estimator over a path; the first 10 s are not judged, nor is the time asleep and 10 s after."""
    samples = iter(exchanges(path, seed))
    coming = next(samples, None)
    errors, dispersions, unseen = [], [], []
    for true in np.arange(settled, path.duration, 1.0):
        while coming is not None and coming.at <= true:
            estimating.receive_sample(coming.t0, coming.t1, coming.t2, coming.t3)
            coming = next(samples, None)
        if any(begins <= true < ends + 10.0 for begins, ends in path.sleeps):
            continue
        local = path.crystal.read(true)
        errors.append(abs(estimating.offset_at(local) - path.offset(true)))
        dispersions.append(estimating.dispersion_at(local))
        unseen.append(path.asymmetry(true) / 2.0)
    return Judgement(np.array(errors), np.array(dispersions), np.array(unseen))
