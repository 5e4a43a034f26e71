"""Everything that touches the person's disks for the library, a small step at a time.

A folder on a network may hang for minutes, and nothing can wake a thread that waits for it. So the steps run on a
thread that can be left to itself: when a step takes too long its thread is abandoned, another one goes on with the
other folders, and the step's end, if it comes, says that the folder answers again.
"""

from __future__ import annotations

import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from player.core.copies import Fact
from player.media.fingerprint import content_hash
from player.media.library_store import FoundFile, Look
from player.media.source import open_source
from player.ports import MediaError

logger = logging.getLogger(__name__)

SUFFIXES = (
    "mkv mk3d mka mp4 m4v m4a mov qt avi divx webm ts m2ts mts mpg mpeg m2v vob wmv asf flv f4v ogv ogm ogg oga opus "
    "mp3 flac wav aac ac3 3gp rm rmvb mxf y4m"
)
SKIPPED = frozenset(
    {"$recycle.bin", "system volume information", "lost+found", "@eadir", "#recycle", "#snapshot", "recycler"}
)  # what was thrown away is not offered
_SUFFIXES = frozenset("." + suffix for suffix in SUFFIXES.split())
ENTRIES = 256  # of a folder in one step
STEP = 0.25  # s that a step takes at most where the disk is slow


@dataclass(frozen=True, slots=True)
class Head:
    """The first step of a listing. `identity` tells a folder that is reached by two ways; None: not given here."""

    identity: tuple[int, int] | None
    modified: int  # ns


@dataclass(frozen=True, slots=True)
class Part:
    """A further step of it."""

    folders: tuple[str, ...] = ()  # paths
    files: tuple[FoundFile, ...] = ()


def list_folder(path: str) -> Iterator[Head | Part]:
    """List a folder step by step; names that begin with a dot, waste baskets and files of other kinds are left out.

    Its time of change is taken before its names, so that a change between the two is found the next time. Raises
    OSError where the folder is gone, no folder, or may not be read."""
    status = os.stat(path)
    yield Head((status.st_dev, status.st_ino) if status.st_ino else None, status.st_mtime_ns)
    folders: list[str] = []
    files: list[FoundFile] = []
    began, seen = time.perf_counter(), 0
    with os.scandir(path) as entries:
        for entry in entries:
            seen += 1
            _sort_entry(entry, folders, files)
            if seen >= ENTRIES or time.perf_counter() - began > STEP:
                yield Part(tuple(folders), tuple(files))
                folders, files, seen, began = [], [], 0, time.perf_counter()
    yield Part(tuple(folders), tuple(files))


def look_again(folder: str, names: list[str]) -> Iterator[Part]:
    """Some files of a folder whose names have not changed, step by step."""
    files: list[FoundFile] = []
    began = time.perf_counter()
    for name in names:
        found = look_at(os.path.join(folder, name))
        if found.size is not None:
            files.append(FoundFile(name, found.size, found.modified))
        if len(files) >= ENTRIES or time.perf_counter() - began > STEP:
            yield Part(files=tuple(files))
            files, began = [], time.perf_counter()
    yield Part(files=tuple(files))


def _sort_entry(entry: os.DirEntry[str], folders: list[str], files: list[FoundFile]) -> None:
    name = entry.name
    if name.startswith(".") or name.lower() in SKIPPED:
        return
    try:
        if entry.is_dir():
            folders.append(entry.path)
        elif os.path.splitext(name)[1].lower() in _SUFFIXES:
            status = entry.stat()
            if stat.S_ISREG(status.st_mode) and status.st_size:
                files.append(FoundFile(name, status.st_size, status.st_mtime_ns))
    except OSError:
        pass  # a link to nowhere, or gone since the folder was read


def look_at(path: str) -> Look:
    """Whether it is still there and how large."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return Look()
    if not stat.S_ISREG(status.st_mode):
        return Look()
    return Look(status.st_size, status.st_mtime_ns)


def look_into(path: str, fact: Fact) -> Look:
    """Find out the content or duration of a file. What it is now comes with it, taken before."""
    found = look_at(path)
    if found.size is None:
        return found
    if fact == "content":
        return Look(found.size, found.modified, content=content_hash(path))
    try:
        source, container = open_source(path)
    except MediaError:
        return Look(found.size, found.modified, is_broken=True)
    container.close()
    return Look(found.size, found.modified, duration=source.medium.duration)


class Disk:
    """A thread "library-disk" that runs one step after another, and may be abandoned.

    `run` is called by the library's thread only, and again only after the step's answer was delivered; `deliver` is
    called from the disk's thread with the answer, or the OSError that it ended with. `_next` and `_is_abandoned` are
    guarded by `_changed`."""

    def __init__(self, deliver: Callable[[Disk, Any], None]) -> None:
        self._deliver = deliver
        self._changed = threading.Condition()
        self._next: Callable[[], Any] | None = None
        self._is_abandoned = False
        self._thread = threading.Thread(target=self._work, name="library-disk", daemon=True)
        self._thread.start()

    def run(self, step: Callable[[], Any]) -> None:
        with self._changed:
            self._next = step
            self._changed.notify()

    def abandon(self) -> None:
        """No further step; it ends by itself when the one that it is in returns."""
        with self._changed:
            self._is_abandoned = True
            self._changed.notify()

    def join(self, timeout: float) -> bool:
        """Whether it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._next is not None or self._is_abandoned)
                step, self._next = self._next, None
            if step is None:
                return
            try:
                answer = step()
            except (OSError, ValueError) as error:  # ValueError: a path that the system can't even be asked for
                answer = error
            except Exception as error:
                logger.exception("a look into the media folders failed")
                answer = OSError(str(error))
            self._deliver(self, answer)
