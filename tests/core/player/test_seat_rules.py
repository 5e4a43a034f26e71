"""What happens by itself: the link, the hosted server, time."""

from __future__ import annotations

from dataclasses import replace

from player.core.news import LinkLost, LinkRefused
from player.core.seat import (
    POLICY,
    ConnectTo,
    GoSolo,
    Hosted,
    HostEnded,
    HostFailed,
    Place,
    StartHosting,
    StopHosting,
    Tick,
)
from player.core.view import HostRoom, LeaveRoom
from server.core import protocol
from tests.core.player.seats import INVITE, Table, alone, joined, stated, watching, welcome

OWN = replace(INVITE, host="127.0.0.1", password="p")
HOSTED = Hosted(INVITE, OWN)


def hosting() -> Table:
    table = alone().happens(HostRoom("Friday"), HOSTED, welcome())
    table.took()
    return table


# -- the link ----------------------------------------------------------------------------------------------------------


def test_a_lost_link_is_shown_and_the_film_goes_on() -> None:
    table = watching().happens(LinkLost("No answer from 192.0.2.7."))
    assert (table.seat.link, table.seat.link_words) == ("lost", "No answer from 192.0.2.7.")
    assert table.seat.is_following
    assert table.took() == ()


def test_a_room_that_was_never_reached_is_not_lost() -> None:
    table = Table(replace(alone().seat, epoch="", link="connecting", invite=INVITE))
    table.happens(LinkLost("192.0.2.7 does not answer, trying again."))
    assert (table.seat.link, table.seat.link_words) == ("connecting", "192.0.2.7 does not answer, trying again.")


def test_a_refused_link_leads_home_with_the_film_where_it_was() -> None:
    table = watching().happens(LinkRefused("banned", "Ana has removed you from the room."), at=5.0)
    assert table.took() == (GoSolo(),)
    assert table.words() == ["Ana has removed you from the room."]
    assert table.seat.link == "alone"
    assert table.seat.invite is None
    assert table.seat.go_on == Place(65.0, is_playing=True)


def test_why_we_are_at_home_again_stays_to_be_read() -> None:
    table = watching().happens(LinkRefused("banned", "Ana has removed you from the room."), welcome(epoch="solo"))
    assert table.words() == ["Ana has removed you from the room."]


# -- hosting -----------------------------------------------------------------------------------------------------------


def test_a_hosted_room_is_entered_by_its_own_door_and_shows_the_friends_invite() -> None:
    table = alone().happens(HostRoom("Friday"))
    assert table.took() == (StartHosting("Friday"),)
    table.happens(HOSTED)
    assert table.took() == (ConnectTo(OWN, "Me"),)
    assert table.seat.invite == INVITE
    assert table.seat.is_hosting


def test_hosting_that_fails_leads_home_with_the_film_where_it_was() -> None:
    table = alone("playing", 60.0).happens(HostRoom("Friday"), at=3.0)
    table.took()
    table.happens(HostFailed("Port 8998 is taken: close what uses it or choose another with --listen."), at=4.0)
    assert table.took() == (StopHosting(), GoSolo())
    assert table.words() == ["Port 8998 is taken: close what uses it or choose another with --listen."]
    assert table.seat.go_on == Place(63.0, is_playing=True)
    assert not table.seat.is_hosting


def test_a_server_of_ours_that_ends_by_itself_leads_home() -> None:
    table = hosting().happens(HostEnded())
    assert table.took() == (StopHosting(), GoSolo())
    assert table.words() == ["The room's server on this computer has stopped. Host again to go on together."]


def test_a_room_that_was_left_while_it_was_started_is_stopped_when_it_is_up() -> None:
    table = alone().happens(HostRoom("Friday"), LeaveRoom())
    table.took()
    before = table.seat
    assert table.happens(HOSTED).took() == (StopHosting(),)
    assert table.happens(HostFailed("x"), HostEnded()).took() == ()
    assert table.seat is before


# -- time --------------------------------------------------------------------------------------------------------------


def test_figures_are_reported_every_few_seconds() -> None:
    table = watching()
    tick = Tick(asynchrony=-0.0125, delay=0.16, dispersion=0.001, playout=0.13)
    assert table.happens(tick).sent() == [
        protocol.Report(delay_us=160_000, playout_us=130_000, dispersion_us=1_000, asynchrony_us=-12_500)
    ]
    assert table.happens(tick, at=POLICY.report_every - 0.1).sent() == []
    assert len(table.happens(tick, at=POLICY.report_every).sent()) == 1


def test_an_asynchrony_is_reported_only_while_the_film_plays() -> None:
    table = watching("paused").happens(Tick(asynchrony=0.5))
    assert table.sent() == [protocol.Report(delay_us=0, playout_us=0, dispersion_us=0)]
    table = joined().hears(stated(1, "playing")).happens(Tick(asynchrony=0.5))
    assert table.sent() == [protocol.Report(delay_us=0, playout_us=0, dispersion_us=0)]


def test_what_is_not_known_yet_is_reported_as_very_large_and_nothing_as_negative() -> None:
    table = watching().happens(Tick(delay=-1e-9, dispersion=float("inf"), playout=-0.1))
    assert table.sent() == [protocol.Report(delay_us=0, playout_us=0, dispersion_us=10**12)]


def test_nothing_is_reported_alone_or_without_a_link() -> None:
    assert alone().happens(Tick(), at=9.0).took() == ()
    assert watching().happens(LinkLost("x"), Tick(), at=9.0).took() == ()


def test_notices_go_by_themselves() -> None:
    table = watching().hears(protocol.Notice(words="hello"))
    assert [each.words for each in table.happens(Tick(), at=1.0).seat.notices.shown()] == ["hello"]
    assert table.happens(Tick(), at=60.0).seat.notices.shown() == ()
