"""The director: deeds in order, pictures compared, spans that say when. With players and a path of paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from player.demo.director import Director, same_pixels
from player.demo.ruler import Span
from player.demo.script import CutB, Phase, RestoreB, Send, StopB
from server.core import protocol

PLAY, PAUSE = Send(protocol.Play()), Send(protocol.Pause())


class Paper:
    """A player, and a path, that note what is done with them."""

    def __init__(self, name: str, log: list[str], colour: str | None = "red") -> None:
        self.name, self.log, self.colour = name, log, colour

    async def grab(self, what: str, path: Path) -> bool:
        self.log.append(f"{self.name} {what} {path.name}")
        if self.colour is None:
            return False
        Image.new("RGB", (8, 8), self.colour).save(path)
        return True

    def stop(self) -> None:
        self.log.append(f"{self.name} stop")

    def go_on(self) -> None:
        self.log.append(f"{self.name} go on")

    def cut(self, kind: str) -> None:
        self.log.append(f"cut {kind}")

    def restore(self) -> None:
        self.log.append("restore")


class Evening:
    """A director with all of paper."""

    def __init__(self, folder: Path, colour_of_b: str | None = "red") -> None:
        self.log: list[str] = []
        self.actors = {"A": Paper("A", self.log), "B": Paper("B", self.log, colour_of_b)}
        self.director = Director(
            self.command,
            self.actors,
            Paper("path", self.log),
            windows=folder,
            frames=folder,
            begun=self.begun,
            done=self.done,
        )

    async def command(self, action: protocol.Action) -> None:
        self.log.append(type(action).__name__)

    def begun(self, phase: Phase) -> None:
        self.log.append(f"begun {phase.name}")

    def done(self, span: Span) -> None:
        self.log.append(f"done {span.name}")


async def test_deeds_are_done_in_order_and_spans_follow_each_other(tmp_path: Path) -> None:
    evening = Evening(tmp_path)
    script = [
        Phase(name="one", seconds=0.02, deeds=((0.0, PLAY), (0.01, StopB(0.01)))),
        Phase(name="two", seconds=0.02, deeds=((0.0, CutB("silent")), (0.01, PAUSE))),
        Phase(name="three", seconds=0.01, deeds=((0.0, RestoreB()),), place=4.0),
    ]
    spans = await evening.director.run(script)
    assert evening.log == [
        "begun one", "Play", "B stop", "B go on", "done one",
        "begun two", "cut silent", "Pause", "done two",
        "begun three", "restore", "done three",
    ]  # fmt: skip
    assert [span.name for span in spans] == ["one", "two", "three"]
    for span, phase in zip(spans, script, strict=True):
        assert span.end - span.start >= phase.seconds
        assert span.identical is None
    assert spans[0].end <= spans[1].start
    assert spans[2].place == 4.0


@pytest.mark.parametrize(("colour", "identical"), [("red", True), ("#fe0000", False), (None, None)])
async def test_paused_pictures_are_compared_by_their_pixels(
    tmp_path: Path, colour: str | None, identical: bool | None
) -> None:
    evening = Evening(tmp_path, colour)
    paused = Phase(name="pause", seconds=0.0, deeds=(), is_playing=False, compares_frames=True, takes_windows=True)
    (span,) = await evening.director.run([paused])
    assert span.identical is identical
    assert {"A picture frame-a.png", "B window player-b.png"} <= set(evening.log)


def test_pictures_of_other_sizes_differ(tmp_path: Path) -> None:
    for name, size in (("a", (8, 8)), ("b", (8, 9))):
        Image.new("RGB", size).save(tmp_path / f"{name}.png")
    assert not same_pixels(tmp_path / "a.png", tmp_path / "b.png")
