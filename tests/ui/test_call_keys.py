"""The call's keys (PEERS section 5): microphone, camera, tiles, and the one that is held to talk."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from player.core.call_view import SwitchCamera, SwitchMicrophone, Talk
from player.ui.keys import KEYS
from tests.ui.acts import CTRL, press
from tests.ui.calls import BEN, CEM, asked, flashed, in_call
from tests.ui.conftest import Stand
from tests.ui.views import ROOM

PUSH = in_call(BEN, CEM, voice="push")


def repeat(stand: Stand, kind: QEvent.Type) -> None:
    """What a held key sends again and again."""
    event = QKeyEvent(kind, Qt.Key.Key_T, Qt.KeyboardModifier.NoModifier, "t", True)
    QCoreApplication.sendEvent(stand.window, event)


def hold(stand: Stand) -> None:
    stand.window.activateWindow()
    stand.window.stage.setFocus()
    QTest.keyPress(stand.window, Qt.Key.Key_T)


def test_microphone_and_camera(stand: Stand) -> None:
    stand.window.show_view(PUSH)
    press(stand, Qt.Key.Key_D, CTRL)
    assert flashed(stand) == "Microphone off"
    press(stand, Qt.Key.Key_E, CTRL)
    assert flashed(stand) == "Camera off"
    stand.window.show_view(in_call(BEN, camera_on=False, microphone_on=False))
    press(stand, Qt.Key.Key_D, CTRL)
    press(stand, Qt.Key.Key_E, CTRL)
    assert flashed(stand) == "Camera on"
    assert asked(stand) == [SwitchMicrophone(False), SwitchCamera(False), SwitchMicrophone(True), SwitchCamera(True)]


def test_outside_a_call_they_say_so(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    for key in (Qt.Key.Key_D, Qt.Key.Key_E, Qt.Key.Key_G):
        press(stand, key, CTRL)
        assert flashed(stand) == "You are not in a call"
    press(stand, Qt.Key.Key_T)
    assert stand.intents == []


def test_strip_goes_and_comes_by_one_key(stand: Stand) -> None:
    strip, stage = stand.window.calling.strip, stand.window.stage
    stand.window.show_view(PUSH)
    small = stage.height()
    press(stand, Qt.Key.Key_G, CTRL)
    assert not strip.isVisible()
    assert stage.height() > small
    assert not stand.window.calling.feed.is_running
    stand.window.show_view(in_call(BEN, CEM, level=0.3))
    assert not strip.isVisible()
    press(stand, Qt.Key.Key_G, CTRL)
    assert strip.isVisible()
    press(stand, Qt.Key.Key_G, CTRL)
    stand.window.show_view(ROOM)
    stand.window.show_view(PUSH)
    assert strip.isVisible()  # another call begins with tiles


def test_talk_while_the_key_is_held(stand: Stand) -> None:
    stand.window.show_view(PUSH)
    hold(stand)
    repeat(stand, QEvent.Type.KeyRelease)
    repeat(stand, QEvent.Type.KeyPress)
    assert asked(stand) == [Talk(True)]
    QTest.keyRelease(stand.window, Qt.Key.Key_T)
    assert asked(stand) == [Talk(True), Talk(False)]
    QTest.keyRelease(stand.window, Qt.Key.Key_T)
    assert len(asked(stand)) == 2


def test_talking_ends_with_the_focus(stand: Stand, qtbot: QtBot) -> None:
    stand.window.show_view(PUSH)
    hold(stand)
    stand.window.stage.controls.mute.setFocus()
    assert asked(stand) == [Talk(True), Talk(False)]


def test_talking_ends_with_the_window(stand: Stand) -> None:
    stand.window.show_view(PUSH)
    hold(stand)
    QCoreApplication.sendEvent(stand.window, QEvent(QEvent.Type.WindowDeactivate))
    assert asked(stand) == [Talk(True), Talk(False)]


def test_talking_ends_with_the_call_and_with_the_mode(stand: Stand) -> None:
    for after in (ROOM, in_call(BEN, CEM)):
        stand.intents.clear()
        stand.window.show_view(PUSH)
        hold(stand)
        stand.window.show_view(after)
        assert asked(stand) == [Talk(True), Talk(False)]
        QTest.keyRelease(stand.window, Qt.Key.Key_T)
        assert len(asked(stand)) == 2


@pytest.mark.parametrize(
    ("view", "words"),
    [(in_call(BEN), "Hold T to talk"), (in_call(BEN, voice="push", microphone_on=False), "Ctrl+D")],
)
def test_why_the_key_does_nothing_is_said(stand: Stand, view: object, words: str) -> None:
    stand.window.show_view(view)  # type: ignore[arg-type]
    press(stand, Qt.Key.Key_T)
    assert asked(stand) == []
    assert words in flashed(stand)


def test_letters_in_the_chat_are_letters(stand: Stand) -> None:
    stand.window.resize(1120, 660)
    stand.window.show_view(PUSH)
    assert stand.window.split.open_page("chat")
    field = stand.window.panel.chat.field
    field.setFocus()
    QTest.keyClicks(field, "ttt")
    assert field.toPlainText() == "ttt"
    assert asked(stand) == []


def test_the_film_moves_by_none_of_them(stand: Stand) -> None:
    stand.window.show_view(replace(PUSH, state="paused"))
    for key, modifier in ((Qt.Key.Key_T, Qt.KeyboardModifier.NoModifier), (Qt.Key.Key_G, CTRL)):
        press(stand, key, modifier)
    assert asked(stand) == [Talk(True), Talk(False)]


def test_no_key_means_two_things() -> None:
    """A dictionary would hide it: the source is read."""
    from pathlib import Path

    from player.ui import keys

    lines = [
        line.strip() for line in Path(keys.__file__).read_text("utf-8").splitlines() if line.startswith("    (_K.")
    ]
    combinations = [line.partition("):")[0] for line in lines]
    assert len(combinations) == len(set(combinations)) > 30
    assert len(KEYS) >= len(combinations)
