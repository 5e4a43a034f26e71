"""Exact seeks in films of all kinds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from player.media.converter import FrameConverter
from player.media.frame_reader import Frame, FrameReader
from player.media.source import open_source
from tests.fakes.clips import Clip, number_of

Films = Callable[[str, Clip], Path]
UNEVEN = tuple(0.04 * index + (0.9 if index > 40 else 0.0) + 0.003 * (index % 5) for index in range(90))
SLIDES = (0.0, 1.5, 3.1, 4.0, 7.5, 7.6, 9.9)


def number(frame: Frame) -> int:
    return number_of(FrameConverter().convert(frame.image, frame.media_time, 1.0, None, is_accurate=True))


def never() -> bool:
    return False


@pytest.mark.parametrize(
    ("name", "clip"),
    [
        ("bframes.mp4", Clip(seconds=6, gop=250, options={"bf": "3", "b-pyramid": "normal"})),
        ("bframes.mkv", Clip(seconds=4, gop=60, options={"bf": "3"})),
        ("stream.ts", Clip(seconds=4, gop=30, start=1.4)),
        ("late.mkv", Clip(seconds=3, start=5.0, gop=30)),
        ("mpeg.avi", Clip(seconds=3, codec="mpeg4", gop=12, has_sound=False)),
        ("uneven.mkv", Clip(times=UNEVEN, seconds=5, gop=30)),
        ("uneven.mp4", Clip(times=UNEVEN, seconds=5, gop=30)),
        ("slides.mkv", Clip(times=SLIDES, seconds=10, gop=250, has_sound=False, options={"bf": "2"})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_frame_that_is_due_comes_first(name: str, clip: Clip, films: Films) -> None:
    source, container = open_source(str(films(name, clip)))
    reader = FrameReader(source, container)
    stamps = [stamp - clip.stamps[0] for stamp in clip.stamps]
    rounding = 0.0006  # of Matroska's milliseconds
    places = [stamps[index] + rounding for index in range(len(stamps) - 1, -1, -max(1, len(stamps) // 9))]
    places += [(stamps[index] + stamps[index + 1]) / 2 for index in range(0, len(stamps) - 1, max(1, len(stamps) // 9))]
    for place in (*places, stamps[-1] + 30.0):
        expected = max(index for index, stamp in enumerate(stamps) if stamp - rounding <= place)
        frames = reader.frames_from(place, never)
        first = next(frames)
        assert number(first) == expected, place
        assert first.media_time == pytest.approx(stamps[expected], abs=0.0011)
        following = next(frames, None)
        assert (following is None) == (expected == len(stamps) - 1)
        assert following is None or number(following) == expected + 1
    assert reader.broken == 0
    reader.close()


def test_all_frames_come_once_and_in_order(films: Films) -> None:
    clip = Clip(seconds=2, gop=250, options={"bf": "3"})
    source, container = open_source(str(films("order.mp4", clip)))
    reader = FrameReader(source, container)
    for _ in range(2):
        frames = list(reader.frames_from(0.0, never))
        assert [number(frame) for frame in frames] == list(range(60))
        assert [frame.media_time for frame in frames] == pytest.approx([index / 30 for index in range(60)], abs=1e-4)
    reader.close()


def test_a_seek_that_nobody_waits_for_ends(film: Path) -> None:
    source, container = open_source(str(film))
    reader = FrameReader(source, container)
    assert list(reader.frames_from(3.0, lambda: True)) == []
    assert number(next(reader.frames_from(1.0, never))) == 30
    reader.close()


def test_a_film_without_times_is_read_by_its_frame_rate(films: Films) -> None:
    source, container = open_source(str(films("raw.h264", Clip(seconds=1, has_sound=False))))
    reader = FrameReader(source, container)
    frames = list(reader.frames_from(0.0, never))
    assert [number(frame) for frame in frames] == list(range(30))
    spans = {round(after.media_time - before.media_time, 3) for before, after in pairwise(frames)}
    assert len(spans) == 1
    reader.close()
