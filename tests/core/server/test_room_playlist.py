"""The playlist's edits: whatever is done to the list, the film that plays goes on."""

import pytest

from server.core import protocol
from server.core.protocol import (
    Accepted,
    Add,
    Load,
    Move,
    NewEntry,
    Next,
    Refused,
    Remove,
    SetLoop,
    Shuffle,
    Undo,
)
from server.core.room_playlist import FULL, MISSING, NO_EDIT
from server.core.room_state import RoomPolicy, Send
from tests.fakes.rooms import Stage, assert_unchanged, stage_of


def playing(title: str = "A", titles: str = "A B C", policy: RoomPolicy | None = None) -> Stage:
    """Ana and Ben watch one film of a playlist."""
    stage = stage_of("Ana", "Ben", policy=policy)
    stage.add("ana", *titles.split())
    stage.command("ana", protocol.Choose(entry=stage.entry(title)))
    stage.play("ana")
    return stage


def following(stage: Stage) -> str:
    """What `next` leads to."""
    answer = stage.command("ana", Next())
    return "" if isinstance(answer, Refused) else stage.title


# -- add --------------------------------------------------------------------------------------------------------------


def test_films_are_added_at_the_end() -> None:
    stage = stage_of("Ana", "Ben")
    stage.add("ana", "A", "B")
    stage.add("ben", "C")
    assert stage.titles == "A B C"
    assert stage.playlist("ben") == protocol.Playlist(
        revision=2, entries=stage.room.playlist.entries, total=3, can_undo=True
    )
    assert [entry.by for entry in stage.playlist("ben").entries] == ["ana", "ana", "ben"]
    assert len({entry.id for entry in stage.playlist("ben").entries}) == 3


@pytest.mark.parametrize(("at", "titles"), [(0, "X Y A B"), (1, "A X Y B"), (2, "A B X Y"), (99, "A B X Y")])
def test_films_are_added_at_a_place(at: int, titles: str) -> None:
    stage = stage_of("Ana")
    stage.add("ana", "A", "B")
    stage.add("ana", "X", "Y", at=at)
    assert stage.titles == titles


def test_all_that_is_known_of_a_film_is_kept_and_its_title_can_be_shown() -> None:
    stage = stage_of("Ana")
    film = NewEntry(title=" A\u202e\n film", duration_us=5, size=6, fingerprint="ab", url="https://example.org/a")
    stage.command("ana", Add(entries=(film, NewEntry(title="\u200b"))))
    assert stage.playlist("ana").entries == (
        protocol.Entry(
            id="1", title="A film", duration_us=5, size=6, fingerprint="ab", url="https://example.org/a", by="ana"
        ),
        protocol.Entry(id="2", title="Untitled", by="ana"),
    )


NASTY = (
    "file:///etc/passwd",
    "javascript:alert(1)",
    "concat:http://a/|file:///etc/passwd",
    "data:video/mp4;base64,AAAA",
    "subfile,,start,0,end,9,,:/etc/passwd",
    "//example.org/film",
    "http://",
    "http:///etc/passwd",
    "https://ana:secret@example.org/film",
    "/home/ana/film.mkv",
)


@pytest.mark.parametrize("url", NASTY)
def test_an_address_that_reaches_into_a_computer_or_holds_a_password_is_not_shared(url: str) -> None:
    stage = stage_of("Ana", "Ben")
    for action in (Add(entries=(NewEntry(title="A"), NewEntry(title="B", url=url))), Load(title="A", url=url)):
        assert_unchanged(stage, action, "bad")
    assert stage.titles == ""
    for kind, payload in (
        ("item", {"id": "1", "title": "A", "url": url}),
        ("playlist", {"revision": 1, "total": 1, "entries": [{"id": "1", "title": "A", "url": url}]}),
    ):  # nor does a player believe an authority that says so
        with pytest.raises(protocol.WireError):
            protocol.decode_server(kind, payload)


@pytest.mark.parametrize("url", ["HTTPS://example.org", "http://[2001:db8::1]:8080/a@b?c=d#e", "http://x?a@b"])
def test_any_address_on_the_web_is_shared(url: str) -> None:
    stage = stage_of("Ana")
    stage.command("ana", Load(title="A", url=url))
    assert stage.room.item is not None
    assert stage.room.item.url == url
    assert protocol.decode_server(*protocol.encode(stage.room.item)) == stage.room.item


@pytest.mark.parametrize("policy", [RoomPolicy(entries_most=3), RoomPolicy(entry_chars_most=7)])
def test_a_full_playlist_takes_no_more(policy: RoomPolicy) -> None:
    stage = stage_of("Ana", policy=policy)
    stage.add("ana", "A1", "B1")
    answer = stage.command("ana", Add(entries=(NewEntry(title="C1"), NewEntry(title="D1"))))
    assert answer == Refused(id="2", code="bad", words=FULL)
    assert stage.titles == "A1 B1"
    stage.add("ana", "C1")


# -- remove -----------------------------------------------------------------------------------------------------------


def test_films_are_removed_and_what_is_gone_already_is_no_error() -> None:
    stage = stage_of("Ana")
    stage.add("ana", "A", "B", "C", "D")
    stage.command("ana", Remove(entries=(stage.entry("B"), stage.entry("D"), "99")))
    assert stage.titles == "A C"
    revision = stage.room.playlist.revision
    assert isinstance(stage.command("ana", Remove(entries=("99",))), Accepted)
    assert stage.room.playlist.revision == revision


def test_the_film_goes_on_if_its_entry_is_removed_and_the_next_is_the_one_after_it() -> None:
    stage = playing("B", "A B C")
    before = stage.room.schedule, stage.room.item
    stage.command("ben", Remove(entries=(stage.entry("B"),)))
    assert (stage.room.schedule, stage.room.item) == before
    assert following(stage) == "C"


def test_its_place_is_kept_when_others_are_removed_too() -> None:
    stage = playing("C", "A B C D E")
    stage.command("ben", Remove(entries=(stage.entry("A"), stage.entry("C"), stage.entry("D"))))
    assert following(stage) == "E"


def test_its_place_is_kept_whatever_is_done_afterwards() -> None:
    stage = playing("B", "A B C D")
    stage.command("ben", Remove(entries=(stage.entry("B"),)))
    stage.add("ana", "X", at=0)  # X A . C D
    stage.command("ana", Move(entry=stage.entry("A"), to=3))  # X . C D A
    stage.command("ana", Move(entry=stage.entry("D"), to=0))  # D X . C A
    stage.command("ana", Remove(entries=(stage.entry("X"),)))  # D . C A
    stage.command("ana", SetLoop(loop="all"))
    assert stage.titles == "D C A"
    assert following(stage) == "C"


def test_after_the_last_entry_was_removed_what_is_added_comes_next() -> None:
    stage = playing("B", "A B")
    stage.command("ben", Remove(entries=(stage.entry("B"),)))
    stage.add("ana", "C")
    assert following(stage) == "C"


# -- move -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "to", "titles"),
    [("A", 2, "B C A"), ("C", 0, "C A B"), ("B", 2, "A C B"), ("A", 99, "B C A")],
)
def test_a_film_moves_to_another_index(title: str, to: int, titles: str) -> None:
    stage = stage_of("Ana")
    stage.add("ana", "A", "B", "C")
    stage.command("ana", Move(entry=stage.entry(title), to=to))
    assert stage.titles == titles


def test_a_film_that_stands_there_already_stays() -> None:
    stage = stage_of("Ana")
    stage.add("ana", "A", "B")
    assert isinstance(stage.command("ana", Move(entry=stage.entry("B"), to=7)), Accepted)
    assert stage.room.playlist.revision == 1


def test_a_film_that_is_gone_does_not_move() -> None:
    stage = stage_of("Ana")
    stage.add("ana", "A")
    assert stage.command("ana", Move(entry="9", to=0)) == Refused(id="2", code="nothing", words=MISSING)


def test_what_comes_next_is_read_from_the_list_as_it_is() -> None:
    stage = playing("A", "A B C")
    stage.command("ana", Move(entry=stage.entry("A"), to=1))  # B A C
    assert following(stage) == "C"


# -- shuffle ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["A", "E", "H"])
def test_shuffle_leaves_the_current_film_where_it_is_and_playing(title: str) -> None:
    names = "A B C D E F G H"
    stage = playing(title, names)
    before = stage.room.schedule, stage.room.item
    stage.command("ben", Shuffle())
    assert (stage.room.schedule, stage.room.item) == before
    assert stage.titles != names
    assert sorted(stage.titles.split()) == names.split()
    assert stage.titles.split().index(title) == names.split().index(title)


def test_each_shuffle_is_another_one() -> None:
    stage = stage_of("Ana")
    stage.add("ana", *"ABCDEFG")
    orders = set()
    for _ in range(5):
        stage.command("ana", Shuffle())
        orders.add(stage.titles)
    assert len(orders) == 5


# -- loop -------------------------------------------------------------------------------------------------------------


def test_the_loop_is_told_to_all() -> None:
    stage = stage_of("Ana", "Ben")
    stage.command("ana", SetLoop(loop="all"))
    assert stage.playlist("ben").loop == "all"
    revision = stage.room.playlist.revision
    assert isinstance(stage.command("ben", SetLoop(loop="all")), Accepted)
    assert stage.room.playlist.revision == revision


# -- undo -------------------------------------------------------------------------------------------------------------


def test_each_edit_can_be_taken_back_the_last_one_first() -> None:
    stage = stage_of("Ana", "Ben")
    seen = []
    stage.add("ana", "A", "B", "C", "D", "E")
    edits: list[protocol.Action] = [
        Move(entry="1", to=2),
        Remove(entries=("2", "3")),
        SetLoop(loop="one"),
        Shuffle(),
        Add(entries=(NewEntry(title="F"),)),
    ]
    for edit in edits:
        seen.append((stage.titles, stage.room.playlist.loop))
        stage.command("ana", edit)
    for before in reversed(seen):
        assert isinstance(stage.command("ben", Undo()), Accepted)
        assert (stage.titles, stage.room.playlist.loop) == before
    stage.command("ben", Undo())
    assert stage.titles == ""
    assert not stage.playlist("ana").can_undo
    answer = stage.command("ben", Undo())
    assert isinstance(answer, Refused)
    assert (answer.code, answer.words) == ("nothing", NO_EDIT)


def test_only_the_last_edits_can_be_taken_back() -> None:
    stage = stage_of("Ana", policy=RoomPolicy(undos_most=2))
    for title in "ABC":
        stage.add("ana", title)
    stage.command("ana", Undo())
    stage.command("ana", Undo())
    assert stage.titles == "A"
    assert isinstance(stage.command("ana", Undo()), Refused)


def test_a_number_that_was_given_is_never_given_again() -> None:
    stage = stage_of("Ana")
    stage.add("ana", "A")
    first = stage.entry("A")
    stage.command("ana", Undo())
    stage.add("ana", "B")
    assert stage.entry("B") != first


def test_undo_of_a_removal_finds_the_film_that_plays_again() -> None:
    stage = playing("B", "A B C")
    stage.command("ana", Remove(entries=(stage.entry("B"), stage.entry("C"))))
    stage.command("ana", Undo())
    assert following(stage) == "C"


def test_undo_that_takes_the_film_that_plays_out_of_the_list_lets_it_go_on() -> None:
    stage = playing("A", "A B")
    stage.add("ana", "X", at=1)
    stage.command("ana", protocol.Choose(entry=stage.entry("X")))
    stage.command("ana", Undo())
    assert (stage.title, stage.titles) == ("X", "A B")
    assert following(stage) == "B"


def test_undo_that_takes_the_last_film_out_while_it_plays_leaves_nothing_to_come() -> None:
    stage = playing("A", "A B")
    stage.add("ana", "X")
    stage.command("ana", protocol.Choose(entry=stage.entry("X")))
    stage.command("ana", Undo())
    assert following(stage) == ""


# -- revisions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edit",
    [
        Add(entries=(NewEntry(title="X"),)),
        Remove(entries=("1",)),
        Move(entry="1", to=1),
        Shuffle(),
        SetLoop(loop="one"),
        Undo(),
    ],
    ids=lambda edit: type(edit).__name__,
)
def test_who_edits_has_to_have_seen_the_list(edit: protocol.Action) -> None:
    stage = stage_of("Ana", "Ben")
    stage.add("ana", "A", "B")
    stage.add("ana", "C")
    answer = stage.command("ben", edit, revision=1)
    assert isinstance(answer, Refused)
    assert answer.code == "revision"
    assert stage.titles == "A B C"


def test_an_edit_is_told_before_its_answer_and_moves_no_revision_of_the_room() -> None:
    stage = playing()
    revision = stage.room.revision
    answer = stage.command("ben", Shuffle())
    assert answer == Accepted(id=str(stage.commands), revision=revision)
    assert [type(each.message) for each in stage.outbox if isinstance(each, Send)][:2] == [protocol.Playlist, Accepted]
