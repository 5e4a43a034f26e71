"""How one stream is received, as receiver reports say it (RFC 3550, A.3 and A.8), and how much of it the path takes.

Theory of operation of the estimate. There is no word on when a packet left, so a picture's RTP time, which is when it
was taken, stands for that: the least delay of a second against the least of the last half minute is what the path's
queues hold. A queue that grows, or loss beyond what retransmission makes good, lowers the estimate below what came
through; otherwise it rises by some per cent a second, but not far above what is sent, since nothing is known there.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace

from player.core.rtp import Block, middle_of, unwrapped
from server.core.timeline import LocalTime


@dataclass(slots=True)
class Reception:
    """What came of one source. `add` for each packet, `block` for each report."""

    source: int
    rate: int  # of its RTP time, Hz
    received: int = 0
    _first: int = -1
    _top: int = 0
    _jitter: float = 0.0
    _transit: float | None = None
    _told_expected: int = 0
    _told_received: int = 0
    _report: tuple[int, float] | None = None  # the last sender report's middle bits, and when it came

    def add(self, sequence: int, timestamp: int, now: LocalTime) -> None:
        if self._first < 0:
            self._first = self._top = sequence
        number = unwrapped(sequence, self._top)
        self.received += 1
        if number < self._top:
            return
        self._top = number
        transit = now * self.rate - timestamp
        if self._transit is not None:
            # the RTP time wraps each 13 hours or less, and new streams begin anywhere
            away = abs(math.remainder(transit - self._transit, 1 << 32))
            self._jitter += (min(away, self.rate) - self._jitter) / 16
        self._transit = transit

    def heard_report(self, ntp: int, now: LocalTime) -> None:
        self._report = (middle_of(ntp), now)

    def block(self, now: LocalTime) -> Block | None:
        """What is to be told; None: nothing has come."""
        if self._first < 0:
            return None
        expected = self._top - self._first + 1
        newly, came = expected - self._told_expected, self.received - self._told_received
        self._told_expected, self._told_received = expected, self.received
        lost = max(0.0, (newly - came) / newly) if newly > 0 else 0.0
        last, since = (0, 0) if self._report is None else (self._report[0], round((now - self._report[1]) * 65536))
        highest = self._top & 0xFFFFFFFF
        return Block(self.source, lost, expected - self.received, highest, int(self._jitter), last, since & 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """Rates in bit/s, times in s."""

    first: float = 600_000.0  # 320x240 at 15 fps takes 200,000
    least: float = 60_000.0  # a picture that still moves
    most: float = 2_500_000.0
    rise: float = 1.08  # a second
    queue: float = 0.1  # more delay than this is a queue that grows
    loss: float = 0.1  # more than retransmission makes good
    clean_loss: float = 0.02
    back: float = 0.85  # of what came through, so that the queue empties
    known: float = 2.0  # times what is sent, beyond which nothing is known ...
    known_least: float = 400_000.0  # ... above this
    memory: int = 30  # seconds of delays among which the least one is that of an empty path


@dataclass(frozen=True, slots=True)
class RateGuess:
    """What the path takes, a value; `receive_second` returns the next."""

    policy: RatePolicy = field(default_factory=RatePolicy)
    rate: float = 600_000.0
    delays: tuple[float, ...] = ()  # the least one of each of the last seconds, s on any zero

    @property
    def bit_rate(self) -> int:
        return int(self.rate)

    def receive_second(self, came: float, lost: float, delay: float | None) -> RateGuess:
        """`came`: bit/s of the last second; `lost` 0..1; `delay`: the least of its pictures, None: there was none."""
        policy = self.policy
        if delay is None:
            return self
        delays = (*self.delays, delay)[-policy.memory :]
        queue = delay - min(delays)
        rate = self.rate
        if queue > policy.queue:
            rate = min(rate, policy.back * came)
        elif lost > policy.loss:
            rate = min(rate, came * (1.0 - lost / 2))
        elif lost < policy.clean_loss and rate < max(policy.known * came, policy.known_least):
            rate *= policy.rise
        return replace(self, rate=min(max(rate, policy.least), policy.most), delays=delays)


@dataclass(slots=True)
class PictureDelays:
    """The least delay of a second's pictures, in s on a zero of its own; RTP times are unwrapped."""

    rate: int
    _top: int | None = None
    _least: float | None = None

    def add(self, timestamp: int, arrived: LocalTime) -> None:
        self._top = timestamp if self._top is None else unwrapped(timestamp, self._top, 32)
        delay = arrived - self._top / self.rate
        self._least = delay if self._least is None else min(self._least, delay)

    def take(self) -> float | None:
        least, self._least = self._least, None
        return least


@dataclass(slots=True)
class Losses:
    """What receivers say of our stream: the mean of their last words, weighed towards the newest."""

    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=4))

    def add(self, lost: float) -> None:
        self._recent.append(lost)

    @property
    def loss(self) -> float:
        weights = range(1, len(self._recent) + 1)
        return sum(w * each for w, each in zip(weights, self._recent, strict=True)) / max(1, sum(weights))
