"""The room clock: smooth where it can be, at once where it must be."""

from __future__ import annotations

import math

import numpy as np
import pytest

from player.core.clock import RoomClock, RoomClockPolicy
from player.core.target import ClockLine
from server.core.timeline import LocalTime
from tests.fakes.networks import PATHS
from tests.fakes.paths import exchanges


def exchange(clock: RoomClock, local: float, offset: float, delay: float = 0.040, epoch: str = "one") -> None:
    """A perfect exchange that ends at an instant of local time."""
    t1 = local - delay / 2 + offset
    clock.receive_sample(local - delay, t1, t1, local, epoch)


def settled(offset: float = 100.0, until: float = 60.0) -> RoomClock:
    """A clock that has followed a steady offset for a minute."""
    clock = RoomClock()
    for local in np.arange(0.0, until, 2.0):
        exchange(clock, float(local), offset)
        clock.line(float(local))
    return clock


def room(line: ClockLine, local: float) -> float:
    return line.room_time(LocalTime(local))


def test_nothing_is_known_before_a_sample() -> None:
    clock = RoomClock()
    assert (clock.is_known, clock.epoch, clock.skew, clock.delay) == (False, "", 0.0, None)
    assert clock.line(5.0) == ClockLine()
    assert clock.dispersion_at(5.0) == math.inf
    assert clock.offset_at(5.0) == 0.0


def test_the_first_sample_is_stepped_to() -> None:
    clock = RoomClock()
    exchange(clock, 10.0, 100.0)
    assert clock.is_known
    assert clock.offset_at(10.0) == pytest.approx(100.0)  # of the estimate, while no line was asked for
    assert room(clock.line(10.0), 12.0) == pytest.approx(112.0)
    assert (clock.epoch, clock.delay) == ("one", pytest.approx(0.040))
    assert clock.dispersion_at(10.0) == pytest.approx(0.020, abs=1e-3)


def test_the_burst_is_stepped_through() -> None:
    clock = RoomClock()
    clock.receive_sample(9.5, 109.9, 109.9, 10.0, "one")  # 400 ms up, 100 down: an estimate that is 150 ms off
    assert room(clock.line(10.0), 10.0) == pytest.approx(110.150)
    for local in (10.05, 10.1, 10.15):
        exchange(clock, local, 100.0)
        clock.line(local)
    assert clock.offset_at(10.15) == pytest.approx(100.0, abs=0.1e-3)


def test_what_cannot_be_is_ignored_and_begins_nothing() -> None:
    clock = settled()
    line = clock.line(60.0)
    clock.receive_sample(60.0, 160.0, 160.0, 59.0, "one")
    clock.receive_sample(60.0, math.nan, 160.0, 61.0, "two")
    assert clock.epoch == "one"
    assert clock.line(61.0) is line


def test_a_small_error_is_slewed_and_the_line_is_continuous() -> None:
    clock = settled()
    before = clock.line(60.0)
    for local in (60.0, 62.0, 64.0):
        exchange(clock, local, 100.001, delay=0.036)  # a better look: 1 ms
    after = clock.line(64.0)
    assert room(after, 64.0) == pytest.approx(room(before, 64.0), abs=1e-12)
    assert 1.0 + clock.skew < after.slew_rate <= 1.0 + clock.skew + RoomClockPolicy().most_slew
    assert after.local1 == pytest.approx(68.0, abs=1e-6)  # the slew time of 4 s
    assert after.rate == pytest.approx(1.0 + clock.skew)
    assert clock.dispersion_at(64.0) > clock.dispersion_at(68.0) - 1e-4


def test_never_faster_than_the_most_slew() -> None:
    policy = RoomClockPolicy()
    clock = settled()
    before = clock.line(60.0)
    for local in (60.0, 62.0, 64.0):
        exchange(clock, local, 100.0035, delay=0.010)
    after = clock.line(64.0)
    assert after.slew_rate == pytest.approx(1.0 + clock.skew + policy.most_slew, abs=1e-9)
    assert room(after, 64.0) == pytest.approx(room(before, 64.0), abs=1e-12)
    assert after.local1 > 64.0 + policy.slew_time


def test_without_news_the_line_stays_the_same_value() -> None:
    clock = settled()
    line = clock.line(60.0)
    assert clock.line(600.0) is line
    assert clock.dispersion_at(600.0) > clock.dispersion_at(60.0)


@pytest.mark.parametrize("jump", [-3.0, 0.5])
def test_a_jump_is_stepped_to_and_the_samples_after_it_too(jump: float) -> None:
    clock = settled()
    exchange(clock, 60.0, 100.0 + jump)
    assert clock.offset_at(60.0) == pytest.approx(100.0)
    assert clock.dispersion_at(60.0) > abs(jump) - 0.05
    exchange(clock, 60.05, 100.0 + jump)
    line = clock.line(60.05)
    assert line.slew_rate == line.rate
    assert room(line, 60.05) == pytest.approx(160.05 + jump, abs=1e-3)
    exchange(clock, 60.1, 100.002 + jump, delay=0.020)
    line = clock.line(60.1)
    assert line.slew_rate == line.rate


def test_an_estimate_that_is_met_exactly_is_not_slewed() -> None:
    clock = RoomClock()
    exchange(clock, 0.0, 0.0, delay=0.0)
    clock.line(0.0)
    exchange(clock, 8.0, 0.0, delay=0.0)
    line = clock.line(8.0)
    assert line.slew_rate == line.rate == 1.0


def test_another_epoch_is_another_clock() -> None:
    clock = settled()
    exchange(clock, 60.0, 7.0, epoch="two")
    assert (clock.epoch, clock.skew) == ("two", pytest.approx(0.0, abs=1e-6))
    assert room(clock.line(60.0), 60.0) == pytest.approx(67.0)
    exchange(clock, 62.0, 100.0, epoch="one")  # back in the first room
    assert room(clock.line(62.0), 62.0) == pytest.approx(162.0)


@pytest.mark.parametrize("name", ["wan", "route", "far"])
def test_on_any_path_it_is_smooth_and_close(name: str) -> None:
    path = PATHS[name](1)
    clock, before = RoomClock(), ClockLine()
    for sample in exchanges(path, 1):
        if sample.at > 500.0:
            break
        clock.receive_sample(sample.t0, sample.t1, sample.t2, sample.t3, "one")
        line = clock.line(sample.t3)
        if sample.at > 10.0:
            assert room(line, sample.t3) == pytest.approx(room(before, sample.t3), abs=1e-9)
            assert abs(line.slew_rate - line.rate) <= RoomClockPolicy().most_slew + 1e-12
            assert abs(clock.offset_at(sample.t3) - path.offset(sample.at)) < clock.dispersion_at(sample.t3)
        before = line
