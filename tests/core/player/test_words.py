"""Times and differences as people read them."""

from __future__ import annotations

import pytest

from player.core.words import (
    asynchrony_text,
    clock_text,
    count_text,
    delay_text,
    figure_text,
    file_text,
    list_text,
    offset_text,
    place_text,
    rate_text,
    refusal_text,
    span_text,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0:00"),
        (7.99, "0:07"),
        (187.0, "3:07"),
        (3599.999, "59:59"),
        (3729.0, "1:02:09"),
        (-3.0, "0:00"),
        (3725.0, "1:02:05"),
    ],
)
def test_a_media_time_is_cut_to_whole_seconds(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/films/a b.mkv", "a b.mkv"),
        ("C:\\films\\what?.mkv", "what?.mkv"),
        ("https://example.org/films/a.mp4?key=1", "a.mp4"),
        ("https://example.org/", "example.org"),
        ("", ""),
    ],
)
def test_a_film_is_called_by_the_end_of_its_path(path: str, name: str) -> None:
    assert file_text(path) == name


def test_a_place_is_told_with_the_length_if_there_is_one() -> None:
    assert place_text(187.0, 3729.0) == "3:07 of 1:02:09"
    assert place_text(187.0, None) == "3:07"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 ms"),
        (-0.0004, "0 ms"),
        (0.0006, "+1 ms"),
        (-0.0099, "−10 ms"),
        (-0.12, "−120 ms"),
        (0.9996, "+1.0 s"),
        (-1.34, "−1.3 s"),
    ],
)
def test_an_asynchrony_has_a_sign_and_the_digits_that_matter(seconds: float, text: str) -> None:
    assert asynchrony_text(seconds) == text


@pytest.mark.parametrize(
    ("asynchrony", "level", "text"),
    [
        (-0.12, "near", "−120 ms"),
        (None, "good", "ready"),
        (None, "near", "getting ready"),
        (None, "unknown", "–"),
    ],
)
def test_a_member_has_a_figure_or_is_ready_or_not(asynchrony: float | None, level: str, text: str) -> None:
    assert figure_text(asynchrony, level) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "none"), (0.0001, "none"), (0.3, "+0.3 s (later)"), (-0.1, "−0.1 s (earlier)")]
)
def test_a_delay_says_which_way(seconds: float, text: str) -> None:
    assert delay_text(seconds) == text


@pytest.mark.parametrize(("rate", "text"), [(1.0, "1×"), (1.25, "1.25×"), (0.5, "0.5×"), (4.0, "4×")])
def test_a_rate_has_no_needless_noughts(rate: float, text: str) -> None:
    assert rate_text(rate) == text


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["Ana"], "Ana"),
        (["Ana", "Ben"], "Ana and Ben"),
        (["Ana", "Ben", "Cem"], "Ana, Ben and Cem"),
        (["Ana", "Ben", "Cem", "Dua"], "Ana, Ben and 2 more"),
    ],
)
def test_a_list_names_three_at_most(names: list[str], text: str) -> None:
    assert list_text(names) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1.0, "0 s"),
        (40.2, "40 s"),
        (300.0, "5 min"),
        (23 * 3600.0, "23 h"),
        (3 * 86_400.0, "3 days"),
    ],
)
def test_how_long(seconds: float, text: str) -> None:
    assert span_text(seconds) == text


def test_how_many() -> None:
    assert (count_text(1, "film", "films"), count_text(1204, "film", "films")) == ("1 film", "1,204 films")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 ms"),
        (0.035, "+35 ms"),
        (-0.005, "−5 ms"),
        (1.0, "+1 s"),
        (-2.52, "−2.52 s"),
        (59.9996, "+1:00"),
        (252.0, "+4:12"),
        (-252.46, "−4:12.5"),
        (3600.0, "+1:00:00"),
    ],
)
def test_an_offset_has_its_decimals(seconds: float, text: str) -> None:
    assert offset_text(seconds) == text


def test_what_is_refused_is_one_sentence() -> None:
    assert refusal_text("Ana", "voice", "noise") == "Ana's microphone sends noise: it is not heard."
    assert refusal_text("Ana", "picture", "noise") == "Ana's camera sends noise: it is not shown."
