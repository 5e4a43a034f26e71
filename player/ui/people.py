"""The page of people: who is here, how far each one is from the timeline, who keeps the room waiting, and what may be
done about it; the ready check; one's own place and offset."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from player.core.room_intents import AskReady, GoAway
from player.core.view import Intent, MemberRow, View
from player.ports import Act
from player.ui.buttons import make_flat, plain_button
from player.ui.check import CheckPart
from player.ui.dialogs import Doubt
from player.ui.label import set_tip
from player.ui.member import MemberLine
from player.ui.offset import OffsetPart


class PeoplePage(QWidget):
    copies_invite = Signal()
    hosts = Signal()
    """The page for hosting, please."""
    leaves = Signal()
    asks = Signal(object, object)
    """An intent that is asked back first, with the `Doubt`."""

    def __init__(self, act: Act, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("people")
        self._act = act
        self._view = View()
        self._members: tuple[MemberRow, ...] = ()
        self.lines: dict[str, MemberLine] = {}
        body = QWidget()
        body.setObjectName("members")
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.check_part = CheckPart(act)
        self.offset_part = OffsetPart(act)
        self._column.addWidget(self.check_part)
        self._column.addWidget(self.offset_part)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll = scroll
        self.check = make_flat(plain_button("Ready check"))
        self.away = make_flat(plain_button("I’m away"))
        self.copy = make_flat(plain_button("Copy invite"))
        self.host = make_flat(plain_button("Hosting…"))
        self.leave = make_flat(plain_button("Leave"))
        self.leave.setAccessibleName("Leave the room")
        self.check.clicked.connect(lambda: act(AskReady()))
        self.away.clicked.connect(lambda: act(GoAway(not self._view.is_away)))
        self.copy.clicked.connect(self.copies_invite)
        self.host.clicked.connect(self.hosts)
        self.leave.clicked.connect(self.leaves)
        foot = QFrame()
        foot.setProperty("role", "part")
        rows = QVBoxLayout(foot)
        rows.setContentsMargins(14, 10, 14, 12)
        rows.setSpacing(8)
        rows.addLayout(_row(self.check, self.away))
        rows.addLayout(_row(self.copy, self.host, self.leave))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(scroll, 1)
        column.addWidget(foot)

    def show_view(self, view: View) -> None:
        before, self._view = self._view, view
        self.copy.setVisible(bool(view.invite))
        self.host.setVisible(view.hosting is not None)
        self.check_part.show_check(view.check)
        self.offset_part.show_copy(view.copy)
        self.away.setText("I’m back" if view.is_away else "I’m away")
        self.away.setEnabled(view.link == "joined")
        self._show_check_button(view)
        if (view.members, view.rights, view.check) == (self._members, before.rights, before.check):
            return
        self._members = view.members
        peers = [member.peer for member in view.members]
        if peers != list(self.lines):
            self._line_up(peers)
        for member in view.members:
            self.lines[member.peer].show_row(member, view)

    def _show_check_button(self, view: View) -> None:
        is_company = sum(member.here for member in view.members) > 1
        self.check.setVisible(view.check is None)
        self.check.setEnabled(view.rights.control and is_company and view.link == "joined")
        if not view.rights.control:
            tip = view.rights.words
        elif is_company:
            tip = "Ask everybody; when all are ready the film starts with a count-down"
        else:
            tip = "Nobody else is here"
        if tip != self.check.property("tip"):
            self.check.setProperty("tip", tip)
            set_tip(self.check, tip)

    def _line_up(self, peers: list[str]) -> None:
        """Keep the lines of who stays, in the order of the view."""
        old, self.lines = self.lines, {}
        for line in old.values():
            self._column.removeWidget(line)
        for place, peer in enumerate(peers, 2):  # below the parts that ask something
            line = old[peer] if peer in old else self._new_line()
            self.lines[peer] = line
            self._column.insertWidget(place, line)
        for peer in old.keys() - self.lines.keys():
            old[peer].hide()
            old[peer].deleteLater()

    def _new_line(self) -> MemberLine:
        line = MemberLine()
        line.wished.connect(self._wish)
        line.asks_offset.connect(self._ask_offset)
        return line

    def _ask_offset(self) -> None:
        self.offset_part.ask()
        self._scroll.ensureWidgetVisible(self.offset_part)

    def _wish(self, intent: Intent, doubt: Doubt | None) -> None:
        if doubt is None:
            self._act(intent)
        else:
            self.asks.emit(intent, doubt)


def _row(*buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for button in buttons:
        row.addWidget(button, 1)
    return row
