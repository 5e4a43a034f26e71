"""Ten minutes that nobody touches, on every kind of path at once: all stay together, and no controller seeks."""

from __future__ import annotations

import pytest

from tests.simulation.cinema import Figures
from tests.simulation.steady import NAMES, NEAR, paths, steady_play

TEN_MINUTES = 600.0  # s
PLAY = 1  # the seed of all chance in it


@pytest.fixture(scope="module")
def figures() -> Figures:
    return steady_play(TEN_MINUTES, PLAY)


def test_it_was_watched_to_the_end(figures: Figures) -> None:
    assert len(figures.times) == pytest.approx(TEN_MINUTES / 0.1, abs=10)
    assert figures.times[-1] - figures.times[0] == pytest.approx(TEN_MINUTES, abs=0.5)


@pytest.mark.parametrize("name", [NEAR, *NAMES])
def test_nobody_seeks_or_misses_anything(figures: Figures, name: str) -> None:
    assert figures.seeks[name] == 0
    assert figures.missing(name) == 0.0


@pytest.mark.parametrize("name", NAMES)
def test_asynchrony_with_who_is_near(figures: Figures, name: str) -> None:
    """Beyond what nobody can know: half of what the routes of one direction are longer than the other's."""
    unseen = paths(TEN_MINUTES, PLAY)[name].asymmetry(TEN_MINUTES) / 2 if name == "lte" else 0.0
    apart = figures.apart(NEAR, name)
    assert apart.median < 0.002 + unseen
    assert apart.p95 < 0.006 + unseen
    assert apart.most < 0.012 + unseen


def test_all_eleven_are_within_half_a_frame(figures: Figures) -> None:
    apart = figures.apart()
    assert apart.median < 0.005
    assert apart.most < 0.020
