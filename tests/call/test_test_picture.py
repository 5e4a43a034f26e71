"""The picture of the camera "test": its name can be seen, its instant read back from whatever became of it."""

from __future__ import annotations

import av
import numpy as np
import pytest

from player.call.test_picture import HEIGHT, WIDTH, TestPicture, letters, read_instant


@pytest.mark.parametrize("size", [(640, 480), (480, 360), (320, 240), (160, 120)])
def test_the_instant_is_read_from_any_size(size: tuple[int, int]) -> None:
    picture = TestPicture("Ana")
    for instant in (0.0, 12345.678, 16777.215):
        frame = av.VideoFrame.from_ndarray(picture.draw(instant), format="gray")
        assert read_instant(frame.reformat(*size, "gray").to_ndarray()) == pytest.approx(instant, abs=1e-6)


def test_other_pictures_hold_no_instant() -> None:
    assert read_instant(np.full((HEIGHT, WIDTH), 100, np.uint8)) is None


@pytest.mark.parametrize("name", ["", "Ana", "Zoë Müller", "李雷", "x" * 200])
def test_any_name_can_be_drawn(name: str) -> None:
    nameless, named = TestPicture("").draw(1.0).copy(), TestPicture(name).draw(1.0)
    assert (named != nameless).any() == bool(name)
    assert named.shape == (HEIGHT, WIDTH)


def test_it_moves() -> None:
    picture = TestPicture("Ana")
    first = picture.draw(1.0)[:380].copy()
    assert (picture.draw(1.1)[:380] != first).any()


def test_marks_over_letters_do_not_matter() -> None:
    assert (letters("Zoë", 1) == letters("ZOE", 1)).all()
