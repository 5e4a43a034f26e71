"""The stage: processes are started, spoken to and ended; with programs of paper."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from player.demo import players
from player.demo.medium import probe
from player.demo.players import DemoError, Stage, StageSettings
from player.demo.sights import problems

PROGRAM = Path(__file__).with_name("paper_program.py")


@pytest.fixture
def behave(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have both programs played by paper."""

    def set_behaviour(behaviour: str) -> None:
        monkeypatch.setattr(players, "program", lambda name: [sys.executable, str(PROGRAM), name, behaviour])

    return set_behaviour


async def test_both_players_are_started_spoken_to_and_ended(behave: Callable[[str], None], tmp_path: Path) -> None:
    behave("well")
    before = set(psutil.Process().children())
    async with Stage(StageSettings(folder=tmp_path, media="film.mp4")) as stage:
        stage.check_alive()
        assert stage.invite.port == 4711
        assert stage.proxy is not None
        assert stage.proxy.port != 4711
        assert await stage.a.grab("picture", tmp_path / "with space.png")
        assert not await stage.b.grab("window", tmp_path / "b.png")
        for player in (stage.a, stage.b):
            assert len(player.presented().picture) == 1
    assert set(psutil.Process().children()) <= before


async def test_for_a_call_two_more_come_who_open_no_film(behave: Callable[[str], None], tmp_path: Path) -> None:
    behave("well")
    before = set(psutil.Process().children())
    settings = StageSettings(folder=tmp_path, media="film.mp4", has_call=True, camera="Webcam", mic="off")
    async with Stage(settings) as stage:
        assert list(stage.players) == ["A", "B"]
        assert list(stage.callers) == ["C", "D"]
        started = {words[words.index("--name") + 1]: words for words in map(psutil.Process.cmdline, children())}
        for name, camera, mic in (("A", "Webcam", "off"), ("B", "test", "test"), ("C", "test", "test")):
            words = started[name]
            assert words[words.index("--call") :][:5] == ["--call", "--camera", camera, "--mic", mic]
        assert "film.mp4" not in started["C"]
        assert "--headless" in started["D"]
        assert len(stage.sights()) == 12
        assert problems(stage.sights()) == ()
    assert set(psutil.Process().children()) <= before


def children() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "--name" in each.cmdline()]


async def test_without_a_call_nobody_is_asked_for_one(behave: Callable[[str], None], tmp_path: Path) -> None:
    behave("well")
    async with Stage(StageSettings(folder=tmp_path, media="film.mp4")) as stage:
        assert not any("--call" in each.cmdline() for each in children())
        assert stage.sights() == ()


async def test_a_player_can_be_held_and_let_go(behave: Callable[[str], None], tmp_path: Path) -> None:
    behave("well")
    async with Stage(StageSettings(folder=tmp_path, media="film.mp4", path=None)) as stage:
        held = next(each for each in psutil.Process().children() if "B" in each.cmdline())
        stage.b.stop()
        while held.status() != psutil.STATUS_STOPPED:
            await asyncio.sleep(0.001)
        stage.b.go_on()
        assert await stage.b.grab("picture", tmp_path / "b.png")


async def test_a_player_that_dies_is_told_with_its_last_words(behave: Callable[[str], None], tmp_path: Path) -> None:
    behave("B-dies")
    with pytest.raises(DemoError, match=r"Player B ended by itself \(exit status 1\): The film could not be read\."):
        await until_it_dies(tmp_path)


async def until_it_dies(folder: Path) -> None:
    """Raises DemoError as soon as a player has ended."""
    async with Stage(StageSettings(folder=folder, media="film.mp4")) as stage:
        while True:
            stage.check_alive()
            await asyncio.sleep(0.001)


async def test_a_server_that_does_not_start_is_told(behave: Callable[[str], None], tmp_path: Path) -> None:
    behave("server-fails")
    with pytest.raises(DemoError, match=r"The server did not start: The port 1 is taken\."):
        await Stage(StageSettings(folder=tmp_path, media="film.mp4")).__aenter__()


async def test_players_that_never_meet_are_told(
    behave: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    behave("well")
    monkeypatch.setattr(players, "START_TIMEOUT", 0.0)
    monkeypatch.setattr(Stage, "_start_server", lambda *_: asyncio.sleep(0, ("127.0.0.1", 4711)))
    with pytest.raises(DemoError, match="player A did not open the film"):
        await Stage(StageSettings(folder=tmp_path, media="film.mp4")).__aenter__()


def test_without_a_display_players_are_offscreen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert players.environment()["QT_QPA_PLATFORM"] == "offscreen"
    monkeypatch.setenv("DISPLAY", ":7")
    assert "QT_QPA_PLATFORM" not in players.environment()


def test_inside_a_bundle_the_program_is_the_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    assert players.program("server") == [sys.executable, "-m", "server"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert players.program("server") == [sys.executable, "--serve"]
    assert players.program("player") == [sys.executable]


def test_a_film_that_is_none_is_refused_in_one_sentence(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("no film")
    for path, expected in ((tmp_path / "none.mp4", "There is no"), (words, "can't be opened"), (tmp_path, "can't be")):
        with pytest.raises(DemoError, match=expected):
            probe(str(path))


def test_a_film_that_is_too_short_is_refused(tmp_path: Path) -> None:
    from player.demo.clip import ClipShape, make_clip

    make_clip(tmp_path / "short.mp4", 2, ClipShape(width=160, height=96))
    with pytest.raises(DemoError, match="lasts 2 s, and the demo needs 45"):
        probe(str(tmp_path / "short.mp4"))


def test_the_demo_itself_says_it_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from player.demo import run_demo

    assert run_demo(str(tmp_path / "none.mp4"), tmp_path / "out") == 1
    assert "There is no" in capsys.readouterr().err
    assert os.path.isdir(tmp_path / "out")
