"""Coming back: soon, then slower, but for ever; at once when there is a reason; never all at one instant."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.attempts import Attempts, AttemptsPolicy

POLICY = AttemptsPolicy()
NEW = Attempts().begun(0.0)


def rounds_of(attempts: Attempts, until: float, chance: float = 0.5) -> list[float]:
    """When rounds begin, if none is answered."""
    instants = []
    while attempts.knock_due <= until:
        instants.append(attempts.knock_due)
        attempts = attempts.knocked(attempts.knock_due, chance)
    return instants


def lost(at: float = 100.0, chance: float = 0.5) -> Attempts:
    """After a connection that had lived long."""
    return NEW.knocked(0.0, chance).entered(1.0).lost(at, chance)


def test_before_the_beginning_nothing_is_due() -> None:
    assert Attempts().knock_due == math.inf
    assert Attempts().tell_due == math.inf
    assert Attempts().slow_from == math.inf


def test_the_first_connection_is_tried_at_once() -> None:
    assert NEW.knock_due == 0.0


def test_after_a_loss_the_rounds_come_soon() -> None:
    instants = rounds_of(lost(), 103.0)
    assert instants[0] - 100.0 <= POLICY.scatter
    assert len(instants) >= 5
    assert max(after - before for before, after in pairwise(instants)) <= POLICY.gap * 1.2


def test_then_slower_but_for_ever() -> None:
    instants = rounds_of(lost(0.0), 86_400.0)
    gaps = [(before, after - before) for before, after in pairwise(instants)]
    assert {round(gap, 6) for at, gap in gaps if 2 < at < POLICY.eager} == {POLICY.gap}
    assert {round(gap, 6) for at, gap in gaps if POLICY.eager < at < POLICY.hopeful} == {POLICY.late_gap}
    assert {round(gap, 6) for at, gap in gaps if at > POLICY.hopeful} == {POLICY.slow_gap}
    assert instants[-1] > 86_000


def test_a_connection_that_broke_at_once_is_no_reason_to_hurry_again() -> None:
    attempts = NEW
    for _ in range(5):
        attempts = attempts.knocked(attempts.knock_due, 0.5)
    at = attempts.knock_due
    again = attempts.entered(at).lost(at + POLICY.settled / 2, 0.5)
    assert again.knock_due - at > POLICY.gap
    assert attempts.entered(at).lost(at + POLICY.settled, 0.5).knock_due - at - POLICY.settled < POLICY.gap


def test_a_connection_ends_the_rounds() -> None:
    inside = NEW.entered(1.0)
    assert (inside.knock_due, inside.tell_due, inside.slow_from) == (math.inf, math.inf, math.inf)
    assert inside.hurried(2.0) is inside


def test_a_wake_begins_anew_and_at_once() -> None:
    late = lost(0.0)
    while late.knock_due < 1000.0:
        late = late.knocked(late.knock_due, 0.5)
    hurried = late.hurried(1000.0)
    assert hurried.knock_due == 1000.0
    assert len(rounds_of(hurried, 1003.0)) >= 5
    assert hurried.slow_from == 1000.0 + POLICY.hopeful


def test_a_busy_server_gets_time() -> None:
    assert lost(0.0).turned_away(0.0, 0.5).knock_due == POLICY.busy_gap
    later = lost(0.0)
    while later.knock_due < 700.0:
        later = later.knocked(later.knock_due, 0.5)
    assert later.turned_away(700.0, 0.5).knock_due == later.knock_due


def test_who_waits_for_a_first_connection_is_told_once() -> None:
    assert NEW.tell_due == POLICY.patience
    assert NEW.told().tell_due == math.inf
    assert lost().tell_due == math.inf  # the loss itself was told


def test_what_is_said_after_a_while() -> None:
    attempts = lost(0.0)
    assert attempts.words("It is gone.", POLICY.hopeful - 1) == "It is gone."
    late = attempts.words("It is gone.", POLICY.hopeful)
    assert late == "It is gone. It has been so for 10 minutes; this player goes on trying, each 30 s."
    assert "for a while" in Attempts(AttemptsPolicy(hopeful=1.0)).begun(0.0).words("Gone.", 2.0)


@given(st.floats(0, 1), st.floats(0, 1e6))
def test_gaps_are_spread_and_never_negative(chance: float, at: float) -> None:
    attempts = lost(at, chance)
    for _ in range(20):
        after = attempts.knocked(attempts.knock_due, chance)
        assert after.knock_due >= attempts.knock_due
        attempts = after


def test_a_hundred_members_do_not_come_at_one_instant() -> None:
    instants = {lost(chance=number / 100).knock_due for number in range(100)}
    assert len(instants) == 100
    assert max(instants) - min(instants) == pytest.approx(POLICY.scatter * 0.99)
