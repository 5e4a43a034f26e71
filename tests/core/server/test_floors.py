"""The line between two clouds of rows, and how well it is known."""

from __future__ import annotations

import numpy as np
import pytest

from server.core.floors import POLICY, Prior, Rows, distance_of_edges, fit_floors


def rows_of(times: np.ndarray, offset: float, skew: float, up: np.ndarray | float, down: np.ndarray | float) -> Rows:
    """Exchanges whose two ways took what is said, on a clock whose offset is a line."""
    line = offset + skew * times
    up, down = np.broadcast_to(up, times.shape), np.broadcast_to(down, times.shape)
    zero = np.zeros_like(times)
    return Rows(np.stack([times, line + up, times, line - down, zero, zero]))


TIMES = np.arange(0.0, 400.0, 4.0)


def noise(seed: int, scale: float = 1e-3, count: int = len(TIMES)) -> np.ndarray:
    return np.random.default_rng(seed).exponential(scale, count)


def test_one_row_is_halved() -> None:
    floors = fit_floors(rows_of(np.array([5.0]), 2.0, 0.0, 0.010, 0.030), 5.0, Prior())
    assert floors.offset == pytest.approx(1.99)
    assert floors.floor == pytest.approx(0.020)
    assert (floors.delay, floors.count, floors.since) == (pytest.approx(0.040), 1, 5.0)
    assert floors.misfit == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("skew", [-200e-6, 0.0, 37e-6])
@pytest.mark.parametrize("near", [None, 5e-6])
def test_offset_and_skew_are_found_from_rows_that_are_seldom_low_at_once(skew: float, near: float | None) -> None:
    rows = rows_of(TIMES, 2.0, skew, 0.02 + noise(1), 0.02 + noise(2))
    floors = fit_floors(rows, 400.0, Prior(), near)
    assert floors.skew == pytest.approx(skew, abs=1e-6)
    assert floors.offset_at(400.0) == pytest.approx(2.0 + skew * 400.0, abs=0.2e-3)
    assert floors.offset_at(0.0) == pytest.approx(2.0, abs=0.2e-3)
    assert floors.misfit < 0.5e-3


def test_one_direction_may_be_late_as_often_as_it_likes() -> None:
    late = np.where(np.arange(len(TIMES)) % 10 == 0, 0.0, 0.1)
    floors = fit_floors(rows_of(TIMES, 2.0, 0.0, 0.02 + noise(1, 1e-4), 0.02 + late), 400.0, Prior())
    assert floors.offset == pytest.approx(2.0, abs=0.1e-3)


def test_a_bend_shows_as_a_misfit() -> None:
    bent = np.where(TIMES < 200.0, 0.0, 50e-6 * (TIMES - 200.0))
    rows = rows_of(TIMES, 0.0, 0.0, 0.02 + bent, 0.02 - bent)
    assert fit_floors(rows, 400.0, Prior()).misfit > 1e-3


def test_the_reach_is_long_where_the_rows_are_far() -> None:
    rows = rows_of(TIMES, 2.0, 0.0, 0.02 + noise(1), 0.02 + noise(2))
    near, far = fit_floors(rows, 400.0, Prior()), fit_floors(rows, 1400.0, Prior())
    assert 0.0 < near.reach < far.reach
    assert far.reach > 800.0 * far.skew_reach
    assert far.skew_reach == pytest.approx(near.skew_reach, rel=0.05)


def test_the_prior_holds_a_skew_that_the_rows_leave_open() -> None:
    rows = rows_of(np.array([0.0, 0.1, 0.2]), 2.0, 0.0, np.array([0.02, 0.03, 0.04]), 0.02)
    assert fit_floors(rows, 0.2, Prior(80e-6)).skew == pytest.approx(80e-6, abs=1e-6)


def test_a_skew_that_no_crystal_has_ends_the_search() -> None:
    times = 1e4 * TIMES
    floors = fit_floors(rows_of(times, 2.0, 0.05, 0.02, 0.02), 4e6, Prior())
    assert 0.9 * POLICY.widest * POLICY.most_rounds < floors.skew <= POLICY.widest * POLICY.most_rounds


def test_rows_keep_a_window_and_a_number() -> None:
    rows = Rows()
    for index in range(POLICY.rows_most + 5):
        rows = rows.added((float(index), 1.0, float(index), -1.0), (0.0, 0.0), window=1e6)
    assert len(rows) == POLICY.rows_most
    rows = rows.added((516.9, 1.0, 517.0, -1.0), (0.25, 0.5), window=10.0)
    assert list(rows.read) == [508.0, 509.0, 510.0, 511.0, 512.0, 513.0, 514.0, 515.0, 516.0, 517.0]
    assert (rows.upper[-1], rows.lower[-1]) == (0.75, -0.5)
    assert list(rows.since(515.0).read) == list(rows.last(2).read) == [516.0, 517.0]


def test_what_a_route_adds_is_subtracted_from_the_last_rows() -> None:
    rows = rows_of(np.arange(4.0), 0.0, 0.0, 0.5, 0.25)
    assert list(rows.with_extra(0, 2, 0.125).upper) == [0.5, 0.5, 0.375, 0.375]
    assert list(rows.with_extra(1, 1, 0.125).lower) == [-0.25, -0.25, -0.25, -0.125]
    assert list(rows.with_extra(0, 9, 0.125).upper) == [0.375] * 4


def test_the_distance_of_edges_is_not_biased_by_how_many_rows_there_are() -> None:
    distances = [distance_of_edges(noise(seed, count=600), 0.01 + noise(1000 + seed, count=60)) for seed in range(200)]
    assert np.mean(distances) == pytest.approx(0.01, abs=20e-6)
