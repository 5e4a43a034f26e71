"""The sound's thread: demuxes and decodes a sound track into 48 kHz stereo for `Sound`, from any place on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from player.media.sound import Sound
from player.media.source import Source
from player.ports import MediaError, Wake

log = logging.getLogger(__name__)

PREROLL = 0.15  # s decoded before a place: coders need the blocks before (AAC one, Opus 80 ms)
MOST_FAILURES = 100  # in a row, after which the rest counts as unreadable
KEPT = 5.0  # s that the store surely keeps
RETRY_AFTER = 1.0  # s, of a URL that stalled


@dataclass(frozen=True, slots=True)
class SoundPlace:
    """Where to go, and with which stream of the container."""

    generation: int
    media_time: float
    stream: int


class SoundDecoder:
    """`_place` and `_is_closing` are guarded by `_changed`; `reach`, `broken`, `is_putting` and `has_failed` are
    replaced whole by the thread and read by others; the rest is the thread's."""

    def __init__(self, source: Source, sound: Sound, news: Wake) -> None:
        self._source = source
        self._sound = sound
        self._news = news
        self._changed = threading.Condition()
        self._place: SoundPlace | None = None
        self._is_closing = False
        self._container: InputContainer | None = None
        self._stream = -1
        self.reach: tuple[float, float, bool] = (0.0, 0.0, False)  # decoded from, until (media time); the end?
        self.broken = 0
        self.is_putting = False
        self.has_failed = ""
        self._thread = threading.Thread(target=self._run, name="sound-decoder", daemon=True)

    # -- any thread ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def close(self, timeout: float, generation: int) -> None:
        """Returns when the thread has ended, or hangs in a network. `generation`: a new one, nothing follows in it."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        self._sound.begin(generation, 0.0)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def seek(self, place: SoundPlace) -> None:
        """Leave off and go on from there."""
        with self._changed:
            self._place = place
            self.reach = (place.media_time, place.media_time, False)
            self._sound.begin(place.generation, place.media_time)
            self._changed.notify_all()

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        place: SoundPlace | None = None
        try:
            while True:
                with self._changed:
                    while self._place is None and not self._is_closing:
                        self._changed.wait()
                    if self._is_closing:
                        return
                    place, self._place = self._place, None
                assert place is not None
                self._decode(place)
        except MediaError as error:
            self._fail(str(error), place)
        except Exception:
            log.exception("sound decoding ended")
            self._fail("The sound failed for a reason that is in the log; the picture goes on.", place)
        finally:
            if self._container is not None:
                self._container.close()

    def _fail(self, words: str, place: SoundPlace | None) -> None:
        self.has_failed = words
        if place is not None:
            self._sound.end(place.generation)
        self.reach = (self.reach[0], self.reach[1], True)
        self._news()

    def _is_over(self) -> bool:
        return self._is_closing or self._place is not None

    def _decode(self, place: SoundPlace) -> None:
        """From a place to the end, or until another is wanted."""
        start = place.media_time
        while not self._is_over():
            try:
                stream = self._seek(start, place.stream)
                for media_time, samples in self._chunks(stream):
                    if not self._put(place, media_time, samples):
                        return
            except (av.error.FFmpegError, MediaError):
                if not self._source.is_url:
                    raise
                self._wait_for_network()
                start = max(start, self.reach[1])
                continue
            break
        if self._is_over():
            return
        self._sound.end(place.generation)
        self.reach = (self.reach[0], self.reach[1], True)
        self._news()

    def _put(self, place: SoundPlace, media_time: float, samples: np.ndarray) -> bool:
        with self._changed:
            if self._is_over():
                return False
            begins, until, _ = self.reach
            self.reach = (begins, max(until, media_time), False)  # whatever lies in between is silence
        self.is_putting = True
        is_wanted = self._sound.put(place.generation, media_time, samples)
        self.is_putting = False
        with self._changed:
            if not is_wanted or self._is_over():
                return False
            begins, until, _ = self.reach
            until = max(until, media_time + len(samples) / self._sound.sample_rate)
            self.reach = (max(begins, until - KEPT), until, False)
        return True

    def _wait_for_network(self) -> None:
        if self._container is not None:
            self._container.close()
            self._container = None
        with self._changed:
            if not self._is_over():
                self._changed.wait(RETRY_AFTER)

    def _seek(self, media_time: float, index: int) -> AudioStream:
        if self._container is None or self._stream != index:
            if self._container is not None:
                self._container.close()
            self._container, self._stream = self._source.open(), index
            stream = self._source.select(self._container, index)
            assert isinstance(stream, AudioStream)
            if media_time <= 0.0:
                return stream  # as it was opened: some files can't be sought
        found = self._container.streams[index]
        assert isinstance(found, AudioStream)
        assert found.time_base is not None
        place = media_time + self._source.origin - PREROLL
        try:
            self._container.seek(round(place / found.time_base), stream=found, backward=True)
        except av.error.FFmpegError:
            try:
                self._container.seek(round(max(0.0, place) * av.time_base), backward=True)
            except av.error.FFmpegError:
                self._container.close()
                self._container = None  # from the beginning; the store leaves out what comes before the place
                return self._seek(0.0, index)
        return found

    def _chunks(self, stream: AudioStream) -> Iterator[tuple[float, np.ndarray]]:
        """(media time, (n, 2) float32), in order."""
        resampler = AudioResampler("flt", "stereo", self._sound.sample_rate)
        known_until: float | None = None
        for frame in self._frames(stream):
            if frame.pts is None and known_until is not None:
                frame.pts = round((known_until + self._source.origin) * frame.sample_rate)
            try:
                parts = resampler.resample(frame)
            except (av.error.FFmpegError, ValueError):
                # the sound changed its form in mid film
                resampler = AudioResampler("flt", "stereo", self._sound.sample_rate)
                parts = resampler.resample(frame)
            for part in parts:
                samples = part.to_ndarray().reshape(-1, 2)
                if part.pts is not None and part.time_base is not None:
                    media_time = float(part.pts * part.time_base) - self._source.origin
                else:
                    media_time = known_until or 0.0
                known_until = media_time + len(samples) / self._sound.sample_rate
                yield media_time, samples

    def _frames(self, stream: AudioStream) -> Iterator[AudioFrame]:
        failures = 0
        assert self._container is not None
        container = self._container
        while True:
            try:
                for packet in container.demux(stream):
                    try:
                        frames = packet.decode()
                    except av.error.EOFError:
                        return
                    except av.error.FFmpegError:
                        self.broken += 1
                        continue
                    failures = 0
                    for frame in frames:
                        assert isinstance(frame, AudioFrame)
                        yield frame
                return
            except av.error.EOFError:
                return
            except IndexError:
                continue  # a packet of a stream that turned up after opening, which PyAV does not know
            except av.error.FFmpegError:
                if self._source.is_url:
                    raise
                failures += 1
                self.broken += 1
                if failures >= MOST_FAILURES:
                    return
