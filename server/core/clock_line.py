"""A shared clock on this machine: a line through local time that is slewed towards what is believed of it.

What is believed changes a little with each exchange. The line runs at the fitted skew and mends what lies between it
and the belief so gently that nothing that is played by it can be heard or seen to move. What slewing can't mend in a
few seconds is its owner's decision: the player steps, the authority asks others first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from server.core.timeline import LocalTime, RoomTime


@dataclass(frozen=True, slots=True)
class ClockLine:
    """Room time as a function of local time: slewing from an instant on, then at the fitted rate.

    room(l) = room0 + (l - local0) * slew_rate         until `local1`
            = room(local1) + (l - local1) * rate       afterwards
    Rates are room seconds per local second. A clock that has nothing to mend has `slew_rate == rate`.
    """

    local0: float = 0.0
    room0: float = 0.0
    slew_rate: float = 1.0
    local1: float = 0.0
    rate: float = 1.0

    def room_time(self, local: LocalTime) -> RoomTime:
        """Room time at an instant of local time, s."""
        if local <= self.local1:
            return RoomTime(self.room0 + (local - self.local0) * self.slew_rate)
        knee = self.room0 + (self.local1 - self.local0) * self.slew_rate
        return RoomTime(knee + (local - self.local1) * self.rate)

    def local_time(self, room: RoomTime) -> LocalTime:
        """The inverse of `room_time`, s."""
        knee = self.room0 + (self.local1 - self.local0) * self.slew_rate
        if room <= knee:
            return LocalTime(self.local0 + (room - self.room0) / self.slew_rate)
        return LocalTime(self.local1 + (room - knee) / self.rate)


@dataclass(frozen=True, slots=True)
class SlewPolicy:
    """How a line gets to what is believed."""

    most_slew: float = 500e-6  # beyond the skew, s per s: a tenth of what is inaudible as pitch
    slew_time: float = 4.0  # s in which a small error is mended: until about the next sample
    mend_time: float = 10.0  # s; an error that the most slew can't mend in it (5 ms) is stepped
    settling: float = (
        1.0  # s after an epoch's first sample, or a step, in which a better estimate is stepped to: the burst
    )

    @property
    def most_error(self) -> float:
        """What slewing mends, s."""
        return self.most_slew * self.mend_time


def stepped(now: float, aim: float, rate: float) -> ClockLine:
    """The line that reads `aim` at `now`."""
    return ClockLine(now, aim, rate, now, rate)


def slewed(before: ClockLine, now: float, aim: float, rate: float, policy: SlewPolicy) -> ClockLine:
    """The line carried on from `now`, towards `aim` at `now` and then at `rate`."""
    room = before.room_time(LocalTime(now))
    error = aim - room
    if error == 0.0:
        return stepped(now, aim, rate)
    slew = min(policy.most_slew, abs(error) / policy.slew_time)
    return ClockLine(now, room, rate + math.copysign(slew, error), now + abs(error) / slew, rate)
