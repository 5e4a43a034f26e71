"""Who is in the room, how far each one is from its timeline, and who keeps it waiting."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from player.core.view import MemberRow, View
from player.core.words import figure_text
from player.ui.badge import Mark
from player.ui.buttons import plain_button
from player.ui.label import ElidedLabel, Label, set_tip

WIDTH = 248  # px


class MemberLine(QFrame):
    """One member. Its place in the list is its own for as long as it is in the room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "member")
        self.setMinimumHeight(48)
        self._mark = Mark()
        self.name = ElidedLabel("", "name")
        self.state = Label("", "quiet")
        self.figure = Label("", "figure")
        self.figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.name)
        words.addWidget(self.state)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(10)
        row.addWidget(self._mark)
        row.addLayout(words, 1)
        row.addWidget(self.figure)
        self._row: MemberRow | None = None

    def show_row(self, row: MemberRow) -> None:
        if row == self._row:
            return
        self._row = row
        self.name.show_text(f"{row.name} (you)" if row.is_me else row.name)
        self.figure.show_text(figure_text(row.asynchrony, row.level) if row.here else "")
        if not row.here:
            state, role = "connection lost", "bad"
        elif row.is_waited_for:
            state, role = "the room waits", "near"
        else:
            state, role = "", "quiet"
        self.state.show_text(state)
        self.state.set_role(role)
        self.state.setVisible(bool(state))
        self.name.set_role("name" if row.here else "away")
        self._mark.show_level(row.level if row.here else "off")
        self.setAccessibleName(" ".join(filter(None, (self.name.text(), state, self.figure.text()))))
        tip = "" if row.delay is None else f"Round trip {row.delay * 1000:.0f} ms"
        set_tip(self.figure, tip)


class RosterPanel(QFrame):
    """The side panel: members, the invite, the way out."""

    copies_invite = Signal()
    leaves = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("roster")
        self.setAccessibleName("Roster")
        self.setFixedWidth(WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.room = ElidedLabel("", "panel-title")
        self.count = Label("", "quiet")
        self.lines: dict[str, MemberLine] = {}
        self._members: tuple[MemberRow, ...] = ()

        body = QWidget()
        body.setObjectName("members")
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)

        self.copy = plain_button("Copy invite")
        self.copy.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.copy.clicked.connect(self.copies_invite)
        self.leave = plain_button("Leave")
        self.leave.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.leave.setAccessibleName("Leave the room")
        self.leave.clicked.connect(self.leaves)

        head = QVBoxLayout()
        head.setContentsMargins(14, 12, 14, 8)
        head.setSpacing(2)
        head.addWidget(self.room)
        head.addWidget(self.count)
        foot = QHBoxLayout()
        foot.setContentsMargins(14, 10, 14, 14)
        foot.setSpacing(8)
        foot.addWidget(self.copy, 1)
        foot.addWidget(self.leave)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(scroll, 1)
        column.addLayout(foot)

    def minimumSizeHint(self) -> QSize:
        return QSize(WIDTH, 0)

    def show_view(self, view: View) -> None:
        self.room.show_text(view.room or "Room")
        self.copy.setVisible(bool(view.invite))
        here = sum(member.here for member in view.members)
        count = "Only you" if here <= 1 else f"{here} here"
        self.count.show_text("Not connected" if view.link == "lost" else count)
        if view.members == self._members:
            return
        self._members = view.members
        peers = [member.peer for member in view.members]
        if peers != list(self.lines):
            self._line_up(peers)
        for member in view.members:
            self.lines[member.peer].show_row(member)

    def _line_up(self, peers: list[str]) -> None:
        """Keep the lines of who stays, in the order of the view."""
        old, self.lines = self.lines, {}
        for line in old.values():
            self._column.removeWidget(line)
        for place, peer in enumerate(peers):
            line = old[peer] if peer in old else MemberLine()
            self.lines[peer] = line
            self._column.insertWidget(place, line)
        for peer in old.keys() - self.lines.keys():
            old[peer].hide()
            old[peer].deleteLater()
