"""The film sinks for people and comes back softly; who is muted by me, or I myself, moves nothing."""

from __future__ import annotations

import pytest

from player.core.call_view import Ducking
from player.core.ducking import Duck, DuckingPolicy, DuckingState, decide
from server.core.timeline import LocalTime

POLICY = DuckingPolicy()


class Ears:
    def __init__(self, ducking: Ducking = "gentle") -> None:
        self.state = DuckingState()
        self.ducking: Ducking = ducking
        self.again_at: LocalTime | None = None

    def hear(self, at: float, *speaking: str, silenced: tuple[str, ...] = ()) -> Duck | None:
        self.state, duck, self.again_at = decide(POLICY, self.state, self.ducking, speaking, silenced, LocalTime(at))
        return duck


@pytest.mark.parametrize(("ducking", "decibels"), [("gentle", -6.0), ("strong", -15.0)])
def test_the_film_sinks_quickly_and_rises_slowly(ducking: Ducking, decibels: float) -> None:
    ears = Ears(ducking)
    assert ears.hear(10.0, "ana") == Duck(10 ** (decibels / 20), POLICY.attack)
    assert ears.hear(10.5, "ana") is None
    assert ears.again_at == pytest.approx(10.5 + POLICY.hold)
    assert ears.hear(10.6) is None
    assert ears.hear(10.5 + POLICY.hold) == Duck(1.0, POLICY.release)
    assert ears.again_at is None


def test_a_pause_for_breath_does_not_bring_the_film_back() -> None:
    ears = Ears()
    ears.hear(10.0, "ana")
    assert ears.hear(10.0 + 0.9 * POLICY.hold) is None
    assert ears.hear(10.0 + POLICY.hold - 0.01, "ben") is None
    assert ears.hear(10.0 + 1.5 * POLICY.hold) is None
    assert ears.hear(10.0 + 2.0 * POLICY.hold) == Duck(1.0, POLICY.release)


def test_whom_i_have_muted_does_not_duck() -> None:
    ears = Ears()
    assert ears.hear(10.0, "ana", silenced=("ana",)) is None
    assert ears.hear(11.0, "ana", "ben", silenced=("ana",)) == Duck(POLICY.gentle, POLICY.attack)


def test_off_ducks_nothing_and_lets_go_at_once_what_was_ducked() -> None:
    ears = Ears("off")
    assert ears.hear(10.0, "ana") is None
    assert ears.again_at is None
    ears.ducking = "strong"
    assert ears.hear(10.1, "ana") == Duck(POLICY.strong, POLICY.attack)
    ears.ducking = "gentle"
    assert ears.hear(10.2, "ana") == Duck(POLICY.gentle, POLICY.release)
    ears.ducking = "off"
    assert ears.hear(10.3, "ana") == Duck(1.0, POLICY.release)


def test_nobody_speaks_nothing_happens() -> None:
    ears = Ears()
    assert ears.hear(10.0) is None
    assert ears.again_at is None
    assert ears.state == DuckingState()
