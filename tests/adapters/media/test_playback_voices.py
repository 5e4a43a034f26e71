"""The call's voices go out with the film's sound, and without a film: one device for all of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from player.core.medium import Opened
from player.core.resampling import Samples
from player.media import playback as playback_module
from player.media.source import open_source
from server.core.timeline import LocalTime
from tests.fakes.cinema import Cinema
from tests.fakes.clips import Clip


class Company:
    """Voices that hum, and what left with them."""

    def __init__(self) -> None:
        self.blocks: list[tuple[float, Samples]] = []

    def mix(self, out: Samples, leaves_at: LocalTime) -> None:
        out += np.float32(0.01)
        self.blocks.append((leaves_at, out.copy()))

    def loudest(self, since: int) -> float:
        """Beside the hum."""
        return max((float(np.abs(out - 0.01).max()) for _, out in self.blocks[since:]), default=0.0)


def test_voices_are_heard_without_a_film_and_the_device_is_let_go_after_the_call(cinema: Cinema) -> None:
    before = threading.active_count()
    company = Company()
    cinema.playback.set_voices(company)
    cinema.until(lambda: len(company.blocks) > 5)
    taken = sum(len(out) for _, out in company.blocks[:-1])
    first, last = company.blocks[0][0], company.blocks[-1][0]
    assert abs((last - first) - taken / 48000) < 0.02  # each block leaves after the one before
    assert company.loudest(0) == 0.0
    cinema.playback.set_voices(None)
    cinema.until(lambda: threading.active_count() <= before + 1)  # the playback's own thread
    assert cinema.playback._outlet.sound is None


def test_a_film_is_added_to_the_voices_and_taken_away_again_on_one_device(
    cinema: Cinema, film: Path, films: Callable[[str, Clip], Path]
) -> None:
    company = Company()
    cinema.playback.set_voices(company)
    cinema.until(lambda: bool(company.blocks))
    sound = cinema.playback._outlet.sound
    cinema.open(film)
    cinema.prime(0.5)
    cinema.state("playing", 0.5)
    cinema.until(lambda: company.loudest(0) > 0.05)
    cinema.playback.duck(0.0, 0.05)
    cinema.until(lambda: company.loudest(-2) < 0.001)
    cinema.playback.duck(1.0, 0.05)
    cinema.until(lambda: company.loudest(-2) > 0.05)
    other = films("silent.mkv", Clip(seconds=2, has_sound=False))
    cinema.open(other)
    cinema.until(lambda: company.loudest(-2) == 0.0)
    cinema.playback.open("")
    seen = len(company.blocks)
    cinema.until(lambda: len(company.blocks) > seen + 5)
    assert cinema.playback._outlet.sound is sound


def test_voices_join_a_film_that_plays_and_the_film_goes_on_after_them(cinema: Cinema, film: Path) -> None:
    cinema.open(film)
    cinema.prime(0.5)
    cinema.state("playing", 0.5)
    sound = cinema.playback._outlet.sound
    assert sound is not None
    cinema.until(lambda: sound.status().asynchrony is not None)
    company = Company()
    cinema.playback.set_voices(company)
    cinema.playback.set_voices(company)
    cinema.until(lambda: company.loudest(0) > 0.05)
    cinema.playback.set_voices(None)
    seen = len(company.blocks)
    cinema.until(lambda: cinema.place() > 2.0)
    assert len(company.blocks) <= seen + 1
    assert cinema.playback._outlet.sound is sound
    asynchrony = sound.status().asynchrony
    assert asynchrony is not None
    assert abs(asynchrony) < 0.005


def test_voices_are_heard_while_a_film_hangs_in_its_opening(
    cinema: Cinema, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_open = threading.Event()

    def slow(path: str) -> object:
        may_open.wait()
        return open_source(path)

    monkeypatch.setattr(playback_module, "open_source", slow)
    cinema.playback.open(str(film))
    company = Company()
    cinema.playback.set_voices(company)
    cinema.until(lambda: len(company.blocks) > 3)
    assert not cinema.of(Opened)
    may_open.set()
    cinema.until(lambda: bool(cinema.of(Opened)))
