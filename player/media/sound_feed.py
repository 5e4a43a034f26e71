"""What the device gets: for each block, the film's sound that is due when the block leaves the DAC.

The feed asks the target at the very instants at which samples leave, so it needs no notice of anything: a scheduled
start begins on its sample, a scheduled pause ends on its sample. A change that becomes known when samples beyond it
are written already is made by writing them again, as far as the device has not taken them. All joins are cross-faded
with what would have been heard.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace
from typing import assert_never

import numpy as np

from player.core import sync
from player.core.playout_line import PlayoutLine
from player.core.resampling import Samples
from player.core.stretching import fade
from player.core.sync import Hold, Seek, Slew, Stretch, SyncPolicy, SyncState
from player.core.target import Target
from player.media.sound_ring import SoundRing
from player.media.sound_store import SoundStore
from player.media.sound_voice import SoundVoice
from server.core.timeline import LocalTime, Timeline


@dataclass(frozen=True, slots=True)
class FeedPolicy:
    """Seconds, unless it says otherwise."""

    ahead: float = 0.200  # written beyond what the device took: a device that restarts takes 125 ms at once
    block: float = 0.040  # written at a time: 25 wake-ups a second
    guard: float = 0.005  # beyond what the device took: not written again, it may be taken while we think
    fade: float = 0.004  # of starts, stops and second thoughts
    jump_fade: float = 0.020  # from one place of the film to another
    enough: float = 0.100  # decoded sound to begin with
    lost: float = 1.0  # sound that was interrupted and is this far off jumps at once: nobody hears that ...
    near: float = 10.0  # ... if the place is decoded, or so near that decoding on is as good as a seek
    idle: float = 0.25  # longest sleep while nothing is to be heard: notes of the device are collected this often
    waiting: float = 0.02  # sleep while sound should be heard and none is decoded, or the line is not settled
    patience: float = 2.0  # after which sound begins with a line that is not settled
    seamless: float = 0.005  # media time: a timeline that goes on within this needs no fade
    brief: float = 0.001  # two targets that differ for no longer are the same
    most_skew: float = 0.002  # between the DAC and room time, relative; beyond it is a clock's step, not a skew


@dataclass(frozen=True, slots=True)
class Row:
    """From sample `number` on the film is heard from `position` (in its samples; None: silence) at `speed`."""

    number: int
    position: float | None
    shift: float = 0.0
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What leaves the DAC at `at`: media time and asynchrony in s, speed as samples of the film a sample."""

    at: LocalTime
    media_time: float
    asynchrony: float
    speed: float


class SoundFeed:
    """Owned by the feeder's thread; only `seek_wanted_in` is read by others (an int, replaced whole)."""

    def __init__(
        self,
        sample_rate: int,
        store: SoundStore,
        ring: SoundRing,
        policy: FeedPolicy | None = None,
        sync_policy: SyncPolicy | None = None,
    ) -> None:
        self._rate = sample_rate
        self._store = store
        self._ring = ring
        self._policy = policy or FeedPolicy()
        self._sync_policy = sync_policy or SyncPolicy()
        self._sync = SyncState()
        self._voice = SoundVoice(store)
        self._is_speaking = False
        self._number = 0  # of the next sample to be written
        self._tail = np.zeros((0, 2), np.float32)  # what would have been heard: faded out under what is written next
        self._weights = fade(0)
        self._rows: deque[Row] = deque([Row(0, None)])
        self._target = Target()
        self._generation = -1
        self._line_generation = 0
        self._began: float | None = None
        self.line = PlayoutLine(sample_rate)
        self.seek_wanted_in = -2  # the generation that the controller wants to leave; -2: none
        self.complaint = ""  # why the controller gave up

    def forget_device(self) -> None:
        """Another device takes the samples from now on: nothing is known of its clock, and nobody has heard what the
        film would go on from."""
        self._ring.take_notes()
        self.line = replace(self.line.interrupted(), known_period=0.0)
        self._began = None
        self._cut(self._ring.taken, keep=False)

    def feed(self, target: Target, now: LocalTime) -> float:
        """Write what is missing; returns the time until the next call, s."""
        self.line = self.line.receive_notes(self._ring.take_notes())
        if not self.line.period:
            self._target = target
            return self._policy.waiting
        if self._began is None:
            self._began = now
        self._think_again(target)
        self._target = target
        guard = round(self._policy.guard * self._rate)
        taken = self._ring.taken
        if self._number < taken or not self._is_speaking:
            self._number = max(self._number, taken + guard)
        while len(self._rows) > 1 and self._rows[1].number < taken - self._rate:
            self._rows.popleft()
        goal = taken + round(self._policy.ahead * self._rate)
        delay: float | None = None
        while delay is None and goal - self._number >= self._policy.block * self._rate:
            delay = self._write_block(target, goal, now)
        return self._policy.block if delay is None else delay

    def playout_delay(self) -> float:
        """From a change of mind to the first sample that leaves the DAC otherwise, at worst, s; 0: not known yet."""
        newest = self.line.notes[-8:]
        if len(newest) < 2:
            return 0.0
        block = (newest[-1].sample - newest[0].sample) / (len(newest) - 1) * self.line.period
        return max(note.at - note.taken_at for note in newest) + block + self._policy.guard

    def heard(self, target: Target, now: LocalTime) -> Heard | None:
        """What leaves the DAC now, by the present line; None: silence, or it is not known."""
        if not self.line.is_settled or not self.line.period:
            return None
        number = self.line.sample_at(now)
        row = self._row_at(number)
        if row is None or row.position is None or number >= self._ring.taken:
            return None
        media_time = (row.position + (number - row.number) * row.speed + row.shift) / self._rate
        return Heard(now, media_time, media_time - target.media_time_at(now), row.speed)

    # -- second thoughts -----------------------------------------------------------------------------------------------

    def _think_again(self, target: Target) -> None:
        """Take back what was written and would be wrong."""
        taken = self._ring.taken
        generation = self._store.generation
        if generation != self._generation:
            self._generation = generation
            self._cut(taken, keep=False)
        if self.line.generation != self._line_generation and self.line.is_settled:
            self._line_generation = self.line.generation
            self._sync = sync.afresh(self._sync)
            self._cut(taken, keep=not self._is_lost(target, max(taken, self._number)))
        elif target is not self._target and taken < self._number:
            changed = self._first_difference(target, self.line.time_of(taken), self.line.time_of(self._number))
            if changed is not None:
                fading = round(self._policy.fade * self._rate)
                self._cut(math.ceil(self.line.sample_at(changed)) - fading, keep=True)

    def _is_lost(self, target: Target, number: int) -> bool:
        """Whether the voice is far from where the film is at a sample, and will soon have sound there."""
        at = LocalTime(self.line.time_of(number))
        wanted = target.media_time_at(at) * self._rate
        off = abs(self._voice.position - wanted) / self._rate
        is_near = 0.0 <= wanted - self._store.until <= self._policy.near * self._rate
        return off > self._policy.lost and (is_near or self._has_enough(wanted, target.timeline_at(at)))

    def _has_enough(self, wanted: float, timeline: Timeline) -> bool:
        """Whether sound can begin at a place."""
        return self._store.has(wanted, wanted + self._policy.enough * self._rate * max(1.0, timeline.rate))

    def _first_difference(self, target: Target, start: LocalTime, end: LocalTime) -> LocalTime | None:
        """The first instant from `start` to `end` from which the target says another thing than it did."""
        instants = [start]
        for each in (self._target, target):
            change = each.next_change(start)
            while change is not None and change < end:
                instants.append(change)
                change = each.next_change(LocalTime(change + 1e-6))
        for instant in sorted(instants):
            then = LocalTime(instant + self._policy.brief)
            before, after = self._target.timeline_at(then), target.timeline_at(then)
            if (before.state == "playing") != (after.state == "playing"):
                return instant
            if after.state == "playing":
                off = abs(self._target.media_time_at(then) - target.media_time_at(then))
                if before.rate != after.rate or off > self._policy.seamless:
                    return instant
        return None

    def _cut(self, number: int, *, keep: bool) -> None:
        """Go on from an earlier number, or from the first that can be changed. `keep`: the voice goes on from where
        it was there."""
        number = max(number, self._ring.taken + round(self._policy.guard * self._rate))
        if number < self._number:
            self._fade_from(self._ring.peek(number, round(self._policy.fade * self._rate)))
            row = self._row_at(number)
            while self._rows and self._rows[-1].number >= number:
                self._rows.pop()
            self._number = number
            self._is_speaking = row is not None and row.position is not None
            if row is not None and row.position is not None:
                self._voice.place(row.position + (number - row.number) * row.speed, row.speed)
        if not keep:
            self._is_speaking = False

    def _fade_from(self, tail: Samples) -> None:
        self._tail, self._weights = tail, fade(len(tail))

    def _row_at(self, number: float) -> Row | None:
        for row in reversed(self._rows):
            if row.number <= number:
                return row
        return None

    # -- one block -----------------------------------------------------------------------------------------------------

    def _write_block(self, target: Target, goal: int, now: LocalTime) -> float | None:
        """Write up to the next change of the timeline. None: go on; else nothing more for so long, s."""
        number = self._number
        at = LocalTime(self.line.time_of(number) + 1e-8)  # a change on this very sample is in force
        timeline = target.timeline_at(at)
        change = target.next_change(at)
        ends = goal + self._rate if change is None else max(number + 1, math.ceil(self.line.sample_at(change) - 1e-3))
        if timeline.state != "playing":
            return self._stand(target, at, ends, goal)
        stops = ends
        if change is not None and not self._goes_on(target, timeline, change):
            stops = ends - round(self._policy.fade * self._rate)
        if not self._is_speaking and not self._begin(target, timeline, at, stops, now):
            if number >= stops:
                self._skip(ends)
                return None
            self._store.advance(target.media_time_at(at) * self._rate)
            self._flush_tail()
            return self._policy.waiting
        if number >= stops:
            self._stop(ends - number, timeline)
            self._skip(ends)
            return None
        self._speak(target, timeline, at, min(stops - number, round(self._policy.block * self._rate)))
        return None

    def _goes_on(self, target: Target, timeline: Timeline, change: LocalTime) -> bool:
        """Whether the next timeline is heard as the same sound going on."""
        room_time = target.clock.room_time(change)
        following = target.timeline_at(LocalTime(change + 1e-8))
        off = following.media_time_at(room_time) - timeline.media_time_at(room_time)
        return following.state == "playing" and abs(off) <= self._policy.seamless

    def _stand(self, target: Target, at: LocalTime, ends: int, goal: int) -> float | None:
        if self._is_speaking:  # it was not known in time
            self._stop(round(self._policy.fade * self._rate), target.timeline_at(at))
        self._store.advance(target.media_time_at(at) * self._rate)
        self._flush_tail()
        if ends < goal:
            self._skip(ends)
            return None
        return min(self._policy.idle, max((ends - goal) / self._rate - self._policy.block, self._policy.waiting))

    def _begin(self, target: Target, timeline: Timeline, at: LocalTime, stops: int, now: LocalTime) -> bool:
        """Place the voice where the film is at `at`. False: not yet."""
        waited = 0.0 if self._began is None else now - self._began
        if self._number >= stops or not (self.line.is_settled or waited > self._policy.patience):
            return False
        wanted = target.media_time_at(at) * self._rate
        if not self._has_enough(wanted, timeline):
            return False
        self._place(wanted, timeline.rate)
        return True

    def _place(self, wanted: float, rate: float) -> None:
        self._voice.place(float(round(wanted)), rate)
        self._sync = sync.afresh(self._sync)
        self._is_speaking = True
        if not len(self._tail):
            self._fade_from(np.zeros((round(self._policy.fade * self._rate), 2), np.float32))

    def _speak(self, target: Target, timeline: Timeline, at: LocalTime, count: int) -> None:
        number = self._number
        ends_at = self.line.time_of(number + count)
        room_span = target.clock.room_time(ends_at) - target.clock.room_time(self.line.time_of(number))
        skew = room_span * self._rate / count - 1.0
        speed = timeline.rate * (1.0 + min(self._policy.most_skew, max(-self._policy.most_skew, skew)))
        is_stretched = timeline.rate != 1.0
        if self.line.is_settled:
            wanted = target.media_time_at(at)
            asynchrony = self._voice.position / self._rate - wanted
            self._sync, decision = sync.decide(self._sync_policy, self._sync, asynchrony, self.line.dispersion, at)
            match decision:
                case Hold(why):
                    self.complaint = why
                case Slew(factor):
                    speed *= factor
                case Stretch(factor):
                    speed *= factor
                    is_stretched = True
                case Seek():
                    self._seek(wanted * self._rate, count, timeline)
                case _:
                    assert_never(decision)
        if not self._store.has(self._voice.position, self._voice.needs(count, speed, is_stretched=is_stretched)):
            self._stop(round(self._policy.fade * self._rate), timeline)  # nothing decoded, or the end of the film
            self._flush_tail()
            return
        before, shift = self._voice.position, self._voice.shift
        samples = self._voice.make(count, speed, timeline.rate, is_stretched=is_stretched)
        row = Row(number, before, shift, (self._voice.position - before) / count)
        self._write(samples, row)
        self._store.advance(self._voice.position)

    def _seek(self, wanted: float, count: int, timeline: Timeline) -> None:
        """Jump to where the timeline is; if that is not decoded, ask the decoder to."""
        if self._has_enough(wanted, timeline):
            rate = timeline.rate
            fading = min(count, round(self._policy.jump_fade * self._rate))
            self._fade_from(self._voice.make(fading, rate, rate, is_stretched=rate != 1.0))
            self._place(wanted, timeline.rate)
        else:
            self.seek_wanted_in = self._generation

    def _stop(self, count: int, timeline: Timeline) -> None:
        """The voice ends within `count` samples."""
        if not len(self._tail):
            rate = timeline.rate
            self._fade_from(self._voice.make(count, rate, rate, is_stretched=rate != 1.0))
        self._tail, self._weights = self._tail[:count], self._weights[:count]
        self._is_speaking = False

    def _skip(self, number: int) -> None:
        """Silence until `number`."""
        self._flush_tail()
        if number > self._number:
            self._rows.append(Row(self._number, None))
            self._number = number

    def _flush_tail(self) -> None:
        """Let what was heard fade into silence."""
        if len(self._tail):
            self._write(np.zeros_like(self._tail), Row(self._number, None))

    def _write(self, samples: Samples, row: Row) -> None:
        count = min(len(samples), len(self._tail))
        if count:
            samples[:count] *= self._weights[:count]
            samples[:count] += self._tail[:count] * (1.0 - self._weights[:count])
            self._tail, self._weights = self._tail[count:], self._weights[count:]
        self._ring.write(self._number, samples, is_sounding=self._is_speaking)
        self._rows.append(row)
        self._number += len(samples)
