"""A file that two processes map: made by the app, opened by the process of the call.

Its content is never on a disk where that can be helped (Linux: /dev/shm), takes only as much memory as was ever written
to, and is gone with the last process that maps it, however that ends: on POSIX systems the file has no name any more
when the other process inherits it. Windows can't do that, so there the next app removes what a killed one left.

`multiprocessing.shared_memory` was not taken: its resource tracker is a further process, which removes the memory of an
app that still runs when one of several children has ended.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path

PREFIX = "matinee-call-"
RESERVE = 2  # times the size must be free: where a file system is full, touching a mapped page kills the process
MEMORY_FOLDER = Path("/dev/shm")
IS_WINDOWS = sys.platform == "win32"

_rounds = threading.Lock()


def fence() -> None:
    """What was stored before is seen by other processes before what is stored afterwards. x86 keeps that order by
    itself; other processors keep it across the taking of a lock that follows the release of one."""
    with _rounds:
        pass
    with _rounds:
        pass


class SharedFile:
    """`name` opens the same memory in a process that has inherited `descriptors`."""

    def __init__(self, descriptor: int, name: str, size: int) -> None:
        self._descriptor = descriptor
        self.name = name
        self.bytes = mmap.mmap(descriptor, size)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """For `pass_fds` of a child; none on Windows."""
        return () if IS_WINDOWS else (self._descriptor,)

    @classmethod
    def make(cls, size: int) -> SharedFile:
        """All zeros. Raises OSError: nowhere is so much room."""
        descriptor, path = tempfile.mkstemp(prefix=PREFIX, dir=_folder(size))
        try:
            os.ftruncate(descriptor, size)
            if IS_WINDOWS:
                return cls(descriptor, path, size)
            os.unlink(path)
            return cls(descriptor, f"fd:{descriptor}", size)
        except BaseException:
            os.close(descriptor)
            raise

    @classmethod
    def open(cls, name: str) -> SharedFile:
        """In the other process. Raises OSError or ValueError: there is no such memory."""
        if name.startswith("fd:"):
            descriptor = int(name.removeprefix("fd:"))
        else:
            descriptor = os.open(name, os.O_RDWR | getattr(os, "O_BINARY", 0))
        return cls(descriptor, name, os.fstat(descriptor).st_size)

    def close(self) -> None:
        """Let go of the file; the memory goes when nothing refers to it any more."""
        with contextlib.suppress(BufferError):  # an array still looks at it: Python unmaps it after that
            self.bytes.close()
        with contextlib.suppress(OSError):
            os.close(self._descriptor)
        if IS_WINDOWS:
            _sweep()


def _folder(size: int) -> str | None:
    """Where the file may be; None is the usual place of temporary files."""
    if IS_WINDOWS:
        _sweep()
        return None
    for folder in (MEMORY_FOLDER, Path(tempfile.gettempdir())):
        with contextlib.suppress(OSError):
            if os.access(folder, os.W_OK | os.X_OK) and shutil.disk_usage(folder).free >= RESERVE * size:
                return str(folder)
    raise OSError(28, "there is no room for the memory of the call")


def _sweep() -> None:
    """Remove files that nobody uses; Windows refuses for the others."""
    for path in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        with contextlib.suppress(OSError):
            path.unlink()
