"""What the window draws of a seat: the film, the room, how far everybody is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from player.core.drawing import POLICY, Facts, draw
from player.core.figure import Figure
from player.core.medium import Opened, Primed, Track
from player.core.news import LinkLost, LinkRefused
from player.core.room_view import Rights
from player.core.seat import Seat
from player.core.view import Badge, JoinRoom, Level, Lock, OpenMedium, View, WantPause
from server.core import protocol
from tests.core.player.seats import (
    ANA,
    BEN,
    FILM,
    INVITE,
    ME,
    Table,
    alone,
    entry,
    item,
    joined,
    moment,
    stated,
    watching,
)

FRAME = FILM.frame_duration
NOW = moment(1.0)


def view_of(table: Table, asynchrony: float | None = None, dispersion: float = 0.001) -> View:
    return draw(replace(table.seat, asynchrony=Figure(asynchrony)), Facts(dispersion), NOW)


# -- the film ----------------------------------------------------------------------------------------------------------


def test_an_empty_seat_draws_nothing() -> None:
    alone = Rights(operate=True, host=True)
    assert draw(Seat(name="Me"), Facts(), NOW) == View(name="Me", state="nothing", rights=alone)


def test_a_film_is_drawn_at_its_place_with_its_tracks() -> None:
    track = Track("stream:1", "sound", "English")
    table = alone()
    medium = replace(FILM, sound_tracks=(track,), sound_track="stream:1")
    table.seat = replace(table.seat, medium=medium, subtitle_delay=0.2, volume=40, is_muted=True)
    view = view_of(table)
    assert (view.title, view.state, view.media_time, view.duration) == ("nosferatu", "playing", 61.0, 600.0)
    assert (view.has_medium, view.has_picture, view.keeps_awake) == (True, True, True)
    assert (view.sound_tracks, view.sound_track) == ((track,), "stream:1")
    assert (view.subtitle_tracks, view.subtitle_track, view.subtitle_delay) == ((), None, 0.2)
    assert (view.volume, view.is_muted) == (40, True)


def test_a_film_that_is_only_opened_shows_its_name() -> None:
    view = draw(Seat(medium=FILM), Facts(), NOW)
    assert (view.title, view.state) == ("nosferatu", "nothing")


def test_a_film_that_is_slow_to_open_is_named() -> None:
    table = Table(Seat()).happens(OpenMedium("/films/faust.mkv"))
    assert draw(table.seat, Facts(), moment()).opening == "faust.mkv"
    table = watching().happens(OpenMedium("/films/faust.mkv"), at=1.0)
    assert draw(table.seat, Facts(), moment(1.1)).opening == ""  # one film after the other: no words in between
    assert draw(table.seat, Facts(), moment(2.0)).opening == "faust.mkv"
    assert draw(table.happens(Opened(FILM)).seat, Facts(), moment(9.0)).opening == ""


def test_the_rooms_film_is_named_and_measured_without_a_copy() -> None:
    table = joined().hears(item(), stated(1, "paused", 30.0))
    view = view_of(table)
    assert (view.title, view.duration, view.has_medium, view.has_picture) == ("nosferatu", 600.0, False, False)
    assert (view.state, view.media_time) == ("paused", 30.0)
    assert view_of(joined().hears(item(duration=None), stated(1, "paused"))).duration is None


def test_a_film_does_not_play_beyond_its_end() -> None:
    assert view_of(watching("playing", 599.5)).media_time == 600.0


def test_the_screen_may_sleep_when_nothing_moves_or_there_is_only_sound() -> None:
    assert not view_of(watching("paused")).keeps_awake
    table = watching()
    table.seat = replace(table.seat, medium=replace(FILM, size=None))
    view = view_of(table)
    assert (view.has_picture, view.keeps_awake) == (False, False)


def test_what_was_asked_for_or_is_about_to_happen_is_pending() -> None:
    assert not view_of(watching()).is_pending
    assert view_of(watching().happens(WantPause())).is_pending
    coming = watching().hears(stated(6, "paused", 62.0, at=2.0))
    assert view_of(coming).is_pending
    assert view_of(coming).state == "playing"
    assert not draw(coming.seat, Facts(), moment(2.0)).is_pending


# -- the room ----------------------------------------------------------------------------------------------------------


def test_a_room_shows_its_name_and_its_invite_once_it_is_entered() -> None:
    view = view_of(watching())
    assert (view.link, view.room, view.invite) == ("joined", "Friday", INVITE.text())
    connecting = draw(Seat(link="connecting", link_words="Connecting …", invite=INVITE), Facts(), NOW)
    assert (connecting.room, connecting.invite, connecting.link_words) == ("Friday", "", "Connecting …")
    assert connecting.members == ()


def test_alone_there_is_no_room_no_roster_and_no_badge() -> None:
    view = view_of(alone(), asynchrony=0.001)
    assert (view.room, view.invite, view.members, view.badge) == ("", "", (), Badge("alone", ""))
    assert view_of(alone().hears(stated(6, "holding", waiting=(ME,)))).waiting_words == ""


@pytest.mark.parametrize(
    ("hold", "words"),
    [
        (stated(6, "holding", waiting=(ANA,), until=9.4), "Waiting for Ana (8 s)"),
        (stated(6, "holding", waiting=(ANA, ME), until=9.4), "Waiting for Ana and you (8 s)"),
        (stated(6, "holding", waiting=("p9",)), "Waiting for Somebody"),
        (stated(6, "holding", waiting=(ANA,), until=0.0), "Waiting for Ana (0 s)"),
        (stated(6, "holding"), "Starting …"),
        (stated(6, "paused"), ""),
    ],
)
def test_whom_the_room_waits_for_and_how_long_at_most(hold: protocol.TimelineStated, words: str) -> None:
    assert view_of(watching().hears(hold)).waiting_words == words


def test_a_room_that_wants_a_password_is_named_until_it_is_tried_again() -> None:
    refused = LinkRefused("password", "The password is wrong or missing.")
    table = Table(Seat(name="Me")).happens(JoinRoom(INVITE.text()))
    assert view_of(table).lock is None
    table.happens(refused)
    assert view_of(table).lock == Lock(INVITE.text(), "Friday")
    assert view_of(table).notices == ()  # the window asks for it
    table.happens(JoinRoom(INVITE.text(), "guess"))
    assert view_of(table).lock is None
    assert view_of(table.happens(refused)).lock == Lock(INVITE.text(), "Friday", was_wrong=True)
    assert view_of(table.happens(JoinRoom(INVITE.text()), LinkRefused("key", "No."))).lock is None


# -- the badge ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asynchrony", "level", "words"),
    [
        (0.0004, "good", "In sync, within 1 ms"),
        (-0.9 * FRAME, "good", "In sync, within 36 ms"),
        (1.1 * FRAME, "near", "44 ms ahead, correcting"),
        (-0.12, "near", "120 ms behind, catching up"),
        (-0.6, "off", "600 ms behind, catching up"),
        (1.5, "off", "1.5 s ahead, correcting"),
        (None, "unknown", "Starting …"),
    ],
)
def test_the_badge_is_green_only_within_a_frame(asynchrony: float | None, level: Level, words: str) -> None:
    assert view_of(watching(), asynchrony).badge == Badge(level, words)


def test_the_badge_does_not_judge_by_a_clock_that_is_hardly_known() -> None:
    assert view_of(watching(), 0.0, dispersion=POLICY.unsure * 1.1).badge.level == "unknown"
    assert view_of(watching(), 0.0, dispersion=float("inf")).badge.level == "unknown"


def test_a_still_frame_is_the_same_once_it_is_shown_whatever_the_clock_says() -> None:
    table = watching().hears(stated(6, "paused", 61.0))
    assert view_of(table).badge == Badge("near", "Getting ready …")
    assert view_of(table.happens(Primed(6)), dispersion=9.0).badge == Badge("good", "Same frame")


def test_without_a_link_or_a_film_the_badge_claims_nothing() -> None:
    lost = view_of(watching().happens(LinkLost("x")), 0.0).badge
    assert lost == Badge("unknown", "Not connected, playing on alone")
    assert view_of(watching("paused").happens(LinkLost("x"))).badge.words == "Not connected"
    assert view_of(joined().hears(item(), stated(1, "playing"))).badge == Badge("unknown", "")


# -- the roster --------------------------------------------------------------------------------------------------------


def rows(table: Table, *others: protocol.RosterEntry, asynchrony: float | None = 0.0) -> dict[str, Level]:
    table.hears(protocol.Roster(members=(entry(ME, "Me", asynchrony_us=900_000), *others)))
    return {row.peer: row.level for row in view_of(table, asynchrony).members}


def test_members_are_judged_as_the_badge_judges_us() -> None:
    ana, ben = entry(ANA, "Ana", asynchrony_us=-120_000), entry(BEN, "Ben", asynchrony_us=30_000)
    assert rows(watching(), ana, ben) == {ME: "good", ANA: "near", BEN: "good"}
    assert rows(watching(), ana, asynchrony=0.5) == {ME: "off", ANA: "near"}
    assert rows(watching(), entry(ANA, "Ana")) == {ME: "good", ANA: "unknown"}


def test_our_own_row_has_our_own_figure_not_the_one_that_we_reported() -> None:
    table = watching().hears(protocol.Roster(members=(entry(ME, "Me", asynchrony_us=900_000, delay_us=2_000),)))
    (row,) = view_of(table, 0.003).members
    assert (row.is_me, row.asynchrony, row.delay, row.level) == (True, 0.003, 0.002, "good")


def test_while_the_film_stands_who_is_ready_shows_the_frame() -> None:
    hold = stated(6, "holding", waiting=(BEN,))
    table = watching().hears(hold).happens(Primed(6))
    assert rows(table, entry(ANA, "Ana"), entry(BEN, "Ben", ready=False)) == {ME: "good", ANA: "good", BEN: "near"}
    assert [row.is_waited_for for row in view_of(table).members] == [False, False, True]


def test_who_has_no_film_is_not_called_ready() -> None:
    table = watching().hears(stated(6, "paused", 61.0)).happens(Primed(6))
    assert rows(table, entry(ANA, "Ana", copy="none"))[ANA] == "unknown"


def test_what_was_told_before_the_film_stood_still_is_not_shown() -> None:
    table = watching().hears(stated(6, "paused", 61.0)).happens(Primed(6))
    rows(table, entry(ANA, "Ana", asynchrony_us=-120_000))
    assert [(row.asynchrony, row.level) for row in view_of(table, 0.001).members] == [(None, "good"), (None, "good")]


def test_nobody_is_judged_who_is_lost_or_when_we_are() -> None:
    ana = entry(ANA, "Ana", here=False, asynchrony_us=0)
    assert rows(watching(), ana)[ANA] == "unknown"
    table = watching()
    rows(table, entry(ANA, "Ana", asynchrony_us=0))
    assert {row.level for row in view_of(table.happens(LinkLost("x")), 0.0).members} == {"unknown"}


def test_without_a_film_of_our_own_members_are_judged_by_a_usual_frame() -> None:
    table = joined().hears(item(), stated(1, "playing"))
    ana = entry(ANA, "Ana", asynchrony_us=protocol.micros(0.9 * POLICY.frame))
    assert rows(table, ana) == {ME: "unknown", ANA: "good"}
