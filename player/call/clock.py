"""The clocks in the process of the call: the app's local clock, levers included, and the room's as the app told it."""

from __future__ import annotations

import time

from player.core.call_pipe import RoomLine
from server.core.timeline import LocalTime, RoomTime


class CallClock:
    """Implements `parts.RoomClock`. Readings from any thread; `follow` from the loop's (a line is replaced whole).

    `perf_counter` is one clock for all processes of a machine: CLOCK_MONOTONIC, mach_absolute_time and
    QueryPerformanceCounter count from the machine's start (a test in tests/call/test_process.py)."""

    def __init__(self, offset: float = 0.0, ppm: float = 0.0, origin: float = 0.0) -> None:
        """Levers as `player.clocks.LeveredClock` has them."""
        self._rate = 1.0 + ppm * 1e-6
        self._origin = origin
        self._start = origin + offset
        self._line: RoomLine | None = None

    def now(self) -> LocalTime:
        return self.at(time.perf_counter())

    def at(self, reading: float) -> LocalTime:
        """Local time when `perf_counter` read this."""
        return LocalTime(self._start + (reading - self._origin) * self._rate)

    def follow(self, line: RoomLine) -> None:
        self._line = line

    @property
    def is_known(self) -> bool:
        """The app has said what time it is in the room."""
        return self._line is not None

    def room(self, local: LocalTime) -> RoomTime:
        line = self._line
        return RoomTime(local) if line is None else RoomTime(line.room + (local - line.local) * line.rate)

    def local(self, room: RoomTime) -> LocalTime:
        line = self._line
        return LocalTime(room) if line is None else LocalTime(line.local + (room - line.room) / line.rate)
