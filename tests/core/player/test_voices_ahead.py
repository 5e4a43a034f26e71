"""How far ahead voices are written."""

from __future__ import annotations

import pytest

from player.core.voices_ahead import Ahead, AheadPolicy, came_late, end_of, look
from server.core.timeline import LocalTime

POLICY = AheadPolicy()
MARGIN = round(POLICY.margin * 48_000)


class Writer:
    """Looks each 10 ms at a device that takes a block at a time."""

    def __init__(self, block: int) -> None:
        self.block, self.state, self.now, self.taken, self.written, self.missed = block, Ahead(), 7.0, 0, 0, 0

    def run(self, seconds: float, wakes: float = 0.010, is_taking: bool = True) -> None:
        ends = self.now + seconds
        next_look = next_take = self.now
        while self.now < ends:
            self.now += 0.001
            if is_taking and self.now >= next_take:
                if self.taken + self.block > self.written:
                    self.missed += 1
                self.taken += self.block
                next_take += self.block / 48_000
            if self.now >= next_look:
                self.state = look(POLICY, self.state, self.taken, LocalTime(self.now))
                if self.taken > self.written:
                    self.state = came_late(POLICY, self.state)
                self.written = max(self.written, end_of(POLICY, self.state, LocalTime(self.now)))
                next_look += wakes


@pytest.mark.parametrize("block", [240, 480, 1024, 1200, 2400])
def test_a_regular_device_misses_nothing_after_its_first_blocks(block: int) -> None:
    writer = Writer(block)
    writer.run(1.0)
    writer.missed = 0
    writer.run(10.0)
    assert writer.missed == 0
    assert writer.written - writer.taken <= 2 * block + 480 + 3 * MARGIN


def test_who_is_late_gets_more_room_and_gives_it_back_slowly() -> None:
    writer = Writer(480)
    writer.run(1.0)
    usual = writer.state.margin
    writer.run(5.0, wakes=0.045)
    assert writer.state.margin > usual
    writer.missed = 0
    writer.run(5.0, wakes=0.045)
    assert writer.missed <= 1
    wide = writer.state.margin
    writer.run(20.0)
    assert writer.state.margin < wide
    writer.run(200.0)
    assert writer.state.margin == POLICY.margin


def test_there_is_an_end_to_it() -> None:
    state = Ahead()
    for _ in range(100):
        state = came_late(POLICY, state)
    assert state.margin == POLICY.most_margin


def test_without_a_device_time_itself_takes() -> None:
    state = look(POLICY, Ahead(), 0, LocalTime(7.0))
    assert state.is_standing(POLICY, LocalTime(7.0))
    assert end_of(POLICY, state, LocalTime(7.0)) == MARGIN
    writer = Writer(480)
    writer.run(1.0)
    writer.run(2.0, is_taking=False)
    assert writer.state.is_standing(POLICY, LocalTime(writer.now))
    went_on = writer.written - writer.taken
    assert went_on == pytest.approx(2.0 * 48_000, abs=2400)


def test_a_device_that_comes_back_has_its_own_numbers() -> None:
    writer = Writer(480)
    writer.run(1.0)
    writer.run(2.0, is_taking=False)
    state = look(POLICY, writer.state, writer.taken + 480, LocalTime(writer.now))
    assert 0 < end_of(POLICY, state, LocalTime(writer.now)) - (writer.taken + 480) <= 2 * MARGIN
    state = look(POLICY, state, 0, LocalTime(writer.now + 0.01))
    assert 0 < end_of(POLICY, state, LocalTime(writer.now + 0.01)) <= 2 * MARGIN


def test_one_large_block_is_forgotten() -> None:
    writer = Writer(480)
    writer.run(1.0)
    writer.taken += 2400
    writer.run(0.1)
    assert writer.state.block >= 2400
    writer.run(3.0)
    assert writer.state.block <= 960
