"""Whether friends can reach a room that this computer hosts, in words, and what to do if they can't."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from player.core.room_intents import OpenToLan
from player.core.room_view import ReachView
from player.ports import Act
from player.ui.icons import draw_icon
from player.ui.label import Label, set_tip
from player.ui.section import Section, Tick
from player.ui.theme import COLOURS

SIGNS = {
    "checking": ("wait", COLOURS.quiet),
    "yes": ("ready", COLOURS.good),
    "no": ("warning", COLOURS.near),
    "unknown": ("info", COLOURS.focus),
}
WORDS = {
    "checking": "Finding out whether friends can reach this computer …",
    "yes": "Friends can reach this computer.",
    "no": "Friends outside your network can’t reach this computer yet.",
    "unknown": "Whether friends outside your network can reach this computer is not known.",
}


class ReachPart(Section):
    def __init__(self, act: Act, parent: QWidget | None = None) -> None:
        super().__init__("Can friends reach it?", parent)
        self._reach: ReachView | None = None
        self._marks: list[Label] = []
        self.todo: list[Label] = []
        self._picture = Label()
        self.words = Label()
        self.words.setWordWrap(True)
        self._todo = QGridLayout()
        self._todo.setHorizontalSpacing(8)
        self._todo.setVerticalSpacing(4)
        self._todo.setColumnStretch(1, 1)
        self.lan = Tick("Let people on this network join without an invite")
        set_tip(self.lan, "The room appears by itself on computers in your home network.")
        self.lan.clicked.connect(lambda is_open: act(OpenToLan(is_open)))
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self.words)
        words.addLayout(self._todo)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.rows.addLayout(row)
        self.rows.addWidget(self.lan)

    def show_reach(self, reach: ReachView | None, is_lan_open: bool) -> None:
        self.setVisible(reach is not None)
        if self.lan.isChecked() != is_lan_open:
            self.lan.setChecked(is_lan_open)
        if reach is None or reach == self._reach:
            return
        self._reach = reach
        icon, colour = SIGNS[reach.level]
        self._picture.setPixmap(draw_icon(icon, 20, colour, self.devicePixelRatioF()))
        self.words.show_text(reach.words or WORDS[reach.level])
        self._list(reach.todo)

    def _list(self, todo: tuple[str, ...]) -> None:
        """What to do: one thing is no list, several have a mark each."""
        for old in (*self._marks, *self.todo):
            self._todo.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._marks = [Label("•", "quiet") for _ in todo] if len(todo) > 1 else []
        self.todo = [Label(words, "quiet") for words in todo]
        for row, mark in enumerate(self._marks):
            self._todo.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignTop)
        for row, label in enumerate(self.todo):
            label.setWordWrap(True)
            self._todo.addWidget(label, row, 1)
