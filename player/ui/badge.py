"""The sync badge: how far this player is from the room. Colour, shape and words say the same, so none is needed."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from player.core.view import Badge, Level
from player.ui.label import Label
from player.ui.theme import COLOURS

COLOUR: dict[Level, str] = {
    "alone": COLOURS.quiet,
    "good": COLOURS.good,
    "near": COLOURS.near,
    "off": COLOURS.off,
    "unknown": COLOURS.quiet,
}


class Mark(QWidget):
    """A full disc is good, half a disc near, a triangle off, a ring not known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(QSize(12, 12))
        self._level: Level = "unknown"

    def show_level(self, level: Level) -> None:
        if level != self._level:
            self._level = level
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(COLOUR[self._level])
        disc = QRectF(1.5, 1.5, 9, 9)
        painter.setPen(QPen(colour, 1.6))
        if self._level == "off":
            painter.setBrush(colour)
            painter.drawPolygon(QPolygonF([QPointF(6, 1.5), QPointF(10.8, 10.3), QPointF(1.2, 10.3)]))
        else:
            if self._level == "good":
                painter.setBrush(colour)
            painter.drawEllipse(disc)
            if self._level == "near":
                painter.setBrush(colour)
                painter.drawPie(disc, 90 * 16, 180 * 16)
        painter.end()


class SyncBadge(QFrame):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("badge")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._mark = Mark()
        self.words = Label("", "small")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 12, 4)
        row.setSpacing(7)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.words)
        self.hide()

    def show_badge(self, badge: Badge) -> None:
        """Alone there is nobody to be in sync with, and no badge."""
        is_shown = badge.level != "alone" and bool(badge.words)
        if is_shown:
            self._mark.show_level(badge.level)
            self.words.show_text(badge.words)
            if self.accessibleName() != badge.words:
                self.setAccessibleName(badge.words)
        if self.isHidden() == is_shown:
            self.setVisible(is_shown)
