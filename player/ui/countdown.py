"""3 - 2 - 1, large, in the middle: the film starts for everybody at the end of it."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from player.ports import Clock
from player.ui.theme import COLOURS

SIDE = 168  # px, where there is room for it


class CountDown(QWidget):
    """Views come five times a second: between them the clock says when the next number is due."""

    def __init__(self, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("countdown")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._clock = clock
        self._ends: float | None = None  # local time
        self.number = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._count)
        self.hide()

    def show_left(self, left: float | None) -> None:
        """That many seconds are left; None: nothing is counted."""
        self._ends = None if left is None else self._clock.now() + left
        self._count()

    def _count(self) -> None:
        left = 0.0 if self._ends is None else self._ends - self._clock.now()
        number = math.ceil(left)
        if number < 1:
            self._timer.stop()
            self.number = 0
            self.hide()
            return
        if number != self.number:
            self.number = number
            self.setAccessibleName(str(number))
            self.update()
        self._timer.start(max(1, math.ceil((left - (number - 1)) * 1000)))
        if self.isHidden():
            self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width(), self.height())
        disc = QRectF((self.width() - side) / 2 + 3, (self.height() - side) / 2 + 3, side - 6, side - 6)
        painter.setBrush(QColor(16, 18, 22, 190))
        painter.setPen(QPen(QColor(COLOURS.accent), 4))
        painter.drawEllipse(disc)
        font = painter.font()
        font.setPixelSize(max(12, round(side * 0.56)))
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(Qt.GlobalColor.white))
        painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, str(self.number))
        painter.end()
