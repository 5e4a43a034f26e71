"""The index of media folders between two starts: an SQLite file in the cache folder.

It is a cache: whatever is wrong with it, it is thrown away and made anew by looking through the folders again. So it
need not survive a power cut, and nothing is written out before the system likes to. It is searched where it lies,
which keeps 10^5 files out of the player's memory. Paths are kept as the system's bytes: not every name is text.
"""

from __future__ import annotations

import heapq
import logging
import os
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from player.core.copies import Candidate, Copy, closeness
from player.core.titles import FilmName, film_name

logger = logging.getLogger(__name__)

FORMAT = 1  # of the tables; another one is made anew
WORDS = 6  # of a title that are looked for; the longest say most
SHORTLIST = 48  # files that are looked into for one film
SCHEMA = f"""
CREATE TABLE folders (
    id INTEGER PRIMARY KEY, root BLOB NOT NULL, path BLOB NOT NULL UNIQUE, parent INTEGER,
    modified INTEGER NOT NULL, is_settled INTEGER NOT NULL, seen INTEGER NOT NULL
);
CREATE INDEX folders_parent ON folders (parent);
CREATE TABLE files (
    id INTEGER PRIMARY KEY, folder INTEGER NOT NULL, name BLOB NOT NULL, size INTEGER NOT NULL,
    modified INTEGER NOT NULL, is_settled INTEGER NOT NULL, seen INTEGER NOT NULL,
    words TEXT NOT NULL, numbers TEXT NOT NULL, season INTEGER, edition TEXT NOT NULL,
    duration REAL, is_broken INTEGER NOT NULL DEFAULT 0, content BLOB, UNIQUE (folder, name)
);
CREATE INDEX files_size ON files (size);
PRAGMA user_version = {FORMAT};
"""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A media file as a listing of its folder shows it; `modified` in ns since 1970."""

    name: str
    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class Look:
    """What a file is now, and what was found in it. `size` None: it is gone, or can't be read."""

    size: int | None = None
    modified: int = 0
    content: bytes | None = None
    duration: float | None = None
    is_broken: bool = False  # PyAV can't open it


@dataclass(frozen=True, slots=True)
class KnownFolder:
    """A folder that has been listed before. `is_settled`: twice, with the same time of change."""

    id: int
    modified: int
    is_settled: bool


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that may be the wanted one; see Look."""

    candidate: Candidate
    modified: int
    is_broken: bool


class LibraryStore:
    """Of the library's thread. A store that fails goes on in memory and says so in the log; nothing raises."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._db = _open(path)
        self.revision = 0  # counts what may let another file be found

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self._db.commit()
            self._db.close()

    def commit(self) -> None:
        self._db.commit()

    def start_anew(self, error: sqlite3.Error) -> None:
        """It failed while in use: forget everything. A disk that is full or gone is not tried again."""
        with suppress(sqlite3.Error):
            self._db.close()
        logger.info("the index of media folders failed (%s) and is made anew", error)
        if isinstance(error, sqlite3.OperationalError) or (self._path is not None and not _delete(self._path)):
            self._path = None
        self._db = _open(self._path)
        self.revision += 1

    # -- folders -------------------------------------------------------------------------------------------------------

    def keep_roots(self, roots: Iterable[str]) -> None:
        """Forget what lies in no root any more: what a person takes out of the library leaves no list behind."""
        encoded = sorted((os.fsencode(root) for root in roots), key=len)
        separator = os.fsencode(os.sep)
        for id_, path, before in self._db.execute("SELECT id, path, root FROM folders").fetchall():
            starts = (root for root in encoded if path == root or path.startswith(root.rstrip(separator) + separator))
            root = next(starts, None)
            if root is None:
                self._forget_folder(id_)
            elif root != before:
                self._db.execute("UPDATE folders SET root = ? WHERE id = ?", (root, id_))
        self.revision += 1

    def folder(self, path: str) -> KnownFolder | None:
        query = "SELECT id, modified, is_settled FROM folders WHERE path = ?"
        row = self._db.execute(query, (os.fsencode(path),)).fetchone()
        return None if row is None else KnownFolder(row[0], row[1], bool(row[2]))

    def put_folder(self, root: str, path: str, parent: int | None, pass_: int) -> int:
        """A folder that is there, listed or not; returns its id."""
        self._db.execute(
            "INSERT INTO folders (root, path, parent, modified, is_settled, seen) VALUES (?, ?, ?, 0, 0, ?) "
            "ON CONFLICT (path) DO UPDATE SET root = excluded.root, parent = excluded.parent, seen = excluded.seen",
            (os.fsencode(root), os.fsencode(path), parent, pass_),
        )
        (id_,) = self._db.execute("SELECT id FROM folders WHERE path = ?", (os.fsencode(path),)).fetchone()
        return int(id_)

    def finish_folder(self, id_: int, modified: int, pass_: int) -> None:
        """It has been listed to its end: files that were not in it are gone."""
        query = "UPDATE folders SET is_settled = (modified = ?), modified = ? WHERE id = ?"
        self._db.execute(query, (modified, modified, id_))
        gone = self._db.execute("DELETE FROM files WHERE folder = ? AND seen <> ?", (id_, pass_)).rowcount
        self.revision += gone > 0

    def subfolders(self, id_: int) -> list[str]:
        query = "SELECT path FROM folders WHERE parent = ? ORDER BY path"
        return [os.fsdecode(row[0]) for row in self._db.execute(query, (id_,))]

    def finish_root(self, root: str, pass_: int) -> None:
        """Every folder of it has been visited: those that were not are gone."""
        query = "SELECT id FROM folders WHERE root = ? AND seen <> ?"
        for (id_,) in self._db.execute(query, (os.fsencode(root), pass_)).fetchall():
            self._forget_folder(id_)

    def last_pass(self) -> int:
        (number,) = self._db.execute("SELECT coalesce(max(seen), 0) FROM folders").fetchone()
        return int(number)

    def _forget_folder(self, id_: int) -> None:
        self._db.execute("DELETE FROM files WHERE folder = ?", (id_,))
        self._db.execute("DELETE FROM folders WHERE id = ?", (id_,))
        self.revision += 1

    # -- files ---------------------------------------------------------------------------------------------------------

    def count(self) -> int:
        (number,) = self._db.execute("SELECT count(*) FROM files").fetchone()
        return int(number)

    def unsettled(self, id_: int) -> list[str]:
        """Files that have not been seen twice alike: they may be growing, which their folder's time doesn't tell."""
        query = "SELECT name FROM files WHERE folder = ? AND NOT is_settled"
        return [os.fsdecode(row[0]) for row in self._db.execute(query, (id_,))]

    def put_files(self, id_: int, files: Iterable[FoundFile], pass_: int) -> None:
        """Files that are in a folder. What was known of their content is forgotten where they have changed."""
        for file in files:
            name = os.fsencode(file.name)
            row = self._db.execute(
                "UPDATE files SET is_settled = 1, seen = ? WHERE folder = ? AND name = ? AND size = ? AND modified = ?",
                (pass_, id_, name, file.size, file.modified),
            )
            if row.rowcount:
                continue
            parts = film_name(title_of(file.name))
            self._db.execute(
                "INSERT OR REPLACE INTO files "
                "(folder, name, size, modified, is_settled, seen, words, numbers, season, edition) "
                "VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?)",
                (
                    id_,
                    name,
                    file.size,
                    file.modified,
                    pass_,
                    _text(parts.key),
                    " ".join(map(str, sorted(parts.numbers))),
                    parts.season,
                    " ".join(sorted(parts.edition)),
                ),
            )
            self.revision += 1

    def put_look(self, path: str, look: Look) -> None:
        """What a look at a file, or into it, has shown. Whether one is gone for good its folder will tell: the whole
        disk may be away for a while."""
        if look.size is None:
            self._db.execute("UPDATE folders SET is_settled = 0 WHERE path = ?", _place(path)[1:])
            return
        changed = self._db.execute(
            "UPDATE files SET size = ?, modified = ?, is_settled = 0, content = NULL, duration = NULL, is_broken = 0 "
            f"WHERE {_OF_PATH} AND (size <> ? OR modified <> ?)",
            (look.size, look.modified, *_place(path), look.size, look.modified),
        )
        self.revision += changed.rowcount
        self._db.execute(
            "UPDATE files SET content = coalesce(?, content), duration = coalesce(?, duration), "
            f"is_broken = is_broken OR ? WHERE {_OF_PATH}",
            (look.content, look.duration, look.is_broken, *_place(path)),
        )

    def known(self, path: str) -> KnownFile | None:
        """What is known of one file."""
        row = self._db.execute(f"{_SELECT} WHERE {_OF_PATH}", _place(path)).fetchone()
        return None if row is None else _known(row)

    def shortlist(self, wanted: Copy, roots: Iterable[str]) -> list[KnownFile]:
        """The files in these roots that are worth a look, those that come nearest first."""
        name = film_name(wanted.title)
        words = sorted(name.words, key=len, reverse=True)[:WORDS]
        within = [os.fsencode(root) for root in roots]
        alike = "".join(" OR instr(words, ?) > 0" for _ in words)
        rows = self._db.execute(
            f"{_SELECT} WHERE folders.root IN ({', '.join('?' * len(within))}) "
            f"AND (size = ? OR replace(words, ' ', '') = ?{alike})",
            (*within, -1 if wanted.size is None else wanted.size, _text(name.squeezed), *map(_text, words)),
        )
        near = ((*distance, row) for row in rows if (distance := closeness(wanted, name, _name(row), row[2])))
        return [_known(each[-1]) for each in heapq.nsmallest(SHORTLIST, near, key=lambda each: each[:-1])]


_SELECT = (
    "SELECT folders.path, name, size, files.modified, duration, is_broken, content, words, numbers, season, edition "
    "FROM files JOIN folders ON folders.id = files.folder"
)
_OF_PATH = "name = ? AND folder = (SELECT id FROM folders WHERE path = ?)"

Row = tuple[bytes, bytes, int, int, float | None, int, bytes | None, str, str, int | None, str]


def title_of(name: str) -> str:
    """A file's name without its suffix, as `Medium.title` has it."""
    return PurePath(name).stem or name


def _name(row: Row) -> FilmName:
    return FilmName(tuple(row[7].split(" ")), frozenset(map(int, row[8].split())), row[9], frozenset(row[10].split()))


def _known(row: Row) -> KnownFile:
    name = os.fsdecode(row[1])
    path = os.path.join(os.fsdecode(row[0]), name)
    return KnownFile(Candidate(path, title_of(name), row[2], row[4], row[6]), row[3], bool(row[5]))


def _place(path: str) -> tuple[bytes, bytes]:
    folder, name = os.path.split(path)
    return os.fsencode(name), os.fsencode(folder)


def _text(text: str) -> str:
    """As SQLite can keep it: half a character in a name becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


# -- the file ----------------------------------------------------------------------------------------------------------


def _open(path: Path | None) -> sqlite3.Connection:
    if path is None:
        return _connect(None)
    for attempt in range(2):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # a list of films is nobody else's business
            return _connect(path)
        except sqlite3.OperationalError as error:  # locked, read-only, full: not the file's fault
            logger.info("the index of media folders can't be kept in %s (%s)", path, error)
            break
        except sqlite3.DatabaseError as error:
            logger.info("the index of media folders in %s is damaged (%s) and is made anew", path, error)
            if attempt or not _delete(path):
                break
        except OSError as error:
            logger.info("the index of media folders can't be kept in %s (%s)", path, error)
            break
    return _connect(None)


def _connect(path: Path | None) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:" if path is None else path, timeout=0.5)
    try:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA locking_mode = EXCLUSIVE")  # a second player on this machine keeps its own in memory
        db.execute("BEGIN EXCLUSIVE")
        db.commit()
        (found,) = db.execute("PRAGMA user_version").fetchone()
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        if found != FORMAT or sorted(tables) != ["files", "folders"]:
            for name in tables:
                db.execute(f'DROP TABLE "{name}"')
            db.executescript(SCHEMA)
    except BaseException:
        db.close()
        raise
    return db


def _delete(path: Path) -> bool:
    try:
        for each in (path, path.with_name(path.name + "-journal")):
            each.unlink(missing_ok=True)
    except OSError as error:
        logger.info("%s can't be removed (%s)", path, error)
        return False
    return True
