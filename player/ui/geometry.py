"""`--geometry WxH+X+Y`: read without Qt, so that a wrong one is refused before a window exists."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORM = re.compile(r"(\d{1,5})x(\d{1,5})([+-]\d{1,5})([+-]\d{1,5})")
SMALLEST = (160, 90)  # px


@dataclass(frozen=True, slots=True)
class Geometry:
    """A window's place, px: its inside, without what a window manager puts around it."""

    width: int
    height: int
    x: int
    y: int


def parse_geometry(text: str) -> Geometry:
    """Read "640x360+0+0". Raises ValueError with one clear sentence."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"“{text}” is no geometry: write WIDTHxHEIGHT+X+Y, such as 640x360+0+0.")
    width, height, x, y = (int(part) for part in match.groups())
    if width < SMALLEST[0] or height < SMALLEST[1]:
        raise ValueError(f"“{text}” is too small: a window has at least {SMALLEST[0]}x{SMALLEST[1]}.")
    return Geometry(width, height, x, y)
