"""The ready check, its count-down, and everything that ends it."""

import pytest

from server.core import protocol
from server.core.protocol import CallOff, Check, Checked, Confirm, Load, Notice, Pause, Play, Refused, Seek
from server.core.room import next_deadline
from tests.fakes.rooms import Stage, stage_of


def before_the_film(*names: str) -> Stage:
    """People with a film that stands at its start and that all could show."""
    stage = stage_of(*(names or ("Ana", "Ben", "Cem")))
    stage.load("ana", 600.0)
    stage.ready(*(member.peer for member in stage.room.present))
    return stage


def test_when_all_are_ready_the_film_starts_for_all_at_one_instant() -> None:
    stage = before_the_film()
    stage.command("ana", Check())
    assert stage.last("cem", Checked) == Checked(by="ana", ready=("ana",))
    stage.command("ben", Confirm(ready=True))
    assert stage.timeline.state == "paused"
    stage.command("cem", Confirm(ready=True))
    assert stage.timeline.state == "playing"
    assert stage.timeline.room_time == stage.now + stage.room.policy.count_down
    assert stage.stated("ben").why == "check"
    assert stage.last("ben", Checked) == Checked()


def test_saying_it_twice_counts_once() -> None:
    stage = before_the_film()
    stage.command("ana", Check())
    stage.command("ben", Confirm(ready=True))
    stage.command("ben", Confirm(ready=True))
    assert stage.last("cem", Checked) == Checked(by="ana", ready=("ana", "ben"))


def test_a_player_that_is_not_ready_is_waited_for_too() -> None:
    stage = before_the_film("Ana", "Ben")
    stage.command("ana", Seek(media_us=5_000_000))
    stage.ready("ana")
    stage.command("ana", Check())
    stage.command("ben", Confirm(ready=True))
    assert stage.timeline.state == "paused"
    stage.ready("ben")
    assert stage.timeline.state == "playing"


def test_a_player_that_never_gets_ready_is_waited_for_no_longer_than_otherwise() -> None:
    stage = before_the_film("Ana", "Ben", "Cem")
    stage.command("ana", Seek(media_us=5_000_000))
    stage.ready("ana", "ben")
    stage.command("ana", Check())
    stage.command("ben", Confirm(ready=True))
    stage.wait(stage.room.policy.hold + 5.0)
    assert stage.timeline.state == "paused"  # one has not said so
    stage.command("cem", Confirm(ready=True))
    agreed = stage.now
    assert next_deadline(stage.room) is not None
    stage.wait(stage.room.policy.hold - 0.5)
    assert stage.timeline.state == "paused"
    stage.wait(0.6)
    assert stage.timeline.state == "playing"
    assert stage.timeline.room_time == pytest.approx(agreed + stage.room.policy.hold + stage.room.policy.count_down)
    assert stage.stated("cem").why == "check"


def test_who_is_away_is_not_asked() -> None:
    stage = before_the_film()
    stage.command("cem", protocol.SetAway(away=True))
    stage.command("ana", Check())
    stage.command("ben", Confirm(ready=True))
    assert stage.timeline.state == "playing"


def test_who_leaves_is_not_waited_for() -> None:
    stage = before_the_film()
    stage.command("ana", Check())
    stage.command("ben", Confirm(ready=True))
    stage.leave("cem")
    assert stage.timeline.state == "playing"


def test_nothing_starts_by_itself_for_one_person() -> None:
    stage = before_the_film("Ana", "Ben")
    stage.command("ana", Check())
    stage.leave("ben")
    assert stage.timeline.state == "paused"
    assert stage.room.check is None
    answer = stage.command("ana", Check())
    assert isinstance(answer, Refused)
    assert "press play" in answer.words


def test_who_comes_in_meanwhile_is_asked() -> None:
    stage = before_the_film("Ana", "Ben")
    stage.command("ana", Check())
    stage.join("Dora")
    assert stage.last("dora", Checked) == Checked(by="ana", ready=("ana",))
    stage.command("ben", Confirm(ready=True))
    assert stage.timeline.state == "paused"


def test_not_yet_ends_it_and_says_whose_word_that_was() -> None:
    stage = before_the_film()
    stage.command("ana", Check())
    stage.command("ben", Confirm(ready=False))
    assert stage.room.check is None
    assert stage.last("ana", Notice) == Notice(words="Ben is not ready yet.", peer="ben")


def test_it_can_be_called_off() -> None:
    stage = before_the_film()
    stage.command("ana", Check())
    stage.command("ana", CallOff())
    assert stage.last("ben", Notice) == Notice(words="Ana called the start off.", peer="ana")
    assert stage.last("ben", Checked) == Checked()


@pytest.mark.parametrize(
    ("action", "did"),
    [
        (Seek(media_us=1), "moved the film"),
        (Load(title="Other"), "opened another film"),
        (protocol.SetRate(rate=2.0), "changed the speed"),
    ],
)
def test_another_film_place_or_speed_ends_it_and_says_whose_word_that_was(action: protocol.Action, did: str) -> None:
    stage = before_the_film()
    stage.command("ana", Check())
    stage.command("ben", action)
    assert stage.room.check is None
    assert stage.last("cem", Checked) == Checked()
    assert stage.last("cem", Notice) == Notice(words=f"Ben {did}: the start is called off.", peer="ben")


def test_another_start_ends_it_and_needs_no_words() -> None:
    stage = before_the_film()
    stage.command("ana", Check())
    stage.command("ben", Play())
    assert stage.room.check is None
    assert stage.last("cem", Checked) == Checked()
    assert stage.all("cem", Notice) == []


@pytest.mark.parametrize("action", [Pause(), protocol.SetRate(rate=1.0)])
def test_what_changes_nothing_does_not_end_it(action: protocol.Action) -> None:
    stage = before_the_film()
    stage.command("ana", Check())
    stage.command("ben", action)
    assert stage.room.check is not None


def test_a_pause_in_the_count_down_stops_the_start() -> None:
    stage = before_the_film("Ana", "Ben")
    stage.command("ana", Check())
    stage.command("ben", Confirm(ready=True))
    stage.skip(1.0)
    stage.command("ben", Pause())
    stage.skip(10.0)
    assert stage.shape == ("paused", 0.0)
    assert stage.place == 0.0


def test_asking_twice_is_asking_once() -> None:
    stage = before_the_film()
    stage.command("ana", Check())
    stage.command("ben", Check())
    assert stage.room.check is not None
    assert stage.room.check.by == "ana"


def test_a_remote_control_may_ask_and_has_no_voice() -> None:
    stage = before_the_film("Ana", "Ben")
    stage.join("Remote", role="controller")
    stage.command("remote", Check())
    assert stage.last("ana", Checked) == Checked(by="remote")
    assert isinstance(stage.command("remote", Confirm(ready=True)), Refused)


@pytest.mark.parametrize("action", [Confirm(ready=True), Confirm(ready=False), CallOff()])
def test_an_answer_that_nobody_asked_for_is_refused(action: protocol.Action) -> None:
    answer = before_the_film().command("ana", action)
    assert isinstance(answer, Refused)
    assert answer.code == "nothing"


def test_what_can_not_start_is_not_asked_about() -> None:
    empty = stage_of("Ana", "Ben").command("ana", Check())
    assert isinstance(empty, Refused)
    assert empty.code == "nothing"
    stage = before_the_film("Ana", "Ben")
    stage.command("ana", Seek(media_us=600_000_000))
    at_end = stage.command("ana", Check())
    assert isinstance(at_end, Refused)
    assert "at its end" in at_end.words
    stage.play("ana", 10.0)
    playing = stage.command("ana", Check())
    assert isinstance(playing, Refused)
    assert "pause it" in playing.words


def test_a_crowd_that_confirms_and_goes_makes_no_endless_list() -> None:
    stage = before_the_film()
    stage.command("ana", Check())
    for number in range(1000):
        peer = stage.join(f"Guest{number}")
        stage.command(peer, Confirm(ready=True))
        stage.leave(peer)
    stage.command("ben", Confirm(ready=True))
    assert stage.last("cem", Checked) == Checked(by="ana", ready=("ana", "ben"))
