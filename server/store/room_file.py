"""The SQLite file with the rooms: one table of parts (`room_codec.py`), written in transactions.

The journal is a write-ahead log that is not flushed at each commit (`synchronous=NORMAL`). What was committed is with
the operating system: the death of this process loses nothing of it, at any instant. A power cut may cost the last
moments, and leaves a file that is whole (sqlite.org/wal.html, "Performance Considerations").

All methods block; the server calls them in its writer thread. Rows of the room "" are the store's own notes.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from server.core.room_change import Change
from server.core.room_codec import changed_parts
from server.store.port import StoreError

MARK = 0x4D61_746E  # "Matn": the application_id of our files
OWN = ""
LOCK_PATIENCE = 5.0  # s; nobody but a backup reads beside the server

Migration = Callable[[sqlite3.Connection], None]


def _make_table(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE parts (room TEXT NOT NULL, part TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (room, part))"
        " WITHOUT ROWID"
    )
    connection.execute("CREATE TABLE set_aside (room TEXT NOT NULL, part TEXT NOT NULL, data TEXT NOT NULL)")


MIGRATIONS: tuple[Migration, ...] = (_make_table,)
"""Each makes a file of one version (its place here) into one of the next."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a file holds: the store's notes, and the parts of the rooms by name."""

    notes: dict[str, str]
    rooms: dict[str, dict[str, str]]


class RoomFile:
    """Owner: one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def open(self) -> Kept:
        """Make the file or bring it up to date, and read it. Raises StoreError."""
        try:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))  # before SQLite would, more openly
            self._connection = sqlite3.connect(
                self._path, timeout=LOCK_PATIENCE, isolation_level=None, check_same_thread=False
            )
            found = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise StoreError(_unreadable(self._path, found))
            migrate(self._connection, self._path)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self.note({})  # a disk that is full says so now, not to the first who joins
            return _read(self._connection)
        except OSError as error:
            raise StoreError(f"{str(self._path)!r} can't be written ({error.strerror}); give it to this user") from None
        except sqlite3.Error as error:
            raise StoreError(words_of(error, self._path)) from None

    def write(self, changes: Iterable[Change], notes: dict[str, str]) -> None:
        """Keep what has changed, all of it or nothing. A room that was nothing before takes the place of whatever is
        kept under its name. Raises sqlite3.Error."""
        gone: list[str] = []
        removed: list[tuple[str, str]] = []
        written: list[tuple[str, str, str]] = [(OWN, key, text) for key, text in notes.items()]
        for change in _joined(changes):
            if change.before is None or change.after is None:
                gone.append(change.name)
            if change.after is not None:
                for part, text in changed_parts(change.before, change.after).items():
                    if text is None:
                        removed.append((change.name, part))
                    else:
                        written.append((change.name, part, text))
        with self._transaction() as connection:
            connection.executemany("DELETE FROM parts WHERE room = ?", [(name,) for name in gone])
            connection.executemany("DELETE FROM parts WHERE room = ? AND part = ?", removed)
            connection.executemany("INSERT OR REPLACE INTO parts VALUES (?, ?, ?)", written)

    def note(self, notes: dict[str, str]) -> None:
        """Keep some of the store's own notes. Raises sqlite3.Error."""
        self.write((), {"written": "", **notes})

    def set_aside(self, name: str) -> None:
        """Take a room out that can't be read, and keep what there is of it. Raises sqlite3.Error."""
        with self._transaction() as connection:
            connection.execute("INSERT INTO set_aside SELECT room, part, data FROM parts WHERE room = ?", (name,))
            connection.execute("DELETE FROM parts WHERE room = ?", (name,))

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        assert self._connection is not None
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring a file up to date, step by step, each whole or not at all. Raises StoreError and sqlite3.Error."""
    mark, version = _number(connection, "application_id"), _number(connection, "user_version")
    is_new = not mark and not version and not _number(connection, "schema_version")
    if not is_new and mark != MARK:
        raise StoreError(f"{str(path)!r} is a file of another program; give --state-dir another folder")
    if version > len(MIGRATIONS):
        raise StoreError(
            f"The rooms in {str(path)!r} were written by a newer version of Matinee; update this server, or give "
            "--state-dir another folder"
        )
    for number, step in enumerate(MIGRATIONS[version:], version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            step(connection)
            connection.execute(f"PRAGMA application_id = {MARK}")
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def read_rooms(path: Path) -> Kept:
    """What a file holds, for who only looks; the server may be writing it. Raises StoreError."""
    with _looking_at(path) as connection:
        return _read(connection)


def back_up(path: Path, target: Path) -> None:
    """A copy of the file as it is at one instant; the server may be writing it. Raises StoreError."""
    with _looking_at(path) as connection:
        try:
            os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            raise StoreError(f"{str(target)!r} is there already; give the backup another name") from None
        except OSError as error:
            raise StoreError(
                f"{str(target)!r} can't be written ({error.strerror}); choose another place for the backup"
            ) from None
        copy = sqlite3.connect(target)
        try:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        except sqlite3.Error as error:
            target.unlink(missing_ok=True)
            raise StoreError(
                f"The backup {str(target)!r} was not made ({error}); choose another place for it"
            ) from None
        finally:
            copy.close()


@contextlib.contextmanager
def _looking_at(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise StoreError(f"There are no rooms in {str(path.parent)!r}; give --state-dir the folder of a server")
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=LOCK_PATIENCE)
    except sqlite3.Error as error:
        raise StoreError(words_of(error, path)) from None
    try:
        connection.execute("PRAGMA query_only = 1")
        if _number(connection, "application_id") != MARK:
            raise StoreError(f"{str(path)!r} is a file of another program; give --state-dir the folder of a server")
        if _number(connection, "user_version") != len(MIGRATIONS):
            raise StoreError(f"{str(path)!r} is of another version of Matinee; use the version that its server has")
        yield connection
    except sqlite3.Error as error:
        raise StoreError(words_of(error, path)) from None
    finally:
        connection.close()


def words_of(error: sqlite3.Error, path: Path) -> str:
    """What went wrong with a file, for who runs the server."""
    match getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_").partition("_")[0]:
        case "FULL":
            return f"There is no room on the disk of {str(path)!r}; make some"
        case "READONLY" | "CANTOPEN" | "PERM":
            return f"{str(path)!r} can't be written; give it and its folder to this user"
        case "BUSY" | "LOCKED":
            return f"Another program holds {str(path)!r}; stop it, or give --state-dir another folder"
        case "CORRUPT" | "NOTADB":
            return _unreadable(path, str(error))
        case _:
            return f"{str(path)!r} can't be used ({error}); check the disk, or give --state-dir another folder"


def _unreadable(path: Path, why: str) -> str:
    return f"The rooms in {str(path)!r} can't be read ({why}); put a backup there, or move the file away"


def _joined(changes: Iterable[Change]) -> Iterable[Change]:
    """One change for each room: from what it was before the first to what it is after the last."""
    joined: dict[str, Change] = {}
    for change in changes:
        known = joined.get(change.name)
        joined[change.name] = change if known is None else Change(change.name, known.before, change.after, ())
    return joined.values()


def _read(connection: sqlite3.Connection) -> Kept:
    rooms: dict[str, dict[str, str]] = {}
    for room, part, data in connection.execute("SELECT room, part, data FROM parts"):
        rooms.setdefault(room, {})[part] = data
    return Kept(rooms.pop(OWN, {}), rooms)


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
