"""Whoever hosts and goes: hand the room over, end it for all, or stay after all."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QWidget

from player.core.view import MemberRow
from player.core.words import list_text
from player.ui.buttons import plain_button
from player.ui.dialogs import Question
from player.ui.label import Label
from player.ui.section import Choice


class EndQuestion(Question):
    """Return presses what harms nobody: to hand over, if somebody can have it."""

    handed_over = Signal(str)
    """The peer whose computer hosts on."""

    def __init__(self, parent: QWidget, others: Sequence[MemberRow], is_quitting: bool) -> None:
        names = [member.name for member in others]
        who = f"{list_text(names)} {'is' if len(names) == 1 else 'are'}"
        how = "quit" if is_quitting else "leave"
        super().__init__(
            "You host this room",
            f"{who} here. Hand the room over and they watch on, or end it for everybody when you {how}.",
            parent,
        )
        self.setMinimumWidth(440)
        self.people = Choice("Who hosts on")
        self.people.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.people.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for member in others:
            self.people.addItem(member.name, member.peer)
        self.people.setCurrentIndex(others.index(successor(others)))
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(Label("Hand over to"))
        row.addWidget(self.people, 1)
        self.body.addLayout(row)
        self.end = plain_button("End for all")
        self.end.setProperty("role", "rash")
        self.end.clicked.connect(self.accept)
        self._answers.insertWidget(0, self.end, 0, Qt.AlignmentFlag.AlignLeft)
        self.finish("Hand over")
        self.yes.clicked.disconnect()
        self.yes.clicked.connect(self._hand_over)
        self.yes.setFocus()

    def _hand_over(self) -> None:
        peer = self.people.currentData()
        self.reject()
        self.handed_over.emit(peer)


def successor(others: Sequence[MemberRow]) -> MemberRow:
    """An operator if there is one, else who is here the longest."""
    return next((member for member in others if member.facts.role == "operator"), others[0])
