"""Controls and cursor go when nobody moves, and only then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHoverEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from player.core.view import View
from tests.ui.conftest import Stand

FILM = View(title="Nosferatu", has_medium=True, has_picture=True, state="playing", media_time=60.0, duration=600.0)
OVER_PICTURE, OVER_BAR = QPoint(400, 200), QPoint(400, 480)


@pytest.fixture
def film(stand: Stand) -> Iterator[Stand]:
    """A playing film whose bars go fast."""
    stage = stand.window.stage
    stage._hide_timer.setInterval(20)
    stage._cursor_timer.setInterval(10)
    stand.window.show_view(FILM)
    yield stand
    stage.controls.tracks_menu.hide()


def move(stand: Stand, *places: QPoint) -> None:
    stage = stand.window.stage
    for place in places:
        at = QPointF(place)
        QApplication.sendEvent(stage, QHoverEvent(QEvent.Type.HoverMove, at, stage.mapToGlobal(at), at))


def test_bars_go_by_themselves_and_come_with_a_movement(film: Stand, qtbot: QtBot) -> None:
    stage = film.window.stage
    assert stage.are_bars_shown
    qtbot.waitUntil(lambda: not stage.are_bars_shown)
    assert not stage.top.isVisible()
    assert stage.cursor().shape() == Qt.CursorShape.BlankCursor
    move(film, OVER_PICTURE, OVER_PICTURE + QPoint(5, 0))
    assert stage.are_bars_shown
    assert stage.cursor().shape() != Qt.CursorShape.BlankCursor
    qtbot.waitUntil(lambda: not stage.are_bars_shown)


@pytest.mark.parametrize("state", ["paused", "holding"])
def test_bars_go_while_the_film_stands_too(film: Stand, qtbot: QtBot, state: str) -> None:
    film.window.show_view(replace(FILM, state=state))  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: not film.window.stage.are_bars_shown)


def test_a_pointer_that_rests_where_the_window_opened_is_no_movement(film: Stand, qtbot: QtBot) -> None:
    stage = film.window.stage
    move(film, OVER_BAR)
    qtbot.waitUntil(lambda: not stage.are_bars_shown)
    move(film, OVER_BAR, OVER_BAR)
    assert not stage.are_bars_shown


def test_bars_stay_under_a_pointer_that_was_moved_there(film: Stand, qtbot: QtBot) -> None:
    stage = film.window.stage
    move(film, OVER_PICTURE, OVER_BAR)
    qtbot.wait(80)
    assert stage.are_bars_shown
    QApplication.sendEvent(stage, QHoverEvent(QEvent.Type.HoverLeave, QPointF(-1, -1), QPointF(), QPointF(OVER_BAR)))
    qtbot.waitUntil(lambda: not stage.are_bars_shown)


@pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise and grab; nothing here needs it
def test_bars_stay_while_a_menu_is_open(film: Stand, qtbot: QtBot) -> None:
    stage = film.window.stage
    QTest.mouseClick(stage.controls.tracks, Qt.MouseButton.LeftButton)  # returns: no loop of its own
    qtbot.wait(80)
    assert stage.are_bars_shown
    stage.controls.tracks_menu.hide()
    qtbot.waitUntil(lambda: not stage.are_bars_shown)


def test_bars_stay_while_the_keyboard_is_in_them(film: Stand, qtbot: QtBot) -> None:
    stage = film.window.stage
    film.window.activateWindow()
    qtbot.waitUntil(film.window.isActiveWindow)
    stage.controls.play.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.wait(80)
    assert stage.are_bars_shown
    QTest.keyClick(film.window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not stage.are_bars_shown)


def test_tab_brings_hidden_bars_back(film: Stand, qtbot: QtBot) -> None:
    stage = film.window.stage
    qtbot.waitUntil(lambda: not stage.are_bars_shown)
    film.window.activateWindow()
    qtbot.waitUntil(film.window.isActiveWindow)
    QTest.keyClick(film.window, Qt.Key.Key_Tab)
    assert stage.are_bars_shown
    focus = stage.focusWidget()
    assert focus is not None
    assert focus is not stage


def test_bars_stay_while_the_seek_bar_is_held(film: Stand, qtbot: QtBot) -> None:
    stage = film.window.stage
    QTest.mousePress(stage.controls.seek, Qt.MouseButton.LeftButton, pos=QPoint(100, 8))
    qtbot.wait(80)
    assert stage.are_bars_shown
    QTest.mouseRelease(stage.controls.seek, Qt.MouseButton.LeftButton, pos=QPoint(100, 8))
    qtbot.waitUntil(lambda: not stage.are_bars_shown)


def test_bars_stay_where_there_is_no_picture_to_cover(film: Stand, qtbot: QtBot) -> None:
    film.window.show_view(replace(FILM, has_picture=False))
    qtbot.wait(80)
    assert film.window.stage.are_bars_shown


def test_keys_do_not_bring_the_cursor(film: Stand, qtbot: QtBot) -> None:
    stage = film.window.stage
    qtbot.waitUntil(lambda: not stage.are_bars_shown)
    QTest.keyClick(film.window, Qt.Key.Key_Up)
    assert stage.cursor().shape() == Qt.CursorShape.BlankCursor
    assert not stage.are_bars_shown


def test_bars_that_come_back_show_the_newest_view(film: Stand, qtbot: QtBot) -> None:
    stage = film.window.stage
    qtbot.waitUntil(lambda: not stage.are_bars_shown)
    film.window.show_view(replace(FILM, media_time=300.0))
    stage.stir()
    assert stage.controls.at.text() == "5:00"


def test_captions_keep_clear_of_the_controls(film: Stand, qtbot: QtBot) -> None:
    stage = film.window.stage
    assert stage.picture._lift == stage.controls.covered()
    qtbot.waitUntil(lambda: not stage.are_bars_shown)
    assert stage.picture._lift == 0


def test_a_tiny_picture_has_one_bar_of_what_fits(film: Stand) -> None:
    stage = film.window.stage
    film.window.show_view(replace(FILM, link="joined", invite="matinee://192.0.2.1:8998/Friday"))
    film.window.resize(200, 100)
    assert not stage.top.isVisible()
    shown = [button for button in stage.controls.findChildren(QToolButton) if button.isVisible()]
    assert sum(button.width() for button in shown) <= stage.width()
    film.window.resize(800, 500)
    assert stage.top.isVisible()
    assert stage.controls.invite.isVisible()
