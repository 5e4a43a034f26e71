"""What paths and clocks do to members, one condition a test. Bounds are exact: no real time passes."""

from __future__ import annotations

import pytest

from tests.fakes.paths import Way
from tests.simulation.cinema import Cinema

FRAME = 1.0 / 24.0


def test_large_jitter(cinema: Cinema) -> None:
    """Up to 200 ms of it, correlated one way and independent the other."""
    ana = cinema.player("Ana")
    correlated = Way(floor=0.03, swell=0.08, swell_time=4.0, noise=0.002)
    independent = Way(floor=0.03, grant=0.2)
    ben = cinema.player("Ben", up=correlated, down=independent, ppm=-40)
    cinema.gather(ana, ben)
    cinema.play(ana)
    early = cinema.watch(60.0)
    later = cinema.watch(120.0)
    assert early.apart().most < FRAME
    assert later.apart().median < 0.008
    assert later.apart().most < 0.025
    assert cinema.seeks == {"Ana": 0, "Ben": 0}


def test_asymmetric_delay(cinema: Cinema) -> None:
    """60 ms more one way than the other: no clock can see it, and the error is half of it, no more."""
    ana = cinema.player("Ana")
    ben = cinema.player("Ben", up=Way(floor=0.080, noise=0.001), down=Way(floor=0.020, noise=0.001))
    cinema.gather(ana, ben)
    cinema.play(ana)
    cinema.run(10.0)
    figures = cinema.watch(60.0)
    assert figures.apart().median == pytest.approx(0.030, abs=0.002)
    assert figures.apart().most < 0.033
    assert figures.of("Ana").most < 0.001
    assert cinema.seeks == {"Ana": 0, "Ben": 0}


def test_packet_loss(cinema: Cinema) -> None:
    """A tenth of what is sent has to be sent again, each way: stalls of 200 ms and more."""
    ana = cinema.player("Ana")
    lossy = Way(floor=0.025, noise=0.001, loss=0.1)
    ben = cinema.player("Ben", up=lossy, down=lossy, ppm=30)
    cinema.gather(ana, ben)
    cinema.play(ana)
    cinema.run(10.0)
    figures = cinema.watch(120.0)
    assert figures.apart().median < 0.002
    assert figures.apart().most < 0.008
    assert cinema.seeks == {"Ana": 0, "Ben": 0}


def test_skew_100ppm(cinema: Cinema) -> None:
    """200 ppm between two members: a second in 83 minutes, if nobody looked after it."""
    way = Way(floor=0.02, noise=0.001)
    ana = cinema.player("Ana", up=way, down=way, ppm=100)
    ben = cinema.player("Ben", up=way, down=way, ppm=-100)
    cinema.gather(ana, ben)
    cinema.play(ana)
    cinema.run(10.0)
    figures = cinema.watch(300.0)
    assert figures.apart().median < 0.001
    assert figures.apart().most < 0.004
    assert ana.room_clock.skew == pytest.approx(-100e-6, abs=3e-6)
    assert cinema.seeks == {"Ana": 0, "Ben": 0}


@pytest.mark.parametrize("jump", [-0.3, 0.05, 2.0])
def test_clock_step(cinema: Cinema, jump: float) -> None:
    """A machine's clock jumps (a virtual machine was moved): two exchanges later its player is back."""
    way = Way(floor=0.02, noise=0.001)
    ana, ben = cinema.player("Ana"), cinema.player("Ben", up=way, down=way)
    cinema.gather(ana, ben)
    cinema.play(ana)
    cinema.run(60.0)
    ben.machine.jump(jump)
    cinema.run(15.0)
    figures = cinema.watch(20.0)
    assert figures.apart().most < 0.005
    assert figures.of("Ana").most < 0.001
    assert ana.seeks == 0
    assert ben.seeks == (2 if abs(jump) > 1.0 else 0)  # there, and back
