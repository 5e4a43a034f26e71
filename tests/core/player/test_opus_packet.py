"""What an Opus packet says of itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.opus_packet import carries_last, is_rest, samples_of


def toc(kind: int, code: int = 0, stereo: bool = False) -> int:
    return kind << 3 | stereo << 2 | code


@pytest.mark.parametrize(
    ("packet", "samples"),
    [
        (b"", 0),
        (bytes([toc(0)]), 480),  # speech, 10 ms
        (bytes([toc(1)]), 960),
        (bytes([toc(11)]), 2880),
        (bytes([toc(12)]), 480),  # both layers
        (bytes([toc(15)]), 960),
        (bytes([toc(16)]), 120),  # music, 2.5 ms
        (bytes([toc(31)]), 960),
        (bytes([toc(1, 1)]), 1920),  # two frames
        (bytes([toc(1, 2)]), 1920),
        (bytes([toc(1, 3), 6]), 5760),
        (bytes([toc(1, 3), 7]), 0),  # more than 120 ms
        (bytes([toc(1, 3)]), 0),
    ],
)
def test_how_long_a_packet_is(packet: bytes, samples: int) -> None:
    assert samples_of(packet) == samples


def test_a_sign_of_life_is_no_sound() -> None:
    assert is_rest(b"\x78")
    assert not is_rest(b"\x78ab")


@pytest.mark.parametrize(
    ("packet", "carries"),
    [
        (bytes([toc(1), 0x40]), True),
        (bytes([toc(15), 0xC0]), True),
        (bytes([toc(15), 0x80]), False),
        (bytes([toc(15)]), False),
        (bytes([toc(1, 1), 0x40]), False),
        (bytes([toc(1, 0, True), 0x40]), False),
        (bytes([toc(2), 0x40]), False),  # 40 ms: two frames of the speech layer
        (bytes([toc(16), 0x40]), False),
    ],
)
def test_whether_it_has_the_last_one_in_it(packet: bytes, carries: bool) -> None:
    assert carries_last(packet) is carries


@given(st.binary(max_size=40))
def test_no_bytes_raise(packet: bytes) -> None:
    assert 0 <= samples_of(packet) <= 5760
    assert carries_last(packet) in (True, False)
    assert is_rest(packet) in (True, False)
