"""What the room says: its film, its timeline, its people; losing it and coming back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from player.core.medium import Opened, Primed
from player.core.news import LinkLost, Received
from player.core.seat import POLICY, Place, Seat
from player.core.seat_actions import CloseFilm, GoSolo
from player.core.seat_rules import receive
from player.core.view import OpenMedium, WantPause
from server.core import protocol
from tests.core.player.seats import (
    ANA,
    BEN,
    FILM,
    LOAD_FILM,
    ME,
    OTHER_FILM,
    ROSTER,
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

# -- coming in ---------------------------------------------------------------------------------------------------------


def test_a_welcome_tells_who_we_are_who_is_there_and_where_the_film_is() -> None:
    table = joined().happens(welcome(stated(5, "playing", 60.0), item()))
    assert table.seat.link == "joined"
    assert (table.seat.me, table.seat.epoch, table.seat.roster) == (ME, "e1", ROSTER)
    assert table.seat.schedule.media_time_at(moment(5.0).room) == 65.0
    assert "Ana joined" not in table.words()


def test_at_home_there_is_no_link_to_be_seen() -> None:
    assert alone().seat.link == "alone"


def test_a_film_that_is_open_becomes_our_copy_of_a_friends_film_at_the_friends_place() -> None:
    table = alone(media_time=300.0)
    table.seat = replace(table.seat, invite=joined().seat.invite, epoch="", item=None, bound_item="")
    table.seat = replace(table.seat, go_on=Place(300.0, is_playing=True))
    assert table.happens(welcome(stated(5, "playing", 60.0), item())).asked() == []
    assert table.seat.is_following
    assert table.seat.go_on is None


def test_a_film_that_is_brought_into_a_friends_empty_room_begins_at_its_beginning() -> None:
    seat = replace(joined().seat, epoch="", medium=FILM, go_on=Place(300.0, is_playing=True))
    table = Table(seat).happens(welcome())
    assert table.asked() == [LOAD_FILM]
    assert table.hears(item(by=ME)).asked() == []


def test_a_film_that_is_brought_into_our_own_new_room_goes_on() -> None:
    seat = replace(joined().seat, epoch="", is_hosting=True, medium=FILM, go_on=Place(300.0, is_playing=True))
    table = Table(seat).happens(welcome())
    assert table.asked() == [protocol.Load(title="nosferatu", duration_us=600_000_000, media_us=300_000_000)]
    assert table.hears(item(by=ME)).asked() == [protocol.Play()]


# -- coming back -------------------------------------------------------------------------------------------------------


def test_who_comes_back_is_the_same_person_and_moves_nothing() -> None:
    table = watching().happens(LinkLost("No answer."))
    table.happens(welcome(stated(8, "playing", 400.0, at=10.0), item()), at=10.0)
    assert table.seat.link == "joined"
    assert table.seat.is_following
    assert table.seat.schedule.media_time_at(moment(11.0).room) == 401.0
    assert table.did() == ()


def test_coming_back_into_a_hold_tells_readiness_anew() -> None:
    table = watching().hears(stated(6, "holding", waiting=(ME,))).happens(Primed(6))
    table.took()
    table.happens(LinkLost("No answer."), welcome(stated(6, "holding", waiting=(ME,)), item()))
    assert table.sent() == [protocol.Ready(revision=6)]


def test_a_command_that_was_not_answered_is_sent_again_with_its_id() -> None:
    table = watching().happens(WantPause())
    (command,) = table.sent()
    table.happens(LinkLost("No answer."), welcome(stated(5, "playing", 60.0), item()), at=POLICY.resend_within)
    assert table.sent() == [command]
    assert table.seat.pending is not None


def test_a_command_that_is_too_old_is_not() -> None:
    table = watching().happens(WantPause())
    table.took()
    table.happens(LinkLost("No answer."), welcome(stated(5, "playing", 60.0), item()), at=POLICY.resend_within + 0.1)
    assert table.sent() == []
    assert table.seat.pending is None


def test_a_load_that_was_not_answered_is_sent_again_and_not_twice() -> None:
    table = joined().happens(Opened(FILM), LinkLost("No answer."))
    table.took()
    assert table.happens(welcome(), at=1.0).asked() == [LOAD_FILM]
    assert table.seat.is_loading


def test_another_film_whose_load_is_sent_again_stays_open() -> None:
    table = watching().happens(Opened(OTHER_FILM), LinkLost("No answer."))
    table.took()
    table.happens(welcome(stated(5, "playing", 60.0), item()), at=1.0)
    assert [type(action).__name__ for action in table.asked()] == ["Load"]
    assert table.seat.medium == OTHER_FILM


def test_another_film_whose_load_is_too_old_makes_room_for_the_rooms() -> None:
    table = watching().happens(Opened(OTHER_FILM), LinkLost("No answer."))
    table.took()
    table.happens(welcome(stated(5, "playing", 60.0), item()), at=60.0)
    assert table.took()[0] == CloseFilm()


def test_a_server_that_began_anew_gets_our_film_at_its_place() -> None:
    table = watching("playing", 60.0).happens(LinkLost("No answer."))
    table.happens(welcome(epoch="e2"), at=20.0)
    assert table.asked() == [protocol.Load(title="nosferatu", duration_us=600_000_000, media_us=80_000_000)]
    table.hears(item(by=ME), at=20.0)
    assert table.asked() == [protocol.Play()]


def test_a_server_that_began_anew_and_remembers_the_film_is_not_moved_by_who_had_loaded_it() -> None:
    table = watching().happens(LinkLost("No answer."))
    table.happens(welcome(stated(9, "paused", 61.0), item(by=ME), epoch="e2"), at=20.0)
    assert table.sent() == []
    assert table.seat.is_following
    assert table.seat.primed == -1


def test_of_two_members_that_come_back_the_second_finds_the_firsts_film() -> None:
    table = watching().happens(LinkLost("No answer."))
    table.happens(welcome(epoch="e2"), at=20.0)
    table.took()
    table.hears(item(by=ANA), stated(1, "paused"), at=20.0)
    table.hears(protocol.Refused(id="p1-1", code="item", words="Ana loaded another film first."), at=20.0)
    assert table.asked() == []
    assert table.seat.is_following
    assert "Ana loaded another film first." not in table.words()


def test_a_restored_room_in_which_another_film_is_on_by_now_is_taken_as_it_is() -> None:
    table = watching().happens(LinkLost("No answer."))
    table.happens(welcome(stated(9, "playing", 5.0, item="i2"), item(2, "metropolis"), epoch="e2"), at=20.0)
    assert table.did() == (CloseFilm(),)
    assert table.seat.go_on is None


def test_a_large_rosters_other_pages_come_after_the_welcome() -> None:
    fresh = Table(replace(joined().seat, epoch="")).happens(welcome(roster=ROSTER[:1], total=2))
    assert fresh.seat.roster == ROSTER[:1]
    again = joined().happens(welcome(roster=ROSTER[:1], total=2))
    assert again.seat.roster == ROSTER  # the one of before, until the new one is whole
    again.hears(protocol.Roster(members=(entry(ANA, "Ana", role="host"),), first=1, total=2))
    assert [each.role for each in again.seat.roster] == ["guest", "host"]


def test_what_the_door_says_of_us_counts() -> None:
    mine = entry(ME, "Me", role="operator", away=True)
    table = joined().happens(welcome(roster=(mine,), role="operator", rules=protocol.Rules(waits=False)))
    assert (table.seat.facts.role, table.seat.is_away) == ("operator", True)
    assert not table.seat.facts.rules.waits
    assert table.happens(welcome(roster=())).seat.is_away


# -- the room's film ---------------------------------------------------------------------------------------------------


def test_another_film_in_the_room_closes_ours_and_says_which_to_open() -> None:
    table = watching().hears(item(2, "metropolis"))
    assert table.did() == (CloseFilm(),)
    assert table.seat.medium is None
    assert table.words() == []
    assert table.hears(stated(6, "paused", item="i2", by=ANA, why="load")).words() == ["Ana opened “metropolis”"]


def test_who_has_no_film_open_sees_what_is_missing_in_place_of_the_picture() -> None:
    table = joined().hears(item())
    assert table.did() == ()
    assert table.words() == []


def test_the_same_film_loaded_again_is_kept() -> None:
    table = watching().hears(item(2), stated(6, "paused", item="i2"))
    assert table.did() == ()
    assert table.seat.is_following


def test_an_item_that_is_said_twice_changes_nothing() -> None:
    table = watching()
    assert table.hears(item()).took() == ()
    assert table.words() == []


def test_a_film_that_is_being_opened_is_waited_for_not_asked_for() -> None:
    table = watching().happens(OpenMedium("/films/metropolis.mkv"))
    table.took()
    table.hears(item(2, "metropolis"))
    assert table.took() == ()
    assert table.words() == []
    table.happens(Opened(OTHER_FILM))
    assert table.seat.bound_item == "i2"


def test_opening_our_copy_ends_the_request_to_open_it() -> None:
    table = watching().hears(item(2, "metropolis", duration=900.0))
    assert table.happens(Opened(OTHER_FILM)).words() == []


def test_a_friends_other_film_wins_a_race_of_two_loads() -> None:
    table = watching().happens(Opened(OTHER_FILM))
    table.took()
    table.hears(item(2, "faust", by=BEN), protocol.Refused(id="p1-1", code="item", words="Ben was first."))
    assert table.did() == (CloseFilm(),)
    assert table.words() == []
    assert not table.seat.is_loading


# -- refusals ----------------------------------------------------------------------------------------------------------


def test_a_refusal_is_told_and_ends_the_wait_for_the_command() -> None:
    table = watching().happens(WantPause())
    table.hears(protocol.Refused(id="p1-1", code="forbidden", words="Only operators may pause here: ask Ana."))
    assert table.words() == ["Only operators may pause here: ask Ana."]
    assert table.seat.pending is None


def test_the_answer_to_another_command_does_not_end_the_wait() -> None:
    table = watching().happens(WantPause(), WantPause())
    assert table.hears(protocol.Accepted(id="p1-1", revision=6)).seat.pending is not None
    assert table.hears(protocol.Accepted(id="p1-2", revision=7)).seat.pending is None


def test_a_refused_load_leaves_us_without_a_copy() -> None:
    table = watching().happens(Opened(OTHER_FILM))
    table.took()
    table.hears(protocol.Refused(id="p1-1", code="forbidden", words="Only operators may load: ask Ana."))
    assert table.did() == (CloseFilm(),)
    assert table.words()[0] == "Only operators may load: ask Ana."


def test_a_refused_load_into_an_empty_room_leaves_the_film_open() -> None:
    table = joined().happens(Opened(FILM))
    table.took()
    table.hears(protocol.Refused(id="p1-1", code="busy", words="Too many commands: wait a moment."))
    assert table.took() == ()
    assert table.seat.medium == FILM
    assert not table.seat.is_loading


# -- the room's timeline -----------------------------------------------------------------------------------------------


def test_a_timeline_is_followed_and_an_older_one_is_not() -> None:
    table = watching().hears(stated(6, "paused", 61.0, at=1.0))
    assert table.seat.schedule.newest.revision == 6
    assert table.seat.schedule.at(moment(0.5).room).state == "playing"
    before = table.seat
    assert table.hears(stated(4, "playing", 0.0)).seat is before


@pytest.mark.parametrize(
    ("timeline", "words"),
    [
        (stated(6, "playing", 60.0, by=ANA, why="play"), "Ana pressed play"),
        (stated(6, "paused", 60.0, by=ANA, why="pause"), "Ana paused"),
        (stated(6, "holding", 187.0, by=ANA, why="seek"), "Ana: 1:00 → 3:07"),
        (stated(6, "playing", 60.0, by=ANA, why="rate", rate=1.25), "Ana set the speed to 1.25×"),
        (stated(6, "playing", 60.0, why="late"), "The wait is over: going on, whoever is late catches up."),
        (stated(6, "paused", 60.0, by="p9", why="pause"), "Somebody paused"),
        (stated(6, "paused", 0.0, by=ANA, why="load"), "Ana opened “nosferatu”"),
        (stated(6, "playing", 60.0, by=ANA, why="go_on"), "Ana chose not to wait any longer"),
    ],
)
def test_what_others_do_is_told_with_who_and_what(timeline: protocol.TimelineStated, words: str) -> None:
    assert watching().hears(timeline).words() == [words]


@pytest.mark.parametrize("why", ["end", "stall", "ready", "gone", "next", "check", None])
def test_what_is_seen_anyway_is_not_told(why: protocol.Why | None) -> None:
    assert watching().hears(stated(6, "paused", 60.0, by=ANA, why=why)).words() == []


def test_what_we_did_ourselves_is_not_told() -> None:
    assert watching().hears(stated(6, "paused", 60.0, by=ME, why="pause")).words() == []


def test_a_hold_whose_waiting_shrank_is_no_news() -> None:
    table = watching().hears(stated(6, "holding", 90.0, by=ANA, why="seek", waiting=(ME, ANA)))
    table.words()
    table.hears(stated(6, "holding", 90.0, by=ANA, why="seek", waiting=(ME,)))
    assert table.words() == []
    assert table.seat.schedule.newest.waiting == (ME,)


# -- people ------------------------------------------------------------------------------------------------------------


def test_who_comes_and_goes_is_told_but_not_about_ourselves() -> None:
    table = joined()
    away = entry(ANA, "Ana", here=False)
    ben = entry(BEN, "Ben")
    assert table.hears(protocol.Roster(members=(*ROSTER, ben))).words() == ["Ben joined"]
    assert table.hears(protocol.Roster(members=(ROSTER[0], away, ben))).words() == ["Ana lost the connection"]
    assert table.hears(protocol.Roster(members=(ROSTER[0], ROSTER[1], ben))).words() == ["Ana is back"]
    assert table.hears(protocol.Roster(members=ROSTER)).words() == ["Ben left"]
    assert table.hears(protocol.Roster(members=(ROSTER[1],))).words() == []
    assert table.hears(protocol.Roster(members=ROSTER)).words() == []
    assert table.seat.roster == ROSTER


def test_who_was_removed_has_not_just_left() -> None:
    table = joined()
    table.hears(protocol.Notice(words="Me removed Ana.", peer=ANA), protocol.Roster(members=ROSTER[:1]))
    assert table.words() == ["Me removed Ana."]


def test_in_a_crowd_nobody_is_announced() -> None:
    crowd = tuple(entry(f"q{number}", f"Q {number}") for number in range(protocol.ROSTER_PAGE))
    pages = (protocol.Roster(members=crowd, first=0, total=22), protocol.Roster(members=ROSTER, first=20, total=22))
    table = joined().hears(*pages)
    assert table.words() == []
    assert len(table.seat.roster) == 22


# -- the rest ----------------------------------------------------------------------------------------------------------


def test_a_notice_of_the_server_is_shown_as_plain_news() -> None:
    table = joined().hears(protocol.Notice(words="Back in five minutes."))
    assert [(each.kind, each.words) for each in table.seat.notices.shown()] == [("info", "Back in five minutes.")]


def test_a_server_that_closes_is_waited_for() -> None:
    table = watching().hears(protocol.Closing(words="The server restarts; you will come back by yourself."))
    assert table.seat.link == "lost"
    assert table.seat.link_words == "The server restarts; you will come back by yourself."
    assert table.seat.is_following


def test_a_server_that_closes_for_good_leads_home_with_its_words() -> None:
    table = watching().hears(protocol.Closing(words="Ana removed you from the room.", again=False))
    assert table.took() == (GoSolo(),)
    assert table.words() == ["Ana removed you from the room."]
    assert (table.seat.link, table.seat.invite, table.seat.medium) == ("alone", None, FILM)


def test_what_the_link_sees_to_itself_changes_nothing() -> None:
    table = watching()
    before = table.seat
    table.hears(protocol.ClockReply(t0_us=0, t1_us=0, t2_us=0, epoch="e1"), welcome().welcome)
    assert table.seat is before


def test_what_a_room_says_before_its_welcome_is_of_the_room_that_was_left() -> None:
    seat = Seat(link="connecting")
    assert Table(seat).hears(item(), stated(9, "playing")).seat is seat


def test_a_call_that_this_player_can_not_join_changes_nothing() -> None:
    seat = joined().seat
    signalled = protocol.Signalled(peer=BEN, attempt="a1", what=protocol.Hangup())
    for message in (signalled, protocol.Ways()):
        step = receive(seat, Received(message), moment())
        assert (step.seat, step.actions) == (seat, ())
