"""The demo's own film: every frame is another, beeps and flashes begin on the second, and it is made once."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from player.demo import clip
from player.demo.clip import ClipShape, make_clip, pictures

SMALL = ClipShape(width=320, height=192, fps=30)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "film.mp4"
    make_clip(path, 3, SMALL)
    return path


def test_it_is_h264_and_aac_of_the_right_length(film: Path) -> None:
    with av.open(str(film)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.width, video.height, video.average_rate) == (320, 192, 30)
        frames = [frame.pts * video.time_base for frame in container.decode(video)]
    assert len(frames) == 90
    assert frames[0] == 0
    assert frames[-1] == pytest.approx(89 / 30)


def test_no_two_frames_are_alike() -> None:
    seen = {picture.tobytes() for picture in pictures(3, SMALL)}
    assert len(seen) == 90


def test_each_second_begins_with_a_beep(film: Path) -> None:
    with av.open(str(film)) as container:
        stream = container.streams.audio[0]
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(stream)])
    loud = np.abs(sound) > 0.05
    for second in range(3):
        begin = second * clip.SAMPLE_RATE
        assert loud[begin : begin + 2400].any()
        assert not loud[begin + 9600 : begin + clip.SAMPLE_RATE - 2400].any()


def test_it_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip, "_cache_folder", lambda: tmp_path)
    monkeypatch.setattr(clip, "SECONDS", 1)
    monkeypatch.setattr(clip, "ClipShape", lambda: SMALL)
    heard: list[float] = []
    first = clip.demo_clip(heard.append)
    assert heard[-1] == 1.0
    written = first.stat().st_mtime_ns
    assert clip.demo_clip(heard.append) == first
    assert first.stat().st_mtime_ns == written
    assert [each.name for each in tmp_path.iterdir()] == [first.name]
