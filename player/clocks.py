"""This machine's clock, the levers that make it wrong on purpose, and what notices that the machine slept."""

from __future__ import annotations

import time

from player.core.clock import RoomClock
from player.core.target import ClockLine
from server.core.timeline import LocalTime


class SystemClock:
    """The one real clock."""

    def now(self) -> LocalTime:
        return LocalTime(time.perf_counter())


def seconds_of_day() -> float:
    """Since midnight where this person is, s: for what people read, never for timing."""
    now = time.localtime()
    return now.tm_hour * 3600.0 + now.tm_min * 60.0 + now.tm_sec


class LeveredClock:
    """A clock that is `offset` s ahead and runs `ppm` fast, counted from `origin` (perf_counter, s), its making."""

    def __init__(self, offset: float, ppm: float) -> None:
        self.offset, self.ppm = offset, ppm
        self.origin = time.perf_counter()
        self._rate = 1.0 + ppm * 1e-6
        self._start = self.origin + offset

    def now(self) -> LocalTime:
        return LocalTime(self._start + (time.perf_counter() - self.origin) * self._rate)


class MistakenRoomClock(RoomClock):
    """A room clock whose estimate is `error` s too high: what the demo's ruler has to find out."""

    def __init__(self, error: float) -> None:
        super().__init__()
        self._error = error

    def line(self, now: float) -> ClockLine:
        right = super().line(now)
        return ClockLine(right.local0, right.room0 + self._error, right.slew_rate, right.local1, right.rate)


class SleepWatch:
    """Notices that this machine slept: `perf_counter` stands still meanwhile on Linux, other clocks do not. A hint,
    never a measure: a wall clock that was set looks the same."""

    def __init__(self) -> None:
        self._ahead = self._measure()

    def has_slept(self) -> bool:
        """Whether the clocks have come apart by more than half a second since the last question."""
        before, self._ahead = self._ahead, self._measure()
        return abs(self._ahead - before) > 0.5

    @staticmethod
    def _measure() -> float:
        if hasattr(time, "CLOCK_BOOTTIME"):
            return time.clock_gettime(time.CLOCK_BOOTTIME) - time.perf_counter()
        return time.time() - time.perf_counter()
