"""What is said over the picture, at the top: whom the room waits for, that the link is lost, what just happened.

All of it stays in the upper third. What happened goes after its seconds or by its cross; what is the case stays for as
long as it is.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from player.core.view import Shown
from player.ui.buttons import GlyphButton
from player.ui.icons import draw_icon
from player.ui.label import Label
from player.ui.theme import COLOURS

WIDEST = 560  # px: about ninety letters, the longest line that is read at a glance
FLASH = 1.2  # s: the answer to one's own key
ICON = {"info": COLOURS.focus, "warning": COLOURS.near, "error": COLOURS.off}


class Pill(QFrame):
    """An icon and words on a dark veil."""

    def __init__(self, icon: str, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "pill")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self._picture = Label()
        self.words = Label("", "words")
        self.words.setWordWrap(True)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(12, 7, 14, 7)
        self.row.setSpacing(9)
        self._picture.setPixmap(draw_icon(icon, 20, colour, self.devicePixelRatioF()))
        self.row.addWidget(self._picture)
        self.row.addWidget(self.words, 1)

    def show_words(self, text: str, room: int) -> None:
        """Say it within `room` px; empty words take the pill away."""
        if text != self.words.text() or room != self.words.property("room"):
            self.words.setProperty("room", room)
            self.words.show_text(text)
            self.words.ensurePolished()
            taken = self.row.contentsMargins().left() + self.row.contentsMargins().right() + 20 + self.row.spacing()
            room -= taken + self._extra()
            metrics = self.words.fontMetrics()
            one_line = max(metrics.horizontalAdvance(line) for line in text.split("\n")) + 4
            width = max(20, min(one_line, room))
            height = self.words.heightForWidth(width)
            if one_line > room:  # break into lines of about the same length: no single word in the last
                width = next(fits for fits in range(width // 2, width + 1) if self.words.heightForWidth(fits) <= height)
            self.words.setFixedSize(width, max(metrics.lineSpacing(), height))
            self.row.activate()  # else whoever asks for our size before the next turn of the loop gets the old one
            self.setAccessibleName(text)
        if self.isHidden() == bool(text):
            self.setVisible(bool(text))

    def _extra(self) -> int:
        return 0


class Notice(Pill):
    """A notice with its cross."""

    gone = Signal(int)

    def __init__(self, shown: Shown, parent: QWidget | None = None) -> None:
        super().__init__(shown.kind, ICON[shown.kind], parent)
        self.shown = shown
        self.setProperty("kind", shown.kind)
        self.cross = GlyphButton("close", "Dismiss")
        self.cross.setFixedSize(24, 24)
        self.cross.clicked.connect(self._go)
        self.row.addWidget(self.cross)
        self.row.setContentsMargins(12, 5, 6, 5)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._go)
        if shown.seconds is not None:
            self._timer.start(max(0, round(shown.seconds * 1000)))

    def _extra(self) -> int:
        return 24 + self.row.spacing()

    def _go(self) -> None:
        self._timer.stop()
        self.hide()
        self.gone.emit(self.shown.id)


class NoticeStack(QWidget):
    """The column of them. `dismissed` names a notice whose time or patience has ended."""

    dismissed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notices")
        self.waiting = Pill("wait", COLOURS.accent)
        self.waiting.setObjectName("waiting")
        self.link = Pill("lost", COLOURS.off)
        self.link.setObjectName("link")
        self.flashed = Pill("check", COLOURS.quiet)
        self.flashed.setObjectName("flash")
        self._notices: dict[int, Notice] = {}
        self._gone: set[int] = set()
        self._words = ("", "", "")
        self._most = 3
        self._flash_timer = QTimer(self)
        self._flash_timer.setSingleShot(True)
        self._flash_timer.timeout.connect(self._end_flash)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        for pill in (self.link, self.waiting, self.flashed):
            pill.hide()
            self._column.addWidget(pill, 0, Qt.AlignmentFlag.AlignHCenter)

    def show_words(self, link: str, waiting: str, notices: tuple[Shown, ...]) -> None:
        """Everything there is to say now."""
        link_before, waiting_before, flash = self._words
        self._words = (link, waiting, flash)
        if (link, waiting) != (link_before, waiting_before):
            self._speak()
        wanted = {shown.id: shown for shown in notices if shown.id not in self._gone}
        self._gone &= {shown.id for shown in notices}
        if wanted.keys() == self._notices.keys():
            return
        for number in [number for number in self._notices if number not in wanted]:
            self._drop(number)
        for number, shown in wanted.items():
            if number not in self._notices:
                notice = Notice(shown, self)
                notice.gone.connect(self._forget)
                self._notices[number] = notice
                self._column.addWidget(notice, 0, Qt.AlignmentFlag.AlignHCenter)
        self._speak()

    def flash(self, text: str) -> None:
        """Answer a key: "Volume 55 %"."""
        self._words = (*self._words[:2], text)
        self._flash_timer.start(round(FLASH * 1000))
        self._speak()

    def allow(self, most: int) -> None:
        """How many notices there is room for; the newest are shown."""
        if most != self._most:
            self._most = most
            self._speak()

    def speak_again(self) -> None:
        """The room has changed."""
        self._speak()

    def shown_notices(self) -> list[Notice]:
        return [notice for notice in self._notices.values() if not notice.isHidden()]

    def _speak(self) -> None:
        room = min(WIDEST, self.maximumWidth())
        link, waiting, flash = self._words
        self.link.show_words(link, room)
        self.waiting.show_words(waiting, room)
        self.flashed.show_words(flash, room)
        newest = list(self._notices.values())[-self._most :]
        for notice in self._notices.values():
            notice.show_words(notice.shown.words if notice in newest else "", room)
        self.adjustSize()
        parent = self.parentWidget()
        if parent is not None:
            self.move(max(0, (parent.width() - self.width()) // 2), self.y())
        self.setVisible(bool(link or waiting or flash or newest))

    def _end_flash(self) -> None:
        self._words = (*self._words[:2], "")
        self._speak()

    def _drop(self, number: int) -> None:
        notice = self._notices.pop(number)
        self._column.removeWidget(notice)
        notice.hide()
        notice.deleteLater()

    def _forget(self, number: int) -> None:
        self._gone.add(number)
        if number in self._notices:
            self._drop(number)
        self._speak()
        self.dismissed.emit(number)
