"""What stands where the picture would be, when there is none: what is missing and the one thing to do about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from player.core.view import View
from player.ui.buttons import plain_button, show_role
from player.ui.icons import draw_icon
from player.ui.label import ElidedLabel, Label
from player.ui.theme import COLOURS


class Placeholder(QWidget):
    opens = Signal()
    copies_invite = Signal()
    leaves = Signal()
    trusts = Signal()
    """Open the address at which the room's film is."""
    chooses_folders = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("placeholder")
        self._icon = ""
        self._picture = Label()
        self.heading = ElidedLabel("", "placeholder")
        self.heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.words = Label("", "quiet")
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setWordWrap(True)
        self.open = plain_button("Open a film…", "primary")
        self.folders = plain_button("Film folders…")
        self.copy = plain_button("Copy invite")
        self.leave = plain_button("Cancel")
        self.trust = plain_button("Open the link…", "primary")
        for button, signal in (
            (self.open, self.opens),
            (self.trust, self.trusts),
            (self.folders, self.chooses_folders),
            (self.copy, self.copies_invite),
            (self.leave, self.leaves),
        ):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(signal)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for button in (self.trust, self.open, self.folders, self.copy, self.leave):
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 0, 24, 0)
        column.setSpacing(6)
        column.addStretch(1)
        column.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.heading)
        column.addWidget(self.words)
        column.addSpacing(8)
        column.addLayout(row)
        column.addStretch(1)

    def show_view(self, view: View) -> None:
        """Show itself, or nothing at all while there is a picture or one is on its way."""
        if view.has_picture or view.is_changing:
            self.hide()
            return
        can_open = can_invite = can_leave = can_trust = can_look = False
        if view.has_medium:
            icon, heading, words = "sound", view.title or "Sound", "This film has sound only."
        elif view.link == "connecting":
            icon, heading, words, can_leave = "people", view.link_words or "Connecting …", "", True
            if view.room:
                heading, words = f"Joining “{view.room}”", heading
        elif view.opening:
            icon, heading, words = "film", view.opening, "Opening …"
        elif view.link == "alone":
            icon, heading, words = "film", view.title, "Opening …"
        elif view.title and view.is_looking:
            icon, heading, can_open = "film", view.title, True
            words = "Looking for your own copy in your film folders …"
        elif view.title and view.address is not None:
            icon, heading, can_open, can_trust = "film", view.title, True, True
            words = f"The room watches this from {view.address.host}. Open it from there, or open your own copy."
        elif view.title:
            icon, heading, can_open = "film", view.title, True
            can_look = True
            words = view.missing_words or "The room watches this. Open your own copy of it to watch along."
            if not view.library.folders:
                words = "The room watches this. Open your own copy, or tell Matinee in which folder your films are."
        else:
            icon, heading, can_open, can_invite = "film", "No film yet", True, bool(view.invite)
            words = "The first film that is opened is the room’s. You can drop a file here, too."
        self.open.setText("Open my copy…" if view.title else "Open a film…")
        self._say(icon, heading, words)
        self.open.setVisible(can_open)
        self.folders.setVisible(can_look)
        self.copy.setVisible(can_invite)
        self.leave.setVisible(can_leave)
        self.trust.setVisible(can_trust)
        show_role(self.open, "" if can_trust else "primary")
        self.show()

    def _say(self, icon: str, heading: str, words: str) -> None:
        if icon != self._icon:
            self._icon = icon
            self._picture.setPixmap(draw_icon(icon, 48, COLOURS.quiet, self.devicePixelRatioF()))
        self.heading.show_text(heading)
        self.words.show_text(words)
        self.words.setVisible(bool(words))
