"""One timer for all rooms: a heap of when each has to be looked at.

A room's entry may be too early (its deadline has moved since), never too late.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import math
from collections.abc import Callable

from server.core.timeline import RoomTime

logger = logging.getLogger(__name__)

LEAST_WAIT = 0.001  # s; timers have whole milliseconds and may ring that much early


class Deadlines:
    """`look` is called with the name of a room whose time has come, and the time. Owner: the loop's thread."""

    def __init__(self, now: Callable[[], RoomTime], look: Callable[[str, RoomTime], None]) -> None:
        self._now, self._look = now, look
        self._heap: list[tuple[RoomTime, str]] = []
        self._due: dict[str, RoomTime] = {}  # the entry of a room that counts
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = RoomTime(0.0)

    def note(self, name: str, due: RoomTime | None, now: RoomTime) -> None:
        """A room has to be looked at by then at the latest; None: nothing comes by itself."""
        if due is None:
            return
        known = self._due.get(name)
        if known is None or due < known:
            self._due[name] = due
            heapq.heappush(self._heap, (due, name))
            self._set(now)

    def earliest(self, name: str) -> float:
        """Before this instant nothing is due in a room; infinite: nothing is known of it."""
        return self._due.get(name, math.inf)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._heap.clear()
        self._due.clear()

    def _set(self, now: RoomTime) -> None:
        if not self._heap:
            return
        due = self._heap[0][0]
        if self._timer is not None:
            if self._timer_at <= due:
                return
            self._timer.cancel()
        self._timer_at = due
        self._timer = asyncio.get_running_loop().call_later(max(LEAST_WAIT, due - now), self._ring)

    def _ring(self) -> None:
        self._timer = None
        now = self._now()
        names = []
        while self._heap and self._heap[0][0] <= now:
            due, name = heapq.heappop(self._heap)
            if self._due.get(name) == due:
                del self._due[name]
                names.append(name)
        for name in names:
            try:
                self._look(name, now)
            except Exception:  # one room must not stop the timer of all
                logger.exception("The room %r could not be looked at", name)
        self._set(now)
