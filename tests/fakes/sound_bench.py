"""A sound device on virtual time: takes samples as a real one does, and keeps what left its DAC and when.

`SoundBench` drives a feed with it synchronously: no thread, no waiting, every run the same.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from player.core.resampling import Samples
from player.core.target import ClockLine, Target
from player.media.sound_feed import Heard, SoundFeed
from player.media.sound_ring import SoundRing
from player.media.sound_store import SoundStore
from server.core.timeline import LocalTime, Schedule, Timeline

RATE = 48000
PERIOD = 1200  # samples that the device takes at a time
BUFFER = 6000  # samples that it holds


class SoundBench:
    """`skew`: how much faster the DAC runs than this machine's clock, relative. `noise`: s, of what the device says.

    `sound`: (first sample, count) -> (n, 2), the film. `length`: s of it."""

    def __init__(
        self,
        sound: Callable[[int, int], Samples],
        *,
        length: float = 600.0,
        skew: float = 0.0,
        noise: float = 20e-6,
        seed: int = 1,
        now: float = 1000.0,
    ) -> None:
        self.now = now
        self.sound = sound
        self.length = round(length * RATE)
        self.period = 1.0 / (RATE * (1.0 + skew))
        self.noise = noise
        self.random = np.random.default_rng(seed)
        self.store, self.ring = SoundStore(RATE), SoundRing()
        self.feed = SoundFeed(RATE, self.store, self.ring)
        self.target = Target()
        self.generation = 0
        self.decoded = 0  # the next sample of the film to be put
        self.decoder_runs = True
        self.out: list[Samples] = []
        self.left_at: list[np.ndarray] = []  # true DAC times, s of local time
        self.heard: list[Heard] = []
        self.empty_at = self.now + 0.03  # when the device has nothing more to play
        self.next_take = self.now
        self.next_feed = self.now
        self.next_report = self.now

    def begin(self, media_time: float) -> None:
        """The decoder goes on from another place."""
        self.generation += 1
        self.decoded = round(media_time * RATE)
        self.store.begin(self.generation, media_time)
        self.next_feed = self.now

    def follow(self, *timelines: Timeline, clock: ClockLine | None = None) -> None:
        """A new target. Room time is local time unless `clock` says otherwise."""
        self.target = Target(clock or self.target.clock, Schedule(timelines))
        self.next_feed = self.now

    def forget(self) -> None:
        """What was heard so far: in a long run nobody asks for it."""
        self.out.clear()
        self.left_at.clear()
        self.heard.clear()

    def stop(self, seconds: float) -> None:
        """The process gets no time: nothing runs, and the device runs dry."""
        self.now += seconds
        self.next_take = max(self.next_take, self.now)
        self.next_feed = max(self.next_feed, self.now)

    def run(self, until: float) -> None:
        """Let everything happen up to an instant of local time."""
        while True:
            at = min(self.next_take, self.next_feed, self.next_report)
            if at > until:
                break
            self.now = max(self.now, at)
            if at == self.next_take:
                self._take()
            elif at == self.next_feed:
                self._decode()
                self.next_feed = self.now + self.feed.feed(self.target, LocalTime(self.now))
            else:
                heard = self.feed.heard(self.target, LocalTime(self.now))
                if heard is not None:
                    self.heard.append(heard)
                self.next_report = self.now + 0.1
        self.now = until

    def _decode(self) -> None:
        while self.decoder_runs and self.store.ahead() < 1.0 and self.decoded < self.length:
            count = min(1024, self.length - self.decoded)
            self.store.put(self.generation, self.decoded / RATE, self.sound(self.decoded, count))
            self.decoded += count
            if self.decoded >= self.length:
                self.store.end(self.generation)

    def _take(self) -> None:
        ran_dry = self.empty_at < self.now
        if ran_dry:
            self.empty_at = self.now + 0.005
        while self.empty_at - self.now + PERIOD * self.period <= BUFFER * self.period:
            said = self.empty_at + self.random.normal(0.0, self.noise)
            block = np.zeros((PERIOD, 2), np.float32)
            self.ring.take(block, self.now, said, ran_dry)
            ran_dry = False
            self.out.append(block)
            self.left_at.append(self.empty_at + np.arange(PERIOD) * self.period)
            self.empty_at += PERIOD * self.period
        self.next_take = max(self.now + 1e-6, self.empty_at - (BUFFER - PERIOD) * self.period)

    def change(self, *following: Timeline, clock: ClockLine | None = None) -> None:
        """The timeline in force stays, others follow it."""
        current = self.target.timeline_at(LocalTime(self.now))
        self.follow(current, *following, clock=clock)

    def recording(self) -> tuple[np.ndarray, np.ndarray]:
        """(times at which samples left the DAC, the samples)."""
        return np.concatenate(self.left_at), np.concatenate(self.out)


def tone(frequency: float, level: float = 0.5) -> Callable[[int, int], Samples]:
    """A film that is one sine: its phase tells the position, its steps every click."""

    def sound(first: int, count: int) -> Samples:
        wave = level * np.sin(2 * np.pi * frequency * (np.arange(first, first + count) / RATE))
        return np.stack([wave, wave], axis=1).astype(np.float32)

    return sound


def noise_film(seconds: float, seed: int = 7) -> tuple[Samples, Callable[[int, int], Samples]]:
    """A film of low-passed noise: any stretch of it is like no other. (all of it, the part wanted)"""
    wave = np.random.default_rng(seed).normal(0.0, 0.2, round(seconds * RATE) + 64)
    wave = np.convolve(wave, np.hanning(9) / 4.0, "same")
    film = np.stack([wave, -wave], axis=1).astype(np.float32)
    return film, lambda first, count: film[first : first + count].copy()
