"""Links that learn quickly that something is wrong, and are closed at the end."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from player.core.attempts import AttemptsPolicy
from player.core.exchange import ExchangePolicy
from player.net.lifeline import LifelinePolicy
from tests.fakes.authority import RealAuthority, ScriptedAuthority
from tests.fakes.ear import Ear, ShiftedClock
from tests.fakes.proxy import Proxy

HASTY = LifelinePolicy(
    look_around=0.02,
    attempts=AttemptsPolicy(first_gaps=(0.0, 0.02), gap=0.05, scatter=0.01, busy_gap=0.05, patience=0.3, settled=0.0),
    exchange=ExchangePolicy(
        burst_gap=0.01, settle_gap=0.05, least_gap=0.05, most_gap=0.06, patience=0.25, probe_gap=0.1
    ),
)


@pytest.fixture
def make_ear() -> Iterator[Callable[..., Ear]]:
    ears: list[Ear] = []

    def make(attempts: AttemptsPolicy = HASTY.attempts, **changes: Any) -> Ear:
        ears.append(Ear(ShiftedClock(), replace(HASTY, attempts=attempts, **changes)))
        return ears[-1]

    yield make
    for ear in ears:
        ear.link.close()


@pytest.fixture(params=["real", "scripted"])
def authority(request: pytest.FixtureRequest) -> Iterator[RealAuthority | ScriptedAuthority]:
    with RealAuthority() if request.param == "real" else ScriptedAuthority() as running:
        yield running


@pytest.fixture
def real() -> Iterator[RealAuthority]:
    with RealAuthority() as running:
        yield running


@pytest.fixture
def scripted() -> Iterator[ScriptedAuthority]:
    with ScriptedAuthority() as running:
        yield running


@pytest.fixture
def proxy(real: RealAuthority) -> Iterator[Proxy]:
    with Proxy(real.port) as running:
        yield running


@pytest.fixture(autouse=True)
def _network_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rooms that somebody hosts on this machine, or on the network that it is in, are none of a test's business."""
    monkeypatch.setattr("player.net.lan.SERVICE", f"_mt{secrets.token_hex(4)}._tcp.local.")
