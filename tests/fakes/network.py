"""A network on virtual time as TCP shows it: delays of any kind, losses that are stalls, cuts, and nothing reordered.

    route = Route(loop, up, down, seed)      one member's way to the authority and back; see `Way` for the delays
    route.is_hole = True                     nothing arrives; what is sent is sent again until it is False
    route.reset()                            every connection on it ends at both ends
    route.refuses = True                     new connections are refused

`Pipe` is one connection on a route. Who sends on it gives what is to be done at the other end.
"""

from __future__ import annotations

import contextvars
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from tests.fakes.paths import Traffic, Way
from tests.fakes.virtual_loop import VirtualLoop

Direction = Literal["up", "down"]
SENT_AGAIN = 0.2  # s, TCP's least retransmission time-out, doubled each time
MOST_WAITING = 60.0  # s, up to


class Route:
    """`loss`: share of messages of which a segment has to be sent again, each way."""

    def __init__(self, loop: VirtualLoop, up: Way, down: Way, seed: int = 1) -> None:
        self.loop = loop
        self.refuses = False
        self._random = np.random.default_rng(seed)
        self._ways: dict[Direction, Way] = {}
        self._traffic: dict[Direction, Traffic] = {}
        self._pipes: list[Pipe] = []
        self._is_hole = False
        self.change(up, down)

    def change(self, up: Way, down: Way) -> None:
        """Other delays from now on. Ways count their times from the loop's beginning."""
        for direction, way in (("up", up), ("down", down)):
            self._ways[direction] = way  # type: ignore[index]
            datagrams = replace(way, loss=0.0, in_order=False)  # what TCP makes of them: see below and Pipe
            self._traffic[direction] = Traffic(datagrams, self._random)  # type: ignore[index]

    def arrival(self, direction: Direction, sent: float) -> float:
        """When what is sent at a true time arrives, s."""
        arrival = self._traffic[direction].arrival(sent)
        assert arrival is not None
        again = max(SENT_AGAIN, 2.0 * (arrival - sent))
        while self._random.random() < self._ways[direction].loss:
            arrival, again = arrival + again, 2.0 * again
        return arrival

    @property
    def is_hole(self) -> bool:
        return self._is_hole

    @is_hole.setter
    def is_hole(self, is_hole: bool) -> None:
        self._is_hole = is_hole
        if not is_hole:
            for pipe in list(self._pipes):
                pipe.try_again()

    def reset(self) -> None:
        """Every connection ends, at both ends."""
        for pipe in list(self._pipes):
            pipe.close()
            pipe.on_reset()

    def attach(self, pipe: Pipe) -> None:
        self._pipes.append(pipe)

    def detach(self, pipe: Pipe) -> None:
        if pipe in self._pipes:
            self._pipes.remove(pipe)


@dataclass(frozen=True, slots=True)
class _Held:
    direction: Direction
    deliver: Callable[[], None]
    context: contextvars.Context
    sent: float


class Pipe:
    """One TCP connection: what is sent one way arrives in order, each in the context that is given with it."""

    def __init__(self, route: Route, on_reset: Callable[[], None]) -> None:
        self._route = route
        self._arrived: dict[Direction, float] = {"up": 0.0, "down": 0.0}
        self._held: list[_Held] = []
        self.on_reset = on_reset
        self.is_closed = False
        route.attach(self)

    def send(self, direction: Direction, deliver: Callable[[], None], context: contextvars.Context) -> None:
        """`deliver` is called when it has arrived; never, if the connection is closed before."""
        if self.is_closed:
            return
        held = _Held(direction, deliver, context, self._route.loop.time())
        if self._route.is_hole or any(each.direction == direction for each in self._held):
            self._held.append(held)
        else:
            self._deliver(held, held.sent)

    def close(self) -> None:
        """Nothing is delivered any more."""
        self.is_closed = True
        self._held.clear()
        self._route.detach(self)

    def try_again(self) -> None:
        """The hole is closed: everything comes when the oldest part of it is sent again."""
        held, self._held = self._held, []
        now = self._route.loop.time()
        due: dict[Direction, float] = {}
        for each in held:
            if each.direction not in due:
                at, gap = each.sent, SENT_AGAIN
                while at < now:
                    at, gap = at + gap, min(2.0 * gap, MOST_WAITING)
                due[each.direction] = at
            self._deliver(each, due[each.direction])

    def _deliver(self, held: _Held, sent: float) -> None:
        after = math.nextafter(self._arrived[held.direction], math.inf)  # a loop keeps no order of what is due at once
        arrival = max(self._route.arrival(held.direction, sent), after)
        self._arrived[held.direction] = arrival

        def arrive() -> None:
            if not self.is_closed:
                held.deliver()

        self._route.loop.call_at(arrival, arrive, context=held.context)
