"""Whatever befalls three members, one thing after the other: in the end they are the same three, and together."""

from __future__ import annotations

import random

import pytest

from player.core.view import WantPlay, WantRate
from tests.fakes.paths import Way
from tests.simulation.cinema import Cinema
from tests.simulation.conftest import FAR, FRAME, NEAR
from tests.simulation.player import SimulatedPlayer

LOSSY = Way(floor=0.03, noise=0.003, loss=0.05)
THINGS = ("seek", "pause", "rate", "hole", "reset", "sleep", "stop", "restart")


def befall(cinema: Cinema, thing: str, player: SimulatedPlayer, chance: random.Random) -> None:
    lasts = chance.uniform(0.3, 25.0)
    match thing:
        case "seek":
            cinema.seek(player, chance.uniform(0.0, 5000.0))
        case "pause":
            cinema.pause(player)
            cinema.run(lasts / 5)
            cinema.do(lambda: player.act(WantPlay()))
        case "rate":
            cinema.do(lambda: player.act(WantRate(chance.choice([0.5, 1.0, 1.5, 2.0]))))
        case "hole":
            player.route.is_hole = True
            cinema.run(lasts)
            player.route.is_hole = False
        case "reset":
            player.route.refuses = True
            cinema.do(player.route.reset)
            cinema.run(lasts)
            player.route.refuses = False
        case "sleep":
            player.machine.sleep()
            cinema.run(lasts)
            cinema.do(player.machine.wake)
        case "stop":
            player.machine.stop()
            cinema.run(lasts / 10)
            cinema.do(player.machine.resume)
        case _:
            cinema.do(cinema.authority.stop)
            cinema.run(lasts / 5)
            cinema.do(cinema.authority.restart)


@pytest.mark.parametrize("seed", range(10))
def test_all_come_together_again(cinema: Cinema, seed: int) -> None:
    chance = random.Random(seed)
    ana = cinema.player("Ana", up=NEAR, down=NEAR)
    ben = cinema.player("Ben", up=FAR, down=FAR, ppm=80)
    eve = cinema.player("Eve", up=LOSSY, down=LOSSY, ppm=-70)
    cinema.gather(ana, ben, eve)
    cinema.play(ana)
    for _ in range(10):
        befall(cinema, chance.choice(THINGS), chance.choice((ana, ben, eve)), chance)
        cinema.run(chance.uniform(0.0, 3.0))
    cinema.run(22.0)
    cinema.play(ana)
    cinema.run(14.0)
    figures = cinema.watch(5.0)
    assert figures.apart().most < FRAME / 2
    assert all(figures.missing(player.name) == 0.0 for player in cinema.players)
    assert sorted(member.name for member in cinema.authority.room.members if member.is_here) == ["Ana", "Ben", "Eve"]
    assert len(cinema.authority.room.members) == 3
