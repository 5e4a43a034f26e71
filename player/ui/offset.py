"""My file beside the room's: what is different about it, and by how much mine is shown ahead."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from player.core.room_intents import SetOffset
from player.core.room_view import CopyView
from player.core.words import offset_text
from player.ports import Act
from player.ui.buttons import GlyphButton, make_flat, plain_button
from player.ui.label import Label, set_tip
from player.ui.theme import COLOURS

STEP, COARSE, COARSER = 0.005, 0.1, 1.0  # s: a tick of the arrows, with Shift, with Ctrl
MOST = 6 * 3600.0  # s
GATHER = 250  # ms: steps that follow each other are one wish


class OffsetSpin(QDoubleSpinBox):
    """Seconds, by 5 ms. Keys that are meant for it reach nothing else."""

    focused = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("My offset, seconds")
        self.setRange(-MOST, MOST)
        self.setDecimals(3)
        self.setSingleStep(STEP)
        self.setSuffix(" s")
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrame(False)
        self.setFixedHeight(22)
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Base, QColor(COLOURS.ground))
        self.setPalette(palette)
        self.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        set_tip(self, "How far my film is shown ahead of the room. Arrows: 5 ms, with Shift 0.1 s, with Ctrl 1 s.")

    def stepBy(self, steps: int) -> None:
        held = QApplication.keyboardModifiers()
        size = STEP
        if held & Qt.KeyboardModifier.ControlModifier:
            size = COARSER
            steps = max(-1, min(1, steps))  # Qt takes ten with Ctrl
        elif held & Qt.KeyboardModifier.ShiftModifier:
            size = COARSE
        self.setValue(round(self.value() + steps * size, 3))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            event.ignore()
            return
        super().keyPressEvent(event)
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focused.emit(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # it scrolls the page


class OffsetPart(QFrame):
    """Seen where there is a difference or an offset, or when it was asked for."""

    def __init__(self, act: Act, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "part")
        self._act = act
        self._copy = CopyView()
        self._is_asked = False
        self.words = Label("", "near")
        self.words.setWordWrap(True)
        title = Label("My offset", "quiet")
        self.spin = OffsetSpin()
        self.less = _stepper("minus", "5 ms less")
        self.more = _stepper("add", "5 ms more")
        self.less.clicked.connect(lambda: self.spin.stepBy(-1))
        self.more.clicked.connect(lambda: self.spin.stepBy(1))
        self.use = make_flat(plain_button(""))
        self.none = make_flat(plain_button("No offset"))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(GATHER)
        self._timer.timeout.connect(self._send)
        self.spin.valueChanged.connect(lambda _value: self._timer.start())
        self.use.clicked.connect(self._use)
        self.none.clicked.connect(lambda: self._act(SetOffset(0.0)))
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(title)
        row.addWidget(self.less)
        row.addWidget(_framed(self.spin), 1)
        row.addWidget(self.more)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.use, 1)
        buttons.addWidget(self.none, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 12)
        column.setSpacing(6)
        column.addWidget(self.words)
        column.addLayout(row)
        column.addLayout(buttons)
        self._show()

    def ask(self) -> None:
        """Somebody wants to set it."""
        self._is_asked = True
        self._show()
        self.spin.setFocus()
        self.spin.selectAll()

    def show_copy(self, copy: CopyView) -> None:
        if copy != self._copy:
            self._copy = copy
            self._show()

    def _show(self) -> None:
        copy = self._copy
        self.setVisible(bool(copy.words or copy.offset or copy.suggested is not None or self._is_asked))
        self.words.show_text(copy.words)
        self.words.setVisible(bool(copy.words))
        if not self._timer.isActive() and self.spin.value() != round(copy.offset, 3):
            self.spin.blockSignals(True)
            self.spin.setValue(copy.offset)
            self.spin.blockSignals(False)
        has_better = copy.suggested is not None and abs(copy.suggested - copy.offset) >= STEP / 2
        self.use.setVisible(has_better)
        if copy.suggested is not None:
            self.use.setText(f"Use {offset_text(copy.suggested)}")
            self.use.setAccessibleName(f"Use an offset of {offset_text(copy.suggested)}")
        self.none.setVisible(copy.offset != 0.0)

    def _use(self) -> None:
        if self._copy.suggested is not None:
            self._timer.stop()
            self._act(SetOffset(self._copy.suggested))

    def _send(self) -> None:
        self._act(SetOffset(round(self.spin.value(), 3)))


def _framed(spin: OffsetSpin) -> QFrame:
    """In the frame that fields have: a style sheet on the spin box itself leaves its text no room."""
    frame = QFrame()
    frame.setObjectName("offset")
    inside = QHBoxLayout(frame)
    inside.setContentsMargins(6, 3, 6, 3)
    inside.addWidget(spin)
    spin.focused.connect(lambda has: _mark(frame, has))
    return frame


def _mark(frame: QFrame, has_focus: bool) -> None:
    frame.setProperty("focused", has_focus)
    frame.style().unpolish(frame)
    frame.style().polish(frame)


def _stepper(icon: str, name: str) -> GlyphButton:
    button = GlyphButton(icon, name)
    button.setFixedSize(28, 28)
    button.setAutoRepeat(True)
    return button
