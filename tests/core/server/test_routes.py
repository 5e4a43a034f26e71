"""Which high rows are a longer route."""

from __future__ import annotations

import numpy as np
import pytest

from server.core.routes import Route, added_lengths, are_sure

RANDOM = np.random.default_rng(3)
USUAL = RANDOM.exponential(0.5e-3, 100)
NONE = np.zeros(0)


def watched(*parts: np.ndarray) -> tuple[Route, np.ndarray]:
    """A route that has watched its rows come one by one, and the rows."""
    excesses = np.concatenate(parts)
    route = Route()
    for count in range(1, len(excesses) + 1):
        route.row_added()
        route.watch(excesses[:count])
    return route, excesses


def is_sure(route: Route, excesses: np.ndarray, gap: float = 3.5) -> bool:
    return bool(are_sure((route, Route()), (excesses, np.zeros_like(excesses)), gap * np.arange(len(excesses))))


def high(count: int, by: float = 0.035) -> np.ndarray:
    return by + RANDOM.exponential(0.5e-3, count)


def test_usual_rows_are_no_run() -> None:
    route, excesses = watched(USUAL)
    assert route.run == 0
    assert not is_sure(route, excesses)


def test_twelve_high_rows_are_a_run_but_not_yet_a_route() -> None:
    assert watched(USUAL, high(11))[0].run == 0
    route, excesses = watched(USUAL, high(12))
    assert route.run == 12
    assert not is_sure(route, excesses)


def test_a_level_run_of_sixty_is_a_route() -> None:
    route, excesses = watched(USUAL, high(60))
    assert is_sure(route, excesses)
    assert added_lengths((route, Route()), (excesses, NONE)) == (pytest.approx(0.035, abs=0.1e-3), 0.0)


def test_a_low_row_ends_a_run() -> None:
    assert watched(USUAL, high(40), np.array([0.4e-3]))[0].run == 0


def test_a_queue_that_drains_is_not_level_but_cannot_last() -> None:
    draining = np.linspace(0.120, 0.020, 80)
    route, excesses = watched(USUAL, draining)
    assert route.run == 80
    assert not is_sure(route, excesses)
    assert is_sure(route, excesses, gap=5.5)


def test_strays_before_a_run_are_not_of_it() -> None:
    route, _ = watched(USUAL, np.array([8e-3]), high(60))
    assert route.run == 60


def test_what_is_high_often_must_be_high_for_longer() -> None:
    dozing = np.where(RANDOM.random(120) < 0.3, 0.0, RANDOM.uniform(0.0, 0.1, 120)) + RANDOM.exponential(0.5e-3, 120)
    assert watched(dozing, dozing[:50] + 0.025)[0].run == 0
    assert watched(dozing, dozing[:60] + 0.025)[0].run > 0


def test_a_run_without_anything_before_it_is_what_is_usual() -> None:
    route = Route(run=20, limit=0.01)
    route.watch(high(20))
    assert route.run == 0


def test_two_directions_that_are_longer_by_about_as_much_are_longer_by_the_same() -> None:
    (up, ups), (down, downs) = watched(USUAL, high(60)), watched(USUAL, high(60, 0.030))
    assert added_lengths((up, down), (ups, downs)) == (pytest.approx(0.0325, abs=0.2e-3),) * 2
    down, downs = watched(USUAL, high(60, 0.020))
    longer = added_lengths((up, down), (ups, downs))
    assert longer == (pytest.approx(0.035, abs=0.2e-3), pytest.approx(0.020, abs=0.2e-3))


def test_rows_of_a_known_route_are_counted() -> None:
    route = Route(extra=0.03, count=7)
    route.row_added()
    assert (route.count, route.run) == (8, 0)
