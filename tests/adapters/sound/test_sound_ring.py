"""Between feeder and device: by number, replaceable until taken, counted underruns, told what leaves when."""

from __future__ import annotations

import numpy as np
import pytest

from player.core.playout_line import Note, PlayoutLine
from player.core.resampling import Samples
from player.media.sound_ring import MOST_NOTES, SIZE, SoundRing
from server.core.timeline import LocalTime


def numbered(first: int, count: int) -> Samples:
    """Samples within full scale that say their own number."""
    numbers = (np.arange(first, first + count) % 30000 + 1).astype(np.float32) / 32768
    return np.stack([numbers, -numbers], axis=1)


def take(ring: SoundRing, count: int, *, at: float = 0.0, is_after_underrun: bool = False) -> Samples:
    out = np.full((count, 2), np.nan, np.float32)
    ring.take(out, at, at + 0.1, is_after_underrun)
    return out


def write(ring: SoundRing, first: int, count: int, *, is_sounding: bool = True) -> None:
    ring.write(first, numbered(first, count), is_sounding=is_sounding)


def test_what_is_written_is_taken_in_order_over_any_number_of_rounds() -> None:
    ring = SoundRing()
    for first in range(0, 3 * SIZE, 7000):
        write(ring, first, 7000)
        assert np.array_equal(take(ring, 7000), numbered(first, 7000))
    assert ring.underruns == 0
    assert ring.taken == ring.written >= 3 * SIZE


def test_second_thoughts_replace_all_that_was_written_from_there_on() -> None:
    ring = SoundRing()
    write(ring, 0, 5000)
    ring.write(2000, np.zeros((100, 2), np.float32), is_sounding=False)
    assert ring.written == 2100
    out = take(ring, 3000)
    assert np.array_equal(out[:2000], numbered(0, 2000))
    assert not out[2000:].any()


def test_what_the_device_has_taken_meanwhile_is_past() -> None:
    ring = SoundRing()
    write(ring, 0, 1000)
    take(ring, 1000)
    write(ring, 500, 1000)
    assert ring.written == 1500
    assert np.array_equal(take(ring, 500), numbered(1000, 500))
    ring.write(0, numbered(0, 100), is_sounding=False)
    assert ring.written == ring.taken == 1500


def test_what_was_left_out_is_silence_not_what_was_there_a_round_before() -> None:
    ring = SoundRing()
    write(ring, 0, SIZE)
    take(ring, SIZE)
    write(ring, SIZE + 300, 100)
    out = take(ring, 400)
    assert not out[:300].any()
    assert np.array_equal(out[300:], numbered(SIZE + 300, 100))


def test_a_gap_longer_than_the_ring_is_silence_everywhere() -> None:
    ring = SoundRing()
    write(ring, 0, SIZE)
    take(ring, 1000)
    ring.write(3 * SIZE, np.zeros((1, 2), np.float32), is_sounding=False)
    assert not take(ring, SIZE - 1000).any()


def test_what_is_written_can_be_looked_at() -> None:
    ring = SoundRing()
    write(ring, 0, SIZE - 100)
    take(ring, SIZE - 100)
    write(ring, SIZE - 100, 300)
    seen = ring.peek(SIZE - 50, 400)
    assert np.array_equal(seen[:250], numbered(SIZE - 50, 250))
    assert not seen[250:].any()
    assert not ring.peek(SIZE + 5000, 10).any()


def test_running_dry_counts_only_while_more_was_to_come() -> None:
    ring = SoundRing()
    take(ring, 100)
    assert ring.underruns == 0
    write(ring, 100, 100)
    take(ring, 150)
    assert ring.underruns == 1
    write(ring, 250, 100, is_sounding=False)
    take(ring, 150)
    assert ring.underruns == 1
    take(ring, 10, is_after_underrun=True)
    assert ring.underruns == 2


def test_notes_say_which_sample_leaves_when_and_are_bounded() -> None:
    ring = SoundRing()
    take(ring, 100, at=7.0)
    take(ring, 100, at=8.0, is_after_underrun=True)
    assert ring.take_notes() == (Note(0, 7.1, 7.0, False), Note(100, 8.1, 8.0, True))
    assert ring.take_notes() == ()
    for _ in range(MOST_NOTES + 5):
        take(ring, 10)
    notes = ring.take_notes()
    assert len(notes) == MOST_NOTES
    assert notes[-1].sample == ring.taken - 10


def test_nothing_louder_than_full_scale_leaves() -> None:
    ring = SoundRing()
    ring.write(0, np.array([[3.0, -3.0]] * 100, np.float32), is_sounding=True)
    assert take(ring, 100).tolist() == [[1.0, -1.0]] * 100


# -- the voices are told when a block leaves ---------------------------------------------------------------------------


class Told:
    """Voices that say nothing."""

    def __init__(self) -> None:
        self.leaves_at: list[float] = []

    def mix(self, out: Samples, leaves_at: LocalTime) -> None:
        self.leaves_at.append(leaves_at)


def test_voices_are_told_by_the_line_and_by_the_device_where_it_contradicts() -> None:
    ring, told = SoundRing(), Told()
    ring.mixer.set_voices(told)
    notes = tuple(Note(480 * i, 5.0 + 0.01 * i, 4.9 + 0.01 * i) for i in range(20))
    take(ring, 480, at=4.903)
    line = PlayoutLine(48000).receive_notes(notes)
    assert line.is_settled
    ring.line = line
    take(ring, 480, at=4.912)  # the device's word is 2 ms off
    take(ring, 480, at=6.0)  # it has begun anew
    take(ring, 480, at=4.93, is_after_underrun=True)
    take(ring, 480, at=4.943)
    assert told.leaves_at == pytest.approx([5.003, 5.01, 6.1, 5.03, 5.043], abs=3e-4)
