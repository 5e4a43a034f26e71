"""Which of a member's pictures are decoded, and when a key frame is asked for.

Each picture is told from the one before it, so when one is missing or can't be decoded the next ones are nothing until
a key frame comes; asking for that costs the sender much and is done seldom. A stranger states the size in the key
frame's header: what is larger than a tile can be is refused there, before a decoder makes room for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from player.core import vp8
from player.core.call_media import ArrivedPicture
from server.core.timeline import LocalTime, RoomTime


@dataclass(frozen=True, slots=True)
class PictureStreamPolicy:
    most_pixels: int = 1280 * 720  # of a picture
    most_bytes: int = 512 * 1024
    most_waiting: int = 12  # pictures, half a second: then whoever decodes has no time for this
    ask_every: float = 0.5  # s between two requests for a key frame
    counted: float = 1.0  # s, over which pictures are counted
    current: float = 0.25  # s for which a picture's age is the one it was shown with: it is one of many; then it grows


@dataclass(frozen=True, slots=True)
class PictureStream:
    """A value; the functions return the next one."""

    is_broken: bool = True  # until the first key frame
    asked: LocalTime | None = None
    refused: int = 0  # pictures that are too large, or none


@dataclass(frozen=True, slots=True)
class Decision:
    decodes: bool = False
    asks: bool = False  # for a key frame


def receive_picture(
    policy: PictureStreamPolicy, state: PictureStream, picture: ArrivedPicture, is_shown: bool, now: LocalTime
) -> tuple[PictureStream, Decision]:
    """What to do with a picture, the next in the order of sending."""
    if not picture.data or len(picture.data) > policy.most_bytes:
        return break_off(policy, replace(state, refused=state.refused + 1), is_shown, now)
    if vp8.is_key(picture.data):
        width, height = vp8.key_size(picture.data) or (0, 0)
        if not 0 < width * height <= policy.most_pixels:
            return break_off(policy, replace(state, refused=state.refused + 1), is_shown, now)
        if is_shown:
            return replace(state, is_broken=False, asked=None), Decision(decodes=True)
        return replace(state, is_broken=True), Decision()
    if state.is_broken or not picture.follows or not is_shown:
        return break_off(policy, state, is_shown, now)
    return state, Decision(decodes=True)


def break_off(
    policy: PictureStreamPolicy, state: PictureStream, is_shown: bool, now: LocalTime
) -> tuple[PictureStream, Decision]:
    """A picture is not there, or was none: nothing is decoded until the next key frame."""
    state = replace(state, is_broken=True)
    if not is_shown or (state.asked is not None and now - state.asked < policy.ask_every):
        return state, Decision()
    return replace(state, asked=now), Decision(asks=True)


def worth_decoding(policy: PictureStreamPolicy, waiting: tuple[ArrivedPicture, ...]) -> tuple[ArrivedPicture, ...]:
    """Of the pictures that wait: all, or if they are too many, those from the last key frame on; none if there is none
    of these. What is left then does not follow what was decoded last."""
    if len(waiting) <= policy.most_waiting:
        return waiting
    for place in reversed(range(len(waiting))):
        if vp8.is_key(waiting[place].data):
            return waiting[place:]
    return ()


def fitted(width: int, height: int, most_height: int | None) -> tuple[int, int]:
    """The size in which a picture is shown, at most so high, never larger than it is; even, aspect kept."""
    if most_height is None or most_height >= height:
        return width, height
    high = max(2, most_height // 2 * 2)
    return max(2, round(width * high / height / 2) * 2), high


@dataclass(frozen=True, slots=True)
class Seen:
    """What was shown of a member. The size is the one that was sent, px; `shown` when pictures were shown, of about the
    last second, the newest last."""

    width: int = 0
    height: int = 0
    captured: RoomTime | None = None  # of the newest
    age: float | None = None  # s of room time, that it had when it was shown
    shown: tuple[LocalTime, ...] = ()


def saw(
    policy: PictureStreamPolicy,
    seen: Seen,
    size: tuple[int, int],
    captured: RoomTime | None,
    now: LocalTime,
    room: RoomTime,
) -> Seen:
    """With a picture that is shown now, at room time `room`."""
    shown = tuple(at for at in (*seen.shown, now) if now - at < policy.counted)
    return Seen(*size, captured, None if captured is None else room - captured, shown)


def fps_of(policy: PictureStreamPolicy, seen: Seen, now: LocalTime) -> float:
    """Pictures a second, now."""
    return sum(now - at < policy.counted for at in seen.shown) / policy.counted


def age_of(policy: PictureStreamPolicy, seen: Seen, now: LocalTime, room: RoomTime) -> float | None:
    """How old what is seen is, s; None: not known, or there is nothing."""
    if seen.captured is None or not seen.shown:
        return None
    return seen.age if now - seen.shown[-1] <= policy.current else room - seen.captured
