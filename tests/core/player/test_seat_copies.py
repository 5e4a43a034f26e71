"""All watch the same film: our copy is compared and told; what is put into the playlist from here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from player.core.copies import Fingerprinted, LibraryStatus
from player.core.happenings import LibraryTold
from player.core.medium import Opened, OpenFailed
from player.core.news import LinkLost
from player.core.room_intents import AddToPlaylist, SetFolders, SetOffset
from player.core.seat import OwnFile, Seat
from player.core.seat_actions import Fingerprint, LookIn, Remember, Send
from player.core.seat_copies import host_of, is_address, shared_address, title_of
from player.core.view import OpenMedium
from server.core import protocol
from tests.core.player.seats import (
    CONTENT,
    FILM,
    MARK,
    ME,
    SALT,
    URL,
    Table,
    alone,
    in_room,
    item,
    joined,
    moment,
    stated,
    watching,
    welcome,
    with_copy,
)


def told(table: Table) -> list[protocol.Copy]:
    """What the room was told about our copy."""
    messages = [action.message for action in table.took() if isinstance(action, Send)]
    return [message for message in messages if isinstance(message, protocol.Copy)]


# -- names and addresses -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/films/Dr. Strange.mkv", "Dr. Strange"),
        (r"C:\films\M.avi", "M"),
        ("/films/.hidden", ".hidden"),
        ("/films/film.", "film."),
        ("/films/film", "film"),
        ("https://films.example/a/b.mp4?x=1.2", "b"),
    ],
)
def test_a_film_is_called_as_its_file(path: str, title: str) -> None:
    assert title_of(path) == title


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (URL, "films.example"),
        ("http://[::1]:80/a", "::1"),
        ("file:///etc/passwd", ""),
        ("concat://films.example/a", ""),
        ("http://[::1", ""),
        ("https://", ""),
        ("", ""),
    ],
)
def test_only_addresses_on_the_web_name_a_computer_to_be_asked(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("path", "shared"),
    [
        (URL, URL),
        ("https://ana:secret@films.example/a.mkv", ""),
        ("https://films.example/a b", ""),
        ("https://films.example/" + "a" * protocol.MAX_URL, ""),
        ("rtsp://camera/1", ""),
        ("http://[::1", ""),
        ("/films/a.mkv", ""),
    ],
)
def test_an_address_is_shared_unless_there_is_a_password_in_it_or_the_wire_has_no_such_signs(
    path: str, shared: str
) -> None:
    assert shared_address(path) == shared
    assert is_address(path) == ("://" in path)


# -- ours --------------------------------------------------------------------------------------------------------------


def test_our_copy_is_told_once_it_is_bound_and_again_when_its_content_is_known() -> None:
    table = in_room().hears(item(), stated(1, "paused"))
    assert told(table) == [protocol.Copy(item="i1", has=False)]
    table.happens(OpenMedium(FILM.path), Opened(FILM))
    assert Fingerprint(FILM.path) in table.actions
    assert told(table) == [protocol.Copy(item="i1", duration_us=600_000_000)]
    table.happens(Fingerprinted(FILM.path, CONTENT, 700))
    assert told(table) == [protocol.Copy(item="i1", size=700, duration_us=600_000_000, fingerprint=MARK)]


def test_what_could_not_be_fingerprinted_has_a_length_at_least() -> None:
    table = watching().happens(Opened(replace(FILM, duration=None)))
    table.hears(item(2, by=ME, duration=None))
    table.took()
    table.happens(Fingerprinted(FILM.path, None, None))
    assert told(table) == [protocol.Copy(item="i2")]


def test_alone_nobody_has_to_be_told() -> None:
    table = alone().happens(Fingerprinted(FILM.path, CONTENT, 700))
    assert table.took() == ()
    assert table.happens(Opened(FILM)).took()[1] != Fingerprint(FILM.path)  # it is known from now on


def test_a_load_says_what_is_known_of_the_film() -> None:
    table = in_room()
    table.seat = replace(table.seat, known_files=(OwnFile(FILM.path, "nosferatu", 700, CONTENT),))
    (load,) = (each for each in table.happens(Opened(FILM)).took() if isinstance(each, Send))
    assert isinstance(load.message, protocol.Command)
    assert load.message.action == protocol.Load(title="nosferatu", duration_us=600_000_000, size=700, fingerprint=MARK)


def test_a_title_that_the_wire_can_not_carry_is_cleaned() -> None:
    table = joined().happens(Opened(replace(FILM, title="a\udc80  film\n")))
    load = table.seat.pending
    assert load is not None
    assert isinstance(load.command.action, protocol.Load)
    assert load.command.action.title == "a film"


def test_what_was_found_out_while_the_link_was_lost_is_told_when_it_is_back() -> None:
    table = watching().happens(welcome(stated(5, "playing", 60.0), item(), salt=SALT), LinkLost("No answer."))
    table.took()
    assert told(table.happens(Fingerprinted(FILM.path, CONTENT, 700))) == []
    table.happens(welcome(stated(5, "playing", 60.0), item(), salt=SALT))
    assert told(table) == [protocol.Copy(item="i1", size=700, duration_us=600_000_000, fingerprint=MARK)]


def test_a_copy_that_breaks_is_told() -> None:
    table = with_copy().happens(OpenFailed(FILM.path, "nosferatu.mkv can't be read any more: is its disk there?"))
    assert told(table) == [protocol.Copy(item="i1", has=False)]


def test_a_fingerprint_that_nobody_asked_for_is_nothing() -> None:
    table = with_copy()
    before = table.seat
    assert table.happens(Fingerprinted("/films/x.mkv", b"x", 1)).took() == ()
    assert table.seat == before


# -- how it differs ----------------------------------------------------------------------------------------------------


def test_another_film_is_explained_once() -> None:
    table = in_room().hears(item(duration=600.0), stated(1, "paused"))
    table.words()
    table.happens(Opened(replace(FILM, title="holiday", duration=60.0)))
    assert table.words() == ["Yours, “holiday”, is 9:00 shorter than “nosferatu”: another film?"]
    table.happens(Fingerprinted(FILM.path, b"another", 900), at=5.0)
    table.hears(item(duration=600.0, size=700), at=6.0)
    assert table.words() == []


def test_a_doubt_that_the_content_takes_away_is_withdrawn() -> None:
    table = in_room().hears(item(duration=599.0, fingerprint=MARK), stated(1, "paused"))
    table.words()
    table.happens(Opened(replace(FILM, duration=610.0)))  # a length that a broken index has
    table.happens(Fingerprinted(FILM.path, CONTENT, 700))
    assert table.words() == []


def test_a_length_that_is_told_later_is_compared_then() -> None:
    table = in_room().hears(item(duration=None), stated(1, "paused"))
    table.happens(Opened(replace(FILM, title="holiday", duration=60.0)))
    table.words()
    assert table.hears(item(duration=600.0)).words() == [
        "Yours, “holiday”, is 9:00 shorter than “nosferatu”: another film?"
    ]


# -- offsets -----------------------------------------------------------------------------------------------------------


def test_an_offset_moves_our_copy_is_told_and_is_remembered_for_the_two() -> None:
    table = watching().happens(SetOffset(4.0004))
    assert table.seat.offset == 4.0
    remember, copy = table.took()
    pair = "nosferatu 600.0 / nosferatu 600.0"
    assert remember == Remember("offsets", [[pair, 4.0]])
    assert copy == Send(protocol.Copy(item="i1", duration_us=600_000_000, offset_us=4_000_000))
    followed = table.seat.followed
    assert followed is not None
    assert followed.newest.media_time == 64.0
    table.hears(item(2, "metropolis"))
    assert table.seat.offset == 0.0
    table.hears(item(3)).happens(Opened(FILM))
    assert table.seat.offset == 4.0
    assert table.happens(SetOffset(-1.0)).seat.offsets == ((pair, -1.0),)


def test_our_own_film_has_no_offset_and_the_place_that_is_kept_is_our_copys() -> None:
    table = watching().happens(SetOffset(4.0))
    place = table.seat.place(moment())
    assert place is not None
    assert place.media_time == 64.0
    table.happens(SetOffset(-99.0))
    place = table.seat.place(moment())
    assert place is not None
    assert place.media_time == 0.0


def test_an_offset_without_a_film_is_nothing() -> None:
    for table in (joined(), Table(Seat(medium=FILM))):
        assert table.happens(SetOffset(4.0)).took() == ()
        assert table.seat.offset == 0.0


def test_offsets_are_bounded() -> None:
    assert watching().happens(SetOffset(1e9)).seat.offset == 36_000.0


# -- the playlist ------------------------------------------------------------------------------------------------------


def added(table: Table) -> list[protocol.Add]:
    return [action for action in table.asked() if isinstance(action, protocol.Add)]


def test_films_are_added_when_their_content_is_known() -> None:
    table = in_room().happens(AddToPlaylist(("/a/one.mkv", "/a/two.mkv")))
    assert table.took() == (Fingerprint("/a/one.mkv"), Fingerprint("/a/two.mkv"))
    assert added(table.happens(Fingerprinted("/a/two.mkv", None, None))) == []  # in their order
    assert added(table.happens(Fingerprinted("/a/one.mkv", CONTENT, 700))) == [
        protocol.Add(
            entries=(
                protocol.NewEntry(title="one", size=700, fingerprint=MARK),
                protocol.NewEntry(title="two"),
            )
        )
    ]


def test_addresses_are_added_at_once() -> None:
    table = in_room().happens(AddToPlaylist((URL, "https://ana:secret@films.example/b.mkv")))
    assert added(table) == [
        protocol.Add(entries=(protocol.NewEntry(title="metropolis", url=URL), protocol.NewEntry(title="b")))
    ]


def test_many_films_are_added_one_command_after_the_other() -> None:
    paths = tuple(f"https://films.example/{number}.mkv" for number in range(protocol.MAX_ADDED + 2))
    table = in_room().happens(AddToPlaylist(paths, at=3))
    (first,) = table.sent()
    assert isinstance(first, protocol.Command)
    assert isinstance(first.action, protocol.Add)
    assert (len(first.action.entries), first.action.at, first.revision) == (protocol.MAX_ADDED, 3, 0)
    assert table.happens(AddToPlaylist(("https://films.example/last.mkv",))).sent() == []
    table.hears(protocol.Playlist(revision=1), protocol.Accepted(id=first.id, revision=0))
    (second,) = table.sent()
    assert isinstance(second, protocol.Command)
    assert isinstance(second.action, protocol.Add)
    assert (len(second.action.entries), second.action.at, second.revision) == (2, 3 + protocol.MAX_ADDED, 1)
    table.hears(protocol.Accepted(id=second.id, revision=0))
    assert [(len(each.entries), each.at) for each in added(table)] == [(1, None)]


def test_films_for_two_places_are_two_commands() -> None:
    table = in_room().happens(AddToPlaylist(("/a.mkv",), at=3), AddToPlaylist(("/b.mkv",), at=9))
    table.happens(Fingerprinted("/b.mkv", None, None))
    table.took()
    assert [each.at for each in added(table.happens(Fingerprinted("/a.mkv", None, None)))] == [3]


def test_a_name_of_nothing_that_can_be_shown_is_untitled() -> None:
    table = in_room().happens(AddToPlaylist(("/films/\u200b.mkv",)))
    table.took()
    table.happens(Fingerprinted("/films/\u200b.mkv", None, None))
    assert [each.entries[0].title for each in added(table)] == ["Untitled"]


def test_what_was_chosen_before_the_room_was_entered_is_added_then() -> None:
    table = Table(replace(joined().seat, epoch="", link="connecting"))
    assert table.happens(AddToPlaylist((URL,))).sent() == []
    assert len(added(table.happens(welcome()))) == 1


# -- the folders -------------------------------------------------------------------------------------------------------


def test_the_persons_folders_are_looked_through_and_remembered() -> None:
    table = alone().happens(SetFolders(("/films", "/more")))
    assert table.took() == (LookIn(("/films", "/more")), Remember("folders", ["/films", "/more"]))
    assert table.seat.library.folders == ("/films", "/more")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (LibraryStatus(1), "1 film known"),
        (LibraryStatus(1204, is_scanning=True), "1,204 films known, still looking …"),
        (LibraryStatus(3, problems=("“/films” does not answer.",)), "“/films” does not answer."),
    ],
)
def test_how_the_search_goes_is_said(status: LibraryStatus, words: str) -> None:
    assert alone().happens(LibraryTold(status)).seat.library.words == words
