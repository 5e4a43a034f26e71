"""Before the call: see oneself, choose, try, join. Nothing is on until somebody switches it on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from player.core.call_view import (
    CallView,
    ChooseCamera,
    ChooseDucking,
    ChooseMicrophone,
    ChooseVoice,
    CleanMicrophone,
    CloseLobby,
    DeviceRow,
    JoinCall,
    OpenLobby,
    ShowTiles,
    SwitchCamera,
    SwitchMicrophone,
    Talk,
)
from player.ui.lobby import LobbyPage
from tests.fakes.tiles import half_tile
from tests.ui.acts import CTRL, click
from tests.ui.calls import BEN, IN, LOBBY, ME, OUT, asked, in_call
from tests.ui.conftest import Stand
from tests.ui.test_layout import NAMES, faults, settle
from tests.ui.views import ROOM

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise and grab

ON = replace(
    LOBBY, tiles=(ME,), camera_on=True, microphone_on=True, camera_state="on", microphone_state="on", level=0.5
)


def show(stand: Stand, call: CallView) -> LobbyPage:
    stand.window.show_view(replace(ROOM, call=call))
    lobby = stand.window.calling.lobby
    assert lobby is not None
    settle()
    return lobby


def test_the_lobby_opens_with_the_view_and_has_everything_off(stand: Stand) -> None:
    lobby = show(stand, LOBBY)
    assert lobby.isVisible()
    assert not lobby.isModal()
    assert lobby.camera_switch.text().strip() == "Camera off"
    assert lobby.microphone_switch.text().strip() == "Microphone off"
    assert lobby.meter.lit == 0
    assert not stand.window.calling.feed.is_running
    assert stand.tiles.asked == []
    assert asked(stand) == []
    assert not stand.window.calling.strip.isVisible()


def test_devices_are_switched_and_chosen(stand: Stand) -> None:
    lobby = show(stand, LOBBY)
    click(lobby.camera_switch)
    click(lobby.microphone_switch)
    lobby = show(stand, ON)
    click(lobby.camera_switch)
    click(lobby.microphone_switch)
    assert asked(stand) == [
        SwitchCamera(True),
        SwitchMicrophone(True),
        SwitchCamera(False),
        SwitchMicrophone(False),
    ]
    stand.intents.clear()
    lobby.cameras.activated.emit(1)
    lobby.microphones.activated.emit(1)
    lobby.voice.activated.emit(1)
    lobby.voice.activated.emit(2)
    lobby.ducking.activated.emit(2)
    click(lobby.cleans)
    assert asked(stand) == [
        ChooseCamera("v1"),
        ChooseMicrophone("m1"),
        ChooseVoice("push"),
        ChooseVoice("activation"),
        ChooseDucking("strong"),
        CleanMicrophone(False),
    ]


def test_the_page_shows_what_is_chosen(stand: Stand) -> None:
    lobby = show(stand, replace(ON, camera="v1", microphone="m1", voice="push", ducking="off", cleans=False))
    assert lobby.cameras.currentText() == "Desk camera"
    assert lobby.microphones.currentText() == "Headset"
    assert lobby.voice.currentText() == "Hold T to talk"
    assert lobby.ducking.currentText() == "As loud as ever"
    assert not lobby.cleans.isChecked()
    assert asked(stand) == []
    gone = DeviceRow("gone", "gone (not connected)")
    lobby = show(stand, replace(ON, cameras=(*ON.cameras, gone), camera="gone"))
    assert lobby.cameras.currentText() == gone.label


def test_a_list_that_is_open_stays_as_it_is(stand: Stand) -> None:
    lobby = show(stand, ON)
    lobby.voice.showPopup()
    show(stand, replace(ON, voice="push"))
    assert lobby.voice.currentText() == "Always open"
    lobby.voice.hidePopup()
    show(stand, replace(ON, voice="push", level=0.1))
    assert lobby.voice.currentText() == "Hold T to talk"


def test_one_sees_oneself_as_in_a_mirror(stand: Stand, qtbot: QtBot) -> None:
    stand.tiles.pictures = {"": half_tile(1, 320, 240)}
    lobby = show(stand, LOBBY)
    assert not lobby.preview.has_image
    lobby = show(stand, ON)
    qtbot.waitUntil(lambda: lobby.preview.has_image)
    image = lobby.preview.grab().toImage()
    assert image.pixelColor(80, 120).red() == 255
    assert image.pixelColor(240, 120).blue() == 255
    assert lobby.preview.size().toTuple() == (320, 240)
    told = [intent for intent in stand.intents if isinstance(intent, ShowTiles)]
    assert told[-1] == ShowTiles((("", 0),))  # else the process of the call would not draw it


def test_the_meter_follows_the_microphone(stand: Stand) -> None:
    lobby = show(stand, ON)
    assert lobby.meter.lit == 12
    lobby = show(stand, replace(ON, level=3.0, is_talking=True))
    assert lobby.meter.lit == 24
    lobby = show(stand, replace(ON, microphone_on=False))
    assert lobby.meter.lit == 0


def test_joining_is_one_click_and_closes_the_page(stand: Stand) -> None:
    lobby = show(stand, LOBBY)
    assert lobby.join.isDefault()
    click(lobby.join)
    assert asked(stand) == [JoinCall()]
    assert stand.memory["call_known"] is True
    stand.window.show_view(replace(ROOM, call=replace(IN, state="joining")))
    assert stand.window.calling.lobby is None
    assert CloseLobby() not in stand.intents


@pytest.mark.parametrize("way", ["button", "escape", "window"])
def test_going_back_without_joining(stand: Stand, way: str) -> None:
    lobby = show(stand, LOBBY)
    match way:
        case "button":
            click(lobby.back)
        case "escape":
            QTest.keyClick(lobby, Qt.Key.Key_Escape)
        case _:
            lobby.close()
    assert asked(stand) == [CloseLobby()]
    stand.window.show_view(replace(ROOM, call=OUT))
    assert stand.window.calling.lobby is None
    assert show(stand, LOBBY).isVisible()


def test_the_page_goes_with_the_room(stand: Stand) -> None:
    show(stand, LOBBY)
    stand.window.show_view(ROOM)
    assert stand.window.calling.lobby is None
    assert asked(stand) == []


def test_what_is_wrong_is_said_in_words(stand: Stand) -> None:
    camera, microphone = "The camera is used by another program.", "There is no microphone: plug one in."
    lobby = show(
        stand,
        replace(
            LOBBY,
            tiles=(replace(ME, has_picture=False, words=camera),),
            camera_on=True,
            microphone_on=True,
            camera_state="failed",
            microphone_state="failed",
            camera_words=camera,
            microphone_words=microphone,
        ),
    )
    assert camera in [writing.text for writing in lobby.preview.face().writings]
    assert lobby.microphone_words.text() == microphone
    assert lobby.microphone_words.property("role") == "bad"
    assert not stand.window.stage.notices.asked["device"].isVisible()  # the page says it
    lobby = show(stand, replace(LOBBY, camera_on=True, camera_state="opening"))
    assert lobby.camera_switch.text().strip() == "Camera opens …"
    assert lobby.microphone_words.property("role") == "quiet"


def test_who_is_there_and_how_the_call_goes(stand: Stand) -> None:
    lobby = show(stand, replace(LOBBY, others=1, join_words="Ben is in the call.", relay_only=True))
    assert lobby.company.text() == "Ben is in the call."
    assert "relay" in lobby.news.text()
    lobby = show(stand, replace(LOBBY, may_join=False, join_words="The connection is lost."))
    assert not lobby.join.isEnabled()


def test_in_the_call_it_is_the_settings(stand: Stand) -> None:
    stand.window.show_view(in_call(BEN))
    click(stand.window.stage.controls.call.settings)
    lobby = stand.window.calling.lobby
    assert lobby is not None
    assert lobby.isVisible()
    assert not lobby.join.isVisible()
    assert lobby.back.text() == "Done"
    stand.window.show_view(in_call(BEN, camera_on=False))
    assert stand.window.calling.lobby is lobby
    assert lobby.camera_switch.text().strip() == "Camera off"
    click(lobby.back)
    assert stand.window.calling.lobby is None
    assert asked(stand) == [OpenLobby(), CloseLobby()]


def test_keys_work_on_the_page(stand: Stand) -> None:
    lobby = show(stand, replace(ON, voice="push"))
    QTest.keyClick(lobby, Qt.Key.Key_D, CTRL)
    QTest.keyClick(lobby, Qt.Key.Key_E, CTRL)
    QTest.keyPress(lobby, Qt.Key.Key_T)
    QTest.keyRelease(lobby, Qt.Key.Key_T)
    assert asked(stand) == [SwitchMicrophone(False), SwitchCamera(False), Talk(True), Talk(False)]
    QTest.keyPress(lobby, Qt.Key.Key_T)
    lobby.close()
    assert asked(stand)[-2:] == [Talk(False), CloseLobby()]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_nothing_is_cut(stand: Stand, name: str) -> None:
    devices = tuple(replace(device, label=name * 3) for device in OUT.cameras)
    wrong = "The camera is used by another program. Close that program and try again."
    broken = replace(ME, has_picture=False, words=wrong)
    for call in (
        replace(ON, cameras=devices, microphones=devices, join_words=f"{name} and {name} are in the call."),
        replace(ON, tiles=(broken,), camera_state="failed", microphone_state="failed", microphone_words=wrong),
        replace(LOBBY, relay_only=True),
        replace(IN, voice="activation", ducking="off", words=wrong),
    ):
        stand.window.show_view(replace(ROOM, room=name[:64], call=call))
        stand.window.calling._open_lobby()
        lobby = stand.window.calling.lobby
        assert lobby is not None
        settle()
        assert faults(lobby) == []
        assert lobby.height() <= 600
        assert lobby.width() <= 760
        lobby.close()


def test_everything_has_a_name(stand: Stand) -> None:
    lobby = show(stand, LOBBY)
    for part in (lobby.cameras, lobby.microphones, lobby.voice, lobby.ducking, lobby.meter, lobby.preview, lobby):
        assert part.accessibleName(), part
    assert lobby.camera_switch.accessibleName() == "Switch the camera on"
