"""What is measured five times a second is shown once a second, unless it matters."""

from __future__ import annotations

import pytest

from player.core.figure import POLICY, Figure
from server.core.timeline import LocalTime


def shown(*measured: float | None, every: float = 0.2) -> list[float | None]:
    figure, seen = Figure(), []
    for number, each in enumerate(measured):
        figure = figure.receive(each, LocalTime(number * every))
        seen.append(figure.shown)
    return seen


def test_the_first_figure_is_shown_at_once_and_then_the_mean_of_a_second() -> None:
    seen = shown(0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.001)
    assert seen == pytest.approx([*[0.001] * 5, 0.004, 0.004])


def test_noise_does_not_move_it_before_its_time() -> None:
    assert set(shown(*[0.001, -0.001] * 20, every=POLICY.renew / 40)) == {0.001}


def test_a_jump_is_shown_at_once() -> None:
    assert shown(0.001, 0.5, 0.499) == [0.001, 0.5, 0.5]


def test_what_is_not_known_any_more_is_not_shown() -> None:
    assert shown(0.001, None, 0.002) == [0.001, None, 0.002]
