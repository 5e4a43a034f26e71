"""What the library keeps between two starts, and what becomes of it when it is damaged."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from player.core.copies import Copy
from player.media import fingerprint, library_disk, library_store
from player.media.library import default_cache
from tests.adapters.media.libraries import Reader, copy_of, put
from tests.fakes.waiting import wait_until

Opening = Callable[..., Reader]


def test_the_index_is_kept_and_folders_that_have_not_changed_are_not_listed(
    open_library: Opening, folder: Path, tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache" / "index"
    mine = put(clip, folder / "x.mkv")
    first = open_library(folder, cache=cache)
    first.wait_for_files(1)
    for title in (
        "a",
        "b",
        "c",
        "d",
    ):  # more passes: seen alike at least twice, also where the clock of files is coarse
        first.miss(Copy(title))
    first.find(copy_of(clip))
    first.library.close()
    assert cache.stat().st_mode & 0o777 == 0o600
    wanted = copy_of(clip)
    listed: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(library_disk.os, "scandir", lambda path: listed.append(str(path)) or scandir(path))
    monkeypatch.setattr(fingerprint, "sampled_hash", None)  # its content is known
    second = open_library(folder, cache=cache)
    assert second.find(wanted).path == mine
    second.wait_for_files(1)
    assert listed == []


@pytest.mark.parametrize("damage", ["nonsense", "half", "tables", "format", "folder"])
def test_a_damaged_index_is_made_anew(
    open_library: Opening, folder: Path, tmp_path: Path, clip: Path, damage: str
) -> None:
    cache = tmp_path / "index"
    mine = put(clip, folder / "x.mkv")
    first = open_library(folder, cache=cache)
    first.find(copy_of(clip))
    first.wait_for_files(1)
    first.library.close()
    match damage:
        case "nonsense":
            cache.write_bytes(b"no database at all " * 1000)
        case "half":
            cache.write_bytes(cache.read_bytes()[: cache.stat().st_size // 2])
        case "tables":
            with sqlite3.connect(cache) as db:
                db.execute("DROP TABLE files")
            db.close()
        case "format":
            with sqlite3.connect(cache) as db:
                db.execute("PRAGMA user_version = 99")
            db.close()
        case _:
            cache.unlink()
            cache.mkdir()
    second = open_library(folder, cache=cache)
    assert second.find(copy_of(clip)).path == mine


def test_an_index_that_breaks_while_in_use_is_made_anew(
    open_library: Opening, folder: Path, tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = put(clip, folder / "x.mkv")
    failures = [sqlite3.DatabaseError("malformed"), sqlite3.OperationalError("disk is full")]
    commit = library_store.LibraryStore.commit

    def failing(store: library_store.LibraryStore) -> None:
        if failures and store.count():
            raise failures.pop(0)
        commit(store)

    monkeypatch.setattr(library_store.LibraryStore, "commit", failing)
    reader = open_library(folder, cache=tmp_path / "index")
    reader.wait_for_files(1)
    wait_until(lambda: not failures, "both failures")
    assert reader.find(copy_of(clip)).path == mine


def test_two_players_do_not_share_an_index(open_library: Opening, folder: Path, tmp_path: Path, clip: Path) -> None:
    mine = put(clip, folder / "x.mkv")
    first, second = (open_library(folder, cache=tmp_path / "index") for _ in range(2))
    for reader in (first, second):
        assert reader.find(copy_of(clip)).path == mine


def test_where_the_index_is_kept() -> None:
    assert default_cache().name == "library.sqlite"
    assert "matinee" in str(default_cache())


@pytest.mark.expects_warnings
def test_a_defect_of_ours_is_logged_and_visible(
    open_library: Opening, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_store.LibraryStore, "count", None)
    reader = open_library(folder)
    (problem,) = wait_until(lambda: reader.library.status().problems, "the words")
    assert problem.startswith("Your film folders can't be searched.")
