"""How far ahead voices are written."""

from __future__ import annotations

import pytest

from player.core.voices_ahead import Ahead, AheadPolicy, came_late, end_of, look
from server.core.timeline import LocalTime

POLICY = AheadPolicy()


class Writer:
    """Looks each 10 ms at a device that takes a block at a time and has a latency of its own besides."""

    def __init__(self, block: int, latency: float = 0.02) -> None:
        self.block, self.latency, self.state = block, latency, Ahead()
        self.start = self.now = self.next_take = 7.0
        self.taken = self.written = self.missed = 0
        self.ends: list[int] = []

    def run(self, seconds: float, wakes: float = 0.010, is_taking: bool = True) -> None:
        ends = self.now + seconds
        next_look = self.now
        while self.now < ends:
            self.now += 0.001
            if is_taking and self.now >= self.next_take:
                self.missed += self.taken + self.block > self.written
                self.taken += self.block
                self.next_take += self.block / 48_000
            if self.now >= next_look:
                playing = round((self.now - self.start - self.latency) * 48_000)
                self.state = look(POLICY, self.state, self.taken, playing, LocalTime(self.now))
                if self.taken > self.written:
                    self.state = came_late(POLICY, self.state)
                self.written = max(self.written, end_of(self.state))
                self.ends.append(end_of(self.state))
                next_look += wakes


@pytest.mark.parametrize("block", [240, 480, 1024, 1200, 2400])
def test_a_regular_device_misses_nothing_after_its_first_blocks(block: int) -> None:
    writer = Writer(block)
    writer.run(1.0)
    writer.missed = 0
    writer.run(10.0)
    assert writer.missed == 0
    assert writer.written - writer.taken <= block + 480 + 2 * POLICY.margin * 48_000


def test_voices_are_made_evenly_whatever_blocks_the_device_takes() -> None:
    writer = Writer(2400)
    writer.run(3.0)
    steps = [later - sooner for sooner, later in zip(writer.ends[100:], writer.ends[101:], strict=False)]
    assert max(abs(step - 480) for step in steps) <= 60


def test_who_is_late_gets_more_room_and_gives_it_back_slowly() -> None:
    writer = Writer(480)
    writer.run(1.0)
    usual = writer.state.margin
    writer.run(5.0, wakes=0.045)
    wide = writer.state.margin
    assert wide > usual
    writer.missed = 0
    writer.run(5.0, wakes=0.045)
    assert writer.missed <= 1
    writer.run(200.0)
    assert writer.state.margin == pytest.approx(POLICY.margin, abs=0.001)


def test_there_is_an_end_to_it() -> None:
    state = Ahead()
    for _ in range(100):
        state = came_late(POLICY, state)
    assert state.margin == POLICY.most_margin


def test_without_a_device_the_line_goes_on() -> None:
    state = look(POLICY, Ahead(), 0, 96_000, LocalTime(7.0))
    assert state.is_standing(POLICY, LocalTime(7.0))
    assert end_of(state) == 96_000 + POLICY.margin * 48_000
    writer = Writer(480)
    writer.run(1.0)
    writer.run(2.0, is_taking=False)
    assert writer.state.is_standing(POLICY, LocalTime(writer.now))
    assert writer.written - writer.taken == pytest.approx(2.0 * 48_000, abs=2400)


def test_a_device_that_comes_back_has_another_line() -> None:
    writer = Writer(480)
    writer.run(1.0)
    writer.run(2.0, is_taking=False)
    taken = writer.taken + 480
    state = look(POLICY, writer.state, taken, taken - 9600, LocalTime(writer.now))
    assert 0 < end_of(state) - taken <= 2 * POLICY.margin * 48_000
    state = look(POLICY, state, 0, -4800, LocalTime(writer.now + 0.01))
    assert 0 < end_of(state) <= 2 * POLICY.margin * 48_000


def test_what_a_device_was_ahead_once_is_forgotten() -> None:
    writer = Writer(480)
    writer.run(1.0)
    usual = end_of(writer.state) - writer.state.playing
    writer.state = look(POLICY, writer.state, writer.taken + 4800, writer.state.playing, LocalTime(writer.now))
    assert end_of(writer.state) - writer.state.playing >= usual + 4000
    writer.state = Ahead(**{**{name: getattr(writer.state, name) for name in Ahead.__slots__}, "taken": writer.taken})
    writer.run(4.0)
    assert end_of(writer.state) - writer.state.playing <= usual + 480


def test_an_absurd_device_is_not_followed_beyond_the_ring() -> None:
    state = look(POLICY, Ahead(), 48_000_000, 0, LocalTime(7.0))
    assert end_of(state) <= 32_768
