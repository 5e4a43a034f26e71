"""How loud the microphone is, while somebody looks."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from player.ui.theme import COLOURS

BARS = 24
GAP = 3  # px


class Meter(QWidget):
    """A row of bars. Bright: what is said now is heard by the others."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Level of the microphone")
        self._lit = 0
        self._is_heard = False

    @property
    def lit(self) -> int:
        """How many of the bars are lit."""
        return self._lit

    def show_level(self, level: float, is_heard: bool) -> None:
        """`level` 0 to 1."""
        lit = min(BARS, max(0, round(level * BARS)))
        if (lit, is_heard) != (self._lit, self._is_heard):
            self._lit, self._is_heard = lit, is_heard
            self.setAccessibleDescription(f"{round(lit / BARS * 100)} %")
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, 14)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        wide = (self.width() - (BARS - 1) * GAP) / BARS
        for bar in range(BARS):
            colour = COLOURS.lifted
            if bar < self._lit:
                colour = COLOURS.quiet if not self._is_heard else COLOURS.near if bar >= BARS - 4 else COLOURS.good
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(bar * (wide + GAP), 2, wide, self.height() - 4), 1.5, 1.5)
        painter.end()
