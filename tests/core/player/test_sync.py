"""What the controller does about asynchrony, on readings and in a closed loop."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.sync import (
    GAVE_UP,
    Decision,
    Hold,
    Seek,
    Slew,
    Stretch,
    SyncPolicy,
    SyncState,
    afresh,
    decide,
)

POLICY = SyncPolicy()
EVERY = 0.04  # s from reading to reading, as the feed writes its blocks
BOTH_SIGNS = pytest.mark.parametrize("sign", [1.0, -1.0], ids=["ahead", "behind"])


@dataclass
class Readings:
    """A controller that is shown readings and obeyed by nobody."""

    state: SyncState = field(default_factory=SyncState)
    now: float = 50.0
    dispersion: float = 0.0

    def show(self, *asynchronies: float) -> list[Decision]:
        decisions = []
        for asynchrony in asynchronies:
            self.state, decision = decide(POLICY, self.state, asynchrony, self.dispersion, self.now)
            decisions.append(decision)
            self.now += EVERY
        return decisions

    def show_for(self, seconds: float, asynchrony: float) -> list[Decision]:
        return self.show(*[asynchrony] * round(seconds / EVERY))


def kinds(decisions: list[Decision]) -> list[str]:
    """Each kind of decision once for each time that it began."""
    names = [type(decision).__name__ for decision in decisions]
    return [name for index, name in enumerate(names) if index == 0 or names[index - 1] != name]


# -- evidence ----------------------------------------------------------------------------------------------------------


@BOTH_SIGNS
@pytest.mark.parametrize(
    ("asynchrony", "within", "remedy"),
    [(1.5, 0.4, "Seek"), (0.1, 0.2, "Stretch"), (0.006, 0.16, "Slew"), (0.0015, 0.6, "Slew"), (0.0004, 2.1, "Slew")],
)
def test_the_farther_off_the_sooner_something_is_done(
    sign: float, asynchrony: float, within: float, remedy: str
) -> None:
    decisions = Readings().show_for(within, sign * asynchrony)
    assert decisions[:2] == [Hold(), Hold()]
    assert remedy in kinds(decisions)


def test_nothing_is_done_about_what_is_not_worth_it() -> None:
    assert kinds(Readings().show_for(60.0, 0.00015)) == ["Hold"]


@BOTH_SIGNS
@pytest.mark.parametrize("outlier", [0.003, 0.05, 0.9, 5.0])
def test_one_reading_buys_nothing(sign: float, outlier: float) -> None:
    readings = Readings()
    for _ in range(20):
        assert readings.show(sign * outlier, *[0.0] * 5) == [Hold()] * 6


def test_readings_that_change_sides_are_noise() -> None:
    assert kinds(Readings().show(*[0.06, -0.06] * 50)) == ["Hold"]


def test_a_break_in_the_evidence_begins_it_anew() -> None:
    readings = Readings()
    assert kinds(readings.show_for(1.9, 0.0005) + readings.show(0.0001) + readings.show_for(1.9, 0.0005)) == ["Hold"]


def test_a_reading_within_its_own_dispersion_is_no_evidence() -> None:
    readings = Readings(dispersion=0.002)
    assert kinds(readings.show_for(10.0, 0.0025)) == ["Hold"]
    assert kinds(readings.show_for(1.0, 0.0035)) == ["Hold", "Slew"]


def test_few_but_late_readings_are_not_enough() -> None:
    readings = Readings()
    assert readings.show(0.5) == [Hold()]
    readings.now += 10.0
    assert readings.show(0.5) == [Hold()]
    assert isinstance(readings.show(0.5)[0], Stretch)


# -- the remedies ------------------------------------------------------------------------------------------------------


@BOTH_SIGNS
def test_a_slew_goes_against_the_asynchrony_and_is_never_heard(sign: float) -> None:
    (*_, strong) = Readings().show_for(0.3, sign * 0.02)
    assert isinstance(strong, Slew)
    assert strong.speed == pytest.approx(1.0 - sign * POLICY.most_slew)
    (*_, weak) = Readings().show_for(3.0, sign * 0.0004)
    assert isinstance(weak, Slew)
    assert weak.speed == pytest.approx(1.0 - sign * 0.0004 / POLICY.slew_time)


@BOTH_SIGNS
def test_a_slew_ends_lower_than_it_began(sign: float) -> None:
    readings = Readings()
    readings.show_for(2.2, sign * 0.0004)
    assert isinstance(readings.show(sign * 0.00005)[0], Slew)  # below every threshold of beginning
    assert readings.show(sign * 0.00002, sign * 0.00005) == [Hold(), Hold()]


def test_a_stretch_stays_between_the_speeds_that_are_understood() -> None:
    assert Readings().show_for(0.2, 0.6)[-1] == Stretch(POLICY.slowest)
    assert Readings().show_for(0.2, -0.6)[-1] == Stretch(POLICY.fastest)
    assert Readings().show_for(0.2, -0.06)[-1] == Stretch(1.0 + 0.06 / POLICY.stretch_time)


@BOTH_SIGNS
def test_a_stretch_ends_lower_than_it_began_and_hands_over_to_a_slew(sign: float) -> None:
    readings = Readings()
    readings.show_for(0.2, sign * 0.1)
    assert readings.show(sign * 0.009) == [Stretch(1.0 - sign * POLICY.least_stretch)]
    assert kinds(readings.show(sign * 0.0079)) == ["Slew"]


def test_a_slew_becomes_a_stretch_when_it_turns_out_too_weak() -> None:
    readings = Readings()
    assert kinds(readings.show_for(0.2, 0.02) + readings.show_for(0.2, 0.06)) == ["Hold", "Slew", "Stretch"]


def test_a_stretch_lasts_three_seconds_at_most_and_rests_before_the_next() -> None:
    readings = Readings()
    decisions = readings.show_for(8.0, -0.6)
    stretched = [isinstance(decision, Stretch) for decision in decisions]
    began = stretched.index(True)
    ended = stretched.index(False, began)
    again = stretched.index(True, ended)
    assert (ended - began) * EVERY == pytest.approx(POLICY.longest_stretch, abs=1.5 * EVERY)
    assert (again - ended) * EVERY == pytest.approx(POLICY.rest, abs=2 * EVERY)
    assert all(isinstance(decision, Slew) for decision in decisions[ended:again])


# -- seeks -------------------------------------------------------------------------------------------------------------


@BOTH_SIGNS
def test_a_seek_tells_how_far_off_it_was(sign: float) -> None:
    decisions = Readings().show_for(0.4, sign * 3.0)
    assert Seek(sign * 3.0) in decisions


def test_while_a_seek_is_under_way_no_reading_counts() -> None:
    readings = Readings()
    readings.show_for(0.35, 3.0)
    assert readings.state.remedy == "seek"
    assert readings.show_for(4.0, 3.0) == [Hold()] * 100


def test_a_seek_that_has_not_come_is_asked_for_again_after_five_seconds() -> None:
    readings = Readings()
    decisions = readings.show_for(30.0, 3.0)
    at = [index * EVERY for index, decision in enumerate(decisions) if isinstance(decision, Seek)]
    assert np.diff(at).min() >= POLICY.seek_pause
    assert at[1] - at[0] < POLICY.seek_pause + 1.0


def test_a_new_generation_counts_at_once_but_seeks_again_only_after_five_seconds() -> None:
    readings = Readings()
    readings.show_for(0.35, 3.0)
    readings.state = afresh(readings.state)
    decisions = readings.show_for(6.0, 2.0)
    assert isinstance(decisions[10], Stretch)  # meanwhile it does what it can
    first = next(index for index, decision in enumerate(decisions) if isinstance(decision, Seek))
    assert 4.5 < first * EVERY < 5.2


def test_after_three_seeks_it_holds_and_says_why() -> None:
    readings = Readings()
    seeks, last = 0, []
    for _ in range(3):
        last = readings.show_for(POLICY.seek_pause + 1.0, 2.0)
        seeks += sum(isinstance(decision, Seek) for decision in last)
        readings.state = afresh(readings.state)
    assert seeks == 3
    last = readings.show_for(POLICY.seek_pause + 1.0, 2.0)
    assert last[-1] == Hold(GAVE_UP)
    assert not [decision for decision in last if isinstance(decision, Seek)]
    assert kinds(readings.show_for(1.0, 0.1)) == ["Stretch"]  # what is mended otherwise is mended


def test_a_minute_without_a_seek_forgives_the_earlier_ones() -> None:
    readings = Readings()
    for _ in range(4):
        readings.show_for(POLICY.seek_pause + 1.0, 2.0)
        readings.state = afresh(readings.state)
    readings.now += POLICY.forgiven
    assert "Seek" in kinds(readings.show_for(1.0, 2.0))


def test_a_start_or_another_device_begins_anew_and_remembers_only_the_seeks() -> None:
    state = SyncState(remedy="stretch", side=1, stretch_began=5.0, rests_until=9.0, seeks=(1.0, 7.0))
    assert afresh(state) == SyncState(seeks=(1.0, 7.0))


# -- the loop ----------------------------------------------------------------------------------------------------------


@dataclass
class Loop:
    """Sound that obeys: each decision holds until the next reading. `wander`: an error that its speed has by itself."""

    asynchrony: float
    noise: float = 0.0
    wander: float = 0.0
    readings: Readings = field(default_factory=Readings)
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(4))
    history: list[float] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    def run(self, seconds: float) -> Loop:
        for _ in range(round(seconds / EVERY)):
            (decision,) = self.readings.show(self.asynchrony + self.random.normal(0.0, self.noise))
            speed = 1.0
            if isinstance(decision, Slew | Stretch):
                speed = decision.speed
            elif isinstance(decision, Seek):
                self.asynchrony = 0.0
                self.readings.state = afresh(self.readings.state)
            self.asynchrony += (speed - 1.0 + self.wander) * EVERY
            self.history.append(self.asynchrony)
            self.decisions.append(decision)
        return self


@BOTH_SIGNS
@pytest.mark.parametrize("begins", [0.0005, 0.003, 0.02, 0.08, 0.4, 0.9, 30.0])
def test_every_asynchrony_is_mended_without_overshooting(sign: float, begins: float) -> None:
    loop = Loop(sign * begins, noise=20e-6).run(15.0)
    assert max(abs(off) for off in loop.history[-100:]) < 0.0003
    assert min(sign * off for off in loop.history) > -0.0003
    assert sum(isinstance(decision, Seek) for decision in loop.decisions) == (1 if begins > 1.0 else 0)


@BOTH_SIGNS
def test_half_a_second_is_within_a_frame_in_less_than_three(sign: float) -> None:
    loop = Loop(sign * 0.5).run(3.0)
    assert abs(loop.history[-1]) < 1 / 30
    assert not any(isinstance(decision, Seek) for decision in loop.decisions)


@pytest.mark.parametrize("noise", [10e-6, 100e-6, 1e-3])
def test_ten_minutes_of_steady_play_need_neither_seek_nor_stretch(noise: float) -> None:
    loop = Loop(0.0, noise=noise, wander=10e-6, readings=Readings(dispersion=2 * noise)).run(600.0)
    assert set(kinds(loop.decisions)) <= {"Hold", "Slew"}
    assert max(map(abs, loop.history)) < max(0.0004, 6 * noise)


@given(st.lists(st.floats(-10.0, 10.0), min_size=1, max_size=60), st.floats(0.0, 0.01))
def test_whatever_is_read_speeds_are_bounded_and_seeks_are_rare(script: list[float], dispersion: float) -> None:
    readings = Readings(dispersion=dispersion)
    at = []
    for asynchrony in script:
        for decision in readings.show(*[asynchrony] * 5):
            if isinstance(decision, Seek):
                at.append(readings.now)
                readings.state = afresh(readings.state)
            elif isinstance(decision, Slew):
                assert abs(decision.speed - 1.0) <= POLICY.most_slew + 1e-12
            elif isinstance(decision, Stretch):
                assert POLICY.slowest <= decision.speed <= POLICY.fastest
    assert all(later - earlier >= POLICY.seek_pause for earlier, later in pairwise(at))


def test_another_policy_is_another_ladder() -> None:
    deaf = replace(POLICY, ladder=())
    assert decide(deaf, SyncState(), 9.0, 0.0, 1.0)[1] == Hold()
