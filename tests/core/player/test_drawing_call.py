"""What the window is given to draw of the call."""

from __future__ import annotations

from dataclasses import replace

from player.core import call_view as wish
from player.core.call_pipe import CallTold, Device, DevicesFound, PeerFigures
from player.core.call_view import CallView, DeviceRow, TileRow
from player.core.drawing import Facts, draw
from player.core.news import LinkLost
from server.core import protocol
from tests.core.player.callers import SERIAL, caller, in_call, roster
from tests.core.player.seats import ANA, BEN, Table, alone, entry, joined, moment

P10 = "p10"


def view(table: Table) -> CallView:
    return draw(table.seat, Facts(), moment()).call


def tiles(table: Table) -> dict[str, TileRow]:
    return {row.name: row for row in view(table).tiles}


def connected(peer: str = ANA, **fields: object) -> CallTold:
    return CallTold(peers=(PeerFigures(peer, "connected", **fields),))  # type: ignore[arg-type]


def test_alone_there_is_no_call() -> None:
    assert view(alone()) == CallView()


def test_before_joining_one_sees_who_is_there() -> None:
    table = joined()
    assert (view(table).may_join, view(table).others, view(table).join_words) == (True, 0, "")
    table.hears(roster(None, caller()))
    assert (view(table).others, view(table).join_words) == (1, "Ana is in the call")
    table.hears(roster(None, caller(), caller(BEN, "Ben")))
    assert (view(table).others, view(table).join_words) == (2, "Ana and Ben are in the call")
    assert view(table).tiles == ()
    table.happens(LinkLost("No answer."))
    assert (view(table).may_join, view(table).join_words) == (False, "Not connected to the room.")


def test_the_lobby_has_this_person_alone_and_what_can_be_chosen() -> None:
    table = joined().hears(roster(None, caller())).happens(wish.OpenLobby())
    table.happens(DevicesFound((Device("/dev/video0", "Integrated Camera"),), (Device("1", "Built-in Audio"),)))
    table.happens(CallTold(camera_words="The camera is used by another program.", level=0.25))
    shown = view(table)
    assert shown.state == "lobby"
    assert [row.name for row in shown.tiles] == ["Me"]
    assert shown.cameras == (DeviceRow("", "Usual camera"), DeviceRow("/dev/video0", "Integrated Camera"))
    assert shown.microphones == (DeviceRow("", "Usual microphone"), DeviceRow("1", "Built-in Audio"))
    assert (shown.camera_on, shown.microphone_on, shown.level) == (False, False, 0.25)
    assert shown.camera_words == "The camera is used by another program."


def test_a_chosen_device_that_is_not_there_stays_chosen() -> None:
    table = joined().happens(wish.OpenLobby(), wish.ChooseCamera("/dev/video7"), wish.ChooseMicrophone("test"))
    assert view(table).cameras[-1] == DeviceRow("/dev/video7", "/dev/video7 (not connected)")
    assert view(table).microphones[-1] == DeviceRow("test", "Test tone")
    assert (view(table).camera, view(table).microphone) == ("/dev/video7", "test")


def test_joining_lasts_until_everybody_knows() -> None:
    table = joined().happens(wish.JoinCall())
    assert view(table).state == "joining"
    assert tiles(table)["Me"].state == "connecting"
    table.hears(roster())
    assert view(table).state == "in"
    assert tiles(table)["Me"].state == "connected"


def test_tiles_keep_their_order_and_this_person_is_last() -> None:
    table = in_call(caller(P10, "Zoe"), caller(BEN, "Ben"), caller())
    assert [row.name for row in view(table).tiles] == ["Ana", "Ben", "Zoe", "Me"]
    table.hears(roster(SERIAL, caller(), caller(P10, "Zoe"), caller(BEN, "Ben")))
    table.happens(connected(P10))
    assert [row.name for row in view(table).tiles] == ["Ana", "Ben", "Zoe", "Me"]


def test_a_tile_says_how_somebody_is_seen_and_heard() -> None:
    table = in_call()
    assert (tiles(table)["Ana"].state, tiles(table)["Ana"].words) == ("connecting", "")
    table.happens(connected(is_speaking=True, level=0.5, fps=15.0, width=320, height=240, age=0.3))
    table.happens(wish.MuteForMe(ANA, True))
    assert tiles(table)["Ana"] == TileRow(
        peer=ANA,
        name="Ana",
        has_picture=True,
        camera=True,
        is_muted_by_me=True,
        is_speaking=True,
        age=0.3,
    )


def test_without_a_picture_there_is_no_age() -> None:
    off = entry(ANA, "Ana", call=protocol.CallSeat(serial=7, microphone=True))
    row = tiles(in_call(off).happens(connected(width=320, age=0.3)))["Ana"]
    assert (row.has_picture, row.camera, row.microphone, row.age) == (False, False, True, None)


def test_who_is_lost_is_reconnecting_and_who_is_gone_is_absent() -> None:
    table = in_call(caller(here=False)).happens(connected(width=320))
    assert (tiles(table)["Ana"].state, tiles(table)["Ana"].words) == ("reconnecting", "")
    table.happens(CallTold(peers=(PeerFigures(ANA, "absent", words="Ana’s player can’t be reached."),)))
    assert (tiles(table)["Ana"].state, tiles(table)["Ana"].words) == ("absent", "Ana’s player can’t be reached.")


def test_the_own_tile_shows_what_the_own_devices_do() -> None:
    table = in_call().happens(wish.SwitchCamera(True), CallTold(camera="on", is_speaking=True, level=0.4))
    own = tiles(table)["Me"]
    assert (own.peer, own.is_me, own.has_picture, own.is_speaking) == ("", True, True, True)
    assert view(table).level == 0.4
    table.happens(CallTold(camera="failed", camera_words="The camera was unplugged."))
    assert (tiles(table)["Me"].has_picture, tiles(table)["Me"].words) == (False, "The camera was unplugged.")


def test_what_is_said_is_heard_or_not() -> None:
    on = CallTold(microphone="on")
    table = in_call().happens(on)
    assert not view(table).is_talking
    table.happens(wish.SwitchMicrophone(True))
    assert view(table).is_talking
    table.happens(CallTold(microphone="opening"))
    assert not view(table).is_talking
    table.happens(on, wish.ChooseVoice("push"))
    assert not view(table).is_talking
    assert view(table.happens(wish.Talk(True))).is_talking
    table.happens(wish.ChooseVoice("activation"))
    assert not view(table).is_talking
    assert view(table.happens(CallTold(microphone="on", is_speaking=True))).is_talking


def test_the_rooms_rule_and_how_the_call_is_held_are_shown() -> None:
    table = in_call().hears(protocol.Rules(relay_only=True))
    table.happens(CallTold(words="Pictures are smaller: this computer is busy."))
    assert view(table).relay_only
    assert draw(table.seat, Facts(), moment()).rules.relay_only
    assert view(table).words == "Pictures are smaller: this computer is busy."


def test_the_screen_stays_awake_during_a_call() -> None:
    table = in_call()
    assert draw(table.seat, Facts(), moment()).keeps_awake
    table.seat = replace(table.seat, call=table.seat.call.out())
    assert not draw(table.seat, Facts(), moment()).keeps_awake
