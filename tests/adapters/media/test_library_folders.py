"""Media folders that are large, vanish, lie, loop or hang."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from player.core.copies import Copy, Fingerprinted, FoundCopy
from player.media import library_disk, library_walk
from player.media.library_rounds import RoundPolicy
from tests.adapters.media.libraries import BUSY, Reader, copy_of, put
from tests.fakes.waiting import wait_until

Opening = Callable[..., Reader]


def test_two_thousand_files_are_counted(open_library: Opening, folder: Path) -> None:
    for number in range(2000):
        place = folder / f"{number % 20}"
        place.mkdir(exist_ok=True)
        (place / f"Some Film {number}.mkv").write_bytes(b"x")
    reader = open_library(folder)
    reader.wait_for_files(2000)
    assert reader.library.status().problems == ()
    for number in range(0, 2000, 2):
        (folder / f"{number % 20}" / f"Some Film {number}.mkv").unlink()
    shutil.rmtree(folder / "1")
    reader.miss(Copy("Nothing"))
    reader.wait_for_files(900)


def test_a_folder_that_is_not_there_is_said_and_noticed_when_it_comes(
    open_library: Opening, folder: Path, tmp_path: Path, clip: Path
) -> None:
    stick = tmp_path / "stick"
    reader = open_library(folder, stick, policy=BUSY)
    words = reader.miss(copy_of(clip))
    problem = f"“{stick}” was not found. Connect its disk, or take it out of your film folders."
    assert words.endswith(problem)
    assert reader.library.status().problems == (problem,)
    stick.mkdir()
    mine = put(clip, stick / "x.mkv")
    assert reader.next(FoundCopy).path == mine
    wait_until(lambda: reader.library.status().problems == (), "the problem to go")


def test_a_folder_that_vanishes_takes_nothing_with_it(
    open_library: Opening, folder: Path, tmp_path: Path, clip: Path
) -> None:
    """What was known of it is known again when its disk is back; meanwhile none of its files is offered."""
    put(clip, folder / "x.mkv")
    reader = open_library(folder)
    reader.find(copy_of(clip))
    folder.rename(tmp_path / "away")
    assert "was not found" in reader.miss(copy_of(clip))
    (tmp_path / "away").rename(folder)
    assert reader.find(copy_of(clip)).path == str(folder / "x.mkv")


@pytest.mark.parametrize("kind", ["root", "inside"])
def test_a_folder_that_may_not_be_read_is_said(
    open_library: Opening, folder: Path, clip: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The tests may run as root, who may read everything: the system's refusal is played."""
    locked = folder if kind == "root" else folder / "locked"
    for name in ("locked", "locked too", "open"):
        (folder / name).mkdir()
    put(clip, folder / "open" / "x.mkv")
    scandir = os.scandir

    def refusing(path: str) -> object:
        if str(path).startswith(str(locked)):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(library_disk.os, "scandir", refusing)
    reader = open_library(folder)
    if kind == "root":
        assert "may not be read by you" in reader.miss(copy_of(clip))
        return
    assert reader.find(copy_of(clip)).path == str(folder / "open" / "x.mkv")
    (problem,) = wait_until(lambda: reader.library.status().problems, "the problem")
    assert problem.startswith(f"2 folders in “{folder}” can't be read, such as “locked")


def test_a_file_in_place_of_a_folder_is_said(open_library: Opening, clip: Path) -> None:
    assert "is not a folder. Choose the folder that it is in." in open_library(clip).miss(Copy("Nothing"))


def test_one_folder_inside_that_can_not_be_read(
    open_library: Opening, folder: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "bad").mkdir()
    scandir = os.scandir

    def failing(path: str) -> object:
        if str(path).endswith("bad"):
            raise OSError(5, "Input/output error", path)
        return scandir(path)

    monkeypatch.setattr(library_disk.os, "scandir", failing)
    words = open_library(folder).miss(Copy("Nothing"))
    assert words.endswith(f"“bad” in “{folder}” can't be read, so films in it are not found. Check its permissions.")


def test_links_are_followed_and_never_in_circles(
    open_library: Opening, folder: Path, tmp_path: Path, clip: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    put(clip, elsewhere / "x.mkv")
    (folder / "link").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(folder)
    (folder / "self").symlink_to(folder)
    reader = open_library(folder)
    assert reader.find(copy_of(clip)).path == str(folder / "link" / "x.mkv")
    reader.wait_for_files(1)


def test_a_folder_in_another_one_is_looked_through_once(open_library: Opening, folder: Path, clip: Path) -> None:
    (folder / "new").mkdir()
    put(clip, folder / "new" / "x.mkv")
    reader = open_library(folder / "new", folder, f"{folder}/new/", "")
    reader.wait_for_files(1)
    assert reader.find(copy_of(clip)).path == str(folder / "new" / "x.mkv")


def test_deep_folders_end_somewhere(
    open_library: Opening, folder: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_walk, "DEPTH", 2)
    for depth in range(4):
        place = folder.joinpath(*"abc"[:depth])
        place.mkdir(exist_ok=True)
        (place / f"{depth}.mkv").write_bytes(b"x")
    open_library(folder).wait_for_files(3)


@pytest.mark.parametrize("limit", ["FILES", "FOLDERS"])
def test_a_folder_that_holds_too_much_is_said(
    open_library: Opening, folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(library_walk, limit, 3)
    for number in range(5):
        (folder / f"{number}").mkdir()
        (folder / f"{number}.mkv").write_bytes(b"x")
    assert "holds too much to be looked through to its end" in open_library(folder).miss(Copy("Nothing"))


def test_names_may_be_anything(open_library: Opening, folder: Path, clip: Path, longer: Path) -> None:
    names = [b"new\nline.mkv", b"a\xff\xfe.mkv", "e\u0301\u202e '\"%s.mkv".encode(), b"\xe2\x80\xa8.mkv"]
    for number, name in enumerate(names):
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write((longer if number == 1 else clip).read_bytes())
    strange = folder / os.fsdecode(b"folder \xff")
    strange.mkdir()
    put(clip, strange / "x.mkv")
    reader = open_library(folder)
    reader.wait_for_files(5)
    assert reader.find(copy_of(longer)).path == str(folder / os.fsdecode(names[1]))
    for name in names:
        assert "is not in" in reader.miss(Copy(os.fsdecode(name) + " other", 3, 9.0, "ab"))
    assert reader.find(copy_of(longer, os.fsdecode(b"a\xff"))).how == "fingerprint"


def test_a_folder_with_a_strange_name_can_be_named(open_library: Opening, folder: Path) -> None:
    words = open_library(os.fsdecode(os.fsencode(folder) + b"/a\n\xff")).miss(Copy("Nothing"))
    assert f"“{folder}/a” was not found" in words
    assert "“nul” can't be read" in open_library("nul\0").miss(Copy("x")).replace(os.getcwd() + "/", "")


def test_a_folder_that_is_taken_out_is_forgotten(
    open_library: Opening, folder: Path, tmp_path: Path, clip: Path, longer: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    put(clip, folder / "secret.mkv")
    put(longer, other / "y.mkv")
    reader = open_library(folder, other, cache=tmp_path / "index")
    reader.wait_for_files(2)
    reader.library.set_folders((str(other),))
    assert reader.library.folders == (str(other),)
    assert "is not in" in reader.miss(copy_of(clip))
    reader.wait_for_files(1)
    reader.library.close()
    assert b"secret" not in b"".join(
        row for (row,) in sqlite3.connect(tmp_path / "index").execute("SELECT name FROM files")
    )


def test_a_change_that_hides_in_a_tick_of_the_clock_is_found(open_library: Opening, folder: Path, clip: Path) -> None:
    """The folder's time of change says nothing: the same before and after. A film that is missed makes it look."""
    (folder / "a.mkv").write_bytes(b"x")
    os.utime(folder, (1000, 1000))
    reader = open_library(folder)
    reader.wait_for_files(1)
    for _ in range(2):
        reader.miss(Copy("Nothing"))
    mine = put(clip, folder / "x.mkv")
    os.utime(folder, (1000, 1000))
    reader.library.stop_looking()
    assert reader.find(copy_of(clip)).path == mine


# -- folders that hang -------------------------------------------------------------------------------------------------


class Gate:
    """Looks into a folder do not return until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: Path, call: str) -> None:
        self.is_open = threading.Event()
        self.reached = threading.Event()
        original = getattr(os, call)

        def waiting(where: object, *args: object, **words: object) -> object:
            if str(where).startswith(str(path)) and threading.current_thread().name == "library-disk":
                self.reached.set()
                self.is_open.wait()
            return original(where, *args, **words)

        monkeypatch.setattr(library_disk.os, call, waiting)


HASTY = RoundPolicy(again=0.05, patience=0.3, patience_most=0.3)


@pytest.mark.parametrize("call", ["scandir", "stat"])
def test_a_folder_that_hangs_holds_nobody_up(
    open_library: Opening, folder: Path, tmp_path: Path, clip: Path, longer: Path,
    monkeypatch: pytest.MonkeyPatch, call: str,
) -> None:  # fmt: skip
    network = tmp_path / "a network"
    network.mkdir()
    remote = put(longer, network / "far.mkv")
    near = put(clip, folder / "near.mkv")
    gate = Gate(monkeypatch, network, call)
    reader = open_library(network, folder, policy=HASTY)
    try:
        assert gate.reached.wait(60)
        assert reader.find(copy_of(clip)).path == near
        silent = f"“{network}” does not answer. Check its disk or network; its films are found again when it answers."
        assert reader.miss(copy_of(longer)).endswith(silent)
        assert reader.library.status().problems == (silent,)
        hanging = [each for each in threading.enumerate() if each.name == "library-disk"]
        assert len(hanging) <= 2
    finally:
        gate.is_open.set()
    assert reader.next(FoundCopy).path == remote
    wait_until(lambda: reader.library.status().problems == (), "the problem to go")


def test_a_film_on_a_disk_that_hangs_is_given_up_and_found_later(
    open_library: Opening, folder: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Path(put(clip, folder / "x.mkv"))
    reader = open_library(folder, policy=HASTY)
    reader.wait_for_files(1)
    gate = Gate(monkeypatch, mine, "stat")
    try:
        assert "does not answer" in reader.miss(copy_of(clip))
        reader.library.fingerprint(str(mine))  # waits until the folder answers
    finally:
        gate.is_open.set()
    assert reader.next(FoundCopy).path == str(mine)
    assert reader.next(Fingerprinted).content_hash is not None


def test_a_file_elsewhere_that_hangs_has_no_fingerprint(
    open_library: Opening, tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Path(put(clip, tmp_path / "x.mkv"))
    reader = open_library(policy=HASTY)
    gate = Gate(monkeypatch, mine, "stat")
    try:
        reader.library.fingerprint(str(mine))
        assert reader.next(Fingerprinted) == Fingerprinted(str(mine), None, None)
        reader.library.fingerprint(str(clip))
        assert reader.next(Fingerprinted, 2).content_hash is not None
    finally:
        gate.is_open.set()


def test_the_end_does_not_wait_for_a_disk_that_hangs(
    open_library: Opening, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, folder, "scandir")
    reader = open_library(folder)
    try:
        assert gate.reached.wait(60)
        reader.library.close()
        assert not any(each.name == "library" for each in threading.enumerate())
        reader.library.fingerprint("x")
        reader.library.close()
        assert reader.library.take_events() == []
    finally:
        gate.is_open.set()
