"""Which file is the room's film, and how two copies differ."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.copies import (
    Candidate,
    Copy,
    Fact,
    Fit,
    NoFit,
    best_candidate,
    closeness,
    difference,
    difference_words,
    missing_fact,
    room_fingerprint,
    suggested_offset,
)
from player.core.titles import film_name

SALT = "room salt"
CONTENT, OTHER = b"c" * 32, b"o" * 32
HOUR = 3600.0

wanted = Copy("Nosferatu", 4_000_000, 5640.0, room_fingerprint(CONTENT, SALT))


def file(
    path: str, size: int = 1, duration: float | None = None, content: bytes | None = None, title: str | None = None
) -> Candidate:
    name = path.rpartition("/")[2]
    return Candidate(path, name.rpartition(".")[0] if title is None else title, size, duration, content)


# -- fingerprints ------------------------------------------------------------------------------------------------------


def test_a_fingerprint_is_the_rooms_own() -> None:
    one = room_fingerprint(CONTENT, SALT)
    assert len(one) == 32
    assert set(one) <= set("0123456789abcdef")
    assert one == room_fingerprint(CONTENT, SALT)
    assert one != room_fingerprint(CONTENT, "another room")
    assert one != room_fingerprint(OTHER, SALT)
    assert CONTENT.hex()[:8] not in one


@given(st.binary(min_size=32, max_size=32), st.text())
def test_any_salt_gives_a_fingerprint(content: bytes, salt: str) -> None:
    assert len(room_fingerprint(content, salt)) == 32


# -- which file fits ---------------------------------------------------------------------------------------------------


def fit(best: Fit | NoFit) -> tuple[str, str]:
    assert isinstance(best, Fit)
    return best.candidate.path, best.how


def words(best: Fit | NoFit) -> str:
    assert isinstance(best, NoFit)
    return best.words


def test_the_same_content_wins_whatever_it_is_called() -> None:
    files = [file("/a/Nosferatu.mkv", 4_000_000, 5640.0, OTHER), file("/b/x.mkv", 4_000_000, None, CONTENT)]
    assert fit(best_candidate(wanted, files, SALT)) == ("/b/x.mkv", "fingerprint")


def test_of_two_with_the_same_content_any_will_do() -> None:
    files = [file("/b/x.mkv", 4_000_000, None, CONTENT), file("/a/y.mkv", 4_000_000, None, CONTENT)]
    assert fit(best_candidate(wanted, files, SALT)) == ("/a/y.mkv", "fingerprint")


def test_a_fingerprint_of_another_room_fits_nothing() -> None:
    files = [file("/b/x.mkv", 4_000_000, None, CONTENT)]
    assert isinstance(best_candidate(wanted, files, "another room"), NoFit)


def test_size_and_length_come_before_the_name() -> None:
    files = [file("/a/renamed.mkv", 4_000_000, 5640.3), file("/a/Nosferatu.mkv", 3, 5000.0)]
    assert fit(best_candidate(wanted, files, SALT)) == ("/a/renamed.mkv", "length")


def test_a_file_that_is_known_to_have_another_content_is_not_taken_for_its_size() -> None:
    assert isinstance(best_candidate(wanted, [file("/a/renamed.mkv", 4_000_000, 5640.3, OTHER)], SALT), NoFit)
    unknown = replace(wanted, fingerprint="")
    assert fit(best_candidate(unknown, [file("/a/renamed.mkv", 4_000_000, 5640.3, OTHER)], SALT))[1] == "length"


def test_the_size_alone_is_not_enough() -> None:
    assert isinstance(best_candidate(wanted, [file("/a/renamed.mkv", 4_000_000, 5000.0)], SALT), NoFit)
    assert isinstance(best_candidate(wanted, [file("/a/renamed.mkv", 4_000_000)], SALT), NoFit)


def test_the_same_length_and_a_similar_title() -> None:
    files = [
        file("/a/nosferatu_eine_symphonie_des_grauens_1922_1080p.mkv", 9, 5640.4),
        file("/a/other.mkv", 9, 5640.0),
        file("/a/Nosferatu.mkv", 9, 5600.0),
    ]
    assert fit(best_candidate(wanted, files, SALT)) == (files[0].path, "length")


def test_the_same_title_at_last() -> None:
    files = [file("/a/Nosferatu (1922).mkv", 9, 5600.0), file("/a/other.mkv", 9, 5640.0)]
    assert fit(best_candidate(wanted, files, SALT)) == (files[0].path, "name")


def test_the_same_title_where_no_length_is_known() -> None:
    assert fit(best_candidate(Copy("Nosferatu"), [file("/a/nosferatu.mkv")], SALT)) == ("/a/nosferatu.mkv", "name")


def test_a_title_with_a_hopeless_length_is_not_it() -> None:
    said = words(best_candidate(wanted, [file("/a/Nosferatu.mp3", 9, 220.0)], SALT))
    assert said.startswith("Your “Nosferatu” is 1:30:20 shorter than the room's film of that name. Choose")


def test_nothing_fits() -> None:
    said = words(best_candidate(wanted, [file("/a/Other.mkv", 9, 5640.0)], SALT))
    assert said == ("“Nosferatu” is not in your film folders. Open your copy, or add the folder that it is in.")


def test_what_strangers_call_their_film_is_shown_on_one_line() -> None:
    said = words(best_candidate(Copy("A\nB\u202e" + "x" * 500), [], SALT))
    assert said.startswith("“A Bxxx")
    assert len(said) < 200
    assert words(best_candidate(Copy(""), [], SALT)).startswith("“the film” is not")


def test_who_can_tell_two_apart_is_asked() -> None:
    files = [file("/b/Nosferatu.mkv", 7, 5640.1), file("/a/Nosferatu.mp4", 9, 5640.0)]
    assert words(best_candidate(wanted, files, SALT)) == (
        "More than one of your files could be “Nosferatu”: “Nosferatu” and “Nosferatu”. Choose the right one."
    )


@pytest.mark.parametrize(
    ("called", "sizes", "chosen"),
    [
        (["renamed", "Nosferatu 1922"], [4_000_000, 4_000_000], 1),  # a similar title
        (["Nosferatu Symphonie", "Nosferatu 1922"], [8, 9], 1),  # the same one
        (["Nosferatu 1922 Extended", "Nosferatu 1922"], [8, 9], 1),  # the same edition
        (["Nosferatu 1922", "Nosferatu.1922.1080p"], [8, 8], 0),  # copies of one file
        (["Nosferatu 1922", "Nosferatu"], [8, 9], 1),  # to the letter
    ],
)
def test_of_several_the_one_that_comes_nearest(called: list[str], sizes: list[int], chosen: int) -> None:
    files = [
        file(f"/{number}/{name}.mkv", size, 5640.0)
        for number, (name, size) in enumerate(zip(called, sizes, strict=True))
    ]
    assert fit(best_candidate(wanted, files, SALT)) == (files[chosen].path, "length")


def test_of_several_names_the_one_of_the_size() -> None:
    files = [file("/a/Nosferatu.mkv", 8), file("/b/Nosferatu.mkv", 4_000_000)]
    assert fit(best_candidate(replace(wanted, duration=None), files, SALT)) == ("/b/Nosferatu.mkv", "name")


# -- what to look at ---------------------------------------------------------------------------------------------------


def near(title: str, size: int) -> tuple[int, int, int] | None:
    return closeness(wanted, film_name(wanted.title), film_name(title), size)


def test_only_files_of_the_size_or_with_a_similar_title_are_looked_into() -> None:
    assert near("Metropolis", 1) is None
    order = [near("anything", 4_000_000), near("Nosferatu", 1), near("Nosferatu Eine Symphonie", 1)]
    known = [each for each in order if each is not None]
    assert len(known) == 3
    assert known == sorted(known)
    assert closeness(Copy("Metropolis"), film_name("Metropolis"), film_name("Nosferatu"), 4_000_000) is None


def test_contents_of_the_size_are_asked_first_then_lengths() -> None:
    files = [file("/a/Nosferatu.mkv", 9), file("/b/x.mkv", 4_000_000)]
    asked: set[tuple[str, Fact]] = set()
    order = []
    while (missing := missing_fact(wanted, files, asked, SALT)) is not None:
        candidate, fact = missing
        order.append((candidate.path, fact))
        asked.add((candidate.path, fact))
    assert order == [("/b/x.mkv", "content"), ("/a/Nosferatu.mkv", "duration"), ("/b/x.mkv", "duration")]


def test_a_content_that_fits_ends_the_questions() -> None:
    files = [file("/a/Nosferatu.mkv", 9), file("/b/x.mkv", 4_000_000, content=CONTENT)]
    assert missing_fact(wanted, files, set(), SALT) is None


def test_without_a_size_every_content_may_be_it() -> None:
    files = [file("/a/Nosferatu.mkv", 9, 1.0)]
    assert missing_fact(replace(wanted, size=None), files, set(), SALT) == (files[0], "content")


def test_of_a_film_without_facts_nothing_is_asked() -> None:
    assert missing_fact(Copy("Nosferatu"), [file("/a/Nosferatu.mkv")], set(), SALT) is None


# -- how two copies differ ---------------------------------------------------------------------------------------------

theirs = Copy("Nosferatu", 4_000_000, 5640.0, "ab" * 16)


@pytest.mark.parametrize(
    ("mine", "kind", "said", "offset"),
    [
        (replace(theirs, title="x", size=None), "same", "The same film.", 0.0),
        (replace(theirs, fingerprint=""), "alike", "Probably the same film: the same size and length.", 0.0),
        (replace(theirs, fingerprint="cd" * 16, duration=None), "alike", "Probably the same film: the same size.", 0.0),
        (
            Copy("Nosferatu", 9, 5640.4),
            "encoding",
            "A different encoding of the same length.",
            0.0,
        ),
        (Copy("Nosferatu", 9, 5641.2), "encoding", "A different encoding, 1.2 s longer.", None),
        (Copy("Nosferatu", 9, 5632.8), "cut", "Yours is 7.2 s shorter: a different cut?", None),
        (Copy("Nosferatu", 9, 5682.0), "cut", "Yours is 42 s longer: a different cut?", None),
        (Copy("Nosferatu", 9, 5892.0), "cut", "Yours is 4:12 longer: a different cut?", None),
        (Copy("Nosferatu", 9, 5699.7), "cut", "Yours is 1:00 longer: a different cut?", None),
        (
            Copy("Nosferatu", 9, 5640.0 * 24 / 25),
            "cut",
            "Yours is 3:46 shorter: a different cut, or a copy that runs 4 % faster?",
            None,
        ),
        (
            Copy("Nosferatu", 9, 5640.0 * 25025 / 24000),
            "cut",
            "Yours is 4:01 longer: a different cut, or a copy that runs 4 % slower?",
            None,
        ),
        (
            Copy("Metropolis", 9, 1000.0),
            "film",
            "Yours, “Metropolis”, is 1:17:20 shorter than “Nosferatu”: another film?",
            None,
        ),
        (Copy("Nosferatu", 9, 1000.0), "cut", "Yours is 1:17:20 shorter: a different cut?", None),
        (Copy("Nosferatu", 9), "unknown", "How long yours is can't be told, so it may be another cut.", None),
        (Copy("Nosferatu 2", 9, 5640.0), "film", "Yours is “Nosferatu 2”, not “Nosferatu”: another part?", None),
    ],
)
def test_a_difference_is_explained(mine: Copy, kind: str, said: str, offset: float | None) -> None:
    found = difference(mine, theirs)
    assert (found.kind, found.words) == (kind, said)
    assert difference_words(mine, theirs) == said
    assert suggested_offset(mine, theirs) == offset


def test_theirs_may_have_no_length() -> None:
    found = difference(Copy("Nosferatu", 9, 5640.0), Copy("Nosferatu", 8))
    assert found.words == "How long theirs is can't be told, so it may be another cut."


def test_of_short_films_the_speed_says_nothing() -> None:
    assert difference_words(Copy("a", 1, 100.0), Copy("a", 2, 96.0)) == "Yours is 4 s longer: a different cut?"


copies = st.builds(
    Copy,
    st.sampled_from(["Nosferatu", "Nosferatu 2", "Metropolis", "Show S01E01", ""]),
    st.none() | st.integers(1, 5),
    st.none() | st.floats(0, 1e5),
    st.sampled_from(["", "ab" * 16]),
)


@given(copies, copies)
def test_both_sides_see_the_same_kind_of_difference(one: Copy, other: Copy) -> None:
    found = difference(one, other)
    assert found.kind == difference(other, one).kind
    assert found.words.endswith((".", "?"))
    assert (suggested_offset(one, other) is None) == (suggested_offset(other, one) is None)
