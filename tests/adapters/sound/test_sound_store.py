"""Decoded sound on its way: every sample by its number, a bounded lead, gaps and overlaps, a past."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from player.core.resampling import Samples
from player.media.sound_store import MOST_AHEAD, RESUMED_BELOW, SIZE, TOLERANCE, SoundStore
from tests.fakes.waiting import wait_until

RATE = 48000


def numbered(first: int, count: int) -> Samples:
    """Samples that say their own number."""
    numbers = np.arange(first, first + count, dtype=np.float32)
    return np.stack([numbers, -numbers], axis=1)


def store(media_time: float = 0.0) -> SoundStore:
    made = SoundStore(RATE)
    made.begin(1, media_time)
    return made


def put(made: SoundStore, first: int, count: int, *, off: float = 0.0) -> bool:
    return made.put(1, first / RATE + off, numbered(first, count))


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


# -- places ------------------------------------------------------------------------------------------------------------


def test_samples_are_found_by_number_and_beyond_is_silence() -> None:
    made = store(2.0)
    assert put(made, 96000, 1000)
    assert np.array_equal(made.read(96100, 50), numbered(96100, 50))
    around = made.read(95990, 1020)
    assert not around[:10].any()
    assert not around[1010:].any()
    assert np.array_equal(around[10:1010], numbered(96000, 1000))


def test_chunks_are_placed_by_count_however_their_times_are_rounded() -> None:
    made = store()
    for chunk in range(20):
        first = chunk * 1024
        rounded = round(first / RATE, 3) - first / RATE  # as Matroska does
        assert put(made, first, 1024, off=rounded)
    assert np.array_equal(made.read(0, 20 * 1024), numbered(0, 20 * 1024))


def test_a_real_gap_is_silence_and_known() -> None:
    made = store()
    put(made, 0, 1000)
    put(made, 10000, 1000)
    assert made.has(0, 11000)
    assert not made.read(1000, 9000).any()
    assert np.array_equal(made.read(10000, 1000), numbered(10000, 1000))


def test_an_overlap_is_cut() -> None:
    made = store()
    put(made, 0, 5000)
    put(made, 3000, 5000)
    assert np.array_equal(made.read(0, 8000), numbered(0, 8000))


def test_a_gap_within_the_tolerance_is_none() -> None:
    made = store()
    put(made, 0, 1000)
    made.put(1, 1000 / RATE + 0.9 * TOLERANCE, numbered(1000, 1000))
    assert np.array_equal(made.read(0, 2000), numbered(0, 2000))


def test_what_lies_before_the_place_that_was_sought_is_cut() -> None:
    made = store(1.0)
    put(made, 47000, 2000)
    assert not made.read(47000, 1000).any()
    assert np.array_equal(made.read(48000, 1000), numbered(48000, 1000))


def test_the_first_chunk_is_placed_by_its_time_even_near_the_place() -> None:
    made = store(1.0)
    put(made, 48100, 1000)
    assert not made.read(48000, 100).any()
    assert np.array_equal(made.read(48100, 1000), numbered(48100, 1000))


def test_the_past_is_kept_until_it_is_overwritten() -> None:
    made = store()
    for second in range(7):
        made.advance(second * RATE)
        put(made, second * RATE, RATE)
    assert made.has(2 * RATE, 7 * RATE)
    assert np.array_equal(made.read(2 * RATE, RATE), numbered(2 * RATE, RATE))
    assert not made.has(0, RATE)
    assert not made.read(0, RATE).any()


def test_a_gap_longer_than_all_that_is_kept_leaves_only_silence_behind() -> None:
    made = store()
    put(made, 0, 1000)
    made.advance(SIZE * 3)
    put(made, SIZE * 3, 1000)
    assert not made.read(SIZE * 3 - 2000, 2000).any()
    assert np.array_equal(made.read(SIZE * 3, 1000), numbered(SIZE * 3, 1000))


# -- what is known -----------------------------------------------------------------------------------------------------


def test_what_is_here_and_what_is_not_yet() -> None:
    made = store(1.0)
    put(made, 48000, 1000)
    assert made.until == 49000
    assert made.has(48000, 49000)
    assert not made.has(48000, 49001)
    assert not made.has(47000, 48500)


def test_beyond_the_end_of_the_film_is_known_silence() -> None:
    made = store()
    put(made, 0, 1000)
    assert made.end_of_film() is None
    made.end(0)  # of another generation
    assert made.end_of_film() is None
    made.end(1)
    assert made.end_of_film() == 1000 / RATE
    assert made.has(500, 5000)
    assert not made.has(1000, 5000)  # there is nothing to begin with


def test_a_new_place_forgets_everything() -> None:
    made = store()
    put(made, 0, 1000)
    made.end(1)
    made.begin(2, 10.0)
    assert made.generation == 2
    assert made.end_of_film() is None
    assert not made.has(0, 10)
    assert made.put(1, 10.0, numbered(480000, 10)) is False
    assert made.put(2, 10.0, numbered(480000, 10)) is True
    assert np.array_equal(made.read(480000, 10), numbered(480000, 10))


# -- the lead ----------------------------------------------------------------------------------------------------------


def fill(made: SoundStore) -> tuple[threading.Thread, list[bool]]:
    """A decoder that puts ten seconds, and what it was told."""
    told: list[bool] = []
    return in_thread(lambda: told.extend(put(made, first, 1000) for first in range(0, 480000, 1000))), told


def test_a_decoder_waits_when_it_is_far_enough_ahead_and_goes_on_in_bursts() -> None:
    made = store()
    thread, told = fill(made)
    full = MOST_AHEAD * RATE - 1000
    wait_until(lambda: made.ahead() * RATE >= full)
    made.advance(RATE * (MOST_AHEAD - RESUMED_BELOW) / 2)
    assert made.until <= MOST_AHEAD * RATE
    made.advance(RATE)
    wait_until(lambda: made.ahead() * RATE >= full)
    made.advance(480000)
    thread.join(10)
    assert told == [True] * 480
    assert made.ahead() == 0.0


def test_one_long_chunk_does_not_overrun_the_lead() -> None:
    made = store()
    thread = in_thread(lambda: put(made, 0, 4 * RATE))
    wait_until(lambda: made.ahead() > 1.0)
    assert made.until <= MOST_AHEAD * RATE
    made.advance(4 * RATE)
    thread.join(10)
    assert np.array_equal(made.read(3 * RATE, RATE), numbered(3 * RATE, RATE))


def test_a_chunk_that_waits_beyond_a_gap_makes_the_gap_known() -> None:
    made = store()
    put(made, 0, 1000)
    thread = in_thread(lambda: put(made, 3 * RATE, 1000))
    wait_until(lambda: made.until == 3 * RATE)
    assert made.has(1000, 3 * RATE)
    made.advance(3 * RATE)
    thread.join(10)
    assert np.array_equal(made.read(3 * RATE, 1000), numbered(3 * RATE, 1000))


@pytest.mark.parametrize("let_go", [lambda made: made.begin(2, 0.0), lambda made: made.close()], ids=["seek", "close"])
def test_a_waiting_decoder_is_let_go(let_go: Callable[[SoundStore], None]) -> None:
    made = store()
    thread, told = fill(made)
    wait_until(lambda: made.ahead() * RATE >= MOST_AHEAD * RATE - 1000)
    let_go(made)
    thread.join(10)
    assert told[-1] is False
    assert put(made, 0, 10) is False
