"""Film and panel beside each other: when the panel is seen, how wide it is, which page, and what it has of unread.

The person's wish counts; before there is one, the panel shows by itself in a room if the window is roomy. In full
screen it is another wish: there the film is alone until somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from player.core.room_view import ChatRow
from player.core.view import View
from player.ui.pages import PAGES, Page
from player.ui.panel import NARROWEST, WIDEST, WIDTH, SidePanel

ROOMY = (960, 480)  # px: from this size of the window on the panel shows by itself


class Split(QSplitter):
    """`recall` and `remember`: "panel_width", "panel_page"."""

    changed = Signal()
    """Something else of the panel is seen now, or something is unread."""

    def __init__(
        self,
        stage: QWidget,
        make_panel: Callable[[], SidePanel],
        recall: Callable[[str], Any],
        remember: Callable[[str, Any], None],
    ) -> None:
        """`make_panel` is called when a panel is first needed: who watches alone does not wait for one."""
        super().__init__(Qt.Orientation.Horizontal)
        self.setObjectName("split")
        self.setHandleWidth(5)
        self.setChildrenCollapsible(False)
        self.addWidget(stage)
        self.setStretchFactor(0, 1)
        self._stage = stage
        self._make_panel = make_panel
        self._panel: SidePanel | None = None
        self._recall, self._remember = recall, remember
        self._view = View()
        self._wants: bool | None = None  # None: as the window's size suggests
        self._wants_in_full = False
        self._is_remembered = False
        self._seen = -1  # the newest line of chat that was on the screen
        self.unread = 0
        self._told: tuple[Page | None, int] = (None, 0)
        self.splitterMoved.connect(lambda _at, _index: remember("panel_width", self.panel.width()))

    # -- what others ask

    @property
    def panel(self) -> SidePanel:
        if self._panel is None:
            panel = self._panel = self._make_panel()
            panel.hide()
            panel.closes.connect(self.switch)
            panel.turned.connect(self._turned)
            panel.frees.connect(self._stage.setFocus)
            self.addWidget(panel)
            self.setStretchFactor(1, 0)
            self._restore_page()
        return self._panel

    @property
    def is_panel_shown(self) -> bool:
        return self._panel is not None and not self._panel.isHidden()

    @property
    def page(self) -> Page | None:
        """Which page is seen; None: none is."""
        return self.panel.page if self.is_panel_shown else None

    def show_view(self, view: View) -> tuple[ChatRow, ...]:
        """Follow the view. Returns what was just said by somebody and is not seen in the panel."""
        before, self._view = self._view, view
        if view.members and not before.members:
            self._restore_page()
        self.settle()
        return self._count_unread(before, view)

    def settle(self) -> None:
        """Show the panel, or not, for what is the case now."""
        is_shown = self._is_wanted()
        if is_shown:
            self.panel.show_view(self._view)
        if self.is_panel_shown != is_shown:
            if is_shown and not self._is_remembered:
                self._restore_width()
            self.panel.setVisible(is_shown)
            self._see_chat()

    def switch(self) -> None:
        """F9: open it, or close it."""
        self._wish(not self.is_panel_shown)

    def switch_page(self, page: Page) -> None:
        """Open it at a page; if that is seen already, close it."""
        if self.page == page:
            self._wish(False)
        else:
            self.open_page(page)

    def open_page(self, page: Page) -> bool:
        """Open it at a page; says whether that was possible."""
        if page != "playlist" and not self._view.members:
            return False
        self._wish(True)
        if self.is_panel_shown:
            self.panel.turn_to(page)
        return self.is_panel_shown

    # -- parts

    def _is_wanted(self) -> bool:
        window, view = self.window(), self._view
        has_pages = bool(view.members or view.title or view.has_medium or view.playlist.entries)
        if not has_pages:
            return False
        if window.isFullScreen():
            return self._wants_in_full
        if self._wants is None:
            return bool(view.members) and window.width() >= ROOMY[0] and window.height() >= ROOMY[1]
        return self._wants

    def _wish(self, is_shown: bool) -> None:
        if self.window().isFullScreen():
            self._wants_in_full = is_shown
        else:
            self._wants = is_shown
        self.settle()

    def _count_unread(self, before: View, view: View) -> tuple[ChatRow, ...]:
        if not view.members:
            self._seen, self.unread = -1, 0
            return ()
        known = {row.id for row in before.chat} if before.members else set()
        new = [row for row in view.chat if row.id > self._seen and row.id not in known]
        is_history = not known and len(new) > 1
        if self.page == "chat" or not view.chat:
            self._see_chat()
            return ()
        self.unread = sum(row.id > self._seen and not row.is_me for row in view.chat)
        self._tell_unread()
        return () if is_history else tuple(new)

    def _see_chat(self) -> None:
        if self.page == "chat":
            self.unread = 0
            self._seen = max((row.id for row in self._view.chat), default=self._seen)
        self._tell_unread()

    def _tell_unread(self) -> None:
        if self._panel is not None:
            self._panel.show_unread(self.unread)
        told = (self.page, self.unread)
        if told != self._told:
            self._told = told
            self.changed.emit()

    def _turned(self, page: str) -> None:
        if self._view.members:
            self._remember("panel_page", page)
        self._see_chat()

    def _restore_page(self) -> None:
        page = self._recall("panel_page")
        if page in PAGES and self._panel is not None:
            self._panel.turn_to(page)

    def _restore_width(self) -> None:
        """Once; from then on the splitter keeps it."""
        self._is_remembered = True
        width = self._recall("panel_width")
        width = min(WIDEST, max(NARROWEST, width)) if isinstance(width, int) else WIDTH
        self.setSizes([max(1, self.width() - width - self.handleWidth()), width])
