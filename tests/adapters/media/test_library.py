"""The library on real folders: films found, whatever they are called, and fingerprints of files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from player.core.copies import Copy, Fingerprinted, FoundCopy, NoCopy, difference_words
from player.media import fingerprint
from player.media.fingerprint import content_hash
from tests.adapters.media.libraries import BUSY, Reader, copy_of, put

Opening = Callable[..., Reader]


def test_a_renamed_copy_is_found_by_its_content(open_library: Opening, folder: Path, clip: Path, longer: Path) -> None:
    (folder / "deep" / "er").mkdir(parents=True)
    renamed = Path(put(clip, folder / "deep" / "er" / "Holiday 2011.mkv"))
    put(longer, folder / "library.mkv")  # has the name, and is another cut
    found = open_library(folder).find(copy_of(clip))
    assert (found.path, found.how) == (str(renamed), "fingerprint")


def test_another_encoding_is_found_by_its_length(
    open_library: Opening, folder: Path, clip: Path, encoded_again: Path, longer: Path
) -> None:
    mine = Path(put(encoded_again, folder / "The.Library.1922.1080p.BluRay.x264-GRP.mp4"))
    put(longer, folder / "Library (1922).mkv")
    found = open_library(folder).find(copy_of(clip))
    assert (found.path, found.how) == (str(mine), "length")
    assert difference_words(copy_of(mine), copy_of(clip)) == "A different encoding of the same length."


def test_another_cut_is_found_by_its_name_and_explained(
    open_library: Opening, folder: Path, clip: Path, longer: Path
) -> None:
    mine = Path(put(clip, folder / "Library.mkv"))
    theirs = copy_of(longer, "The Library")
    reader = open_library(folder)
    assert "is 2 s shorter than the room's film of that name" in reader.miss(theirs)  # half of it is no cut
    near = Copy(theirs.title, theirs.size, 2.9, theirs.fingerprint)
    found = reader.find(near)
    assert (found.path, found.how) == (str(mine), "name")
    assert difference_words(copy_of(mine), near) == "A different encoding, 0.9 s shorter."


def test_a_film_that_nothing_is_told_of_but_its_length(open_library: Opening, folder: Path, clip: Path) -> None:
    mine = put(clip, folder / "library 720p.mkv")
    found = open_library(folder).find(copy_of(clip, is_told=False))
    assert (found.path, found.how) == (mine, "length")


def test_a_film_whose_size_is_not_told_is_known_by_its_content(open_library: Opening, folder: Path, clip: Path) -> None:
    mine = put(clip, folder / "library 720p.mkv")
    told = copy_of(clip)
    found = open_library(folder).find(Copy(told.title, None, None, told.fingerprint))
    assert (found.path, found.how) == (mine, "fingerprint")


def test_two_that_fit_alike_are_the_persons_choice(
    open_library: Opening, folder: Path, clip: Path, longer: Path, encoded_again: Path
) -> None:
    put(clip, folder / "Library.mkv")
    put(encoded_again, folder / "Library.mp4")
    words = open_library(folder).miss(Copy("The Library", None, 2.0))
    assert words.startswith("More than one of your files could be “The Library”")


def test_what_only_looks_like_a_film_is_not_offered(open_library: Opening, folder: Path, clip: Path) -> None:
    (folder / "library.mkv").write_bytes(b"no film at all" * 100)
    (folder / "library.txt").write_bytes(clip.read_bytes())
    (folder / ".library.mkv").write_bytes(clip.read_bytes())
    (folder / "$RECYCLE.BIN").mkdir()
    (folder / "$RECYCLE.BIN" / "library.mkv").write_bytes(clip.read_bytes())
    (folder / "library.mp4").touch()
    (folder / "dangling.mkv").symlink_to(folder / "nowhere")
    assert "is not in your film folders" in open_library(folder).miss(copy_of(clip))


def test_a_film_that_comes_later_is_found_by_itself(open_library: Opening, folder: Path, clip: Path) -> None:
    reader = open_library(folder, policy=BUSY)
    assert "is not in your film folders" in reader.miss(copy_of(clip))
    mine = put(clip, folder / "whatever.mkv")
    assert reader.next(FoundCopy).path == mine


def test_a_film_that_grows_in_its_place_is_found_when_it_is_whole(
    open_library: Opening, folder: Path, clip: Path
) -> None:
    """A download: the folder does not change when the file does."""
    mine, whole = folder / "whatever.mkv", clip.read_bytes()
    mine.write_bytes(whole[:1000])
    reader = open_library(folder, policy=BUSY)
    reader.miss(copy_of(clip))
    with mine.open("ab") as file:
        file.write(whole[1000:])
    assert reader.next(FoundCopy).how == "fingerprint"


def test_without_folders_it_is_said_at_once(open_library: Opening, clip: Path) -> None:
    assert "is not in your film folders" in open_library().miss(copy_of(clip))


def test_several_films_are_looked_for_at_a_time(
    open_library: Opening, folder: Path, clip: Path, longer: Path, encoded_again: Path
) -> None:
    wanted = [copy_of(each) for each in (clip, longer, encoded_again)]
    for each in (clip, longer):
        put(each, folder / f"x{each.name}")
    reader = open_library(folder)
    for each in wanted:
        reader.look_for(each)
    reader.next(FoundCopy, 2)
    missed = reader.next(NoCopy).wanted
    assert missed == wanted[2]
    assert {each.wanted for each in reader.events if isinstance(each, FoundCopy)} == set(wanted[:2])


def test_who_has_left_is_told_nothing_more(open_library: Opening, folder: Path, clip: Path, longer: Path) -> None:
    reader = open_library(folder, policy=BUSY)
    reader.miss(copy_of(clip))
    reader.library.stop_looking()
    put(clip, folder / "x.mkv")
    put(longer, folder / "y.mkv")
    reader.find(copy_of(longer))
    reader.wait_for_files(2)
    assert [each.wanted for each in reader.events if isinstance(each, FoundCopy)] == [copy_of(longer)]


def test_a_file_that_was_replaced_behind_its_back_is_not_believed(
    open_library: Opening, folder: Path, tmp_path: Path, clip: Path, longer: Path
) -> None:
    reader = open_library(folder, cache=tmp_path / "index")
    mine = Path(put(clip, folder / "x.mkv"))
    reader.find(copy_of(clip))
    put(longer, mine)
    assert "is not in your film folders" in reader.miss(copy_of(clip))
    assert reader.find(copy_of(longer)).path == str(mine)
    mine.unlink()
    assert "is not in your film folders" in reader.miss(copy_of(longer))


# -- fingerprints ------------------------------------------------------------------------------------------------------


def test_fingerprints_of_files_anywhere(open_library: Opening, folder: Path, tmp_path: Path, clip: Path) -> None:
    reader = open_library(folder)
    inside = Path(put(clip, folder / "in.mkv"))
    for number, path in enumerate((inside, clip), 1):
        reader.library.fingerprint(str(path))
        assert reader.next(Fingerprinted, number) == Fingerprinted(
            str(path), content_hash(str(clip)), clip.stat().st_size
        )
    for number, path in enumerate(("https://example.org/a.mkv", str(tmp_path / "gone.mkv"), str(tmp_path)), 3):
        reader.library.fingerprint(path)
        assert reader.next(Fingerprinted, number) == Fingerprinted(path, None, None)
    assert reader.wakes >= 5


def test_a_file_that_changes_meanwhile_has_none(
    open_library: Opening, folder: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(put(clip, folder / "in.mkv"))
    places = fingerprint.sampled_places

    def growing(size: int) -> list[tuple[int, int]]:
        with path.open("ab") as file:
            file.write(b"more")
        return places(size)

    monkeypatch.setattr(fingerprint, "sampled_places", growing)
    reader = open_library(folder)
    reader.library.fingerprint(str(path))
    assert reader.next(Fingerprinted) == Fingerprinted(str(path), None, None)
