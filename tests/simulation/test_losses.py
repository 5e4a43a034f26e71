"""What members are lost by, and how they come back, one condition a test."""

from __future__ import annotations

import pytest

from player.core.view import WantSeek
from tests.fakes.paths import Way
from tests.simulation.cinema import Cinema
from tests.simulation.conftest import assert_together, two_watching
from tests.simulation.player import SimulatedPlayer


def is_back(player: SimulatedPlayer) -> bool:
    return player.seat.link == "joined"


def is_there(cinema: Cinema, player: SimulatedPlayer) -> bool:
    heard = player.playback.heard()
    return heard is not None and abs(heard - cinema.authority.media_time()) < 0.1


@pytest.mark.parametrize("kind", ["black hole", "reset"])
@pytest.mark.parametrize("seconds", [5.0, 40.0])
def test_link_cut(cinema: Cinema, kind: str, seconds: float) -> None:
    """The film plays on by its own clock; when the link is back it is the same person, at the new place."""
    ana, ben = two_watching(cinema)
    cinema.run(30.0)
    me, revision = ben.seat.me, cinema.authority.room.revision
    if kind == "reset":
        ben.route.refuses = True
        cinema.do(ben.route.reset)
    else:
        ben.route.is_hole = True
    assert_together(cinema.watch(seconds - 1.0))
    assert ben.seat.link == "lost" or seconds < 6.0  # an exchange each 4 s, and 1.5 s of patience with it
    assert cinema.authority.room.revision == revision
    cinema.seek(ana, 2000.0)
    cinema.run(1.0)
    if kind == "reset":
        ben.route.refuses = False
    else:
        ben.route.is_hole = False
    cinema.until(lambda: is_back(ben), 2.5, "Ben is back")
    cinema.run(2.5)
    assert_together(cinema.watch(10.0))
    assert cinema.authority.media_time() > 2000.0
    assert ben.seat.me == me
    assert [(member.name, member.is_here) for member in cinema.authority.room.members] == [("Ana", True), ("Ben", True)]
    assert cinema.seeks == {"Ana": 0, "Ben": 0}


@pytest.mark.parametrize("seconds", [1.5, 2.5, 4.0, 60.0, 400.0])
def test_sleep_and_wake(cinema: Cinema, seconds: float) -> None:
    """The lid is closed: nobody waits for that member; awake again it is at the film's place after one seek."""
    _, ben = two_watching(cinema)
    cinema.run(30.0)
    me, revision = ben.seat.me, cinema.authority.room.revision
    ben.machine.sleep()
    cinema.run(seconds)
    assert cinema.authority.room.revision == revision
    cinema.do(ben.machine.wake)
    cinema.until(lambda: is_there(cinema, ben), 8.0, "Ben is there")
    cinema.run(1.0)
    assert_together(cinema.watch(10.0))
    assert ben.seat.me == me
    assert cinema.authority.room.revision == revision
    assert cinema.seeks == {"Ana": 0, "Ben": 1}


def test_stopped_for_half_a_second(cinema: Cinema) -> None:
    """A busy machine gives a player no time: it is back by itself, without a seek."""
    _, ben = two_watching(cinema)
    ben.machine.stop()
    cinema.run(0.5)
    cinema.do(ben.machine.resume)
    cinema.run(3.0)
    assert_together(cinema.watch(10.0))
    assert cinema.seeks == {"Ana": 0, "Ben": 0}


def test_server_restart(cinema: Cinema) -> None:
    """Nothing is left of the room but what its members know: they bring it back, on another clock, to its place."""
    ana, ben = two_watching(cinema)
    cinema.do(lambda: ana.act(WantSeek(1000.0)))
    cinema.until(lambda: cinema.is_playing and cinema.authority.media_time() > 1000.0, 10.0, "it plays there")
    cinema.run(20.0)
    place = cinema.authority.media_time()
    cinema.do(cinema.authority.stop)
    cinema.run(4.0)
    epoch = cinema.authority.epoch
    cinema.do(cinema.authority.restart)
    assert cinema.authority.epoch != epoch
    cinema.until(lambda: is_back(ana) and is_back(ben) and cinema.is_playing, 10.0, "they are back")
    cinema.run(12.0)
    assert_together(cinema.watch(20.0))
    gone = cinema.authority.media_time() - place
    assert 20.0 < gone < 60.0  # where they were, give or take what the way back took
    assert ana.room_clock.epoch == ben.room_clock.epoch == cinema.authority.epoch
    assert cinema.seeks == {"Ana": 0, "Ben": 0}


def test_whole_room_behind_one_cut(cinema: Cinema) -> None:
    """Both members of a household are cut off and play on for minutes: still together, by two clocks of their own."""
    way = Way(floor=0.01, noise=0.001)
    ana = cinema.player("Ana", up=way, down=way, ppm=35)
    ben = cinema.player("Ben", up=way, down=way, ppm=-45)
    cinema.gather(ana, ben)
    cinema.play(ana)
    cinema.run(120.0)
    for player in (ana, ben):
        player.route.is_hole = True
    figures = cinema.watch(60.0)
    assert figures.apart().most < 0.005
    assert cinema.seeks == {"Ana": 0, "Ben": 0}
