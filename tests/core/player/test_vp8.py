"""Pictures in packets, and what of them is read without decoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.vp8 import PAYLOAD_MOST, Piece, is_key, key_size, payloads, read_payload


@given(st.integers(1, 10_000))
def test_a_picture_is_cut_into_even_packets_and_whole_again(size: int) -> None:
    picture = bytes(each % 251 for each in range(size))
    cut = payloads(picture)
    pieces = [read_payload(each) for each in cut]
    assert b"".join(piece.body for piece in pieces if piece) == picture
    assert [piece.begins for piece in pieces if piece] == [True] + [False] * (len(cut) - 1)
    assert all(len(each) <= PAYLOAD_MOST + 1 for each in cut)
    assert len(cut) == -(-size // PAYLOAD_MOST)


@pytest.mark.parametrize(
    ("payload", "piece"),
    [
        (b"\x90\x80\x05body", Piece(True, b"body")),  # a picture id of 7 bits
        (b"\x90\x80\x85\x01body", Piece(True, b"body")),  # of 15 bits
        (b"\x90\xf0\x85\x01\x02\x03body", Piece(True, b"body")),  # and layers
        (b"\x90\x40\x01body", Piece(True, b"body")),
        (b"\x80\x10\x01body", Piece(False, b"body")),
        (b"\x80\x00body", Piece(False, b"body")),
        (b"\x11body", Piece(False, b"body")),  # another partition begins, not the picture
    ],
)
def test_descriptors_of_other_senders_are_understood(payload: bytes, piece: Piece) -> None:
    assert read_payload(payload) == piece


@pytest.mark.parametrize("payload", [b"", b"\x10", b"\x90", b"\x90\x80", b"\x90\x80\x85", b"\x90\xf0\x85\x01\x02\x03"])
def test_what_holds_nothing_reads_as_nothing(payload: bytes) -> None:
    assert read_payload(payload) is None


def test_key_frames_and_their_size_are_seen() -> None:
    key = b"\x10\0\0\x9d\x01\x2a" + (640 | 1 << 14).to_bytes(2, "little") + (480).to_bytes(2, "little") + b"..."
    assert is_key(key)
    assert key_size(key) == (640, 480)
    assert not is_key(b"\x11")
    assert not is_key(b"")
    assert key_size(key[:9]) is None
    assert key_size(b"\x10\0\0\0\0\0" + key[6:]) is None
