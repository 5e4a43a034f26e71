"""The room clock: room time on this machine, smooth enough to play sound by.

The estimator says what the offset is believed to be, and believes something a little different with each sample. The
room clock is a line through local time (`ClockLine`) that follows it: it runs at the fitted skew and slews what is
between it and the estimate, gently, so that nothing that is played by it can be heard or seen to move. It steps only
where slewing would take too long: while the first samples come in, and after this machine's clock has jumped. Another
epoch is another clock: nothing of the one before holds.
"""

from __future__ import annotations

from server.core.clock_line import ClockLine, SlewPolicy, slewed, stepped
from server.core.estimator import ClockEstimator
from server.core.timeline import LocalTime

RoomClockPolicy = SlewPolicy
POLICY = RoomClockPolicy()


class RoomClock:
    """Follows the estimate of one authority's clock at a time. Mutable, of one thread; all times are float seconds."""

    def __init__(self, policy: RoomClockPolicy = POLICY) -> None:
        self._policy = policy
        self._estimator = ClockEstimator()
        self._epoch = ""
        self._line: ClockLine | None = None  # None: step to whatever comes
        self._settled_at = 0.0
        self._is_news = False  # samples have come since the line was made

    @property
    def is_known(self) -> bool:
        """There has been a sample of this epoch."""
        return self._estimator.count > 0

    @property
    def epoch(self) -> str:
        """Of the room time that is followed; "" before the first sample."""
        return self._epoch

    @property
    def skew(self) -> float:
        """Room seconds per local second, minus 1."""
        return self._estimator.skew

    @property
    def delay(self) -> float | None:
        """Least round-trip delay of the last minutes, s; None before the first sample."""
        return self._estimator.delay

    def receive_sample(self, t0: float, t1: float, t2: float, t3: float, epoch: str) -> None:
        """One exchange, s: t0 and t3 local time, t1 and t2 room time of `epoch`. What cannot be is ignored."""
        estimator = self._estimator if epoch == self._epoch else ClockEstimator()
        before = estimator.count
        estimator.receive_sample(t0, t1, t2, t3)
        if estimator.count == before:
            return
        if estimator is not self._estimator:
            self._estimator, self._epoch, self._line = estimator, epoch, None
            self._settled_at = t3 + self._policy.settling
        self._is_news = True

    def line(self, now: float) -> ClockLine:
        """Room time as a function of local time from `now` on: the line before it carried on, but for a step. The same
        value as before while there is nothing new."""
        if not self.is_known:
            return ClockLine()
        if self._line is None or self._is_news:
            self._line = self._follow(self._line, now)
            self._is_news = False
        return self._line

    def offset_at(self, now: float) -> float:
        """Room time minus local time by the line that was given out last, s."""
        if self._line is None:
            return self._estimator.offset_at(now)
        return self._line.room_time(LocalTime(now)) - now

    def dispersion_at(self, now: float) -> float:
        """Bound of the error of `offset_at`, s: the estimate's, and how far the line still is from it. Infinite before
        the first sample."""
        return self._estimator.dispersion_at(now) + abs(self._estimator.offset_at(now) - self.offset_at(now))

    def _follow(self, before: ClockLine | None, now: float) -> ClockLine:
        policy, rate = self._policy, 1.0 + self._estimator.skew
        aim = now + self._estimator.offset_at(now)
        if before is None or now < self._settled_at:
            return stepped(now, aim, rate)
        if abs(aim - before.room_time(LocalTime(now))) > policy.most_error:
            self._settled_at = now + policy.settling
            return stepped(now, aim, rate)
        return slewed(before, now, aim, rate, policy)
