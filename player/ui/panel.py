"""The side panel: People, Chat and Playlist beside the film. One page at a time; the switch says what is new."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from player.core.view import View
from player.ports import Act
from player.ui.buttons import GlyphButton
from player.ui.chat import ChatPage
from player.ui.label import ElidedLabel, Label
from player.ui.pages import NAMES, PAGES, Page
from player.ui.people import PeoplePage
from player.ui.playlist import PlaylistPage

NARROWEST, WIDTH, WIDEST = 260, 300, 520  # px


class SidePanel(QFrame):
    closes = Signal()
    turned = Signal(str)
    """Another page is shown, because the person asked for it."""
    frees = Signal()
    """What has the keyboard goes out of sight."""

    def __init__(self, act: Act, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAccessibleName("Side panel")
        self.setMinimumWidth(NARROWEST)
        self.setMaximumWidth(WIDEST)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.room = ElidedLabel("", "panel-title")
        self.count = Label("", "quiet")
        self.close_button = GlyphButton("close", "Close the panel", "F9")
        self.close_button.setFixedSize(30, 30)
        self.close_button.clicked.connect(self.closes)
        self.people = PeoplePage(act)
        self.chat = ChatPage(act)
        self.playlist = PlaylistPage(act)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Pages of the panel")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(True)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._stack = QStackedWidget()
        self._pages: dict[Page, QWidget] = {"people": self.people, "chat": self.chat, "playlist": self.playlist}
        for page in PAGES:
            self.tabs.addTab(NAMES[page])
            self._stack.addWidget(self._pages[page])
        self.unread = Label("", "count", self.tabs)
        self.unread.hide()
        self.tabs.currentChanged.connect(self._turn)
        head = QHBoxLayout()
        head.setContentsMargins(14, 6, 8, 2)
        head.setSpacing(8)
        head.addWidget(self.room, 1)
        head.addWidget(self.count)
        head.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 0, 0)  # the edge is painted there
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.tabs)
        column.addWidget(self._stack, 1)
        self._view = View()

    @property
    def page(self) -> Page:
        return PAGES[self.tabs.currentIndex()]

    def turn_to(self, page: Page) -> None:
        self.tabs.setCurrentIndex(PAGES.index(page))

    def show_view(self, view: View) -> None:
        """Draw the page that is shown; the others follow when they are turned to."""
        self._view = view
        in_room = bool(view.members)
        for page in PAGES:
            self.tabs.setTabVisible(PAGES.index(page), in_room or page == "playlist")
        self.tabs.setVisible(in_room)
        self.room.show_text(view.room or ("Room" if in_room else "Playlist"))
        here = sum(member.here for member in view.members)
        count = "" if not in_room else "Only you" if here <= 1 else f"{here} here"
        self.count.show_text("Not connected" if view.link == "lost" else count)
        if not in_room and self.page != "playlist":
            self.turn_to("playlist")
        self._draw()

    def show_unread(self, count: int) -> None:
        """How much was said that nobody here has seen."""
        words = "" if not count else str(count) if count < 100 else "99+"
        if words == self.unread.text():
            return
        self.unread.show_text(words)
        at = PAGES.index("chat")
        self.tabs.setAccessibleTabName(at, f"Chat, {words} new" if words else "Chat")
        self.unread.setVisible(bool(words))
        self.unread.adjustSize()
        # None first: a tab asks for the size of its button only when it gets one
        self.tabs.setTabButton(at, QTabBar.ButtonPosition.RightSide, None)
        if words:
            self.tabs.setTabButton(at, QTabBar.ButtonPosition.RightSide, self.unread)
            self.unread.show()

    def minimumSizeHint(self) -> QSize:
        return QSize(NARROWEST, 0)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 0)

    def _draw(self) -> None:
        match self.page:
            case "people":
                self.people.show_view(self._view)
            case "chat":
                self.chat.show_view(self._view)
            case _:
                self.playlist.show_view(self._view)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.free_keyboard()

    def free_keyboard(self) -> None:
        """Away from what is no longer seen, and not to the next button, which Space would then press."""
        holder = self.window().focusWidget()
        if holder is not None and self._stack.isAncestorOf(holder):
            self.frees.emit()

    def _turn(self, index: int) -> None:
        self.free_keyboard()
        self._stack.setCurrentWidget(self._pages[PAGES[index]])
        self._draw()
        self.turned.emit(PAGES[index])
