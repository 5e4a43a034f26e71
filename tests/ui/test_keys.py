"""Press keys, see the intents: the table of PEERS section 5."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from player.core.view import (
    ChooseSound,
    ChooseSubtitles,
    Intent,
    SetMuted,
    SetSubtitleDelay,
    SetVolume,
    View,
    WantPause,
    WantPlay,
    WantRate,
    WantSeek,
)
from player.ui.keys import Press, Wish, wanted
from tests.ui.conftest import Stand
from tests.ui.views import FILM


def press(stand: Stand, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(stand.window, key, modifier)


CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


@pytest.mark.parametrize(
    ("key", "modifier", "view", "intent"),
    [
        (Qt.Key.Key_Space, None, FILM, WantPlay()),
        (Qt.Key.Key_K, None, replace(FILM, state="playing"), WantPause()),
        (Qt.Key.Key_Right, None, FILM, WantSeek(65.0)),
        (Qt.Key.Key_Left, None, FILM, WantSeek(55.0)),
        (Qt.Key.Key_Right, SHIFT, FILM, WantSeek(61.0)),
        (Qt.Key.Key_Left, ALT, FILM, WantSeek(50.0)),
        (Qt.Key.Key_Right, CTRL, FILM, WantSeek(120.0)),
        (Qt.Key.Key_Right, CTRL, replace(FILM, media_time=590.0), WantSeek(599.5)),
        (Qt.Key.Key_Left, CTRL, replace(FILM, media_time=5.0), WantSeek(0.0)),
        (Qt.Key.Key_Up, None, FILM, SetVolume(55)),
        (Qt.Key.Key_Down, None, replace(FILM, volume=3), SetVolume(0)),
        (Qt.Key.Key_M, None, FILM, SetMuted(True)),
        (Qt.Key.Key_V, None, FILM, ChooseSubtitles("t1")),
        (Qt.Key.Key_V, None, replace(FILM, subtitle_track="t1"), ChooseSubtitles(None)),
        (Qt.Key.Key_J, None, replace(FILM, subtitle_track="t1"), ChooseSubtitles("t2")),
        (Qt.Key.Key_J, None, replace(FILM, subtitle_track="t2"), ChooseSubtitles(None)),
        (Qt.Key.Key_J, SHIFT, FILM, ChooseSubtitles("t2")),
        (Qt.Key.Key_Z, None, replace(FILM, subtitle_delay=0.3), SetSubtitleDelay(0.2)),
        (Qt.Key.Key_X, None, replace(FILM, subtitle_delay=0.3), SetSubtitleDelay(0.4)),
        (Qt.Key.Key_BracketRight, None, FILM, WantRate(1.1)),
        (Qt.Key.Key_BracketLeft, None, replace(FILM, rate=0.3), WantRate(0.25)),
        (Qt.Key.Key_Backspace, None, replace(FILM, rate=2.0), WantRate(1.0)),
        (Qt.Key.Key_NumberSign, SHIFT, FILM, ChooseSound("s2")),
        (Qt.Key.Key_NumberSign, None, replace(FILM, sound_track="s2"), ChooseSound("s1")),
    ],
)
def test_key(stand: Stand, key: Qt.Key, modifier: Qt.KeyboardModifier | None, view: View, intent: Intent) -> None:
    stand.window.show_view(view)
    press(stand, key, modifier or Qt.KeyboardModifier.NoModifier)
    assert stand.intents == [intent]


@pytest.mark.parametrize(
    "wish", [wish for wish in Wish if wish not in (Wish.SEEK, Wish.MUTE, Wish.VOLUME, Wish.SUBTITLE_DELAY)]
)
def test_keys_do_nothing_without_a_film(wish: Wish) -> None:
    assert wanted(Press(wish, 1.0), View()) is None


def test_keys_without_meaning_move_nothing(stand: Stand) -> None:
    stand.window.show_view(FILM)
    for key in (Qt.Key.Key_Q, Qt.Key.Key_P, Qt.Key.Key_N, Qt.Key.Key_L, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_5):
        press(stand, key)
    assert stand.intents == []


def test_subtitles_come_back_as_they_were(stand: Stand) -> None:
    stand.window.show_view(replace(FILM, subtitle_track="t2"))
    stand.window.show_view(FILM)
    press(stand, Qt.Key.Key_V)
    assert stand.intents == [ChooseSubtitles("t2")]


def test_held_seek_keys_become_few_commands_that_add_up(stand: Stand, qtbot: QtBot) -> None:
    stand.window.show_view(FILM)
    for _ in range(6):
        QTest.keyPress(stand.window, Qt.Key.Key_Right)
    assert stand.intents == [WantSeek(65.0)]
    QTest.keyRelease(stand.window, Qt.Key.Key_Right)
    assert stand.intents == [WantSeek(65.0), WantSeek(90.0)]
    QTest.keyPress(stand.window, Qt.Key.Key_Right)
    QTest.keyPress(stand.window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: len(stand.intents) == 3)  # by itself, after a while of holding
    assert stand.intents[2] == WantSeek(100.0)


def test_seek_keys_count_from_the_new_place_once_it_is_there(stand: Stand, qtbot: QtBot) -> None:
    stand.window.show_view(FILM)
    press(stand, Qt.Key.Key_Right)
    stand.window.show_view(replace(FILM, is_pending=True))
    qtbot.wait(300)
    press(stand, Qt.Key.Key_Right)  # still on its way: the view's place is the old one
    stand.window.show_view(replace(FILM, media_time=200.0))
    qtbot.waitUntil(lambda: len(stand.intents) == 2)
    qtbot.wait(600)
    press(stand, Qt.Key.Key_Right)
    assert stand.intents == [WantSeek(65.0), WantSeek(70.0), WantSeek(205.0)]


def test_keys_answer_what_they_did(stand: Stand) -> None:
    stand.window.show_view(FILM)
    press(stand, Qt.Key.Key_Up)
    assert stand.window.stage.notices.flashed.words.text() == "Volume 55 %"


def test_seek_keys_say_where_they_lead_when_no_bar_shows_it(stand: Stand) -> None:
    stand.window.show_view(FILM)
    flashed = stand.window.stage.notices.flashed
    press(stand, Qt.Key.Key_Right)
    assert flashed.words.text() == ""
    stand.window.stage._hide_bars()
    press(stand, Qt.Key.Key_Right)
    assert flashed.words.text() == "1:10 of 10:00"


def test_space_belongs_to_a_button_that_tab_has_reached(stand: Stand) -> None:
    stand.window.show_view(FILM)
    mute = stand.window.stage.controls.mute
    stand.window.activateWindow()
    mute.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(mute, Qt.Key.Key_Space)
    assert stand.intents == [SetMuted(True)]
    press(stand, Qt.Key.Key_Escape)
    assert not mute.hasFocus()


def test_arrows_seek_on_the_seek_bar(stand: Stand) -> None:
    stand.window.show_view(FILM)
    QTest.keyClick(stand.window.stage.controls.seek, Qt.Key.Key_Left)
    assert stand.intents == [WantSeek(55.0)]


def test_full_screen_by_key_and_double_click(stand: Stand, qtbot: QtBot) -> None:
    stand.window.show_view(FILM)
    press(stand, Qt.Key.Key_F)
    qtbot.waitUntil(stand.window.isFullScreen)
    assert stand.window.stage.controls.full.accessibleName() == "Leave full screen"
    press(stand, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not stand.window.isFullScreen())
    QTest.mouseDClick(stand.window.stage.picture, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(stand.window.isFullScreen)
    press(stand, Qt.Key.Key_F11)
    qtbot.waitUntil(lambda: not stand.window.isFullScreen())
