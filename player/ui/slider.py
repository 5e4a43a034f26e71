"""Sliders: one look, a click goes where it points. `SeekBar` says where to go once, when it is let go."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSlider, QWidget

from player.ui.label import set_tip
from player.ui.theme import COLOURS

HANDLE = 14  # px across
GROOVE = 4  # px high
END_MARGIN = 0.5  # s: nobody ends the film for all by pulling the bar to its end


class Slider(QSlider):
    """Horizontal, drawn by ourselves."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFixedHeight(HANDLE + 6)

    def value_at(self, x: float) -> int:
        """The value under a place, px from the left."""
        span = max(1.0, self.width() - HANDLE)
        share = min(1.0, max(0.0, (x - HANDLE / 2) / span))
        return round(self.minimum() + share * (self.maximum() - self.minimum()))

    def place_of(self, value: float) -> float:
        """Where a value is, px from the left."""
        span = max(1, self.maximum() - self.minimum())
        return HANDLE / 2 + (value - self.minimum()) / span * (self.width() - HANDLE)

    def has_handle(self) -> bool:
        """Whether it can be moved."""
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not self.isEnabled():
            event.ignore()
            return
        self.setSliderDown(True)
        self.setSliderPosition(self.value_at(event.position().x()))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setSliderPosition(self.value_at(event.position().x()))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.isSliderDown():
            self.setSliderDown(False)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the wheel is the window's: it is the volume wherever it turns

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle = self.height() / 2
        at = self.place_of(self.sliderPosition())
        whole = QRectF(HANDLE / 2, middle - GROOVE / 2, self.width() - HANDLE, GROOVE)
        painter.setBrush(QColor(COLOURS.groove if self.isEnabled() else COLOURS.edge))
        painter.drawRoundedRect(whole, GROOVE / 2, GROOVE / 2)
        if self.isEnabled():
            painter.setBrush(QColor(COLOURS.accent))
            painter.drawRoundedRect(QRectF(whole.left(), whole.top(), at - whole.left(), GROOVE), 2, 2)
            if not self.has_handle():
                painter.end()
                return
            side = HANDLE if self.underMouse() or self.isSliderDown() or self.hasFocus() else HANDLE - 3
            if self.hasFocus():
                painter.setPen(QPen(QColor(COLOURS.focus), 2))
            painter.setBrush(QColor(COLOURS.text))
            painter.drawEllipse(QRectF(at - side / 2, middle - side / 2, side, side))
        painter.end()


class SeekBar(Slider):
    """The place in the film. Dragging moves only the handle; letting go says once where to go."""

    sought = Signal(float)
    """Let go at this media time, s."""
    pointed = Signal(float, float)
    """The pointer or the handle is at this media time (s), px from the left."""
    unpointed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Place in the film", parent)
        self.setObjectName("seek")
        self.setTracking(False)
        self.setRange(0, 0)
        self.setEnabled(False)
        self._may = True

    def allow(self, may: bool, words: str) -> None:
        """Whether this person may seek; else the place is shown, but can't be moved, and the tip says who may."""
        if may != self._may:
            self._may = may
            set_tip(self, "" if may else words)
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus if may else Qt.FocusPolicy.NoFocus)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._may:
            super().mousePressEvent(event)
        else:
            event.accept()

    def has_handle(self) -> bool:
        return self._may

    def show_place(self, media_time: float, duration: float | None) -> None:
        """What the view says. A handle that is held stays where it is held."""
        is_known = duration is not None and duration > 0
        self.setEnabled(is_known)
        longest = round(duration * 1000) if duration is not None and is_known else 0
        if longest != self.maximum():
            self.setRange(0, longest)
            self.setSingleStep(5000)
            self.setPageStep(60000)
        if self.isSliderDown():
            return
        value = min(round(media_time * 1000), longest)
        # a step that moves nothing on the screen is not painted
        if abs(self.place_of(value) - self.place_of(self.value())) >= 0.5 or value == 0:
            self.setValue(value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the window's keys seek, and gather held ones

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if self.isEnabled():
            x = event.position().x()
            self.pointed.emit(self.value_at(x) / 1000, min(max(x, 0.0), float(self.width())))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        was_held = event.button() == Qt.MouseButton.LeftButton and self.isSliderDown()
        super().mouseReleaseEvent(event)
        if was_held:
            self.sought.emit(min(self.sliderPosition() / 1000, max(0.0, self.maximum() / 1000 - END_MARGIN)))
            if not self.underMouse():
                self.unpointed.emit()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if not self.isSliderDown():
            self.unpointed.emit()


class VolumeSlider(Slider):
    """0 to 100, as `View.volume`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Volume", parent)
        self.setObjectName("volume")
        self.setRange(0, 100)
        self.setSingleStep(5)
        self.setPageStep(10)

    def show_volume(self, volume: int) -> None:
        if not self.isSliderDown() and volume != self.value():
            self.blockSignals(True)
            self.setValue(volume)
            self.blockSignals(False)
            set_tip(self, f"Volume {volume} %")
