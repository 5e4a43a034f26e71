"""An invite as a picture that a phone's camera reads."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from player.core.qr_code import Modules, QrError, qr_matrix

SIDE = 216  # px at most: three or four for each module of an invite


class QrPicture(QWidget):
    """Black on white, each module in whole device pixels: half-grey edges are what cameras fail at. `words` says why
    there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(SIDE, SIDE)
        self._text = ""
        self.words = ""
        self.modules: Modules = ()

    def show_text(self, text: str) -> None:
        if text == self._text:
            return
        self._text, self.words, self.modules = text, "", ()
        if text:
            try:
                self.modules = qr_matrix(text)
            except QrError as error:
                self.words = str(error)
        self.setFixedSize(*(2 * (round(self._module() * len(self.modules)) or SIDE,)))
        self.setAccessibleName("The invite as a QR code" if self.modules else self.words)
        self.update()

    def _module(self) -> float:
        """The side of a module, px: whole device pixels."""
        ratio = self.devicePixelRatioF()
        return max(1, int(SIDE * ratio / len(self.modules))) / ratio if self.modules else 0.0

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self.modules:
            painter.setPen(self.palette().placeholderText().color())
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(8, 8, -8, -8), int(flags), self.words)
            painter.end()
            return
        module = self._module()
        painter.fillRect(self.rect(), QColor(Qt.GlobalColor.white))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(Qt.GlobalColor.black))
        for y, row in enumerate(self.modules):
            for x, is_dark in enumerate(row):
                if is_dark:
                    painter.drawRect(QRectF(x * module, y * module, module, module))
        painter.end()
