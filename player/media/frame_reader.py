"""Frames of a film's picture in the order of media time, from any place on: exact seeks, and going on past damage.

An exact seek goes to the key frame before the place and decodes from there; frames that no other frame refers to are
left out until `CLEAN_BEFORE` before the place, which halves the time (facts about media, section 5).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import av.error
from av.codec.codec import Capabilities
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from player.media.source import Source

log = logging.getLogger(__name__)

CLEAN_BEFORE = 0.25  # s before a place from which every frame is decoded
STEPS_BACK = (
    0.0,
    1.0,
    5.0,
    20.0,
    60.0,
    float("inf"),
)  # s before the place to try where the container's index leads too far
MOST_FAILURES = 100  # in a row, after which the rest of the film counts as unreadable
SETTLED = 30  # frames after a seek from which on all that they refer to was decoded
ROUNDING = 1e-5  # s, media time: far below a frame, above what floats and microseconds lose


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded frame and its media time. `end` is the next one's, for durations are not to be trusted (MP4 tells
    those of the order of decoding); the last frame's is its own."""

    media_time: float
    end: float
    image: VideoFrame


class ReadError(Exception):
    """The container gives nothing more for now: a URL that stalls, a disk that went away."""


class FrameReader:
    """Of one thread. `is_over` says that nobody wants this place any more: reading ends early."""

    def __init__(self, source: Source, container: InputContainer | None) -> None:
        self._source = source
        self._container = container
        self._is_fresh = container is not None  # it stands at its beginning
        self._is_from_start = False  # and was read from there
        self._stream: VideoStream | None = None
        self._last: float | None = None
        self._is_hurried = False
        self._seen = 0  # frames since the last seek
        self.broken = 0  # packets and frames that could not be decoded, so far

    def close(self) -> None:
        if self._container is not None:
            self._container.close()
        self._container = self._stream = None

    def hurry(self, is_hurried: bool) -> None:
        """Leave out frames that no other refers to: decoding is behind."""
        if is_hurried != self._is_hurried and self._stream is not None:
            self._is_hurried = is_hurried
            self._stream.codec_context.skip_frame = "NONREF" if is_hurried else "DEFAULT"

    def frames_from(self, media_time: float, is_over: Callable[[], bool]) -> Iterator[Frame]:
        """The frame that is due at a media time and all after it, or the last one where the place is beyond the end.

        Raises ReadError, MediaError."""
        if self._source.is_still:
            yield from self._still(is_over)
            return
        for back in STEPS_BACK:
            if media_time <= back > 0.0:
                self.close()  # seeks don't lead to the beginning of every film
            found = self._attempt(media_time, back, is_over, is_skipping=back in {0.0, float("inf")})
            first = next(found, None)
            if is_over():
                return
            if (first is None or first.media_time > media_time + ROUNDING) and not self._is_from_start:
                continue  # the index led to behind the place, or there is no key frame from there on
            if first is not None:
                yield first
                yield from found
            return

    def _still(self, is_over: Callable[[], bool]) -> Iterator[Frame]:
        """A cover lasts as long as the film. Containers give it once, at their beginning."""
        if not self._is_fresh:
            self.close()
        stream = self._ready()
        self._is_fresh = False
        for frame in self._decoded(stream, float("-inf"), is_over):
            yield Frame(0.0, float("inf"), frame.image)
            return

    # -- one attempt ---------------------------------------------------------------------------------------------------

    def _attempt(
        self, media_time: float, back: float, is_over: Callable[[], bool], *, is_skipping: bool
    ) -> Iterator[Frame]:
        """The frame at the place, or the first after it, and what follows."""
        stream = self._seek(max(0.0, media_time - back))
        clean_from = media_time - CLEAN_BEFORE
        held: Frame | None = None
        frames = _ended(self._decoded(stream, clean_from if is_skipping else float("-inf"), is_over))
        for frame in frames:
            if frame.end <= media_time + ROUNDING:
                held = frame
                continue
            if is_skipping and frame.media_time < clean_from:
                # a long frame, or those that belong here were left out: look at all of them
                yield from self._attempt(media_time, CLEAN_BEFORE, is_over, is_skipping=False)
            else:
                yield frame
                yield from frames
            return
        if held is None or is_over():
            return
        if is_skipping and held.end < clean_from:
            yield from self._attempt(held.media_time, CLEAN_BEFORE, is_over, is_skipping=False)
        else:
            yield held

    def _seek(self, media_time: float) -> VideoStream:
        """Go to a key frame at or before a media time, or to the beginning."""
        stream = self._ready()
        self._last = None
        self._seen = 0
        self.hurry(False)
        self._is_from_start = self._is_fresh and media_time < CLEAN_BEFORE
        self._is_fresh = False
        if self._is_from_start:
            return stream
        assert self._container is not None
        assert stream.time_base is not None
        place = media_time + self._source.origin
        try:
            self._container.seek(round(place / stream.time_base), stream=stream, backward=True)
        except av.error.FFmpegError:
            try:
                self._container.seek(round(max(0.0, place) * av.time_base), backward=True)
            except av.error.FFmpegError:
                self.close()  # it can't be sought: from the beginning, then
                stream = self._ready()
                self._is_fresh, self._is_from_start = False, True
        return stream

    def _ready(self) -> VideoStream:
        if self._container is None:
            self._container = self._source.open()
            self._is_fresh = True
        if self._stream is None:
            assert self._source.video is not None
            stream = self._source.select(self._container, self._source.video)
            assert isinstance(stream, VideoStream)
            has_frame_threads = stream.codec_context.codec.capabilities & Capabilities.frame_threads
            stream.thread_type = "FRAME" if has_frame_threads and not self._source.is_still else "SLICE"
            self._stream = stream
            self._is_hurried = False
        return self._stream

    def _decoded(self, stream: VideoStream, clean_from: float, is_over: Callable[[], bool]) -> Iterator[Frame]:
        """Whatever can be decoded from here to the end, in order."""
        is_waiting = clean_from > 0.0  # for the place from which all frames are wanted
        if is_waiting:
            self.hurry(True)
        for packet in self._packets(stream):
            if is_over():
                return
            if is_waiting:
                stamp = packet.pts if packet.pts is not None else packet.dts
                if stamp is None or float(stamp * packet.time_base) - self._source.origin >= clean_from:
                    is_waiting = False
                    self.hurry(False)
            try:
                images = packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self.broken += self._is_flowing
                continue
            for image in images:
                assert isinstance(image, VideoFrame)
                yield self._stamped(image)

    def _packets(self, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
        """All packets, the one that flushes the decoder last; damage is passed over."""
        failures = 0
        while self._container is not None:
            try:
                for packet in self._container.demux(stream):
                    failures = 0
                    if packet.is_corrupt:
                        self.broken += 1
                    yield packet
                return
            except av.error.EOFError:
                return
            except IndexError:
                continue  # a packet of a stream that turned up after opening, which PyAV does not know
            except av.error.FFmpegError as error:
                if self._source.is_url:
                    raise ReadError from error
                failures += 1
                self.broken += 1
                if failures >= MOST_FAILURES:
                    return

    @property
    def _is_flowing(self) -> bool:
        """Whether a frame that can't be decoded is damaged. The first after a seek may refer to what was left out."""
        return self._is_from_start or self._seen > SETTLED

    def _stamped(self, image: VideoFrame) -> Frame:
        usual = self._source.medium.frame_duration
        stamp = image.pts if image.pts is not None else image.dts
        if stamp is None or image.time_base is None:
            media_time = 0.0 if self._last is None else self._last + usual
        else:
            media_time = float(stamp * image.time_base) - self._source.origin
        if self._last is not None and media_time <= self._last:
            media_time = self._last + 1e-4  # two frames of one stamp: the later one stays
        self._last = media_time
        span = float(image.duration * image.time_base) if image.duration and image.time_base is not None else usual
        self._seen += 1
        if image.is_corrupt:
            self.broken += self._is_flowing
        return Frame(media_time, media_time + span, image)


def _ended(frames: Iterator[Frame]) -> Iterator[Frame]:
    """The frames, each when the next one is known."""
    held: Frame | None = None
    for frame in frames:
        if held is not None:
            yield Frame(held.media_time, frame.media_time, held.image)
        held = frame
    if held is not None:
        yield held
