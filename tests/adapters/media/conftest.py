"""Films that are made once, and a cinema to see them in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.cinema import Cinema
from tests.fakes.clips import Clip, make_clip
from tests.fakes.pictures import HandClock


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Clip], Path]:
    """A film by its file's name and what is in it, made at its first use."""
    folder = tmp_path_factory.mktemp("films")
    made: dict[str, tuple[Clip, Path]] = {}

    def film(name: str, clip: Clip) -> Path:
        if name not in made:
            (folder / name.partition(".")[0]).mkdir(exist_ok=True)
            made[name] = clip, make_clip(folder / name.partition(".")[0] / name, clip)
        assert made[name][0] == clip, f"two films are called {name}"
        return made[name][1]

    return film


@pytest.fixture(scope="session")
def film(films: Callable[[str, Clip], Path]) -> Path:
    """4 s of 30 frames a second with B-frames and a key frame every 2 s, and sound."""
    return films("usual.mp4", Clip())


@pytest.fixture
def cinema() -> Iterator[Cinema]:
    cinema = Cinema()
    yield cinema
    cinema.playback.close()


@pytest.fixture
def still_cinema() -> Iterator[Cinema]:
    """Its clock stands until the test moves it."""
    cinema = Cinema(HandClock())
    yield cinema
    cinema.playback.close()
