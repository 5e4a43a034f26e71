"""What paths are like: a path of each kind, its parameters drawn from a seed within what such paths have.

`PATHS` are all kinds by name; `wild` draws anything, so that nothing is tuned to the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tests.fakes.paths import Crystal, Path, Way


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
