"""Which pictures are decoded."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.call_media import ArrivedPicture
from player.core.picture_stream import (
    Decision,
    PictureStream,
    PictureStreamPolicy,
    Seen,
    age_of,
    break_off,
    fitted,
    fps_of,
    receive_picture,
    saw,
    worth_decoding,
)
from server.core.timeline import LocalTime, RoomTime

POLICY = PictureStreamPolicy()
DECODE, ASK, NOTHING = Decision(decodes=True), Decision(asks=True), Decision()


def key(width: int = 320, height: int = 240) -> ArrivedPicture:
    data = b"\x10\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width, height) + b"rest"
    return ArrivedPicture(data, 0, is_key=True, follows=False, arrived=LocalTime(0.0))


def delta(follows: bool = True) -> ArrivedPicture:
    return ArrivedPicture(b"\x11\x00\x00rest", 0, is_key=False, follows=follows, arrived=LocalTime(0.0))


def decided(
    pictures: list[ArrivedPicture], state: PictureStream | None = None, is_shown: bool = True, since: float = 5.0
) -> tuple[PictureStream, list[Decision]]:
    """With a picture each 0.1 s."""
    state, decisions = state or PictureStream(), []
    for place, picture in enumerate(pictures):
        state, decision = receive_picture(POLICY, state, picture, is_shown, LocalTime(since + place * 0.1))
        decisions.append(decision)
    return state, decisions


def test_a_whole_stream_is_decoded() -> None:
    assert decided([key(), delta(), delta(), key(), delta()])[1] == [DECODE] * 5


def test_without_a_key_frame_one_is_asked_for_twice_a_second() -> None:
    assert decided([delta()] * 11)[1] == [ASK, *[NOTHING] * 4, ASK, *[NOTHING] * 4, ASK]


def test_a_gap_breaks_the_stream_until_the_next_key_frame() -> None:
    pictures = [key(), delta(), delta(follows=False), delta(), key(), delta(), delta(follows=False)]
    assert decided(pictures)[1] == [DECODE, DECODE, ASK, NOTHING, DECODE, DECODE, ASK]


def test_what_could_not_be_decoded_breaks_it_too() -> None:
    state, _ = decided([key(), delta()])
    state, decision = break_off(POLICY, state, True, LocalTime(5.2))
    assert decision == ASK
    assert decided([delta(), key()], state, since=5.3)[1] == [NOTHING, DECODE]


def test_what_nobody_sees_is_not_decoded_nor_asked_for() -> None:
    state, decisions = decided([key(), delta(), delta(follows=False)], is_shown=False)
    assert decisions == [NOTHING] * 3
    assert decided([delta(), key()], state)[1] == [ASK, DECODE]


@pytest.mark.parametrize(
    "picture",
    [
        key(16383, 16383),
        key(0, 240),
        key(1282, 720),
        ArrivedPicture(b"", 0, True, True, LocalTime(0.0)),
        ArrivedPicture(b"\x10", 0, True, True, LocalTime(0.0)),
        ArrivedPicture(b"\x11" + bytes(600_000), 0, False, True, LocalTime(0.0)),
    ],
)
def test_what_no_tile_can_be_is_refused(picture: ArrivedPicture) -> None:
    state, decisions = decided([key(), picture, delta()])
    assert decisions == [DECODE, ASK, NOTHING]
    assert state.refused == 1


def test_a_size_may_change() -> None:
    assert decided([key(640, 480), delta(), key(320, 240), delta(), key(1280, 720)])[1] == [DECODE] * 5


def test_a_backlog_begins_at_its_last_key_frame() -> None:
    short = (key(), *[delta()] * 11)
    assert worth_decoding(POLICY, short) == short
    last = key(640, 480)
    assert worth_decoding(POLICY, (key(), *[delta()] * 9, last, delta(), delta())) == (last, delta(), delta())
    assert worth_decoding(POLICY, (delta(),) * 13) == ()


@pytest.mark.parametrize(
    ("size", "most", "shown"),
    [
        ((640, 480), None, (640, 480)),
        ((640, 480), 480, (640, 480)),
        ((320, 240), 720, (320, 240)),
        ((640, 480), 120, (160, 120)),
        ((640, 480), 121, (160, 120)),
        ((640, 360), 100, (178, 100)),
        ((640, 480), 0, (2, 2)),
        ((4, 1000), 100, (2, 100)),
    ],
)
def test_pictures_are_made_smaller_and_never_larger(
    size: tuple[int, int], most: int | None, shown: tuple[int, int]
) -> None:
    assert fitted(*size, most) == shown


def test_pictures_are_counted_over_a_second() -> None:
    seen = Seen()
    assert fps_of(POLICY, seen, LocalTime(5.0)) == 0.0
    for number in range(72):
        seen = saw(POLICY, seen, (320, 240), None, LocalTime(5.0 + number / 24), RoomTime(0.0))
    assert fps_of(POLICY, seen, LocalTime(5.0 + 72 / 24)) == pytest.approx(24, abs=1)
    assert fps_of(POLICY, seen, LocalTime(9.1)) == 0.0
    assert len(seen.shown) <= 25
    assert (seen.width, seen.height) == (320, 240)


def test_an_age_is_that_of_the_showing_until_it_stands_still() -> None:
    seen = Seen()
    assert age_of(POLICY, seen, LocalTime(5.0), RoomTime(105.0)) is None
    seen = saw(POLICY, seen, (320, 240), RoomTime(104.9), LocalTime(5.0), RoomTime(105.0))
    assert age_of(POLICY, seen, LocalTime(5.2), RoomTime(105.2)) == pytest.approx(0.1)
    assert age_of(POLICY, seen, LocalTime(8.0), RoomTime(108.0)) == pytest.approx(3.1)
    seen = saw(POLICY, seen, (320, 240), None, LocalTime(8.0), RoomTime(108.0))
    assert age_of(POLICY, seen, LocalTime(8.0), RoomTime(108.0)) is None


@given(st.binary(max_size=30), st.booleans(), st.booleans())
def test_no_bytes_raise(data: bytes, follows: bool, is_shown: bool) -> None:
    decided([key(), ArrivedPicture(data, 0, False, follows, LocalTime(0.0))], is_shown=is_shown)
