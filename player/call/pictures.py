"""Pictures of the others: VP8 is decoded on a thread of its own, waits for its voice, and goes where the window looks.

Only what is on the screen is decoded; only what is shown is scaled and converted. What is decided about a stream is
decided in `player.core.picture_stream`, when a picture is shown in `player.core.lip_sync`.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from player.call.memory import Pixels
from player.call.parts import RoomClock
from player.core.call_media import PICTURE_RATE, ArrivedPicture, MediaClock
from player.core.capture_time import CaptureTime, CaptureTimePolicy, captured_at, receive_report
from player.core.lip_sync import HeldPicture, LipSync, LipSyncPolicy, VoicePlace, hold, next_due, show_due
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

log = logging.getLogger(__name__)

STREAM, LIPS, CAPTURE = PictureStreamPolicy(), LipSyncPolicy(), CaptureTimePolicy()
MOST_WAITING = 64  # pictures and reports of one member that the thread has not seen yet: 2 s
SHOW = 0x10  # of the first byte of a VP8 frame (RFC 6386, 9.1)

Shown = Mapping[str, int]
"""Whose pictures are on the screen, and how high in px."""


class TileOut(Protocol):
    """Where pictures go: `player.call.shared_tiles.SharedTiles`."""

    def show(self, peer: str, picture: Pixels, captured: float | None) -> bool:
        """The newest picture of a member; `captured` in room time."""

    def clear(self, peer: str) -> None:
        """There is none for now."""


@dataclass(frozen=True, slots=True)
class PictureFigures:
    """How a member is seen. The size is the one that was sent; `age` s of room time, of what is shown now."""

    fps: float = 0.0
    width: int = 0
    height: int = 0
    age: float | None = None


class PictureTrack:
    """One member's pictures. Of one thread. `show` gets what is to be shown, `ask` is called for a key frame."""

    def __init__(self, clock: RoomClock, show: Callable[[Pixels, float | None], bool], ask: Callable[[], None]) -> None:
        self._clock = clock
        self._show = show
        self._ask = ask
        self._stream = PictureStream()
        self._capture = CaptureTime(PICTURE_RATE)
        self._lips = LipSync()
        self._frames: dict[int, av.VideoFrame] = {}  # that are held, by number
        self._number = 0
        self._decoder: VideoCodecContext | None = None
        self._scaler = VideoReformatter()
        self.seen = Seen()

    def receive_clock(self, report: MediaClock) -> None:
        self._capture = receive_report(CAPTURE, self._capture, report, self._clock.room(self._clock.now()))

    def receive(self, pictures: tuple[ArrivedPicture, ...], is_shown: bool) -> None:
        """All that came since the last time, in the order of sending."""
        worth = worth_decoding(STREAM, pictures)
        if pictures and not worth:
            self._break_off(is_shown)
        for picture in worth:
            self._stream, decision = receive_picture(STREAM, self._stream, picture, is_shown, self._clock.now())
            self._obey(decision)
            if decision.decodes and not self._decode(picture):
                self._break_off(is_shown)

    def _break_off(self, is_shown: bool) -> None:
        self._stream, decision = break_off(STREAM, self._stream, is_shown, self._clock.now())
        self._obey(decision)

    def _obey(self, decision: Decision) -> None:
        if decision.asks:
            self._ask()

    def _decode(self, picture: ArrivedPicture) -> bool:
        """Whether that went well."""
        if self._decoder is None:
            self._decoder = _open_vp8()
        try:
            frames = self._decoder.decode(av.Packet(picture.data))
        except av.error.FFmpegError:
            self._decoder = None  # a fresh one has nothing left of the broken stream
            return False
        if not frames:
            return not picture.data[0] & SHOW  # one that is only there for others to refer to
        now = self._clock.now()
        captured = captured_at(CAPTURE, self._capture, picture.timestamp, self._clock.room(now))
        self._number += 1
        self._frames[self._number] = frames[-1]
        self._lips = hold(LIPS, self._lips, HeldPicture(self._number, captured, picture.arrived))
        return True

    def show_due(self, voice: VoicePlace | None, most_height: int | None) -> LocalTime | None:
        """Show what is due; returns when the next one is."""
        now = self._clock.now()
        self._lips, due = show_due(LIPS, self._lips, voice, now)
        frame = None if due is None else self._frames.get(due.number)
        held = {each.number for each in self._lips.held}
        self._frames = {number: each for number, each in self._frames.items() if number in held}
        if due is not None and frame is not None:
            self._present(frame, due.captured, most_height)
        return next_due(LIPS, self._lips, voice, now)

    def _present(self, frame: av.VideoFrame, captured: RoomTime | None, most_height: int | None) -> None:
        width, height = fitted(frame.width, frame.height, most_height)
        if not self._show(_pixels(self._scaler, frame, width, height), captured):
            return
        now = self._clock.now()
        size = frame.width, frame.height
        self.seen = saw(STREAM, self.seen, size, captured, now, self._clock.room(now))

    def hide(self) -> None:
        """It is not on the screen any more."""
        self._lips, self._frames = LipSync(), {}


def _open_vp8() -> VideoCodecContext:
    decoder = av.CodecContext.create("vp8", "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_type = "NONE"  # threads would give a picture out when the next ones have come
    decoder.thread_count = 1
    return decoder


def _pixels(scaler: VideoReformatter, frame: av.VideoFrame, width: int, height: int) -> Pixels:
    picture = scaler.reformat(
        frame, width, height, "bgra", dst_color_range=ColorRange.JPEG, interpolation=Interpolation.BILINEAR, threads=1
    )
    plane = picture.planes[0]
    pixels: Pixels = np.frombuffer(memoryview(plane), np.uint8).reshape(height, plane.line_size // 4, 4)[:, :width]
    return pixels


class Pictures:
    """`_waiting` and `_gone` are guarded by `_news`'s lock; `_shown` and `_seen` are replaced whole; the tracks belong
    to the thread."""

    def __init__(
        self,
        clock: RoomClock,
        out: TileOut,
        ask: Callable[[str], None],
        places: Callable[[], Mapping[str, VoicePlace]],
    ) -> None:
        """`ask` is called on the thread; `places` says where voices are, cheaply."""
        self._clock = clock
        self._out = out
        self._ask = ask
        self._places = places
        self._news = threading.Condition()
        self._waiting: dict[str, deque[ArrivedPicture | MediaClock]] = {}
        self._gone: dict[str, bool] = {}  # whose stream has ended, and whether their picture has, too
        self._is_closing = False
        self._shown: Shown | None = None
        self._tracks: dict[str, PictureTrack] = {}
        self._thread: threading.Thread | None = None
        self._seen: Mapping[str, Seen] = {}

    # -- from anywhere -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="call-pictures", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Returns when the thread has ended."""
        with self._news:
            self._is_closing = True
            self._news.notify()
        if self._thread is not None:
            self._thread.join(timeout=2.0)

    def take(self, peer: str, what: ArrivedPicture | MediaClock) -> None:
        """A member's picture, or what its times mean."""
        with self._news:
            waiting = self._waiting.setdefault(peer, deque())
            if len(waiting) >= MOST_WAITING:  # the thread hangs: what comes now does not follow what it saw
                if isinstance(what, MediaClock):
                    return
                waiting.clear()
                what = replace(what, follows=False)
            waiting.append(what)
            self._news.notify()

    def forget(self, peer: str, clears: bool = False) -> None:
        """What comes from now on is another stream. The picture that is shown stays, or is cleared."""
        with self._news:
            self._waiting.pop(peer, None)
            self._gone[peer] = clears or self._gone.get(peer, False)
            self._news.notify()

    def show(self, shown: Shown | None) -> None:
        """What is on the screen; None: all, at any size. Absolute."""
        self._shown = shown

    def figures(self) -> dict[str, PictureFigures]:
        """Of everybody whose pictures have come."""
        now = self._clock.now()
        room = self._clock.room(now)
        return {
            peer: PictureFigures(fps_of(STREAM, seen, now), seen.width, seen.height, age_of(STREAM, seen, now, room))
            for peer, seen in self._seen.items()
        }

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        due: LocalTime | None = None
        while True:
            with self._news:
                if not self._waiting and not self._gone and not self._is_closing:
                    self._news.wait(None if due is None else max(0.0, due - self._clock.now()))
                if self._is_closing:
                    return
            try:
                due = self.turn()
            except Exception:
                log.exception("Pictures of the call could not be shown; the next ones are tried.")
                due = None

    def turn(self) -> LocalTime | None:
        """Decode what came, show what is due; returns when something is due again."""
        with self._news:
            waiting, self._waiting = self._waiting, {}
            gone, self._gone = self._gone, {}
        for peer, clears in gone.items():
            self._tracks.pop(peer, None)
            if clears:
                self._out.clear(peer)
        shown, places = self._shown, self._places()
        for peer, came in waiting.items():
            track = self._tracks.get(peer)
            if track is None:
                track = self._tracks[peer] = self._new_track(peer)
            for what in came:
                if isinstance(what, MediaClock):
                    track.receive_clock(what)
            pictures = tuple(what for what in came if isinstance(what, ArrivedPicture))
            track.receive(pictures, shown is None or peer in shown)
        dues = []
        for peer, track in self._tracks.items():
            if shown is None or peer in shown:
                dues.append(track.show_due(places.get(peer), None if shown is None else shown[peer]))
            else:
                track.hide()
        self._seen = {peer: track.seen for peer, track in self._tracks.items()}
        return min((due for due in dues if due is not None), default=None)

    def _new_track(self, peer: str) -> PictureTrack:
        return PictureTrack(
            self._clock, lambda pixels, captured: self._out.show(peer, pixels, captured), lambda: self._ask(peer)
        )
