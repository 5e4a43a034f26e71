"""A room of simulated players on one virtual clock, and what an onlooker who knows the truth sees of them.

    with Cinema() as cinema:
        ana, ben = cinema.player("Ana"), cinema.player("Ben", up=..., down=..., ppm=80)
        cinema.gather(ana, ben)                      both in the room, with the film
        cinema.play(ana)
        figures = cinema.watch(60.0)                 of 60 s: asynchrony of everybody against everybody, and seeks

Everything is exact and the same in every run: no real time passes, all chance has a seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from player.core.view import WantPause, WantPlay, WantSeek
from tests.fakes.network import Route
from tests.fakes.paths import Way
from tests.fakes.virtual_loop import Machine, VirtualLoop
from tests.simulation.authority import SimulatedAuthority
from tests.simulation.player import SimulatedPlayer

LAN = Way(floor=0.2e-3, noise=0.1e-3)
GLANCE = 0.1  # s between two looks of the onlooker


@dataclass(frozen=True, slots=True)
class Asynchrony:
    """Of many instants, s; all of absolute values."""

    median: float
    p95: float
    most: float
    count: int

    @classmethod
    def of(cls, values: list[float]) -> Asynchrony:
        """`values` may be empty: then nothing is known."""
        if not values:
            return cls(float("nan"), float("nan"), float("nan"), 0)
        sizes = np.abs(values)
        return cls(float(np.median(sizes)), float(np.percentile(sizes, 95)), float(sizes.max()), len(values))


@dataclass(slots=True)
class Seen:
    """Of one player at many true instants: media time on the screen and out of the loudspeaker minus the truth, s, None
    where there was none."""

    picture: list[float | None] = field(default_factory=list)
    sound: list[float | None] = field(default_factory=list)


@dataclass(slots=True)
class Figures:
    """What was seen while the film played."""

    times: list[float] = field(default_factory=list)  # true
    seen: dict[str, Seen] = field(default_factory=dict)
    seeks: dict[str, int] = field(default_factory=dict)

    def of(self, name: str, sense: str = "both") -> Asynchrony:
        """A player's against the timeline. `sense`: picture, sound or both."""
        seen = self.seen[name]
        senses = [seen.picture] * (sense != "sound") + [seen.sound] * (sense != "picture")
        return Asynchrony.of([each for values in senses for each in values if each is not None])

    def missing(self, name: str) -> float:
        """Share of the instants at which a player presented no picture or no sound."""
        seen = self.seen[name]
        values = [*seen.picture, *seen.sound]
        return sum(each is None for each in values) / max(1, len(values))

    def apart(self, *names: str) -> Asynchrony:
        """Between players (all, if none are named) at the same instant: the farthest two, screens and loudspeakers."""
        chosen = [self.seen[name] for name in names or self.seen]
        spans = []
        for sense in ("picture", "sound"):
            for row in zip(*(getattr(seen, sense) for seen in chosen), strict=True):
                known = [each for each in row if each is not None]
                if len(known) > 1:
                    spans.append(max(known) - min(known))
        return Asynchrony.of(spans)


class Cinema:
    """Owns the loop; a context manager."""

    def __init__(self, length: float = 5_400.0) -> None:
        random.seed(1)  # the lifeline's
        self.loop = VirtualLoop()
        self.authority = SimulatedAuthority(self.loop)
        self.length = length
        self.players: list[SimulatedPlayer] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for player in self.players:
            self.loop.run_until_complete(player.close())
        self.authority.stop()
        self.loop.run(0.01)
        self.loop.close()

    def player(
        self,
        name: str,
        *,
        up: Way = LAN,
        down: Way = LAN,
        ppm: float = 0.0,
        start: float | None = None,
        has_samples: bool = False,
    ) -> SimulatedPlayer:
        """One more, who is not in the room yet. `has_samples`: with the real sound feed, which costs ten times as
        much."""
        seed = 100 + len(self.players)
        route = Route(self.loop, up, down, seed)
        machine = Machine(self.loop, start=1e3 * seed if start is None else start, ppm=ppm)

        async def begin() -> SimulatedPlayer:
            return SimulatedPlayer(
                self.loop, self.authority, name, route, machine, self.length, seed, has_samples=has_samples
            )

        player = self.loop.run_until_complete(begin())
        self.players.append(player)
        return player

    # -- what happens --------------------------------------------------------------------------------------------------

    def do(self, what: Callable[[], None]) -> None:
        """In the loop."""

        async def run() -> None:
            what()

        self.loop.run_until_complete(run())

    def run(self, seconds: float) -> None:
        self.loop.run(seconds)

    def until(self, holds: Callable[[], bool], within: float, what: str) -> float:
        """Let time pass until something holds; how long that took, s."""
        began = self.loop.time()
        while not holds():
            assert self.loop.time() - began < within, f"not within {within} s: {what}"
            self.loop.run(0.02)
        return self.loop.time() - began

    def gather(self, *players: SimulatedPlayer) -> None:
        """All into the room, one after the other, with the film of the first."""
        for player in players:
            self.do(player.join)
            self.until(lambda player=player: player.seat.is_following, 10.0, f"{player.name} follows")  # type: ignore[misc]
        self.run(11.0)

    def play(self, player: SimulatedPlayer) -> None:
        """Until it does."""
        self.do(lambda: player.act(WantPlay()))
        self.until(lambda: self.is_playing, 40.0, "the film plays")

    def pause(self, player: SimulatedPlayer) -> None:
        self.do(lambda: player.act(WantPause()))

    def seek(self, player: SimulatedPlayer, media_time: float) -> None:
        self.do(lambda: player.act(WantSeek(media_time)))

    # -- what is seen --------------------------------------------------------------------------------------------------

    @property
    def is_playing(self) -> bool:
        return self.authority.room.schedule.at(self.authority.now()).state == "playing"

    @property
    def seeks(self) -> dict[str, int]:
        return {player.name: player.seeks for player in self.players}

    def watch(self, seconds: float, *players: SimulatedPlayer) -> Figures:
        """Let time pass and look at players (all, if none are named) at each tenth of a second of it."""
        watched = players or tuple(self.players)
        before = self.seeks
        figures = Figures(seen={player.name: Seen() for player in watched})
        ends = self.loop.time() + seconds
        while self.loop.time() < ends:
            self.loop.run(min(GLANCE, max(1e-6, ends - self.loop.time())))
            if self.is_playing:
                self._look(figures, watched)
        figures.seeks = {player.name: player.seeks - before[player.name] for player in watched}
        return figures

    def _look(self, figures: Figures, watched: tuple[SimulatedPlayer, ...]) -> None:
        truth = self.authority.media_time()
        figures.times.append(self.loop.time())
        for player in watched:
            seen = figures.seen[player.name]
            shown, heard = player.playback.shown(), player.playback.heard()
            seen.picture.append(None if shown is None else shown - truth)
            seen.sound.append(None if heard is None else heard - truth)
