"""Keeping the process of the call alive: when to start it, when it counts as hung, how long to wait after a death.

It says something once a second. Silence means that it hangs, unless it has only just been started (imports from a slow
disk take a while), or we were away ourselves: a machine that slept, or an app that was stopped, has heard nothing from
anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class KeepingPolicy:
    """Seconds."""

    silence: float = 5.0  # five signs of life
    start: float = 30.0  # until the first one
    look: float = 0.5  # between two looks
    away: float = 3.0  # a look that comes so late was not ours to make: silence is counted anew
    first_wait: float = 0.25  # after a death; doubled with each one that follows
    most_wait: float = 15.0
    healthy: float = 30.0  # who has lived so long begins with the first wait again


POLICY = KeepingPolicy()

Duty = Literal["start", "kill"]


@dataclass(frozen=True, slots=True)
class Keeping:
    """A value; each `receive_*` returns the next one. Times are local time, s."""

    runs: bool = False
    has_spoken: bool = False  # since it was started
    started_at: float = 0.0
    heard_at: float = 0.0
    looked_at: float | None = None
    may_start_at: float = 0.0
    wait: float = 0.0  # before the next start

    def receive_start(self, now: float) -> Keeping:
        return replace(self, runs=True, has_spoken=False, started_at=now, heard_at=now)

    def receive_word(self, now: float) -> Keeping:
        return replace(self, has_spoken=True, heard_at=now)

    def receive_end(self, policy: KeepingPolicy, now: float) -> Keeping:
        """It has died, or could not be started."""
        was_healthy = self.has_spoken and now - self.started_at >= policy.healthy
        wait = policy.first_wait if was_healthy or not self.wait else min(2 * self.wait, policy.most_wait)
        return replace(self, runs=False, may_start_at=now + wait, wait=wait)

    def receive_look(self, policy: KeepingPolicy, now: float) -> Keeping:
        """To be called every `policy.look` s; `duty_at` is asked afterwards."""
        was_away = self.looked_at is not None and now - self.looked_at > policy.away
        return replace(self, looked_at=now, heard_at=now if was_away else self.heard_at)

    def duty_at(self, policy: KeepingPolicy, now: float) -> Duty | None:
        """What has to be done."""
        if not self.runs:
            return "start" if now >= self.may_start_at else None
        patience = policy.silence if self.has_spoken else policy.start
        return "kill" if now - self.heard_at > patience else None
