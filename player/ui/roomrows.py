"""Rooms that can be entered without a link from a friend: those on this network, which come and go by themselves, and
those that a server lists."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from player.core.room_view import LanRow, ListedRow, ListingView
from player.ui.buttons import plain_button
from player.ui.icons import draw_icon
from player.ui.label import ElidedLabel, Label, set_tip
from player.ui.theme import COLOURS

ROW = 48  # px
MOST_NEAR, MOST_LISTED = 3, 5  # rows that are seen at once


class RoomLine(QFrame):
    """A room and the button that leads there; one without an invite has none."""

    def __init__(self, icon: str, room: str, under: str, invite: str, is_locked: bool = False) -> None:
        super().__init__()
        self.setProperty("role", "lan")
        self.setFixedHeight(ROW)
        words = QVBoxLayout()
        words.setSpacing(0)
        self.room = ElidedLabel(room, "name")
        self.under = ElidedLabel(under, "quiet")
        words.addStretch(1)
        words.addWidget(self.room)
        words.addWidget(self.under)
        words.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 2, 8, 2)
        layout.setSpacing(10)
        layout.addWidget(self._picture(icon, COLOURS.quiet))
        layout.addLayout(words, 1)
        self.lock: Label | None = None
        if is_locked:
            self.lock = self._picture("lock", COLOURS.near)
            set_tip(self.lock, "It takes a password")
            layout.addWidget(self.lock)
        self.join: QPushButton | None = None
        if invite:
            self.join = plain_button("Join")
            self.join.setProperty("density", "small")
            self.join.setAccessibleName(f"Join “{room}”")
            self.join.setAccessibleDescription(under)
            layout.addWidget(self.join)
        else:
            layout.addWidget(Label("Ask for an invite", "quiet"))
        self.setAccessibleName(f"{room}, {under}")

    def _picture(self, icon: str, colour: str) -> Label:
        picture = Label()
        picture.setPixmap(draw_icon(icon, 20, colour, self.devicePixelRatioF()))
        return picture


class RoomRows(QWidget):
    """A heading and rooms below each other, of which a few are seen at once."""

    enters = Signal(str)
    """The invite of a room."""

    def __init__(self, heading: str, most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._most = most
        self.lines: list[RoomLine] = []
        self.heading = ElidedLabel(heading, "section")
        body = QWidget()
        body.setObjectName("lanrows")
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._scroll = QScrollArea()
        self._scroll.setWidget(body)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(6)
        self.column.addWidget(self.heading)
        self.column.addWidget(self._scroll)
        self.hide()

    def fill(self, lines: list[tuple[RoomLine, str]]) -> None:
        """Show these instead, each with its invite."""
        for line in self.lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self.lines = [line for line, _ in lines]
        for line, invite in lines:
            self._column.addWidget(line)
            if line.join is not None:
                line.join.clicked.connect(lambda _checked=False, invite=invite: self.enters.emit(invite))
        shown = min(self._most, len(lines))
        self._scroll.setFixedHeight(max(1, shown * ROW + (shown - 1) * 6 + (14 if len(lines) > self._most else 0)))
        self._scroll.setVisible(bool(lines))


class LanList(RoomRows):
    """Nothing at all while there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("On this network", MOST_NEAR, parent)
        self._rows: tuple[LanRow, ...] = ()

    def show_rooms(self, rows: tuple[LanRow, ...]) -> bool:
        """Says whether something has changed."""
        if rows == self._rows:
            return False
        self._rows = rows
        self.fill([(RoomLine("network", row.room, row.where, row.invite), row.invite) for row in rows])
        self.setVisible(bool(rows))
        return True


class ListedRooms(RoomRows):
    """The rooms of the server that was asked last, once one was asked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", MOST_LISTED, parent)
        self.words = Label("", "quiet")
        self.words.setWordWrap(True)
        self.words.hide()
        self.column.insertWidget(1, self.words)
        self._listing = ListingView()

    @property
    def is_asking(self) -> bool:
        return self._listing.is_asking

    def show_listing(self, listing: ListingView) -> bool:
        """Says whether something has changed."""
        if listing == self._listing:
            return False
        self._listing = listing
        self.heading.show_text(f"On {listing.server}")
        self.words.show_text(f"Asking {listing.server} …" if listing.is_asking else listing.words)
        self.words.setVisible(bool(self.words.text()))
        self.fill([(_listed_line(row), row.invite) for row in listing.rooms])
        self.setVisible(bool(listing.server))
        return True


def _listed_line(row: ListedRow) -> RoomLine:
    people = {0: "Nobody is there now", 1: "1 person"}.get(row.people, f"{row.people} people")
    under = f"{people}, with a password" if row.has_password else people
    return RoomLine("people", row.room, under, row.invite, row.has_password)
