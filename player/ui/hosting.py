"""The page for hosting: the invite large, whether friends can reach it, links, rules, bans.

It stands beside the window and holds nothing up: the film goes on while somebody reads it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from player.core.room_view import HostingView
from player.core.view import View
from player.ports import Act
from player.ui.buttons import plain_button
from player.ui.invites import BansPart, LinksPart
from player.ui.label import ElidedLabel, Label
from player.ui.qr import QrPicture
from player.ui.reach import ReachPart
from player.ui.rules import PasswordPart, RulesPart

SIZE = QSize(600, 640)  # px, where the screen has room for it


class HostingPage(QDialog):
    copies = Signal()
    said = Signal(str)
    """Something to be read for a moment."""

    def __init__(self, act: Act, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Matinee")
        self.setObjectName("hosting")
        self.setAccessibleName("Hosting")
        self.title = ElidedLabel("", "dialog-title")
        self.hint = Label("", "quiet")
        self.hint.setWordWrap(True)
        self.field = QLineEdit()
        self.field.setReadOnly(True)
        self.field.setAccessibleName("Invite")
        self.copy = plain_button("Copy invite", "primary")
        self.copy.clicked.connect(self.copies)
        self.qr = QrPicture()
        self.reach = ReachPart(act)
        self.links = LinksPart(act)
        self.links.copied.connect(self._say)
        self.rules = RulesPart(act)
        self.password = PasswordPart(act)
        self.bans = BansPart(act)
        self.news = Label("", "quiet")
        self.finish = plain_button("Done")
        self.finish.clicked.connect(self.close)
        self._lay_out()
        screen = self.screen().availableGeometry()
        self.resize(SIZE.boundedTo(screen.size() - QSize(40, 60)))
        self.copy.setFocus()

    def show_view(self, view: View) -> None:
        hosting = view.hosting or HostingView()
        self.title.show_text(f"Hosting “{view.room}”" if view.room else "Hosting")
        if view.invite != self.field.text():
            self.field.setText(view.invite)
            self.field.setCursorPosition(0)
            self.qr.show_text(view.invite)
        self.field.setVisible(bool(view.invite))
        self.copy.setVisible(bool(view.invite))
        self.qr.setVisible(bool(view.invite))
        self.hint.show_text(_hint(view))
        self.reach.show_reach(hosting.reach, hosting.is_lan_open)
        self.links.allow_operators(view.rights.host)
        self.links.show_keys(hosting.keys, view.invite)
        self.rules.show_view(view)
        self.password.show_view(view)
        self.bans.show_bans(hosting.bans)
        for part in (self.links, self.bans):
            part.setEnabled(view.rights.operate)

    def say_copied(self) -> None:
        self._say("The invite is copied: paste it into a message to your friends")

    def _say(self, words: str) -> None:
        self.news.show_text(words)
        self.said.emit(words)

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(10)
        words.addWidget(self.title)
        words.addWidget(self.hint)
        words.addWidget(self.field)
        words.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)
        words.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(20)
        head.addLayout(words, 1)
        head.addWidget(self.qr, 0, Qt.AlignmentFlag.AlignTop)
        body = QWidget()
        body.setObjectName("hostingbody")
        column = QVBoxLayout(body)
        column.setContentsMargins(22, 20, 22, 16)
        column.setSpacing(22)
        column.addLayout(head)
        for part in (self.reach, self.links, self.rules, self.password, self.bans):
            column.addWidget(part)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        foot = QFrame()
        foot.setProperty("role", "part")
        row = QHBoxLayout(foot)
        row.setContentsMargins(22, 10, 22, 12)
        row.addWidget(self.news, 1)
        row.addWidget(self.finish)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(scroll, 1)
        whole.addWidget(foot)


def _hint(view: View) -> str:
    if not view.invite:
        return "No link for guests leads to this room any more: make one below."
    words = "Send this link to your friends, or let them photograph the code. Whoever has it joins as a guest"
    needs_password = view.rules.has_password and "key=" not in view.invite
    return f"{words} who knows the password." if needs_password else f"{words}."
