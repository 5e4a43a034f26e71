"""Films that are made once, and a cinema to see them in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from player.media.library_rounds import RoundPolicy
from tests.adapters.media.libraries import LAZY, Reader
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


# -- for the library: small, without sound


@pytest.fixture
def clip(films: Callable[[str, Clip], Path]) -> Path:
    """2 s."""
    return films("library.mkv", Clip(seconds=2, fps=10, size=(64, 36), has_sound=False))


@pytest.fixture
def longer(films: Callable[[str, Clip], Path]) -> Path:
    """A longer cut of it."""
    return films("longer.mkv", Clip(seconds=4, fps=10, size=(64, 36), has_sound=False))


@pytest.fixture
def encoded_again(films: Callable[[str, Clip], Path]) -> Path:
    """Another encoding of the same length."""
    return films("again.mp4", Clip(seconds=2, fps=10, size=(128, 72), has_sound=False))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty media folder."""
    (tmp_path / "films").mkdir()
    return tmp_path / "films"


@pytest.fixture
def open_library() -> Iterator[Callable[..., Reader]]:
    """Libraries that are closed at the end."""
    opened: list[Reader] = []

    def open_(*folders: Path | str, cache: Path | None = None, policy: RoundPolicy = LAZY) -> Reader:
        opened.append(Reader(*folders, cache=cache, policy=policy))
        return opened[-1]

    yield open_
    for each in opened:
        each.library.close()
