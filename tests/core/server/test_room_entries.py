"""What comes next and when: the plan at the end of a film, and how the playlist is told."""

import pytest

from server.core import protocol
from server.core.protocol import (
    Add,
    Choose,
    Ended,
    Load,
    Loop,
    Move,
    NewEntry,
    Pause,
    Play,
    Playlist,
    Remove,
    Seek,
    SetLoop,
    SetRate,
    Shuffle,
    Stay,
    Undo,
    micros,
)
from server.core.room_entries import current_entry, entry_after, entry_at_end, playlist_pages, welcome_playlist
from server.core.room_state import Send
from server.core.timeline import PeerId
from tests.fakes.rooms import Stage, stage_of


def ended(title: str = "A", titles: str = "A B C", loop: Loop = "off", *people: str) -> Stage:
    """Ana and Ben have just seen one film of a playlist to its end."""
    stage = stage_of(*(people or ("Ana", "Ben")))
    stage.add("ana", *titles.split())
    if loop != "off":
        stage.command("ana", SetLoop(loop=loop))
    stage.command("ana", Choose(entry=stage.entry(title)))
    stage.play("ana")
    stage.wait(100.0)
    assert stage.shape == ("paused", 100.0)
    return stage


def planned(stage: Stage) -> str:
    """The title of what is about to begin by itself, as all are told."""
    stated = stage.playlist("ben")
    assert (stated.next_us is None) == (stage.room.playlist.next_at is None)
    return next((entry.title for entry in stated.entries if entry.id == stated.next), "")


# -- what comes next --------------------------------------------------------------------------------------------------


def test_with_no_film_the_first_entry_comes_next() -> None:
    stage = stage_of("Ana")
    assert entry_after(stage.room) is None
    stage.add("ana", "A")
    stage.add("ana", "B", at=0)
    following = entry_after(stage.room)
    assert following is not None
    assert following.title == "B"
    assert current_entry(stage.room) == ""


@pytest.mark.parametrize(
    ("title", "loop", "after", "at_end"),
    [
        ("A", "off", "B", "B"),
        ("B", "off", None, None),
        ("A", "one", "B", "A"),
        ("B", "one", None, "B"),
        ("B", "all", "A", "A"),
    ],
)
def test_what_follows_depends_on_the_loop(title: str, loop: Loop, after: str | None, at_end: str | None) -> None:
    stage = stage_of("Ana")
    stage.add("ana", "A", "B")
    stage.command("ana", SetLoop(loop=loop))
    stage.command("ana", Choose(entry=stage.entry(title)))
    following = entry_after(stage.room)
    assert (None if following is None else following.title) == after
    assert entry_at_end(stage.room) == (None if at_end is None else stage.entry(at_end))


def test_an_empty_list_has_nothing_to_follow_even_in_a_loop() -> None:
    stage = stage_of("Ana")
    stage.command("ana", SetLoop(loop="all"))
    assert entry_after(stage.room) is None


# -- the plan at the end ----------------------------------------------------------------------------------------------


def test_at_the_end_of_a_film_the_next_one_is_announced() -> None:
    stage = ended()
    assert planned(stage) == "B"
    assert stage.playlist("ben").next_us == micros(stage.timeline.room_time + stage.room.policy.next_after)
    assert stage.stated("ben").why == "end"


def test_after_the_last_film_nothing_begins_by_itself() -> None:
    stage = ended("C")
    assert planned(stage) == ""
    assert stage.playlist("ben").next_us is None


def test_several_ends_of_file_are_one() -> None:
    stage = stage_of("Ana", "Ben", "Cem")
    stage.command("ana", Add(entries=(NewEntry(title="A"), NewEntry(title="B"))))  # of unknown length
    stage.command("ana", Choose(entry=stage.entry("A")))
    stage.play("ana")
    stage.wait(60.0)
    revision = stage.room.revision
    for peer in ("ana", "ben", "cem"):
        stage.command(peer, Ended(), revision=revision)
    assert planned(stage) == "B"
    assert stage.room.playlist.next_at == stage.now + stage.room.policy.next_after
    stage.wait(3.0)
    assert (stage.title, stage.room.items) == ("B", 2)


def test_an_end_that_is_reported_a_little_early_counts_from_the_films_end() -> None:
    stage = stage_of("Ana", "Ben")
    stage.add("ana", "A", "B")
    stage.command("ana", Choose(entry=stage.entry("A")))
    stage.play("ana")
    stage.wait(99.5)
    stage.command("ana", Ended())
    assert stage.room.playlist.next_at == pytest.approx(stage.now + 0.5 + 3.0)


def test_nothing_is_planned_for_nobody() -> None:
    stage = stage_of("Ana", "Ben")
    stage.add("ana", "A", "B")
    stage.command("ana", Choose(entry=stage.entry("A")))
    stage.play("ana")
    stage.join("Remote", role="controller")
    stage.lose("ana")
    stage.lose("ben")
    stage.wait(100.5)
    assert stage.shape == ("paused", 100.0)
    assert stage.room.playlist.next_at is None
    stage.wait(10.0)
    assert stage.title == "A"


@pytest.mark.parametrize(
    "action",
    [Play(), Pause(), Seek(media_us=0), Seek(media_us=micros(100.0)), Stay(), Choose(entry="3"), Load(title="X")],
    ids=repr,
)
def test_whatever_is_done_to_the_film_cancels_the_plan(action: protocol.Action) -> None:
    stage = ended()
    assert isinstance(stage.command("ben", action), protocol.Accepted)
    assert stage.playlist("ben").next_us is None
    item = stage.title
    stage.wait(60.0)
    assert stage.title == item


def test_another_speed_leaves_the_plan_alone() -> None:
    stage = ended()
    stage.command("ben", SetRate(rate=2.0))
    assert planned(stage) == "B"


@pytest.mark.parametrize(
    ("edit", "title"),
    [
        (Remove(entries=("2",)), "C"),
        (Remove(entries=("2", "3")), ""),
        (Remove(entries=("1",)), "B"),
        (Move(entry="3", to=1), "C"),
        (Move(entry="1", to=2), ""),
        (Add(entries=(NewEntry(title="X"),), at=1), "X"),
        (SetLoop(loop="one"), "A"),
        (Undo(), ""),
    ],
    ids=repr,
)
def test_an_edit_changes_what_begins_and_not_when(edit: protocol.Action, title: str) -> None:
    stage = ended()
    at = stage.room.playlist.next_at
    stage.command("ben", edit)
    assert planned(stage) == title
    assert stage.room.playlist.next_at == (at if title else None)
    stage.wait(3.0)
    assert stage.title == (title or "A")


def test_a_list_that_is_longer_after_the_end_plans_nothing_new() -> None:
    stage = ended("C")
    stage.add("ana", "D")
    assert planned(stage) == ""
    stage.wait(60.0)
    assert stage.title == "C"


def test_a_shuffle_at_the_end_changes_what_begins_to_what_is_next_then() -> None:
    stage = ended("A", "A B C D E F G")
    stage.command("ben", Shuffle())
    assert planned(stage) == stage.titles.split()[1]


# -- what is told -----------------------------------------------------------------------------------------------------


def test_a_new_member_is_told_the_list_after_its_welcome() -> None:
    stage = ended("A")
    stage.join("Cem")
    kinds = [type(message) for message in stage.told["cem"]]
    assert kinds.index(Playlist) > kinds.index(protocol.Welcome)
    assert stage.playlist("cem") == stage.playlist("ben")


def test_a_member_that_is_back_is_told_it_again() -> None:
    stage = stage_of("Ana", "Ben")
    stage.add("ana", "A")
    stage.lose("ben")
    stage.command("ana", Remove(entries=("1",)))
    stage.join("Ben", token="token of ben")
    assert stage.playlist("ben").total == 0


def test_a_list_that_never_was_is_not_told() -> None:
    stage = stage_of("Ana")
    assert welcome_playlist(stage.room, PeerId("ana")) == ()
    assert stage.all("ana", Playlist) == []


def test_the_longest_list_of_the_worst_titles_is_told_in_pages_that_fit_a_message() -> None:
    stage = stage_of("Ana", "Ben")
    worst = NewEntry(
        title="\U0001f600" * protocol.MAX_TITLE,
        duration_us=2**53,
        size=2**53,
        fingerprint="f" * 64,
        url="http://x/".ljust(protocol.MAX_URL, "x"),
    )
    quoted = NewEntry(title='"' * protocol.MAX_TITLE)
    while isinstance(stage.command("ana", Add(entries=(worst,) * protocol.MAX_ADDED)), protocol.Accepted):
        pass
    while isinstance(stage.command("ana", Add(entries=(quoted,))), protocol.Accepted):
        pass
    pages = playlist_pages(stage.room)
    assert len(pages) > 1
    assert max(stage.size_of(page) for page in pages) <= protocol.MAX_MESSAGE_BYTES
    assert stage.playlist("ben").entries == stage.room.playlist.entries
    assert welcome_playlist(stage.room, PeerId("ben")) == tuple(Send((PeerId("ben"),), page) for page in pages)


def test_an_ordinary_list_is_one_message() -> None:
    stage = stage_of("Ana")
    for number in range(10):
        stage.add("ana", *(f"Series S01E{number:02} part {part}.mkv" for part in range(5)))
    assert len(playlist_pages(stage.room)) == 1
