"""Glyphs drawn on a 24 px grid in one colour, and the app's own icon."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from player.ui.assets import read_asset
from player.ui.theme import COLOURS

GLYPH = 24  # px, the grid the glyphs are drawn on


def draw_icon(name: str, side: int, colour: str = COLOURS.text, ratio: float = 1.0) -> QPixmap:
    """The icon `name` as a square of `side` logical px on a screen with that device pixel ratio."""
    pixmap = QPixmap.fromImage(_draw(f"icons/{name}.svg", colour, round(side * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def draw_picture(name: str, side: int, ratio: float) -> QPixmap:
    """A drawing that has its own colours, likewise."""
    pixmap = QPixmap.fromImage(_draw(f"{name}.svg", "", round(side * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


@lru_cache(maxsize=512)
def _draw(asset: str, colour: str, pixels: int) -> QImage:
    """Drawn once: a window has a hundred of them. An image, because a pixmap must not outlive the application."""
    svg = read_asset(asset).replace(b"currentColor", colour.encode())
    image = QImage(pixels, pixels, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(svg)).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return image


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
