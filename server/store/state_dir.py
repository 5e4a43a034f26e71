"""The folder in which a server keeps its state: nobody else's to read, and one server's at a time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from pathlib import Path

from server.store.port import StoreError

ROOMS_FILE, LOCK_FILE, ADMIN_FILE = "rooms.sqlite", "lock", "admin.json"
LOCK_PATIENCE = 3.0  # s; a server that is being restarted may meet its own end


class StateDir:
    """`lock` before anything is written."""

    def __init__(self, folder: str) -> None:
        self.path = Path(folder)
        self._lock: int | None = None

    @property
    def rooms_file(self) -> Path:
        return self.path / ROOMS_FILE

    @property
    def admin_file(self) -> Path:
        return self.path / ADMIN_FILE

    async def lock(self) -> None:
        """Make the folder if it is not there, and take it until `unlock` or the end of the process. Raises
        StoreError."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.path / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreError(
                f"The folder {str(self.path)!r} can't be used ({error.strerror}); give --state-dir one that this user "
                "may write"
            ) from None
        end = time.perf_counter() + LOCK_PATIENCE
        while not _take(handle):
            if time.perf_counter() >= end:
                os.close(handle)
                raise StoreError(
                    f"Another server keeps its rooms in {str(self.path)!r}; stop it, or give --state-dir another folder"
                )
            await asyncio.sleep(0.05)
        self._lock = handle

    def unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def write_private(self, path: Path, data: bytes) -> None:
        """A small file that only this user may read, whole or not at all. Raises OSError."""
        fresh = path.with_suffix(".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        fresh.replace(path)


def boot_name() -> str:
    """What is the same as long as this machine's monotonic clock goes on without a break, if that can be told; ""
    if not. (`time.perf_counter` is such a clock on Linux; it outlives processes, and differs in a time namespace.)"""
    if not sys.platform.startswith("linux"):
        return ""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/time')}"
    return ""


def _take(handle: int) -> bool:
    """Lock an open file; the system lets go of it when the process ends, however it ends."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
