"""Media time as a function of room time, and what the authority has said of the future."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from server.core.timeline import MAX_RATE, MIN_RATE, NOTHING, MediaTime, RoomTime, Schedule, State, Timeline
from tests.fakes.timelines import stated


def at(seconds: float) -> RoomTime:
    return RoomTime(seconds)


PLAYING = stated(1, "playing", 60.0, 100.0, rate=2.0)


# -- one timeline ------------------------------------------------------------------------------------------------------


def test_a_playing_timeline_stands_at_its_beginning_until_it_takes_effect_then_runs_at_its_rate() -> None:
    assert PLAYING.media_time_at(at(90.0)) == 60.0
    assert PLAYING.media_time_at(at(100.0)) == 60.0
    assert PLAYING.media_time_at(at(103.0)) == 66.0


def test_a_paused_or_holding_timeline_stands() -> None:
    for state in ("paused", "holding"):
        assert stated(1, state, 60.0, 100.0, rate=2.0).media_time_at(at(1e6)) == 60.0


def test_a_playing_timeline_knows_when_a_place_is_due() -> None:
    assert PLAYING.room_time_of(MediaTime(66.0)) == 103.0
    assert PLAYING.room_time_of(MediaTime(60.0)) == 100.0


def test_no_place_is_due_before_the_beginning_or_while_the_film_stands() -> None:
    assert PLAYING.room_time_of(MediaTime(59.9)) is None
    assert stated(1, "paused", 60.0, 100.0).room_time_of(MediaTime(60.0)) is None


@given(rate=st.floats(MIN_RATE, MAX_RATE), after=st.floats(0.0, 1e5))
def test_the_instant_of_a_place_and_the_place_at_that_instant_agree(rate: float, after: float) -> None:
    timeline = stated(1, "playing", 60.0, 100.0, rate)
    due = timeline.room_time_of(MediaTime(60.0 + after))
    assert due is not None
    assert abs(timeline.media_time_at(due) - (60.0 + after)) < 1e-6


# -- a schedule --------------------------------------------------------------------------------------------------------


def test_a_new_schedule_has_nothing_loaded() -> None:
    assert Schedule().newest is NOTHING
    assert Schedule().media_time_at(at(5.0)) == 0.0


def test_the_timeline_before_holds_until_the_next_one_takes_effect() -> None:
    schedule = Schedule((PLAYING,)).receive(stated(2, "paused", 80.0, 110.0), at(105.0))
    assert schedule.media_time_at(at(109.0)) == 78.0
    assert schedule.at(at(109.999)).state == "playing"
    assert schedule.at(at(110.0)).state == "paused"
    assert schedule.media_time_at(at(500.0)) == 80.0
    assert schedule.newest.revision == 2


def test_what_comes_next_is_known_until_it_has_come() -> None:
    schedule = Schedule((PLAYING,)).receive(stated(2, "paused", 80.0, 110.0), at(105.0))
    upcoming = schedule.next_after(at(109.0))
    assert upcoming is not None
    assert upcoming.revision == 2
    assert schedule.next_after(at(110.0)) is None
    assert Schedule((PLAYING,)).next_after(at(0.0)) is None  # the first one holds for ever before


def test_an_older_revision_changes_nothing() -> None:
    schedule = Schedule((stated(5, "paused", 80.0, 110.0),))
    assert schedule.receive(stated(4, "playing", 0.0, 120.0), at(111.0)) is schedule


def test_the_same_revision_replaces_a_hold_whose_waiting_shrank() -> None:
    hold = Timeline(
        revision=2, item="film", state="holding", media_time=MediaTime(9.0), room_time=at(110.0), waiting=("a", "b")
    )
    shrunk = Timeline(
        revision=2, item="film", state="holding", media_time=MediaTime(9.0), room_time=at(110.0), waiting=("b",)
    )
    schedule = Schedule((PLAYING,)).receive(hold, at(105.0)).receive(shrunk, at(106.0))
    assert schedule.timelines == (PLAYING, shrunk)
    assert Schedule((hold,)).receive(shrunk, at(120.0)).timelines == (shrunk,)


def test_what_would_begin_only_after_a_newer_statement_never_begins() -> None:
    later = stated(2, "paused", 90.0, 115.0)
    sooner = stated(3, "paused", 80.0, 110.0)
    schedule = Schedule((PLAYING,)).receive(later, at(105.0)).receive(sooner, at(106.0))
    assert schedule.timelines == (PLAYING, sooner)
    assert (
        Schedule((PLAYING,))
        .receive(sooner, at(105.0))
        .receive(stated(4, "playing", 80.0, 110.0), at(106.0))
        .at(at(110.0))
        .revision
        == 4
    )


def test_what_is_over_is_forgotten_but_not_what_is_in_force() -> None:
    schedule = Schedule((PLAYING,)).receive(stated(2, "paused", 80.0, 110.0), at(105.0))
    schedule = schedule.receive(stated(3, "playing", 80.0, 130.0), at(120.0))
    assert [each.revision for each in schedule.timelines] == [2, 3]


def test_who_learns_of_a_pause_too_late_finds_the_film_standing_already() -> None:
    schedule = Schedule((PLAYING,)).receive(stated(2, "paused", 80.0, 110.0), at(112.0))
    assert schedule.timelines[0].revision == 2
    assert schedule.media_time_at(at(112.0)) == 80.0


# -- continuity --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Turn:
    """What an authority states next: a change `lead` after `wait` seconds, at the place where the film then is."""

    wait: float
    lead: float
    state: State
    rate: float


turns = st.builds(
    Turn,
    wait=st.floats(0.0, 20.0),
    lead=st.floats(0.12, 0.5),
    state=st.sampled_from(("playing", "paused")),
    rate=st.floats(MIN_RATE, MAX_RATE),
)


@given(st.lists(turns, max_size=12))
def test_through_plays_pauses_and_rates_the_film_never_jumps(script: list[Turn]) -> None:
    schedule, now, revision = Schedule((stated(1, "paused", 0.0, 0.0),)), 0.0, 1
    for turn in script:
        now, revision = now + turn.wait, revision + 1
        takes_effect = at(max(now + turn.lead, schedule.newest.room_time))
        place = schedule.media_time_at(takes_effect)
        before = schedule
        schedule = schedule.receive(stated(revision, turn.state, place, takes_effect, turn.rate), at(now))
        assert schedule.media_time_at(at(now)) == before.media_time_at(at(now))
        for known in schedule.timelines[1:]:
            gap = schedule.media_time_at(known.room_time) - schedule.media_time_at(at(known.room_time - 1e-6))
            assert 0.0 <= gap < 1e-5


# -- a copy with another beginning -------------------------------------------------------------------------------------


def test_a_copy_that_has_everything_later_is_shown_ahead() -> None:
    schedule = Schedule((stated(1, "playing", 60.0, 100.0), stated(2, "paused", 70.0, 110.0)))
    assert schedule.shifted(0.0) is schedule
    shifted = schedule.shifted(4.0)
    assert (shifted.media_time_at(at(105.0)), shifted.media_time_at(at(120.0))) == (69.0, 74.0)
    assert [each.revision for each in shifted.timelines] == [1, 2]


def test_what_lies_before_a_copys_start_waits_there() -> None:
    schedule = Schedule((stated(1, "playing", 500.0, 50.0), stated(2, "playing", 2.0, 100.0, rate=0.5)))
    shifted = schedule.shifted(-5.0)
    assert shifted.media_time_at(at(99.0)) == 544.0
    assert shifted.media_time_at(at(100.0)) == 0.0  # and not where the timeline before would be
    assert shifted.media_time_at(at(106.0)) == 0.0
    assert shifted.media_time_at(at(108.0)) == 1.0
    assert shifted.newest.revision == 2
    assert shifted.newest.state == "playing"


def test_a_standing_place_before_a_copys_start_is_its_start() -> None:
    for state in ("paused", "holding"):
        shifted = Schedule((stated(1, state, 2.0, 100.0),)).shifted(-5.0)
        assert (shifted.newest.state, shifted.media_time_at(at(200.0))) == (state, 0.0)


@given(
    offset=st.floats(-100.0, 100.0),
    place=st.floats(0.0, 200.0),
    rate=st.floats(MIN_RATE, MAX_RATE),
    after=st.floats(0.0, 1e4),
)
def test_a_shifted_place_is_the_place_shifted_or_the_start(
    offset: float, place: float, rate: float, after: float
) -> None:
    schedule = Schedule((stated(1, "playing", place, 100.0, rate),))
    expected = max(0.0, schedule.media_time_at(at(100.0 + after)) + offset)
    assert abs(schedule.shifted(offset).media_time_at(at(100.0 + after)) - expected) < 1e-6
