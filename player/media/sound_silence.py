"""The silent clock: takes sound as a device would and lets nobody hear it, so that a film goes on without one."""

from __future__ import annotations

import threading

import numpy as np

from player.media.sound_ring import SoundRing
from player.ports import Clock

AHEAD = 0.1  # s that it takes before they would be heard, as devices do
EVERY = 0.05  # s


class SilentClock:
    """Runs from its making until `close`."""

    def __init__(self, clock: Clock, ring: SoundRing, sample_rate: int) -> None:
        self._clock = clock
        self._ring = ring
        self._rate = sample_rate
        self._scratch = np.zeros((round(AHEAD * sample_rate), 2), np.float32)
        self._closing = threading.Event()
        self._leaves_at = clock.now() + AHEAD  # of the next sample to be taken; owned by the thread once it runs
        self._thread = threading.Thread(target=self._run, name="sound-silent", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Returns when the thread has ended."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(EVERY):
            self.take()

    def take(self) -> None:
        """Take what a device would have by now."""
        now = self._clock.now()
        is_late = now > self._leaves_at  # the process was stopped: a device would have run dry
        if is_late:
            self._leaves_at = now
        count = int((now + AHEAD - self._leaves_at) * self._rate)
        if count > 0:
            self._ring.take(self._scratch[:count], now, self._leaves_at, is_late)
            self._leaves_at += count / self._rate
