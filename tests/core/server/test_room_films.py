"""Which film a room watches, and its end: the commands load and ended."""

import pytest

from server.core import protocol
from server.core.protocol import (
    Accepted,
    Ended,
    Load,
    Pause,
    Refused,
    SetRate,
    TimelineStated,
    micros,
)
from tests.fakes.rooms import assert_unchanged, stage_of, watching

# -- load -------------------------------------------------------------------------------------------------------------


def test_the_first_film_stands_at_its_start() -> None:
    stage = stage_of("Ana", "Ben")
    answer = stage.command("ana", Load(title=" A\u202e film ", duration_us=micros(100.0)))
    assert answer == Accepted(id="1", revision=1)
    assert stage.shape == ("paused", 0.0)
    assert stage.told["ben"][-2:] == [
        protocol.Item(id="1", title="A film", duration_us=micros(100.0), by="ana", entry="1"),
        TimelineStated(
            revision=1, item="1", state="paused", media_us=0, room_us=micros(stage.now), rate=1.0, by="ana", why="load"
        ),
    ]


def test_a_film_that_comes_from_another_room_goes_on_where_it_was() -> None:
    stage = stage_of("Ana")
    stage.command("ana", Load(title="Film", duration_us=micros(100.0), media_us=micros(60.0)))
    assert stage.shape == ("paused", 60.0)
    stage.command("ana", Load(title="Short", duration_us=micros(50.0), media_us=micros(60.0)))
    assert stage.shape == ("paused", 50.0)


def test_a_film_without_a_title_has_one() -> None:
    stage = stage_of("Ana")
    stage.load("ana", title="\u200b")
    assert stage.room.item is not None
    assert stage.room.item.title == "Untitled"


def test_another_film_in_a_room_that_stands_stands() -> None:
    stage = watching()
    stage.command("ben", Pause())
    stage.command("ben", Load(title="B"))
    assert stage.shape == ("paused", 0.0)
    assert stage.timeline.item == "2"


def test_another_film_in_a_room_that_plays_waits_for_all_and_plays_at_normal_speed() -> None:
    stage = watching()
    stage.command("ana", SetRate(rate=2.0))
    stage.command("ben", Load(title="B"))
    assert stage.shape == ("holding", 0.0)
    assert stage.timeline.waiting == ("ana", "ben")
    assert stage.timeline.rate == 1.0
    assert stage.timeline.until == stage.now + stage.room.policy.first_hold


def test_load_needs_the_current_item() -> None:
    stage = stage_of("Ana", "Ben")
    stage.load("ana")
    answer = stage.command("ben", Load(title="B"), item="")
    assert isinstance(answer, Refused)
    assert answer.code == "item"


# -- ended ------------------------------------------------------------------------------------------------------------


def test_five_ends_of_file_count_once() -> None:
    names = ("Ana", "Ben", "Cem", "Dia", "Eve")
    stage = stage_of(*names)
    stage.load("ana", seconds=None)
    stage.play("ana", at=70.0)
    revision = stage.room.revision
    answers = [stage.command(name.lower(), Ended(), revision=revision) for name in names]
    assert [type(answer) for answer in answers] == [Accepted] + [Refused] * 4
    assert stage.room.revision == revision + 1
    assert stage.shape == ("paused", 70.0)
    assert stage.stated("eve").why == "end"


def test_the_end_of_a_shorter_copy_is_not_the_rooms() -> None:
    assert_unchanged(watching(), Ended(), "bad")


def test_an_end_of_file_just_before_the_known_end_lets_the_film_play_to_it() -> None:
    stage = watching(at=99.5, seconds=100.0)
    start = stage.now
    stage.command("ana", Ended())
    assert stage.shape == ("paused", 100.0)
    assert stage.timeline.room_time == pytest.approx(start + 0.5)


def test_nothing_ends_in_a_room_that_stands() -> None:
    stage = stage_of("Ana", "Ben")
    stage.load("ana", seconds=None)
    assert_unchanged(stage, Ended(), "bad")
