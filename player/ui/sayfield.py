"""Where people write what they say: grows with the text, sends with Enter, keeps every key but Esc for itself."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QWidget

from server.core.protocol import MAX_SAID

MOST_LINES = 4  # then it scrolls
PADDING = 9  # px above and below the text, with the edge
NEAR = 200  # characters before the limit: from there on it is said how many are left


class SayField(QPlainTextEdit):
    said = Signal(str)
    escaped = Signal()
    counted = Signal(str, bool)
    """What to say about the length ("" is nothing), and whether it is too long to be sent."""
    left = Signal()
    """The keyboard has gone elsewhere."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("say")
        self.setAccessibleName("Message")
        self.setTabChangesFocus(True)
        self.setAcceptDrops(False)  # a film that is dropped here is to be watched; its path is nobody's business
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.textChanged.connect(self._take_length)
        self._fit()

    def text(self) -> str:
        """What is written, without half of a surrogate pair, which some input methods leave."""
        whole = self.toPlainText().encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.strip()

    def send(self) -> None:
        """Say it, unless there is nothing or too much of it."""
        text = self.text()
        if text and len(text) <= MAX_SAID:
            self.clear()
            self.said.emit(text)

    def _take_length(self) -> None:
        self._fit()
        count = len(self.text())
        if count > MAX_SAID:
            over = count - MAX_SAID
            self.counted.emit(f"{over:,} character{'' if over == 1 else 's'} too many", True)
        elif count > MAX_SAID - NEAR:
            self.counted.emit(f"{MAX_SAID - count:,} characters left", False)
        else:
            self.counted.emit("", False)

    def _fit(self) -> None:
        """As high as its lines."""
        lines = min(MOST_LINES, max(1, int(self.document().size().height())))
        height = lines * self.fontMetrics().lineSpacing() + 2 * PADDING
        if height != self.height():
            self.setFixedHeight(height)

    # -- Qt's

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.send()
        else:
            super().keyPressEvent(event)
        event.accept()  # no key that is meant for the text seeks in the film

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.left.emit()
