"""What is said, over the picture: the last few lines, at the left above the controls, each for a while.

They keep clear of the band in which subtitles stand. Each line is drawn once into an image and that is laid over the
film with what opacity it has left; while nothing fades nothing is painted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPixmap,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QWidget

from player.core.room_view import ChatRow
from player.ports import Clock
from player.ui.plain import tame
from player.ui.theme import COLOURS


@dataclass(frozen=True, slots=True)
class SaidPolicy:
    stay: float = 7.0  # s: what Syncplay's users are used to
    fade: float = 0.6  # s, of it, at its end
    most: int = 5
    tick: int = 40  # ms, while something fades
    text_lines: int = 3  # of a long message; the panel has all of it
    gap: int = 4  # px


POLICY = SaidPolicy()


@dataclass(frozen=True, slots=True)
class _Shown:
    row: ChatRow
    since: float
    picture: QPixmap


class SaidLines(QWidget):
    """`take` says what is new; `is_held` keeps all of it, for whoever is about to answer."""

    def __init__(self, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("said")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._clock = clock
        self._shown: list[_Shown] = []
        self._most = POLICY.most
        self.is_held = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tick)
        self.hide()

    def rows(self) -> list[ChatRow]:
        """What is seen now, oldest first."""
        return [each.row for each in self._shown[-self._most :]] if not self.isHidden() else []

    def take(self, rows: Sequence[ChatRow]) -> None:
        """Show what was just said."""
        now = self._clock.now()
        for row in rows[-POLICY.most :]:
            self._shown.append(_Shown(row, now, self._draw(row)))
        self._shown = self._shown[-POLICY.most :]
        self._tick()

    def clear(self) -> None:
        """Say nothing any more: another place says it."""
        self._shown = []
        self._tick()

    def hold(self, is_held: bool) -> None:
        """Let nothing go while somebody writes an answer; from then on all has its time again."""
        if is_held != self.is_held:
            self.is_held = is_held
            now = self._clock.now()
            self._shown = [_Shown(each.row, now, each.picture) for each in self._shown]
            self._tick()

    def arrange(self, area: QRect) -> None:
        """Stand on the lower edge of that part of the stage."""
        if area != self.geometry():
            is_other_width = area.width() != self.width()
            self.setGeometry(area)
            line = QFontMetrics(self._font()).lineSpacing() + 10 + POLICY.gap
            self._most = max(1, min(POLICY.most, area.height() // line))
            if is_other_width:
                self._shown = [_Shown(each.row, each.since, self._draw(each.row)) for each in self._shown]

    def _tick(self) -> None:
        now = self._clock.now()
        if not self.is_held:
            self._shown = [each for each in self._shown if now - each.since < POLICY.stay]
        is_seen = bool(self._shown)
        if self.isHidden() == is_seen:
            self.setVisible(is_seen)
        if not is_seen:
            self._timer.stop()
            self.setAccessibleName("")
            return
        last = self._shown[-1].row
        self.setAccessibleName(f"{last.name}: {last.text}")
        self.update(self._covered())
        if self.is_held:
            self._timer.stop()
            return
        begins = min(each.since for each in self._shown) + POLICY.stay - POLICY.fade - now
        self._timer.start(max(POLICY.tick, round(begins * 1000)))

    def _opacity(self, each: _Shown, now: float) -> float:
        return 1.0 if self.is_held else min(1.0, max(0.0, (each.since + POLICY.stay - now) / POLICY.fade))

    def _places(self) -> list[tuple[_Shown, QPointF]]:
        """From the lowest up, as many as there is room for."""
        bottom = float(self.height())
        places: list[tuple[_Shown, QPointF]] = []
        for each in reversed(self._shown[-self._most :]):
            bottom -= each.picture.height() / each.picture.devicePixelRatio()
            if bottom < 0 and places:
                break
            places.append((each, QPointF(0, bottom)))
            bottom -= POLICY.gap
        return places

    def _covered(self) -> QRect:
        whole = QRectF()
        for each, place in self._places():
            ratio = each.picture.devicePixelRatio()
            whole |= QRectF(place.x(), place.y(), each.picture.width() / ratio, each.picture.height() / ratio)
        return whole.toAlignedRect() | QRect(0, 0, 1, 1) if whole.isEmpty() else whole.toAlignedRect()

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(15)
        return font

    def _draw(self, row: ChatRow) -> QPixmap:
        """A line on its veil: the name, then the text, broken as it needs to be and cut after a few lines."""
        ratio, font = self.devicePixelRatioF(), self._font()
        name, text = " ".join(tame(row.name).split()), " ".join(tame(row.text).split())
        layout = QTextLayout(f"{name}:  {text}", font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        look = QTextCharFormat()
        look.setFontWeight(QFont.Weight.DemiBold)
        look.setForeground(QColor(COLOURS.accent if row.is_me else COLOURS.focus))
        bold = QTextLayout.FormatRange()
        bold.start, bold.length = 0, len(f"{name}:".encode("utf-16-le")) // 2
        bold.format = look
        layout.setFormats([bold])
        room, height, widest = max(60, self.width() - 20), 0.0, 0.0
        layout.beginLayout()
        cut = False
        for count in range(POLICY.text_lines + 1):
            line = layout.createLine()
            if not line.isValid():
                break
            if count == POLICY.text_lines:
                cut = True
                break
            line.setLineWidth(room)
            line.setPosition(QPointF(0, height))
            height += line.height()
            widest = max(widest, line.naturalTextWidth())
        layout.endLayout()
        width = min(room, widest) + (18 if cut else 0)
        picture = QPixmap(round((width + 20) * ratio), round((height + 10) * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(16, 18, 22, 205))
        painter.drawRoundedRect(QRectF(0, 0, width + 20, height + 10), 8, 8)
        painter.setPen(QColor(COLOURS.text))
        for count in range(min(layout.lineCount(), POLICY.text_lines)):
            layout.lineAt(count).draw(painter, QPointF(10, 5))
        if cut:
            painter.setFont(font)
            corner = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom
            painter.drawText(QRectF(10, 5, width, height), int(corner), "…")
        painter.end()
        return picture

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, now = QPainter(self), self._clock.now()
        for each, place in self._places():
            painter.setOpacity(self._opacity(each, now))
            painter.drawPixmap(place, each.picture)
        painter.end()
