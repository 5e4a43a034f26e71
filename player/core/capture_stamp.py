"""When something was captured, written behind it: how room time gets over an SFU.

Janus counts a stream's RTP time anew for each subscriber and writes sender reports by its own wall clock, so neither
says when a picture was taken. It hands on payloads as they are. So each picture and each piece of voice has eight bytes
behind it: a mark, and the instant of its capture in room time, whole microseconds. They are taken off again before
anything is decoded. That costs 4 kbit/s of voice and camera together, and is exact for each frame.
"""

from __future__ import annotations

from server.core.timeline import RoomTime

SIZE = 8
_MARK = 0xA7
_MOST = 1 << 55  # microseconds: a thousand years either way


def stamped(data: bytes, captured: RoomTime) -> bytes:
    """The data with its instant behind it."""
    micros = min(max(round(captured * 1e6), -_MOST), _MOST - 1)
    return data + bytes((_MARK,)) + (micros + _MOST).to_bytes(SIZE - 1, "big")


def unstamped(data: bytes) -> tuple[bytes, RoomTime | None]:
    """What was stamped, and when it was captured; None: it has no stamp."""
    if len(data) < SIZE or data[-SIZE] != _MARK:
        return data, None
    return data[:-SIZE], RoomTime((int.from_bytes(data[1 - SIZE :], "big") - _MOST) / 1e6)
