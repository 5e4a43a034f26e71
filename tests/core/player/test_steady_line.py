"""The count leads, noisy readings correct it slowly, and at once where they agree on another place."""

from __future__ import annotations

import itertools
import random

import pytest

from player.core.steady_line import SteadyLine, SteadyPolicy, step

POLICY = SteadyPolicy(still=0.002, jump=0.02)
BLOCK = 0.01


def run(line: SteadyLine, readings: list[float | None]) -> list[SteadyLine]:
    lines = []
    for reading in readings:
        line = step(POLICY, line, reading, BLOCK)
        lines.append(line)
    return lines


def test_without_a_reading_nothing_is_known() -> None:
    line = step(POLICY, SteadyLine(), None, BLOCK)
    assert not line.is_known
    line = step(POLICY, line, 5.0, BLOCK)
    assert line.is_known
    assert (line.at, line.ends, line.speed) == (5.0, 5.01, 1.0)


def test_noise_moves_nothing() -> None:
    chance = random.Random(3)
    lines = run(SteadyLine(), [1.0 + i * BLOCK + (chance.gauss(0.0, 0.001) if i else 0.0) for i in range(3000)])
    assert all(line.speed == 1.0 for line in lines)
    assert lines[-1].at == pytest.approx(1.0 + 2999 * BLOCK)
    assert lines[-1].jumps == 0


@pytest.mark.parametrize("skew", [100e-6, -100e-6])
def test_crystals_are_followed_without_a_step(skew: float) -> None:
    lines = run(SteadyLine(), [i * BLOCK * (1 + skew) for i in range(60_000)])
    for before, line in itertools.pairwise(lines):
        assert line.at == before.ends
        assert abs(line.speed - 1.0) <= POLICY.most * 1.0001
    off = lines[-1].at - 59_999 * BLOCK * (1 + skew)
    assert abs(off) < 0.004  # of 60 ms that they are apart by now
    assert lines[-1].speed == pytest.approx(1 + skew, rel=1e-5)
    assert lines[-1].jumps == 0


@pytest.mark.parametrize("lost", [0.25, -0.25])
def test_another_place_is_taken_when_readings_agree_on_it(lost: float) -> None:
    even = [i * BLOCK for i in range(100)]
    lines = run(SteadyLine(), [*even, *(at + lost for at in (100 * BLOCK + i * BLOCK for i in range(20)))])
    assert lines[-1].jumps == 1
    assert lines[100 + POLICY.agreeing - 2].at == pytest.approx((98 + POLICY.agreeing) * BLOCK)
    assert lines[100 + POLICY.agreeing - 1].at == pytest.approx((99 + POLICY.agreeing) * BLOCK + lost)
    assert lines[-1].at == pytest.approx(119 * BLOCK + lost)


def test_nonsense_in_between_and_readings_that_contradict_each_other_are_passed_over() -> None:
    readings: list[float | None] = [i * BLOCK for i in range(200)]
    readings[50] = 9.0
    readings[60:64] = [4.0] * 4
    for i in range(100, 130):
        readings[i] = 3.0 * i
    readings[140] = None
    lines = run(SteadyLine(), readings)
    assert lines[-1].jumps == 0
    assert lines[-1].at == pytest.approx(199 * BLOCK)
