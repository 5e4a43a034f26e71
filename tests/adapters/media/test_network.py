"""A film that comes over a network which stalls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from player.core.medium import RanDry
from player.media import picture_worker, sound_decoder
from player.media import source as source_module
from tests.fakes.cinema import Cinema
from tests.fakes.clips import Clip
from tests.fakes.film_server import FilmServer


def test_a_stall_is_told_once_and_the_film_goes_on_when_it_is_over(
    cinema: Cinema, films: Callable[[str, Clip], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_module, "READ_TIMEOUT", 0.4)
    monkeypatch.setattr(picture_worker, "RETRY_AFTER", 0.1)
    monkeypatch.setattr(sound_decoder, "RETRY_AFTER", 0.1)
    data = films("net.mkv", Clip(seconds=6, gop=15)).read_bytes()
    with FilmServer(data) as server:
        server.stalls_at = len(data) // 3
        cinema.open(f"{server.address}/net.mkv")
        cinema.prime(0.0)
        begins = cinema.state("playing", 0.0)
        cinema.until(lambda: bool(cinema.of(RanDry)))
        assert cinema.of(RanDry) == [RanDry(begins.revision)]
        place = cinema.place()
        held = cinema.state("holding", place)
        cinema.until(lambda: bool(cinema.remarks))
        server.release()
        cinema.settle(held)
        assert cinema.number == pytest.approx(place * 30, abs=1)
        cinema.state("playing", place)
        cinema.until(lambda: cinema.place() > place + 0.5)
        assert cinema.number > place * 30 + 10
        assert len(cinema.of(RanDry)) == 1
        assert cinema.remarks == ["“net.mkv” arrives too slowly or not at all; trying again."]
        cinema.playback.close()
