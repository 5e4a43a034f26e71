"""Runs the script: does each phase's deeds at their instants, and notes when that was on the machine's clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Literal, Protocol, assert_never

from player.demo.ruler import Span
from player.demo.script import CutB, Deed, Phase, RestoreB, Send, StopB
from server.core import protocol

Command = Callable[[protocol.Action], Awaitable[object]]
"""Sends the room one command; returns when its new timeline has come. Raises ports.LinkError."""


class Actor(Protocol):
    """A player as far as the director touches it."""

    async def grab(self, what: str, path: Path) -> bool:
        """Have its "picture" or its "window" written; whether it did."""

    def stop(self) -> None:
        """Hold its process where it is."""

    def go_on(self) -> None:
        """Let it run again."""


class FarPath(Protocol):
    """B's path as far as the director touches it."""

    def cut(self, kind: Literal["silent", "reset"]) -> None: ...
    def restore(self) -> None: ...


class Director:
    """`windows`: the folder for pictures of the windows, `frames`: for those that are compared.

    `begun` hears each phase as it begins, `done` its span when it has ended."""

    def __init__(
        self,
        command: Command,
        actors: dict[str, Actor],
        path: FarPath,
        *,
        windows: Path,
        frames: Path,
        begun: Callable[[Phase], None],
        done: Callable[[Span], None],
    ) -> None:
        self._command = command
        self._actors = actors
        self._path = path
        self._windows = windows
        self._frames = frames
        self._begun = begun
        self._done = done

    async def run(self, script: Sequence[Phase]) -> list[Span]:
        """All phases, one after the other."""
        spans = []
        for phase in script:
            self._begun(phase)
            span = await self._run_phase(phase)
            self._done(span)
            spans.append(span)
        return spans

    async def _run_phase(self, phase: Phase) -> Span:
        start = time.perf_counter()
        for at, deed in phase.deeds:
            await _until(start + at)
            await self._do(deed)
        await _until(start + phase.seconds)
        identical = await self._compare_frames() if phase.compares_frames else None
        if phase.takes_windows:
            await self._grab("window", self._windows, "player")
        return Span(
            name=phase.name,
            start=start,
            end=time.perf_counter(),
            is_playing=phase.is_playing,
            transition=phase.transition,
            settle=phase.settle,
            counted_from=phase.counted_from,
            rate=phase.rate,
            place=phase.place,
            watched=phase.watched,
            moves_from=phase.moves_from,
            identical=identical,
        )

    async def _do(self, deed: Deed) -> None:
        match deed:
            case Send(action):
                await self._command(action)
            case StopB(seconds):
                begun = time.perf_counter()
                self._actors["B"].stop()
                try:
                    await _until(begun + seconds)
                finally:
                    self._actors["B"].go_on()
            case CutB(kind):
                self._path.cut(kind)
            case RestoreB():
                self._path.restore()
            case _:
                assert_never(deed)

    async def _compare_frames(self) -> bool | None:
        """Whether both players' pictures have the same pixels; None: one has no picture to give."""
        paths = await self._grab("picture", self._frames, "frame")
        return None if paths is None else same_pixels(*paths)

    async def _grab(self, what: str, folder: Path, name: str) -> tuple[Path, Path] | None:
        a, b = (folder / f"{name}-{letter}.png" for letter in "ab")
        for path in (a, b):
            path.unlink(missing_ok=True)
        got = await asyncio.gather(self._actors["A"].grab(what, a), self._actors["B"].grab(what, b))
        return (a, b) if all(got) else None


def same_pixels(first: Path, second: Path) -> bool:
    """Whether two pictures are equal in size and in every pixel. Raises OSError."""
    from PIL import Image, ImageChops

    with Image.open(first) as one, Image.open(second) as other:
        if one.size != other.size:
            return False
        return ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getbbox() is None


async def _until(instant: float) -> None:
    """Until the machine's clock reads that; asyncio may wake early."""
    while (left := instant - time.perf_counter()) > 0:
        await asyncio.sleep(left)
