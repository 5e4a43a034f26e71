"""Reactions float over the picture: they rise at its right edge and fade, above the controls.

A film's frame is the dearest thing to paint, so a tick asks Qt for no more than the small squares where an emoji was
and where it is: what lies below is painted within them only. Views come five times a second, so the age that the last
one said is carried on by the clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QRegion
from PySide6.QtWidgets import QWidget

from player.core.room_view import Floating
from player.ports import Clock
from player.ui.plain import tame
from player.ui.reactions import draw_emoji


@dataclass(frozen=True, slots=True)
class FloatingPolicy:
    life: float = 3.2  # s
    fades: float = 0.45  # of its life, at the end
    grows: float = 0.06  # of its life, at the beginning
    most: int = 20
    tick: int = 33  # ms
    side: int = 40  # px
    width: int = 88  # px, of what is drawn for one: its sender's name is below it
    height: int = 60


POLICY = FloatingPolicy()


class Floats(QWidget):
    def __init__(self, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("floats")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._clock = clock
        self._began: dict[int, float] = {}  # local time
        self._flying: dict[int, Floating] = {}
        self._pictures: dict[int, QPixmap] = {}
        self._painted = QRegion()
        self._timer = QTimer(self)
        self._timer.setInterval(POLICY.tick)
        self._timer.timeout.connect(self.tick)
        self.hide()

    def show_reactions(self, reactions: tuple[Floating, ...]) -> None:
        """What floats now."""
        if not reactions and not self._flying:
            return
        now = self._clock.now()
        newest = [each for each in reactions if each.age < POLICY.life][-POLICY.most :]
        self._flying = {each.id: each for each in newest}
        for each in newest:
            began = now - each.age
            # a view is drawn some ms after it was made: small differences would be seen as a jerk
            if abs(self._began.get(each.id, -1e9) - began) > 0.25:
                self._began[each.id] = began
        self._began = {number: began for number, began in self._began.items() if number in self._flying}
        self._pictures = {number: each for number, each in self._pictures.items() if number in self._flying}
        self.tick()

    def tick(self) -> None:
        """Move on."""
        now = self._clock.now()
        self._flying = {
            number: each for number, each in self._flying.items() if now - self._began[number] < POLICY.life
        }
        region = QRegion()
        for number in self._flying:
            region |= QRegion(self._place_of(number, now).toAlignedRect().adjusted(-1, -1, 1, 1))
        if self._flying and self.isHidden():
            self.show()
        self.update(region | self._painted)
        self._painted = region
        if self._flying and not self._timer.isActive():
            self._timer.start()
        elif not self._flying:
            self._timer.stop()
            if not self.isHidden():
                self.hide()

    def flying(self) -> list[Floating]:
        return list(self._flying.values())

    def _share(self, number: int, now: float) -> float:
        """How much of its life is over, 0 to 1."""
        return min(1.0, max(0.0, (now - self._began[number]) / POLICY.life))

    def _place_of(self, number: int, now: float) -> QRectF:
        """Neighbours in time rise beside each other; the way slows down a little towards its end."""
        share = self._share(number, now)
        lane = (number * 0.618034) % 1.0
        room = max(0, self.width() - POLICY.width)
        way = max(0, self.height() - POLICY.height)
        risen = share * (1.35 - 0.35 * share)
        return QRectF(lane * room, way * (1.0 - risen), POLICY.width, POLICY.height)

    def _opacity(self, number: int, now: float) -> float:
        share = self._share(number, now)
        return min(1.0, share / POLICY.grows + 0.2, (1.0 - share) / POLICY.fades)

    def _picture(self, each: Floating) -> QPixmap:
        picture = self._pictures.get(each.id)
        if picture is None:
            picture = self._pictures[each.id] = self._draw(each)
        return picture

    def _draw(self, each: Floating) -> QPixmap:
        """Emoji and name, once."""
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(POLICY.width * ratio), round(POLICY.height * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        emoji = draw_emoji(tame(each.emoji), POLICY.side, ratio)
        painter.drawPixmap(QPointF((POLICY.width - POLICY.side) / 2, 0), emoji)
        font = QFont(self.font())
        font.setPixelSize(12)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        name = metrics.elidedText(" ".join(tame(each.name).split()), Qt.TextElideMode.ElideRight, POLICY.width - 6)
        path = QPainterPath()
        left = (POLICY.width - metrics.horizontalAdvance(name)) / 2
        path.addText(QPointF(left, POLICY.side + 2 + metrics.ascent()), font, name)
        painter.strokePath(path, QPen(QColor(0, 0, 0, 200), 3))
        painter.fillPath(path, QColor(Qt.GlobalColor.white))
        painter.end()
        return picture

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, now = QPainter(self), self._clock.now()
        dirty: QRect = event.rect()
        for number, each in self._flying.items():
            place = self._place_of(number, now)
            if place.intersects(QRectF(dirty)):
                painter.setOpacity(self._opacity(number, now))
                painter.drawPixmap(place.topLeft(), self._picture(each))
        painter.end()
