"""Presenting to nobody, and being driven by a parent."""

from __future__ import annotations

import asyncio
import io
import threading

import pytest

from player.control import Control
from player.core.medium import Due, Picture
from player.core.view import View
from player.headless import HeadlessFront
from server.core.timeline import LocalTime, MediaTime
from tests.fakes.pictures import HandClock
from tests.fakes.ports import FakePlayback

PICTURE = Picture(MediaTime(1.0), 2, 2, 8, memoryview(b""), None)


class Source(FakePlayback):
    """Has one picture; fails at the first question if told so."""

    def __init__(self, faults: int = 0) -> None:
        super().__init__()
        self.faults = faults
        self.seen = asyncio.Event()
        self.presentations = 0
        self.stir = lambda: None

    def set_screen_wake(self, wake: object) -> None:
        self.stir = wake  # type: ignore[assignment]

    def due(self, now: LocalTime) -> Due:
        if self.faults:
            self.faults -= 1
            raise RuntimeError("a fault")
        return Due(PICTURE, None)

    def presented(self, picture: Picture, at: LocalTime) -> None:
        self.presentations += 1
        self.seen.set()


async def test_a_picture_is_presented_once() -> None:
    source = Source()
    front = HeadlessFront(source, HandClock())
    wishes: list[str] = []
    front.begin(lambda: wishes.append("join"))
    front.begin(None)
    front.show_view(View())
    await source.seen.wait()
    for _ in range(3):
        source.stir()
        await asyncio.sleep(0)
    assert (source.presentations, wishes) == (1, ["join"])
    front.shut()


@pytest.mark.expects_warnings
async def test_presenting_goes_on_after_a_fault() -> None:
    source = Source(faults=1)
    front = HeadlessFront(source, HandClock())
    while source.faults:
        await asyncio.sleep(0)
    source.stir()
    async with asyncio.timeout(20):
        await source.seen.wait()
    front.shut()


def test_a_wake_after_the_end_is_no_matter() -> None:
    wakes = []

    async def live() -> None:
        source = Source()
        HeadlessFront(source, HandClock())
        wakes.append(source.stir)

    asyncio.run(live())
    wakes[0]()


async def test_a_parent_drives_and_its_end_is_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("grab-window a.png\ngrab-picture b.png\nfly c\nquit\n"))
    ends = asyncio.Semaphore(0)
    Control({"grab-window": lambda _path: True, "grab-picture": lambda _path: False}, ends.release)
    async with asyncio.timeout(20):
        await ends.acquire()
        await ends.acquire()
    assert capsys.readouterr().out.splitlines() == [
        "done a.png",
        "failed b.png it could not be done",
        "failed c no such command here: fly",
    ]


def test_what_a_parent_says_after_the_end_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    is_over = threading.Event()
    threads = set(threading.enumerate())

    class Late(io.StringIO):
        def readline(self, *_size: object) -> str:
            assert is_over.wait(20)
            return "quit\n"

        def __next__(self) -> str:
            return self.readline()

    monkeypatch.setattr("sys.stdin", Late())

    async def live() -> None:
        Control({}, lambda: None)

    asyncio.run(live())
    is_over.set()
    for thread in set(threading.enumerate()) - threads:
        thread.join(20)
        assert not thread.is_alive()
