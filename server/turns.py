"""Who of the peers has to wait for a turn, and what happens when it comes. `core/sharing.py` says when.

A peer that waits is not read from (TCP holds it up in the end); what of its bytes is here already is bounded by itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from server.core.sharing import Share, Sharing

RANK_EVERY = 0.25  # s; only while time is short


class Waiting(Protocol):
    """Whoever had to wait."""

    share: Share

    def go_on(self) -> None:
        """Its turn has come: do a bit, and wait again if there is more."""


class Turns:
    """Owner of all fields: the loop's thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sharing = Sharing(now=clock())
        self._shares: dict[int, Share] = {}  # by their id, in order of arrival
        self._ranked_at = clock()
        self._first_waiting: list[Waiting] = []
        self._waiting: deque[Waiting] = deque()
        self._is_turn = False  # somebody's who waited
        self._timer: asyncio.TimerHandle | None = None
        self._began: float | None = None  # when what is being done now was begun
        self.waits = 0  # how often somebody had to wait

    def enrol(self, share: Share) -> None:
        """A peer has come."""
        self._shares[id(share)] = share

    def dismiss(self, share: Share) -> None:
        """It has gone."""
        self._shares.pop(id(share), None)

    def may_take(self, share: Share) -> bool:
        """Whether this peer's message is looked at now."""
        now = self._clock()
        if now - self._ranked_at >= RANK_EVERY and not self._sharing.has_time(now):
            self._ranked_at = now
            self._sharing.rank(self._shares.values(), now)
        return self._sharing.may_take(share, now, others_wait=bool(self._waiting) and not self._is_turn)

    def begin(self) -> None:
        """Something is begun that takes time. What is begun within it belongs to it."""
        self._began = self._clock()

    def end(self, share: Share | None = None) -> None:
        """It has ended, and was a peer's or everybody's."""
        if self._began is not None:
            now = self._clock()
            self._sharing.spend(now - self._began, now, share)
            self._began = None

    def charge(self, took: float) -> None:
        """Something will take so much time, s, where it can't be measured."""
        self._sharing.spend(took, self._clock())

    @property
    def is_busy(self) -> bool:
        """Whether something has been begun."""
        return self._began is not None

    def wait(self, who: Waiting) -> None:
        """Come back to it in a later window."""
        self.waits += 1
        if who.share.is_first:
            self._first_waiting.append(who)
        else:
            self._waiting.append(who)
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is None and (self._waiting or self._first_waiting):
            delay = max(0.001, self._sharing.window_ends - self._clock())
            self._timer = asyncio.get_running_loop().call_later(delay, self._take_turns)

    def _take_turns(self) -> None:
        self._timer = None
        self._is_turn = True
        firsts, self._first_waiting = sorted(self._first_waiting, key=lambda who: who.share.used), []
        for number, who in enumerate(firsts):
            if not self._sharing.has_time(self._clock()):
                self._first_waiting += firsts[number:]
                break
            who.go_on()
        for _ in range(len(self._waiting)):
            if not self._sharing.has_time(self._clock()):
                break
            self._waiting.popleft().go_on()
        self._is_turn = False
        self._set_timer()
