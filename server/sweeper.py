"""When Python looks for garbage in cycles, which stops everything for as long as it takes to look at every object.

With a thousand members that is 0.1 to 0.2 s, and Python's own rule (so many new objects) does it while people watch.
Here almost everything is freed when it is not used any more; only what the libraries leave of an ended connection
(60 KB) is in cycles. So the whole is looked at when that could be much beside what lives, and what was loaded at the
start never. Young objects are looked at as ever: those are few.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

THRESHOLDS = (2_000, 10, 1_000)  # of gc.set_threshold; the last all but says "never"
LEAST = 200  # connections that have ended ...
SHARE = 0.5  # ... and so many for each that lives, before it is worth the stop
PERIOD = 1.0  # s


class Sweeper:
    """`crowd` and `ended`: how many connections there are, and how many have ended so far. Owner: the loop's thread;
    one in a process, since the collector is the process's."""

    def __init__(self, crowd: Callable[[], int], ended: Callable[[], int], period: float = PERIOD) -> None:
        self._crowd, self._ended, self._period = crowd, ended, period
        self._swept = 0  # of the ended
        self._thresholds = gc.get_threshold()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        gc.freeze()
        gc.set_threshold(*THRESHOLDS)
        self._set_timer()

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        gc.set_threshold(*self._thresholds)
        gc.unfreeze()

    def _set_timer(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._period, self._look)

    def _look(self) -> None:
        self._set_timer()
        ended = self._ended()
        if ended - self._swept >= LEAST + SHARE * self._crowd():
            self._swept = ended
            gc.collect()
