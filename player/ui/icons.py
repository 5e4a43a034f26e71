"""Glyphs drawn on a 24 px grid in one colour, and the app's own icon."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from player.ui.assets import read_asset
from player.ui.theme import COLOURS

GLYPH = 24  # px, the grid the glyphs are drawn on


def draw_icon(name: str, side: int, colour: str = COLOURS.text, ratio: float = 1.0) -> QPixmap:
    """The icon `name` as a square of `side` logical px on a screen with that device pixel ratio."""
    svg = read_asset(f"icons/{name}.svg").replace(b"currentColor", colour.encode())
    pixels = round(side * ratio)
    pixmap = QPixmap(QSize(pixels, pixels))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg)).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def glyph(name: str, colour: str = COLOURS.text) -> QIcon:
    """A glyph for a button, sharp at 1x and 2x, greyed where the button is disabled."""
    icon = QIcon()
    for ratio in (1.0, 2.0):
        icon.addPixmap(draw_icon(name, GLYPH, colour, ratio), QIcon.Mode.Normal)
        icon.addPixmap(draw_icon(name, GLYPH, COLOURS.groove, ratio), QIcon.Mode.Disabled)
    return icon


def app_icon() -> QIcon:
    icon = QIcon()
    for side in (16, 24, 32, 48, 64, 128, 256):
        icon.addPixmap(draw_icon("app", side))
    return icon
