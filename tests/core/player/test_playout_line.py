"""The line through a device's notes: skew, noise, outliers, jumps, underruns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from player.core.playout_line import Note, PlayoutLine, PlayoutPolicy

RATE = 48000
BLOCK = 1200  # 25 ms


@dataclass
class Device:
    """A DAC that runs `skew` faster than this machine's clock and notes with normal errors of `noise` s."""

    skew: float = 0.0
    noise: float = 20e-6
    seed: int = 1
    sample: int = 0
    at: float = 5000.0  # when that sample really leaves
    line: PlayoutLine = field(default_factory=lambda: PlayoutLine(RATE))
    error: Callable[[], float] = lambda: 0.0

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)

    @property
    def period(self) -> float:
        return 1.0 / (RATE * (1.0 + self.skew))

    def note(self, *, off: float = 0.0, is_after_underrun: bool = False) -> Note:
        said = self.at + self.random.normal(0.0, self.noise) + off
        note = Note(self.sample, said, self.at - 0.1, is_after_underrun)
        self.sample += BLOCK
        self.at += BLOCK * self.period
        return note

    def play(self, seconds: float, *, at_once: int = 1) -> Device:
        """Notes reach the line `at_once` at a time, as the feeder collects them."""
        for _ in range(round(seconds * RATE / BLOCK / at_once)):
            self.line = self.line.receive_notes(tuple(self.note() for _ in range(at_once)))
        return self

    def gap(self, seconds: float) -> Device:
        """Nothing plays for a while; the samples go on from where they were."""
        self.at += seconds
        return self

    def off(self) -> float:
        """How wrong the line is about the next sample, s."""
        return self.line.time_of(self.sample) - self.at


def test_without_notes_there_is_no_line() -> None:
    line = PlayoutLine(RATE)
    assert not line.is_settled
    assert line.period == 0.0
    assert line.dispersion > 0.001
    assert line.receive_notes(()) is line


def test_the_first_note_makes_a_line_that_is_not_believed_yet() -> None:
    device = Device(noise=0.0).play(0.025)
    assert device.off() == pytest.approx(0.0, abs=1e-9)
    assert not device.line.is_settled


def test_a_line_is_believed_after_a_few_notes_over_a_tenth_of_a_second() -> None:
    at_once = Device()
    at_once.line = at_once.line.receive_notes(
        tuple(Note(number * BLOCK, 10.1 + number * 0.025, 10.0) for number in range(5))
    )
    assert not at_once.line.is_settled  # a device fills its buffer by several calls at one instant
    assert Device().play(0.15).line.is_settled


@pytest.mark.parametrize("skew", [0.0, 80e-6, -80e-6])
def test_a_skewed_dac_is_known_to_microseconds(skew: float) -> None:
    device = Device(skew=skew, noise=50e-6)
    errors = [device.play(0.025).off() for _ in range(1000)][100:]
    print(f"skew {1e6 * skew:+.0f} ppm: error p95 {1e6 * float(np.quantile(np.abs(errors), 0.95)):.1f} us")
    assert np.quantile(np.abs(errors), 0.95) < 30e-6
    assert device.line.period * RATE - 1.0 == pytest.approx(-skew, abs=20e-6)


@pytest.mark.parametrize("noise", [20e-6, 200e-6, 1e-3])
def test_the_dispersion_covers_the_error(noise: float) -> None:
    device = Device(skew=50e-6, noise=noise)
    inside = []
    for _ in range(500):
        device.play(0.025)
        if device.line.is_settled:
            inside.append(abs(device.off()) <= device.line.dispersion)
    assert np.mean(inside) >= 0.93  # it is twice the standard deviation


def test_a_line_answers_both_ways() -> None:
    line = Device(skew=80e-6).play(2.0).line
    assert line.sample_at(line.time_of(123456.25)) == pytest.approx(123456.25, abs=1e-4)


def test_notes_are_the_same_one_by_one_or_in_bundles() -> None:
    assert Device(noise=0.0).play(2.0).off() == pytest.approx(Device(noise=0.0).play(2.0, at_once=8).off(), abs=1e-9)


# -- what is wrong with notes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("off", [0.001, -0.001, 0.02, -0.5])
def test_one_outlier_moves_nothing(off: float) -> None:
    device = Device().play(2.0)
    before, generation = device.line.time_of(device.sample + RATE), device.line.generation
    device.line = device.line.receive_notes((device.note(off=off),))
    device.play(0.05)
    assert device.line.time_of(device.sample + RATE - 3 * BLOCK) == pytest.approx(before, abs=60e-6)
    assert device.line.generation == generation
    assert device.line.is_settled


def test_while_a_note_contradicts_the_line_it_is_not_believed() -> None:
    device = Device().play(2.0)
    line = device.line.receive_notes((device.note(off=0.5),))
    assert not line.is_settled
    assert abs(line.time_of(device.sample) - device.at) < 50e-6  # but goes on answering


def test_outliers_that_contradict_each_other_make_no_line() -> None:
    device = Device().play(2.0)
    for off in (0.5, -0.3, 0.1, 0.9, -0.7):
        device.line = device.line.receive_notes((device.note(off=off),))
    assert device.line.generation == 0
    device.play(0.025)
    assert abs(device.off()) < 50e-6


def test_a_device_that_only_talks_nonsense_is_believed_in_the_end() -> None:
    device = Device().play(2.0)
    for number in range(4 * PlayoutPolicy().jump_notes):
        assert device.line.generation == 0
        device.line = device.line.receive_notes((device.note(off=0.5 * (-1) ** number),))
    assert device.line.generation == 1


@pytest.mark.parametrize("jump", [0.05, 0.5, -0.06])
def test_a_jump_is_taken_after_three_notes_that_agree(jump: float) -> None:
    device = Device(skew=80e-6).play(3.0)
    device.at += jump
    device.play(0.05)
    assert device.line.generation == 0
    assert device.off() == pytest.approx(-jump, abs=100e-6)
    device.play(0.025)
    assert device.line.generation == 1
    assert device.off() == pytest.approx(0.0, abs=100e-6)
    assert device.play(0.2).line.is_settled


def test_a_jump_after_an_outlier_is_made_of_what_agrees() -> None:
    device = Device().play(2.0)
    device.line = device.line.receive_notes((device.note(off=0.3),))
    device.at += 0.06
    device.play(0.075)
    assert device.line.generation == 1
    assert device.off() == pytest.approx(0.0, abs=100e-6)


def test_a_jump_within_one_bundle_is_found_as_well() -> None:
    device = Device().play(2.0)
    before = tuple(device.note() for _ in range(3))
    device.at += 0.4
    device.line = device.line.receive_notes((*before, *(device.note() for _ in range(6))))
    assert device.line.generation == 1
    assert device.off() == pytest.approx(0.0, abs=100e-6)


def test_the_rate_is_remembered_over_a_jump() -> None:
    device = Device(skew=80e-6).play(12.0).gap(0.5).play(0.15)
    assert device.line.generation == 1
    in_ten_seconds = device.line.time_of(device.sample + 10 * RATE) - (device.at + 10 * RATE * device.period)
    assert abs(in_ten_seconds) < 300e-6  # the name of the rate would be wrong by 800


def test_a_young_lines_rate_is_not_worth_much() -> None:
    young, old = Device(skew=80e-6).play(0.5).line, Device(skew=80e-6).play(12.0).line
    assert young.interrupted().known_doubt == pytest.approx(PlayoutPolicy().rate_doubt, rel=0.1)
    assert old.interrupted().known_doubt == PlayoutPolicy().known_rate_doubt
    assert old.interrupted().known_period == old.period


def test_a_second_interruption_keeps_the_rate_of_before_the_first() -> None:
    line = Device(skew=80e-6).play(3.0).line.interrupted()
    assert line.interrupted().known_period == line.known_period


def test_after_an_underrun_nothing_that_was_noted_holds() -> None:
    device = Device(skew=80e-6).play(3.0).gap(0.0021)  # too little to be a jump
    device.line = device.line.receive_notes((device.note(is_after_underrun=True),))
    assert device.line.generation == 1
    assert not device.line.is_settled
    assert abs(device.off()) < 100e-6
    assert device.play(0.15).line.is_settled


def test_an_underrun_before_any_note_is_a_beginning() -> None:
    device = Device()
    device.line = device.line.receive_notes((device.note(is_after_underrun=True),))
    assert device.line.generation == 0


def test_a_device_that_changes_its_mind_slowly_is_followed() -> None:
    device = Device(noise=10e-6)
    for _ in range(400):
        device.at += 5e-6  # 200 us a second
        device.play(0.025)
    assert abs(device.off()) < 300e-6
    assert device.line.generation == 0


# -- what PulseAudio says of its young streams, and of all of them on a busy machine -----------------------------------


@pytest.mark.parametrize("slope", [1e-3, -1.9e-3, -10e-3])
def test_notes_that_wander_and_come_back_are_not_followed(slope: float) -> None:
    device = Device(skew=30e-6).play(2.0)
    for share in (1.0, 0.8, 0.5, 0.3, 0.1, 0.0):  # of a rate that it guessed wrong; its readings are 1.5 s apart
        before = 1.5 * slope * share
        for number in range(60):
            device.line = device.line.receive_notes((device.note(off=before + share * slope * number * 0.025),))
            assert abs(device.off()) < 1.1e-3  # the notes are off by up to 30 ms
    assert device.line.generation == 0
    device.play(4.0)
    assert abs(device.off()) < 100e-6


def test_a_line_that_does_not_follow_says_so() -> None:
    device = Device().play(5.0)
    for _ in range(80):
        device.line = device.line.receive_notes((device.note(off=0.005),))
    assert device.line.lead == pytest.approx(0.005, abs=300e-6)
    assert device.line.dispersion > device.line.lead
    assert device.line.is_settled


@pytest.mark.parametrize("jump", [0.002, -0.01, 0.03])
def test_a_small_jump_is_believed_once_the_notes_stand_still(jump: float) -> None:
    device = Device(skew=30e-6).play(12.0)
    device.at += jump
    device.play(2.0)
    assert device.off() == pytest.approx(-jump, abs=350e-6)
    device.play(1.2 + abs(jump) / PlayoutPolicy().follow)
    assert device.off() == pytest.approx(0.0, abs=100e-6)
    assert device.line.generation == 0


def test_a_wrong_beginning_is_mended_once_the_notes_stand_still() -> None:
    device = Device()
    for _ in range(30):
        device.line = device.line.receive_notes((device.note(off=-0.002),))
    assert device.off() == pytest.approx(-0.002, abs=100e-6)
    assert abs(device.play(5.0).off()) < 100e-6


def test_wandering_notes_teach_little_of_a_rate() -> None:
    device = Device()
    for number in range(280):
        off = min(2.4e-3, max(0.0, number * 0.025 - 2.0) * 0.8e-3)
        device.line = device.line.receive_notes((device.note(off=off),))
    assert device.line.period * RATE - 1.0 == pytest.approx(0.0, abs=150e-6)  # they said 400
