"""The ready check on the page of people: who is missing, and one's own answer. Everybody sees the same list."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from player.core.room_intents import CallOffCheck, SayReady
from player.core.room_view import CheckView
from player.core.words import list_text
from player.ports import Act
from player.ui.asks import asked_by
from player.ui.buttons import make_flat, plain_button, show_role
from player.ui.label import Label


class CheckPart(QFrame):
    """Seen only while a check is open."""

    def __init__(self, act: Act, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "part")
        self._act = act
        self._check: CheckView | None = None
        self.heading = Label("", "strong")
        self.heading.setWordWrap(True)
        self.missing = Label("", "quiet")
        self.missing.setWordWrap(True)
        self.answer = make_flat(plain_button("I’m ready", "primary"))
        self.off = make_flat(plain_button("Call it off"))
        self.answer.clicked.connect(self._answer)
        self.off.clicked.connect(lambda: act(CallOffCheck()))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.answer, 1)
        row.addWidget(self.off)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 12)
        column.setSpacing(6)
        column.addWidget(self.heading)
        column.addWidget(self.missing)
        column.addLayout(row)
        self.hide()

    def show_check(self, check: CheckView | None) -> None:
        if check == self._check:
            return
        self._check = check
        self.setVisible(check is not None)
        if check is None:
            return
        self.heading.show_text(asked_by(check.by))
        missing, ready = list_text(list(check.missing)), list_text(list(check.ready))
        lines = [f"Not yet: {missing}" if missing else "Everybody is ready.", f"Ready: {ready}" if ready else ""]
        self.missing.show_text("\n".join(filter(None, lines)))
        self.answer.setText("Not ready after all" if check.am_ready else "I’m ready")
        show_role(self.answer, "" if check.am_ready else "primary")
        self.off.setVisible(check.is_mine)

    def _answer(self) -> None:
        if self._check is not None:
            self._act(SayReady(not self._check.am_ready))
