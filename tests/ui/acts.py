"""What people do with mouse, keys and menus."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QWidget

from player.ui.pages import Page
from tests.ui.conftest import Stand

CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def click_at(widget: QWidget, place: QPoint) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=place)


def press(stand: Stand, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """A key on the film."""
    QTest.keyClick(stand.window, key, modifier)


def lines_of(menu: QMenu, fill: Callable[[QMenu], None]) -> dict[str, bool]:
    """The lines of a menu and whether they can be chosen."""
    fill(menu)
    return {action.text().partition("\t")[0]: action.isEnabled() for action in menu.actions() if action.text()}


def choose(menu: QMenu, fill: Callable[[QMenu], None], text: str) -> None:
    """Fill a menu and choose a line of it."""
    fill(menu)
    next(action for action in menu.actions() if action.text().partition("\t")[0] == text).trigger()


def open_page(stand: Stand, page: Page) -> None:
    """The window large, the panel at that page."""
    stand.window.resize(1120, 660)
    assert stand.window.split.open_page(page)
