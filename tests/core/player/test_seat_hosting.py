"""The authority that this app runs: for a room of our own, for one that was given to us, and how it is reached."""

from __future__ import annotations

from dataclasses import replace

from player.core.happenings import Hosted, HostFailed, ReachTold, TookOver
from player.core.invite import MAX_ALSO
from player.core.news import LinkLost
from player.core.room_intents import AcceptRoom
from player.core.room_view import ReachView
from player.core.seat import POLICY
from player.core.seat_actions import GoSolo, Send, StopHosting
from player.core.view import HostRoom, LeaveRoom
from server.core import protocol
from tests.core.player.seats import INVITE, Table, alone, item, stated, watching, welcome

OWN = replace(INVITE, host="127.0.0.1", key="maker")
OUR_PLACE = replace(INVITE, host="192.0.2.9")
TOOK_OVER = TookOver(OUR_PLACE, OWN)
REACHED = ReachView("yes", "Friends can join.")
BACK = welcome(stated(5, "playing", 60.0), item())


def hosting() -> Table:
    table = alone().happens(HostRoom("Friday"), Hosted(INVITE, OWN), welcome())
    table.took()
    return table


def taking() -> Table:
    """The room is being given to us; our server starts."""
    table = watching().hears(protocol.Bundle(part=0, of=1, data="ab")).happens(AcceptRoom())
    table.took()
    return table


# -- a room that was given to us ---------------------------------------------------------------------------------------


def test_a_move_that_is_over_is_not_told_to_the_room_again() -> None:
    """The room was gone before it could answer; over there nobody has given it to us."""
    table = taking().happens(TOOK_OVER).hears(protocol.Moved(invite=OUR_PLACE.text(), words="The room has moved."))
    table.took()
    again = table.happens(BACK).took()
    assert [each for each in again if isinstance(each, StopHosting)] == []
    assert not any(isinstance(each, Send) and isinstance(each.message, protocol.Command) for each in again)
    assert table.seat.is_hosting


def test_all_are_told_where_the_room_is_now() -> None:
    table = taking().happens(TOOK_OVER)
    assert table.asked() == [protocol.RoomMoved(invite=OUR_PLACE.text())]
    assert table.seat.taken_over == OWN


def test_a_server_of_ours_that_does_not_start_is_said_and_the_room_stays() -> None:
    table = taking().happens(HostFailed("Port 8998 is taken."))
    assert table.took() == ()
    assert table.words() == ["Port 8998 is taken."]
    assert table.seat.link == "joined"
    assert table.happens(TOOK_OVER).took() == (StopHosting(),)


def test_who_has_left_meanwhile_or_is_cut_off_hosts_nothing() -> None:
    assert taking().happens(LeaveRoom()).happens(TOOK_OVER).took() == (GoSolo(), StopHosting())
    assert taking().happens(LinkLost("No answer."), TOOK_OVER).took() == (StopHosting(),)


def test_who_leaves_before_the_others_were_sent_stops_the_server() -> None:
    table = taking().happens(TOOK_OVER)
    table.took()
    assert table.happens(LeaveRoom()).took() == (StopHosting(), GoSolo())
    assert table.seat.taken_over is None


def test_a_short_loss_does_not_end_the_move_and_a_long_one_does() -> None:
    table = taking().happens(TOOK_OVER)
    sent = table.sent()
    assert table.happens(LinkLost("No answer."), BACK, at=5.0).sent() == sent
    assert table.seat.taken_over == OWN
    table.happens(LinkLost("No answer."), BACK, at=POLICY.resend_within + 1.0)
    assert table.took()[0] == StopHosting()
    assert table.seat.taken_over is None


# -- being reached -----------------------------------------------------------------------------------------------------


def test_what_was_found_out_is_shown_and_its_addresses_are_in_the_invite() -> None:
    table = hosting().happens(ReachTold(REACHED, (("203.0.113.5", 8998), (INVITE.host, INVITE.port))))
    assert table.seat.reach == REACHED
    assert table.seat.invite is not None
    assert table.seat.invite.also == (("203.0.113.5", 8998),)
    before = table.seat.invite
    assert table.happens(ReachTold(REACHED, (("203.0.113.5", 8998),))).seat.invite == before


def test_an_address_of_the_router_has_a_place_in_any_invite() -> None:
    table = hosting()
    also = tuple((f"192.0.2.{number}", 8998) for number in range(20, 20 + MAX_ALSO))
    table.seat = replace(table.seat, invite=replace(INVITE, also=also))
    table.happens(ReachTold(REACHED, (("203.0.113.5", 8998),)))
    assert table.seat.invite is not None
    assert table.seat.invite.also == (("203.0.113.5", 8998), *also[:-1])


def test_while_the_server_starts_there_is_no_invite_to_complete() -> None:
    table = alone().happens(HostRoom("Friday"), ReachTold(REACHED, (("203.0.113.5", 8998),)))
    assert (table.seat.reach, table.seat.invite) == (REACHED, None)


def test_who_does_not_host_need_not_be_reached() -> None:
    table = watching()
    before = table.seat
    assert table.happens(ReachTold(REACHED, (("203.0.113.5", 8998),))).seat is before
