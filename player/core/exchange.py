"""When the next clock exchange is due, and when a silent link is probed.

Theory of operation (DESIGN sections 4 and 8). One-way floors need many rows soon and few later: a burst of 8 at 50 ms
on a new connection and after a wake, one a second for 10 s, then one every 3 to 4 s, drawn at random so that a
hundred members of a room do not ask at one instant. The gap stays below the design's 5 s because the exchange is also
what notices a dead link: unanswered for 1.5 s, the link's owner tries a second connection each second beside the old
one. The first that answers wins; if that is the old one, `receive_answer` simply ends the probing.

A value: the shell keeps one `Exchange`, replaces it by what the calls return, does the actions, sleeps until
`deadline` and asks again. All times are local time, s; the random number comes from the shell too.

    exchange = Exchange().connected(now)                         a connection is up (the first, or one that won)
    exchange, actions = exchange.advance(now, random.random())   at `deadline`, or at any time
    exchange = exchange.receive_answer(t0)                       a `clock` reply has come
    exchange = exchange.burst(now)                               woke from sleep, the network changed
    exchange = exchange.disconnected()                           no connection: nothing is due
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import Enum


@dataclass(frozen=True, slots=True)
class ExchangePolicy:
    """How often. Seconds but for counts."""

    burst_count: int = 8  # rows that the first fit gets: the least of 8 one-way delays each way
    burst_gap: float = 0.05  # long enough that one queue does not hold all of them, over before a film opens
    settle_time: float = 10.0  # after a burst, while the skew is not known yet
    settle_gap: float = 1.0
    least_gap: float = 3.0
    most_gap: float = 4.0  # and not 5: a link that was cut for 5 s has to be missed before it returns
    patience: float = 1.5  # unanswered that long: probe
    probe_gap: float = 1.0
    most_waiting: int = 16  # requests into a link that does not answer; more would only queue up in TCP


_SLACK = 0.001  # s; the wire rounds t0 to microseconds, and the shell stamps it just after `now`


class Act(Enum):
    """What the shell does now."""

    SEND = "send"  # stamp t0 and send a `clock` request; its t0 is the `now` of the call or later
    PROBE = "probe"  # try another connection beside this one


@dataclass(frozen=True, slots=True)
class Exchange:
    """The state of the exchange over one connection. `waiting` are the instants of unanswered requests, ascending."""

    policy: ExchangePolicy = field(default_factory=ExchangePolicy)
    send_due: float = math.inf
    probe_due: float = math.inf
    burst_left: int = 0
    settled_at: float = -math.inf
    waiting: tuple[float, ...] = ()

    @property
    def deadline(self) -> float:
        """When `advance` has something to do at the latest, local s; inf: nothing until an event."""
        return min(self.send_due, self.probe_due)

    @property
    def is_silent(self) -> bool:
        """The link has left a request unanswered for longer than is patient."""
        return bool(self.waiting) and self.probe_due > self.waiting[0] + self.policy.patience

    def connected(self, now: float) -> Exchange:
        """A new connection: nothing is owed by the one before, a burst begins at once."""
        return replace(self, waiting=(), probe_due=math.inf).burst(now)

    def burst(self, now: float) -> Exchange:
        """The same connection, but what was known about the clocks may be void: a burst begins at once."""
        policy = self.policy
        settled_at = now + policy.burst_count * policy.burst_gap + policy.settle_time
        return replace(self, send_due=now, burst_left=policy.burst_count, settled_at=settled_at)

    def disconnected(self) -> Exchange:
        """No connection: nothing is due until `connected`."""
        return Exchange(self.policy)

    def receive_answer(self, t0: float) -> Exchange:
        """The reply to the request of `t0` has come. TCP keeps the order, so all before it are answered as well; an
        unknown t0 (an old connection's) proves nothing and changes nothing beyond that."""
        waiting = tuple(sent for sent in self.waiting if sent > t0 + _SLACK)
        return replace(self, waiting=waiting, probe_due=waiting[0] + self.policy.patience if waiting else math.inf)

    def advance(self, now: float, chance: float) -> tuple[Exchange, tuple[Act, ...]]:
        """What is due at `now`, and the state after it is done. `chance` in 0..1 draws the next gap."""
        after, acts = self, list[Act]()
        if now >= after.send_due:
            after = after._scheduled(now, chance)
            if len(after.waiting) < self.policy.most_waiting:
                acts.append(Act.SEND)
                due = after.probe_due if after.waiting else now + self.policy.patience
                after = replace(after, waiting=(*after.waiting, now), probe_due=due)
        if now >= after.probe_due:
            acts.append(Act.PROBE)
            after = replace(after, probe_due=now + self.policy.probe_gap)
        return after, tuple(acts)

    def _scheduled(self, now: float, chance: float) -> Exchange:
        """The state with the next request's instant, counted from `now`: who was held up does not catch up."""
        policy, left = self.policy, max(self.burst_left - 1, 0)
        if left > 0:
            gap = policy.burst_gap
        elif now < self.settled_at:
            gap = policy.settle_gap
        else:
            gap = policy.least_gap + (policy.most_gap - policy.least_gap) * chance
        return replace(self, burst_left=left, send_due=now + gap)
