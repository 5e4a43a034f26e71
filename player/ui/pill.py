"""What words over the picture stand on: a dark pill with an icon, words and perhaps buttons."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from player.core.view import Intent, Shown
from player.ui.buttons import GlyphButton, plain_button
from player.ui.icons import draw_icon
from player.ui.label import Label, set_tip
from player.ui.theme import COLOURS

ICON = {"info": COLOURS.focus, "warning": COLOURS.near, "error": COLOURS.off}
PICTURE = 20  # px
SPACE = 9  # px between icon, words and buttons
LEAST = 180  # px for the words: else the buttons go below them


@dataclass(frozen=True, slots=True)
class Answer:
    """A button of a pill. `intent` None: nothing but that this question goes away."""

    label: str
    intent: Intent | None
    is_primary: bool = False
    is_allowed: bool = True
    tip: str = ""


class Pill(QFrame):
    """An icon and words on a dark veil; to the right of them, or below where it is narrow, what can be answered."""

    answered = Signal(object)
    """The `Answer` whose button was pressed."""

    def __init__(self, icon: str, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "pill")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self._picture = Label()
        self._picture.setPixmap(draw_icon(icon, PICTURE, colour, self.devicePixelRatioF()))
        self.words = Label("", "words")
        self.words.setWordWrap(True)
        self.answers: tuple[Answer, ...] = ()
        self._pressed: list[QPushButton] = []
        self._buttons = QWidget()
        self._row = QHBoxLayout(self._buttons)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self._buttons.hide()
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(12, 7, 14, 7)
        self.grid.setHorizontalSpacing(SPACE)
        self.grid.setVerticalSpacing(6)
        self.grid.addWidget(self._picture, 0, 0)
        self.grid.addWidget(self.words, 0, 1)
        self.grid.addWidget(self._buttons, 0, 2)
        self._is_stacked = False
        self._room = 0

    def buttons(self) -> list[QPushButton]:
        """What can be pressed, in order."""
        return list(self._pressed)

    def offer(self, answers: tuple[Answer, ...]) -> None:
        """Put these buttons to its words. Before `show_words`."""
        if answers == self.answers:
            return
        self.answers, self._room = answers, 0
        for button in self._pressed:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._pressed = []
        for answer in answers:
            button = plain_button(answer.label)
            button.setProperty("role", "pill-primary" if answer.is_primary else "pill")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setEnabled(answer.is_allowed)
            set_tip(button, answer.tip)
            button.clicked.connect(lambda _checked=False, answer=answer: self.answered.emit(answer))
            self._row.addWidget(button)
            self._pressed.append(button)
        self._buttons.setVisible(bool(answers))

    def show_words(self, text: str, room: int) -> None:
        """Say it within `room` px; empty words take the pill away."""
        if text != self.words.text() or room != self._room:
            self._room = room
            self.words.show_text(text)
            self.words.ensurePolished()
            self._fit(room)
            self.grid.activate()  # else whoever asks for our size before the next turn of the loop gets the old one
            self.setAccessibleName(text)
        if self.isHidden() == bool(text):
            self.setVisible(bool(text))

    def _fit(self, room: int) -> None:
        margins = self.grid.contentsMargins()
        room -= margins.left() + margins.right() + PICTURE + SPACE + self._extra()
        if self.answers:
            needed = sum(self._width_of(button) for button in self.buttons()) + 6 * (len(self.answers) - 1) + SPACE
            self._stack(room - needed < LEAST)
            if not self._is_stacked:
                room -= needed
        metrics, text = self.words.fontMetrics(), self.words.text()
        one_line = max(metrics.horizontalAdvance(line) for line in text.split("\n")) + 4
        width = max(20, min(one_line, room))
        height = self.words.heightForWidth(width)
        if one_line > room:  # break into lines of about the same length: no single word in the last
            width = next(fits for fits in range(width // 2, width + 1) if self.words.heightForWidth(fits) <= height)
        self.words.setFixedSize(width, max(metrics.lineSpacing(), height))

    def _width_of(self, button: QWidget) -> int:
        button.ensurePolished()
        return button.sizeHint().width()

    def _stack(self, is_stacked: bool) -> None:
        if is_stacked != self._is_stacked:
            self._is_stacked = is_stacked
            self.grid.removeWidget(self._buttons)
            self.grid.addWidget(
                self._buttons, int(is_stacked), 1 if is_stacked else 2, alignment=Qt.AlignmentFlag.AlignLeft
            )

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
        self.grid.addWidget(self.cross, 0, 3)
        self.grid.setContentsMargins(12, 5, 6, 5)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._go)
        if shown.seconds is not None:
            self._timer.start(max(0, round(shown.seconds * 1000)))

    def show_words(self, text: str, room: int) -> None:
        """One short remark ends without a stop, whoever wrote it."""
        is_remark = self.shown.kind == "info" and text.endswith(".") and ". " not in text and not text.endswith("..")
        super().show_words(text[:-1] if is_remark else text, room)

    def _extra(self) -> int:
        return 24 + 2 * SPACE

    def _go(self) -> None:
        self._timer.stop()
        self.hide()
        self.gone.emit(self.shown.id)
