"""The bar at the top of the picture: what is shown, how close to the room, and the menu of the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from player.core.view import View
from player.ui.badge import SyncBadge
from player.ui.bar import Bar
from player.ui.buttons import GlyphButton
from player.ui.label import ElidedLabel
from player.ui.menus import ButtonMenu

HEIGHT = 48  # px
VEIL = ((0.0, QColor(8, 9, 12, 215)), (0.6, QColor(8, 9, 12, 140)), (1.0, QColor(0, 0, 0, 0)))


class TopBar(Bar):
    def __init__(self, fill: Callable[[QMenu], None], parent: QWidget | None = None) -> None:
        """`fill` writes the window's menu."""
        super().__init__(VEIL, parent)
        self.setObjectName("topbar")
        self.setFixedHeight(HEIGHT)
        self.title = ElidedLabel("", "title")
        self.badge = SyncBadge()
        self.menu_button = GlyphButton("menu", "Menu")
        self.menu = ButtonMenu(self.menu_button, False, fill)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 8, 0)
        row.setSpacing(10)
        row.addWidget(self.title, 1)
        row.addWidget(self.badge)
        row.addWidget(self.menu_button)

    def show_view(self, view: View) -> None:
        self.title.show_text(view.title or view.room)
        self.badge.show_badge(view.badge)

    def is_in_use(self) -> bool:
        return self.menu.isVisible() or (self.menu_button.hasFocus() and self.window().isActiveWindow())
