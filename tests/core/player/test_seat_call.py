"""What a seat does about the room's call: what the room, the call's process and the playback are told, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import pytest

from player.core import call_view as wish
from player.core.call_pipe import (
    CallEnded,
    CallSaid,
    CallSignalled,
    CallTold,
    Company,
    Device,
    DevicesFound,
    Hearing,
    LookForDevices,
    Member,
    NetworkChanged,
    Own,
    PeerFigures,
    PeerSignalled,
    Pressure,
    RoomLine,
    ToCall,
    WaysFound,
    WaysWanted,
)
from player.core.call_state import POLICY, CallPart, Choice, Entrance
from player.core.ducking import Duck
from player.core.happenings import NetworkMoved, Tick
from player.core.news import LinkLost, LinkRegained
from player.core.seat import Seat
from player.core.seat_actions import EndCall, HearVoices, Remember, Send, TellCall
from player.core.view import LeaveRoom
from server.core import protocol
from tests.core.player.seats import ANA, BEN, INVITE, ME, Table, alone, entry, joined, watching, welcome

P = TypeVar("P", bound=ToCall)
HANGUP = protocol.Hangup()
SERIAL = 1_000_000  # room time in ms


def pieces(table: Table, kind: type[P]) -> list[P]:
    """What of this kind the process was told since the last look, which goes on."""
    told = [action.piece for action in table.actions if isinstance(action, TellCall)]
    return [piece for piece in told if isinstance(piece, kind)]


def sent(table: Table) -> list[Any]:
    return [action.message for action in table.actions if isinstance(action, Send)]


def said(table: Table) -> list[protocol.InCall]:
    return [message for message in sent(table) if isinstance(message, protocol.InCall)]


def roster(serial: int | None = SERIAL, *others: protocol.RosterEntry) -> protocol.Roster:
    """With ourselves in the call, and with others."""
    call = None if serial is None else protocol.CallSeat(serial=serial)
    return protocol.Roster(members=(entry(ME, "Me", call=call), *others))


def caller(peer: str = ANA, name: str = "Ana", serial: int = 7, **fields: Any) -> protocol.RosterEntry:
    return entry(peer, name, call=protocol.CallSeat(serial=serial, camera=True), **fields)


def in_call(*others: protocol.RosterEntry) -> Table:
    """In a friend's room and its call, with Ana unless others are named."""
    table = joined().happens(wish.JoinCall())
    table.hears(roster(SERIAL, *(others or (caller(),))))
    table.took()
    table.words()
    return table


# -- before the call ---------------------------------------------------------------------------------------------------


def test_nothing_is_started_or_said_before_the_person_asks() -> None:
    table = watching().happens(Tick(room_rate=1.0), NetworkMoved())
    table.hears(roster(None, caller()), protocol.Ways(), protocol.Signalled(peer=ANA, attempt="a", what=HANGUP))
    table.happens(wish.SwitchCamera(True), wish.SwitchMicrophone(True), wish.Talk(True), wish.CloseLobby())
    table.happens(CallTold(), LinkLost("No answer."), LinkRegained(), wish.LeaveCall())
    assert [type(message) for message in sent(table)] == [protocol.Report]
    assert len(table.took()) == 1
    assert not table.seat.call.camera_on
    assert not table.seat.call.microphone_on
    assert not table.seat.call.is_talking


def test_the_lobby_starts_a_process_with_devices_off_and_finds_what_there_is() -> None:
    table = joined().happens(wish.OpenLobby())
    assert [action.piece for action in table.took() if isinstance(action, TellCall)] == [
        LookForDevices(),
        Own(name="Me"),
        Company(),
        Hearing(),
    ]
    table.happens(wish.OpenLobby())
    assert table.took() == (TellCall(LookForDevices()),)


def test_devices_are_switched_in_the_lobby_and_only_a_difference_is_told() -> None:
    table = joined().happens(wish.OpenLobby(), wish.SwitchCamera(True), wish.SwitchCamera(True))
    assert [piece.camera_on for piece in pieces(table, Own)] == [False, True]
    table.took()
    table.happens(wish.SwitchMicrophone(True), wish.Talk(True))
    assert pieces(table, Own)[-1] == Own(name="Me", camera_on=True, microphone_on=True, is_talking=True)
    assert sent(table) == []


def test_closing_the_lobby_ends_the_process_and_switches_devices_off() -> None:
    table = joined().happens(wish.OpenLobby(), wish.SwitchCamera(True))
    table.took()
    assert table.happens(wish.CloseLobby()).took() == (EndCall(),)
    assert table.seat.call == CallPart()
    table.happens(wish.OpenLobby())
    assert pieces(table, Own) == [Own(name="Me")]


@pytest.mark.parametrize(
    ("intent", "key", "value", "own"),
    [
        (wish.ChooseCamera("video1"), "camera", "video1", {"camera": "video1"}),
        (wish.ChooseMicrophone("hw:1"), "microphone", "hw:1", {"microphone": "hw:1"}),
        (wish.ChooseVoice("push"), "voice", "push", {"voice": "push"}),
        (wish.CleanMicrophone(False), "clean", False, {"cleans": False}),
    ],
)
def test_choices_are_remembered_and_told(intent: wish.CallIntent, key: str, value: Any, own: dict[str, Any]) -> None:
    table = joined().happens(wish.OpenLobby())
    table.took()
    table.happens(intent)
    assert table.took() == (Remember(key, value), TellCall(Own(**({"name": "Me"} | own))))


def test_nothing_but_choices_is_remembered() -> None:
    table = in_call()
    table.happens(wish.SwitchCamera(True), wish.SwitchMicrophone(True), wish.Talk(True), wish.MuteForMe(ANA, True))
    assert not any(isinstance(action, Remember) for action in table.took())


# -- into the call -----------------------------------------------------------------------------------------------------


def test_who_joins_is_told_to_the_room_and_connects_when_everybody_knows() -> None:
    table = joined().happens(wish.JoinCall())
    assert said(table) == [protocol.InCall(joined=True, serial=SERIAL)]
    assert pieces(table, Company) == [Company()]
    assert HearVoices(True) in table.actions
    table.took()
    table.hears(roster(None, caller()))
    assert pieces(table, Company) == []
    table.hears(roster(SERIAL, caller(), entry(BEN, "Ben")))
    assert pieces(table, Company) == [
        Company(joined=True, me=ME, members=(Member(ANA, "Ana", 7, camera=True, microphone=False),))
    ]
    table.took()
    table.hears(roster(SERIAL, caller(), entry(BEN, "Ben")))
    assert table.took() == ()


def test_joining_twice_is_joining_once() -> None:
    table = in_call().happens(wish.JoinCall())
    assert table.took() == ()


def test_who_is_alone_has_nobody_to_call() -> None:
    table = alone().happens(wish.JoinCall())
    assert table.words() == ["There is nobody to call: join a room first."]
    assert table.took() == ()


def test_a_room_that_does_not_hear_us_can_not_be_called() -> None:
    table = joined().happens(LinkLost("No answer."), wish.JoinCall())
    assert table.seat.call.stage == "off"


def test_others_learn_which_devices_are_open() -> None:
    table = in_call().happens(wish.SwitchCamera(True), wish.SwitchMicrophone(True))
    assert said(table)[-1] == protocol.InCall(joined=True, serial=SERIAL, camera=True, microphone=True)
    table.happens(CallTold(camera="failed", microphone="failed"))
    assert said(table)[-1] == protocol.InCall(joined=True, serial=SERIAL)
    table.happens(CallTold(camera="on"))
    assert said(table)[-1] == protocol.InCall(joined=True, serial=SERIAL, camera=True, microphone=True)


def test_a_call_that_has_no_place_for_us_is_left() -> None:
    table = joined().happens(wish.JoinCall(), wish.SwitchCamera(True))
    table.happens(Tick(), at=POLICY.patience - 0.1)
    assert table.seat.call.stage == "in"
    table.took()
    table.happens(Tick(), at=POLICY.patience)
    assert table.words() == ["The room has no place in its call for you now: try again later."]
    assert said(table) == [protocol.InCall(joined=False)]
    assert EndCall() in table.actions
    assert HearVoices(False) in table.actions


def test_a_room_that_drops_us_from_its_call_is_believed_after_a_while() -> None:
    table = in_call().hears(roster(None), at=1.0)
    table.happens(Tick(), at=3.0)
    assert pieces(table, Company)[-1].joined
    table.hears(roster(SERIAL), at=4.0)
    assert table.happens(Tick(), at=1.0 + POLICY.patience).seat.call.stage == "in"
    table.hears(roster(None), at=20.0).happens(Tick(), at=20.0 + POLICY.patience)
    assert table.seat.call.stage == "off"


def test_a_lost_link_is_no_reason_to_leave_the_call() -> None:
    table = joined().happens(wish.JoinCall(), LinkLost("No answer."), Tick(), at=1.0)
    table.happens(Tick(), at=60.0).happens(LinkRegained(), at=61.0)
    assert table.happens(Tick(), at=61.0 + POLICY.patience - 0.1).seat.call.stage == "in"


def test_leaving_the_call_is_told_to_the_room_and_ends_the_process() -> None:
    table = in_call().happens(wish.LeaveCall())
    assert table.took() == (Send(protocol.InCall(joined=False)), HearVoices(False), EndCall())
    table.happens(CallTold(), CallSaid("error", "late"), Tick(room_rate=1.0), at=9.0)
    assert pieces(table, Company) == []
    assert table.words() == []


def test_who_joins_again_at_once_is_somebody_new_for_the_others() -> None:
    table = in_call().happens(wish.LeaveCall(), wish.JoinCall())
    assert said(table)[-1] == protocol.InCall(joined=True, serial=SERIAL + 1)
    assert not table.seat.call.is_seated
    table.hears(roster(SERIAL, caller()))
    assert pieces(table, Company)[-1] == Company()
    table.hears(roster(SERIAL + 1, caller()))
    assert pieces(table, Company)[-1].joined


def test_leaving_the_room_leaves_the_call() -> None:
    table = in_call().happens(wish.MuteForMe(ANA, True))
    table.took()
    table.happens(LeaveRoom())
    assert EndCall() in table.actions
    assert HearVoices(False) in table.actions
    assert said(table) == []  # the room learns it by our leaving
    assert table.seat.call == replace(CallPart(), serial=SERIAL)


def test_whoever_said_so_on_the_command_line_is_in_the_call_with_the_room() -> None:
    part = CallPart(camera=Choice("test"), comes_in=Entrance(camera_on=True))
    table = Table(replace(Seat(name="Me", call=part), invite=INVITE, link="connecting"))
    table.happens(welcome())
    assert said(table) == [protocol.InCall(joined=True, serial=SERIAL, camera=True)]
    assert pieces(table, Own)[-1] == Own(name="Me", camera="test", camera_on=True)
    table.happens(wish.LeaveCall(), welcome())
    assert table.seat.call.stage == "off"


def test_that_does_not_begin_alone() -> None:
    part = CallPart(comes_in=Entrance(camera_on=True))
    table = Table(Seat(name="Me", call=part)).happens(welcome(epoch="solo", roster=(entry(ME, "Me"),)))
    assert table.seat.call == part


# -- devices that have names -------------------------------------------------------------------------------------------

CAMERAS = (Device("/dev/video0", "Integrated Camera"), Device("/dev/video2", "Logitech BRIO"))
MICROPHONES = (Device("1", "Built-in Audio"),)


def named(camera: str = "", microphone: str = "") -> Table:
    part = CallPart(
        camera=Choice(named=camera),
        microphone=Choice(named=microphone),
        comes_in=Entrance(camera_on=bool(camera), microphone_on=bool(microphone)),
    )
    table = Table(replace(Seat(name="Me", call=part), invite=INVITE, link="connecting"))
    return table.happens(welcome()).hears(roster())


@pytest.mark.parametrize("name", ["/dev/video2", "Logitech BRIO", "logitech brio", "brio"])
def test_a_camera_is_found_by_its_id_or_label(name: str) -> None:
    table = named(camera=name)
    assert LookForDevices() in pieces(table, LookForDevices)
    assert not pieces(table, Own)[-1].camera_on
    assert not said(table)[-1].camera
    table.happens(DevicesFound(CAMERAS, MICROPHONES))
    assert pieces(table, Own)[-1] == Own(name="Me", camera="/dev/video2", camera_on=True)
    assert said(table)[-1].camera


def test_a_device_that_is_not_there_is_an_error_and_stays_off() -> None:
    table = named(camera="brio", microphone="røde")
    table.words()
    table.happens(DevicesFound(CAMERAS, MICROPHONES))
    assert table.words() == ["There is no microphone called “røde” here: `matinee doctor` says which there are."]
    assert pieces(table, Own)[-1] == Own(name="Me", camera="/dev/video2", camera_on=True)


# -- others ------------------------------------------------------------------------------------------------------------


def test_signals_pass_between_the_room_and_the_process() -> None:
    table = in_call()
    theirs = protocol.Signalled(peer=ANA, attempt="a1", what=HANGUP)
    ours = protocol.Signal(to=ANA, attempt="a1", what=HANGUP)
    table.hears(theirs).happens(CallSignalled(signal=ours))
    assert table.took() == (TellCall(PeerSignalled(signal=theirs)), Send(ours))


def test_nobody_signals_before_everybody_knows_or_into_a_lost_link() -> None:
    ours = CallSignalled(signal=protocol.Signal(to=ANA, attempt="a1", what=HANGUP))
    table = joined().happens(wish.JoinCall())
    table.took()
    table.happens(ours).hears(protocol.Signalled(peer=ANA, attempt="a1", what=HANGUP))
    assert table.took() == ()
    table = in_call().happens(LinkLost("No answer."), ours)
    assert table.took() == ()


def test_a_lost_link_changes_nothing_about_the_call_until_it_is_back() -> None:
    table = in_call().happens(LinkLost("No answer."), wish.SwitchCamera(True), at=1.0)
    table.happens(Tick(), at=60.0)
    assert sent(table) == []
    assert pieces(table, Company) == []
    table.happens(LinkRegained(), at=61.0)
    assert said(table) == [protocol.InCall(joined=True, serial=SERIAL, camera=True)]


def test_who_has_left_during_a_lost_link_says_so_afterwards() -> None:
    table = in_call().happens(LinkLost("No answer."), wish.LeaveCall())
    assert said(table) == []
    table.happens(welcome(roster=(entry(ME, "Me", call=protocol.CallSeat(serial=SERIAL)),)))
    assert said(table) == [protocol.InCall(joined=False)]


@pytest.mark.parametrize("epoch", ["e1", "e2"])
def test_after_a_welcome_all_is_said_again_and_connections_stay(epoch: str) -> None:
    table = in_call().happens(LinkLost("No answer."), welcome(epoch=epoch, roster=roster(SERIAL, caller()).members))
    assert said(table) == [protocol.InCall(joined=True, serial=SERIAL)]
    assert protocol.AskWays() in sent(table)
    assert pieces(table, Company) == []


def test_in_a_room_that_does_not_know_us_the_call_goes_on_as_somebody_else() -> None:
    table = in_call().happens(wish.MuteForMe(ANA, True))
    table.took()
    table.happens(welcome(epoch="e2", peer="p7", roster=(entry("p7", "Me"),)))
    assert said(table) == [protocol.InCall(joined=True, serial=SERIAL)]
    assert pieces(table, Company)[-1] == Company()
    assert pieces(table, Hearing)[-1] == Hearing()


def test_whom_i_do_not_want_to_hear_and_what_i_see_is_told() -> None:
    table = in_call().happens(wish.MuteForMe(ANA, True), wish.ShowTiles(((ANA, 180),)))
    assert pieces(table, Hearing)[-1] == Hearing(silenced=(ANA,), shown=((ANA, 180),))
    table.happens(wish.MuteForMe(ANA, False))
    assert pieces(table, Hearing)[-1].silenced == ()


@pytest.mark.parametrize("is_mine", [False, True])
def test_only_relays_by_the_rooms_rule_or_our_own(is_mine: bool) -> None:
    table = in_call()
    if is_mine:
        table.seat = replace(table.seat, call=replace(table.seat.call, relays_only=True))
        table.happens(Tick())
    else:
        table.hears(protocol.Rules(relay_only=True))
    assert pieces(table, Company)[-1].relay_only


# -- ways and how the call is held -------------------------------------------------------------------------------------


def asked(table: Table) -> int:
    return sum(isinstance(message, protocol.AskWays) for message in sent(table))


def test_ways_are_asked_for_at_once_and_before_they_end() -> None:
    table = joined().happens(wish.JoinCall())
    assert asked(table) == 1
    ways = protocol.Ways(turn=("turn:192.0.2.7:3478",), user="u", password="p", seconds=100)
    table.hears(ways, at=1.0)
    assert pieces(table, WaysFound) == [WaysFound(ways=ways)]
    table.happens(Tick(), at=4.0)
    table.hears(roster(), at=4.0).happens(Tick(), at=90.9)
    assert asked(table) == 1
    table.happens(Tick(), at=91.0)
    assert asked(table) == 2


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
