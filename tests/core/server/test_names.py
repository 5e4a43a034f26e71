import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.names import JOINERS, UNSEEN, clean_text, unique_name


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Ana", "Ana"),
        ("  Ana \t\n Maria ", "Ana Maria"),
        ("a\u202eevil\u202c", "aevil"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("bell\x07", "bell"),
        ("e\u200b\u0301", "é"),  # composed although something stood between
        ("👩\u200d👧", "👩\u200d👧"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u200d\u200c \u200d", ""),
        ("\u3164\u2800", ""),
        ("\ufe0f", ""),
        ("\U000e0100 \u180b", ""),
        ("A\u034fna\u17b4", "Ana"),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("", ""),
    ],
)
def test_only_what_can_be_seen_stays(text: str, clean: str) -> None:
    assert clean_text(text, 40) == clean


def test_a_long_text_is_cut_and_does_not_end_in_a_space() -> None:
    assert clean_text("abc def", 4) == "abc"


@given(st.text(), st.integers(1, 40))
def test_clean_text_is_clean(text: str, limit: int) -> None:
    clean = clean_text(text, limit)
    assert len(clean) <= limit
    assert clean_text(clean, limit) == clean
    assert all(sign in JOINERS or unicodedata.category(sign) not in UNSEEN for sign in clean)


def test_who_has_the_name_already_makes_the_next_a_number() -> None:
    assert unique_name("Ana", [], 32) == "Ana"
    assert unique_name("Ana", ["Ana"], 32) == "Ana 2"
    assert unique_name("Ana", ["Ana", "Ana 2"], 32) == "Ana 3"


def test_names_that_look_alike_are_the_same() -> None:
    assert unique_name("ANA", ["ana"], 32) == "ANA 2"
    assert unique_name("A\u200dna", ["Ana"], 32) == "A\u200dna 2"
    assert unique_name("Ａｎａ", ["Ana"], 32) == "Ａｎａ 2"
    assert unique_name("Ana\ufe0f", ["Ana"], 32) == "Ana\ufe0f 2"
    assert unique_name("Ana", ["A\U000e0101na"], 32) == "Ana 2"
    assert unique_name("Ana \u200d", ["Ana"], 32) == "Ana \u200d 2"


def test_without_a_name_one_is_a_guest() -> None:
    assert unique_name("\u200b", [], 32) == "Guest"
    assert unique_name("", ["Guest"], 32) == "Guest 2"


def test_the_number_has_room_in_a_long_name() -> None:
    assert unique_name("abcd efgh", ["abcd efgh"], 9) == "abcd ef 2"
    assert unique_name("abcd efgh", ["abcd efgh", "abcd ef 2"], 9) == "abcd ef 3"


@given(st.lists(st.text(alphabet="aA1 2\u200d", max_size=6), max_size=15))
def test_nobody_is_called_like_another(wishes: list[str]) -> None:
    names: list[str] = []
    for wish in wishes:
        names.append(unique_name(wish, names, 6))
    assert len({name.replace("\u200d", "").casefold() for name in names}) == len(names)
    assert all(0 < len(name) <= 6 for name in names)
