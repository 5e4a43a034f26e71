"""What a playback reports when films follow each other quickly, and what it survives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from player.core.medium import Opened, OpenFailed, PlaybackEvent
from player.media import playback as playback_module
from player.media.film import Film
from player.media.playback import FilmPlayback
from player.media.source import open_source
from player.media.watch import FilmWatch
from tests.fakes.cinema import Cinema, MachineClock
from tests.fakes.clips import Clip
from tests.fakes.ports import ListTelemetry

Films = Callable[[str, Clip], Path]


@pytest.fixture
def unheard() -> Iterator[tuple[FilmPlayback, threading.Event]]:
    """A playback that nobody asks for its news, and what it sets when it has some."""
    news = threading.Event()
    playback = FilmPlayback(MachineClock(), ListTelemetry(), news.set, silent=True)
    yield playback, news
    playback.close()


def test_what_was_to_be_said_of_a_film_is_void_when_another_is_wanted(
    unheard: tuple[FilmPlayback, threading.Event], film: Path, tmp_path: Path
) -> None:
    playback, news = unheard
    playback.open(str(film))
    assert news.wait(20)
    news.clear()
    playback.open(str(tmp_path / "missing.mkv"))
    heard: list[PlaybackEvent] = []
    while not any(isinstance(event, OpenFailed) for event in heard):
        heard += playback.take_events()
        news.wait(0.02)
    assert [type(event) for event in heard] == [OpenFailed]


def test_what_a_film_has_to_say_while_another_is_wanted_is_not_said(
    unheard: tuple[FilmPlayback, threading.Event], film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    playback, news = unheard
    is_open, go_on = threading.Event(), threading.Event()
    start_sound = Film.start_sound

    def slow(self: Film, *words: object) -> None:
        is_open.set()
        assert go_on.wait(20)
        start_sound(self, *words)  # type: ignore[arg-type]

    monkeypatch.setattr(Film, "start_sound", slow)
    playback.open(str(film))
    assert is_open.wait(20)
    playback.open(str(tmp_path / "missing.mkv"))
    go_on.set()
    assert news.wait(20)
    assert [type(event) for event in playback.take_events()] == [OpenFailed]


@pytest.mark.expects_warnings
def test_after_a_fault_of_its_own_the_next_film_opens(
    cinema: Cinema, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cinema.open(film)

    def fail(*_words: object) -> None:
        raise RuntimeError("a fault")

    with monkeypatch.context() as patch:
        patch.setattr(FilmWatch, "look", fail)
        cinema.state("paused", 1.0)
        cinema.until(lambda: bool(cinema.of(OpenFailed)))
    assert "log" in cinema.of(OpenFailed)[0].words
    cinema.events.clear()
    cinema.open(film)
    cinema.prime(1.0)


@pytest.mark.expects_warnings
def test_a_fault_while_a_film_is_opened_is_a_failure_to_open_it(
    cinema: Cinema, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_words: object, **_more: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(Film, "start", fail)
    cinema.playback.open(str(film))
    cinema.until(lambda: bool(cinema.of(OpenFailed)))
    assert cinema.of(OpenFailed)[0].path == str(film)


def test_closing_does_not_wait_for_a_file_that_never_opens(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_asked, may_open = threading.Event(), threading.Event()

    def slow(path: str) -> object:
        is_asked.set()
        may_open.wait()
        return open_source(path)

    monkeypatch.setattr(playback_module, "open_source", slow)
    monkeypatch.setattr(playback_module, "ENDING", 0.05)
    playback = FilmPlayback(MachineClock(), ListTelemetry(), lambda: None, silent=True)
    playback.open(str(film))
    assert is_asked.wait(20)
    thread = playback._thread
    assert thread is not None
    playback.close()
    assert thread.is_alive()
    may_open.set()
    thread.join(20)
    assert not thread.is_alive()
    assert not any(isinstance(event, Opened) for event in playback.take_events())
