"""A figure that a person can read: its digits stand still for a second, unless something really happens.

A player's asynchrony is measured several times a second and its last digit is noise. What is shown is the mean of a
second; a change by more than a frame is shown at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.core.timeline import LocalTime


@dataclass(frozen=True, slots=True)
class FigurePolicy:
    renew: float = 1.0  # s: faster digits can't be read
    jump: float = 0.04  # s: a frame of the slowest films


POLICY = FigurePolicy()
NEVER = LocalTime(float("-inf"))


@dataclass(frozen=True, slots=True)
class Figure:
    """`shown` in s, None: not known."""

    shown: float | None = None
    since: LocalTime = NEVER
    total: float = 0.0  # of what was measured since then
    count: int = 0

    def receive(self, measured: float | None, now: LocalTime) -> Figure:
        """The figure after one more measurement, s."""
        if measured is None:
            return Figure()
        if self.shown is None or abs(measured - self.shown) > POLICY.jump:
            return Figure(measured, now)
        total, count = self.total + measured, self.count + 1
        if now - self.since < POLICY.renew:
            return replace(self, total=total, count=count)
        return Figure(total / count, now)
