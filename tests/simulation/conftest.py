"""One cinema a test, closed at its end, and how most of the tests begin and judge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.paths import Way
from tests.simulation.cinema import Cinema, Figures
from tests.simulation.player import SimulatedPlayer

FRAME = 1.0 / 24.0
NEAR = Way(floor=0.005, noise=0.0005)
FAR = Way(floor=0.060, grant=0.040)


def two_watching(cinema: Cinema) -> tuple[SimulatedPlayer, SimulatedPlayer]:
    """Ana is near the server, Ben behind 80 +- 20 ms with a wrong clock."""
    ana = cinema.player("Ana", up=NEAR, down=NEAR)
    ben = cinema.player("Ben", up=FAR, down=FAR, ppm=80)
    cinema.gather(ana, ben)
    cinema.play(ana)
    cinema.run(5.0)
    return ana, ben


def assert_together(figures: Figures, *names: str) -> None:
    """Within half a frame all the time, without a gap."""
    assert figures.apart(*names).most < FRAME / 2
    assert all(figures.missing(name) == 0.0 for name in names or figures.seen)


@pytest.fixture
def cinema() -> Iterator[Cinema]:
    with Cinema() as cinema:
        yield cinema
