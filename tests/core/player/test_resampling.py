"""Sound between its samples: how large the error is, and that positions are what was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from player.core.resampling import (
    AFTER,
    BEFORE,
    ROWS_AT_ONCE,
    Samples,
    interpolate,
    position_after,
    positions_of,
)

RATE = 48000


def sine(frequency: float, count: int) -> Samples:
    wave = np.sin(2 * np.pi * frequency * np.arange(count) / RATE)
    return np.stack([wave, 0.5 * wave], axis=1).astype(np.float32)


def level(error: np.ndarray, signal: np.ndarray) -> float:
    """dB."""
    return 10 * float(np.log10(np.mean(np.square(error)) / np.mean(np.square(signal))))


@pytest.mark.parametrize("frequency", [100, 1000, 5000, 10000, 15000, 19000])
def test_the_error_is_below_what_can_be_heard(frequency: int) -> None:
    recording = sine(frequency, 12000)
    positions = np.sort(np.random.default_rng(frequency).uniform(BEFORE, 12000 - AFTER - 2, 5000))
    expected = np.sin(2 * np.pi * frequency * positions / RATE)
    error = level(interpolate(recording, positions)[:, 0] - expected, expected)
    print(f"{frequency} Hz at random positions: {error:.1f} dB")
    assert error < -90


@pytest.mark.parametrize("speed", [0.995, 1.00008, 1.005])
def test_a_slewed_tone_is_a_tone(speed: float) -> None:
    """What is left beside the tone at its new pitch, over joins of blocks and of rows."""
    recording = sine(997, 60000)
    first, made = float(BEFORE), []
    for _ in range(20):
        made.append(interpolate(recording, positions_of(first, speed, speed, 2500)))
        first = position_after(first, speed, speed, 2500)
    wave = np.concatenate(made)[:, 0].astype(np.float64)
    expected = np.sin(2 * np.pi * 997 * (BEFORE + speed * np.arange(len(wave))) / RATE)
    error = level(wave - expected, expected)
    print(f"speed {speed}: {error:.1f} dB")
    assert error < -90


def test_at_whole_positions_the_recording_comes_back() -> None:
    recording = np.random.default_rng(1).normal(0.0, 0.2, (3000, 2)).astype(np.float32)
    smooth = np.apply_along_axis(lambda channel: np.convolve(channel, np.hanning(9) / 4, "same"), 0, recording)
    positions = np.arange(100, 2500, dtype=np.float64)
    assert np.abs(interpolate(smooth.astype(np.float32), positions) - smooth[100:2500]).max() < 3e-5


def test_a_constant_stays_what_it_is() -> None:
    recording = np.full((500, 2), 0.25, np.float32)
    positions = np.random.default_rng(2).uniform(BEFORE, 480, 200)
    assert interpolate(recording, np.sort(positions)) == pytest.approx(0.25, abs=1e-6)


def test_channels_do_not_mix() -> None:
    recording = sine(440, 500)
    recording[:, 1] = 0.0
    values = interpolate(recording, np.arange(50, 400, dtype=np.float64) + 0.37)
    assert np.abs(values[:, 0]).max() > 0.9
    assert not values[:, 1].any()


def test_long_blocks_are_made_of_the_same_samples_as_short_ones() -> None:
    recording = sine(3000, 3 * ROWS_AT_ONCE)
    positions = BEFORE + 1.0003 * np.arange(2 * ROWS_AT_ONCE + 5)
    whole = interpolate(recording, positions)
    parts = [interpolate(recording, positions[start : start + 100]) for start in range(0, len(positions), 100)]
    assert np.abs(whole - np.concatenate(parts)).max() < 1e-6


def test_no_more_of_the_recording_is_needed_than_is_said() -> None:
    recording = sine(440, 400)
    positions = np.array([100.0, 150.999])
    part = recording[100 - BEFORE : 150 + AFTER + 1]
    assert np.array_equal(interpolate(part, positions - (100 - BEFORE)), interpolate(recording, positions))


# -- positions ---------------------------------------------------------------------------------------------------------


def test_speed_changes_evenly_over_a_block_and_goes_on_without_a_step() -> None:
    first = positions_of(10.0, 1.0, 1.004, 1000)
    middle = position_after(10.0, 1.0, 1.004, 1000)
    second = positions_of(middle, 1.004, 1.004, 1000)
    steps = np.diff(np.concatenate([first, second]))
    assert steps[0] == pytest.approx(1.0, abs=1e-5)
    assert steps[-1] == pytest.approx(1.004, abs=1e-9)
    assert np.abs(np.diff(steps)).max() < 5e-6


def test_positions_are_counted_not_summed() -> None:
    assert position_after(0.0, 1.0, 1.0, 48000) == 48000.0
    assert positions_of(7.25, 1.0, 1.0, 4).tolist() == [7.25, 8.25, 9.25, 10.25]
