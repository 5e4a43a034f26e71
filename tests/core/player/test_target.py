"""The room's timeline by this machine's clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.target import ClockLine, Target
from server.core.timeline import LocalTime, MediaTime, RoomTime, Schedule, State
from tests.fakes.timelines import stated

CLOCK = ClockLine(local0=10.0, room0=1000.0, slew_rate=1.0005, local1=30.0, rate=1.00008)
"""Room time is ahead by 990 s, gains 500 ppm for 20 s, then 80 ppm."""
KNEE = 1000.0 + 20 * 1.0005


def at(local: float) -> LocalTime:
    return LocalTime(local)


# -- the clock ---------------------------------------------------------------------------------------------------------


def test_a_clock_slews_until_its_knee_then_keeps_the_fitted_rate() -> None:
    assert CLOCK.room_time(at(10.0)) == 1000.0
    assert CLOCK.room_time(at(20.0)) == pytest.approx(1010.005, abs=1e-9)
    assert CLOCK.room_time(at(30.0)) == pytest.approx(KNEE, abs=1e-9)
    assert CLOCK.room_time(at(130.0)) == pytest.approx(KNEE + 100.008, abs=1e-9)


def test_a_clock_that_nobody_has_told_anything_is_the_local_one() -> None:
    assert ClockLine().room_time(at(5.0)) == 5.0
    assert ClockLine().local_time(RoomTime(5.0)) == 5.0


@given(st.floats(0.0, 1e5))
def test_local_time_is_the_inverse_of_room_time(local: float) -> None:
    assert abs(CLOCK.local_time(CLOCK.room_time(at(local))) - local) < 1e-9


@given(st.floats(0.0, 100.0), st.floats(1e-6, 100.0))
def test_room_time_never_goes_back(local: float, later: float) -> None:
    assert CLOCK.room_time(at(local)) < CLOCK.room_time(at(local + later))


# -- the target --------------------------------------------------------------------------------------------------------

PLAYS = stated(1, "playing", 0.0, 1000.0, rate=2.0)
STANDS = stated(2, "paused", 10.0, 1005.0)
GOES_ON = stated(3, "playing", 10.0, 1020.0)
TARGET = Target(ClockLine(local0=0.0, room0=1000.0), Schedule((PLAYS, STANDS, GOES_ON)))
"""Local 0 to 5: media 0 to 10 at 2x; to 20: stands at 10; from 20 on: plays at 1x."""


def test_where_the_film_is_at_a_local_instant() -> None:
    assert TARGET.media_time_at(at(3.0)) == 6.0
    assert TARGET.media_time_at(at(12.0)) == 10.0
    assert TARGET.media_time_at(at(25.0)) == 15.0
    assert TARGET.timeline_at(at(12.0)) is STANDS


def test_changes_are_known_as_local_instants() -> None:
    assert TARGET.next_change(at(0.0)) == 5.0
    assert TARGET.next_change(at(5.0)) == 20.0
    assert TARGET.next_change(at(20.0)) is None


@pytest.mark.parametrize(
    ("media_time", "after", "due"),
    [
        (6.0, 0.0, 3.0),  # in the timeline in force
        (6.0, 4.0, 4.0),  # passed already: at once
        (15.0, 0.0, 25.0),  # only after the pause
        (10.0, 2.0, 5.0),  # where it will pause: when the pause begins
        (10.0, 7.0, 7.0),
        (10.5, 7.0, 20.5),
    ],
)
def test_when_a_place_is_due(media_time: float, after: float, due: float) -> None:
    assert TARGET.local_time_of(MediaTime(media_time), at(after)) == pytest.approx(due, abs=1e-9)


def test_what_the_authority_has_not_promised_is_never_due() -> None:
    stands = Target(ClockLine(), Schedule((STANDS,)))
    assert stands.local_time_of(MediaTime(11.0), at(0.0)) is None
    stops = Target(ClockLine(local0=0.0, room0=1000.0), Schedule((PLAYS, STANDS)))
    assert stops.local_time_of(MediaTime(11.0), at(0.0)) is None


def test_a_seek_back_that_is_scheduled_is_waited_for() -> None:
    back = Target(ClockLine(), Schedule((stated(1, "paused", 50.0, 0.0), stated(2, "playing", 20.0, 10.0))))
    assert back.local_time_of(MediaTime(60.0), at(0.0)) == 50.0  # 10 s until it plays, 40 s from 20 to 60
    assert back.local_time_of(MediaTime(50.0), at(0.0)) == 0.0  # it is at 50 now


@given(
    st.lists(
        st.tuples(st.floats(0.1, 20.0), st.sampled_from(("playing", "paused", "holding")), st.floats(0.25, 4.0)),
        min_size=1,
        max_size=5,
    ),
    st.floats(0.0, 60.0),
    st.floats(0.0, 100.0),
)
def test_a_due_place_is_reached_then_and_not_before(
    script: list[tuple[float, State, float]], media_time: float, after: float
) -> None:
    timelines, room, place = [stated(0, "paused", 0.0, 0.0)], 0.0, 0.0
    for revision, (gap, state, rate) in enumerate(script, 1):
        room += gap
        place = float(timelines[-1].media_time_at(RoomTime(room)))
        timelines.append(stated(revision, state, place, room, rate))
    target = Target(ClockLine(local0=7.0, slew_rate=1.0003, local1=40.0, rate=0.9999), Schedule(tuple(timelines)))
    due = target.local_time_of(MediaTime(media_time), at(after))
    if due is None:
        assert target.media_time_at(at(1e6)) < media_time
        return
    assert due >= after - 1e-9
    assert target.media_time_at(at(due)) >= media_time - 1e-6
    if due > after + 1e-6:
        assert target.media_time_at(at(due - 1e-6)) < media_time
