"""Which caption is shown when, and what is left of a line of ASS."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.subtitles import Captions, Cue, captions_of, decoded_text, plain_text


def test_caption_lasts_from_its_start_to_its_end() -> None:
    captions = captions_of([Cue(1.0, 2.0, "one"), Cue(3.0, 4.0, "two")])
    assert captions.at(0.0) == ("", 1.0)
    assert captions.at(1.0) == ("one", 2.0)
    assert captions.at(1.999) == ("one", 2.0)
    assert captions.at(2.0) == ("", 3.0)
    assert captions.at(3.5) == ("two", 4.0)
    assert captions.at(9.0) == ("", None)


def test_no_cues_no_caption() -> None:
    assert Captions().at(5.0) == ("", None)


def test_overlapping_cues_stand_in_order_of_their_starts() -> None:
    captions = captions_of([Cue(2.0, 3.0, "later"), Cue(1.0, 4.0, "long")])
    assert captions.at(2.5) == ("long\nlater", 3.0)
    assert captions.at(3.5) == ("long", 4.0)


def test_cues_that_follow_at_once_change_once() -> None:
    captions = captions_of([Cue(1.0, 2.0, "a"), Cue(2.0, 3.0, "a"), Cue(3.0, 4.0, "b")])
    assert captions.instants == (1.0, 3.0, 4.0)


def test_doubled_empty_and_backward_cues_are_left_out() -> None:
    captions = captions_of([Cue(1.0, 2.0, "a"), Cue(1.0, 2.0, "a"), Cue(1.0, 3.0, ""), Cue(2.0, 1.0, "b")])
    assert captions == Captions((1.0, 2.0), ("a", ""))


def test_the_same_words_shown_twice_are_shown_once() -> None:
    assert captions_of([Cue(1.0, 3.0, "a"), Cue(1.5, 2.0, "a")]).texts == ("a", "")


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9), st.sampled_from("abc")), max_size=12))
def test_flattened_cues_say_what_the_cues_say(rows: list[tuple[int, int, str]]) -> None:
    cues = [Cue(float(start), float(start + length), text) for start, length, text in rows]
    captions = captions_of(cues)
    for instant in range(52):
        shown = [cue.text for cue in sorted(set(cues)) if cue.start <= instant < cue.end]
        text, following = captions.at(float(instant))
        assert text == "\n".join(dict.fromkeys(shown))
        assert following is None or following > instant


@pytest.mark.parametrize(
    ("dialogue", "text"),
    [
        ("Hello", "Hello"),
        (r"{\i1}Hello{\i0}, you", "Hello, you"),
        (r"one\Ntwo\nthree\hfour", "one\ntwo\nthree four"),
        (r"{\p1}m 0 0 l 10 0 10 10{\p0}seen", "seen"),
        (r"before{\an8\p4}m 0 0 l 1 1", "before"),
        ("<i>slanted</i> <font color=red>red</font> <c.yellow>c</c>", "slanted red c"),
        ("a < b and c > d", "a < b and c > d"),
        (r"  \N  spaced   out \N\N", "spaced out"),
        ("", ""),
    ],
)
def test_ass_becomes_plain(dialogue: str, text: str) -> None:
    assert plain_text(dialogue) == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_of_files(encoding: str) -> None:
    assert decoded_text("Grüße – “já”".encode(encoding)) == "Grüße – “já”"


def test_bytes_of_no_encoding_are_replaced() -> None:
    assert decoded_text(b"\x81\xff") == "\ufffdÿ"
