"""Where tiles are: the strip for any number in any window, one of them large, mine hidden, menus."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from player.core.call_view import (
    MuteForMe,
    ShowTiles,
    TileRow,
)
from tests.fakes.tiles import plain_tile
from tests.ui.acts import CTRL, choose, click, lines_of, press
from tests.ui.calls import BEN, CEM, TRIO, asked, colour_at, crowd, double_click, in_call, tile
from tests.ui.conftest import Stand
from tests.ui.test_layout import faults, settle

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise and grab


# -- layouts


@pytest.mark.parametrize("size", [(640, 360), (960, 540), (1280, 720), (1920, 1080)], ids=str)
@pytest.mark.parametrize("has_panel", [False, True])
def test_one_to_eight_in_any_window(stand: Stand, size: tuple[int, int], has_panel: bool) -> None:
    stand.window.resize(*size)
    for count in range(1, 9):
        stand.window.show_view(crowd(count))
        if stand.window.split.is_panel_shown != has_panel:
            stand.window.split.switch()
        settle()
        hall, strip = stand.window.calling.hall, stand.window.calling.strip
        assert stand.window.size().toTuple() == size
        assert len(strip.shown()) == count
        assert hall.height() == stand.window.stage.height() + strip.height()
        assert stand.window.stage.height() >= 0.55 * size[1]
        assert faults(strip) == []
        assert faults(stand.window.stage.controls) == []
        wide = {each.size().toTuple() for each in strip.shown().values()}
        assert len(wide) == 1


def test_full_screen_has_the_strip(stand: Stand, qtbot: QtBot) -> None:
    stand.window.show_view(TRIO)
    press(stand, Qt.Key.Key_F)
    qtbot.waitUntil(stand.window.isFullScreen)
    settle()
    hall, strip = stand.window.calling.hall, stand.window.calling.strip
    assert strip.isVisible()
    assert strip.geometry().bottom() == hall.rect().bottom()
    press(stand, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not stand.window.isFullScreen())


def test_who_does_not_fit_is_counted_and_this_person_is_the_last(stand: Stand) -> None:
    stand.window.resize(640, 360)
    stand.window.show_view(crowd(40))
    settle()
    strip = stand.window.calling.strip
    shown = strip.shown()
    assert strip.more.isVisible()
    assert strip.more.text() == f"+{40 - len(shown)}"
    assert list(shown)[-1] == ""
    assert faults(strip) == []
    rects = [each.geometry() for each in (*shown.values(), strip.more)]
    assert all(not one.intersects(other) for at, one in enumerate(rects) for other in rects[at + 1 :])


def test_the_layout_tells_whose_pictures_are_seen(stand: Stand, qtbot: QtBot) -> None:
    def sizes() -> dict[str, int]:
        last = stand.intents[-1]
        return dict(last.shown) if isinstance(last, ShowTiles) else {}

    stand.window.show_view(TRIO)
    told = [intent for intent in stand.intents if isinstance(intent, ShowTiles)]
    assert [peer for peer, _ in told[-1].shown] == ["", "b", "c"]
    assert all(high == tile(stand, "b").height() for _, high in told[-1].shown)
    stand.window.show_view(replace(TRIO, media_time=61.0))
    assert [intent for intent in stand.intents if isinstance(intent, ShowTiles)] == told
    press(stand, Qt.Key.Key_G, CTRL)
    assert stand.intents[-1] == ShowTiles(())
    press(stand, Qt.Key.Key_G, CTRL)
    assert stand.intents[-1] == told[-1]
    double_click(tile(stand, "b"))
    qtbot.waitUntil(lambda: sizes()["b"] == stand.window.calling.large.height())
    assert sizes()["c"] < sizes()["b"]
    stand.window.resize(1280, 720)
    qtbot.waitUntil(lambda: sizes()["c"] == tile(stand, "c").height() > 100)
    stand.window.showMinimized()
    qtbot.waitUntil(lambda: stand.intents[-1] == ShowTiles(()))
    stand.window.showNormal()
    qtbot.waitUntil(lambda: sizes().keys() == {"", "b", "c"})


# -- large, hidden, muted for me


def test_double_click_is_large_and_back(stand: Stand, qtbot: QtBot) -> None:
    stand.tiles.pictures = {"b": plain_tile(1, 320, 240, (0, 0, 255))}
    stand.window.show_view(TRIO)
    large = stand.window.calling.large
    double_click(tile(stand, "b"))
    assert large.isVisible()
    assert large.height() > 1.5 * tile(stand, "b").height()
    assert stand.window.stage.rect().contains(large.geometry())
    qtbot.waitUntil(lambda: large.has_image)
    assert colour_at(large, 0.5, 0.5) == QColor(255, 0, 0)
    double_click(large)
    assert not large.isVisible()
    double_click(tile(stand, "b"))
    double_click(tile(stand, "c"))
    assert large.row.name == "Cem"
    double_click(tile(stand, "c"))
    assert not large.isVisible()
    assert not stand.window.isFullScreen()
    assert asked(stand) == []


def test_large_goes_by_escape_by_its_cross_and_with_its_person(stand: Stand) -> None:
    large = stand.window.calling.large
    stand.window.show_view(TRIO)
    double_click(tile(stand, "b"))
    press(stand, Qt.Key.Key_Escape)
    assert not large.isVisible()
    double_click(tile(stand, "b"))
    click(large.back)
    assert not large.isVisible()
    double_click(tile(stand, "b"))
    stand.window.show_view(in_call(CEM))
    assert not large.isVisible()


@pytest.mark.parametrize("size", [(640, 360), (1120, 660), (1920, 1080)], ids=str)
def test_large_leaves_bars_free(stand: Stand, size: tuple[int, int]) -> None:
    stand.window.resize(*size)
    stand.window.show_view(TRIO)
    double_click(tile(stand, "b"))
    settle()
    stage, large = stand.window.stage, stand.window.calling.large
    assert not large.geometry().intersects(stage.top.geometry())
    assert large.geometry().bottom() <= stage.height() - stage.controls.covered()


def test_tile_menu_of_others_and_of_mine(stand: Stand) -> None:
    calling = stand.window.calling
    stand.window.show_view(in_call(BEN, replace(CEM, is_muted_by_me=True)))

    def menu_of(peer: str) -> QMenu:
        menu = QMenu(stand.window)
        calling.fill_tile_menu(menu, peer)
        return menu

    choose(menu_of("b"), lambda _menu: None, "Mute Ben for me")
    choose(menu_of("c"), lambda _menu: None, "Hear Cem again")
    assert asked(stand) == [MuteForMe("b", True), MuteForMe("c", False)]
    choose(menu_of("b"), lambda _menu: None, "Show large")
    assert calling.large.isVisible()
    assert "Small again" in lines_of(menu_of("b"), lambda _menu: None)
    assert "Hide my tile" in lines_of(menu_of(""), lambda _menu: None)
    assert lines_of(menu_of("nobody"), lambda _menu: None) == {}


def test_menu_opens_by_the_right_button(stand: Stand, qtbot: QtBot) -> None:
    stand.window.show_view(TRIO)
    calling = stand.window.calling
    calling.strip.menu_asked.emit("b", stand.window.mapToGlobal(QPoint(5, 5)))
    qtbot.waitUntil(calling.menu.isVisible)
    calling.menu.close()


def test_my_tile_is_hidden_and_comes_back_easily(stand: Stand) -> None:
    calling = stand.window.calling
    stand.window.show_view(TRIO)
    menu = QMenu(stand.window)
    choose(menu, lambda menu: calling.fill_tile_menu(menu, ""), "Hide my tile")
    assert list(calling.strip.shown()) == ["b", "c"]
    assert calling.strip.me.isVisible()
    assert calling.strip.me.accessibleName() == "Show my tile again"
    assert asked(stand) == []  # still sending
    menu = QMenu(stand.window)
    assert "Show my tile" in lines_of(menu, lambda menu: calling.fill_tile_menu(menu, ""))
    click(calling.strip.me)
    assert list(calling.strip.shown()) == ["b", "c", ""]
    assert not calling.strip.me.isVisible()


def test_names_of_strangers_are_plain_in_menus(stand: Stand) -> None:
    stand.window.show_view(in_call(TileRow("e", "a & <b>b</b>")))
    menu = QMenu(stand.window)
    stand.window.calling.fill_tile_menu(menu, "e")
    assert any("a && <b>b</b>" in action.text() for action in menu.actions())


def test_tiles_are_reached_by_keys_and_keys_come_back_from_them(stand: Stand, qtbot: QtBot) -> None:
    stand.window.activateWindow()
    calling, stage = stand.window.calling, stand.window.stage
    stand.window.show_view(TRIO)
    tile(stand, "b").setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(tile(stand, "b"), Qt.Key.Key_Return)
    assert calling.large.isVisible()
    QTest.keyClick(tile(stand, "b"), Qt.Key.Key_Space)
    assert not calling.large.isVisible()
    assert asked(stand) == []
    stand.window.show_view(in_call(CEM))  # Ben has left: the next key is the film's
    assert stand.window.focusWidget() is stage
    tile(stand, "c").setFocus(Qt.FocusReason.TabFocusReason)
    press(stand, Qt.Key.Key_G, CTRL)
    assert stand.window.focusWidget() is stage
