"""The picture: owns the screen, asks the source what is due and has it painted at its instant.

Timing (measured in the facts about media, section 2): a timer of Qt's ends up to 2 ms off, which is most of what two
players may differ by. So the timer ends `early` before the instant, the rest is slept through in one short nap (which
lets go of the interpreter lock, as a spin would not), and only the last `spin` is spun on the clock. The paint itself
is `repaint`, at once: `update` would add a turn of the loop.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from player.core.medium import Due, Picture
from player.ports import Clock, PictureSource
from player.ui.caption import draw_caption
from server.core.timeline import LocalTime

BLACK = QColor(0, 0, 0)


@dataclass(frozen=True, slots=True)
class TimingPolicy:
    """Times in s."""

    early: float = 0.0010  # the timer ends this much before the instant: the loop's own rounding is 1 ms
    spin: float = 0.00012  # of it is spun: twice what a nap overshoots on an idle Linux
    spins: int = 4000  # readings at most, so that a clock that stands still can't hold the window
    idle: float = 0.0035  # before asking again a source that said "at once" and had nothing new
    longest: float = 3600.0  # a timer takes whole milliseconds in 32 bit


POLICY = TimingPolicy()


def fit(width: int, height: int, into_width: int, into_height: int) -> tuple[int, int, int, int]:
    """Where a picture of that size goes in an area, px: x, y, width, height. The aspect is kept, the rest is bars.

    A picture that fits within a pixel's rounding is not scaled again: it was made for this area."""
    if width <= 0 or height <= 0 or into_width <= 0 or into_height <= 0:
        return 0, 0, 0, 0
    scale = min(into_width / width, into_height / height)
    shown_width, shown_height = round(width * scale), round(height * scale)
    if width <= into_width and height <= into_height and (shown_width - width <= 2 and shown_height - height <= 2):
        shown_width, shown_height = width, height
    return (into_width - shown_width) // 2, (into_height - shown_height) // 2, shown_width, shown_height


class PictureWidget(QWidget):
    """Draws what the source says is due. All its fields belong to the GUI thread but `_is_woken`, a flag whose writes
    are atomic: any thread sets it, the GUI thread clears it before it asks, so no news is missed."""

    _woken = Signal()
    first_painted = Signal()
    """A picture was on the screen for the first time."""

    def __init__(self, source: PictureSource, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("picture")
        self.setAccessibleName("Film")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self._source = source
        self._clock = clock
        self._picture: Picture | None = None
        self._image = QImage()
        self._place = QRectF()  # logical px
        self._caption = ""
        self._caption_image: QImage | None = None
        self._lift = 0
        self._again_at: float | None = None
        self._dropped = 0
        self._is_woken = False
        self._has_painted = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._meet)
        self._woken.connect(self._answer_wake, Qt.ConnectionType.QueuedConnection)
        source.set_screen_wake(self._wake)

    # -- what others ask

    @property
    def picture(self) -> Picture | None:
        """What is on the screen."""
        return self._picture

    @property
    def caption(self) -> str:
        return self._caption

    def lift_caption(self, pixels: int) -> None:
        """Keep captions above what covers the lowest pixels."""
        if pixels != self._lift:
            self._lift = pixels
            self.update()

    def grab_picture(self) -> QImage:
        """What the widget shows, without what lies over it."""
        image = QImage(self.size() * self.devicePixelRatioF(), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(self.devicePixelRatioF())
        painter = QPainter(image)
        self._paint(painter, self.rect())
        painter.end()
        return image

    def let_go(self) -> None:
        """Ask no more: the source is about to close."""
        self._timer.stop()
        self._again_at = None
        self._source.set_screen_wake(_nobody)

    # -- when

    def _wake(self) -> None:
        """From any thread."""
        if not self._is_woken:
            self._is_woken = True
            self._woken.emit()

    def _answer_wake(self) -> None:
        self._is_woken = False
        self._ask(self._clock.now())

    def _meet(self) -> None:
        """The timer ended a little early: be there at the instant."""
        at, clock, policy = self._again_at, self._clock, POLICY
        if at is None:
            return
        now = clock.now()
        if at - now > 2 * policy.early:
            self._arm(at, now)  # the loop woke us far too early
            return
        if at - now > policy.spin:
            time.sleep(at - now - policy.spin)
        for _ in range(policy.spins):
            now = clock.now()
            if now >= at:
                break
        self._ask(LocalTime(max(now, at)))

    def _ask(self, now: LocalTime) -> None:
        due = self._source.due(now)
        is_new = due.picture is not self._picture
        if is_new or due.caption != self._caption:
            self._show_due(due, is_new)
            if is_new and due.picture is not None:
                self._source.presented(due.picture, self._clock.now())
                if not self._has_painted:
                    self._has_painted = True
                    self.first_painted.emit()
        self._dropped = due.dropped
        self._again_at = due.again_at
        if due.again_at is None:
            self._timer.stop()
            return
        now = self._clock.now()
        at_earliest = now if is_new else now + POLICY.idle
        self._arm(due.again_at if due.again_at > now else at_earliest, now)

    def _arm(self, at: float, now: float) -> None:
        wait = min(at - now, POLICY.longest) - POLICY.early
        self._timer.start(max(0, math.floor(wait * 1000)))

    # -- what

    def _show_due(self, due: Due, is_new: bool) -> None:
        """Paint a new picture or caption now; a window that nobody can see is not painted."""
        had_place, had_caption = self._place, self._caption_image
        if is_new:
            self._take_picture(due.picture)
        if due.caption != self._caption:
            self._caption, self._caption_image = due.caption, None
        if not self.isVisible() or self.window().isMinimized():
            return
        if self._place != had_place or self._caption_image is not had_caption:
            self.repaint()
        else:
            self.repaint(self._place.toAlignedRect())

    def _take_picture(self, picture: Picture | None) -> None:
        if picture is None:
            self._image, self._picture = QImage(), None
        else:
            # no copy: the image looks into the picture's memory, so the old picture is let go after the old image
            self._image = QImage(
                picture.buffer, picture.width, picture.height, picture.stride, QImage.Format.Format_RGB32
            )
            self._picture = picture
        self._settle()

    def _settle(self) -> None:
        """Work out where the picture goes, in whole device pixels."""
        ratio = self.devicePixelRatioF()
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        x, y, w, h = fit(self._image.width(), self._image.height(), width, height)
        place = QRectF(x / ratio, y / ratio, w / ratio, h / ratio)
        if place != self._place:
            self._place, self._caption_image = place, None

    def _paint(self, painter: QPainter, region: QRect) -> None:
        image, place = self._image, self._place
        if image.isNull():
            painter.fillRect(region, BLACK)
        else:
            covered = place.toAlignedRect()
            if QRectF(covered) != place:
                painter.fillRect(region, BLACK)  # a fractional pixel ratio leaves a seam between picture and bars
            elif not covered.contains(region):
                self._paint_bars(painter, covered)
            if round(place.width() * self.devicePixelRatioF()) != image.width():
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, image)
        if self._caption:
            self._paint_caption(painter)

    def _paint_bars(self, painter: QPainter, place: QRect) -> None:
        whole = self.rect()
        painter.fillRect(0, 0, whole.width(), place.top(), BLACK)
        painter.fillRect(0, place.bottom() + 1, whole.width(), whole.height() - place.bottom() - 1, BLACK)
        painter.fillRect(0, place.top(), place.left(), place.height(), BLACK)
        painter.fillRect(place.right() + 1, place.top(), whole.width() - place.right() - 1, place.height(), BLACK)

    def _paint_caption(self, painter: QPainter) -> None:
        area = self._place if self._place.height() > 0 else QRectF(self.rect())
        ratio = self.devicePixelRatioF()
        image = self._caption_image
        if image is None:
            image = self._caption_image = draw_caption(self._caption, area.width(), area.height(), ratio, self.font())
        width, height = image.width() / ratio, image.height() / ratio
        lowest = min(area.bottom() - area.height() * 0.04, self.height() - self._lift - 4)
        left = area.left() + (area.width() - width) / 2
        painter.drawImage(QPointF(round(left * ratio) / ratio, round((lowest - height) * ratio) / ratio), image)

    # -- Qt's

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint(painter, event.rect())
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._take_area()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._take_area()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._take_area()
        return super().event(event)

    def _take_area(self) -> None:
        ratio = self.devicePixelRatioF()
        self._settle()
        self._source.set_size(round(self.width() * ratio), round(self.height() * ratio))
        self._wake()


def _nobody() -> None:
    """Wakes no one."""
