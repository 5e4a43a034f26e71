"""What is written on a tile, and where: name, mute signs, the picture's age, what is being waited for; initials where
there is no picture. Laid out first, so that a test can look whether anything is cut or lies on something else, then
drawn once into an image that is laid over each picture.
"""

from __future__ import annotations

import unicodedata
import zlib
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QLinearGradient, QPainter, QPainterPath, QPen, QPixmap

from player.core.call_view import TileRow
from player.ui.icons import draw_icon
from player.ui.plain import tame
from player.ui.theme import COLOURS

Kind = Literal["name", "age", "words", "initials"]
STATE_WORDS = {
    "connecting": "Connecting",
    "reconnecting": "Reconnecting",
    "absent": "No connection",
}
STATE_SIGNS = {"connecting": "wait", "reconnecting": "wait", "absent": "lost"}
PAPERS = ("#6b4f8f", "#3f6797", "#2f7168", "#8a4a5b", "#7a5a2a", "#4d6b34", "#8a4a83", "#4a5a9a")
"""What initials stand on; white has 4.5 : 1 on each (a test computes it)."""
RADIUS = 9.0  # px
RING = 3.0  # px


@dataclass(frozen=True, slots=True)
class Writing:
    kind: Kind
    text: str
    place: QRect
    pixels: int  # height of the letters
    weight: QFont.Weight = QFont.Weight.Normal
    is_wrapped: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    icon: str
    name: str
    place: QRect
    colour: str


@dataclass(frozen=True, slots=True)
class Face:
    """A tile of `size` px without its picture. `is_dim`: what lies below is no longer how it is."""

    size: tuple[int, int]
    writings: tuple[Writing, ...] = ()
    signs: tuple[Sign, ...] = ()
    paper: str = ""  # the colour of the disc below initials; "" is none
    disc: QRect | None = None
    foot: int = 0  # px that are darkened below the name
    is_dim: bool = False
    has_ring: bool = False
    is_round: bool = True


def words_of(row: TileRow) -> str:
    """What stands on the tile instead of a picture or over it; "" is nothing."""
    words = row.words or STATE_WORDS.get(row.state, "")
    return words.removesuffix("…").rstrip()  # on a line of its own it would say nothing


def name_of(row: TileRow) -> str:
    return "You" if row.is_me else " ".join(tame(row.name).split()) or "Somebody"


def age_text(age: float | None) -> str:
    return "" if age is None else f"+{max(0.0, age):.1f} s"


def initials_of(name: str) -> str:
    """One or two letters; a sign with its joiners counts as one."""
    words = " ".join(tame(name).split()).split()
    return "".join(_first_sign(word).upper() for word in (words[:1] + words[1:][-1:])) or "?"


def paper_of(name: str) -> str:
    return PAPERS[zlib.crc32(name.encode()) % len(PAPERS)]


def spoken(row: TileRow, is_speaking: bool) -> str:
    """The tile for who can't see it, and for its tip."""
    age = age_text(row.age)
    parts = (
        name_of(row),
        "" if row.microphone else "muted",
        "muted by me" if row.is_muted_by_me else "",
        "" if row.camera else "camera off",
        "speaking" if is_speaking else "",
        f"picture {age[1:]} old" if age and row.has_picture else "",
        words_of(row),
    )
    return ", ".join(part for part in parts if part)


def lay_out(row: TileRow, width: int, height: int, font: QFont, has_image: bool, has_ring: bool) -> Face:
    """A tile of that size, px."""
    letters = 11 if width < 110 else 12 if width < 260 else 14
    side = letters + 3
    line = QFontMetrics(sized(font, letters)).height()
    foot = line + 8
    edge = 7 if width >= 90 else 5
    signs: list[Sign] = []
    x, base = edge, height - foot + (foot - side) // 2 + 1
    if not row.microphone:
        signs.append(Sign("mic-off", "Muted", QRect(x, base, side, side), COLOURS.off))
        x += side + 1
    if row.is_muted_by_me:
        signs.append(Sign("unheard", "Muted by me", QRect(x, base, side, side), COLOURS.near))
        x += side + 1
    x += 2 if x > edge else 0
    writings: list[Writing] = []
    name = QRect(x, height - foot + 1, max(0, width - x - edge), foot - 1)
    weight = QFont.Weight.DemiBold
    metrics = QFontMetrics(sized(font, letters, weight))
    if name.width() >= metrics.horizontalAdvance("M…"):
        text = metrics.elidedText(name_of(row), Qt.TextElideMode.ElideRight, name.width())
        writings.append(Writing("name", text, name, letters, weight))
    top = edge
    if has_image and (age := age_text(row.age)):
        wide = QFontMetrics(sized(font, 11)).horizontalAdvance(age) + 8
        tall = QFontMetrics(sized(font, 11)).height() + 2
        writings.append(Writing("age", age, QRect(width - wide - edge, edge, wide, tall), 11))
        top = edge + tall + 2
    words = words_of(row)
    area = QRect(edge, top, width - 2 * edge, height - foot - top)
    face_size = (width, height)
    if words:
        written = _write_words(words, area, font, width)
        if written is not None:
            writings.append(written)
        else:
            icon = STATE_SIGNS.get(row.state, "warning")
            big = min(30, area.height(), area.width())
            place = QRect(0, 0, big, big)
            place.moveCenter(area.center())
            signs.append(Sign(icon, words, place, COLOURS.near))
        return Face(face_size, tuple(writings), tuple(signs), foot=foot, is_dim=True, has_ring=has_ring)
    if has_image:
        return Face(face_size, tuple(writings), tuple(signs), foot=foot, has_ring=has_ring)
    diameter = max(16, min(area.height() - 4, round(height * 0.5), 130))
    disc = QRect(0, 0, diameter, diameter)
    disc.moveCenter(area.center())
    pixels = max(9, round(diameter * 0.4))
    writings.append(Writing("initials", initials_of(row.name), disc, pixels, QFont.Weight.DemiBold))
    return Face(
        face_size, tuple(writings), tuple(signs), paper=paper_of(row.name), disc=disc, foot=0, has_ring=has_ring
    )


def sized(font: QFont, pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    font = QFont(font)
    font.setPixelSize(pixels)
    font.setWeight(weight)
    return font


def draw_face(face: Face, font: QFont, ratio: float, around: str) -> QPixmap:
    """The face, to be laid over the picture. `around` is the colour that its round corners let through."""
    width, height = face.size
    pixmap = QPixmap(max(1, round(width * ratio)), max(1, round(height * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if face.is_dim:
        painter.fillRect(0, 0, width, height, QColor(20, 22, 26, 190))
    if face.foot:
        shade = QLinearGradient(0, height - face.foot * 1.5, 0, height)
        shade.setColorAt(0.0, QColor(8, 9, 12, 0))
        shade.setColorAt(0.5, QColor(8, 9, 12, 165))
        shade.setColorAt(1.0, QColor(8, 9, 12, 205))
        painter.fillRect(QRectF(0, height - face.foot * 1.5, width, face.foot * 1.5), shade)
    painter.setPen(Qt.PenStyle.NoPen)
    if face.disc is not None:
        painter.setBrush(QColor(face.paper))
        painter.drawEllipse(face.disc)
    for writing in face.writings:
        _write(painter, writing, font)
    for sign in face.signs:
        painter.drawPixmap(sign.place.topLeft(), draw_icon(sign.icon, sign.place.width(), sign.colour, ratio))
    if face.is_round:
        _round_corners(painter, width, height, around)
    if face.has_ring:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(COLOURS.good), RING))
        inset = RING / 2
        frame = QRectF(inset, inset, width - RING, height - RING)
        radius = RADIUS - inset if face.is_round else 0.0
        painter.drawRoundedRect(frame, radius, radius)
    painter.end()
    return pixmap


def _write(painter: QPainter, writing: Writing, font: QFont) -> None:
    painter.setFont(sized(font, writing.pixels, writing.weight))
    flags = Qt.AlignmentFlag.AlignCenter
    match writing.kind:
        case "name":
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.setPen(QColor(COLOURS.text))
        case "age":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(8, 9, 12, 175))
            painter.drawRoundedRect(writing.place, 4, 4)
            painter.setPen(QColor(COLOURS.text))
        case "words":
            painter.setPen(QColor(COLOURS.text))
        case _:
            painter.setPen(QColor(Qt.GlobalColor.white))
    wrap = Qt.TextFlag.TextWordWrap if writing.is_wrapped else Qt.TextFlag.TextSingleLine
    painter.drawText(writing.place, int(flags) | int(wrap), writing.text)


def _write_words(words: str, area: QRect, font: QFont, width: int) -> Writing | None:
    """In the largest letters that fit; None: none do."""
    for pixels in (15, 13, 12, 11) if width >= 260 else (13, 12, 11):
        metrics = QFontMetrics(sized(font, pixels))
        widest = max(metrics.horizontalAdvance(word) for word in words.split())
        flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        needed = metrics.boundingRect(QRect(0, 0, area.width(), 10_000), flags, words)
        if widest <= area.width() and needed.height() <= area.height():
            return Writing("words", words, area, pixels, is_wrapped=True)
    return None


def _round_corners(painter: QPainter, width: int, height: int, around: str) -> None:
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.OddEvenFill)
    path.addRect(QRectF(0, 0, width, height))
    path.addRoundedRect(QRectF(0, 0, width, height), RADIUS, RADIUS)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(around))
    painter.drawPath(path)


def _first_sign(word: str) -> str:
    end = 1
    while end < len(word) and (
        word[end - 1] == "\u200d"
        or word[end] == "\u200d"
        or unicodedata.category(word[end]) in ("Mn", "Me", "Mc", "Sk")
        or word[end] == "\ufe0f"
    ):
        end += 1
    return word[:end]
