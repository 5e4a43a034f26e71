"""Our copy of the room's film: opening, loading, binding, being ready."""

from __future__ import annotations

from dataclasses import replace

import pytest

from player.core.copies import NoCopy
from player.core.drawing_room import draw_copy, draw_missing
from player.core.happenings import Hosted, Tick
from player.core.medium import Opened, OpenFailed, Primed, RanDry, ReachedEnd, Remark, Sought
from player.core.news import LinkLost
from player.core.seat import POLICY, Place, Seat
from player.core.seat_actions import Send, SetGain
from player.core.seat_copies import wanted_copy
from player.core.view import HostRoom, OpenMedium
from server.core import protocol
from tests.core.player.seats import (
    ANA,
    FILM,
    INVITE,
    LOAD_FILM,
    LOAD_OTHER,
    ME,
    OTHER_FILM,
    Table,
    alone,
    entry,
    item,
    joined,
    moment,
    stated,
    watching,
    welcome,
)

WANTED = wanted_copy(item())

# -- opening -----------------------------------------------------------------------------------------------------------


def test_a_film_opened_before_any_room_waits_for_the_welcome() -> None:
    table = Table(Seat(volume=50)).happens(OpenMedium("/films/nosferatu.mkv"), Opened(FILM))
    assert table.did()[1:] == (SetGain(0.25),)
    assert table.seat.medium == FILM
    assert table.seat.opening == ""
    assert table.happens(welcome()).asked() == [LOAD_FILM]


def test_a_film_opened_in_an_empty_room_is_loaded_and_ours_when_it_comes_back() -> None:
    table = joined().happens(Opened(FILM))
    assert table.took()[0] == SetGain(1.0)
    assert table.seat.pending is not None
    assert table.seat.pending.command.action == LOAD_FILM
    assert not table.seat.is_following
    table.hears(item(by=ME), stated(1, "paused"), protocol.Accepted(id="p1-1", revision=1))
    assert table.seat.is_following
    assert not table.seat.is_loading
    assert table.seat.pending is None


def test_a_length_that_is_not_known_is_not_told() -> None:
    table = joined().happens(Opened(replace(FILM, duration=None, title="t" * 250)))
    _, load = table.did()
    assert isinstance(load, Send)
    assert isinstance(load.message, protocol.Command)
    assert load.message.action == protocol.Load(title="t" * protocol.MAX_TITLE)


def test_a_film_opened_where_there_is_one_becomes_our_copy_and_loads_nothing() -> None:
    table = joined().hears(item(), stated(1, "paused"))
    table.took()
    assert table.happens(Opened(FILM)).did() == (SetGain(1.0),)
    assert table.seat.is_following


def test_a_film_opened_in_place_of_our_copy_is_for_everybody_and_follows_nothing_until_then() -> None:
    table = watching().happens(Opened(OTHER_FILM))
    assert table.did()[1:] == (Send(command(1, 5, "i1", LOAD_OTHER)),)
    assert not table.seat.is_following
    table.hears(item(2, "metropolis", by=ME, duration=900.0), stated(6, "paused", item="i2"))
    assert table.seat.is_following
    assert table.seat.medium == OTHER_FILM
    assert table.asked() == []


def test_the_rooms_film_opened_once_more_is_our_copy_and_begins_for_nobody_else() -> None:
    better = replace(FILM, path="/films/Nosferatu.1080p.mkv", title="Nosferatu.1080p", duration=600.2)
    table = watching().happens(OpenMedium(better.path), Opened(better))
    assert table.did()[1:] == (SetGain(1.0),)
    assert table.seat.is_following
    assert len(table.happens(Opened(replace(better, title="nosferatu 2"))).did()) == 2  # that is another film


def test_alone_the_same_film_opened_once_more_begins_anew() -> None:
    table = alone().happens(Opened(FILM))
    assert table.did()[1:] == (Send(command(3, 5, "i1", LOAD_FILM)),)


def test_while_the_link_is_lost_a_film_opened_in_place_of_our_copy_becomes_our_copy() -> None:
    table = watching().happens(LinkLost("No answer."), Opened(replace(FILM, path="/films/n2.mkv")))
    assert table.did() == (SetGain(1.0),)
    assert table.seat.is_following


def test_while_the_link_to_an_empty_room_is_lost_a_film_waits_for_the_welcome() -> None:
    table = joined().happens(LinkLost("No answer."), Opened(FILM))
    assert table.did() == (SetGain(1.0),)
    assert table.happens(welcome()).asked() == [LOAD_FILM]


def test_a_film_that_cannot_be_opened_is_told_and_the_room_does_not_wait_for_it() -> None:
    table = joined().hears(item())
    table.happens(OpenMedium("/films/a.mkv"))
    table.hears(stated(1, "holding"))
    table.took()
    table.words()
    table.happens(OpenFailed("/films/a.mkv", "a.mkv is empty: choose another file."), NoCopy(WANTED, "Not here."))
    assert table.sent() == [protocol.Ready(revision=1)]
    assert table.words() == ["a.mkv is empty: choose another file."]
    assert draw_missing(table.seat) == "Not here."
    assert table.seat.opening == ""


def test_the_failure_of_an_earlier_film_does_not_end_the_opening_of_the_next() -> None:
    table = Table(Seat()).happens(OpenMedium("a"), OpenMedium("b"), OpenFailed("a", "a is empty."))
    assert table.seat.opening == "b"


def test_a_film_that_breaks_is_gone() -> None:
    table = watching().happens(OpenFailed(FILM.path, "nosferatu.mkv can't be read any more."))
    assert table.seat.medium is None
    assert not table.seat.is_following


# -- another cut -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (602.0, ""),
        (852.0, "Yours is 4:12 longer: a different cut?"),
        (590.0, "Yours is 10 s shorter: a different cut?"),
        (None, ""),
    ],
)
def test_another_length_is_explained_and_does_not_block(duration: float | None, words: str) -> None:
    table = joined().hears(item(), stated(1, "paused"))
    table.words()
    table.happens(Opened(replace(FILM, duration=duration)))
    assert draw_copy(table.seat).words == words
    assert table.words() == []  # it stands where an offset can be set
    assert table.seat.is_following


def test_a_room_that_does_not_know_its_films_length_has_no_other_cut() -> None:
    table = joined().hears(item(duration=None), stated(1, "paused"))
    table.words()
    assert table.happens(Opened(OTHER_FILM)).words() == []


# -- going on ----------------------------------------------------------------------------------------------------------


def command(count: int, revision: int, item: str, action: protocol.Action) -> protocol.Command:
    return protocol.Command(id=f"p1-{count}", revision=revision, item=item, action=action)


def test_our_own_load_goes_on_where_the_film_was() -> None:
    table = joined()
    table.seat = replace(table.seat, go_on=Place(90.5, is_playing=True))
    table.happens(Opened(FILM))
    table.took()
    table.hears(item(by=ME))
    assert table.asked() == [protocol.Play()]
    assert table.seat.go_on is None


def test_our_own_load_brings_the_speed_along() -> None:
    table = joined()
    table.seat = replace(table.seat, go_on=Place(90.5, is_playing=True, speed=1.5, rate=1.5))
    table.happens(Opened(FILM)).hears(item(by=ME))
    table.actions = table.did()[2:]
    assert table.asked() == [protocol.SetRate(rate=1.5), protocol.Play()]


def test_alone_to_open_is_to_play_and_in_a_room_that_is_a_persons_wish() -> None:
    table = Table(Seat(name="Me")).happens(welcome(epoch="solo", roster=(entry(ME, "Me"),)), Opened(FILM))
    table.took()
    assert table.hears(item(by=ME)).asked() == [protocol.Play()]
    table = joined().happens(Opened(FILM))
    table.took()
    assert table.hears(item(by=ME)).asked() == []


def test_a_film_that_is_opened_to_be_shown_to_friends_waits_for_them() -> None:
    """`matinee host FILE`: the film is open before the room is."""
    table = Table(Seat(name="Me")).happens(HostRoom("Friday"), welcome(epoch="solo", roster=(entry(ME, "Me"),)))
    table.happens(Opened(FILM))
    table.took()
    assert table.hears(item(by=ME)).asked() == []
    table.happens(Hosted(INVITE, INVITE), welcome())
    table.took()
    assert table.hears(item(by=ME)).asked() == []


def test_what_was_paused_stays_paused_there() -> None:
    table = joined()
    table.seat = replace(table.seat, go_on=Place(90.5, is_playing=False))
    table.happens(Opened(FILM))
    assert table.did()[1:] == (
        Send(command(1, 0, "", protocol.Load(title="nosferatu", duration_us=600_000_000, media_us=90_500_000))),
    )
    assert table.hears(item(by=ME)).asked() == []


def test_what_has_ended_on_its_way_does_not_begin_again() -> None:
    table = joined()
    table.seat = replace(table.seat, go_on=Place(599.0, is_playing=True, since=moment().local, speed=1.0))
    table.happens(Opened(FILM))
    table.took()
    assert table.hears(item(by=ME), at=2.0).asked() == []
    assert table.seat.go_on is None


def test_what_has_no_known_end_goes_on() -> None:
    table = joined()
    table.seat = replace(table.seat, go_on=Place(599.0, is_playing=True))
    table.happens(Opened(replace(FILM, duration=None)))
    table.took()
    assert table.hears(item(by=ME, duration=None)).asked() == [protocol.Play()]


def test_another_film_begins_at_its_start() -> None:
    table = Table(replace(joined().seat, go_on=Place(90.5, is_playing=True)))
    table.happens(OpenMedium(FILM.path), Opened(FILM))
    assert table.took()[-1] == Send(command(1, 0, "", LOAD_FILM))


def test_a_friends_film_that_came_first_keeps_its_own_place() -> None:
    table = joined()
    table.seat = replace(table.seat, go_on=Place(90.5, is_playing=True))
    table.happens(Opened(FILM))
    table.took()
    assert table.hears(item(by=ANA)).asked() == []
    assert table.seat.go_on is None


# -- being ready -------------------------------------------------------------------------------------------------------


def test_readiness_for_a_hold_is_told_when_its_frame_is_shown_and_once() -> None:
    table = watching()
    assert table.hears(stated(6, "holding", waiting=(ME, ANA))).sent() == []
    assert table.happens(Primed(5)).sent() == []
    assert table.happens(Primed(6)).sent() == [protocol.Ready(revision=6)]
    assert table.hears(stated(6, "holding", waiting=(ANA,))).sent() == []
    assert table.happens(Primed(6)).sent() == []


def test_a_frame_that_was_shown_before_its_timeline_came_makes_ready_at_once() -> None:
    table = watching()
    table.seat = replace(table.seat, primed=6)
    assert table.hears(stated(6, "paused", 60.0)).sent() == [protocol.Ready(revision=6)]


def test_alone_readiness_is_told_as_well() -> None:
    table = alone()
    assert table.hears(stated(6, "holding")).happens(Primed(6)).sent() == [protocol.Ready(revision=6)]


def test_nobody_waits_for_a_member_without_the_film() -> None:
    table = joined().hears(item(), stated(1, "holding"))
    assert table.sent() == []  # as long as nobody knows whether it has the film
    assert table.happens(NoCopy(WANTED, "Not here.")).sent() == [protocol.Ready(revision=1)]


def test_nobody_waits_long_for_a_member_that_looks_for_the_film() -> None:
    table = joined().hears(item(), stated(1, "holding"))
    table.seat = replace(table.seat, reported_at=moment(9.0).local)
    assert table.happens(Tick(), at=POLICY.search - 0.1).sent() == []
    assert table.happens(Tick(), at=POLICY.search).sent() == [protocol.Ready(revision=1)]
    assert table.happens(Tick(), at=POLICY.search + 0.2).sent() == []


def test_a_film_that_is_being_opened_or_loaded_is_waited_for() -> None:
    table = joined().happens(OpenMedium("/films/a.mkv"))
    table.took()
    assert table.hears(item(), stated(1, "holding")).sent() == []
    table = watching().happens(Opened(OTHER_FILM))
    table.took()
    assert table.hears(stated(6, "holding")).sent() == []


@pytest.mark.parametrize("timeline", [stated(6, "playing"), stated(6, "paused", item="")])
def test_what_plays_or_is_nothing_needs_no_readiness(timeline: protocol.TimelineStated) -> None:
    assert watching().hears(timeline).happens(Primed(6)).sent() == []


def test_running_dry_is_told() -> None:
    assert watching().happens(RanDry(5)).sent() == [protocol.Stall(revision=5)]


def test_the_end_is_told_only_where_nobody_else_knows_it() -> None:
    assert watching().hears(stated(6, "playing")).happens(ReachedEnd(6)).sent() == []
    table = joined().hears(item(duration=None), stated(5, "playing")).happens(Opened(replace(FILM, duration=None)))
    table.took()
    assert table.happens(ReachedEnd(4)).sent() == []
    (command,) = table.happens(ReachedEnd(5)).sent()
    assert isinstance(command, protocol.Command)
    assert (command.action, command.revision) == (protocol.Ended(), 5)
    assert table.seat.pending is None  # no button waits for it
    table.hears(protocol.Refused(id=command.id, code="revision", words="Somebody was faster."))
    assert table.words() == []
    assert table.happens(LinkLost("No answer."), ReachedEnd(5)).sent() == []
    assert table.words() == []


# -- what else playback reports ----------------------------------------------------------------------------------------


def test_a_remark_is_a_warning_and_a_catch_up_is_not() -> None:
    table = watching().happens(Remark("3 broken packets were skipped."), Sought(0.7))
    assert [(each.kind, each.words) for each in table.seat.notices.shown()] == [
        ("warning", "3 broken packets were skipped.")
    ]
    assert table.took() == ()


def test_opening_forgets_what_was_said_about_films() -> None:
    table = joined().hears(item(), stated(1, "paused")).happens(OpenFailed("b", "b is empty."))
    table.happens(Opened(FILM))
    assert table.words() == []
