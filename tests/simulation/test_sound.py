"""Whole players with the real sound feed, on devices that are as wrong as their clocks."""

from __future__ import annotations

import pytest

from tests.simulation.cinema import Cinema
from tests.simulation.conftest import FAR, FRAME, NEAR


def test_sound_from_the_first_sample_on(cinema: Cinema) -> None:
    """Through starts, pauses and seeks no loudspeaker is a quarter of a frame from the others, nor ever runs dry."""
    ana = cinema.player("Ana", up=NEAR, down=NEAR, has_samples=True)
    ben = cinema.player("Ben", up=FAR, down=FAR, ppm=80, has_samples=True)
    cinema.gather(ana, ben)
    for place in (0.0, 1200.0, 300.0):
        cinema.seek(ana, place)
        cinema.run(1.0)
        cinema.play(ben)
        figures = cinema.watch(6.0)
        assert figures.apart().most < FRAME / 4
        assert figures.missing("Ana") == figures.missing("Ben") == 0.0
        cinema.pause(ana)
        cinema.until(lambda: not cinema.is_playing, 3.0, "the film stands")
        cinema.run(0.5)
        assert ana.playback.heard() is ben.playback.heard() is None
    cinema.play(ana)
    assert cinema.watch(20.0).apart().most < FRAME / 4
    assert ana.playback.sound().underruns == ben.playback.sound().underruns == 0
    assert cinema.seeks == {"Ana": 0, "Ben": 0}


@pytest.mark.parametrize("what", ["sleeps", "stands"])
def test_sound_of_a_machine_that_sleeps_or_stands(cinema: Cinema, what: str) -> None:
    """A minute asleep is one seek; half a second without time is none. Both are heard at the right place again."""
    ana = cinema.player("Ana", up=NEAR, down=NEAR)
    ben = cinema.player("Ben", up=FAR, down=FAR, ppm=80, has_samples=True)
    cinema.gather(ana, ben)
    cinema.play(ana)
    cinema.run(5.0)
    if what == "sleeps":
        ben.machine.sleep()
        cinema.run(60.0)
        cinema.do(ben.machine.wake)
    else:
        ben.machine.stop()
        cinema.run(0.5)
        cinema.do(ben.machine.resume)
    cinema.run(6.0)
    figures = cinema.watch(8.0)
    assert figures.apart().most < FRAME / 2
    assert figures.missing("Ben") == 0.0
    assert cinema.seeks == {"Ana": 0, "Ben": 1 if what == "sleeps" else 0}


def test_modelled_sound_is_like_the_real_one(cinema: Cinema) -> None:
    """What the other simulations hear is what the real feed does, within a millisecond."""
    real = cinema.player("Real", up=NEAR, down=NEAR, has_samples=True)
    modelled = cinema.player("Modelled", up=NEAR, down=NEAR)
    cinema.gather(real, modelled)
    cinema.play(real)
    cinema.run(5.0)
    figures = cinema.watch(15.0)
    assert figures.apart().most < 0.001
    assert figures.missing("Real") == figures.missing("Modelled") == 0.0
