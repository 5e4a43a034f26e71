"""Where tiles stand: within the strip, none on another, the film keeps its share."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import QRect

from player.ui.tile_places import POLICY, StripPlan, plan_strip

WINDOWS = [(640, 360), (335, 360), (800, 500), (960, 540), (1120, 660), (1280, 720), (1920, 1080), (420, 620)]


def check(plan: StripPlan, width: int, height: int) -> None:
    strip = QRect(0, 0, width, plan.height)
    rects = [QRect(*place) for place in (*plan.places, *([plan.stub] if plan.stub else []))]
    assert all(strip.contains(rect) for rect in rects)
    assert not any(one.intersects(other) for one, other in combinations(rects, 2))
    assert plan.height <= max(height * POLICY.rows, POLICY.lowest + 2 * POLICY.margin)
    assert len({(place[2], place[3]) for place in plan.places}) == 1


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("has_stub", [False, True])
def test_one_to_eight_have_their_places(window: tuple[int, int], has_stub: bool) -> None:
    for count in range(1, 9):
        plan = plan_strip(count, *window, has_stub)
        check(plan, *window)
        assert len(plan.places) == count
        assert plan.places[0][2] >= POLICY.narrowest
        assert (plan.stub is not None) is has_stub


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_more_than_fit_are_left_out(window: tuple[int, int]) -> None:
    for count in range(9, 60):
        check(plan_strip(count, *window), *window)
    assert len(plan_strip(200, *window).places) < 200


def test_film_is_alone_where_there_is_no_room() -> None:
    assert plan_strip(3, 160, 90) == StripPlan()
    assert plan_strip(0, 1120, 660) == StripPlan()


def test_a_hidden_own_tile_alone_has_its_place() -> None:
    plan = plan_strip(0, 640, 360, True)
    assert plan.stub is not None
    assert plan.places == ()
    assert QRect(0, 0, 640, plan.height).contains(QRect(*plan.stub))


def test_tiles_grow_with_the_window() -> None:
    heights = [plan_strip(4, *window).places[0][3] for window in ((640, 360), (1120, 660), (1920, 1080))]
    assert heights == sorted(heights)
    assert heights[0] == 72
    assert heights[-1] == POLICY.highest
