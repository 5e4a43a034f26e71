"""Who speaks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from player.core.speaking import SILENT, Speaking, SpeakingPolicy, decibels, receive_level, without_sound
from server.core.timeline import LocalTime

POLICY = SpeakingPolicy()


class Ear:
    """Hears a level each 10 ms."""

    def __init__(self) -> None:
        self.now, self.state = 50.0, Speaking()

    def hear(self, seconds: float, level: float | Callable[[float], float]) -> list[bool]:
        spoke = []
        for _ in range(round(seconds * 100)):
            self.now += 0.01
            decibel = level(self.now) if callable(level) else level
            self.state = receive_level(POLICY, self.state, decibel, LocalTime(self.now))
            spoke.append(self.state.is_speaking)
        return spoke


def test_decibels() -> None:
    assert decibels(1.0) == 0.0
    assert decibels(0.1) == pytest.approx(-20.0)
    assert decibels(0.0) == SILENT
    assert decibels(1e-30) == SILENT


def test_speech_is_noticed_within_50_ms_and_ends_300_ms_after_it() -> None:
    ear = Ear()
    assert not any(ear.hear(2.0, -65.0))
    spoke = ear.hear(1.0, -25.0)
    assert spoke.index(True) <= 5
    assert all(spoke[5:])
    after = ear.hear(1.0, -65.0)
    assert 28 <= after.index(False) <= 32
    assert not any(after[33:])


def test_the_very_first_word_is_noticed() -> None:
    assert Ear().hear(0.2, -25.0).index(True) <= 5


def test_pauses_between_words_are_bridged() -> None:
    ear = Ear()
    ear.hear(1.0, -65.0)
    ear.hear(0.1, -25.0)
    assert all(ear.hear(3.0, lambda now: -25.0 if now % 0.4 < 0.2 else -65.0))


def test_a_click_is_no_speech() -> None:
    ear = Ear()
    ear.hear(2.0, -65.0)
    assert not any(ear.hear(0.03, -15.0) + ear.hear(0.5, -65.0))


def test_a_fan_is_no_speech_after_a_while_and_speech_over_it_is() -> None:
    ear = Ear()
    ear.hear(10.0, -45.0)
    assert not any(ear.hear(5.0, lambda now: -45.0 + 3.0 * (now % 0.2 < 0.1)))
    assert ear.hear(0.3, -25.0).index(True) <= 5
    assert not ear.hear(2.0, -45.0)[-1]


def test_who_speaks_for_a_minute_is_not_taken_for_noise() -> None:
    ear = Ear()
    ear.hear(1.0, -60.0)
    spoke = ear.hear(60.0, lambda now: -25.0 if now % 0.5 < 0.3 else -50.0)
    assert all(spoke[10:])


def test_the_level_rises_at_once_and_falls_softly_within_0_and_1() -> None:
    ear = Ear()
    ear.hear(0.01, 20.0)
    assert ear.state.level == 1.0
    ear.hear(0.1, SILENT)
    assert 0.3 < ear.state.level < 0.8
    ear.hear(2.0, SILENT)
    assert 0.0 <= ear.state.level < 0.001


def test_no_packets_are_not_the_noise_of_a_room() -> None:
    ear = Ear()
    ear.hear(10.0, -45.0)
    floor = ear.state.floor
    for _ in range(500):
        ear.now += 0.01
        ear.state = without_sound(POLICY, ear.state, LocalTime(ear.now))
    assert ear.state.floor == floor
    assert not any(ear.hear(5.0, -44.0))


def test_a_clock_that_stands_or_jumps_does_no_harm() -> None:
    ear = Ear()
    ear.hear(1.0, -30.0)
    ear.now -= 500.0
    ear.hear(0.5, -30.0)
    ear.now += 5000.0
    assert ear.hear(0.5, -80.0)[-1] is False
