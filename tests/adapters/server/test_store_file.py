"""The file with the rooms by itself: what it keeps, and what it says when it can't."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from server.core.room_change import Change
from server.core.room_codec import room_of
from server.core.room_state import RoomPolicy
from server.store import room_file
from server.store.port import StoreError
from server.store.room_file import RoomFile, back_up, read_rooms, words_of
from tests.fakes.rooms import watching

Make = Callable[[], RoomFile]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rooms.sqlite"


def fill(path: Path) -> RoomFile:
    """A file that is open, with one room in it."""
    file = RoomFile(path)
    file.open()
    file.write([Change("Cinema", None, watching("Ana").room, ())], {"lived": "1.5"})
    return file


def test_what_is_written_is_there_when_it_is_opened_again(path: Path) -> None:
    fill(path).close()
    again = RoomFile(path)
    kept = again.open()
    again.close()
    assert kept.notes["lived"] == "1.5"
    room = room_of("Cinema", kept.rooms["Cinema"], RoomPolicy(), "")
    assert [each.name for each in room.members] == ["Ana"]


def test_only_the_newest_of_several_changes_is_left(path: Path) -> None:
    file = RoomFile(path)
    file.open()
    stage = watching("Ana", "Ben")
    first = stage.room
    stage.leave("ben")
    second = stage.room
    file.write([Change("Cinema", None, first, ()), Change("Cinema", first, second, ())], {})
    assert "member ben" not in read_rooms(path).rooms["Cinema"]
    stage.wait(1.0)
    file.write([Change("Cinema", second, None, ()), Change("Cinema", None, stage.room, ())], {})
    assert set(read_rooms(path).rooms) == {"Cinema"}
    file.write([Change("Cinema", stage.room, None, ())], {})
    assert read_rooms(path).rooms == {}
    file.close()


def test_a_part_that_goes_is_removed(path: Path) -> None:
    file = RoomFile(path)
    file.open()
    stage = watching("Ana", "Ben")
    before = stage.room
    file.write([Change("Cinema", None, before, ())], {})
    assert "member ben" in read_rooms(path).rooms["Cinema"]
    stage.leave("ben")
    file.write([Change("Cinema", before, stage.room, ())], {})
    assert "member ben" not in read_rooms(path).rooms["Cinema"]
    file.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_nobody_else_may_read_it(path: Path) -> None:
    file = fill(path)
    found = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert set(found) >= {"rooms.sqlite", "rooms.sqlite-wal"}
    assert set(found.values()) == {0o600}
    file.close()


def refuse_to_open(path: Path) -> str:
    with pytest.raises(StoreError) as refused:
        RoomFile(path).open()
    return str(refused.value)


def test_a_file_that_is_no_database_is_told(path: Path) -> None:
    path.write_bytes(b"something else entirely" * 100)
    assert "put a backup there" in refuse_to_open(path)


def test_a_file_that_is_damaged_is_told(path: Path) -> None:
    fill(path).close()
    data = bytearray(path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    path.write_bytes(data)
    assert "put a backup there" in refuse_to_open(path)


def test_a_file_of_another_program_is_left_alone(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name)")
    connection.close()
    assert "another program" in refuse_to_open(path)
    with pytest.raises(StoreError, match="another program"):
        read_rooms(path)


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    fill(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "newer version" in refuse_to_open(path)
    with pytest.raises(StoreError, match="another version"):
        read_rooms(path)


def test_a_file_of_an_older_version_is_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(path).close()

    def add_colour(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE parts ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'")

    monkeypatch.setattr(room_file, "MIGRATIONS", (*room_file.MIGRATIONS, add_colour))
    connection = sqlite3.connect(path)
    room_file.migrate(connection, path)
    assert connection.execute("SELECT DISTINCT colour FROM parts").fetchall() == [("blue",)]
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    connection.close()


def test_a_step_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(path).close()

    def stumble(connection: sqlite3.Connection) -> None:
        connection.execute("DROP TABLE parts")
        connection.execute("DROP TABLE parts")

    monkeypatch.setattr(room_file, "MIGRATIONS", (*room_file.MIGRATIONS, stumble))
    refuse_to_open(path)
    monkeypatch.undo()
    assert "Cinema" in read_rooms(path).rooms


def test_a_folder_in_the_way_is_told(path: Path) -> None:
    path.mkdir()
    assert "can't be written" in refuse_to_open(path)


def test_a_backup_is_whole_while_the_server_writes(path: Path, tmp_path: Path) -> None:
    file = fill(path)
    target = tmp_path / "backup"
    back_up(path, target)
    file.close()
    assert read_rooms(target) == read_rooms(path)
    assert [each.name for each in tmp_path.glob("backup*")] == ["backup"]
    with pytest.raises(StoreError, match="there already"):
        back_up(path, target)
    with pytest.raises(StoreError, match="choose another place"):
        back_up(path, tmp_path / "nowhere" / "backup")


def test_without_rooms_there_is_nothing_to_look_at(path: Path) -> None:
    with pytest.raises(StoreError, match="no rooms"):
        read_rooms(path)
    with pytest.raises(StoreError, match="no rooms"):
        back_up(path, path.with_name("backup"))


def test_a_disk_that_is_full_is_an_error_and_leaves_what_was(path: Path) -> None:
    file = fill(path)
    before = read_rooms(path)
    assert file._connection is not None
    file._connection.execute("PRAGMA max_page_count = 1")
    stage = watching("Ana", *(f"Guest {number}" for number in range(39)))
    with pytest.raises(sqlite3.OperationalError) as full:
        file.write([Change("Cinema", None, stage.room, ())], {})
    assert "no room on the disk" in words_of(full.value, path)
    assert read_rooms(path) == before
    file._connection.execute("PRAGMA max_page_count = 1000000")
    file.write([Change("Cinema", None, stage.room, ())], {})
    assert len(read_rooms(path).rooms["Cinema"]) > 40
    file.close()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SQLITE_READONLY_DBMOVED", "give it and its folder to this user"),
        ("SQLITE_BUSY", "Another program holds"),
        ("SQLITE_IOERR_WRITE", "check the disk"),
        ("SQLITE_CORRUPT", "put a backup there"),
    ],
)
def test_what_else_goes_wrong_has_its_sentence(path: Path, name: str, words: str) -> None:
    error = sqlite3.OperationalError("oh")
    error.sqlite_errorname = name
    assert words in words_of(error, path)
