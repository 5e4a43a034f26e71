"""What every library does, the real one and the fake (`ports.Library`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from player.core.copies import (
    Candidate,
    Copy,
    Fingerprinted,
    FoundCopy,
    LibraryEvent,
    NoCopy,
    room_fingerprint,
)
from player.media.fingerprint import content_hash
from player.media.library import FolderLibrary
from player.media.library_rounds import RoundPolicy
from player.ports import Library, Wake
from tests.adapters.media.libraries import put
from tests.fakes.library import FakeLibrary
from tests.fakes.waiting import wait_until

SALT = "the room's"
E = TypeVar("E", bound=LibraryEvent)
Opening = Callable[[Wake], Library]


class House:
    """A folder with two films, a library over it, and what that reports."""

    def __init__(self, folder: Path, clip: Path, open_: Opening) -> None:
        self.folder = folder
        self.film = Path(put(clip, folder / "holiday.mkv"))
        content = content_hash(str(self.film))
        assert content is not None
        self.content, self.size = content, self.film.stat().st_size
        self.wanted = Copy("Nosferatu", self.size, 2.0, room_fingerprint(content, SALT))
        self.events: list[LibraryEvent] = []
        self.wakes = 0
        self.library = open_(self._wake)

    def _wake(self) -> None:
        self.wakes += 1

    def candidates(self, folder: Path) -> list[Candidate]:
        return [Candidate(str(path), path.stem, path.stat().st_size, 2.0, self.content) for path in folder.glob("*")]

    def wait_for(self, kind: type[E]) -> E:
        def looked() -> list[E]:
            self.events += self.library.take_events()
            return [each for each in self.events if isinstance(each, kind)]

        found = wait_until(looked, kind.__name__)[0]
        self.events.remove(found)
        return found


@pytest.fixture(params=["real", "fake"])
def house(request: pytest.FixtureRequest, folder: Path, clip: Path) -> Iterator[House]:
    def open_(wake: Wake) -> Library:
        if request.param == "real":
            return FolderLibrary((), wake, policy=RoundPolicy(again=0.02))
        return FakeLibrary(wake)

    house = House(folder, clip, open_)
    if isinstance(house.library, FakeLibrary):
        house.library.files = house.candidates(folder)
    house.library.set_folders((str(folder),))
    yield house
    house.library.close()


def test_it_begins_with_nothing_to_say(house: House) -> None:
    assert house.library.folders == (str(house.folder),)
    assert house.library.take_events() == []
    wait_until(lambda: house.library.status().files == 1, "the film")
    assert house.library.status().problems == ()


def test_a_film_is_found_once(house: House) -> None:
    house.library.look_for(house.wanted, SALT)
    assert house.wait_for(FoundCopy) == FoundCopy(house.wanted, str(house.film), "fingerprint")
    assert house.wakes >= 1
    house.library.fingerprint(str(house.film))
    house.wait_for(Fingerprinted)
    assert house.events == []


def test_the_fingerprint_is_the_rooms(house: House) -> None:
    house.library.look_for(Copy("Nosferatu", house.size, 500.0, house.wanted.fingerprint), "another room")
    assert house.wait_for(NoCopy).wanted.duration == 500.0


def test_a_film_that_is_missing_is_said_and_looked_for_on(house: House) -> None:
    missing = Copy("Metropolis", None, 2.0)
    house.library.look_for(missing, SALT)
    said = house.wait_for(NoCopy)
    assert said.wanted == missing
    assert "Metropolis" in said.words
    put(house.film, house.folder / "metropolis.1927.720p.mkv")
    if isinstance(house.library, FakeLibrary):
        house.library.add(*house.candidates(house.folder)[-2:])
    found = house.wait_for(FoundCopy)
    assert (found.wanted, Path(found.path).name, found.how) == (missing, "metropolis.1927.720p.mkv", "length")


def test_what_is_not_looked_for_any_more_is_not_reported(house: House) -> None:
    house.library.look_for(Copy("Metropolis", None, 2.0), SALT)
    house.wait_for(NoCopy)
    house.library.stop_looking()
    put(house.film, house.folder / "metropolis.mkv")
    if isinstance(house.library, FakeLibrary):
        house.library.add(*house.candidates(house.folder))
    wait_until(lambda: house.library.status().files >= 2, "the other film")
    house.library.look_for(house.wanted, SALT)
    assert house.wait_for(FoundCopy).wanted == house.wanted
    assert house.library.take_events() == []


def test_a_fingerprint_is_answered_whatever_the_path_is(house: House) -> None:
    house.library.fingerprint(str(house.film))
    assert house.wait_for(Fingerprinted) == Fingerprinted(str(house.film), house.content, house.size)
    for path in ("https://example.org/a.mkv", str(house.folder / "gone.mkv")):
        house.library.fingerprint(path)
        assert house.wait_for(Fingerprinted) == Fingerprinted(path, None, None)


def test_after_the_end_nothing_is_said(house: House) -> None:
    house.library.close()
    wakes = house.wakes
    house.library.look_for(house.wanted, SALT)
    house.library.fingerprint(str(house.film))
    house.library.close()
    assert house.library.take_events() == []
    assert house.wakes == wakes
