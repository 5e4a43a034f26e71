"""A line through local time, and how it gets to where it should be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.clock_line import ClockLine, SlewPolicy, slewed, stepped
from server.core.timeline import LocalTime, RoomTime

POLICY = SlewPolicy()


def test_a_stepped_line_is_where_it_should_be_at_once() -> None:
    line = stepped(10.0, 110.0, 1.00005)
    assert line.room_time(LocalTime(10.0)) == 110.0
    assert line.room_time(LocalTime(20.0)) == pytest.approx(120.0005)


@pytest.mark.parametrize("error", [3e-3, -3e-3])
def test_a_small_error_is_mended_without_a_jump(error: float) -> None:
    before = stepped(0.0, 100.0, 1.0)
    line = slewed(before, 10.0, 110.0 + error, 1.0, POLICY)
    assert line.room_time(LocalTime(10.0)) == pytest.approx(110.0)
    assert abs(line.slew_rate - 1.0) <= POLICY.most_slew
    assert line.room_time(LocalTime(line.local1)) == pytest.approx(100.0 + line.local1 + error)
    assert line.local1 - 10.0 <= POLICY.mend_time


def test_nothing_to_mend_is_a_straight_line() -> None:
    before = stepped(0.0, 100.0, 1.0)
    assert slewed(before, 10.0, 110.0, 1.00002, POLICY) == stepped(10.0, 110.0, 1.00002)


def test_what_slewing_mends_is_five_milliseconds() -> None:
    assert POLICY.most_error == pytest.approx(5e-3)


@given(st.floats(-5e-3, 5e-3), st.floats(-2e-4, 2e-4), st.floats(0.0, 60.0))
def test_local_time_is_the_inverse_of_room_time(error: float, skew: float, after: float) -> None:
    line = slewed(stepped(0.0, 100.0, 1.0), 5.0, 105.0 + error, 1.0 + skew, POLICY)
    room = line.room_time(LocalTime(5.0 + after))
    assert line.local_time(RoomTime(room)) == pytest.approx(5.0 + after, abs=1e-9)


def test_a_line_says_nothing_by_default() -> None:
    assert ClockLine().room_time(LocalTime(5.0)) == 5.0
