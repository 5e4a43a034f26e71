"""A piece of a voice made shorter or longer, and joins."""

from __future__ import annotations

import numpy as np
import pytest

from player.core.voice_stretch import Sound, VoiceStretchPolicy, cut_of, joined, lengthened, loudness, shortened

POLICY = VoiceStretchPolicy()


def vowel(pitch: float, count: int = 960) -> Sound:
    phase = 2 * np.pi * pitch * np.arange(count) / 48_000
    return (0.2 * sum(np.sin(n * phase + n) / n for n in range(1, 12))).astype(np.float32)


def corner(sound: Sound) -> float:
    """The largest step from one sample to the next."""
    return float(np.abs(np.diff(sound)).max())


@pytest.mark.parametrize("pitch", [70.0, 110.0, 163.0, 220.0, 340.0])
def test_a_vowel_is_cut_by_whole_periods(pitch: float) -> None:
    sound = vowel(pitch)
    cut = cut_of(POLICY, sound, 960, must=False)
    periods = cut * pitch / 48_000
    assert POLICY.least <= cut <= POLICY.most
    assert abs(periods - round(periods)) < 0.03
    shorter, longer = shortened(POLICY, sound, cut), lengthened(POLICY, sound, cut)
    assert len(shorter) == 960 - cut
    assert len(longer) == 960 + cut
    going_on = vowel(pitch, 2000)
    assert np.abs(shorter - going_on[: len(shorter)]).max() < 0.05
    assert np.abs(longer - going_on[: len(longer)]).max() < 0.15  # the second one begins a little beside
    assert corner(shorter) < 1.3 * corner(sound)
    assert corner(longer) < 1.3 * corner(sound)


def test_ends_are_kept_so_that_neighbours_fit() -> None:
    sound = vowel(130.0)
    cut = cut_of(POLICY, sound, 960, must=False)
    for piece in (shortened(POLICY, sound, cut), lengthened(POLICY, sound, cut)):
        assert piece[0] == pytest.approx(sound[0], abs=0.01)
        assert piece[-1] == sound[-1]


def test_noise_is_cut_only_if_it_must_be() -> None:
    noise = np.random.default_rng(3).normal(0.0, 0.1, 960).astype(np.float32)
    assert cut_of(POLICY, noise, 960, must=False) == 0
    assert POLICY.least <= cut_of(POLICY, noise, 960, must=True) <= POLICY.most


def test_silence_is_cut_as_much_as_can_be() -> None:
    assert cut_of(POLICY, np.zeros(960, np.float32), 960, must=False) == POLICY.most
    assert len(shortened(POLICY, np.zeros(960, np.float32), POLICY.most)) == 240


def test_no_more_is_cut_than_was_wanted() -> None:
    assert cut_of(POLICY, np.zeros(960, np.float32), 300, must=False) == 300
    assert cut_of(POLICY, vowel(100.0), 300, must=False) == 0  # its period is 480
    assert 0 < cut_of(POLICY, vowel(100.0), 300, must=True) <= 300
    assert cut_of(POLICY, vowel(100.0), 100, must=True) == 0


def test_what_is_too_short_stays() -> None:
    assert cut_of(POLICY, vowel(100.0, 480), 960, must=True) == 0


def test_joins_have_no_corner() -> None:
    before, after = vowel(90.0)[300:], vowel(200.0)[100:]
    result = joined(POLICY, before, after)
    assert result[0] == pytest.approx(before[0], abs=0.01)
    assert np.array_equal(result[240:], after[240:])
    from_silence = joined(POLICY, np.zeros(0, np.float32), after)
    assert abs(from_silence[0]) < 1e-3
    assert len(joined(POLICY, before, after[:100])) == 100


def test_loudness() -> None:
    assert loudness(np.zeros(0, np.float32)) == 0.0
    assert loudness(np.full(100, 0.5, np.float32)) == pytest.approx(0.5)
