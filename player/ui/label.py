"""The labels of the window. Every one shows plain text, whatever a stranger has written into a name, a title or a
file name: Qt's own label guesses rich text unless it is told not to (PEERS section 8)."""

from __future__ import annotations

import html
import re
import unicodedata

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

LONG = 18  # letters: a word that is longer may be broken
PIECE = 8  # letters, each of which may stand at the end of a line
BREAK = "\u200b"


class Label(QLabel):
    """Plain text. `role` is what the theme knows it by. One that wraps breaks words, too, that no line can hold."""

    def __init__(self, text: str = "", role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        if role:
            self.setProperty("role", role)
        self.setText(text)

    def text(self) -> str:
        return self._text

    def setText(self, text: str) -> None:
        self._text = text
        super().setText(breakable(text) if self.wordWrap() else text)

    def setWordWrap(self, on: bool) -> None:
        super().setWordWrap(on)
        self.setText(self._text)

    def show_text(self, text: str) -> None:
        """Set the text if it is another one: views come often, words change rarely."""
        if text != self.text():
            self.setText(text)

    def set_role(self, role: str) -> None:
        """Look like something else from now on."""
        if role != self.property("role"):
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)


class ElidedLabel(Label):
    """One line that ends in an ellipsis where there is no room; then its tip has the whole of it."""

    def __init__(self, text: str = "", role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, role, parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        super().setText(" ".join(text.split()))
        self._tell_the_rest()

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance("M…"), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell_the_rest()

    def shown_text(self) -> str:
        """What there is room for."""
        width = self.contentsRect().width()
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, width)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), int(self.alignment()), self.shown_text())
        painter.end()

    def _tell_the_rest(self) -> None:
        set_tip(self, self.text() if self.shown_text() != self.text() else "")


def set_tip(widget: QWidget, text: str) -> None:
    """A tool tip of plain text."""
    widget.setToolTip(tip_text(text))


def tip_text(text: str) -> str:
    """A plain text as a tool tip. Qt has no format for tips, so it is escaped and said to be rich."""
    return f"<qt>{html.escape(text)}</qt>" if text else ""


def breakable(text: str) -> str:
    """The text with invisible places to break in its very long words, none of them within an emoji or a letter."""
    return re.sub(rf"\S{{{LONG + 1},}}", lambda found: _in_pieces(found.group()), text)


def _in_pieces(word: str) -> str:
    pieces, length = [], 0
    for before, sign in zip(" " + word, word, strict=False):
        is_joined = before == "\u200d" or unicodedata.category(sign) in ("Mn", "Me", "Mc", "Cf", "Sk", "Cs")
        if length >= PIECE and not is_joined:
            pieces.append(BREAK)
            length = 0
        pieces.append(sign)
        length += 1
    return "".join(pieces)
