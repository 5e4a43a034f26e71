"""The folder in which a server keeps its state: nobody else's to read, and one server's at a time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from pathlib import Path

import msgspec

from server.store.port import StoreError

ROOMS_FILE, LOCK_FILE, ENDPOINT_FILE = "rooms.sqlite", "lock", "admin.json"
LOCK_PATIENCE = 3.0  # s; a server that is being restarted may meet its own end


class Endpoint(msgspec.Struct, frozen=True):
    """Where the server of a folder answers who runs it."""

    host: str
    port: int
    path: str
    tls: bool
    token: str


class StateDir:
    """`lock` before anything is written."""

    def __init__(self, folder: str) -> None:
        self.path = Path(folder)
        self._lock: int | None = None

    @property
    def rooms_file(self) -> Path:
        return self.path / ROOMS_FILE

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

    def announce(self, endpoint: Endpoint) -> None:
        """Say where the server that holds the lock answers, to who may read the folder. Raises StoreError."""
        path = self.path / ENDPOINT_FILE
        fresh = path.with_suffix(".new")
        try:
            fresh.unlink(missing_ok=True)  # it might be more open than ours
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(msgspec.json.encode(endpoint))
            fresh.replace(path)
        except OSError as error:
            raise StoreError(f"{str(path)!r} can't be written ({error.strerror}); give it to this user") from None

    def endpoint(self) -> Endpoint | None:
        """Where the server that runs answers; None: none runs. Raises StoreError."""
        try:
            handle = os.open(self.path / LOCK_FILE, os.O_RDWR)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(
                f"The folder {str(self.path)!r} can't be read ({error.strerror}); be the server's user"
            ) from None
        try:
            if _take(handle):
                return None
            return msgspec.json.decode((self.path / ENDPOINT_FILE).read_bytes(), type=Endpoint)
        except (OSError, msgspec.DecodeError):
            raise StoreError(
                f"The server of {str(self.path)!r} has not said where it is; it may be starting: try again"
            ) from None
        finally:
            os.close(handle)


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
