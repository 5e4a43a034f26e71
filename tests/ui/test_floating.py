"""Reactions that float over the picture, and the count-down: they move, and the film below is left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from player.core.room_view import Floating
from player.ui.floating import POLICY as FLOATING
from player.ui.floating import Floats
from player.ui.reactions import draw_emoji
from player.ui.said import SaidLines
from tests.fakes.pictures import HandClock
from tests.ui.conftest import Stand
from tests.ui.views import EVIL, ROOM

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise and grab


class Regions(QObject):
    """What a widget was asked to paint."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: list[QRegion] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.painted.append(QRegion(event.region()))
        return False


def test_reactions_rise_and_go(stand: Stand, qtbot: QtBot) -> None:
    floats = stand.window.stage.floats
    stand.window.show_view(replace(ROOM, reactions=(Floating(1, "👍", "Ben", 0.5), Floating(2, "🦄", "Cem", 0.0))))
    assert [each.emoji for each in floats.flying()] == ["👍", "🦄"]
    before = floats._place_of(1, stand.clock.time)
    stand.clock.time += 1.0
    assert floats._place_of(1, stand.clock.time).y() < before.y()
    assert floats._opacity(1, stand.clock.time) == 1.0
    assert floats._opacity(1, stand.clock.time + FLOATING.life - 1.6) < 0.3
    stand.clock.time += FLOATING.life
    qtbot.waitUntil(floats.isHidden)
    assert not floats._timer.isActive()


def test_a_late_view_makes_no_jerk_but_a_seek_counts(stand: Stand) -> None:
    floats = stand.window.stage.floats
    stand.window.show_view(replace(ROOM, reactions=(Floating(1, "👍", "Ben", 0.5),)))
    began = floats._began[1]
    stand.clock.time += 0.3
    stand.window.show_view(replace(ROOM, reactions=(Floating(1, "👍", "Ben", 0.72),)))
    assert floats._began[1] == began
    stand.window.show_view(replace(ROOM, reactions=(Floating(1, "👍", "Ben", 2.0),)))
    assert floats._began[1] != began


def test_twenty_at_most(stand: Stand) -> None:
    many = tuple(Floating(number, "👍", "Ben", 0.1) for number in range(50))
    stand.window.show_view(replace(ROOM, reactions=many))
    assert [each.id for each in stand.window.stage.floats.flying()] == list(range(30, 50))


def test_reactions_let_clicks_through(stand: Stand) -> None:
    stage = stand.window.stage
    stand.window.show_view(replace(ROOM, reactions=(Floating(1, "👍", "Ben", 0.5),)))
    assert stage.floats.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    assert stage.said.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    assert stage.childAt(stage.floats.geometry().center()) is stage.picture


def test_a_tick_repaints_the_film_below_the_emoji_only(stand: Stand, qtbot: QtBot) -> None:
    stand.window.resize(1280, 720)
    stage = stand.window.stage
    some = tuple(Floating(number, "👍", "Ben", 0.1 * number) for number in range(5))
    stand.window.show_view(replace(ROOM, reactions=some))
    stage.floats._timer.stop()
    for _ in range(5):
        QApplication.processEvents()
    regions = Regions()
    stage.picture.installEventFilter(regions)
    for _ in range(10):
        stand.clock.time += 0.033
        stage.floats.tick()
        QApplication.processEvents()
    allowed = stage.floats.geometry().adjusted(-2, -2, 2, 2)
    assert regions.painted
    for region in regions.painted:
        assert allowed.contains(region.boundingRect())
        area = sum(rect.width() * rect.height() for rect in _rects(region))
        one = (FLOATING.width + 4) * (FLOATING.height + 8)
        assert area <= 5 * 2 * one


def _rects(region: QRegion) -> list[QRect]:
    return list(region)


@pytest.mark.parametrize("emoji", [*EVIL, "👍", "🦄", "👨‍👩‍👧‍👦", "\u202e", "", "WWWWWWWWWWWWWWWW", "\n"])
def test_any_emoji_is_drawn_within_its_square(qapp: QApplication, emoji: str) -> None:
    picture = draw_emoji(emoji, 40, 2.0)
    assert (picture.width(), picture.height()) == (80, 80)


@pytest.mark.parametrize("words", EVIL)
def test_names_below_reactions_are_painted_as_they_are(stand: Stand, words: str) -> None:
    stand.window.show_view(replace(ROOM, reactions=(Floating(1, words, words, 1.0),)))
    stand.window.grab()


# -- the count-down


def test_three_two_one(stand: Stand, qtbot: QtBot) -> None:
    countdown = stand.window.stage.countdown
    stand.window.show_view(replace(ROOM, count_down=2.6))
    assert countdown.isVisible()
    assert countdown.accessibleName() == "3"
    centre = countdown.geometry().center()
    assert abs(centre.x() - stand.window.stage.rect().center().x()) <= 1
    stand.window.grab()
    stand.clock.time += 0.7
    countdown._timer.start(0)  # else it takes what it takes
    qtbot.waitUntil(lambda: countdown.number == 2)
    stand.window.show_view(replace(ROOM, count_down=0.4))
    assert countdown.accessibleName() == "1"
    stand.window.show_view(ROOM)
    assert not countdown.isVisible()


def test_overlays_of_their_own_need_no_window(qtbot: QtBot) -> None:
    """Hidden parents, no film: nothing fails."""
    clock = HandClock()
    for widget in (Floats(clock), SaidLines(clock)):
        qtbot.addWidget(widget)
    floats = Floats(clock)
    qtbot.addWidget(floats)
    floats.show_reactions((Floating(1, "👍", "Ben", 99.0),))
    assert floats.flying() == []
