"""What a seat does about the room's call: what the room, the call's process and the playback are told, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from player.core import call_view as wish
from player.core.call_pipe import (
    CallSaid,
    CallSignalled,
    CallTold,
    Company,
    Device,
    DevicesFound,
    Hearing,
    LookForDevices,
    Member,
    Own,
    PeerSignalled,
)
from player.core.call_state import POLICY, CallPart, Choice, Entrance
from player.core.happenings import NetworkMoved, Tick
from player.core.news import LinkLost, LinkRegained
from player.core.seat import Seat
from player.core.seat_actions import EndCall, HearVoices, Remember, Send, TellCall
from player.core.view import LeaveRoom
from server.core import protocol
from tests.core.player.callers import HANGUP, SERIAL, caller, in_call, pieces, roster, said, sent
from tests.core.player.seats import ANA, BEN, INVITE, ME, Table, alone, entry, joined, watching, welcome

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
