"""What a command does to a room, and what its sender is answered."""

import pytest

from server.core import protocol
from server.core.protocol import (
    Accepted,
    Action,
    Choose,
    Ended,
    GoOn,
    Load,
    Next,
    Pause,
    Play,
    Refused,
    Seek,
    SetRate,
    Stay,
    TimelineStated,
    micros,
)
from server.core.room_answers import WORDS, refused
from server.core.room_commands import RULES
from server.core.room_state import RoomPolicy, Send
from tests.fakes.rooms import assert_unchanged, stage_of, watching

ACTIONS: list[Action] = [
    Play(),
    Pause(),
    Seek(media_us=5_000_000),
    SetRate(rate=2.0),
    Load(title="B"),
    Choose(entry="1"),
    Next(),
    Stay(),
    Ended(),
    GoOn(),
]


def test_every_action_has_a_rule() -> None:
    assert set(RULES) == {type(action) for action in ACTIONS}


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: type(action).__name__)
def test_another_item_than_the_rooms_is_refused(action: Action) -> None:
    assert_unchanged(watching(), action, "item", item="another")


@pytest.mark.parametrize("action", [each for each in ACTIONS if not isinstance(each, Load)], ids=repr)
def test_nothing_can_be_done_with_no_film(action: Action) -> None:
    assert_unchanged(stage_of("Ana", "Ben"), action, "nothing")


@pytest.mark.parametrize("action", [Next(), Ended()], ids=repr)
def test_next_and_ended_need_the_current_revision(action: Action) -> None:
    assert_unchanged(watching(), action, "revision", revision=1)


def test_there_is_no_next_film_yet() -> None:
    assert_unchanged(watching(), Next(), "nothing")


@pytest.mark.parametrize("code", WORDS)
def test_a_refusal_says_what_happened(code: protocol.CommandRefusal) -> None:
    command = protocol.Command(id="7", revision=0, item="", action=Play())
    assert refused(command, code) == Refused(id="7", code=code, words=WORDS[code])


def test_who_may_not_control_the_film_ends_none_of_unknown_length() -> None:
    stage = watching(seconds=None)
    stage.command("ana", protocol.SetRules(control="operators"))
    answer = stage.command("ben", Ended())
    assert isinstance(answer, Refused)
    assert answer.code == "bad"
    assert isinstance(stage.command("ana", Ended()), Accepted)
    assert stage.timeline.state == "paused"


def test_who_may_not_control_the_film_ends_one_of_known_length_where_it_ends() -> None:
    stage = watching(at=99.0, seconds=100.0)
    stage.command("ana", protocol.SetRules(control="operators"))
    stage.skip(0.5)
    assert isinstance(stage.command("ben", Ended()), Accepted)


def test_a_controller_moves_the_room_but_ends_no_film() -> None:
    stage = watching()
    stage.join("Remote", role="controller")
    assert isinstance(stage.command("remote", Pause()), Accepted)
    answer = stage.command("remote", Ended())
    assert isinstance(answer, Refused)
    assert answer.code == "forbidden"


# -- ids --------------------------------------------------------------------------------------------------------------


def test_a_repeated_id_is_answered_and_not_applied_again() -> None:
    stage = watching()
    first = stage.command("ana", Pause(), id="x")
    stage.skip(5.0)
    stage.command("ben", Play(), id="x")
    before = stage.room.schedule
    assert stage.command("ana", Pause(), id="x") == first
    assert stage.room.schedule == before
    assert len(stage.outbox) == 1


def test_a_repeated_refusal_stays_one() -> None:
    stage = stage_of("Ana")
    answer = stage.command("ana", Play(), id="x")
    stage.load("ana")
    assert stage.command("ana", Play(), id="x") == answer
    assert stage.timeline.state == "paused"


def test_the_answer_outlives_a_broken_link() -> None:
    stage = watching()
    answer = stage.command("ana", Pause(), id="x")
    stage.lose("ana")
    stage.join("Ana", token="token of ana")
    assert stage.command("ana", Pause(), id="x") == answer


def test_only_the_last_ids_are_remembered() -> None:
    stage = stage_of("Ana", policy=RoomPolicy(answers_most=2))
    stage.load("ana")
    for id in ("1", "2", "3"):
        stage.command("ana", Seek(media_us=0), id=id)
    revision = stage.room.revision
    stage.command("ana", Seek(media_us=0), id="2")
    assert stage.room.revision == revision
    stage.command("ana", Seek(media_us=0), id="1")
    assert stage.room.revision == revision + 1


def test_the_timeline_is_told_before_the_answer() -> None:
    stage = watching()
    stage.command("ana", Pause())
    assert [type(each.message) for each in stage.outbox if isinstance(each, Send)][:2] == [TimelineStated, Accepted]


# -- play -------------------------------------------------------------------------------------------------------------


def test_play_with_all_ready_starts_after_the_lead_without_a_hold() -> None:
    stage = stage_of("Ana", "Ben")
    stage.load("ana")
    stage.ready("ana", "ben")
    answer = stage.command("ana", Play())
    assert answer == Accepted(id="2", revision=2)
    assert stage.shape == ("playing", 0.0)
    assert 0.120 <= stage.timeline.room_time - stage.now <= 0.500


def test_first_play_waits_for_who_is_not_ready() -> None:
    stage = stage_of("Ana", "Ben")
    stage.load("ana")
    stage.ready("ana")
    stage.command("ana", Play())
    assert stage.shape == ("holding", 0.0)
    assert stage.timeline.waiting == ("ben",)
    assert stage.timeline.until == stage.now + stage.room.policy.first_hold
    assert stage.stated("ben").by == "ana"


@pytest.mark.parametrize("is_holding", [False, True])
def test_play_in_a_room_that_plays_or_is_about_to_changes_nothing(is_holding: bool) -> None:
    stage = watching()
    if is_holding:
        stage.command("ana", Seek(media_us=0))
    revision = stage.room.revision
    assert stage.command("ben", Play()) == Accepted(id=str(stage.commands), revision=revision)
    assert stage.room.revision == revision


def test_play_right_after_pause_goes_on_from_the_pauses_place_when_it_has_come() -> None:
    stage = watching()
    stage.command("ana", Pause())
    pause = stage.timeline
    stage.command("ben", Play())
    assert stage.timeline.state == "playing"
    assert stage.timeline.media_time == pause.media_time
    assert stage.timeline.room_time == pause.room_time


def test_a_wait_right_after_pause_begins_where_the_pause_does() -> None:
    stage = watching()
    stage.join("Eve")
    stage.command("ana", Pause())
    pause = stage.timeline
    stage.command("ben", Play())
    assert stage.timeline.state == "holding"
    assert stage.timeline.waiting == ("eve",)
    assert stage.timeline.room_time == pause.room_time


@pytest.mark.parametrize("seconds", [100.0, None])
def test_play_at_the_end_starts_again(seconds: float | None) -> None:
    stage = watching(at=99.0, seconds=seconds)
    stage.skip(1.0)
    stage.command("ana", Ended())
    assert stage.shape == ("paused", 100.0)
    stage.ready("ana", "ben")
    stage.command("ben", Play())
    assert stage.shape == ("holding", 0.0)
    assert stage.timeline.waiting == ("ana", "ben")
    stage.ready("ana", "ben")
    assert stage.shape == ("playing", 0.0)


def test_after_a_seek_back_from_the_end_play_goes_on_there() -> None:
    stage = watching(at=99.0, seconds=None)
    stage.command("ana", Ended())
    stage.play("ana", at=50.0)
    assert stage.shape == ("playing", 50.0)


# -- pause ------------------------------------------------------------------------------------------------------------


def test_pause_stops_a_lead_ahead_at_the_media_time_of_that_instant() -> None:
    stage = watching(at=10.0)
    stage.skip(2.0)
    stage.command("ana", Pause())
    turn = stage.timeline.room_time
    assert 0.120 <= turn - stage.now <= 0.500
    assert stage.shape == ("paused", round(12.0 + turn - stage.now, 6))
    assert stage.place == pytest.approx(12.0)


def test_pause_whatever_revision_it_names_is_not_lost() -> None:
    stage = watching()
    seen = stage.room.revision
    stage.command("ana", Seek(media_us=micros(50.0)))
    assert isinstance(stage.command("ben", Pause(), revision=seen), Accepted)
    assert stage.shape == ("paused", 50.0)


def test_pause_ends_a_wait_at_its_place_and_readiness_stays() -> None:
    stage = watching()
    stage.command("ana", Seek(media_us=micros(50.0)))
    stage.ready("ana", "ben", revision=stage.room.revision - 1)  # for the place before: too old
    hold = stage.room.revision
    stage.command("ben", Pause())
    assert stage.shape == ("paused", 50.0)
    stage.ready("ana", "ben", revision=hold)
    stage.command("ben", Play())
    assert stage.shape == ("playing", 50.0)


def test_pause_in_a_room_that_stands_changes_nothing() -> None:
    stage = stage_of("Ana")
    stage.load("ana")
    assert stage.command("ana", Pause()) == Accepted(id="2", revision=1)


def test_pause_near_the_end_stops_at_the_end() -> None:
    stage = watching(at=99.0, seconds=100.0)
    stage.skip(0.9)
    stage.command("ana", Pause())
    assert stage.shape == ("paused", 100.0)
    stage.command("ana", Play())
    assert stage.shape == ("holding", 0.0)


# -- seek -------------------------------------------------------------------------------------------------------------


def test_seek_in_a_room_that_plays_holds_there_until_all_are_there_and_plays_on() -> None:
    stage = watching()
    stage.command("ana", Seek(media_us=micros(50.0)))
    assert stage.shape == ("holding", 50.0)
    assert stage.timeline.room_time == stage.now
    assert stage.timeline.waiting == ("ana", "ben")
    assert stage.timeline.until == stage.now + stage.room.policy.hold
    stage.ready("ana")
    assert stage.timeline.state == "holding"
    stage.ready("ben")
    assert stage.shape == ("playing", 50.0)


def test_seek_in_a_room_that_stands_stands_there_at_once() -> None:
    stage = stage_of("Ana", "Ben")
    stage.load("ana")
    stage.command("ben", Seek(media_us=micros(50.0)))
    assert stage.shape == ("paused", 50.0)
    assert stage.timeline.room_time == stage.now
    assert stage.timeline.until is None


def test_seek_while_waiting_waits_there() -> None:
    stage = watching()
    stage.command("ana", Seek(media_us=micros(50.0)))
    stage.ready("ana")
    stage.command("ben", Seek(media_us=micros(60.0)))
    assert stage.shape == ("holding", 60.0)
    assert stage.timeline.waiting == ("ana", "ben")


def test_seek_beyond_the_end_goes_to_the_end() -> None:
    stage = stage_of("Ana")
    stage.load("ana", seconds=100.0)
    stage.command("ana", Seek(media_us=micros(500.0)))
    assert stage.shape == ("paused", 100.0)


def test_seek_before_a_pause_has_come_stands_at_the_target() -> None:
    stage = watching()
    stage.command("ana", Pause())
    stage.command("ben", Seek(media_us=micros(50.0)))
    assert stage.shape == ("paused", 50.0)
    assert stage.place == 50.0


# -- rate -------------------------------------------------------------------------------------------------------------


def test_rate_turns_a_lead_ahead_without_a_jump() -> None:
    stage = watching(at=10.0)
    stage.skip(2.0)
    before = stage.timeline
    stage.command("ana", SetRate(rate=2.0))
    turn = stage.timeline.room_time
    assert stage.timeline.rate == 2.0
    assert stage.timeline.media_time == before.media_time_at(turn)
    assert turn > stage.now


def test_rate_in_a_room_that_stands_keeps_the_place_and_who_is_ready() -> None:
    stage = stage_of("Ana", "Ben")
    stage.load("ana")
    revision = stage.room.revision
    stage.command("ana", SetRate(rate=0.5))
    assert stage.shape == ("paused", 0.0)
    assert stage.timeline.rate == 0.5
    stage.ready("ana", "ben", revision=revision)  # under way when the speed was changed
    stage.command("ana", Play())
    assert stage.shape == ("playing", 0.0)
    assert stage.timeline.rate == 0.5


def test_rate_while_waiting_goes_on_waiting_for_the_same() -> None:
    stage = watching()
    stage.command("ana", Seek(media_us=micros(50.0)))
    hold = stage.timeline
    stage.ready("ana")
    stage.skip(1.0)
    stage.command("ana", SetRate(rate=0.5))
    assert stage.shape == ("holding", 50.0)
    assert (stage.timeline.until, stage.timeline.waiting) == (hold.until, ("ben",))
    stage.ready("ben", revision=hold.revision)
    assert stage.shape == ("playing", 50.0)


def test_the_same_rate_changes_nothing() -> None:
    stage = watching()
    revision = stage.room.revision
    assert stage.command("ana", SetRate(rate=1.0)) == Accepted(id=str(stage.commands), revision=revision)
    assert stage.room.revision == revision


# -- go on ------------------------------------------------------------------------------------------------------------


def test_who_waits_no_longer_plays_for_all_that_are_there() -> None:
    stage = watching()
    stage.command("ana", Seek(media_us=0))
    assert stage.timeline.state == "holding"
    stage.command("ben", GoOn())
    assert stage.shape == ("playing", 0.0)
    assert (stage.stated("ana").by, stage.stated("ana").why) == ("ben", "go_on")


def test_a_room_that_waits_for_nobody_just_goes_on() -> None:
    stage = watching()
    revision = stage.room.revision
    assert isinstance(stage.command("ben", GoOn()), Accepted)
    assert stage.room.revision == revision
