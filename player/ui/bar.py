"""What lies over an edge of the picture and darkens it, so that words can be read."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QColor, QLinearGradient, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget


class Bar(QWidget):
    def __init__(self, veil: Sequence[tuple[float, QColor]], parent: QWidget | None = None) -> None:
        """`veil`: colours by height, from 0 at the top to 1."""
        super().__init__(parent)
        self._veil = veil

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # what misses a button is not a click on the picture

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        gradient = QLinearGradient(0, 0, 0, self.height())
        for at, colour in self._veil:
            gradient.setColorAt(at, colour)
        painter.fillRect(self.rect(), gradient)
        painter.end()
