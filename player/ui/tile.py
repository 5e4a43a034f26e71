"""One person of the call: picture, name, signs. In the strip, large over the film, or as one's own preview."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from player.core.call_view import TileRow
from player.ui.label import set_tip
from player.ui.picture import fit
from player.ui.theme import COLOURS
from player.ui.tile_face import RADIUS, Face, draw_face, lay_out, spoken

CAMERA = 4 / 3  # width by height of what cameras make in a call


class Tile(QWidget):
    """A double click, Return or Space asks for it large, or small again; the right button for its menu. One's own
    picture is mirrored, as people know themselves."""

    enlarged = Signal()
    menu_asked = Signal(QPoint)

    def __init__(self, around: str = COLOURS.ground, is_round: bool = True, parent: QWidget | None = None) -> None:
        """`around`: the colour behind its round corners."""
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._around, self._is_round = around, is_round
        self.row = TileRow("", "")
        self._has_ring = False
        self._image: QImage | None = None
        self._face: Face | None = None
        self._drawn: QPixmap | None = None
        self.painted = 0  # how often; a test sees by it that nothing is painted in vain

    def show_row(self, row: TileRow, has_ring: bool = False) -> None:
        """Who it is and how that person is."""
        has_ring = has_ring and row.is_speaking
        if (row, has_ring) == (self.row, self._has_ring):
            return
        before = self.row, self._has_ring
        self.row, self._has_ring = row, has_ring
        words = spoken(row, has_ring)
        if words != self.accessibleName():
            self.setAccessibleName(words)
            set_tip(self, words)
        if before[1] != has_ring or _seen(before[0]) != _seen(row):
            self._face = None
            self.update()

    def show_image(self, image: QImage | None) -> None:
        """The newest picture; None: there is none."""
        if (image is None) != (self._image is None):
            self._face = None
        elif image is None:
            return
        self._image = image
        if self.isVisible():
            self.update()

    @property
    def has_image(self) -> bool:
        """Its picture is seen."""
        return self._image is not None and self.row.has_picture

    def picture_height(self) -> int:
        """How high a camera's picture is here, device px: one of that size is painted as it is."""
        return round(min(self.height(), self.width() / CAMERA) * self.devicePixelRatioF())

    @property
    def has_ring(self) -> bool:
        return self._has_ring

    def face(self) -> Face:
        """What is written on it now."""
        if self._face is None:
            self._face = lay_out(self.row, self.width(), self.height(), self.font(), self.has_image, self._has_ring)
            if not self._is_round:
                self._face = _square(self._face)
            self._drawn = None
        return self._face

    # -- Qt's

    def paintEvent(self, event: QPaintEvent) -> None:
        face = self.face()
        ratio = self.devicePixelRatioF()
        if self._drawn is None:
            self._drawn = draw_face(face, self.font(), ratio, self._around)
        self.painted += 1
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(COLOURS.raised if not self.has_image else "#000000"))
        if self.has_image and self._image is not None:
            self._paint_image(painter, self._image, ratio)
        painter.drawPixmap(0, 0, self._drawn)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(COLOURS.focus), 2))
            radius = RADIUS - 1 if self._is_round else 0.0
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), radius, radius)
        painter.end()

    def _paint_image(self, painter: QPainter, image: QImage, ratio: float) -> None:
        x, y, width, height = fit(
            image.width(), image.height(), round(self.width() * ratio), round(self.height() * ratio)
        )
        if width != image.width():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        place = QRectF(x / ratio, y / ratio, width / ratio, height / ratio)
        if self.row.is_me:
            painter.save()
            painter.translate(self.width(), 0)
            painter.scale(-1, 1)
            painter.drawImage(place, image)
            painter.restore()
        else:
            painter.drawImage(place, image)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._face = None

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.DevicePixelRatioChange, QEvent.Type.FontChange):
            self._face = None
            self.update()
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # it is no click on the film

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() == Qt.MouseButton.LeftButton:
            self.enlarged.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and not event.isAutoRepeat():
            self.enlarged.emit()
            event.accept()
        else:
            event.ignore()  # the window's

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        is_by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        self.menu_asked.emit(self.mapToGlobal(self.rect().center()) if is_by_key else event.globalPos())
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


def _seen(row: TileRow) -> TileRow:
    """The row without what is not drawn."""
    age = None if row.age is None else round(max(0.0, row.age), 1)
    return replace(row, is_speaking=False, age=age)


def _square(face: Face) -> Face:
    return replace(face, is_round=False)
