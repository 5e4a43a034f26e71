"""What is said over the picture, at the top: whom the room waits for, that the link is lost, what is asked of
everybody, what just happened.

All of it stays in the upper third. What happened goes after its seconds or by its cross; what is the case stays for as
long as it is.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from player.core.view import Shown
from player.ui.asks import Ask
from player.ui.pill import Answer, Notice, Pill
from player.ui.theme import COLOURS

WIDEST = 560  # px: about ninety letters, the longest line that is read at a glance
FLASH = 1.2  # s: the answer to one's own key


class NoticeStack(QWidget):
    """The column of them. `dismissed` names a notice whose time or patience has ended."""

    dismissed = Signal(int)
    answered = Signal(str, object)
    """Which question (`Ask.key`), and the `Answer` that was pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notices")
        self.asked: dict[str, Pill] = {}
        self.waiting = self._ask_pill("waiting", "wait", COLOURS.accent)
        self.link = self._ask_pill("link", "lost", COLOURS.off)
        self.offer = self._ask_pill("offer", "people", COLOURS.accent)
        self.check = self._ask_pill("check", "ready", COLOURS.accent)
        self.next = self._ask_pill("next", "next", COLOURS.accent)
        self.device = self._ask_pill("device", "warning", COLOURS.near)
        self.copy = self._ask_pill("copy", "film", COLOURS.near)
        self.flashed = Pill("check", COLOURS.quiet)
        self.flashed.setObjectName("flash")
        self._notices: dict[int, Notice] = {}
        self._gone: set[int] = set()
        self._asks: tuple[Ask, ...] = ()
        self._flash = ""
        self._most = 3
        self._flash_timer = QTimer(self)
        self._flash_timer.setSingleShot(True)
        self._flash_timer.timeout.connect(self._end_flash)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        for pill in (*self.asked.values(), self.flashed):
            pill.hide()
            self._column.addWidget(pill, 0, Qt.AlignmentFlag.AlignHCenter)

    def show_words(self, asks: tuple[Ask, ...], notices: tuple[Shown, ...]) -> None:
        """Everything there is to say now."""
        if asks != self._asks:
            self._asks = asks
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

    def flash(self, text: str, seconds: float = FLASH) -> None:
        """Answer a key: "Volume 55 %"."""
        self._flash = text
        self._flash_timer.start(round(seconds * 1000))
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

    def is_in_use(self) -> bool:
        """One of its buttons has the keyboard."""
        focus = self.focusWidget() if self.window().isActiveWindow() else None
        return focus is not None and focus.hasFocus()

    def _ask_pill(self, key: str, icon: str, colour: str) -> Pill:
        pill = Pill(icon, colour)
        pill.setObjectName(key)
        pill.answered.connect(lambda answer: self._answer(key, answer))
        self.asked[key] = pill
        return pill

    def _answer(self, key: str, answer: Answer) -> None:
        self.answered.emit(key, answer)

    def _speak(self) -> None:
        room = min(WIDEST, self.maximumWidth())
        asks = {ask.key: ask for ask in self._asks[: self._most]}
        for key, pill in self.asked.items():
            ask = asks.get(key)
            if ask is not None:
                pill.offer(ask.answers)
            pill.show_words("" if ask is None else ask.words, room)
        self.flashed.show_words(self._flash, room)
        left = max(1 if not asks else 0, self._most - len(asks))
        newest = list(self._notices.values())[-left:] if left else []
        for notice in self._notices.values():
            notice.show_words(notice.shown.words if notice in newest else "", room)
        self.adjustSize()
        parent = self.parentWidget()
        if parent is not None:
            self.move(max(0, (parent.width() - self.width()) // 2), self.y())
        self.setVisible(bool(asks or self._flash or newest))

    def _end_flash(self) -> None:
        self._flash = ""
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
