"""Which film a room watches: opened, chosen, the next one; and how the next one begins by itself."""

import pytest

from server.core import protocol
from server.core.protocol import (
    Accepted,
    Add,
    Choose,
    Copy,
    Item,
    Load,
    NewEntry,
    Next,
    Pause,
    Playlist,
    Refused,
    Remove,
    Seek,
    SetLoop,
    SetRate,
    Stay,
    TimelineStated,
    micros,
)
from server.core.room import next_deadline
from server.core.room_state import RoomPolicy
from tests.fakes.rooms import Stage, assert_unchanged, stage_of, watching

LINK = "https://example.org/a.mkv"


def listed(*titles: str, policy: RoomPolicy | None = None) -> Stage:
    """Ana and Ben, a playlist, and nothing opened."""
    stage = stage_of("Ana", "Ben", policy=policy)
    stage.add("ana", *titles)
    return stage


def at_the_end(title: str, *titles: str, loop: protocol.Loop = "off") -> Stage:
    stage = listed(*titles)
    if loop != "off":
        stage.command("ana", SetLoop(loop=loop))
    stage.command("ana", Choose(entry=stage.entry(title)))
    stage.play("ana")
    stage.wait(100.0)
    return stage


# -- load -------------------------------------------------------------------------------------------------------------


def test_who_may_not_edit_the_playlist_opens_a_film_beside_it() -> None:
    stage = listed("A", "B")
    stage.command("ana", Choose(entry=stage.entry("A")))
    stage.command("ana", protocol.SetRules(playlist="operators"))
    stage.load("ben", title="X")
    assert (stage.title, stage.titles) == ("X", "A B")
    stage.command("ben", Next())
    assert stage.title == "B"
    stage.command("ben", Load(title="A", duration_us=micros(100.0)))
    assert stage.room.item is not None
    assert stage.room.item.entry == stage.entry("A")


def test_a_film_that_is_opened_becomes_an_entry_after_the_current_one() -> None:
    stage = listed("A", "B")
    stage.command("ana", Choose(entry=stage.entry("A")))
    stage.load("ben", title="X")
    assert stage.titles == "A X B"
    assert stage.room.item is not None
    assert stage.room.item.entry == stage.entry("X")
    assert [entry.by for entry in stage.playlist("ana").entries] == ["ana", "ben", "ana"]


def test_the_list_is_told_before_the_film_that_is_in_it() -> None:
    stage = stage_of("Ana", "Ben")
    stage.load("ana")
    kinds = [type(message) for message in stage.told["ben"] if isinstance(message, Playlist | Item | TimelineStated)]
    assert kinds == [Playlist, Item, TimelineStated]


def test_all_that_is_known_of_the_film_is_told() -> None:
    stage = stage_of("Ana", "Ben")
    stage.command("ana", Load(title="A", duration_us=1, size=2, fingerprint="ab", url=LINK))
    item = Item(id="1", title="A", duration_us=1, size=2, fingerprint="ab", url=LINK, entry="1", by="ana")
    assert stage.last("ben", Item) == item
    assert stage.playlist("ben").entries[0] == protocol.Entry(
        id="1", title="A", duration_us=1, size=2, fingerprint="ab", url=LINK, by="ana"
    )


@pytest.mark.parametrize(
    "film",
    [
        Load(title="another name", fingerprint="ab"),
        Load(title="another name", url=LINK),
        Load(title=" B\u202e ", duration_us=micros(50.0)),
    ],
    ids=repr,
)
def test_a_film_that_is_in_the_list_already_becomes_current(film: Load) -> None:
    stage = stage_of("Ana")
    stage.add("ana", "A")
    entry = NewEntry(title="B", duration_us=micros(50.0), fingerprint="ab", url=LINK)
    stage.command("ana", Add(entries=(entry, NewEntry(title="C"))))
    revision = stage.room.playlist.revision
    stage.command("ana", film)
    assert stage.titles == "A B C"
    assert stage.room.playlist.revision == revision
    assert stage.room.item is not None
    assert stage.room.item.entry == stage.entry("B")
    assert stage.room.item.by == "ana"


@pytest.mark.parametrize(
    "film",
    [Load(title="A"), Load(title="A", duration_us=1, fingerprint="ff"), Load(title="X", url="https://example.org/")],
    ids=repr,
)
def test_a_film_that_only_looks_like_one_in_the_list_is_another(film: Load) -> None:
    stage = stage_of("Ana")
    stage.command("ana", Add(entries=(NewEntry(title="A", duration_us=2, fingerprint="ab", url=LINK),)))
    stage.command("ana", film)
    assert len(stage.room.playlist.entries) == 2


def test_of_a_film_that_is_in_the_list_twice_the_current_entry_stays_current() -> None:
    stage = listed("A", "B", "A")
    stage.command("ana", Choose(entry="3"))
    stage.load("ana", title="A")
    assert stage.room.item is not None
    assert stage.room.item.entry == "3"


def test_a_film_for_which_the_list_has_no_room_is_no_entry_and_the_next_is_as_before() -> None:
    stage = listed("A", "B", "C", policy=RoomPolicy(entries_most=3))
    stage.command("ana", Choose(entry=stage.entry("B")))
    assert isinstance(stage.command("ana", Load(title="X")), Accepted)
    assert (stage.title, stage.titles) == ("X", "A B C")
    assert stage.room.item is not None
    assert stage.room.item.entry == ""
    stage.command("ana", Next())
    assert stage.title == "C"


# -- choose -----------------------------------------------------------------------------------------------------------


def test_an_entry_is_chosen_in_a_room_that_stands() -> None:
    stage = listed("A", "B")
    stage.command("ben", Choose(entry=stage.entry("B")))
    assert stage.shape == ("paused", 0.0)
    assert stage.last("ana", Item) == Item(
        id="1", title="B", duration_us=micros(100.0), entry=stage.entry("B"), by="ana"
    )
    stated = stage.stated("ana")
    assert (stated.by, stated.why) == ("ben", "load")


def test_an_entry_that_is_chosen_in_a_room_that_plays_begins_at_its_start_when_all_are_there() -> None:
    stage = listed("A", "B")
    stage.command("ana", Choose(entry=stage.entry("A")))
    stage.play("ana", at=50.0)
    stage.command("ana", SetRate(rate=2.0))
    stage.command("ben", Choose(entry=stage.entry("B")))
    assert stage.shape == ("holding", 0.0)
    assert stage.timeline.waiting == ("ana", "ben")
    assert stage.timeline.rate == 1.0
    stage.ready("ana", "ben")
    assert stage.shape == ("playing", 0.0)


def test_who_chooses_what_plays_sees_it_from_the_start() -> None:
    stage = listed("A", "B")
    stage.command("ana", Choose(entry=stage.entry("A")))
    stage.play("ana", at=50.0)
    stage.command("ben", Choose(entry=stage.entry("A")))
    assert stage.shape == ("holding", 0.0)
    assert stage.room.items == 1


def test_what_is_chosen_while_the_next_is_about_to_begin_plays() -> None:
    stage = at_the_end("A", "A", "B", "C")
    stage.command("ben", Choose(entry=stage.entry("C")))
    assert (stage.title, stage.shape) == ("C", ("holding", 0.0))


def test_what_is_opened_while_the_next_is_about_to_begin_plays_and_the_list_is_told_once() -> None:
    stage = at_the_end("A", "A", "B")
    told = len(stage.all("ben", Playlist))
    stage.load("ben", title="X")
    assert (stage.title, stage.shape, stage.titles) == ("X", ("holding", 0.0), "A X B")
    assert len(stage.all("ben", Playlist)) == told + 1
    assert stage.playlist("ben").next_us is None


def test_an_entry_that_is_gone_cannot_be_chosen() -> None:
    stage = watching()
    assert_unchanged(stage, Choose(entry="99"), "nothing")
    assert_unchanged(stage, Choose(entry="1"), "item", item="another")


# -- next -------------------------------------------------------------------------------------------------------------


def test_next_is_the_entry_after_the_current_one() -> None:
    stage = listed("A", "B")
    stage.command("ana", Choose(entry=stage.entry("A")))
    stage.play("ana", at=50.0)
    stage.command("ben", Next())
    assert (stage.title, stage.shape) == ("B", ("holding", 0.0))
    stated = stage.stated("ana")
    assert (stated.by, stated.why) == ("ben", "next")


def test_two_people_who_press_next_go_on_by_one() -> None:
    stage = listed("A", "B", "C")
    stage.command("ana", Choose(entry=stage.entry("A")))
    seen = stage.room.revision, stage.room.item_id
    stage.command("ana", Next(), revision=seen[0], item=seen[1])
    answer = stage.command("ben", Next(), revision=seen[0], item=seen[1])
    assert isinstance(answer, Refused)
    assert stage.title == "B"


def test_next_with_no_film_opens_the_first() -> None:
    stage = listed("A", "B")
    stage.command("ana", Next())
    assert (stage.title, stage.shape) == ("A", ("paused", 0.0))


def test_after_the_last_film_there_is_no_next_one_but_in_a_loop() -> None:
    stage = listed("A", "B")
    stage.command("ana", Choose(entry=stage.entry("B")))
    answer = stage.command("ana", Next())
    assert isinstance(answer, Refused)
    assert (answer.code, answer.words) == ("nothing", "This was the last film: there is no next one.")
    stage.command("ana", SetLoop(loop="all"))
    stage.command("ana", Next())
    assert stage.title == "A"


def test_an_end_of_file_of_the_film_before_skips_nothing() -> None:
    stage = listed("A", "B", "C")
    stage.command("ana", Choose(entry=stage.entry("A")))
    stage.play("ana")
    stage.wait(99.5)
    seen = stage.room.revision, stage.room.item_id
    stage.command("ana", Next())
    answer = stage.command("ben", protocol.Ended(), revision=seen[0], item=seen[1])
    assert isinstance(answer, Refused)
    assert stage.title == "B"


# -- by itself --------------------------------------------------------------------------------------------------------


def test_the_next_film_begins_by_itself_a_while_after_the_end() -> None:
    stage = at_the_end("A", "A", "B")
    end = stage.timeline.room_time
    assert next_deadline(stage.room) == end + 3.0
    stage.until_due()
    assert stage.now == end + 3.0
    assert (stage.title, stage.shape) == ("B", ("holding", 0.0))
    assert stage.timeline.waiting == ("ana", "ben")
    stated = stage.stated("ben")
    assert (stated.by, stated.why) == ("", "next")
    assert stage.playlist("ben").next_us is None


def test_a_stay_keeps_the_last_picture() -> None:
    stage = at_the_end("A", "A", "B")
    stage.command("ben", Stay())
    told = len(stage.told["ana"])
    assert isinstance(stage.command("ben", Stay()), Accepted)
    assert len(stage.told["ana"]) == told
    stage.wait(60.0)
    assert (stage.title, stage.shape) == ("A", ("paused", 100.0))


@pytest.mark.parametrize(("loop", "titles"), [("one", ("A", "B")), ("all", ("A",))])
def test_a_film_that_follows_itself_begins_again_and_is_the_same(loop: protocol.Loop, titles: tuple[str, ...]) -> None:
    stage = at_the_end("A", *titles, loop=loop)
    stage.until_due()
    assert (stage.title, stage.shape, stage.room.items) == ("A", ("holding", 0.0), 1)
    stage.ready("ana", "ben")
    stage.wait(101.0)
    stage.wait(3.0)
    assert stage.shape == ("holding", 0.0)


def test_a_film_in_a_loop_begins_again_even_if_its_entry_is_gone() -> None:
    stage = at_the_end("A", "A", "B", loop="one")
    stage.command("ben", Remove(entries=(stage.entry("A"),)))
    stage.until_due()
    assert (stage.title, stage.shape) == ("A", ("holding", 0.0))


def test_a_loop_over_all_begins_anew_at_the_first() -> None:
    stage = at_the_end("B", "A", "B", loop="all")
    stage.until_due()
    assert stage.title == "A"


def test_nothing_begins_for_nobody_and_after_a_while_nothing_is_about_to() -> None:
    stage = at_the_end("A", "A", "B")
    stage.join("Remote", role="controller")
    stage.lose("ana")
    stage.lose("ben")
    stage.wait(100.0)
    assert stage.title == "A"
    assert stage.playlist("remote").next_us is not None
    stage.wait(30.0)
    assert stage.title == "A"
    assert stage.playlist("remote").next_us is None


def test_who_comes_back_to_a_plan_that_was_due_meanwhile_gets_time_to_say_no() -> None:
    stage = at_the_end("A", "A", "B", "C")
    stage.lose("ana")
    stage.lose("ben")
    stage.wait(20.0)
    stage.join("Ben", token="token of ben")
    assert next_deadline(stage.room) is not None
    stage.until_due()
    assert stage.title == "A"
    assert stage.playlist("ben").next_us == micros(stage.now + 3.0)
    stage.wait(3.0)
    assert (stage.title, stage.shape) == ("B", ("holding", 0.0))
    stage.wait(60.0)
    assert stage.title == "B"


def test_a_plan_that_is_a_little_late_is_carried_out() -> None:
    stage = at_the_end("A", "A", "B", "C")
    stage.skip(3.9)
    answer = stage.command("ben", Pause())  # of a film that is over
    assert isinstance(answer, Refused)
    assert (stage.title, stage.shape) == ("B", ("holding", 0.0))


def test_a_film_whose_end_was_missed_goes_on_to_the_next() -> None:
    stage = listed("A", "B")
    stage.command("ana", Choose(entry=stage.entry("A")))
    stage.play("ana", at=99.0)
    stage.skip(6.0)
    stage.say("ana", protocol.ClockRequest(t0_us=0))
    assert (stage.title, stage.shape) == ("A", ("paused", 100.0))
    stage.wait(3.0)
    assert (stage.title, stage.shape) == ("B", ("holding", 0.0))


# -- copies -----------------------------------------------------------------------------------------------------------


def test_what_was_said_about_copies_of_another_film_is_forgotten() -> None:
    stage = listed("A", "B")
    stage.command("ana", Choose(entry=stage.entry("A")))
    stage.say("ana", Copy(item="1", has=False))
    assert stage.room.members[0].copy is not None
    stage.command("ana", Seek(media_us=0))
    assert stage.room.members[0].copy is not None
    stage.command("ana", Choose(entry=stage.entry("B")))
    assert stage.room.members[0].copy is None


# -- a story ----------------------------------------------------------------------------------------------------------


def test_three_people_see_two_short_films_and_each_begins_once_for_all_at_one_instant() -> None:
    people = ("ana", "ben", "cem")
    stage = stage_of("Ana", "Ben", "Cem")
    stage.add("ana", "A", "B", seconds=20.0)
    stage.command("ana", SetLoop(loop="all"))
    stage.command("ana", Choose(entry=stage.entry("A")))
    stage.play("ana")
    for _ in range(5):
        end = stage.timeline.room_time + 20.0
        stage.wait(20.0)
        for peer in people:  # all see the end of their file, some before the room's clock has told them, some after
            stage.command(peer, protocol.Ended(), revision=stage.room.revision - 1)
        stage.wait(3.0)
        assert stage.timeline.room_time == pytest.approx(end + 3.0)
        stage.skip(0.2)
        stage.ready(*people)
        assert stage.timeline.state == "playing"
        stage.wait(stage.timeline.room_time - stage.now)
    for peer in people:
        told = [message for message in stage.told[peer] if isinstance(message, TimelineStated)]
        assert told == stage.all("ana", TimelineStated)
        stated = [each for each in told if each.why is not None]  # without those that only wait for fewer
        assert [each.why for each in stated] == ["load", "play"] + ["end", "next", "ready"] * 5
        assert [each.title for each in stage.all(peer, Item) if isinstance(each, Item)] == ["A", "B"] * 3
        starts = [each.item for each in stated if each.state == "playing"]
        assert starts == ["1", "2", "3", "4", "5", "6"]
