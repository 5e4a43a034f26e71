"""The film's sound on the room's timeline: decoded chunks go in, the device gets each sample at its instant.

Three threads besides the decoder's: the device's own (it copies from the ring and notes when the samples will leave),
the feeder (decides what is written into the ring), the keeper (opens the device, and again when it was lost).
"""

from __future__ import annotations

import logging
import threading

import numpy as np

from player.core.medium import SoundStatus
from player.core.target import Target
from player.media.sound_device import LATENCY
from player.media.sound_feed import SoundFeed
from player.media.sound_keeper import KeeperPolicy, SoundKeeper
from player.media.sound_ring import SoundRing
from player.media.sound_store import SoundStore
from player.ports import Clock, Telemetry, Voices, Wake
from server.core.timeline import LocalTime

log = logging.getLogger(__name__)

SAMPLE_RATE = 48000
REPORT_EVERY = 0.1  # s, of the telemetry
STALE_AFTER = 0.5  # s, an asynchrony that was measured longer ago is not told
MOST_REMARKS = 16
# s, of the device in a call. With a 1080p film on two cores nothing breaks up at 50 ms; where other programs want both
# cores for themselves and the film loses frames, too, the sound breaks up 7 times in 22 s, at 100 ms twice: so a call
# in which that happens goes back to the usual latency.
CALL_LATENCY = 0.05
TOO_MANY = 3  # underruns of a call, until then
QUIET = 0.3  # s of silence, after which the device may be opened anew


class Sound:
    """See the methods for who calls what. `_target`, `_status` and `_is_closing` are replaced whole and read without
    a lock; `_remarks` and `_is_started` are guarded by `_lock`; the feed belongs to the feeder's thread; store, ring
    and keeper guard themselves."""

    sample_rate: int = SAMPLE_RATE

    def __init__(
        self,
        clock: Clock,
        telemetry: Telemetry,
        wake: Wake,
        *,
        silent: bool = False,
        keeper_policy: KeeperPolicy | None = None,
    ) -> None:
        self._clock = clock
        self._telemetry = telemetry
        self._wake = wake
        self._lock = threading.Lock()
        self._remarks: list[str] = []
        self._target = Target()
        self._is_started = False
        self._is_closing = False
        self._device_changed = threading.Event()
        self._stirred = threading.Event()
        self._store = SoundStore(SAMPLE_RATE)
        self._ring = SoundRing()
        self._feed = SoundFeed(SAMPLE_RATE, self._store, self._ring)
        self._keeper = SoundKeeper(
            clock,
            self._ring,
            SAMPLE_RATE,
            self._device_changed.set,
            self._remark,
            silent=silent,
            policy=keeper_policy,
        )
        self._feeder = threading.Thread(target=self._run, name="sound-feeder", daemon=True)
        self._status = SoundStatus(asynchrony=None, playout_delay=0.0, underruns=0, device=None)
        self._voices: Voices | None = None
        self._underruns_before = 0  # the call; replaced whole
        # of the feeder's thread
        self._next_report = float("-inf")
        self._heard_at = float("-inf")
        self._asynchrony: float | None = None
        self._asked_in = -2
        self._complaint = ""
        self._had_ended = False

    # -- the session's thread ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the device, or begin the silent clock, and return at once; never raises. Again it does nothing."""
        with self._lock:
            is_first, self._is_started = not self._is_started, True
        if is_first:
            self._keeper.start()
            self._feeder.start()

    def follow(self, target: Target) -> None:
        """The newest clock and schedule, from any one thread."""
        before, self._target = self._target, target
        if target.schedule is not before.schedule and target.schedule != before.schedule:
            self._stirred.set()

    def set_volume(self, gain: float) -> None:
        """Linear, 1 is the film's own level; reached within a block, without a click."""
        self._ring.mixer.set_gain(gain)

    def duck(self, gain: float, seconds: float) -> None:
        """The film fades to this gain, linear, besides its volume; voices do not."""
        self._ring.mixer.duck(gain, seconds)

    def set_voices(self, voices: Voices | None) -> None:
        """Voices are added to the film from now on, or no longer. With them the device answers faster, as soon as it
        can be opened again without anybody hearing it."""
        if voices is self._voices:
            return
        self._voices = voices
        self._ring.mixer.set_voices(voices)
        self._underruns_before = self._ring.underruns
        self._keeper.wanted_latency = LATENCY if voices is None else CALL_LATENCY
        self._stirred.set()

    def status(self) -> SoundStatus:
        """How it does; a few ms old."""
        return self._status

    def take_remarks(self) -> list[str]:
        """Sentences for people since the last call."""
        with self._lock:
            remarks, self._remarks = self._remarks, []
        return remarks

    def close(self) -> None:
        """End all threads and let the device go; `put` returns False from now on."""
        self._is_closing = True
        self._store.close()
        self._stirred.set()
        if self._feeder.is_alive():
            self._feeder.join()
        self._keeper.close()

    # -- the decoder's thread ------------------------------------------------------------------------------------------

    def begin(self, generation: int, media_time: float) -> None:
        """Forget everything; chunks of this generation follow, to be heard from `media_time` (s) on."""
        self._store.begin(generation, media_time)
        self._stirred.set()

    def put(self, generation: int, media_time: float, samples: np.ndarray) -> bool:
        """A chunk, (n, 2) float32, that begins at `media_time`. Blocks while a second and a half is decoded; False:
        that generation is over."""
        return self._store.put(generation, media_time, samples)

    def end(self, generation: int) -> None:
        """No more chunks: the end of the film."""
        self._store.end(generation)

    def buffered(self) -> float:
        """Decoded sound that was not yet taken, s."""
        return self._store.ahead()

    def has_ended(self) -> bool:
        """Whether the last sample has been heard, or the film stands at or after its end."""
        end = self._store.end_of_film()
        return end is not None and self._target.media_time_at(self._clock.now()) >= end

    def wants_seek(self) -> bool:
        """Whether the controller gave up: sound is far from the timeline, and where it should be is not decoded."""
        wanted_in = self._feed.seek_wanted_in
        return wanted_in >= 0 and wanted_in == self._store.generation

    # -- the feeder's thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._is_closing:
                self._stirred.clear()
                self._stirred.wait(self._step())
        except Exception:
            log.exception("sound ended")
            self._remark("The sound failed for a reason that is in the log; the film goes on without it.")

    def _step(self) -> float:
        """Feed once and say how it goes; returns the time until the next step, s."""
        if self._device_changed.is_set():
            self._device_changed.clear()
            self._feed.forget_device()
        target, now = self._target, self._clock.now()
        delay = self._feed.feed(target, now)
        self._ring.line = self._feed.line
        self._report(target)
        if self._ring.underruns - self._underruns_before >= TOO_MANY:
            self._keeper.wanted_latency = LATENCY
        if self._wants_renewal(target, now):
            self._keeper.renew()
        return delay

    def _wants_renewal(self, target: Target, now: LocalTime) -> bool:
        """Whether the device should be opened again, and nobody would hear it."""
        if self._keeper.latency == self._keeper.wanted_latency or self._ring.mixer.quiet_for < QUIET * SAMPLE_RATE:
            return False
        return target.timeline_at(now).state != "playing" and target.next_change(now) is None

    def _report(self, target: Target) -> None:
        now = self._clock.now()
        is_telling = now >= self._next_report
        if is_telling:
            self._next_report = max(self._next_report + REPORT_EVERY, now - REPORT_EVERY)
            heard = self._feed.heard(target, now)
            if heard is not None:
                self._heard_at, self._asynchrony = now, heard.asynchrony
                self._telemetry.record(
                    "audio",
                    heard.at,
                    media_time=heard.media_time,
                    asynchrony=heard.asynchrony,
                    ratio=heard.speed,
                    underruns=self._ring.underruns,
                )
        self._status = SoundStatus(
            asynchrony=self._asynchrony if self._is_heard(target, now) else None,
            playout_delay=self._feed.playout_delay(),
            underruns=self._ring.underruns,
            device=self._keeper.device,
        )
        self._tell_news(target, now)

    def _is_heard(self, target: Target, now: LocalTime) -> bool:
        return now - self._heard_at < STALE_AFTER and target.timeline_at(now).state == "playing"

    def _tell_news(self, target: Target, now: LocalTime) -> None:
        wanted_in = self._feed.seek_wanted_in
        if wanted_in != self._asked_in:
            self._asked_in = wanted_in
            self._wake()
        if self._feed.complaint and self._feed.complaint != self._complaint:
            self._remark(self._feed.complaint)
        self._complaint = self._feed.complaint
        has_ended = self.has_ended()
        if has_ended and not self._had_ended:
            self._wake()
        self._had_ended = has_ended

    def _remark(self, words: str) -> None:
        with self._lock:
            if len(self._remarks) < MOST_REMARKS:
                self._remarks.append(words)
        self._wake()
