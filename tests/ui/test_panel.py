"""The side panel: when it is seen, which page, what is unread, what is remembered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from player.core.room_view import ChatRow
from player.core.view import View
from player.ui.pages import PAGES
from tests.ui.acts import click, open_page, press
from tests.ui.conftest import Stand
from tests.ui.views import CHAT, FILM, ROOM

MORE = ChatRow(9, "Ben", "More")


def test_a_roomy_window_shows_it_by_itself_until_it_is_closed(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    assert not stand.window.panel.isVisible()
    stand.window.resize(1120, 660)
    assert stand.window.panel.isVisible()
    click(stand.window.panel.close_button)
    assert not stand.window.panel.isVisible()
    stand.window.show_view(replace(ROOM, media_time=70.0))
    assert not stand.window.panel.isVisible()


def test_pages_are_turned_by_click_and_by_keys(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    open_page(stand, "people")
    panel = stand.window.panel
    QTest.mouseClick(panel.tabs, Qt.MouseButton.LeftButton, pos=panel.tabs.tabRect(2).center())
    assert panel.playlist.isVisible()
    panel.tabs.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(panel.tabs, Qt.Key.Key_Left)
    assert panel.chat.isVisible()
    press(stand, Qt.Key.Key_F8)
    assert panel.playlist.isVisible()


def test_a_page_that_goes_gives_the_keyboard_to_the_film(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    for leave in (lambda: stand.window.split.open_page("people"), stand.window.split.switch):
        open_page(stand, "chat")
        stand.window.panel.chat.field.setFocus()
        leave()
        assert stand.window.focusWidget() is stand.window.stage  # and no button that Space would press


def test_everything_in_the_panel_is_reached_by_tab(stand: Stand, qtbot: QtBot) -> None:
    stand.window.show_view(ROOM)
    open_page(stand, "people")
    stand.window.activateWindow()
    qtbot.waitUntil(stand.window.isActiveWindow)
    panel = stand.window.panel
    reached = set()
    for _ in range(60):
        QTest.keyClick(stand.window.focusWidget() or stand.window, Qt.Key.Key_Tab)
        reached.add(stand.window.focusWidget())
    people = panel.people
    assert {panel.tabs, people.check, people.away, people.copy, people.leave, people.lines["a"].more} <= reached


def test_what_was_said_elsewhere_is_counted_until_it_is_seen(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, chat=CHAT[:1]))
    open_page(stand, "people")
    panel = stand.window.panel
    assert panel.unread.text() == "1"
    stand.window.show_view(replace(ROOM, chat=(*CHAT, MORE)))  # one of the lines is mine
    assert panel.unread.text() == "3"
    assert panel.tabs.accessibleTabName(1) == "Chat, 3 new"
    panel.turn_to("chat")
    assert not panel.unread.isVisible()
    assert panel.tabs.accessibleTabName(1) == "Chat"
    panel.turn_to("people")
    stand.window.show_view(replace(ROOM, chat=(*CHAT, MORE, replace(MORE, id=10))))
    assert panel.unread.text() == "1"


def test_a_hundred_is_a_lot(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, chat=tuple(ChatRow(number, "Ben", "x") for number in range(100))))
    open_page(stand, "people")
    assert stand.window.panel.unread.text() == "99+"


def test_a_closed_panel_has_a_dot_on_its_button(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    button = stand.window.stage.controls.panel
    stand.window.show_view(replace(ROOM, chat=CHAT[:1]))
    assert button._has_dot
    stand.window.split.open_page("chat")
    assert not button._has_dot
    stand.window.split.switch()
    assert not button._has_dot


def test_what_was_read_is_not_unread_after_the_page_was_turned(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, chat=CHAT))
    open_page(stand, "chat")
    stand.window.split.switch()
    stand.window.show_view(replace(ROOM, chat=CHAT, media_time=61.0))
    assert stand.window.split.unread == 0


def test_another_room_begins_anew(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, chat=CHAT))
    assert stand.window.split.unread == 2
    stand.window.show_view(FILM)
    assert stand.window.split.unread == 0
    stand.window.show_view(replace(ROOM, chat=CHAT[:1]))
    assert stand.window.split.unread == 1


def test_page_and_width_are_remembered(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    open_page(stand, "chat")
    assert stand.memory["panel_page"] == "chat"
    split = stand.window.split
    split.moveSplitter(split.width() - 400, 1)
    assert stand.window.panel.width() == pytest.approx(400, abs=6)
    split.splitterMoved.emit(0, 1)
    assert stand.memory["panel_width"] == stand.window.panel.width()


class TestRemembered:
    @pytest.fixture
    def memory(self) -> dict[str, Any]:
        return {"panel_page": "playlist", "panel_width": 420}

    def test_it_comes_back_as_it_was(self, stand: Stand) -> None:
        stand.window.resize(1120, 660)
        stand.window.show_view(ROOM)
        QApplication.processEvents()
        assert stand.window.panel.playlist.isVisible()
        assert stand.window.panel.width() == pytest.approx(420, abs=2)


class TestBroken:
    @pytest.fixture
    def memory(self) -> dict[str, Any]:
        return {"panel_page": ["x"], "panel_width": "wide"}

    def test_broken_habits_are_no_matter(self, stand: Stand) -> None:
        stand.window.resize(1120, 660)
        stand.window.show_view(ROOM)
        QApplication.processEvents()
        assert stand.window.panel.people.isVisible()
        assert 260 <= stand.window.panel.width() <= 520


def test_in_full_screen_the_film_is_alone_until_it_is_asked_for(stand: Stand, qtbot: QtBot) -> None:
    stand.window.resize(1120, 660)
    stand.window.show_view(ROOM)
    press(stand, Qt.Key.Key_F)
    qtbot.waitUntil(stand.window.isFullScreen)
    assert not stand.window.panel.isVisible()
    press(stand, Qt.Key.Key_F9)
    assert stand.window.panel.isVisible()
    press(stand, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: not stand.window.isFullScreen())
    assert stand.window.panel.isVisible()


def test_esc_leads_from_the_panel_to_the_film(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    open_page(stand, "people")
    stand.window.panel.people.away.setFocus()
    QTest.keyClick(stand.window.panel.people.away, Qt.Key.Key_Escape)
    assert stand.window.focusWidget() is stand.window.stage
    assert stand.window.panel.isVisible()


@pytest.mark.parametrize("page", PAGES)
def test_nothing_open_has_no_panel(stand: Stand, page: str) -> None:
    stand.window.show_view(View())
    assert not stand.window.split.open_page(page)  # type: ignore[arg-type]
    assert not stand.window.panel.isVisible()
