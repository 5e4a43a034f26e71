"""The film's sound at any speed, with its place counted."""

from __future__ import annotations

import numpy as np
import pytest

from player.core.resampling import Samples
from player.core.stretching import StretchPolicy
from player.media.sound_store import SoundStore
from player.media.sound_voice import SoundVoice

RATE = 48000
POLICY = StretchPolicy()


def film(frequency: float | None = None) -> Samples:
    """Four seconds: a tone, or noise that is like itself nowhere else."""
    if frequency is not None:
        wave = 0.5 * np.sin(2 * np.pi * frequency * np.arange(4 * RATE) / RATE)
    else:
        noise = np.random.default_rng(8).normal(0.0, 0.2, 4 * RATE)
        wave = np.convolve(noise, np.hanning(9) / 4, "same")
    return np.stack([wave, wave], axis=1).astype(np.float32)


def voice(recording: Samples) -> SoundVoice:
    store = SoundStore(RATE)
    store.begin(1, 0.0)
    for second in range(4):
        store.advance(second * RATE)
        store.put(1, second, recording[second * RATE : (second + 1) * RATE])
    return SoundVoice(store)


def test_at_the_films_own_speed_the_film_comes_out_untouched() -> None:
    recording = film()
    speaker = voice(recording)
    speaker.place(5000.0)
    assert np.array_equal(speaker.make(1000, 1.0, 1.0, is_stretched=False), recording[5000:6000])
    assert np.array_equal(speaker.make(37, 1.0, 1.0, is_stretched=False), recording[6000:6037])
    assert speaker.position == 6037.0


def test_a_slew_changes_its_speed_evenly_and_counts_its_place() -> None:
    speaker = voice(film(440.0))
    speaker.place(5000.0)
    first = speaker.make(1000, 1.004, 1.0, is_stretched=False)
    assert speaker.position == pytest.approx(5000 + 1000 * 1.002)
    second = speaker.make(1000, 1.004, 1.0, is_stretched=False)
    assert speaker.position == pytest.approx(5000 + 1000 * 1.002 + 1004)
    assert np.abs(np.diff(np.concatenate([first, second])[:, 0], 2)).max() < 0.0018


@pytest.mark.parametrize("speed", [0.8, 1.25])
def test_a_stretch_is_entered_and_left_without_a_click_and_without_losing_count(speed: float) -> None:
    speaker = voice(film(440.0))
    speaker.place(20000.0)
    made = [speaker.make(1920, 1.0, 1.0, is_stretched=False)]
    assert speaker.position == 21920.0
    made += [speaker.make(1920, speed, 1.0, is_stretched=True) for _ in range(10)]
    assert speaker.position == pytest.approx(21920 + 19200 * speed)
    counted = speaker.position
    made += [speaker.make(1920, 1.0, 1.0, is_stretched=False) for _ in range(3)]
    # what is left of the last piece and the way back run at the film's own speed
    assert speaker.position == pytest.approx(counted + 3 * 1920, abs=POLICY.search + POLICY.piece)
    wave = np.concatenate(made)[:, 0]
    assert len(wave) == 14 * 1920
    assert np.abs(np.diff(wave, 2)).max() < 0.003


def test_leaving_a_stretch_the_count_moves_once_by_what_the_join_was_shifted() -> None:
    speaker = voice(film())
    speaker.place(20000.0)
    for _ in range(5):
        speaker.make(1920, 1.25, 1.0, is_stretched=True)
    places = [speaker.position]
    for _ in range(60):
        speaker.make(60, 1.0, 1.0, is_stretched=False)
        places.append(speaker.position)
    moves = [move for move in np.diff(places) - 60 if abs(move) > 1.0]
    assert len(moves) == 1
    assert abs(moves[0]) <= POLICY.search + 1


def test_after_a_stretch_the_place_that_is_counted_is_the_one_that_is_heard() -> None:
    recording = film()
    speaker = voice(recording)
    speaker.place(20000.0)
    for _ in range(5):
        speaker.make(1920, 1.25, 1.0, is_stretched=True)
    for _ in range(3):
        speaker.make(1920, 1.0, 1.0, is_stretched=False)
    assert speaker.shift == 0.0
    place = speaker.position
    assert place.is_integer()
    assert np.array_equal(speaker.make(100, 1.0, 1.0, is_stretched=False), recording[int(place) : int(place) + 100])


def test_a_stretch_from_between_two_samples_does_not_click() -> None:
    speaker = voice(film(440.0))
    speaker.place(20000.0)
    made = [speaker.make(1001, 1.003, 1.0, is_stretched=False)]
    assert not speaker.position.is_integer()
    made.append(speaker.make(4000, 1.2, 1.0, is_stretched=True))
    assert np.abs(np.diff(np.concatenate(made)[:, 0], 2)).max() < 0.003


def test_what_is_made_needs_no_more_than_was_said() -> None:
    recording = film()
    for speed, is_stretched in ((1.0, False), (1.005, False), (1.25, True), (4.0, True)):
        speaker = voice(recording)
        speaker.place(20000.0, speed)
        whole = speaker.make(1920, speed, speed, is_stretched=is_stretched)
        cut = voice(recording)
        cut.place(20000.0, speed)
        ends = int(cut.needs(1920, speed, is_stretched=is_stretched))
        cut = voice(np.concatenate([recording[:ends], np.zeros((4 * RATE - ends, 2), np.float32)]))
        cut.place(20000.0, speed)
        assert np.array_equal(cut.make(1920, speed, speed, is_stretched=is_stretched), whole)


def test_placing_forgets_what_was_made() -> None:
    recording = film()
    speaker = voice(recording)
    speaker.place(20000.0)
    speaker.make(500, 1.25, 1.0, is_stretched=True)
    speaker.place(1000.0)
    assert (speaker.position, speaker.shift) == (1000.0, 0.0)
    assert np.array_equal(speaker.make(100, 1.0, 1.0, is_stretched=False), recording[1000:1100])
