"""Subtitle text over the picture: white with a dark outline, at the bottom, as large as the picture's height asks.

Drawing outlined text costs milliseconds, a frame has a few, and a caption stays for seconds: so it is drawn once into
an image and that image is laid over every frame.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen


@dataclass(frozen=True, slots=True)
class CaptionPolicy:
    height: float = 0.052  # of the picture's height, for a line's letters: what televisions use
    smallest: float = 13.0  # px: below it nobody reads
    width: float = 0.9  # of the picture's width, at most: the safe area
    outline: float = 0.16  # of the letters' size: readable on white snow


POLICY = CaptionPolicy()


def draw_caption(text: str, width: float, height: float, ratio: float, font: QFont) -> QImage:
    """The caption for a picture of that size (logical px) on a screen of that device pixel ratio."""
    size = max(POLICY.smallest, height * POLICY.height)
    font = QFont(font)
    font.setPixelSize(max(1, round(size)))
    font.setWeight(QFont.Weight.DemiBold)
    metrics = QFontMetricsF(font)
    edge = size * POLICY.outline
    lines = [line for part in text.split("\n") for line in _wrap(part.strip(), width * POLICY.width, metrics)]
    widest = max((metrics.horizontalAdvance(line) for line in lines), default=0.0)
    image = QImage(
        round((widest + 2 * edge) * ratio) + 1,
        round((metrics.lineSpacing() * len(lines) + 2 * edge) * ratio) + 1,
        QImage.Format.Format_ARGB32_Premultiplied,
    )
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    path = QPainterPath()
    for row, line in enumerate(lines):
        left = edge + (widest - metrics.horizontalAdvance(line)) / 2
        path.addText(QPointF(left, edge + row * metrics.lineSpacing() + metrics.ascent()), font, line)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(QColor(0, 0, 0, 220), 2 * edge)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path, pen)
    painter.fillPath(path, QColor(Qt.GlobalColor.white))
    painter.end()
    return image


def _wrap(line: str, width: float, metrics: QFontMetricsF) -> list[str]:
    """Break at spaces what is too wide; a single word that is too wide stays as it is."""
    lines: list[str] = []
    for word in line.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and metrics.horizontalAdvance(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
