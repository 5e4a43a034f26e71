"""When a member without a connection knocks again, and what is said about it meanwhile.

Theory of operation. Most losses last a moment, so the first rounds come at once and soon; then each second, so that who
was cut off for a few seconds is back within two; then slower, and after ten minutes slower still, but for ever: a
laptop in a bag, a host that starts its app again after supper. A wake from sleep, another network or a person's wish
begins that anew. All gaps are spread by chance, and the first waits a little: a server that restarts must not get
everybody at one instant. A server that says that it is busy gets more time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class AttemptsPolicy:
    """Times in s."""

    first_gaps: tuple[float, ...] = (0.0, 0.25, 0.5)  # between rounds after a loss: most are a moment long
    gap: float = 0.7  # then: back within 2 s of the link's return, of which a connection over 80 ms takes 0.6
    eager: float = 120.0  # for so long; then
    late_gap: float = 4.0  # a server that is being restarted, a network that is being looked for
    hopeful: float = 600.0  # since the loss: how long a host may need to start its app again; then
    slow_gap: float = 30.0  # for ever: costs nothing, and spares the person a click in the morning
    busy_gap: float = 2.0  # at least, when the server itself said that it does not want us yet
    spread: float = 0.2  # of each gap, drawn
    scatter: float = 0.15  # before the first round, drawn
    patience: float = 3.0  # before a first connection that does not answer is told
    settled: float = 2.0  # a connection that lived shorter does not start the gaps anew


@dataclass(frozen=True, slots=True)
class Attempts:
    """The state of a link without a connection; `knock_due` is inf while there is one. `since`: of the loss, or of
    what began the gaps anew. `chance` in 0..1 draws."""

    policy: AttemptsPolicy = field(default_factory=AttemptsPolicy)
    since: float = -math.inf
    knock_due: float = math.inf
    rounds: int = 0
    entered_at: float = -math.inf
    is_told: bool = False  # the person knows that there is no connection

    def begun(self, now: float) -> Attempts:
        """The first connection is wanted: a round is due at once."""
        return replace(self, since=now, knock_due=now, rounds=0, is_told=False)

    def entered(self, now: float) -> Attempts:
        """There is a connection: nothing is due until it is lost."""
        return replace(self, knock_due=math.inf, entered_at=now, is_told=True)

    def lost(self, now: float, chance: float) -> Attempts:
        """The connection has ended."""
        policy = self.policy
        rounds = 0 if now - self.entered_at >= policy.settled else self.rounds
        after = replace(self, since=now, rounds=rounds, is_told=True)
        return replace(after, knock_due=now + after._gap(now, chance) + policy.scatter * chance)

    def hurried(self, now: float) -> Attempts:
        """This machine woke up, has another network, or somebody wants it: at once, then as after a loss. Nothing
        while there is a connection."""
        if self.knock_due == math.inf:
            return self
        return replace(self, since=now, knock_due=now, rounds=0)

    def knocked(self, now: float, chance: float) -> Attempts:
        """A round was begun."""
        after = replace(self, rounds=self.rounds + 1)
        return replace(after, knock_due=now + after._gap(now, chance))

    def turned_away(self, now: float, chance: float) -> Attempts:
        """The server itself has said no, for the moment."""
        return replace(self, knock_due=max(self.knock_due, now + self._spread(self.policy.busy_gap, chance)))

    def told(self) -> Attempts:
        return replace(self, is_told=True)

    @property
    def tell_due(self) -> float:
        """When a first connection that does not answer has to be told; inf: it was, or there is one."""
        is_waiting = not self.is_told and self.knock_due != math.inf
        return self.since + self.policy.patience if is_waiting else math.inf

    @property
    def slow_from(self) -> float:
        """When there will be little hope left; inf while there is a connection."""
        return math.inf if self.knock_due == math.inf else self.since + self.policy.hopeful

    def words(self, reason: str, now: float) -> str:
        """What the person reads: the reason, and once it has lasted, how it goes on."""
        if now < self.slow_from:
            return reason
        minutes = round(self.policy.hopeful / 60)
        gone = f"for {minutes} minutes" if minutes > 1 else "for a while"
        return f"{reason} It has been so {gone}; this player goes on trying, each {self.policy.slow_gap:.0f} s."

    def _gap(self, now: float, chance: float) -> float:
        policy = self.policy
        if self.rounds < len(policy.first_gaps):
            gap = policy.first_gaps[self.rounds]
        elif now - self.since < policy.eager:
            gap = policy.gap
        else:
            gap = policy.late_gap if now - self.since < policy.hopeful else policy.slow_gap
        return self._spread(gap, chance)

    def _spread(self, gap: float, chance: float) -> float:
        return gap * (1.0 + self.policy.spread * (2.0 * chance - 1.0))
