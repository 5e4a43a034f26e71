"""A real library over folders of a test, and what it said."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TypeVar

from player.core.copies import Copy, Fingerprinted, FoundCopy, LibraryEvent, NoCopy, room_fingerprint
from player.media.fingerprint import content_hash
from player.media.library import FolderLibrary
from player.media.library_rounds import RoundPolicy
from player.media.source import open_source
from tests.fakes.waiting import wait_until

SALT = "the room's"
E = TypeVar("E", FoundCopy, NoCopy, Fingerprinted)
LAZY = RoundPolicy(again=3600.0, full_again=0.0)  # a pass begins when something is asked for
BUSY = RoundPolicy(again=0.02)


class Reader:
    """A FolderLibrary and all events it has ever reported, oldest first. The wake is only counted."""

    def __init__(self, *folders: Path | str, cache: Path | None = None, policy: RoundPolicy = LAZY) -> None:
        self.wakes = 0
        self.events: list[LibraryEvent] = []
        self.library = FolderLibrary(tuple(map(str, folders)), self._wake, cache, policy)

    def _wake(self) -> None:
        self.wakes += 1

    def next(self, kind: type[E], count: int = 1) -> E:
        """The `count`-th event of a kind, waited for."""

        def looked() -> list[E]:
            self.events += self.library.take_events()
            return [each for each in self.events if isinstance(each, kind)][count - 1 :]

        return wait_until(looked, f"{kind.__name__} number {count}, {self.events} came")[0]

    def look_for(self, wanted: Copy) -> None:
        self.library.look_for(wanted, SALT)

    def find(self, wanted: Copy) -> FoundCopy:
        """Look for it and get it."""
        self.events.clear()
        self.look_for(wanted)
        return self.next(FoundCopy)

    def miss(self, wanted: Copy) -> str:
        """Look for it in vain; the words."""
        self.events.clear()
        self.look_for(wanted)
        return self.next(NoCopy).words

    def wait_for_files(self, count: int) -> None:
        wait_until(lambda: self.library.status().files == count and not self.library.status().is_scanning, "the files")


def put(source: Path, place: Path) -> str:
    """Copy a file; its new path."""
    return str(shutil.copy(source, place))


def copy_of(path: Path, title: str = "", *, is_told: bool = True) -> Copy:
    """What a member who plays that file tells of it."""
    source, container = open_source(str(path))
    container.close()
    content = content_hash(str(path))
    assert content is not None
    fingerprint = room_fingerprint(content, SALT) if is_told else ""
    return Copy(title or path.stem, path.stat().st_size if is_told else None, source.medium.duration, fingerprint)
