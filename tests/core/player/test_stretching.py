"""Playing faster or slower: where pieces begin, where they are joined, and what the joined pieces sound like."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.resampling import Samples
from player.core.stretching import StretchPolicy, best_shift, fade, next_piece

RATE = 48000
POLICY = StretchPolicy()


def stereo(wave: np.ndarray) -> Samples:
    return np.stack([wave, wave], axis=1).astype(np.float32)


def sine(frequency: float, seconds: float) -> Samples:
    return stereo(0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE))


def noise(seconds: float, seed: int = 3) -> Samples:
    wave = np.random.default_rng(seed).normal(0.0, 0.2, round(seconds * RATE))
    return stereo(np.convolve(wave, np.hanning(9) / 4, "same"))


def stretched(film: Samples, speed: float, rate: float, start: int = 4000) -> tuple[Samples, list[int]]:
    """The film from `start` on at a speed, made as a player makes it, and by how much each piece was shifted."""
    made: list[Samples] = []
    position, place, shifts = float(start), start, []
    while position + 3 * POLICY.piece * speed < len(film) - 4 * POLICY.piece:
        piece = next_piece(POLICY, position, speed, rate)
        wanted = round(piece.wanted)
        out = film[place : place + POLICY.join]
        shift = best_shift(POLICY, out, film[wanted - POLICY.search : wanted + POLICY.search + POLICY.join])
        begins = wanted + shift
        part = film[begins : begins + piece.length].copy()
        weights = fade(POLICY.join)
        part[: POLICY.join] = part[: POLICY.join] * weights + out * (1.0 - weights)
        made.append(part)
        shifts.append(shift)
        place = begins + piece.length
        position += piece.length * speed
    return np.concatenate(made), shifts


def pitch(sound: Samples) -> float:
    """The strongest frequency, Hz."""
    wave = sound[:, 0].astype(np.float64) * np.hanning(len(sound))
    spectrum = np.abs(np.fft.rfft(wave, 1 << 19))
    return float(np.argmax(spectrum)) * RATE / (1 << 19)


# -- the sound ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [0.25, 0.5, 0.8, 1.25, 2.0, 4.0])
@pytest.mark.parametrize("frequency", [110.0, 440.0, 1000.0])
def test_the_pitch_is_kept(speed: float, frequency: float) -> None:
    sound, _ = stretched(sine(frequency, 1.0 + speed), speed, speed)
    assert pitch(sound) == pytest.approx(frequency, rel=0.004)


@pytest.mark.parametrize("speed", [0.25, 0.8, 1.25, 2.0, 4.0])
def test_a_tone_has_neither_clicks_nor_dips(speed: float) -> None:
    sound, _ = stretched(sine(440.0, 1.0 + speed), speed, speed)
    wave = sound[:, 0]
    steepest = 0.5 * 2 * np.pi * 440 / RATE
    assert np.abs(np.diff(wave)).max() < 1.1 * steepest
    assert np.abs(np.diff(wave, 2)).max() < 0.003  # a corner of 1 % of the level
    loudness = np.sqrt(np.convolve(wave**2, np.ones(480) / 480, "valid"))
    assert loudness.min() > 0.9 * 0.5 / np.sqrt(2)


@pytest.mark.parametrize("speed", [0.25, 0.5, 0.8, 0.96, 1.04, 1.25, 2.0, 4.0])
def test_the_length_is_right_and_no_place_is_far_from_where_it_should_be(speed: float) -> None:
    film = noise(2.0 + speed)
    sound, shifts = stretched(film, speed, speed)
    for second in np.arange(0.2, len(sound) / RATE - 0.2, 0.3):
        heard = sound[round(second * RATE) : round(second * RATE) + 600, 0]
        should_be = round(4000 + second * RATE * speed)
        reach = POLICY.search + POLICY.join + round(POLICY.piece * abs(speed - 1.0)) + 600
        first = max(0, should_be - reach)
        likeness = np.correlate(film[first : should_be + reach + 600, 0], heard, "valid")
        off = first + int(np.argmax(likeness)) - should_be
        # within a piece the sound runs at its own speed: it is where it should be in the piece's middle
        assert abs(off) <= POLICY.search + POLICY.piece * abs(speed - 1.0) + POLICY.join
    assert max(map(abs, shifts)) <= POLICY.search


def test_silence_is_cut_where_it_was_wanted() -> None:
    quiet = np.zeros((RATE, 2), np.float32)
    _, shifts = stretched(quiet, 1.25, 1.25)
    assert set(shifts) == {0}


# -- where pieces begin ------------------------------------------------------------------------------------------------


def test_two_players_at_one_rate_cut_the_film_at_the_same_places() -> None:
    def ends(position: float) -> float:
        for _ in range(6):
            position += next_piece(POLICY, position, 1.5, 1.5).length * 1.5
        return position

    one, other = ends(100_000.0), ends(100_700.0)
    grid = POLICY.piece * 1.5
    for end in (one, other):
        assert min(end % grid, grid - end % grid) <= 1.5  # a rounded sample


@given(
    position=st.floats(0.0, 1e9),
    rate=st.floats(0.25, 4.0),
    correction=st.floats(0.8, 1.25),
)
def test_a_piece_lasts_no_longer_than_a_syllable_and_no_shorter_than_its_joins(
    position: float, rate: float, correction: float
) -> None:
    speed = rate * correction
    piece = next_piece(POLICY, position, speed, rate)
    assert POLICY.shortest <= piece.length <= (POLICY.piece / correction) + POLICY.shortest + 2
    middle = piece.wanted + piece.length / 2
    assert middle == pytest.approx(position + piece.length / 2 * speed, abs=0.01 + 1e-9 * position)


def test_at_the_films_own_speed_a_piece_begins_where_the_sound_is() -> None:
    assert next_piece(POLICY, 5000.0, 1.0, 1.0).wanted == 5000.0


# -- where pieces are joined -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [-384, -381, -127, -2, 0, 3, 126, 382, 384])
def test_the_place_that_looks_like_what_comes_next_is_found_to_the_sample(shift: int) -> None:
    film = noise(0.2)
    wanted = 4000
    expected = film[wanted + shift : wanted + shift + POLICY.join]
    assert best_shift(POLICY, expected, film[wanted - 384 : wanted + 384 + POLICY.join]) == shift


def test_sound_whose_channels_cancel_out_is_aligned_as_well() -> None:
    film = noise(0.2) * np.array([1.0, -1.0], np.float32)
    assert best_shift(POLICY, film[4100:4580], film[4000 - 384 : 4000 + 384 + 480]) == 100


def test_among_places_alike_the_nearest_is_taken() -> None:
    tone = sine(1000.0, 0.2)  # alike each 48 samples
    assert abs(best_shift(POLICY, tone[4000:4480], tone[4010 - 384 : 4010 + 384 + 480])) <= 24


def test_loudness_does_not_decide() -> None:
    film = noise(0.2)
    film[4200:] *= 8.0
    assert best_shift(POLICY, film[3900:4380] * 0.1, film[4000 - 384 : 4000 + 384 + 480]) == -100


def test_fades_add_up_to_the_whole() -> None:
    weights = fade(480)
    assert weights.shape == (480, 1)
    assert weights + weights[::-1] == pytest.approx(1.0, abs=1e-6)
    assert 0.0 < weights[0, 0] < 1e-4
    assert np.all(np.diff(weights[:, 0]) > 0)
    assert fade(0).shape == (0, 1)
