"""Keys that open the playlist and go on or back in it, and what moves the room without the right to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from player.core.room_intents import (
    ChooseEntry,
    PlayNext,
)
from player.core.room_view import PlaylistView
from player.ui.entries import EntryList
from tests.ui.acts import choose, click, press
from tests.ui.conftest import Stand
from tests.ui.views import ENTRIES, FILM, GUEST, LISTED, WORDS

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise and grab


def select(entries: EntryList, *rows: int) -> None:
    entries.clearSelection()
    for row in rows:
        index = entries.entries.index(row)
        entries.selectionModel().setCurrentIndex(index, entries.selectionModel().SelectionFlag.Select)


def test_f8_opens_and_closes_the_playlist(stand: Stand) -> None:
    stand.window.show_view(LISTED)
    press(stand, Qt.Key.Key_F8)
    assert stand.window.panel.playlist.isVisible()
    press(stand, Qt.Key.Key_F8)
    assert not stand.window.panel.isVisible()


def test_f8_works_alone(stand: Stand) -> None:
    stand.window.show_view(replace(FILM, playlist=PlaylistView(ENTRIES)))
    press(stand, Qt.Key.Key_F8)
    assert stand.window.panel.playlist.isVisible()
    select(stand.window.panel.playlist.list, 0)
    page = stand.window.panel.playlist
    choose(page.menu, page.fill, "Play")
    assert stand.intents == [ChooseEntry("e1")]


def less(stand: Stand) -> None:
    press(stand, Qt.Key.Key_Less)


def greater(stand: Stand) -> None:
    press(stand, Qt.Key.Key_Greater, Qt.KeyboardModifier.ShiftModifier)


def test_back_and_on_in_the_first_minute_go_at_once(stand: Stand) -> None:
    stand.window.show_view(replace(LISTED, media_time=60.0))
    less(stand)
    greater(stand)
    assert stand.intents == [ChooseEntry("e1"), PlayNext()]


def test_later_they_are_asked_once(stand: Stand) -> None:
    stand.window.show_view(replace(LISTED, media_time=61.0))
    flashed = stand.window.stage.notices.flashed
    greater(stand)
    assert stand.intents == []
    assert flashed.words.text() == "Press > again to go to “Metropolis” for everyone"
    less(stand)  # another question
    assert stand.intents == []
    assert "“Faust”" in flashed.words.text()
    less(stand)
    assert stand.intents == [ChooseEntry("e1")]


def test_the_second_press_counts_for_a_while_only(stand: Stand) -> None:
    stand.window.show_view(replace(LISTED, media_time=61.0))
    greater(stand)
    stand.clock.time += 6.0
    greater(stand)
    assert stand.intents == []
    greater(stand)
    assert stand.intents == [PlayNext()]


def test_nothing_is_before_the_first_nor_after_the_last(stand: Stand) -> None:
    first = tuple(replace(row, is_current=row.id == "e1") for row in ENTRIES)
    stand.window.show_view(replace(LISTED, media_time=0.0, playlist=PlaylistView(first)))
    less(stand)
    last = tuple(replace(row, is_current=row.id == "e4") for row in ENTRIES)
    stand.window.show_view(replace(LISTED, media_time=0.0, playlist=PlaylistView(last)))
    greater(stand)
    assert stand.intents == []
    stand.window.show_view(replace(LISTED, media_time=100.0, playlist=PlaylistView(last, loop="all")))
    greater(stand)
    assert "“Faust”" in stand.window.stage.notices.flashed.words.text()
    greater(stand)
    assert stand.intents == [PlayNext()]


def test_a_film_that_is_not_in_the_list_has_a_next_but_no_last(stand: Stand) -> None:
    rows = tuple(replace(row, is_current=False) for row in ENTRIES)
    stand.window.show_view(replace(LISTED, media_time=90.0, playlist=PlaylistView(rows)))
    less(stand)
    greater(stand)
    assert "the next film" in stand.window.stage.notices.flashed.words.text()
    greater(stand)
    assert stand.intents == [PlayNext()]


def test_keys_that_move_the_room_say_who_may(stand: Stand) -> None:
    stand.window.show_view(replace(LISTED, rights=GUEST, media_time=0.0))
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Right, Qt.Key.Key_Less, Qt.Key.Key_BracketLeft):
        stand.window.stage.notices.flash("")
        press(stand, key)
        assert stand.window.stage.notices.flashed.words.text() == WORDS
    controls = stand.window.stage.controls
    for button in (controls.play, controls.back, controls.forward, controls.rate):
        assert not button.isEnabled()
        assert WORDS in button.toolTip()
    click(controls.seek)
    QTest.mousePress(controls.seek, Qt.MouseButton.LeftButton, pos=QPoint(100, 8))
    QTest.mouseRelease(controls.seek, Qt.MouseButton.LeftButton, pos=QPoint(100, 8))
    assert stand.intents == []
    stand.window.show_view(LISTED)
    assert controls.play.isEnabled()
    assert WORDS not in controls.play.toolTip()
