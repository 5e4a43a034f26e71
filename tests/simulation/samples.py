"""The real sound feed in a simulated player, with a device whose DAC has a rate of its own; the samples are silent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from player.core.resampling import Samples
from player.core.target import Target
from player.media.sound_decoder import SoundPlace
from server.core.timeline import LocalTime
from tests.fakes.sound_bench import RATE, SoundBench

PAST = 5.0  # s, as KEPT in player/media/sound_decoder.py
STOPPED = 0.15  # s without a call after which the whole player must have stood


class SampledSound:
    """Both what SimulatedSound and what SimulatedSoundDecoder are. It runs in steps: before anything happens to it from
    outside, the device and the feed come to that instant."""

    has_failed = ""
    broken = 0
    is_putting = False

    def __init__(self, now: Callable[[], LocalTime], length: float, seed: int) -> None:
        self._now = now
        skew = float(np.random.default_rng(seed).uniform(-80e-6, 80e-6))
        self._bench = SoundBench(silence, length=length, skew=skew, seed=seed, now=now())
        self._bench.generation = -1
        self._place = 0.0

    # -- as a sound ----------------------------------------------------------------------------------------------------

    @property
    def playout_delay(self) -> float:
        return self._bench.feed.playout_delay()

    @property
    def underruns(self) -> int:
        return self._bench.ring.underruns

    def wants_seek(self) -> bool:
        return 0 <= self._bench.feed.seek_wanted_in == self.generation

    def take_remarks(self) -> list[str]:
        return []

    def follow(self, target: Target, now: LocalTime) -> None:
        self.feed(now)
        is_other = target.schedule is not self._bench.target.schedule
        self._bench.target = target
        if is_other:
            self._bench.next_feed = now
            self.feed(now)

    def feed(self, now: LocalTime) -> None:
        if now < self._bench.now:
            return  # the clock was set back
        if self.generation >= 0 and now - self._bench.now > STOPPED:
            self._bench.stop(now - self._bench.now)
        self._bench.run(now)
        self._bench.forget()

    def heard(self, now: LocalTime) -> float | None:
        heard = self._bench.feed.heard(self._bench.target, now)
        return None if heard is None else heard.media_time

    def asynchrony(self, now: LocalTime) -> float | None:
        heard = self._bench.feed.heard(self._bench.target, now)
        return None if heard is None else heard.asynchrony

    # -- as a decoder --------------------------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        return self._bench.generation

    def seek(self, place: SoundPlace) -> None:
        self._place = place.media_time
        self.feed(self._now())
        self._bench.generation = place.generation - 1
        self._bench.begin(place.media_time)

    @property
    def reach(self) -> tuple[float, float, bool]:
        until = self._bench.store.until / RATE
        return max(self._place, until - PAST), until, self._bench.store.end_of_film() is not None


def silence(first: int, count: int) -> Samples:
    return np.zeros((count, 2), np.float32)
