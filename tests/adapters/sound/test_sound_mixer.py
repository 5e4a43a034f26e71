"""The last step before the device: volume, ducking without clicks, voices at their own level."""

from __future__ import annotations

import numpy as np
import pytest

from player.core.resampling import Samples
from player.media.sound_mixer import SAMPLE_RATE, SoundMixer
from server.core.timeline import LocalTime


def mixed(mixer: SoundMixer, count: int, level: float = 0.5, *, is_film: bool = True) -> Samples:
    out = np.full((count, 2), level if is_film else 0.0, np.float32)
    mixer.mix(out, is_film, 7.0)
    return out


class Hum:
    """Voices that are one level, and what they noted."""

    def __init__(self, level: float) -> None:
        self.level = level
        self.noted: list[tuple[float, Samples]] = []

    def mix(self, out: Samples, leaves_at: LocalTime) -> None:
        out += np.float32(self.level)
        self.noted.append((leaves_at, out.copy()))


def test_the_film_alone_passes_bit_by_bit() -> None:
    mixer = SoundMixer()
    film = np.random.default_rng(1).uniform(-1.0, 1.0, (4000, 2)).astype(np.float32)
    out = film.copy()
    mixer.mix(out, True, 7.0)
    assert np.array_equal(out, film)


def test_gain_changes_evenly_over_one_block() -> None:
    mixer = SoundMixer()
    mixer.set_gain(0.5)
    ramp, after = mixed(mixer, 1000)[:, 0], mixed(mixer, 1000)[:, 0]
    assert (ramp[0], ramp[-1]) == pytest.approx((0.5, 0.25))
    assert np.abs(np.diff(ramp)).max() < 0.001
    assert after == pytest.approx(0.25)
    mixer.set_gain(1.0)
    mixed(mixer, 500)
    assert mixed(mixer, 500) == pytest.approx(0.5)


@pytest.mark.parametrize("block", [64, 1200, 96000])
def test_ducking_takes_its_time_whatever_the_blocks_are(block: int) -> None:
    mixer = SoundMixer()
    mixer.duck(0.25, 0.5)
    heard = np.concatenate([mixed(mixer, block) for _ in range(-(-SAMPLE_RATE // block))])[:, 0] / 0.5
    half = SAMPLE_RATE // 4  # of half a second
    assert heard[0] == pytest.approx(1.0, abs=1e-4)
    assert heard[half - 1] == pytest.approx(0.625, abs=1e-3)
    assert heard[2 * half - 1 : SAMPLE_RATE] == pytest.approx(0.25, abs=1e-6)
    assert np.all(np.diff(heard) < 1e-6)
    assert np.abs(np.diff(heard)).max() < 1e-4


def test_a_change_of_mind_goes_on_from_where_the_fade_is() -> None:
    mixer = SoundMixer()
    mixer.duck(0.0, 1.0)
    down = mixed(mixer, SAMPLE_RATE // 2)[:, 0]
    mixer.duck(1.0, 1.0)
    up = mixed(mixer, 2 * SAMPLE_RATE)[:, 0]
    assert down[-1] == pytest.approx(0.25, abs=1e-3)
    assert up[0] == pytest.approx(down[-1], abs=1e-4)
    assert np.array_equal(up[SAMPLE_RATE:], np.full(SAMPLE_RATE, 0.5, np.float32))  # undisturbed again, bit by bit


def test_a_fade_to_where_the_film_is_and_one_without_time_are_none() -> None:
    mixer = SoundMixer()
    mixer.duck(1.0, 0.3)
    assert mixed(mixer, 100) == pytest.approx(0.5)
    mixer.duck(0.5, 0.0)
    assert mixed(mixer, 100) == pytest.approx(0.25)


def test_the_fade_goes_on_while_the_film_is_silent() -> None:
    mixer = SoundMixer()
    mixer.duck(0.5, 0.1)
    mixed(mixer, SAMPLE_RATE, is_film=False)
    assert mixed(mixer, 10) == pytest.approx(0.25)


def test_voices_keep_their_level_whatever_the_film_does() -> None:
    mixer, hum = SoundMixer(), Hum(0.25)
    mixer.set_gain(0.0)
    mixer.duck(0.5, 0.0)
    mixer.set_voices(hum)
    mixed(mixer, 1000)
    assert mixed(mixer, 1000) == pytest.approx(0.25)
    mixer.set_gain(1.0)
    mixed(mixer, 1000)
    assert mixed(mixer, 1000) == pytest.approx(0.5)
    assert mixed(mixer, 1000, is_film=False) == pytest.approx(0.25)
    mixer.set_voices(None)
    assert mixed(mixer, 1000) == pytest.approx(0.25)


def test_voices_hear_what_leaves_and_when() -> None:
    mixer, hum = SoundMixer(), Hum(0.25)
    mixer.set_voices(hum)
    out = mixed(mixer, 100)
    ((leaves_at, noted),) = hum.noted
    assert leaves_at == 7.0
    assert np.array_equal(noted, out)


def test_film_and_voices_together_stay_within_full_scale() -> None:
    mixer = SoundMixer()
    mixer.set_voices(Hum(0.75))
    assert mixed(mixer, 100, level=0.75).tolist() == [[1.0, 1.0]] * 100


def test_it_knows_how_long_nothing_was_heard() -> None:
    mixer, hum = SoundMixer(), Hum(0.0)
    mixed(mixer, 100, is_film=False)
    mixer.set_voices(hum)
    mixed(mixer, 100, is_film=False)
    assert mixer.quiet_for == 200
    hum.level = 0.1
    mixed(mixer, 100, is_film=False)
    assert mixer.quiet_for == 0
    hum.level = 0.0
    mixed(mixer, 100, is_film=False)
    assert mixer.quiet_for == 100
    mixed(mixer, 100)
    assert mixer.quiet_for == 0


@pytest.mark.expects_warnings
def test_voices_that_break_are_left_out_and_the_film_goes_on() -> None:
    class Broken:
        def mix(self, out: Samples, leaves_at: LocalTime) -> None:
            raise OSError("the memory is gone")

    mixer = SoundMixer()
    mixer.set_voices(Broken())
    assert mixed(mixer, 100) == pytest.approx(0.5)
    assert mixed(mixer, 100) == pytest.approx(0.5)
