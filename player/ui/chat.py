"""The page of chat: what was said, the reactions, and where to write."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from player.core.room_intents import SayLine
from player.core.view import View, WantSeek
from player.ports import Act
from player.ui.buttons import GlyphButton
from player.ui.chatlog import ChatLog
from player.ui.icons import draw_icon
from player.ui.label import Label
from player.ui.reactions import ReactionRow
from player.ui.sayfield import SayField
from player.ui.theme import COLOURS


class ChatPage(QWidget):
    escaped = Signal()
    """Out of the text, back to the film."""

    def __init__(self, act: Act, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chat")
        self._act = act
        self.log = ChatLog()
        self.log.seeks.connect(lambda at: act(WantSeek(at)))
        self.empty = QWidget()
        picture = Label()
        picture.setPixmap(draw_icon("chat", 40, COLOURS.groove, self.devicePixelRatioF()))
        words = Label("Nothing said yet.\nEnter writes from anywhere in the film.", "quiet")
        words.setWordWrap(True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        quiet = QVBoxLayout(self.empty)
        quiet.addStretch(1)
        quiet.addWidget(picture, 0, Qt.AlignmentFlag.AlignHCenter)
        quiet.addWidget(words)
        quiet.addStretch(1)
        self.reactions = ReactionRow(act)
        self.field = SayField()
        self.field.said.connect(lambda text: act(SayLine(text)))
        self.field.escaped.connect(self.escaped)
        self.field.counted.connect(self._count)
        self.send = GlyphButton("send", "Send", "Enter")
        self.send.clicked.connect(self.field.send)
        self.count = Label("", "quiet")
        self.count.hide()
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.field, 1)
        row.addWidget(self.send, 0, Qt.AlignmentFlag.AlignBottom)
        foot = QFrame()
        foot.setProperty("role", "part")
        rows = QVBoxLayout(foot)
        rows.setContentsMargins(10, 6, 8, 10)
        rows.setSpacing(6)
        rows.addWidget(self.reactions)
        rows.addLayout(row)
        rows.addWidget(self.count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.log, 1)
        column.addWidget(self.empty, 1)
        column.addWidget(foot)

    def show_view(self, view: View) -> None:
        self.empty.setVisible(not view.chat)
        self.log.setVisible(bool(view.chat))
        self.log.allow_seeking(view.rights.control, view.rights.words)
        self.log.show_rows(view.chat)
        self.reactions.show_view(view)
        is_muted = any(member.is_me and member.facts.is_muted for member in view.members)
        if is_muted:
            hint = "You are muted in this room"
        elif view.link != "joined":
            hint = "Not connected"
        else:
            hint = "Say something"
        may_say = not is_muted and view.link == "joined"
        if hint != self.field.placeholderText():
            self.field.setPlaceholderText(hint)
        if may_say != self.field.isEnabled():
            self.field.setEnabled(may_say)
        self.send.setEnabled(may_say)

    def write(self) -> None:
        """The keyboard into the text."""
        if self.field.isEnabled():
            self.field.setFocus()

    def _count(self, words: str, is_over: bool) -> None:
        self.count.show_text(words)
        self.count.set_role("bad" if is_over else "quiet")
        self.count.setVisible(bool(words))
