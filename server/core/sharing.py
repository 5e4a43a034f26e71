"""Whose message is looked at now when there are more than can be: processor time is shared fairly.

Limits on one connection hold one connection; a thousand that keep to theirs can still ask for more than a core. So time
is measured: in each short window a part of it may go to what peers say. When that is used up, only two kinds of peers
go on, and all others wait for their turn in a later window:

    who took clearly less than the average lately (fair queueing, Demers, Keshav and Shenker 1989, of time instead of
    bytes), while a second part lasts: who says little is served at once, who says much is slowed down, not cut;
    who was here first, while a third part lasts: people in a film do not wait for a crowd that came later, however
    modest each of the crowd is. Of those who have to wait after all they come first, the more modest before the less.

While there is time for everybody nobody waits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SharingPolicy:
    """Times in seconds."""

    window: float = 0.040  # who is served at once may have to wait for what others are given in one
    part: float = 0.5  # of a window, for everybody; what is left is for joining, timers, the store, other processes
    second_part: float = 0.15  # of a window, for the modest
    third_part: float = 0.2  # of a window, for those who were here first
    first_least: float = 0.016  # s, counted as taken by each of those: so there are at most 25 of them
    modest: float = 0.75  # of the average: who took at most that is served at once
    memory: float = 2.0  # over which is averaged what somebody takes: a burst of clock exchanges is over in 0.4


@dataclass(slots=True)
class Share:
    """What one peer has taken lately: `used` s, as of `at`."""

    used: float = 0.0
    at: float = 0.0
    second: int = -1  # in which it took some last
    is_first: bool = False  # it was here before the crowd


class Sharing:
    """The time of one thread. `now` is always its own monotonic clock."""

    def __init__(self, policy: SharingPolicy = SharingPolicy(), now: float = 0.0) -> None:
        self.policy = policy
        self._all = Share(at=now)
        self._window_ends = now + policy.window
        self._left = policy.window * policy.part
        self._second = int(now)
        self._takers = 0  # peers that took some in this second ...
        self._takers_before = 0  # ... and in the one before

    @property
    def window_ends(self) -> float:
        """When those who wait may ask again."""
        return self._window_ends

    def has_time(self, now: float) -> bool:
        """Whether something is left of this window for whoever comes."""
        if now >= self._window_ends:
            self._window_ends = now + self.policy.window
            self._left = self.policy.window * self.policy.part
        return self._left > 0.0

    def may_take(self, share: Share, now: float, *, others_wait: bool = False) -> bool:
        """Whether this peer is served now. While others wait, the first part of each window is for those."""
        if self.has_time(now) and not others_wait:
            return True
        policy = self.policy
        left = self._left + policy.window * policy.second_part
        if left > 0.0 and self._faded(share, now) <= policy.modest * self._mean(now):
            return True
        return share.is_first and left + policy.window * policy.third_part > 0.0

    def rank(self, shares: Iterable[Share], now: float) -> None:
        """Find out who was here first. `shares` of all, in their order of arrival."""
        left = self.policy.third_part * self.policy.memory  # so much use fades as fast as it is added
        for share in shares:
            left -= max(self.policy.first_least, self._faded(share, now))
            share.is_first = left >= 0.0

    def spend(self, took: float, now: float, share: Share | None = None) -> None:
        """Something took `took` s and has ended at `now`: for a peer, or for all."""
        self.has_time(now)
        self._left -= took
        if share is None:
            return
        for each in (share, self._all):
            each.used = self._faded(each, now) + took
            each.at = now
        second = int(now)
        if second != self._second:
            self._takers_before = self._takers if second == self._second + 1 else 0
            self._second, self._takers = second, 0
        if share.second != second:
            share.second = second
            self._takers += 1

    def _faded(self, share: Share, now: float) -> float:
        return share.used * math.exp((share.at - now) / self.policy.memory) if share.used else 0.0

    def _mean(self, now: float) -> float:
        return self._faded(self._all, now) / max(1, self._takers, self._takers_before)
