"""The difference over time as a picture: two panels, picture and sound, with the phases marked.

Drawn with Pillow at twice the size and then reduced, which makes its lines smooth. The scale of the differences is
linear near 0 and logarithmic beyond (asinh), so that a millisecond and a seek of a quarter of a minute are both seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from player.demo.presented import Values
from player.demo.ruler import Difference, Span

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont
    from PIL.ImageFont import ImageFont as BitmapFont

WIDTH, HEIGHT, SCALE = 1600, 1040, 2
LEFT, RIGHT, TOP, BOTTOM, BETWEEN = 96, 110, 232, 112, 28  # px around and between the panels
ROOM = 17  # px that a tick's words need
LINEAR = 2.0  # ms, up to about which the scale is linear
TICKS = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4, 1e5)  # ms
INK, SOFT, GRID_LINE, PAPER = "#1d2433", "#667085", "#e3e7ee", "#ffffff"
BANDS, EXCUSED, FRAME_LINE = ("#ffffff", "#f3f5f9"), "#fdf0d5", "#c2410c"
PICTURE_LINE, SOUND_LINE = "#2457c5", "#0f8a5f"


def write_plot(path: Path, difference: Difference, spans: list[Span], frame: float) -> None:
    """Write a PNG. `frame` is how long one lasts, s. Raises OSError."""
    _Plot(difference, spans, frame).drawn().save(path, optimize=True)


@dataclass(slots=True)
class _Plot:
    difference: Difference
    spans: list[Span]
    frame: float
    _image: Image.Image = field(init=False)
    _draw: ImageDraw.ImageDraw = field(init=False)

    def __post_init__(self) -> None:
        self._image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
        self._draw = ImageDraw.Draw(self._image)

    def drawn(self) -> Image.Image:
        """The whole picture, at its final size."""
        high = (HEIGHT - TOP - BOTTOM - BETWEEN) / 2
        panels = (
            ("Picture", self.difference.picture, PICTURE_LINE, TOP),
            ("Sound", self.difference.sound, SOUND_LINE, TOP + high + BETWEEN),
        )
        self._text((LEFT, 26), "Difference between what A and B presented at the same instant", 26, INK)
        self._text(
            (LEFT, 62),
            "Media time of A minus media time of B, by the machine's own clock; above 0: B is behind",
            17,
            SOFT,
        )
        for name, values, colour, top in panels:
            self._panel(name, values * 1e3, colour, top, top + high)
        self._phase_names()
        self._seconds()
        self._legend()
        return self._image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)

    # -- scales --------------------------------------------------------------------------------------------------------

    @property
    def _start(self) -> float:
        return self.spans[0].start

    @property
    def _end(self) -> float:
        return self.spans[-1].end

    def _x(self, instant: float) -> float:
        share = (instant - self._start) / max(self._end - self._start, 1e-9)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    # -- parts ---------------------------------------------------------------------------------------------------------

    def _panel(self, name: str, values: Values, colour: str, top: float, bottom: float) -> None:
        known = values[np.isfinite(values)]
        most = max(2.5e3 * self.frame, 1.3 * float(np.max(np.abs(known))) if len(known) else 0.0)
        reach = math.asinh(most / LINEAR)

        def y(milliseconds: float) -> float:
            return (top + bottom) / 2 - math.asinh(milliseconds / LINEAR) / reach * (bottom - top) / 2

        for index, span in enumerate(self.spans):
            self._box(self._x(span.start), top, self._x(span.end), bottom, BANDS[index % 2])
            excused = self._x(min(span.start + span.transition, span.end))
            self._box(self._x(span.start), top, excused, bottom, EXCUSED)
        told = bottom + 2 * ROOM
        for tick in sorted(
            (sign * tick for tick in TICKS for sign in (1.0, -1.0)), key=lambda tick: (abs(tick) > 0, tick)
        ):
            if abs(tick) > most:
                continue
            self._line([(LEFT, y(tick)), (WIDTH - RIGHT, y(tick))], SOFT if tick == 0 else GRID_LINE, 1)
            if tick == 0 or (abs(y(tick) - y(0)) >= ROOM and abs(y(tick) - told) >= ROOM):
                self._text((LEFT - 12, y(tick)), _amount(tick), 15, SOFT, "rm")
                told = y(tick)
        for limit in (1e3 * self.frame, -1e3 * self.frame):
            self._dashes(y(limit))
        for span in self.spans:
            self._line([(self._x(span.start), top), (self._x(span.start), bottom)], "#cfd6e2", 1)
        self._curve(values, colour, y)
        self._frame(top, bottom)
        self._text((LEFT + 12, top + 10), name, 19, colour)
        if not len(known):
            self._text(((LEFT + WIDTH - RIGHT) / 2, (top + bottom) / 2 - 16), "nothing to compare", 18, SOFT, "ms")

    def _curve(self, values: Values, colour: str, y: object) -> None:
        """The line, broken where nothing is known, or where it jumps from one instant to the next."""
        assert callable(y)
        points: list[tuple[float, float]] = []
        for instant, value in zip(self.difference.instants, values, strict=True):
            if np.isfinite(value) and self._start <= instant <= self._end:
                points.append((self._x(float(instant)), y(float(value))))
            elif points:
                self._stroke(points, colour)
                points = []
        if points:
            self._stroke(points, colour)

    def _stroke(self, points: list[tuple[float, float]], colour: str) -> None:
        if len(points) == 1:
            points = [points[0], (points[0][0] + 1, points[0][1])]
        self._line(points, colour, 1.6)

    def _phase_names(self) -> None:
        """Aslant over their beginnings, so that short phases have room for their names."""
        for span in self.spans:
            font = _font(15)
            wide = math.ceil(font.getlength(span.name)) + 8
            label = Image.new("RGBA", (wide, 26 * SCALE), (255, 255, 255, 0))
            ImageDraw.Draw(label).text((4, 13 * SCALE), span.name, font=font, fill=INK, anchor="lm")
            turned = label.rotate(35, expand=True, resample=Image.Resampling.BICUBIC)
            x, y = self._x(span.start) * SCALE, (TOP - 26) * SCALE
            self._image.paste(turned, (round(x - 6 * SCALE), round(y - turned.height + 10 * SCALE)), turned)
            self._line([(self._x(span.start), TOP - 18), (self._x(span.start), TOP)], "#9aa5b8", 1)

    def _seconds(self) -> None:
        bottom = HEIGHT - BOTTOM
        every = 5 if self._end - self._start < 150 else 20
        for second in range(0, int(self._end - self._start) + 1, every):
            x = self._x(self._start + second)
            self._line([(x, bottom), (x, bottom + 6)], SOFT, 1)
            self._text((x, bottom + 10), f"{second}", 15, SOFT, "ma")
        self._text(((LEFT + WIDTH - RIGHT) / 2, bottom + 34), "seconds since the beginning", 16, SOFT, "ma")

    def _legend(self) -> None:
        y = HEIGHT - 28
        x = float(LEFT)
        self._line([(x, y), (x + 34, y)], PICTURE_LINE, 3)
        x = self._text((x + 44, y), "picture", 16, INK, "lm") + 40
        self._line([(x, y), (x + 34, y)], SOUND_LINE, 3)
        x = self._text((x + 44, y), "sound", 16, INK, "lm") + 40
        self._dashes(y, x, x + 34)
        x = self._text((x + 44, y), f"one frame, {1e3 * self.frame:.1f} ms", 16, INK, "lm") + 40
        self._box(x, y - 9, x + 34, y + 9, EXCUSED)
        self._text((x + 44, y), "transition, in which being apart is no fault", 16, INK, "lm")

    # -- strokes (coordinates of the final size) -----------------------------------------------------------------------

    def _frame(self, top: float, bottom: float) -> None:
        corners = [(LEFT, top), (WIDTH - RIGHT, top), (WIDTH - RIGHT, bottom), (LEFT, bottom), (LEFT, top)]
        self._line([(float(x), float(y)) for x, y in corners], "#9aa5b8", 1)

    def _dashes(self, y: float, start: float = LEFT, end: float = WIDTH - RIGHT) -> None:
        x = start
        while x < end:
            self._line([(x, y), (min(x + 7, end), y)], FRAME_LINE, 1.2)
            x += 12

    def _line(self, points: list[tuple[float, float]], colour: str, width: float) -> None:
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._draw.line(scaled, fill=colour, width=round(width * SCALE), joint="curve" if width > 1 else None)

    def _box(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        self._draw.rectangle((left * SCALE, top * SCALE, max(left, right) * SCALE, bottom * SCALE), fill=colour)

    def _text(self, place: tuple[float, float], words: str, size: int, colour: str, anchor: str = "la") -> float:
        """Returns where the words end."""
        font = _font(size)
        self._draw.text((place[0] * SCALE, place[1] * SCALE), words, font=font, fill=colour, anchor=anchor)
        return place[0] + font.getlength(words) / SCALE


def _font(size: int) -> FreeTypeFont | BitmapFont:
    return ImageFont.load_default(size * SCALE)


def _amount(milliseconds: float) -> str:
    size = abs(milliseconds)
    words = f"{size:g} ms" if size < 1e3 else f"{size / 1e3:g} s"
    return words if milliseconds == 0 else f"{'+' if milliseconds > 0 else '-'}{words}"
