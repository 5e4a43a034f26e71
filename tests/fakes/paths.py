"""Network paths and wrong clocks on virtual time: what an exchange of clocks meets on its way.

True time is the authority's, in seconds from the beginning of a run; the authority's clock reads `EPOCH` + true time.
Everything is drawn from a seed, so that every run is the same.

    path = PATHS["wan"](seed)                      parameters drawn within what such paths are like
    for sample in exchanges(path, seed): ...       what the client learns, in order of arrival
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

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


# -- what paths are like ---------------------------------------------------------------------------------------------


def _crystal(random: np.random.Generator, most: float = 60.0) -> Crystal:
    return Crystal(start=random.uniform(0.0, 1e6), ppm=random.uniform(-most, most))


def lan(seed: int) -> Path:
    random = np.random.default_rng(seed)
    way = Way(floor=random.uniform(60e-6, 400e-6), noise=random.uniform(20e-6, 150e-6))
    return Path("lan", way, way, _crystal(random))


def wifi(seed: int) -> Path:
    """Power save: the station wakes to send, but what is sent to it waits for a beacon."""
    random = np.random.default_rng(seed)
    floor = random.uniform(0.5e-3, 2e-3)
    up = Way(floor=floor, noise=random.uniform(0.5e-3, 3e-3))
    down = Way(floor=floor, noise=random.uniform(0.5e-3, 3e-3), doze=random.uniform(0.3, 0.8))
    return Path("wifi", up, down, _crystal(random))


def wan(seed: int) -> Path:
    """Some 40 ms each way with correlated jitter."""
    random = np.random.default_rng(seed)
    floor = random.uniform(0.03, 0.05)
    log = random.choice([0.0, random.uniform(0.5, 0.9)])

    def way() -> Way:
        return Way(
            floor=floor,
            noise=random.uniform(0.2e-3, 1e-3),
            swell=random.uniform(1e-3, 4e-3),
            swell_time=random.uniform(2.0, 20.0),
            swell_log=log,
        )

    return Path("wan", way(), way(), _crystal(random))


def lte(seed: int) -> Path:
    """Waiting for a grant on the way up; a handover each minute or two changes both floors and stalls."""
    random = np.random.default_rng(seed)
    floor, spread = random.uniform(0.015, 0.03), random.uniform(2e-3, 8e-3)
    at, up, down = 0.0, [], []
    while (at := at + random.uniform(40.0, 180.0)) < 1200.0:
        up.append((at, random.uniform(0.0, spread)))
        down.append((at, random.uniform(0.0, spread)))
    sky = {"noise": 2e-3, "swell": random.uniform(1e-3, 4e-3), "swell_time": random.uniform(2.0, 10.0)}
    stalls = {"stalls_every": 100.0, "stall_length": 0.1}
    return Path(
        "lte",
        Way(floor=floor, shifts=tuple(up), grant=0.010, **sky, **stalls),
        Way(floor=floor, shifts=tuple(down), **sky, **stalls),
        _crystal(random),
    )


def bursts(seed: int) -> Path:
    """Somebody else's downloads fill a queue, mostly of one direction."""
    random = np.random.default_rng(seed)
    floor = random.uniform(0.008, 0.03)
    busy = Way(
        floor=floor,
        noise=random.uniform(0.3e-3, 1e-3),
        bursts_every=random.uniform(15.0, 60.0),
        burst_height=0.150,
        burst_length=random.uniform(5.0, 40.0),
    )
    calm = replace(busy, bursts_every=random.choice([math.inf, 90.0]))
    up, down = (busy, calm) if random.random() < 0.3 else (calm, busy)
    return Path("bursts", up, down, _crystal(random))


def route(seed: int) -> Path:
    """One direction takes a longer route from some time on, perhaps not for ever."""
    random = np.random.default_rng(seed)
    floor = random.uniform(0.01, 0.04)
    way = Way(floor=floor, noise=random.uniform(0.3e-3, 1.5e-3), shape=random.uniform(1.0, 2.0))
    begins, extra = random.uniform(200.0, 600.0), random.uniform(0.015, 0.05)
    shifts = ((begins, extra),)
    if random.random() < 0.5:
        shifts += ((begins + random.uniform(120.0, 500.0), 0.0),)
    longer = replace(way, shifts=shifts)
    up, down = (longer, way) if random.random() < 0.5 else (way, longer)
    return Path("route", up, down, _crystal(random))


def sleep(seed: int) -> Path:
    """The lid is closed for a while, and the clock stops with the machine (or has jumped when it wakes)."""
    random = np.random.default_rng(seed)
    floor = random.uniform(0.005, 0.03)
    way = Way(floor=floor, noise=random.uniform(0.3e-3, 2e-3))
    begins, length = random.uniform(200.0, 800.0), random.choice([3.0, 60.0])
    jump = random.choice([-length, -3.0, 3.0, -0.2])
    crystal = replace(_crystal(random), steps=((begins + length, jump),))
    bursts_on_wake = bool(random.random() < 0.7)
    return Path("sleep", way, way, crystal, sleeps=((begins, begins + length),), bursts_on_wake=bursts_on_wake)


def thermal(seed: int) -> Path:
    """A machine warms up: its crystal changes by 20 ppm, at once or in minutes."""
    random = np.random.default_rng(seed)
    floor = random.uniform(0.005, 0.03)
    way = Way(floor=floor, noise=random.uniform(0.3e-3, 1.5e-3), swell=0.3e-3)
    begins, change, time = random.uniform(200.0, 700.0), random.choice([-20.0, 20.0]), random.choice([1.0, 60.0, 180.0])
    crystal = _crystal(random)
    bends = [(begins + lapse, crystal.ppm + change * (1.0 - math.exp(-lapse / time))) for lapse in range(1, 900, 5)]
    return Path("thermal", way, way, replace(crystal, bends=tuple(bends)))


def skewed(seed: int) -> Path:
    random = np.random.default_rng(seed)
    floor = random.uniform(0.005, 0.04)
    way = Way(floor=floor, noise=random.uniform(0.5e-3, 2e-3))
    return Path("skew 200 ppm", way, way, replace(_crystal(random), ppm=random.choice([-200.0, 200.0])))


def stalls(seed: int) -> Path:
    """TCP sends a segment again: all that is behind it waits."""
    random = np.random.default_rng(seed)
    floor = random.uniform(0.01, 0.03)
    way = Way(
        floor=floor,
        noise=random.uniform(0.3e-3, 1.5e-3),
        stalls_every=random.uniform(10.0, 60.0),
        stall_length=random.uniform(0.2, 0.6),
    )
    return Path("tcp stalls", way, way, _crystal(random))


def lossy(seed: int) -> Path:
    random = np.random.default_rng(seed)
    floor = random.uniform(0.01, 0.04)
    way = Way(
        floor=floor,
        noise=random.uniform(0.5e-3, 2e-3),
        swell=random.uniform(0.5e-3, 2e-3),
        swell_time=random.uniform(1.0, 10.0),
        loss=random.uniform(0.05, 0.25),
    )
    return Path("loss", way, way, _crystal(random))


def reorder(seed: int) -> Path:
    """Datagrams, or two connections that race: replies overtake each other."""
    random = np.random.default_rng(seed)
    floor = random.uniform(0.01, 0.04)
    way = Way(floor=floor, noise=random.uniform(2e-3, 8e-3), in_order=False, loss=0.02)
    return Path("reorder", way, way, _crystal(random))


def asymmetric(seed: int) -> Path:
    """A constant difference between the two floors."""
    random = np.random.default_rng(seed)
    noise = {"noise": random.uniform(0.5e-3, 2e-3), "swell": random.uniform(0.2e-3, 1e-3)}
    up, down = Way(floor=0.040, **noise), Way(floor=0.010, **noise)
    return Path("asymmetric", up, down, _crystal(random))


def far(seed: int) -> Path:
    """The demo's path: 80 ± 20 ms one way, evenly spread or as a bell."""
    random = np.random.default_rng(seed)
    spread = random.uniform(0.01, 0.02)
    if random.random() < 0.5:
        way = Way(floor=0.080 - spread, grant=2.0 * spread)
    else:
        way = Way(floor=0.080 - spread, bell=spread / 3.0)
    return Path("far", way, way, _crystal(random, most=80.0))


def wild(seed: int) -> Path:
    """Anything may come together: each direction has noise of its own kind, clocks and routes may change."""
    random = np.random.default_rng(seed)
    floor = math.exp(random.uniform(math.log(1e-3), math.log(0.08)))

    def at_times(chance: float, value: float) -> float:
        return value if random.random() < chance else 0.0

    def way(shifts: tuple[tuple[float, float], ...]) -> Way:
        jitter = math.exp(random.uniform(math.log(0.2e-3), math.log(8e-3)))
        return Way(
            floor=floor,
            shifts=shifts,
            noise=jitter * random.uniform(0.2, 1.0),
            shape=random.uniform(0.5, 2.0),
            swell=at_times(0.5, jitter),  # never log-normal: that stays off the floor, in each direction differently
            swell_time=math.exp(random.uniform(0.0, 4.0)),
            grant=at_times(0.2, 2.0 * jitter),
            doze=at_times(0.15, random.uniform(0.2, 0.8)),
            bursts_every=random.uniform(15.0, 90.0) if random.random() < 0.25 else math.inf,
            burst_height=random.uniform(0.02, 0.2),
            burst_length=random.uniform(4.0, 30.0),
            stalls_every=random.uniform(10.0, 90.0) if random.random() < 0.25 else math.inf,
            stall_length=random.uniform(0.1, 0.5),
            loss=at_times(0.3, random.uniform(0.01, 0.2)),
            in_order=random.random() < 0.8,
        )

    shifted = ((random.uniform(100.0, 900.0), random.uniform(0.02, 0.06)),)
    longer = random.choice(["up", "down", "both", "", "", ""])
    up = way(shifted if longer in {"up", "both"} else ())
    down = way(shifted if longer in {"down", "both"} else ())
    crystal = _crystal(random, most=120.0)
    if random.random() < 0.3:
        crystal = replace(crystal, bends=((random.uniform(100.0, 900.0), crystal.ppm + random.uniform(-20.0, 20.0)),))
    sleeps: tuple[tuple[float, float], ...] = ()
    if random.random() < 0.2:
        begins = random.uniform(100.0, 900.0)
        sleeps = ((begins, begins + 10.0),)
        crystal = replace(crystal, steps=((begins + 10.0, random.choice([-10.0, 5.0])),))
    return Path("wild", up, down, crystal, sleeps=sleeps, bursts_on_wake=bool(random.random() < 0.5))


PATHS: dict[str, Callable[[int], Path]] = {
    "lan": lan,
    "wifi": wifi,
    "wan": wan,
    "lte": lte,
    "bursts": bursts,
    "route": route,
    "sleep": sleep,
    "thermal": thermal,
    "skew": skewed,
    "stalls": stalls,
    "loss": lossy,
    "reorder": reorder,
    "far": far,
    "wild": wild,
    "asymmetric": asymmetric,
}
