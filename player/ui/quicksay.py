"""A line to write in over the picture, where the panel is closed: Enter opens it and sends, Esc closes it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from player.core.room_intents import SayLine
from player.ports import Act
from player.ui.label import Label
from player.ui.sayfield import SayField


class QuickSay(QFrame):
    closed = Signal()
    resized = Signal()

    def __init__(self, act: Act, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("quicksay")
        self.field = SayField()
        self.field.setPlaceholderText("Say something: Enter sends, Esc closes")
        self.count = Label("", "quiet")
        self.count.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(4)
        column.addWidget(self.field)
        column.addWidget(self.count)
        self._act = act
        self.field.said.connect(self._say)
        self.field.escaped.connect(self.close_up)
        self.field.left.connect(self._leave)
        self.field.counted.connect(self._count)
        self.field.textChanged.connect(self.resized)
        self.hide()

    def open_up(self) -> None:
        self.show()
        self.raise_()
        self.field.setFocus()

    def close_up(self) -> None:
        """What was written stays, for the next time."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def _say(self, text: str) -> None:
        self._act(SayLine(text))
        self.close_up()

    def _leave(self) -> None:
        if not self.field.text():
            self.close_up()

    def _count(self, words: str, is_over: bool) -> None:
        self.count.show_text(words)
        self.count.set_role("bad" if is_over else "quiet")
        self.count.setVisible(bool(words))
        self.resized.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # beside the field, not on the picture
