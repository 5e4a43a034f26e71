"""Fingerprints of files: the same after a new name, another for another content, and quick on any size."""

from __future__ import annotations

import os
from io import FileIO
from itertools import pairwise
from pathlib import Path

import pytest

from player.media import fingerprint
from player.media.fingerprint import BLOCK, WHOLE, content_hash, sampled_hash, sampled_places


class CountingFile(FileIO):
    """A file that knows how much was read of it, and gives at most `most` bytes at a time."""

    most = 1 << 30
    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(min(size or 0, self.most))
        self.count += len(data)
        return data


def write(path: Path, size: int, *changes: tuple[int, bytes]) -> Path:
    """A sparse file of that size with some bytes in it."""
    with path.open("wb") as file:
        file.truncate(size)
        for place, data in changes:
            file.seek(place)
            file.write(data)
    return path


def test_of_50_gb_one_megabyte_is_read(tmp_path: Path) -> None:
    size = 50 * 10**9
    path = write(tmp_path / "large.mkv", size, (0, b"head"), (size - 4, b"tail"))
    with CountingFile(path) as file:
        digest = sampled_hash(file, size)
    assert file.count == WHOLE
    assert digest == content_hash(str(path))
    assert digest is not None
    assert len(digest) == 32


def test_it_does_not_matter_how_much_a_disk_gives_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(os.urandom(3 * WHOLE))
    with CountingFile(path) as file:
        file.most = 1000
        assert sampled_hash(file, 3 * WHOLE) == content_hash(str(path))


def test_a_new_name_and_place_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(os.urandom(100_000))
    before = content_hash(str(path))
    (tmp_path / "folder").mkdir()
    moved = path.rename(tmp_path / "folder" / "b.mp4")
    os.utime(moved, (1, 1))
    assert content_hash(str(moved)) == before
    assert content_hash(moved.as_uri()) == before


@pytest.mark.parametrize("size", [1, 1000, WHOLE, WHOLE + 1, 10 * WHOLE])
def test_every_sampled_byte_counts_and_the_size_does(tmp_path: Path, size: int) -> None:
    seen = {content_hash(str(write(tmp_path / "plain", size))), content_hash(str(write(tmp_path / "longer", size + 1)))}
    places = sampled_places(size)
    edges = sorted({edge for start, length in places for edge in (start, start + length - 1)})
    for place in edges:
        seen.add(content_hash(str(write(tmp_path / "changed", size, (place, b"x")))))
    assert len(seen) == len(edges) + 2
    assert None not in seen


def test_samples_begin_and_end_with_the_file_and_never_overlap() -> None:
    for size in (WHOLE + 1, 2 * WHOLE, 50 * 10**9):
        places = sampled_places(size)
        assert sum(length for _, length in places) == WHOLE
        assert places[0][0] == 0
        assert places[-1] == (size - BLOCK, BLOCK)
        assert all(start + length <= after for (start, length), (after, _) in pairwise(places))


def test_what_has_no_content_has_no_fingerprint(tmp_path: Path) -> None:
    assert content_hash("https://example.org/film.mkv") is None
    assert content_hash(str(tmp_path / "nowhere.mkv")) is None
    assert content_hash(str(tmp_path)) is None
    assert content_hash("a\0b") is None
    (tmp_path / "empty.mkv").touch()
    assert content_hash(str(tmp_path / "empty.mkv")) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mkv")
    assert content_hash(str(tmp_path / "pipe.mkv")) is None


@pytest.mark.parametrize("change", ["grow", "shrink"])
def test_a_file_that_is_being_written_has_none_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = write(tmp_path / "a.mkv", 2 * WHOLE)
    places = sampled_places(2 * WHOLE)

    def places_and_a_change(size: int) -> list[tuple[int, int]]:
        with path.open("r+b") as file:
            file.truncate(3 * WHOLE if change == "grow" else BLOCK)
        return places

    monkeypatch.setattr(fingerprint, "sampled_places", places_and_a_change)
    assert content_hash(str(path)) is None
