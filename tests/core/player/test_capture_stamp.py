"""Room time behind each piece of media."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.capture_stamp import SIZE, stamped, unstamped
from server.core.timeline import RoomTime


@given(st.binary(max_size=200), st.floats(-1e9, 1e9))
def test_what_is_stamped_comes_back_with_its_instant(data: bytes, captured: float) -> None:
    sent = stamped(data, RoomTime(captured))
    assert len(sent) == len(data) + SIZE
    came, when = unstamped(sent)
    assert came == data
    assert when == pytest.approx(captured, abs=1e-6)


def test_an_instant_beyond_all_bounds_is_still_a_stamp() -> None:
    for captured in (1e30, -1e30):
        assert unstamped(stamped(b"x", RoomTime(captured)))[0] == b"x"


@given(st.binary(max_size=7))
def test_what_is_too_short_has_no_stamp(data: bytes) -> None:
    assert unstamped(data) == (data, None)


def test_what_has_no_mark_has_no_stamp() -> None:
    assert unstamped(bytes(20)) == (bytes(20), None)
