"""Pictures of frames: colours, sizes, and sameness."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from player.media.converter import FrameConverter, shown_size
from tests.fakes.clips import pixels_of


def frame(pixels: np.ndarray) -> av.VideoFrame:
    made = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p", dst_colorspace="itu709")
    made.pts, made.time_base = 0, Fraction(1, 30)
    return made


@pytest.mark.parametrize(
    ("film", "aspect", "turns", "area", "size"),
    [
        ((1920, 1080), 1.0, 0, None, (1920, 1080)),
        ((1920, 1080), 1.0, 0, (1280, 720), (1280, 720)),
        ((1920, 1080), 1.0, 0, (640, 640), (640, 360)),
        ((640, 360), 1.0, 0, (1920, 1080), (640, 360)),
        ((720, 576), 16 / 15, 0, (2000, 2000), (768, 576)),
        ((1920, 1080), 1.0, 1, (1000, 960), (540, 960)),
        ((1920, 1080), 1.0, 2, None, (1920, 1080)),
        ((1920, 20), 1.0, 0, (30, 30), (30, 1)),
    ],
)
def test_a_picture_fits_its_area(
    film: tuple[int, int], aspect: float, turns: int, area: tuple[int, int] | None, size: tuple[int, int]
) -> None:
    assert shown_size(*film, aspect, turns, area) == size


@pytest.mark.parametrize("is_accurate", [True, False])
def test_colours_are_those_of_the_film(is_accurate: bool) -> None:
    patches = np.repeat(np.repeat(np.array([[[200, 30, 40], [20, 180, 60], [128, 128, 128]]], np.uint8), 720, 0), 96, 1)
    picture = FrameConverter().convert(frame(patches), 1.5, 1.0, None, is_accurate=is_accurate)
    assert picture.media_time == 1.5
    seen = pixels_of(picture)
    for index, colour in enumerate(([200, 30, 40], [20, 180, 60], [128, 128, 128])):
        middle = seen[360, index * 96 + 48, :3][::-1].astype(int)
        assert np.abs(middle - colour).max() <= 4


def test_the_accurate_picture_depends_on_frame_and_size_only() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (180, 320, 3), np.uint8)
    used, fresh = FrameConverter(), FrameConverter()
    for area in (None, (100, 100), (64, 500)):
        used.convert(frame(noise[::-1].copy()), 0.0, 1.0, area, is_accurate=False)
        used.convert(frame(noise[::-1].copy()), 0.0, 1.0, (222, 111), is_accurate=True)
    pixels = [pixels_of(each.convert(frame(noise), 0.0, 1.0, (200, 90), is_accurate=True)) for each in (used, fresh)]
    assert (pixels[0] == pixels[1]).all()
