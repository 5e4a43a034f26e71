"""The rooms on this network, which come and go by themselves."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from player.core.room_view import LanRow
from player.ui.buttons import plain_button
from player.ui.icons import draw_icon
from player.ui.label import ElidedLabel, Label
from player.ui.theme import COLOURS

ROW = 48  # px
MOST = 3  # rows that are seen at once


class LanLine(QFrame):
    def __init__(self, row: LanRow) -> None:
        super().__init__()
        self.setProperty("role", "lan")
        self.setFixedHeight(ROW)
        picture = Label()
        picture.setPixmap(draw_icon("network", 20, COLOURS.quiet, self.devicePixelRatioF()))
        words = QVBoxLayout()
        words.setSpacing(0)
        self.room = ElidedLabel(row.room, "name")
        self.where = ElidedLabel(row.where, "quiet")
        words.addStretch(1)
        words.addWidget(self.room)
        words.addWidget(self.where)
        words.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 2, 8, 2)
        layout.setSpacing(10)
        layout.addWidget(picture)
        layout.addLayout(words, 1)
        self.join: QPushButton | None = None
        if row.invite:
            self.join = plain_button("Join")
            self.join.setProperty("density", "small")
            self.join.setAccessibleName(f"Join “{row.room}”")
            layout.addWidget(self.join)
        else:
            layout.addWidget(Label("Ask for an invite", "quiet"))
        self.setAccessibleName(f"{row.room}, {row.where}")


class LanList(QWidget):
    """Nothing at all while there are none."""

    enters = Signal(str)
    """The invite of a room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[LanRow, ...] = ()
        self.lines: list[LanLine] = []
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
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(Label("On this network", "section"))
        column.addWidget(self._scroll)
        self.hide()

    def show_rooms(self, rows: tuple[LanRow, ...]) -> bool:
        """Says whether something has changed."""
        if rows == self._rows:
            return False
        self._rows = rows
        for line in self.lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self.lines = [LanLine(row) for row in rows]
        for line, row in zip(self.lines, rows, strict=True):
            self._column.addWidget(line)
            if line.join is not None:
                line.join.clicked.connect(lambda _checked=False, invite=row.invite: self.enters.emit(invite))
        shown = min(MOST, len(rows))
        self._scroll.setFixedHeight(max(1, shown * ROW + (shown - 1) * 6 + (14 if len(rows) > MOST else 0)))
        self.setVisible(bool(rows))
        return True
