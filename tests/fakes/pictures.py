"""A source of pictures with levers, and a clock that a test moves by hand: what a PictureWidget needs."""

from __future__ import annotations

from dataclasses import dataclass

from player.core.medium import Due, Picture
from player.ports import Wake
from server.core.timeline import LocalTime, MediaTime


@dataclass
class HandClock:
    """Reads what it was set to; each reading moves it on by `step`, s, so that whoever spins on it gets there."""

    time: float = 100.0
    step: float = 0.0

    def now(self) -> LocalTime:
        self.time += self.step
        return LocalTime(self.time)


def plain_picture(media_time: float, width: int, height: int, bgr: tuple[int, int, int] = (40, 90, 160)) -> Picture:
    """A picture of one colour, with rows longer than they need to be, as decoders make them."""
    stride = width * 4 + 64
    row = bytes((*bgr, 255)) * width + bytes(64)
    memory = bytearray(row * height)
    return Picture(MediaTime(media_time), width, height, stride, memoryview(memory), memory)


class FakePictures:
    """Answers `due` with `answer`, or from a script of (instant, picture); notes what it was told."""

    def __init__(self) -> None:
        self.answer = Due(None, None)
        self.script: list[tuple[float, Picture]] = []
        self.sizes: list[tuple[int, int]] = []
        self.asked: list[float] = []
        self.shown: list[tuple[Picture, float]] = []
        self.wake: Wake = lambda: None

    def set_size(self, width: int, height: int) -> None:
        self.sizes.append((width, height))

    def due(self, now: LocalTime) -> Due:
        self.asked.append(now)
        if not self.script:
            return self.answer
        begun = [picture for at, picture in self.script if at <= now]
        coming = [at for at, _ in self.script if at > now]
        return Due(begun[-1] if begun else None, coming[0] if coming else None)

    def presented(self, picture: Picture, at: LocalTime) -> None:
        self.shown.append((picture, at))

    def set_screen_wake(self, wake: Wake) -> None:
        self.wake = wake
