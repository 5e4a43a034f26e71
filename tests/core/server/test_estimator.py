"""The offset of another clock, on paths of every kind, and what becomes of it when clocks and routes change."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.core.estimator import ClockEstimator
from tests.fakes.networks import PATHS, wild
from tests.fakes.paths import Crystal, Path, Way, exchanges, judge

FLOOR = 0.020
QUIET = Way(floor=FLOOR, noise=0.5e-3)


def run(path: Path, estimator: ClockEstimator | None = None, until: float = math.inf, seed: int = 1) -> ClockEstimator:
    """An estimator that has learnt a path up to an instant of true time."""
    estimator = estimator or ClockEstimator()
    for sample in exchanges(path, seed):
        if sample.at <= until:
            estimator.receive_sample(sample.t0, sample.t1, sample.t2, sample.t3)
    return estimator


def error(estimator: ClockEstimator, path: Path, true: float) -> float:
    return abs(estimator.offset_at(path.crystal.read(true)) - path.offset(true))


def exchange(
    estimator: ClockEstimator, local: float, offset: float, up: float = FLOOR, down: float = FLOOR, asleep: float = 0.0
) -> None:
    """One exchange begun at an instant of local time; the local clock stood for `asleep` before the reply was read."""
    t1 = local + offset + up
    estimator.receive_sample(local, t1, t1, t1 + down - offset - asleep)


def settled(offset: float = 50.0, until: float = 120.0) -> ClockEstimator:
    """An estimator after two minutes on a path of 20 ms with a millisecond of noise."""
    random = np.random.default_rng(5)
    estimator = ClockEstimator()
    for local in np.arange(0.0, until, 3.0):
        exchange(estimator, float(local), offset, *(FLOOR + random.exponential(1e-3, 2)))
    return estimator


# -- what it says ------------------------------------------------------------------------------------------------------


def test_without_a_sample_nothing_is_known() -> None:
    estimator = ClockEstimator()
    assert (estimator.count, estimator.skew, estimator.delay) == (0, 0.0, None)
    assert estimator.offset_at(5.0) == 0.0
    assert estimator.dispersion_at(5.0) == math.inf


def test_one_sample_gives_the_offset_within_half_its_delay() -> None:
    estimator = ClockEstimator()
    estimator.receive_sample(100.0, 250_000.03, 250_000.04, 100.05)
    assert estimator.offset_at(100.05) == pytest.approx(249_900.01, abs=1e-6)
    assert estimator.delay == pytest.approx(0.04, abs=1e-6)
    assert 0.02 <= estimator.dispersion_at(100.05) < 0.021


@pytest.mark.parametrize(
    "stamps",
    [
        (math.nan, 1.0, 1.0, 1.0),
        (0.0, math.inf, 1.0, 1.0),
        (1e300, 1.0, 1.0, 1e300),
        (10.0, 20.0, 20.0, 9.9),  # read before it was sent
        (10.0, 20.0, 19.0, 10.1),  # answered before it was asked
        (10.0, 20.0, 20.2, 10.1),  # the authority took longer than the whole
        (10.0, 20.0, 20.0, 100.0),  # a minute late
    ],
)
def test_what_cannot_be_is_ignored(stamps: tuple[float, float, float, float]) -> None:
    estimator = settled()
    before = (estimator.count, estimator.offset_at(130.0), estimator.dispersion_at(130.0))
    estimator.receive_sample(*stamps)
    assert (estimator.count, estimator.offset_at(130.0), estimator.dispersion_at(130.0)) == before


def test_the_dispersion_grows_while_nothing_is_heard() -> None:
    estimator = settled()
    soon, later = estimator.dispersion_at(120.0), estimator.dispersion_at(420.0)
    assert soon + 300.0 * 3e-6 <= later < soon + 0.05
    assert estimator.dispersion_at(0.0) <= soon


def test_the_skew_is_found() -> None:
    path = Path("skew", QUIET, QUIET, Crystal(ppm=120.0), duration=400.0)
    assert run(path).skew == pytest.approx(-120e-6, abs=2e-6)


@pytest.mark.parametrize("ppm", [3_000.0, -50_000.0])
def test_a_clock_that_is_no_crystal_does_not_break_it(ppm: float) -> None:
    path = Path("wrong", QUIET, QUIET, Crystal(ppm=ppm), duration=200.0)
    assert math.isfinite(run(path).offset_at(200.0))


stamp = st.floats(-1e3, 1e3) | st.floats() | st.sampled_from([0.0, 1e9, -1e9, 1e12, 5e-324])


@settings(max_examples=60)
@given(st.lists(st.tuples(stamp, stamp, st.floats(0.0, 1e3), st.floats(0.0, 40.0)), max_size=40))
def test_no_sample_breaks_it(samples: list[tuple[float, float, float, float]]) -> None:
    estimator = ClockEstimator()
    for t0, t1, held, delay in samples:
        estimator.receive_sample(t0, t1, t1 + held, t0 + held + delay)
        assert math.isfinite(estimator.offset_at(t0)) or not math.isfinite(t0)
        assert estimator.dispersion_at(t0) > 0.0 or not math.isfinite(t0)


def test_memory_is_bounded() -> None:
    estimator = ClockEstimator()
    for index in range(540):
        exchange(estimator, index * 0.01, 3.0)
    assert len(estimator._rows) == 512
    assert estimator.offset_at(5.4) == pytest.approx(3.0, abs=1e-5)


# -- on all kinds of path ----------------------------------------------------------------------------------------------

WORST = {  # ms at p95; twice what was measured is another estimator
    "lan": 0.06,
    "wifi": 0.7,
    "wan": 1.2,
    "lte": 4.5,
    "bursts": 0.25,
    "route": 0.3,
    "sleep": 0.25,
    "thermal": 0.8,
    "skew": 0.5,
    "stalls": 0.25,
    "loss": 1.0,
    "reorder": 0.8,
    "far": 6.0,
    "wild": 3.0,
    "asymmetric": 16.0,
}


@pytest.mark.parametrize("name", PATHS)
def test_the_error_is_small_and_within_the_dispersion(name: str) -> None:
    judged = judge(ClockEstimator(), PATHS[name](101), 101)
    assert 1e3 * np.percentile(judged.errors, 95) < WORST[name]
    assert judged.held >= 0.99
    assert np.median(judged.dispersions) < 0.012  # a bound that says something


ways = st.builds(
    Way,
    floor=st.floats(0.2e-3, 0.1),
    noise=st.floats(0.05e-3, 5e-3),
    shape=st.floats(0.5, 1.5),
    swell=st.just(0.0) | st.floats(0.1e-3, 4e-3),
    swell_time=st.floats(1.0, 30.0),
    grant=st.just(0.0) | st.floats(1e-3, 10e-3),
    doze=st.just(0.0) | st.floats(0.1, 0.7),
    loss=st.just(0.0) | st.floats(0.01, 0.3),
    bursts_every=st.just(math.inf) | st.floats(20.0, 90.0),
    burst_height=st.floats(0.01, 0.2),
    burst_length=st.floats(2.0, 30.0),
    stalls_every=st.just(math.inf) | st.floats(10.0, 60.0),
    stall_length=st.floats(0.1, 0.6),
    in_order=st.booleans(),
)
crystals = st.builds(Crystal, start=st.floats(0.0, 1e7), ppm=st.floats(-120.0, 120.0))


@settings(max_examples=20)
@given(ways, crystals, st.integers(0, 1000))
def test_with_equal_floors_the_dispersion_holds(way: Way, crystal: Crystal, seed: int) -> None:
    assert judge(ClockEstimator(), Path("any", way, way, crystal, duration=500.0), seed).held >= 0.99


@settings(max_examples=12)
@given(ways, crystals, st.integers(0, 1000), st.floats(0.0, 0.06), st.booleans())
def test_with_an_asymmetry_it_holds_but_for_half_of_it(
    way: Way, crystal: Crystal, seed: int, longer: float, is_up: bool
) -> None:
    slow = replace(way, floor=way.floor + longer)
    path = Path("any", *((slow, way) if is_up else (way, slow)), crystal, duration=500.0)
    assert judge(ClockEstimator(), path, seed).held >= 0.99


@pytest.mark.parametrize("seed", range(3))
def test_on_wild_mixtures_it_holds(seed: int) -> None:
    assert judge(ClockEstimator(), wild(seed), seed).held >= 0.99


# -- steps -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jump", [-3.0, -0.2, 0.2, 3.0, 3600.0])
def test_a_step_of_the_clock_is_followed_after_two_exchanges(jump: float) -> None:
    estimator = settled()
    skew = estimator.skew
    exchange(estimator, 120.0, 50.0 + jump)
    assert estimator.offset_at(120.0) == pytest.approx(50.0, abs=2e-3)
    assert estimator.dispersion_at(120.0) > abs(jump) - 0.01  # doubted, and said so
    exchange(estimator, 123.0, 50.0 + jump)
    assert estimator.offset_at(123.0) == pytest.approx(50.0 + jump, abs=1e-3)
    assert estimator.dispersion_at(123.0) < 0.03
    assert estimator.skew == pytest.approx(skew, abs=5e-6)  # the crystal is the same


def test_a_step_within_the_first_minute_begins_without_a_skew() -> None:
    estimator = settled(until=30.0)
    for local in (30.0, 33.0):
        exchange(estimator, local, 53.0)
    assert estimator.offset_at(33.0) == pytest.approx(53.0, abs=1e-3)
    assert estimator.skew == pytest.approx(0.0, abs=1e-6)


def test_one_lying_exchange_is_forgotten() -> None:
    estimator = settled()
    exchange(estimator, 120.0, 53.0)
    exchange(estimator, 123.0, 50.0)
    assert estimator.offset_at(123.0) == pytest.approx(50.0, abs=2e-3)
    assert estimator.dispersion_at(123.0) < 5e-3


def test_two_lies_that_do_not_agree_are_both_forgotten() -> None:
    estimator = settled()
    exchange(estimator, 120.0, 53.0)
    exchange(estimator, 123.0, 47.0)
    assert estimator.offset_at(123.0) == pytest.approx(50.0, abs=2e-3)
    exchange(estimator, 126.0, 50.0)
    assert estimator.dispersion_at(126.0) < 5e-3


def test_an_exchange_under_way_in_a_short_sleep_does_not_poison_the_new_beginning() -> None:
    estimator = settled()
    exchange(estimator, 120.0, 50.0, asleep=0.035)  # its round trip took 5 ms of 40, half of it in the old time
    for local in (121.0, 124.0, 127.0):
        exchange(estimator, local, 50.035)
    assert estimator.offset_at(127.0) == pytest.approx(50.035, abs=1e-3)


def test_a_step_that_is_shorter_than_the_way_is_told_by_the_other_direction() -> None:
    estimator = settled()
    for local in (120.0, 123.0):
        exchange(estimator, local, 50.015)  # up looks 15 ms longer, down 15 ms shorter, the round trip as ever
    assert estimator.offset_at(123.0) == pytest.approx(50.015, abs=1e-3)


def test_a_little_below_the_floors_is_a_better_floor() -> None:
    estimator = settled()
    for local in (120.0, 123.0):
        exchange(estimator, local, 50.0, up=FLOOR + 7e-3, down=FLOOR - 7e-3)
    assert estimator.offset_at(123.0) == pytest.approx(50.0, abs=5e-3)
    assert estimator.count == len(estimator._rows)


def test_a_path_that_becomes_shorter_is_no_step() -> None:
    estimator = settled()
    for local in np.arange(120.0, 150.0, 3.0):
        exchange(estimator, float(local), 50.0, up=FLOOR - 0.012, down=FLOOR - 0.012)
    assert estimator.offset_at(150.0) == pytest.approx(50.0, abs=1e-3)
    assert estimator.delay == pytest.approx(2 * FLOOR - 0.024, abs=1e-4)
    assert len(estimator._rows) > 40  # not begun anew


# -- routes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["up", "down", "both"])
def test_a_longer_route_is_told_from_a_clock(direction: str) -> None:
    longer = replace(QUIET, shifts=((200.0, 0.035),))
    up = longer if direction in {"up", "both"} else QUIET
    down = longer if direction in {"down", "both"} else QUIET
    judged = judge(ClockEstimator(), Path("longer", up, down, duration=1200.0), seed=1)
    assert judged.errors[200:].max() < 0.5e-3


def test_a_route_that_becomes_short_again_is_given_back() -> None:
    longer = replace(QUIET, shifts=((200.0, 0.035), (550.0, 0.0)))
    path = Path("back", QUIET, longer, duration=700.0)
    estimator = run(path, until=540.0)
    assert [round(route.extra, 3) for route in estimator._routes] == [0.0, 0.035]
    run(path, estimator := ClockEstimator())
    assert [route.extra for route in estimator._routes] == [0.0, 0.0]
    assert error(estimator, path, 700.0) < 0.3e-3


def test_a_route_of_both_directions_is_given_back_direction_by_direction() -> None:
    up = replace(QUIET, shifts=((200.0, 0.035), (550.0, 0.0)))
    down = replace(QUIET, shifts=((200.0, 0.035),))
    path = Path("half", up, down, duration=650.0)
    estimator = run(path)
    assert [round(route.extra, 3) for route in estimator._routes] == [0.0, 0.035]


@pytest.mark.parametrize("length", [60.0, 150.0, 280.0])
def test_a_queue_that_drains_slowly_is_no_route(length: float) -> None:
    busy = replace(QUIET, bursts_every=100.0, burst_height=0.2, burst_length=length)
    assert judge(ClockEstimator(), Path("queue", QUIET, busy), seed=3).errors.max() < 2e-3


def test_a_silence_in_the_middle_of_a_longer_route_is_survived() -> None:
    estimator = settled()
    for local in np.arange(120.0, 165.0, 3.0):
        exchange(estimator, float(local), 50.0, up=FLOOR + 0.035)
    assert estimator._routes[0].run >= 12
    for local in np.arange(764.0, 830.0, 3.0):  # what was before it is forgotten
        exchange(estimator, float(local), 50.0, up=FLOOR + 0.035)
    assert estimator._routes[0].run == 0
    assert estimator.offset_at(830.0) == pytest.approx(50.0, abs=0.018)


# -- bends -------------------------------------------------------------------------------------------------------------


def test_a_change_of_the_skew_is_followed_in_a_minute_or_two() -> None:
    crystal = Crystal(ppm=10.0, bends=((500.0, 30.0),))
    judged = judge(ClockEstimator(), Path("bend", QUIET, QUIET, crystal), seed=1)
    assert judged.errors.max() < 1.5e-3
    assert judged.errors[620:].max() < 0.5e-3
