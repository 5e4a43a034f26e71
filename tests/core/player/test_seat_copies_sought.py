"""The room goes on to another film: is ours that one, too, and if not, where is our copy of it?"""

from __future__ import annotations

from dataclasses import replace

from player.core.copies import Copy, FoundCopy, NoCopy, room_fingerprint
from player.core.medium import Opened, OpenFailed
from player.core.room_intents import AddToPlaylist, OpenAddress
from player.core.seat import OwnFile
from player.core.seat_actions import CloseFilm, FindFilm, OpenFilm, Remember
from player.core.view import OpenMedium
from tests.core.player.seats import (
    CONTENT,
    FILM,
    MARK,
    ME,
    OTHER_FILM,
    SALT,
    URL,
    Table,
    in_room,
    item,
    joined,
    stated,
    watching,
    welcome,
    with_copy,
)

# -- the next film -----------------------------------------------------------------------------------------------------


def test_our_copy_is_kept_for_an_item_that_is_the_same_film() -> None:
    again = item(2, "Nosferatu (1922)", fingerprint=MARK)
    assert with_copy(b"another encoding").hears(again).did() == ()  # as before, it is our copy of that
    assert with_copy().hears(item(3, "N", fingerprint=MARK)).seat.bound_item == "i3"


def test_another_film_of_the_same_name_is_not_ours() -> None:
    """ "01.mkv" of another season."""
    other = room_fingerprint(b"another season", SALT)
    table = with_copy().hears(item(2, fingerprint=other))
    assert table.took()[:2] == (CloseFilm(), FindFilm(Copy("nosferatu", None, 600.0, other), SALT))
    assert watching().hears(item(2, duration=640.0)).did() == (CloseFilm(),)
    assert watching().hears(item(2, duration=601.0)).did() == ()


def test_a_film_that_was_watched_alone_is_not_taken_for_a_friends_quite_different_one() -> None:
    table = Table(replace(joined().seat, medium=FILM, epoch=""))
    table.happens(welcome(stated(5, "playing"), item(1, "metropolis", duration=9000.0)))
    assert table.did() == (CloseFilm(),)
    assert table.seat.sought == "i1"


def test_who_watches_something_odd_keeps_it_over_a_restart_of_the_server() -> None:
    table = in_room().hears(item(1, "metropolis", duration=9000.0), stated(1, "playing")).happens(Opened(FILM))
    table.took()
    table.happens(welcome(stated(2, "playing"), item(1, "metropolis", duration=9000.0), epoch="e2", salt=SALT), at=9.0)
    assert table.did() == ()
    assert table.seat.is_following


# -- looking -----------------------------------------------------------------------------------------------------------


def test_the_folders_are_searched_for_the_rooms_film_and_the_copy_is_opened() -> None:
    table = in_room().hears(item(2, "metropolis", duration=900.0, size=9, fingerprint=MARK))
    wanted = Copy("metropolis", 9, 900.0, MARK)
    assert table.took()[0] == FindFilm(wanted, SALT)
    table.happens(FoundCopy(wanted, OTHER_FILM.path, "fingerprint"))
    assert table.took() == (OpenFilm(OTHER_FILM.path),)
    assert (table.seat.opening, table.seat.opening_for, table.seat.sought) == (OTHER_FILM.path, "i2", "")
    assert table.words() == []  # there is no doubt
    table.happens(Opened(OTHER_FILM))
    assert table.seat.bound_item == "i2"
    assert table.seat.opening_for == ""


def test_a_copy_that_was_found_by_less_than_its_content_is_named() -> None:
    table = in_room().hears(item(2, "metropolis"))
    table.happens(FoundCopy(Copy("metropolis", None, 600.0), "/films/Metropolis.1927.mkv", "length"))
    assert table.words() == ["Found your copy: Metropolis.1927.mkv"]


def test_what_is_not_found_is_said_and_may_still_come() -> None:
    table = in_room().hears(item(2, "metropolis"))
    wanted = Copy("metropolis", None, 600.0)
    table.happens(NoCopy(wanted, "“metropolis” is not in your film folders."))
    assert table.words() == []  # the empty picture says it for as long as it is so
    assert (table.seat.searching_since, table.seat.sought_words) == (None, "“metropolis” is not in your film folders.")
    table.took()
    assert table.happens(FoundCopy(wanted, OTHER_FILM.path, "name")).took() == (OpenFilm(OTHER_FILM.path),)


def test_answers_to_what_is_not_looked_for_any_more_are_passed_over() -> None:
    wanted = Copy("metropolis", None, 600.0)
    answers = (FoundCopy(wanted, OTHER_FILM.path, "name"), NoCopy(wanted, "Not here."))
    opening = in_room().hears(item(2, "metropolis")).happens(OpenMedium("/films/a.mkv"))
    for table in (in_room(), in_room().hears(item(3, "faust")), with_copy(), opening):
        table.took()
        table.words()
        assert table.happens(*answers).took() == ()
        assert table.words() == []


def test_more_that_is_told_of_the_film_begins_the_search_anew() -> None:
    table = in_room().hears(item(2, "metropolis"))
    table.took()
    table.hears(item(2, "metropolis", fingerprint=MARK))
    assert FindFilm(Copy("metropolis", None, 600.0, MARK), SALT) in table.took()
    table.happens(FoundCopy(Copy("metropolis", None, 600.0), OTHER_FILM.path, "name"))
    assert table.took() == ()  # of before
    table.happens(FoundCopy(Copy("metropolis", None, 600.0, MARK), OTHER_FILM.path, "fingerprint"))
    table.took()
    assert table.hears(item(2, "metropolis", fingerprint=MARK, size=9)).took() == ()  # it is being opened


def test_a_copy_that_is_still_being_opened_when_the_room_goes_on_is_let_go() -> None:
    table = in_room().hears(item(2, "metropolis"))
    table.happens(FoundCopy(Copy("metropolis", None, 600.0), OTHER_FILM.path, "name"))
    table.took()
    table.hears(item(3, "faust"))
    assert table.took()[:2] == (CloseFilm(), FindFilm(Copy("faust", None, 600.0), SALT))
    assert table.seat.opening == ""


def test_a_film_that_a_person_is_opening_when_the_room_goes_on_is_kept() -> None:
    table = watching().happens(OpenMedium(OTHER_FILM.path))
    table.took()
    table.hears(item(2, "metropolis"), item(3, "faust"))
    assert table.took() == ()
    assert table.happens(Opened(OTHER_FILM)).seat.bound_item == "i3"


# -- what was opened or listed here ------------------------------------------------------------------------------------


def test_a_film_of_the_playlist_that_was_put_there_from_here_is_opened_from_where_it_is() -> None:
    file = OwnFile("/elsewhere/metropolis.mkv", "metropolis", 9, CONTENT)
    table = in_room()
    table.seat = replace(table.seat, known_files=(OwnFile("/x", "x"), file, OwnFile("/y", "y")))
    assert table.hears(item(2, "m", fingerprint=MARK)).took()[0] == OpenFilm(file.path)
    table = Table(replace(table.seat, opening="", opening_for="")).hears(item(3, "metropolis"))
    assert OpenFilm(file.path) in table.took()


def test_a_film_that_was_opened_here_once_is_found_again() -> None:
    table = with_copy().hears(item(2, "metropolis", fingerprint="ab"))
    table.took()
    assert table.hears(item(3, fingerprint=MARK)).took()[0] == OpenFilm(FILM.path)


def test_a_known_file_that_is_gone_is_looked_for_elsewhere() -> None:
    table = with_copy().hears(item(2, "metropolis", fingerprint="ab"), item(3, fingerprint=MARK))
    table.took()
    table.happens(OpenFailed(FILM.path, "nosferatu.mkv does not exist."))
    assert FindFilm(Copy("nosferatu", None, 600.0, MARK), SALT) in table.took()
    assert table.seat.known_files == ()


def test_a_found_copy_that_can_not_be_opened_is_not_tried_for_ever() -> None:
    wanted = Copy("metropolis", None, 600.0)
    table = in_room().hears(item(2, "metropolis")).happens(FoundCopy(wanted, OTHER_FILM.path, "name"))
    table.took()
    table.happens(OpenFailed(OTHER_FILM.path, "metropolis.mkv is damaged: choose another copy."))
    assert table.did() == ()
    assert table.seat.sought == ""


def test_a_choice_that_can_not_be_opened_lets_the_search_go_on() -> None:
    table = in_room().hears(item(2, "metropolis")).happens(OpenMedium("/films/a.mkv"))
    table.took()
    table.happens(OpenFailed("/films/a.mkv", "a.mkv is empty."))
    assert FindFilm(Copy("metropolis", None, 600.0), SALT) in table.took()


# -- addresses ---------------------------------------------------------------------------------------------------------


def test_a_film_at_an_address_is_opened_when_the_person_trusts_its_host() -> None:
    table = in_room().hears(item(2, "metropolis", url=URL))
    assert table.did() == ()
    assert table.seat.sought == "i2"
    assert table.happens(OpenAddress()).took() == (Remember("trusted_hosts", ["films.example"]), OpenFilm(URL))
    table.happens(Opened(replace(OTHER_FILM, path=URL)))
    table.took()
    table.hears(item(3, "faust", url="https://films.example/faust.mkv"))
    assert OpenFilm("https://films.example/faust.mkv") in table.took()


def test_an_address_that_does_not_answer_can_be_tried_again() -> None:
    table = in_room().hears(item(2, "metropolis", url=URL)).happens(OpenAddress())
    table.took()
    table.happens(OpenFailed(URL, "films.example does not answer."))
    assert table.did() == ()
    assert table.seat.sought == "i2"
    assert table.happens(OpenAddress()).took()[-1] == OpenFilm(URL)


def test_what_is_no_address_on_the_web_is_looked_for_in_the_folders() -> None:
    for url in ("file:///etc/passwd", "http://[::1"):
        table = in_room().hears(item(2, "metropolis", url=url))
        assert isinstance(table.took()[0], FindFilm)
        assert table.happens(OpenAddress()).took() == ()
    assert in_room().happens(OpenAddress()).took() == ()


def test_our_own_address_of_the_playlist_needs_no_trust() -> None:
    table = in_room().happens(AddToPlaylist((URL,)))
    table.took()
    assert table.hears(item(2, "metropolis", url=URL, by=ME)).took()[0] == OpenFilm(URL)
