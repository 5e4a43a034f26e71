"""Steady play on each kind of path: one room with a member behind each of them, and one who is next to the server."""

from __future__ import annotations

import math
from dataclasses import replace

from tests.fakes.networks import PATHS
from tests.fakes.paths import Path, Way
from tests.simulation.authority import NOWHERE
from tests.simulation.cinema import Cinema, Figures

NEAR = "near"  # who is next to the server, with a good clock
UNIFORM = "uniform 80 +- 20 ms, 80 ppm"
KINDS = ("lan", "wifi", "wan", "lte", "bursts", "route", "thermal", "loss", "stalls")
NAMES = (*KINDS, UNIFORM)


def paths(seconds: float, seed: int) -> dict[str, Path]:
    """A path of each of NAMES. What happens on it once happens within the first `seconds`."""
    drawn = {kind: _squeezed(PATHS[kind](seed * 100 + index), seconds) for index, kind in enumerate(KINDS)}
    far = PATHS["far"](seed * 100 + len(KINDS))
    way = Way(floor=0.060, grant=0.040)
    crystal = replace(far.crystal, ppm=math.copysign(80.0, seed % 2 - 0.5))
    return drawn | {UNIFORM: replace(far, up=way, down=way, crystal=crystal)}


def _squeezed(path: Path, seconds: float) -> Path:
    def earlier(events: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        return tuple((at * seconds / path.duration, value) for at, value in events)

    up, down = (replace(way, shifts=earlier(way.shifts)) for way in (path.up, path.down))
    return replace(path, up=up, down=down, crystal=replace(path.crystal, bends=earlier(path.crystal.bends)))


def steady_play(seconds: float, seed: int) -> Figures:
    """So long of a film that nobody touches, from 10 s after its start on. Members are NEAR and NAMES."""
    with Cinema() as cinema:
        players = [cinema.player(NEAR)]
        for name, path in paths(seconds, seed).items():
            crystal = path.crystal
            player = cinema.player(name, up=path.up, down=path.down, ppm=crystal.ppm, start=crystal.start)
            for at, ppm in crystal.bends:
                cinema.loop.call_at(at, player.machine.set_ppm, ppm, context=NOWHERE)
            players.append(player)
        cinema.gather(*players)
        cinema.play(players[0])
        cinema.run(10.0)
        return cinema.watch(seconds)
