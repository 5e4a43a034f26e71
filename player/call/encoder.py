"""Our pictures become VP8, once for everybody, on a thread of their own; and what we see of ourselves.

libvpx by PyAV, set up for real time: no look-ahead, errors end with the next key frame, one thread. Its rate and size
can't be changed while it runs (tried: FFmpeg's wrapper ignores a new rate), so a change opens another encoder, which
costs 0.6 ms and a key frame; the steps of `call_quality` are made so that it is seldom. Only the newest picture
waits: where encoding takes too long pictures are left out, never queued.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from player.call.memory import Pixels
from player.core.call_media import EncodedPicture
from player.core.call_quality import Pacing, Quality, fitted
from server.core.timeline import LocalTime

log = logging.getLogger(__name__)

KEY_APART = 0.5  # s between two key frames on request: each costs as much as five pictures
SPEED = -8  # libvpx' cpu-used; 4 to 6 times as fast as its best, and no worse to look at in tiles
PREVIEW = Quality(640, 480, 15, 0, 0)  # what we see of ourselves
MICROSECONDS = Fraction(1, 1_000_000)

Out = Callable[[EncodedPicture], None]
Show = Callable[[Pixels, LocalTime], None]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Counters since the beginning; the size is of the last picture sent."""

    pictures: int = 0
    dropped: int = 0  # came while another one was still waiting
    seconds: float = 0.0  # of work
    width: int = 0
    height: int = 0


class Encoder:
    """`take` from the camera's thread, `out` and `show` are called on the encoder's own, the rest from anywhere. Fields
    after `_lock` are guarded by it."""

    def __init__(self, out: Out, show: Show) -> None:
        self._out = out
        self._show = show
        self._lock = threading.Lock()
        self._news = threading.Condition(self._lock)
        self._waiting: tuple[av.VideoFrame, LocalTime] | None = None
        self._quality: Quality | None = None
        self._is_shown = False
        self._is_key_wanted = False
        self._is_closing = False
        self._encoded = Encoded()
        self._vp8 = _Vp8()  # of the thread
        self._preview = VideoReformatter()  # of the thread
        self._thread = threading.Thread(target=self._run, name="matinee-encoder", daemon=True)
        self._thread.start()

    def take(self, frame: av.VideoFrame, captured: LocalTime) -> None:
        """A picture of the camera; one that waits still is forgotten."""
        with self._lock:
            if self._waiting is not None:
                self._encoded = replace(self._encoded, dropped=self._encoded.dropped + 1)
            self._waiting = frame, captured
            self._news.notify()

    def send(self, quality: Quality | None) -> None:
        """How pictures are sent from now on; None: not at all."""
        with self._lock:
            self._is_key_wanted |= self._quality is None  # whoever saw the camera go has forgotten what was before
            self._quality = quality

    def show(self, is_shown: bool) -> None:
        """Whether this person sees them."""
        with self._lock:
            self._is_shown = is_shown

    def want_key(self) -> None:
        """Somebody's picture is broken, or has not begun."""
        with self._lock:
            self._is_key_wanted = True

    @property
    def encoded(self) -> Encoded:
        with self._lock:
            return self._encoded

    def close(self) -> None:
        with self._lock:
            self._is_closing = True
            self._news.notify()
        self._thread.join(2.0)

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        sending, showing = Pacing(), Pacing()
        key_at = float("-inf")
        while True:
            with self._lock:
                while self._waiting is None and not self._is_closing:
                    self._news.wait()
                if self._is_closing:
                    return
                assert self._waiting is not None
                (frame, captured), self._waiting = self._waiting, None
                quality, is_shown = self._quality, self._is_shown
                is_key = self._is_key_wanted and captured - key_at >= KEY_APART
            began = time.thread_time()
            try:
                if quality is not None:
                    sending, is_due = sending.receive(captured, quality.fps)
                    if is_due:
                        size = fitted(frame.width, frame.height, quality)
                        data, was_key = self._vp8.encode(frame, captured, size, quality, is_key)
                        if was_key:
                            key_at = captured
                        self._count(size, was_key, time.thread_time() - began)
                        if data:
                            self._out(EncodedPicture(data, was_key, captured))
                if is_shown:
                    showing, is_due = showing.receive(captured, PREVIEW.fps)
                    if is_due:
                        self._show(self._shown(frame), captured)
            except Exception:  # a camera that changed into what can't be converted must not end the thread
                log.exception("a picture could not be encoded")
                self._vp8 = _Vp8()

    def _count(self, size: tuple[int, int], was_key: bool, seconds: float) -> None:
        with self._lock:
            before = self._encoded
            self._encoded = Encoded(before.pictures + 1, before.dropped, before.seconds + seconds, *size)
            if was_key:
                self._is_key_wanted = False

    def _shown(self, frame: av.VideoFrame) -> Pixels:
        width, height = fitted(frame.width, frame.height, PREVIEW)
        picture = self._preview.reformat(
            frame,
            width,
            height,
            "bgra",
            dst_color_range=ColorRange.JPEG,
            interpolation=Interpolation.BILINEAR,
            threads=1,
        )
        plane = picture.planes[0]
        pixels: Pixels = np.frombuffer(memoryview(plane), np.uint8).reshape(height, plane.line_size // 4, 4)[:, :width]
        return pixels


class _Vp8:
    """An encoder, and the next one when size or rate change. Of one thread."""

    def __init__(self) -> None:
        self._context: VideoCodecContext | None = None
        self._set_up: tuple[int, int, int] | None = None  # width, height, bit rate
        self._scaler = VideoReformatter()
        self._first: float | None = None  # instant of the first picture, s
        self._last = -1  # its pts, microseconds

    def encode(
        self, frame: av.VideoFrame, captured: float, size: tuple[int, int], quality: Quality, is_key: bool
    ) -> tuple[bytes, bool]:
        """The picture as VP8 (empty: libvpx left it out to keep to its rate), and whether it is a key frame."""
        width, height = size
        if self._set_up != (width, height, quality.bit_rate) or self._context is None:
            log.info("pictures are sent as %dx%d at %d bit/s", width, height, quality.bit_rate)
            self._context = _open_vp8(width, height, quality)
            self._set_up = width, height, quality.bit_rate
            self._first = None
        picture = self._scaler.reformat(
            frame, width, height, "yuv420p", interpolation=Interpolation.BILINEAR, threads=1
        )
        if self._first is None:
            self._first, self._last = captured, -1
        self._last = max(self._last + 1, round((captured - self._first) * 1e6))
        picture.pts, picture.time_base = self._last, MICROSECONDS
        picture.pict_type = PictureType.I if is_key else PictureType.NONE
        packets = self._context.encode(picture)
        return b"".join(bytes(packet) for packet in packets), any(packet.is_keyframe for packet in packets)


def _open_vp8(width: int, height: int, quality: Quality) -> VideoCodecContext:
    context = av.CodecContext.create("libvpx", "w")
    assert isinstance(context, VideoCodecContext)
    rate = str(quality.bit_rate)
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base = MICROSECONDS
    context.framerate = Fraction(quality.fps)
    context.bit_rate = quality.bit_rate
    context.gop_size = 3000  # key frames come on request
    context.qmin, context.qmax = 4, 56
    context.thread_count = 1
    context.options = {
        "deadline": "realtime",
        "cpu-used": str(SPEED),
        "lag-in-frames": "0",
        "error-resilient": "default",
        "minrate": rate,  # all three alike: a constant rate
        "maxrate": rate,
        "bufsize": str(quality.bit_rate // 2),
        "undershoot-pct": "100",
        "overshoot-pct": "15",
        "static-thresh": "1",
        "drop-threshold": "30",  # rather a picture less than one that comes late
    }
    context.open()
    return context
