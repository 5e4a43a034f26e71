"""What is said, over the picture: how long, where, and writing there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from player.core.room_intents import (
    SayLine,
)
from player.core.room_view import ChatRow, MemberFacts
from player.core.view import MemberRow, View
from player.ui.said import POLICY as SAID
from tests.ui.acts import open_page, press
from tests.ui.conftest import Stand
from tests.ui.views import CHAT, EVIL, FILM, ROOM

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise and grab


def say(stand: Stand, count: int, view: View = ROOM) -> None:
    """Lines come one after the other, as they do."""
    for number in range(1, count + 1):
        rows = tuple(ChatRow(each, "Ben", f"line {each}") for each in range(1, number + 1))
        stand.window.show_view(replace(view, chat=rows))


def texts(stand: Stand) -> list[str]:
    return [row.text for row in stand.window.stage.said.rows()]


def test_the_last_lines_are_shown_and_go_after_seven_seconds(stand: Stand, qtbot: QtBot) -> None:
    stand.window.show_view(ROOM)
    said = stand.window.stage.said
    say(stand, 7)
    assert texts(stand) == [f"line {number}" for number in range(3, 8)]
    assert said.accessibleName() == "Ben: line 7"
    stand.clock.time += SAID.stay - 0.1
    said._tick()
    assert len(texts(stand)) == 5
    assert 0 < said._opacity(said._shown[0], stand.clock.time) < 1
    stand.clock.time += 0.2
    qtbot.waitUntil(said.isHidden)


def test_the_history_of_a_room_is_no_news(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    stand.window.show_view(replace(ROOM, chat=CHAT))
    assert texts(stand) == []
    stand.window.show_view(replace(ROOM, chat=(*CHAT, ChatRow(9, "Ben", "New"))))
    assert texts(stand) == ["New"]


def test_what_the_panel_says_is_not_said_over_the_picture(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    say(stand, 2)
    assert texts(stand) == ["line 1", "line 2"]
    open_page(stand, "chat")
    assert texts(stand) == []
    say(stand, 3)
    assert texts(stand) == []
    stand.window.split.open_page("people")
    say(stand, 4)
    assert texts(stand) == ["line 4"]


def test_lines_keep_clear_of_controls_and_subtitles(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    say(stand, 5)
    stage = stand.window.stage
    for width, height in ((960, 600), (640, 360), (300, 200)):
        stand.window.resize(width, height)
        QApplication.processEvents()
        lowest = stage.said.geometry().bottom()
        assert lowest < stage.height() * 0.77
        assert lowest < stage.controls.y() + stage.controls.height() - stage.controls.covered()
        assert stage.rect().contains(stage.said.geometry())


@pytest.mark.parametrize("words", [*EVIL, "x" * 2000, "مرحبا wow", "\u202e\n\n", ""])
def test_any_words_are_painted(stand: Stand, words: str) -> None:
    stand.window.show_view(ROOM)
    stand.window.show_view(replace(ROOM, chat=(ChatRow(1, words[:32], words),)))
    said = stand.window.stage.said
    assert said.isVisible()
    assert said._shown[0].picture.height() <= said.height()
    stand.window.grab()


def test_standing_lines_cost_no_paint(stand: Stand, qtbot: QtBot) -> None:
    stand.window.show_view(ROOM)
    say(stand, 2)
    QApplication.processEvents()
    assert stand.window.stage.said._timer.interval() > 1000


# -- writing over the picture


def test_enter_opens_a_line_over_the_picture_and_sends(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    say(stand, 1)
    press(stand, Qt.Key.Key_Return)
    line = stand.window.stage.say
    assert line.isVisible()
    assert stand.window.focusWidget() is line.field
    stand.clock.time += 60.0
    stand.window.stage.said._tick()
    assert texts(stand) == ["line 1"]  # it stays for whoever answers
    QTest.keyClicks(line.field, "m")
    QTest.keyClick(line.field, Qt.Key.Key_Return)
    assert stand.intents == [SayLine("m")]
    assert not line.isVisible()
    assert stand.window.focusWidget() is stand.window.stage


def test_the_empty_line_opens_above_the_controls(stand: Stand) -> None:
    stand.window.show_view(ROOM)  # nobody has said anything yet
    press(stand, Qt.Key.Key_Return)
    stage = stand.window.stage
    assert stage.say.y() > stage.height() / 2
    assert stage.say.width() >= 300


def test_esc_closes_the_line_and_keeps_the_words(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    press(stand, Qt.Key.Key_Return)
    field = stand.window.stage.say.field
    QTest.keyClicks(field, "wait")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not stand.window.stage.say.isVisible()
    assert not stand.window.isFullScreen()
    press(stand, Qt.Key.Key_Return)
    assert field.toPlainText() == "wait"
    assert stand.intents == []


def test_a_click_on_the_film_closes_an_empty_line(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    press(stand, Qt.Key.Key_Return)
    QTest.mouseClick(stand.window.stage, Qt.MouseButton.LeftButton, pos=QPoint(400, 100))
    assert not stand.window.stage.say.isVisible()


def test_the_line_goes_with_the_room_and_stays_inside_the_window(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    press(stand, Qt.Key.Key_Return)
    stage = stand.window.stage
    stage.say.field.setPlainText("word " * 400)
    for width, height in ((800, 500), (320, 200)):
        stand.window.resize(width, height)
        QApplication.processEvents()
        assert stage.rect().contains(stage.say.geometry())
    assert stage.say.count.text() == "1 characters left"
    stand.window.show_view(FILM)
    assert not stage.say.isVisible()


def test_who_is_muted_is_told_before_writing(stand: Stand) -> None:
    me = MemberRow("a", "Ana", is_me=True, facts=MemberFacts(is_muted=True))
    stand.window.show_view(replace(ROOM, members=(me,)))
    press(stand, Qt.Key.Key_Return)
    assert not stand.window.stage.say.isVisible()
    assert "muted" in stand.window.stage.notices.flashed.words.text()
