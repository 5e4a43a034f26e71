"""The links that hold, new ones, and who is banned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from player.core.room_intents import LiftBan, MakeInvite, RevokeInvite
from player.core.room_view import BanRow, KeyRow
from player.ports import Act
from player.ui.buttons import plain_button
from player.ui.label import ElidedLabel, Label
from player.ui.section import Choice, Section

ROLES: tuple[Literal["guest", "operator"], ...] = ("guest", "operator")
EXPIRIES: tuple[tuple[str, float | None], ...] = (("for 1 hour", 3600.0), ("for 1 day", 86400.0), ("for ever", None))


class LinksPart(Section):
    copied = Signal(str)
    """A link is in the clipboard; words that say which."""

    def __init__(self, act: Act, parent: QWidget | None = None) -> None:
        super().__init__("Invites", parent)
        self._act = act
        self._keys: tuple[KeyRow, ...] | None = None
        self._shown = ""
        self._awaits = False
        self.role = Choice("Invite as", "Guest", "Operator")
        self.expires = Choice("Valid", *(words for words, _ in EXPIRIES))
        self.expires.setCurrentIndex(1)
        self.make = plain_button("Make a link")
        self.make.clicked.connect(self._make)
        self.add_row(self.role, self.expires, self.make).addStretch(1)
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        self.rows.addLayout(self._list)
        self.lines: list[LinkLine] = []

    def show_keys(self, keys: tuple[KeyRow, ...], shown: str = "") -> None:
        """`shown`: the link that stands on the page already."""
        if (keys, shown) == (self._keys, self._shown):
            return
        before = {key.id for key in self._keys or ()}
        is_first, self._keys, self._shown = self._keys is None, keys, shown
        had_keyboard = any(line.isAncestorOf(holder) for line in self.lines if (holder := line.window().focusWidget()))
        _take_out(self._list, self.lines)
        if had_keyboard:
            self.make.setFocus()
        self.lines = [LinkLine(key, bool(shown) and key.link == shown) for key in keys]
        for line in self.lines:
            self._list.addWidget(line)
            line.copy.clicked.connect(lambda _checked=False, key=line.key: self._copy(key))
            line.revoke.clicked.connect(lambda _checked=False, key=line.key: self._act(RevokeInvite(key.id)))
        new = [key for key in keys if key.link and key.id not in before]
        if self._awaits and new and not is_first:
            self._awaits = False
            self._copy(new[-1])

    def allow_operators(self, may: bool) -> None:
        """Links for operators are the host's to make."""
        self.role.setVisible(may)
        if not may:
            self.role.setCurrentIndex(ROLES.index("guest"))

    def _make(self) -> None:
        self._awaits = True
        self._act(MakeInvite(ROLES[self.role.currentIndex()], EXPIRIES[self.expires.currentIndex()][1]))

    def _copy(self, key: KeyRow) -> None:
        QGuiApplication.clipboard().setText(key.link)
        self.copied.emit(f"The link for {'an operator' if key.role == 'operator' else 'a guest'} is copied")


class LinkLine(QFrame):
    def __init__(self, key: KeyRow, is_shown: bool = False) -> None:
        super().__init__()
        self.setProperty("role", "lan")
        self.key = key
        who = "Operator" if key.role == "operator" else "Guest"
        words = (
            "the link above" if is_shown else "",
            f"ends {key.expires}" if key.expires else "never ends",
            f"by {key.by}" if key.by else "",
        )
        self.words = ElidedLabel(" · ".join((who, *filter(None, words))))
        self.copy = plain_button("Copy")
        self.copy.setVisible(bool(key.link))
        self.revoke = plain_button("Revoke")
        for button in (self.copy, self.revoke):
            button.setProperty("density", "small")
            button.setAccessibleName(f"{button.text()} the link: {self.words.text()}")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 6, 5)
        row.setSpacing(6)
        row.addWidget(self.words, 1)
        row.addWidget(self.copy)
        row.addWidget(self.revoke)


class BansPart(Section):
    def __init__(self, act: Act, parent: QWidget | None = None) -> None:
        super().__init__("Banned", parent)
        self._act = act
        self._bans: tuple[BanRow, ...] | None = None
        self.lines: list[QFrame] = []
        self.nobody = Label("Nobody.", "quiet")
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        self.rows.addWidget(self.nobody)
        self.rows.addLayout(self._list)

    def show_bans(self, bans: tuple[BanRow, ...]) -> None:
        if bans == self._bans:
            return
        self._bans = bans
        self.nobody.setVisible(not bans)
        _take_out(self._list, self.lines)
        self.lines = []
        for ban in bans:
            line = QFrame()
            self.lines.append(line)
            line.setProperty("role", "lan")
            row = QHBoxLayout(line)
            row.setContentsMargins(12, 5, 6, 5)
            row.addWidget(ElidedLabel(ban.name), 1)
            lift = plain_button("Lift the ban")
            lift.setProperty("density", "small")
            lift.setAccessibleName(f"Lift the ban of {ban.name}")
            lift.clicked.connect(lambda _checked=False, ban=ban: self._act(LiftBan(ban.id)))
            row.addWidget(lift)
            self._list.addWidget(line)


def _take_out(layout: QVBoxLayout, lines: Sequence[QFrame]) -> None:
    for line in lines:
        layout.removeWidget(line)
        line.hide()
        line.deleteLater()
