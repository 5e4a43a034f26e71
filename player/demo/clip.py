"""A film whose frames a person can tell apart: numbers, moving things, a beep and a flash each second.

Drawn straight into 4:2:0 planes: what stands is drawn once, a frame copies it and lays a few small patches over it,
so that a minute of 1080p30 costs little more than its encoding.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

VERSION = 1  # another one: what a cache holds is not this film
SECONDS = 60
SAMPLE_RATE = 48000
BEEP, LOW, HIGH = 0.08, 880.0, 1320.0  # s, Hz; every fifth is the high one
FLASH = 3  # frames of a second in which the lamp is lit

Plane = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ClipShape:
    """Pixels and frames a second. Width and height are multiples of 16."""

    width: int = 1920
    height: int = 1080
    fps: int = 30


def demo_clip(progress: Callable[[float], None] = lambda share: None) -> Path:
    """The film, made when this machine's cache does not have it yet; `progress` hears 0 to 1.

    Raises OSError: there is no place to write it."""
    path = _cache_folder() / f"demo-clip-{VERSION}.mp4"
    if not path.exists():
        partial = path.with_name(f"{path.stem}-{os.getpid()}.partial.mp4")
        try:
            make_clip(partial, SECONDS, ClipShape(), progress)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    return path


def make_clip(
    path: Path, seconds: int, shape: ClipShape, progress: Callable[[float], None] = lambda share: None
) -> None:
    """Write H.264 and AAC. Raises OSError."""
    import av

    path.touch()  # PyAV's own error for a place that can't be written is not always an OSError

    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "crf": "23", "g": str(2 * shape.fps)}
        video: Any = container.add_stream("libx264", rate=shape.fps, options=options)
        video.width, video.height, video.pix_fmt = shape.width, shape.height, "yuv420p"
        video.codec_context.thread_count = 0
        audio: Any = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        audio.bit_rate = 128_000
        for number, picture in enumerate(pictures(seconds, shape)):
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, shape.fps)
            container.mux(video.encode(frame))
            if number % shape.fps == 0:
                second = number // shape.fps
                block = av.AudioFrame.from_ndarray(np.tile(_sound(second), (2, 1)), format="fltp", layout="stereo")
                block.sample_rate, block.pts = SAMPLE_RATE, second * SAMPLE_RATE
                block.time_base = Fraction(1, SAMPLE_RATE)
                container.mux(audio.encode(block))
                progress(second / seconds)
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    progress(1.0)


def pictures(seconds: int, shape: ClipShape) -> Iterator[Plane]:
    """Every frame as PyAV's 4:2:0 array, (height * 3 / 2, width)."""
    stage = _Stage(shape)
    for number in range(seconds * shape.fps):
        yield stage.picture(number, seconds)


def _sound(second: int) -> NDArray[np.float32]:
    """A second of sound: the beep begins on the second."""
    samples = np.zeros(SAMPLE_RATE, np.float32)
    time = np.arange(round(BEEP * SAMPLE_RATE)) / SAMPLE_RATE
    envelope = np.sin(np.pi * np.minimum(time / BEEP, 1.0)) ** 0.5
    pitch = HIGH if second % 5 == 0 else LOW
    samples[: len(time)] = 0.25 * envelope * np.sin(2 * np.pi * pitch * time)
    return samples


def _cache_folder() -> Path:
    from platformdirs import user_cache_path

    try:
        return user_cache_path("matinee", appauthor=False, ensure_exists=True)
    except OSError:
        return Path(tempfile.gettempdir())


@dataclass(slots=True)
class _Stage:
    """What stands, and the patches that are laid over it. Luma 16..235, as films have it."""

    shape: ClipShape
    _backdrop: Plane = field(init=False)
    _glyphs: dict[tuple[str, int], Plane] = field(init=False, default_factory=dict)
    _stamps: dict[tuple[str, int, int], Plane] = field(init=False, default_factory=dict)
    _ball: Plane = field(init=False)

    def __post_init__(self) -> None:
        from PIL import Image, ImageDraw

        width, height = self.shape.width, self.shape.height
        self._backdrop = np.empty((height * 3 // 2, width), np.uint8)
        fall = np.linspace(62, 26, height)[:, None]
        self._backdrop[:height] = (fall + np.linspace(-8, 8, width)[None, :]).astype(np.uint8)
        blue, red = self._chroma(self._backdrop)
        blue[:], red[:] = 142, 120
        size = self._dial_size()
        ball = Image.new("L", (size, size))
        ImageDraw.Draw(ball).ellipse((2, 2, ball.width - 3, ball.height - 3), fill=255)
        self._ball = np.asarray(ball.resize((size // 8 * 2, size // 8 * 2), Image.Resampling.LANCZOS))
        self._text(self._backdrop, "MATINEE DEMO", height // 22, (height // 14, width // 16), 150)

    def picture(self, number: int, seconds: int) -> Plane:
        """Frame `number` of a film of so many seconds."""
        shape, fps = self.shape, self.shape.fps
        width, height = shape.width, shape.height
        picture = self._backdrop.copy()
        clock = f"{number // fps // 60:02d}:{number // fps % 60:02d}.{number % fps * 1000 // fps:03d}"
        self._text(picture, clock, height // 8, (height * 3 // 16, width // 16), 205)
        place = (height * 21 // 64, width // 16 - height // 60)
        self._text(picture, f"{number:04d}", height * 5 // 11, place, 235)
        size, turn = self._dial_size(), number % fps
        key = (f"hand {turn}", height // 7, width - width // 16 - size)
        self._stamp(picture, key, lambda: self._hand(size, turn / fps), 225)
        self._lay_ball(picture, number)
        if number % fps < FLASH:
            side = height // 16 // 2 * 2
            top, left = height // 14, (width - width // 16 - side) // 2 * 2
            picture[top : top + side, left : left + side] = 235
        self._lay_progress(picture, number / (seconds * fps), number)
        return picture

    def _dial_size(self) -> int:
        return self.shape.height * 3 // 8 // 4 * 4

    def _lay_ball(self, picture: Plane, number: int) -> None:
        """Once across in four seconds and back, a bounce a second: the eye sees a missing frame."""
        width, height, fps = self.shape.width, self.shape.height, self.shape.fps
        size = self._ball.shape[0]
        phase = number / fps
        across = 1 - abs(phase / 4 % 2 - 1)
        left = int(width // 2 + across * (width * 7 // 16 - size)) // 2 * 2
        floor = height * 13 // 16 - size
        top = int(floor - height * 3 // 16 * abs(math.sin(math.pi * phase))) // 2 * 2
        self._lay(picture, self._ball, top, left, 180)
        blue, red = self._chroma(picture)
        inside = self._ball[::2, ::2] > 127
        part = np.s_[top // 2 : top // 2 + inside.shape[0], left // 2 : left // 2 + inside.shape[1]]
        blue[part][inside], red[part][inside] = 60, 176

    def _lay_progress(self, picture: Plane, share: float, number: int) -> None:
        """The place in the film, and above it a mark that runs through each second."""
        width, height, fps = self.shape.width, self.shape.height, self.shape.fps
        left, right, top = width // 16, width - width // 16, height * 29 // 32
        thick = max(4, height // 90)
        picture[top : top + thick, left:right] = 70
        picture[top : top + thick, left : left + int((right - left) * share)] = 200
        mark = left + (right - left - 2 * thick) * (number % fps) // fps
        picture[top - 3 * thick : top - thick, mark : mark + 2 * thick] = 235

    def _hand(self, size: int, turn: float) -> Plane:
        """The dial with its hand so many turns from the top."""
        from PIL import Image, ImageDraw

        image = Image.new("L", (2 * size, 2 * size))
        draw = ImageDraw.Draw(image)
        middle, radius, thick = size, size * 15 // 16, max(3, size // 24)
        draw.ellipse((middle - radius, middle - radius, middle + radius, middle + radius), outline=150, width=thick)
        for mark in range(12):
            angle = math.tau * mark / 12
            ends = [
                (middle + r * math.sin(angle), middle - r * math.cos(angle)) for r in (radius * 0.82, radius * 0.92)
            ]
            draw.line(ends, fill=150, width=thick)
        angle = math.tau * turn
        tip = (middle + radius * 0.76 * math.sin(angle), middle - radius * 0.76 * math.cos(angle))
        draw.line([(middle, middle), tip], fill=255, width=2 * thick)
        draw.ellipse((middle - 2 * thick, middle - 2 * thick, middle + 2 * thick, middle + 2 * thick), fill=255)
        return np.asarray(image.resize((size, size), Image.Resampling.LANCZOS))

    def _text(self, picture: Plane, words: str, size: int, place: tuple[int, int], luma: int) -> None:
        """A line of words from `place` on: row and column of its upper left corner."""
        top, left = place
        for sign in words:
            glyph = self._glyph(sign, size)
            self._stamp(picture, (sign, top, left), lambda cover=glyph: cover, luma)  # type: ignore[misc]
            left += glyph.shape[1]

    def _stamp(self, picture: Plane, key: tuple[str, int, int], cover: Callable[[], Plane], luma: int) -> None:
        """Paint what always stands on the backdrop: blended once a place, then copied. `key`: name, row, column."""
        _, top, left = key
        patch = self._stamps.get(key)
        if patch is None:
            sample = cover()
            patch = self._backdrop[top : top + sample.shape[0], left : left + sample.shape[1]].copy()
            self._lay(patch, sample, 0, 0, luma)
            self._stamps[key] = patch
        picture[top : top + patch.shape[0], left : left + patch.shape[1]] = patch

    def _glyph(self, sign: str, size: int) -> Plane:
        """A sign's coverage; digits all have one width, so that a clock does not dance."""
        if (sign, size) not in self._glyphs:
            from PIL import Image, ImageDraw, ImageFont

            font = ImageFont.load_default(size)
            wide = math.ceil(max(map(font.getlength, "0123456789")) if sign.isdigit() else font.getlength(sign))
            image = Image.new("L", (wide, math.ceil(size * 1.2)))
            ImageDraw.Draw(image).text(((wide - font.getlength(sign)) / 2, 0), sign, font=font, fill=255)
            self._glyphs[sign, size] = np.asarray(image)
        return self._glyphs[sign, size]

    def _lay(self, picture: Plane, cover: Plane, top: int, left: int, luma: int) -> None:
        """Paint with `luma` where `cover` (0..255) covers."""
        part = picture[top : top + cover.shape[0], left : left + cover.shape[1]]
        under = part.astype(np.int16)
        part[:] = under + ((luma - under) * cover.astype(np.int16) >> 8)

    def _chroma(self, picture: Plane) -> tuple[Plane, Plane]:
        """Views of the two colour planes, half as wide and high."""
        width, height = self.shape.width, self.shape.height
        planes = picture[height:].reshape(2, height // 2, width // 2)
        return planes[0], planes[1]
