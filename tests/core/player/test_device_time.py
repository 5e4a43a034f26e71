"""When a device made a callback, though it came late."""

from __future__ import annotations

import numpy as np
import pytest

from player.core.device_time import DeviceTime
from server.core.timeline import LocalTime


def called(time: DeviceTime, at: float, late: float, apart: float = 1000.0) -> tuple[DeviceTime, float]:
    """A callback at `at` (local) that comes `late` s late; the device's clock is `apart` s ahead. How wrong that is."""
    now = LocalTime(at + late)
    time = time.receive(at + apart, now)
    return time, time.called_at(now) - at


def test_before_the_first_callback_it_is_now() -> None:
    assert DeviceTime().called_at(LocalTime(5.0)) == 5.0


@pytest.mark.parametrize("apart", [0.0, 1.7e9, -5.0])
def test_a_callback_that_came_late_is_taken_for_when_it_was_made(apart: float) -> None:
    time, _ = called(DeviceTime(), 10.0, 20e-6, apart)
    for number, late in enumerate((0.001, 0.02, 0.0006, 0.04)):
        time, off = called(time, 10.025 + number * 0.025, late, apart)
        assert off == pytest.approx(20e-6, abs=1e-6)


def test_clocks_that_drift_apart_are_followed() -> None:
    random = np.random.default_rng(1)
    for skew in (100e-6, -100e-6):
        time = DeviceTime()
        for number in range(400):
            at = number * 0.025
            time, off = called(time, at, float(random.exponential(0.0003)), 50.0 + at * skew)
            assert number < 50 or abs(off) < 150e-6


@pytest.mark.parametrize("step", [3600.0, -3600.0, 0.2, -0.2])
def test_a_device_clock_that_is_set_is_believed_anew(step: float) -> None:
    time = DeviceTime()
    for number in range(40):
        time, off = called(time, number * 0.025, 20e-6)
    for number in range(40, 80):
        time, off = called(time, number * 0.025, 20e-6, 1000.0 + step)
        assert off == pytest.approx(20e-6, abs=1e-6)


def test_a_device_clock_that_stands_still_does_little_harm() -> None:
    time = DeviceTime()
    for number in range(100):
        now = LocalTime(number * 0.025)
        time = time.receive(7.0, now)
        assert abs(time.called_at(now) - now) <= time.most_late
