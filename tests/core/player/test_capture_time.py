"""RTP times in room time, by reports that may be wrong."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.call_media import MediaClock
from player.core.capture_time import CaptureTime, CaptureTimePolicy, captured_at, receive_report
from server.core.timeline import RoomTime

POLICY = CaptureTimePolicy()
RATE = 90_000
FIRST = 0xFFFFFF00  # wraps at once


def report(room: float, off: float = 0.0) -> MediaClock:
    """Of a stream that was at FIRST at room time 1000."""
    return MediaClock(RoomTime(room + off), stamp(room))


def stamp(room: float) -> int:
    return (FIRST + round((room - 1000.0) * RATE)) & 0xFFFFFFFF


def told(*reports: MediaClock, now: float) -> CaptureTime:
    state = CaptureTime(RATE)
    for each in reports:
        state = receive_report(POLICY, state, each, RoomTime(now))
    return state


def test_before_the_first_report_nothing_is_known() -> None:
    assert captured_at(POLICY, CaptureTime(RATE), 5, RoomTime(1000.0)) is None


@pytest.mark.parametrize("room", [999.0, 1000.0, 1000.01, 1004.0])
def test_times_are_reckoned_from_the_report(room: float) -> None:
    state = told(report(1001.0), now=1001.05)
    assert captured_at(POLICY, state, stamp(room), RoomTime(1004.1)) == pytest.approx(room, abs=1e-4)


def test_the_newest_report_counts() -> None:
    state = told(report(1001.0), report(1002.0, off=0.02), now=1002.05)
    assert captured_at(POLICY, state, stamp(1002.0), RoomTime(1002.1)) == pytest.approx(1002.02, abs=1e-4)


@pytest.mark.parametrize("off", [5.0, -20.0, math.nan, math.inf])
def test_absurd_reports_are_not_believed(off: float) -> None:
    assert told(report(1001.0, off), now=1001.05).report is None
    state = told(report(1001.0), report(1002.0, off), now=1002.05)
    assert captured_at(POLICY, state, stamp(1002.0), RoomTime(1002.1)) == pytest.approx(1002.0, abs=1e-4)


def test_one_report_that_contradicts_is_doubted_two_that_agree_are_believed() -> None:
    state = told(report(1001.0), report(1002.0, off=-1.0), now=1002.05)
    assert captured_at(POLICY, state, stamp(1002.0), RoomTime(1002.1)) == pytest.approx(1002.0, abs=1e-4)
    back = receive_report(POLICY, state, report(1003.0), RoomTime(1003.05))
    assert back.doubted is None
    changed = receive_report(POLICY, state, report(1003.0, off=-1.01), RoomTime(1003.05))
    assert captured_at(POLICY, changed, stamp(1003.0), RoomTime(1003.1)) == pytest.approx(1001.99, abs=1e-4)


def test_a_little_in_the_future_is_now_and_more_is_absurd() -> None:
    state = told(report(1001.0), now=1001.0)
    assert captured_at(POLICY, state, stamp(1001.05), RoomTime(1001.0)) == 1001.0
    assert captured_at(POLICY, state, stamp(1002.0), RoomTime(1001.0)) is None


def test_what_is_too_old_or_far_from_its_report_has_no_time() -> None:
    state = told(report(1001.0), now=1001.0)
    assert captured_at(POLICY, state, stamp(1001.0), RoomTime(1012.0)) is None
    assert captured_at(POLICY, state, stamp(1070.0), RoomTime(1070.1)) is None


@given(
    st.lists(
        st.tuples(st.floats(allow_nan=True, allow_infinity=True), st.integers(0, 0xFFFFFFFF), st.floats(0.0, 1e6)),
        max_size=20,
    ),
    st.integers(0, 0xFFFFFFFF),
)
def test_whatever_reports_say_a_time_is_never_in_the_future_nor_old(
    reports: list[tuple[float, int, float]], timestamp: int
) -> None:
    state, now = CaptureTime(RATE), 0.0
    for room, stamped, later in reports:
        now = max(now, later)
        state = receive_report(POLICY, state, MediaClock(RoomTime(room), stamped), RoomTime(now))
        captured = captured_at(POLICY, state, timestamp, RoomTime(now))
        assert captured is None or now - POLICY.behind <= captured <= now
