"""The call in the control bar and in the window's menu."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QMenu

from player.core.call_view import (
    JoinCall,
    LeaveCall,
    OpenLobby,
    SwitchCamera,
    SwitchMicrophone,
)
from tests.ui.acts import click, lines_of
from tests.ui.calls import BEN, OUT, TRIO, asked, flashed, in_call
from tests.ui.conftest import Stand
from tests.ui.test_layout import faults, settle
from tests.ui.views import FILM, ROOM

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise and grab


# -- the bar


def test_join_is_offered_in_a_room_and_says_who_is_there(stand: Stand) -> None:
    bar = stand.window.stage.controls.call
    stand.window.show_view(FILM)
    assert not bar.isVisible()
    stand.window.resize(1400, 700)
    call = replace(OUT, others=2, join_words="Ben and Cem are in the call.")
    stand.window.show_view(replace(ROOM, call=call))
    assert bar.join.isVisible()
    assert bar.join.text().strip() == "Join call · 2 in the call"
    assert "Ben and Cem" in bar.join.toolTip()
    stand.window.resize(640, 360)
    settle()
    assert bar.join.text().strip() == "Join call · 2"
    stand.window.show_view(replace(ROOM, call=replace(call, may_join=False, join_words="This server has no calls.")))
    assert not bar.join.isEnabled()
    assert "This server has no calls." in bar.join.toolTip()


def test_the_first_time_joining_leads_to_the_lobby(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, call=OUT))
    click(stand.window.stage.controls.call.join)
    assert stand.intents == [OpenLobby()]


@pytest.mark.parametrize("memory", [{"call_known": True}])
def test_who_knows_calls_joins_by_one_click_with_all_off(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, call=OUT))
    click(stand.window.stage.controls.call.join)
    assert stand.intents == [JoinCall()]
    assert "off" in flashed(stand)


def test_both_ways_are_in_the_menu_of_the_button(stand: Stand) -> None:
    bar = stand.window.stage.controls.call
    stand.window.show_view(replace(ROOM, call=OUT))
    bar.more_menu.renew()
    for action in bar.more_menu.actions():
        action.trigger()
    assert stand.intents == [OpenLobby(), JoinCall()]
    assert stand.memory["call_known"] is True


def test_bar_in_the_call(stand: Stand) -> None:
    bar = stand.window.stage.controls.call
    stand.window.show_view(TRIO)
    assert not bar.join.isVisible()
    assert bar.microphone.accessibleName() == "Switch the microphone off"
    click(bar.microphone)
    click(bar.camera)
    click(bar.leave)
    assert asked(stand) == [SwitchMicrophone(False), SwitchCamera(False), LeaveCall()]
    stand.window.show_view(in_call(BEN, camera_on=False, microphone_on=False))
    assert bar.microphone.accessibleName() == "Switch the microphone on"
    assert bar.camera.accessibleName() == "Switch the camera on"
    stand.window.show_view(in_call(BEN, camera_state="opening"))
    assert bar.camera.property("pending") is True
    assert bar.leave.accessibleName() == "Leave the call"


@pytest.mark.parametrize("width", [300, 335, 380, 420, 500, 560, 640, 700, 800, 1120])
def test_bar_has_room_in_any_window(stand: Stand, width: int) -> None:
    stand.window.resize(width, 360)
    for view in (replace(ROOM, call=replace(OUT, others=12)), TRIO, replace(ROOM, call=OUT), ROOM):
        stand.window.show_view(view)
        if stand.window.split.is_panel_shown:
            stand.window.split.switch()
        settle()
        controls = stand.window.stage.controls
        assert faults(controls) == []
        seen = [part for part in controls.findChildren(type(controls.play)) if part.isVisible()]
        rects = [QRect(part.mapTo(controls, QPoint()), part.size()) for part in seen]
        assert all(not one.intersects(other) for at, one in enumerate(rects) for other in rects[at + 1 :])


def test_the_windows_menu_has_the_call(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, call=OUT))
    assert "Join the call…" in lines_of(QMenu(stand.window), stand.window._fill_menu)
    stand.window.show_view(TRIO)
    lines = lines_of(QMenu(stand.window), stand.window._fill_menu)
    assert {"Leave the call", "Hide the tiles", "Switch the camera off"} <= lines.keys()
    stand.window.show_view(FILM)
    assert "Join the call…" not in lines_of(QMenu(stand.window), stand.window._fill_menu)
