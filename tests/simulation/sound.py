"""A sound feed and its device without samples: which part of the film leaves the DAC when.

What `player/media/sound_feed.py` decides is decided here in the same order, by the real controller; what costs time,
making samples, is left out. The fit of the device's notes is taken as done: a little noise and a little skew are left.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from player.core import sync
from player.core.sync import Hold, Seek, Slew, Stretch, SyncPolicy, SyncState
from player.core.target import Target
from server.core.timeline import LocalTime
from tests.simulation.decoding import Decoding

BLOCK = 0.040  # s
TAKEN = 0.130  # s that the device holds and nobody can take back
AHEAD = 0.200  # s that is written beyond that
STEP = 0.1  # s between two feeds
ENOUGH = 0.1  # s of decoded sound to begin with
LOST = 1.0  # s
NOISE, DISPERSION = 15e-6, 25e-6  # s, of a reading
SEAMLESS = 0.005  # s
MOST_SKEW = 0.002


@dataclass(frozen=True, slots=True)
class Row:
    """From `at` to `ends` (local time) the film is heard from `position` (None: silence) at `speed`."""

    at: float
    ends: float
    position: float | None
    speed: float = 0.0


class SimulatedSound:
    """`skew`: of the DAC against what the line through its notes says, relative."""

    def __init__(self, decoding: Decoding, now: LocalTime, seed: int, skew: float = 5e-6) -> None:
        self._decoding = decoding
        self._random = np.random.default_rng(seed)
        self._skew = skew
        self._target = Target()
        self._policy = SyncPolicy()
        self._sync = SyncState()
        self._rows: deque[Row] = deque(maxlen=64)
        self._written: float = now
        self._position: float | None = None  # of the next sample to be written; None: silent
        self._generation = -1
        self.seek_wanted_in = -2
        self.complaint = ""
        self.underruns = 0

    @property
    def playout_delay(self) -> float:
        return TAKEN

    def wants_seek(self) -> bool:
        return self.seek_wanted_in >= 0 and self.seek_wanted_in == self._decoding.generation

    def take_remarks(self) -> list[str]:
        remarks, self.complaint = ([self.complaint] if self.complaint else []), ""
        return remarks

    def follow(self, target: Target, now: LocalTime) -> None:
        """The newest target; what was written and would be wrong is written again."""
        before, self._target = self._target, target
        is_other = target.schedule is not before.schedule
        if not is_other:
            then = LocalTime(now + TAKEN)
            is_other = abs(before.media_time_at(then) - target.media_time_at(then)) > SEAMLESS
        if is_other:
            self._cut(now + TAKEN, keep=True)
            self.feed(now)

    def heard(self, now: LocalTime) -> float | None:
        """Media time of what leaves the DAC; None: silence."""
        for row in reversed(self._rows):
            if row.at <= now:
                return None if row.position is None or now >= row.ends else row.position + (now - row.at) * row.speed
        return None

    def asynchrony(self, now: LocalTime) -> float | None:
        heard = self.heard(now)
        return None if heard is None else heard - self._target.media_time_at(now)

    def feed(self, now: LocalTime) -> None:
        """Write what is missing."""
        if self._generation != self._decoding.generation:
            self._generation = self._decoding.generation
            self._cut(now + TAKEN, keep=False)
        if self._written < now:  # the device ran dry
            self.underruns += self._position is not None
            self._silence(now + TAKEN)
            self._sync = sync.afresh(self._sync)
            if self._position is not None and self._is_lost():
                self._position = None
        while self._written < now + TAKEN + AHEAD:
            self._write_block()

    def _is_lost(self) -> bool:
        assert self._position is not None
        wanted = self._target.media_time_at(LocalTime(self._written))
        return abs(self._position - wanted) > LOST and self._decoding.has(wanted, wanted + ENOUGH)

    def _cut(self, at: float, *, keep: bool) -> None:
        if at < self._written:
            while self._rows and self._rows[-1].at >= at:
                self._rows.pop()
            self._position = None
            if self._rows:
                row = self._rows.pop()
                self._rows.append(Row(row.at, at, row.position, row.speed))
                self._position = None if row.position is None else row.position + (at - row.at) * row.speed
            self._written = at
        if not keep:
            self._position = None

    def _silence(self, ends: float) -> None:
        self._rows.append(Row(self._written, ends, None))
        self._written = ends

    def _write_block(self) -> None:
        target, decoding = self._target, self._decoding
        at = LocalTime(self._written + 1e-9)
        timeline, change = target.timeline_at(at), target.next_change(at)
        ends = self._written + BLOCK if change is None else min(self._written + BLOCK, max(change, at))
        wanted = target.media_time_at(at)
        if timeline.state != "playing":
            self._position = None
            decoding.consumed = wanted
            self._silence(ends)
            return
        if self._position is None:
            if not decoding.has(wanted, wanted + ENOUGH * timeline.rate):
                decoding.consumed = max(decoding.consumed, min(wanted, decoding.reach()[1]))
                self._silence(ends)
                return
            self._position, self._sync = wanted, sync.afresh(self._sync)
        speed = self._speed(at, ends, wanted) * timeline.rate
        if self._position is None or not decoding.has(self._position, self._position + (ends - at) * speed):
            self._position = None
            self._silence(ends)
            return
        span = ends - self._written
        self._rows.append(Row(self._written, ends, self._position, speed))
        self._position += span * speed
        self._written = ends
        decoding.consumed = self._position

    def _speed(self, at: LocalTime, ends: float, wanted: float) -> float:
        """Media s per local s at the room's rate 1; a jump on the way."""
        clock, decoding = self._target.clock, self._decoding
        assert self._position is not None
        span = (clock.room_time(LocalTime(ends)) - clock.room_time(at)) / (ends - at) - 1.0 if ends - at > 1e-6 else 0.0
        speed = 1.0 + min(MOST_SKEW, max(-MOST_SKEW, span)) + self._skew
        reading = self._position - wanted + self._random.normal(0.0, NOISE)
        self._sync, decision = sync.decide(self._policy, self._sync, reading, DISPERSION, at)
        match decision:
            case Hold(why):
                self.complaint = why
            case Slew(factor) | Stretch(factor):
                speed *= factor
            case Seek():
                if decoding.has(wanted, wanted + ENOUGH):
                    self._position, self._sync = wanted, sync.afresh(self._sync)
                else:
                    self.seek_wanted_in = self._generation
        return speed
