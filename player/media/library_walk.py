"""One pass over a media folder and everything in it, a step at a time.

A folder that has not changed since it was listed twice alike is not listed again: one look at its time of change stands
for all its files. Twice, because a system's clock ticks slowly enough for a change to hide in the tick of a listing.
(Network and FAT file systems may not keep that time well, so now and then a pass is `is_full` and lists everything.)
No watcher of the system is used: inotify has a limited number of watches and is blind to network folders, and polling
times of change works everywhere alike.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from player.media.library_disk import Head, Part, list_folder, look_again
from player.media.library_store import KnownFolder, LibraryStore
from server.core.names import clean_text

DEPTH = 16  # folders in folders
FOLDERS = 50_000
FILES = 300_000
SHOWN_PATH = 200  # characters of a path in a sentence


@dataclass(slots=True)
class _Listing:
    """A folder that is being looked at. `id` is given with its Head."""

    path: str
    parent: int | None
    depth: int
    steps: Iterator[Head | Part]
    id: int | None = None
    modified: int = 0
    is_unchanged: bool = False


class Walk:
    """Of the library's thread: `step` gives what the disk is to do next, `receive` takes its answer."""

    def __init__(self, store: LibraryStore, root: str, number: int, *, is_full: bool) -> None:
        self.root = root
        self.problem = ""  # a sentence for a person
        self._store = store
        self._number = number
        self._is_full = is_full
        self._todo: list[tuple[str, int | None, int]] = [(root, None, 0)]  # path, its parent's id, depth
        self._current: _Listing | None = None
        self._seen: set[tuple[int, int]] = set()
        self._folders = self._files = 0
        self._unreadable: list[str] = []  # the first
        self._unreadable_count = 0
        self.has_failed = False  # the folder itself can't be read; what was known of it is kept

    def step(self) -> Callable[[], Any] | None:
        """The next step; None: the pass is over."""
        if self._current is None:
            if not self._todo or self.has_failed:
                self._finish()
                return None
            path, parent, depth = self._todo.pop()
            self._current = _Listing(path, parent, depth, list_folder(path))
        steps = self._current.steps
        return lambda: next(steps, None)

    def receive(self, answer: Head | Part | Exception | None) -> None:
        current = self._current
        assert current is not None
        match answer:
            case Head():
                self._enter(current, answer)
            case Part(folders, files):
                self._add(current, folders, files)
            case None:
                if current.id is not None and not current.is_unchanged:
                    self._store.finish_folder(current.id, current.modified, self._number)
                self._current = None
            case _:
                self._refuse(current, answer)
                self._current = None

    def _enter(self, current: _Listing, head: Head) -> None:
        if head.identity is not None and head.identity in self._seen:
            self._current = None  # a link to what is or will be looked at anyway, perhaps to where it lies itself
            return
        if head.identity is not None:
            self._seen.add(head.identity)
        self._folders += 1
        known: KnownFolder | None = self._store.folder(current.path)
        current.id = self._store.put_folder(self.root, current.path, current.parent, self._number)
        current.modified = head.modified
        current.is_unchanged = (
            not self._is_full and known is not None and known.is_settled and known.modified == head.modified
        )
        if current.is_unchanged:
            self._descend(current, self._store.subfolders(current.id))
            current.steps = look_again(current.path, self._store.unsettled(current.id))

    def _add(self, current: _Listing, folders: tuple[str, ...], files: tuple[Any, ...]) -> None:
        assert current.id is not None
        self._files += len(files)
        self._store.put_files(current.id, files, self._number)
        self._descend(current, folders)
        if self._files > FILES or self._folders + len(self._todo) > FOLDERS:
            self.problem = (
                f"{shown(self.root)} holds too much to be looked through to its end. "
                "Choose the folders in it that your films are in."
            )
            self._todo.clear()
            self._current = None

    def _descend(self, current: _Listing, folders: list[str] | tuple[str, ...]) -> None:
        if current.depth < DEPTH:
            self._todo += [(path, current.id, current.depth + 1) for path in folders]

    def _refuse(self, current: _Listing, error: Exception) -> None:
        if current.path == self.root:
            self.problem = _root_words(self.root, error)
            self.has_failed = True
        elif not isinstance(error, FileNotFoundError):  # else it was gone before it could be looked at
            self._unreadable_count += 1
            self._unreadable = self._unreadable or [current.path]

    def _finish(self) -> None:
        if self.has_failed:
            return
        self._store.finish_root(self.root, self._number)
        if self._unreadable and not self.problem:
            self.problem = _unreadable_words(self.root, self._unreadable[0], self._unreadable_count)


def shown(path: str) -> str:
    """A path in a sentence, whatever its bytes are."""
    return f"“{clean_text(path, SHOWN_PATH)}”"


def silent_words(root: str) -> str:
    return f"{shown(root)} does not answer. Check its disk or network; its films are found again when it answers."


def _root_words(root: str, error: Exception) -> str:
    match error:
        case FileNotFoundError():
            return f"{shown(root)} was not found. Connect its disk, or take it out of your film folders."
        case NotADirectoryError():
            return f"{shown(root)} is not a folder. Choose the folder that it is in."
        case PermissionError():
            return f"{shown(root)} may not be read by you. Change its permissions, or choose another folder."
        case _:
            return f"{shown(root)} can't be read. Check its disk or network."


def _unreadable_words(root: str, first: str, count: int) -> str:
    name = shown(os.path.relpath(first, root))
    if count == 1:
        return f"{name} in {shown(root)} can't be read, so films in it are not found. Check its permissions."
    return (
        f"{count} folders in {shown(root)} can't be read, such as {name}, so films in them are not found. "
        "Check their permissions."
    )
