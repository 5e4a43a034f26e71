"""Links that learn quickly that something is wrong, and are closed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from player.core.exchange import ExchangePolicy
from player.net.lifeline import LifelinePolicy
from tests.fakes.ear import Ear, ShiftedClock

HASTY = LifelinePolicy(
    first_gaps=(0.0, 0.02),
    gap=0.05,
    busy_gap=0.05,
    patience=0.3,
    settled=0.0,
    exchange=ExchangePolicy(
        burst_gap=0.01, settle_gap=0.05, least_gap=0.05, most_gap=0.06, patience=0.25, probe_gap=0.1
    ),
)


@pytest.fixture
def make_ear() -> Iterator[Callable[[], Ear]]:
    ears: list[Ear] = []

    def make() -> Ear:
        ears.append(Ear(ShiftedClock(), HASTY))
        return ears[-1]

    yield make
    for ear in ears:
        ear.link.close()
