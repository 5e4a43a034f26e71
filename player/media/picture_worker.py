"""The picture's thread: demuxes, decodes and converts, as far ahead as the reel wants.

One thread is enough: FFmpeg decodes in threads of its own (FRAME), so that frames go on being decoded while this one
converts, and there is no queue and no wake-up between decoding and converting.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from av.container import InputContainer

from player.core.target import Target
from player.media.converter import FrameConverter, quarter_turns
from player.media.frame_reader import Frame, FrameReader, ReadError
from player.media.pictures import Reel
from player.media.source import Source
from player.media.strip import Area, Slot
from player.ports import Clock, MediaError, Wake
from server.core.timeline import LocalTime

log = logging.getLogger(__name__)

HURRY_BEHIND, HURRIED_UNTIL = 0.25, 0.08  # s of media time behind at which frames are left out, and until which
RETRY_AFTER = 1.0  # s, of a URL that stalled
LONGEST_SEEK = 2.0  # s, after which it counts as waiting for data
FIRST_LATENCY = 0.3  # s that a seek is expected to take before one was measured


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go: `generation` counts seeks, `revision` is the timeline's from which it holds."""

    generation: int
    media_time: float
    revision: int
    asked_at: LocalTime


class PictureWorker:
    """`_place`, `_is_stirred` and `_is_closing` are guarded by `_changed`; `_target` is replaced whole. The rest is the
    thread's; `latency`, `turns`, `has_failed`, `is_stalled` and `_reading_since` are replaced whole by it and read by
    others."""

    def __init__(
        self,
        source: Source,
        container: InputContainer,
        *,
        reel: Reel,
        clock: Clock,
        news: Wake,
        screen_wake: Wake,
    ) -> None:
        self._source = source
        self._reel = reel
        self._clock = clock
        self._news = news
        self._screen_wake = screen_wake
        self._reader = FrameReader(source, container)
        self._converter = FrameConverter()
        self._changed = threading.Condition()
        self._place: Place | None = None
        self._target = Target()
        self._is_closing = False
        self._is_stirred = False
        self._generation = -1
        self._frames: Iterator[Frame] = iter(())
        self._previous: Frame | None = None
        self._is_hurried = False
        self._reading_since: tuple[LocalTime | None, bool] = (None, False)  # (when, in a seek?); replaced whole
        self.latency = FIRST_LATENCY
        self.turns: int | None = None  # quarter turns of the picture, None before the first frame
        self.has_failed = ""  # why there is no picture any more
        self.is_stalled = False
        self._thread = threading.Thread(target=self._run, name="picture", daemon=True)

    # -- any thread ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def close(self, timeout: float) -> None:
        """Returns when the thread has ended, or hangs in a network."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def seek(self, place: Place) -> None:
        """Leave off and go on from there."""
        with self._changed:
            self._place = place
            usual = self._source.medium.frame_duration
            self._reel.begin(place.generation, place.media_time, place.revision, usual)
            self._changed.notify_all()

    def follow(self, target: Target, *, is_other: bool) -> None:
        """`is_other`: there is another timeline, look again at what to do."""
        self._target = target
        if is_other:
            self.stir()

    def stir(self) -> None:
        """Look again at what to do: the window has another size."""
        with self._changed:
            self._is_stirred = True
            self._changed.notify_all()

    def is_waiting_for_data(self, now: LocalTime, patience: float) -> bool:
        """Whether nothing has come from the file for a while, s. A seek may take longer."""
        since, is_seeking = self._reading_since
        return self.is_stalled or (since is not None and now - since > (LONGEST_SEEK if is_seeking else patience))

    @property
    def broken(self) -> int:
        return self._reader.broken

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._is_closing:
                self._work()
        except MediaError as error:
            self._fail(str(error))
        except Exception:
            log.exception("picture ended")
            self._fail("The picture failed for a reason that is in the log; the sound goes on.")
        finally:
            self._frames = iter(())
            self._reader.close()

    def _fail(self, words: str) -> None:
        self.has_failed = words
        with self._changed:
            generation = self._generation if self._place is None else self._place.generation
        self._reel.end(generation)
        self._news()
        self._screen_wake()

    def _work(self) -> None:
        with self._changed:
            place, self._place = self._place, None
            self._is_stirred = False
        if place is not None:
            self._go(place)
            return
        if self._generation < 0:
            self._wait(None)
            return
        target, now = self._target, self._clock.now()
        job = self._reel.next_job(self._generation, target, now)
        if job.kind == "convert" and job.slot is not None:
            self._convert(job.slot, job.area, is_accurate=job.is_accurate)
        elif job.kind == "decode":
            self._decode()
        else:
            self._wait(job.wait)

    def _wait(self, seconds: float | None) -> None:
        with self._changed:
            if not (self._is_stirred or self._is_closing or self._place is not None):
                self._changed.wait(seconds)

    def _is_over(self) -> bool:
        return self._is_closing or self._place is not None

    def _go(self, place: Place) -> None:
        self._generation = place.generation
        self._previous = None
        self._is_hurried = False
        self._frames = self._reader.frames_from(place.media_time, self._is_over)
        self._decode()
        if not self._is_over():
            self.latency += 0.5 * (self._clock.now() - place.asked_at - self.latency)
            self._news()

    def _decode(self) -> None:
        """One more frame, converted unless it is late."""
        self._reading_since = self._clock.now(), self._previous is None
        try:
            frame = next(self._frames, None)
        except ReadError:
            self._retry()
            return
        except MediaError:
            if not self._source.is_url:
                raise
            self._retry()
            return
        finally:
            self._reading_since = None, False
        self.is_stalled = False
        if frame is None:
            if not self._is_over():
                self._reel.end(self._generation)
                self._news()
                self._screen_wake()
            return
        if self.turns is None:
            self.turns = quarter_turns(frame.image)
            self._news()
        target, now = self._target, self._clock.now()
        slot = self._reel.add(self._generation, frame, target, now, left_out=self._left_out(frame))
        self._previous = frame
        if slot is None:
            return
        behind = self._reel.behind(frame, target, now)
        if behind is None:
            self._hurry(False)
            return
        self._hurry(behind > (HURRIED_UNTIL if self._is_hurried else HURRY_BEHIND))
        if self._reel.is_shown(slot, target, now) and (behind < 0.0 or self._reel.is_starved(now)):
            self._convert(slot, self._reel.area, is_accurate=False)

    def _hurry(self, is_hurried: bool) -> None:
        self._is_hurried = is_hurried
        self._reader.hurry(is_hurried)

    def _left_out(self, frame: Frame) -> int:
        """How many frames were left out before this one."""
        if not self._is_hurried or self._previous is None:
            return 0
        usual = self._source.medium.frame_duration
        return max(0, round((frame.media_time - self._previous.media_time) / usual) - 1)

    def _convert(self, slot: Slot, area: Area, *, is_accurate: bool) -> None:
        picture = self._converter.convert(
            slot.frame.image, slot.media_time, self._source.aspect, area, is_accurate=is_accurate
        )
        if self._reel.put(slot, picture, area, is_accurate=is_accurate):
            self._screen_wake()

    def _retry(self) -> None:
        """The network gives nothing: from where we are, with a new connection, in a while."""
        self.is_stalled = True
        self._news()
        self._wait(RETRY_AFTER)
        if self._is_over():
            return
        self._reader.close()
        self._frames = self._reader.frames_from(self._reel.reach()[1], self._is_over)
