"""What goes over the pipe between the app and the call's process."""

from __future__ import annotations

import pytest

from player.core.call_pipe import (
    CallSaid,
    CallTold,
    Company,
    Member,
    Own,
    PeerFigures,
    PipeError,
    line_of,
    read_from_call,
    read_to_call,
)


def test_a_piece_arrives_as_it_was_sent() -> None:
    company = Company(joined=True, me="a", members=(Member("b", "Ben", 1, True, False),))
    for piece in (Own(name="Ana", camera_on=True), company):
        assert read_to_call(line_of(piece)) == piece
    for told in (CallTold(peers=(PeerFigures("b", "connected", age=0.3),)), CallSaid(kind="error", words="No.")):
        assert read_from_call(line_of(told)) == told


@pytest.mark.parametrize("line", [b"", b"{}\n", b"\xff\n", b'{"is":"own","camera":1}\n', b'{"is":"told","x":1}\n'])
def test_what_is_no_piece_is_refused(line: bytes) -> None:
    with pytest.raises(PipeError):
        read_to_call(line)
    with pytest.raises(PipeError):
        read_from_call(line)


def test_the_two_directions_are_kept_apart() -> None:
    with pytest.raises(PipeError):
        read_from_call(line_of(Own()))
