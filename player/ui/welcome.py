"""The welcome page: the three ways into an evening."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from player.core.room_view import LanRow
from player.ui.buttons import CardButton
from player.ui.icons import draw_icon
from player.ui.label import ElidedLabel, Label
from player.ui.roomrows import LanList

NARROW = 520  # px: below it the cards stand below each other


class WelcomePage(QWidget):
    opens = Signal()
    hosts = Signal()
    joins = Signal()
    enters = Signal(str)
    """The invite of a room on this network."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        logo = Label()
        logo.setPixmap(draw_icon("app", 56, ratio=self.devicePixelRatioF()))
        name = Label("Matinee", "welcome")
        line = Label("Watch together, on the same frame.", "quiet")
        line.setWordWrap(True)
        self.open = CardButton("open", "Open a film", "Watch a file or a link, alone for now.")
        self.host = CardButton("host", "Host a room", "Get an invite for your friends.")
        self.join = CardButton("join", "Join a room", "With a friend’s invite or a server’s address.")
        self.open.clicked.connect(self.opens)
        self.host.clicked.connect(self.hosts)
        self.join.clicked.connect(self.joins)
        self.rooms = LanList()
        self.rooms.enters.connect(self.enters)
        self.hint = ElidedLabel("", "quiet")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._cards = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._cards.setSpacing(12)
        for card in (self.open, self.host, self.join):
            self._cards.addWidget(card, 1)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(name)
        words.addWidget(line)
        head = QHBoxLayout()
        head.setSpacing(14)
        head.addWidget(logo)
        head.addLayout(words, 1)
        middle = QVBoxLayout()
        middle.setSpacing(24)
        middle.addLayout(head)
        middle.addLayout(self._cards)
        middle.addWidget(self.rooms)
        middle.addWidget(self.hint)
        block = QWidget()
        block.setMaximumWidth(760)
        block.setLayout(middle)
        page = QWidget()
        page.setObjectName("welcomebody")
        column = QVBoxLayout(page)
        column.setContentsMargins(24, 12, 24, 12)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(block, 100)
        row.addStretch(1)
        column.addStretch(2)
        column.addLayout(row)
        column.addStretch(3)
        scroll = QScrollArea()
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        self.show_folder("")

    def show_folder(self, folder: str) -> None:
        """Where the next film will be looked for."""
        hint = "You can also drop a film or an invite here."
        if folder:
            hint += f"  Films open from {_short(folder)}."
        self.hint.show_text(hint)

    def show_rooms(self, rooms: tuple[LanRow, ...]) -> None:
        """The rooms that can be entered without leaving the house."""
        self.rooms.show_rooms(rooms)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        way = QBoxLayout.Direction
        self._cards.setDirection(way.TopToBottom if self.width() < NARROW else way.LeftToRight)


def _short(folder: str) -> str:
    try:
        return str(Path("~") / Path(folder).relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return folder
