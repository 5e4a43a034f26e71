"""Names of films as people and groups write them: which are the same, which may be, which are not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.titles import FilmName, film_name, is_other_part, is_same_name, is_similar_name


@pytest.mark.parametrize(
    ("title", "words", "numbers", "season", "edition"),
    [
        ("The.Matrix.1999.1080p.BluRay.x264-GRP", "matrix", {1999}, None, ""),
        ("Matrix, The (1999)", "matrix", {1999}, None, ""),
        ("Metropolis_(1927)_[Restored]_[BD-Rip]", "metropolis", {1927}, None, ""),
        ("2001 A Space Odyssey (1968)", "2001 space odyssey", {1968}, None, ""),
        ("1917 (2019)", "1917", {2019}, None, ""),
        ("007 - Goldfinger", "7 goldfinger", set(), None, ""),
        ("12.Angry.Men.1957.Remastered.2160p.UHD.HDR10.HEVC", "12 angry men", {1957}, None, "remastered"),
        ("Blade Runner (1982) {edition-Final Cut}", "blade runner", {1982}, None, "final"),
        ("Blade.Runner.1982.The.Final.Cut.1080p", "blade runner", {1982}, None, "final"),
        ("Das.Boot.1981.1080p.Directors.Cut.BluRay", "das boot", {1981}, None, "directors"),
        ("The Lord of the Rings (2001) [Extended]", "lord of rings", {2001}, None, "extended"),
        ("Uncut Gems", "uncut gems", set(), None, ""),
        ("[Group] Some Show - 01 [1080p][ABCD1234]", "some show", {1}, None, ""),
        ("Show.S01E02.The.Title.720p.WEB-DL.DD5.1.H.264-GRP", "show title", {2}, 1, ""),
        ("Show.2010.S03E01E02.PROPER.HDTV.x264", "show", {2010, 1, 2}, 3, ""),
        ("Show 1x02", "show", {2}, 1, ""),
        ("Show season 1 episode 2", "show", {2}, 1, ""),
        ("Show.S01.E03.720p", "show", {3}, 1, ""),
        ("Staffel 2 der Serie", "s2 der serie", set(), None, ""),
        ("Film.1999.Staffel.2.Folge", "film folge", {1999}, 2, ""),
        ("The Godfather Part II", "godfather", {2}, None, ""),
        ("John Wick: Chapter 4 (2023)", "john wick", {4, 2023}, None, ""),
        ("X", "x", set(), None, ""),
        ("V for Vendetta", "v for vendetta", set(), None, ""),
        ("II", "ii", set(), None, ""),
        ("Part 1", "part", {1}, None, ""),
        ("Se7en", "se7en", set(), None, ""),
        ("Wonder Woman 1984 (2020) {imdb-tt7126948}", "wonder woman", {1984, 2020}, None, ""),
        ("[2019] Parasite", "parasite", {2019}, None, ""),
        ("[S02E05] Show", "show", {5}, 2, ""),
        ("www.Some-Site.org - Der.König.2019.German.DL.1080p", "der konig", {2019}, None, ""),
        ("Le fabuleux destin d'Amélie Poulain", "le fabuleux destin d amelie poulain", set(), None, ""),
        ("Ocean's Eleven", "oceans eleven", set(), None, ""),
        ("S.H.I.E.L.D.", "shield", set(), None, ""),
        ("Mr. & Mrs. Smith", "mr mrs smith", set(), None, ""),
        ("卧虎藏龙.2000.BluRay", "卧虎藏龙", {2000}, None, ""),
        ("Сталкер (1979)", "сталкер", {1979}, None, ""),
        ("कल हो ना हो", "कल हो ना हो", set(), None, ""),
        ("Movie.2010.H.264", "movie", {2010}, None, ""),
        ("123456789", "123456789", set(), None, ""),
        ("1080p", "1080p", set(), None, ""),
        ("S01E01", "s01e01", {1}, 1, ""),
        ("The", "the", set(), None, ""),
        ("[only a tag]", "only tag", set(), None, ""),
        ("!!!", "!!!", set(), None, ""),
        ("I ♥ Huckabees", "i huckabees", set(), None, ""),
        ("a.1080p.BluRay", "a", set(), None, ""),
        ("", "", set(), None, ""),
    ],
)
def test_a_name_is_taken_apart(title: str, words: str, numbers: set[int], season: int | None, edition: str) -> None:
    name = film_name(title)
    assert name.key == words
    assert (name.numbers, name.season, name.edition) == (numbers, season, frozenset(edition.split()))


SAME = [
    ("The.Matrix.1999.1080p.BluRay.x264-GRP", "Matrix, The (1999)"),
    ("The Matrix", "the.matrix.1999.2160p.UHD.BluRay.REMUX.HDR.HEVC.TrueHD.Atmos-GRP"),
    ("Amélie", unicodedata.normalize("NFD", "AMÉLIE")),
    ("Der König", "Der.Koenig.2019.German.1080p"),
    ("Der König", "Der Konig"),
    ("Spider-Man", "Spiderman (2002)"),
    ("Show S01E02", "show.1x02.720p.HDTV"),
    ("The Godfather Part II", "Godfather 2 (1974)"),
    ("Wonder Woman 1984", "Wonder.Woman.1984.2020.1080p.WEB-DL"),
    ("２００１　Ａ　Space　Odyssey", "2001.A.Space.Odyssey.1968"),
    ("Mr. & Mrs. Smith", "Mr and Mrs Smith"),
    ("S.H.I.E.L.D. S01E01", "SHIELD.S01E01.1080p.WEB.h264"),
    ("Blade Runner 1982 (Final Cut)", "Blade Runner 1982"),
]
SIMILAR = [
    ("Amélie", "Le Fabuleux Destin d'Amélie Poulain (2001)"),
    ("Nosferatu", "nosferatu_eine_symphonie_des_grauens_1922"),
    ("Show S01E02", "Show.S01E02.The.One.With.A.Title.1080p"),
    ("Show - 02", "Show.S01E02.720p"),
    ("Oldboy (2003)", "Oldboy.2004.1080p"),
]
OTHERS = [
    ("Alien", "Aliens"),
    ("Alien", "Alien 3"),
    ("Rocky", "Rocky II"),
    ("Rocky II", "Rocky III"),
    ("Show S01E02", "Show S01E03"),
    ("Show S01E02", "Show S02E02"),
    ("Show - 02", "Show - 03"),
    ("Dune (1984)", "Dune (2021)"),
    ("Star Wars A New Hope", "Star Wars The Empire Strikes Back"),
    ("कल", "कुल"),  # vowel signs are no accents
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_title(one: str, other: str) -> None:
    a, b = film_name(one), film_name(other)
    assert is_same_name(a, b)
    assert is_same_name(b, a)
    assert is_similar_name(a, b)
    assert not is_other_part(a, b)


@pytest.mark.parametrize(("one", "other"), SIMILAR)
def test_a_similar_title(one: str, other: str) -> None:
    a, b = film_name(one), film_name(other)
    assert is_similar_name(a, b)
    assert is_similar_name(b, a)
    assert not is_same_name(a, b)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_another_title(one: str, other: str) -> None:
    a, b = film_name(one), film_name(other)
    assert not is_similar_name(a, b)
    assert not is_similar_name(b, a)
    assert not is_same_name(a, b)


@pytest.mark.parametrize(
    ("one", "other", "are_parts"),
    [
        ("Show S01E02", "Show S01E03", True),
        ("Show S01E02", "Show S02E02", True),
        ("Alien", "Alien 3", True),
        ("Alien", "Nosferatu", False),
        ("Alien", "Alien (1979)", False),
    ],
)
def test_two_parts_of_one_work(one: str, other: str, are_parts: bool) -> None:
    assert is_other_part(film_name(one), film_name(other)) is are_parts


def test_a_season_alone_is_no_other_season() -> None:
    assert is_similar_name(film_name("Show 2x05"), film_name("Show - 05"))
    assert not is_same_name(film_name("Show 2x05"), film_name("Show - 05"))


@given(st.text(max_size=60))
def test_any_text_is_a_name_that_is_its_own(title: str) -> None:
    name = film_name(title)
    assert name == film_name(title)
    assert name.words
    assert is_same_name(name, name)
    assert is_similar_name(name, name)


@given(
    st.text(alphabet="abcdeéö ", min_size=1, max_size=30), st.sampled_from([".1080p.BluRay.x264-GRP", " [720p]", ""])
)
def test_what_follows_the_title_does_not_count(title: str, junk: str) -> None:
    if title.strip():
        assert film_name(title + junk).key == film_name(title).key


def test_a_name_can_be_searched() -> None:
    name = FilmName(("spider", "man"))
    assert (name.key, name.squeezed) == ("spider man", "spiderman")
