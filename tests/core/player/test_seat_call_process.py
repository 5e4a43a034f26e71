"""What a seat does about how its call is held: ways, the process, the room's clock, the film beside the voices."""

from __future__ import annotations

from dataclasses import replace

from player.core import call_view as wish
from player.core.call_pipe import (
    CallEnded,
    CallSaid,
    CallTold,
    Company,
    NetworkChanged,
    PeerFigures,
    Pressure,
    RoomLine,
    WaysFound,
    WaysWanted,
)
from player.core.call_state import POLICY
from player.core.ducking import Duck
from player.core.happenings import NetworkMoved, Tick
from player.core.seat_actions import Remember, TellCall
from server.core import protocol
from tests.core.player.callers import SERIAL, asked, caller, in_call, pieces, roster, said
from tests.core.player.seats import ANA, Table, joined, watching, welcome

# -- ways and how the call is held -------------------------------------------------------------------------------------


def test_ways_are_asked_for_at_once_and_before_they_end() -> None:
    table = joined().happens(wish.JoinCall())
    assert asked(table) == 1
    ways = protocol.Ways(turn=("turn:192.0.2.7:3478",), user="u", password="p", seconds=100)
    table.hears(ways, at=1.0)
    assert pieces(table, WaysFound) == [WaysFound(ways=ways)]
    table.hears(roster(), at=4.0).happens(Tick(), at=90.9)
    assert asked(table) == 1
    table.happens(Tick(), at=91.0)
    assert asked(table) == 2


def test_who_asked_before_all_knew_and_got_no_answer_asks_again() -> None:
    table = joined().happens(wish.JoinCall())
    assert asked(table.hears(roster())) == 2
    table = joined().happens(wish.JoinCall()).hears(protocol.Ways())
    assert asked(table.hears(roster())) == 1


def test_ways_that_are_wanted_are_asked_for_with_patience() -> None:
    table = in_call().hears(protocol.Ways())
    table.happens(WaysWanted(), WaysWanted(), Tick(), at=1.0)
    assert asked(table) == 0
    table.happens(Tick(), at=POLICY.ways_gap)
    table.happens(Tick(), at=POLICY.ways_gap + 1.0)
    assert asked(table) == 1
    table.happens(Tick(), at=2 * POLICY.ways_gap)
    assert asked(table) == 2  # the answer has not come


def test_ways_are_nothing_for_who_is_in_the_lobby() -> None:
    table = joined().happens(wish.OpenLobby(), WaysWanted(), Tick(), at=9.0)
    table.hears(protocol.Ways())
    assert asked(table) == 0
    assert pieces(table, WaysFound) == []


def test_a_call_moves_to_where_the_room_holds_it() -> None:
    table = in_call().hears(protocol.Ways())
    table.took()
    table.hears(protocol.CallStated(mode="sfu", generation=1, words="The call goes by the server now."))
    assert pieces(table, Company)[-1].mode == "sfu"
    assert pieces(table, Company)[-1].generation == 1
    assert asked(table) == 1  # the new meeting is among them
    assert table.words() == ["The call goes by the server now."]
    table.took()
    table.hears(protocol.CallStated(mode="sfu", generation=1, words="The call goes by the server now."))
    assert table.took() == ()
    table.happens(welcome(roster=roster(SERIAL, caller()).members))
    assert pieces(table, Company) == []  # the same server: it holds as before
    table.happens(welcome(epoch="e2", roster=roster(SERIAL, caller()).members))
    assert pieces(table, Company)[-1].mode == "mesh"


def test_who_is_not_in_the_call_is_not_told_how_it_is_held() -> None:
    table = joined().hears(protocol.CallStated(mode="sfu", generation=1, words="The call goes by the server now."))
    assert table.words() == []


# -- the process -------------------------------------------------------------------------------------------------------


def test_what_the_call_says_is_a_notice_and_never_an_error_of_the_player() -> None:
    table = in_call().happens(CallSaid("error", "No relay answers.", "relay"), CallSaid("info", "Hello."))
    assert [(each.kind, each.words) for each in table.seat.notices.shown()] == [
        ("warning", "No relay answers."),
        ("info", "Hello."),
    ]
    table.happens(CallSaid("warning", "The relay answers again.", "relay"))
    assert table.words() == ["Hello.", "The relay answers again."]


def test_after_the_process_has_died_others_connect_with_a_new_one() -> None:
    table = in_call().happens(CallTold(), CallEnded("The call has crashed and is started again."))
    assert table.words() == ["The call has crashed and is started again."]
    assert said(table) == [protocol.InCall(joined=True, serial=SERIAL + 1)]
    assert pieces(table, Company) == [Company()]
    assert asked(table) == 1
    table.hears(roster(SERIAL + 1, caller()))
    assert pieces(table, Company)[-1].joined
    assert table.seat.call.told is None


def test_in_the_lobby_nobody_else_notices_that() -> None:
    table = joined().happens(wish.OpenLobby())
    table.took()
    table.happens(CallEnded("The call has crashed and is started again."))
    assert table.took() == ()


def test_the_rooms_clock_is_told_each_second_and_when_it_jumps() -> None:
    table = in_call().happens(Tick(room_rate=1.00001))
    assert pieces(table, RoomLine) == [RoomLine(local=100.0, room=1000.0, rate=1.00001)]
    table.took()
    table.happens(Tick(room_rate=1.00001), at=0.5)
    assert pieces(table, RoomLine) == []
    table.happens(Tick(room_rate=1.0), at=1.0)
    assert pieces(table, RoomLine) == [RoomLine(local=101.0, room=1001.0, rate=1.0)]
    table.took()
    line = RoomLine(local=101.0, room=1001.001, rate=1.0)
    table.seat = replace(table.seat, call=replace(table.seat.call, line=line))
    table.happens(Tick(room_rate=1.0), at=1.2)
    assert len(pieces(table, RoomLine)) == 1


def test_a_clock_that_is_not_known_is_not_told() -> None:
    assert pieces(in_call().happens(Tick()), RoomLine) == []


def test_how_the_film_does_is_told_once_a_second() -> None:
    table = watching().happens(wish.JoinCall(), Tick(dropped=40, late=3), Tick(dropped=41, late=3), at=0.2)
    assert pieces(table, Pressure) == []
    table.happens(Tick(dropped=42, late=6), at=1.2)
    assert pieces(table, Pressure) == [Pressure(dropped=2, late=3, is_playing=True)]


def test_a_film_that_was_opened_since_has_dropped_nothing() -> None:
    table = in_call().happens(Tick(dropped=40)).happens(Tick(dropped=1), at=1.0)
    assert pieces(table, Pressure) == [Pressure()]


def test_connections_are_made_anew_on_another_network() -> None:
    assert in_call().happens(NetworkMoved()).took() == (TellCall(NetworkChanged()),)


# -- the film beside the voices ----------------------------------------------------------------------------------------


def speaks(peer: str = ANA, is_speaking: bool = True) -> CallTold:
    return CallTold(peers=(PeerFigures(peer, "connected", is_speaking=is_speaking),))


def ducks(table: Table) -> list[Duck]:
    return [action for action in table.actions if isinstance(action, Duck)]


def test_the_film_sinks_while_somebody_speaks_and_comes_back() -> None:
    table = in_call().happens(speaks())
    assert [duck.gain < 1.0 for duck in ducks(table)] == [True]
    table.happens(speaks(is_speaking=False), Tick(), at=0.2)
    assert len(ducks(table)) == 1
    table.happens(Tick(), at=5.0)
    assert ducks(table)[-1].gain == 1.0


def test_it_sinks_for_nobody_whom_i_do_not_hear_nor_if_i_do_not_want_it() -> None:
    assert ducks(in_call().happens(wish.MuteForMe(ANA, True), speaks())) == []
    table = in_call().happens(wish.ChooseDucking("off"), speaks())
    assert ducks(table) == []
    assert Remember("ducking", "off") in table.actions


def test_it_comes_back_when_the_call_is_over() -> None:
    table = in_call().happens(speaks(), wish.LeaveCall())
    table.happens(Tick(), at=5.0)
    assert ducks(table)[-1].gain == 1.0
    table.took()
    table.happens(Tick(), at=6.0)
    assert ducks(table) == []
