"""The jitter buffer on simulated networks, in virtual time: what is heard, and how late."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np
import pytest

from player.core.call_media import VOICE_RATE, VoicePacket
from player.core.jitter import (
    Conceal,
    Jitter,
    JitterPolicy,
    Play,
    Recover,
    Rest,
    after_stretching,
    next_step,
    receive_packet,
)
from server.core.timeline import LocalTime

POLICY = JitterPolicy()
WAY = 0.030  # s, that every packet takes at least


@dataclass
class Heard:
    """What a listener got. `delays`: from when a packet was sent to when its first sample was asked for, s."""

    state: Jitter = field(default_factory=Jitter)
    delays: list[float] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    recovered: int = 0
    concealed: int = 0
    resting: int = 0
    stretched: int = 0

    def delay_after(self, since: float, until: float = np.inf) -> float:
        within = [delay for at, delay in zip(self.at, self.delays, strict=True) if since <= at < until]
        return float(np.median(within))


def listen(
    delays: np.ndarray,  # type: ignore[type-arg]
    lost: np.ndarray,  # type: ignore[type-arg]
    sender_ppm: float = 0.0,
    wakes_late: float = 0.004,
    seed: int = 1,
) -> Heard:
    """A voice of one packet each 20 ms over a network with these delays, asked for in steps of 10 ms by somebody who
    wakes up to `wakes_late` s late and stretches by 5 ms where the buffer leans."""
    random = np.random.default_rng(seed)
    on_the_way: list[tuple[float, int]] = []
    for number, (delay, is_lost) in enumerate(zip(delays, lost, strict=True)):
        if not is_lost:
            heapq.heappush(on_the_way, (number * 0.02 * (1 - sender_ppm * 1e-6) + WAY + float(delay), number))
    heard = Heard()
    kept, now = 0, 0.0  # samples that were made and not used yet
    while now < len(delays) * 0.02:
        woken = now + float(random.uniform(0.0, wakes_late))
        while on_the_way and on_the_way[0][0] <= woken:
            arrived, number = heapq.heappop(on_the_way)
            packet = VoicePacket(
                number & 0xFFFF, number * 960 & 0xFFFFFFFF, bytes([15 << 3, 0x40, 0]), LocalTime(arrived)
            )
            heard.state = receive_packet(POLICY, heard.state, packet)
        while kept < 480:
            asked = woken + kept / VOICE_RATE
            heard.state, step = next_step(POLICY, heard.state, LocalTime(asked))
            match step:
                case Play(timestamp=timestamp, lean=lean):
                    kept += 960
                    heard.delays.append(asked - timestamp / VOICE_RATE * (1 - sender_ppm * 1e-6))
                    heard.at.append(asked)
                    if lean:
                        change = -240 if lean > 0 else 240
                        kept += change
                        heard.stretched += 1
                        heard.state = after_stretching(heard.state, change / VOICE_RATE)
                case Recover():
                    kept, heard.recovered = kept + 960, heard.recovered + 1
                case Conceal():
                    kept, heard.concealed = kept + 960, heard.concealed + 1
                case Rest(samples=samples):
                    kept, heard.resting = kept + samples, heard.resting + samples
        kept -= 480
        now += 0.010
    return heard


def none_lost(count: int) -> np.ndarray:  # type: ignore[type-arg]
    return np.zeros(count, bool)


def test_a_quiet_network() -> None:
    """1 ms of jitter: all is heard, at the least delay that there is."""
    count = 1500
    heard = listen(np.random.default_rng(2).exponential(0.001, count), none_lost(count))
    assert (heard.concealed, heard.recovered) == (0, 0)
    assert heard.state.target == POLICY.shortest
    assert WAY + 0.010 <= heard.delay_after(10.0) <= WAY + POLICY.shortest + 0.012
    assert heard.stretched <= 6


def test_large_jitter() -> None:
    """Up to 30 ms: it costs its own size in delay, and nothing is lost by it."""
    count = 3000
    heard = listen(np.random.default_rng(3).uniform(0.0, 0.030, count), none_lost(count))
    print(f"jitter 30 ms: {heard.concealed} of {count} made up, delay {1000 * (heard.delay_after(5.0) - WAY):.1f} ms")
    assert heard.concealed <= count * 0.002
    assert 0.030 <= heard.delay_after(5.0) - WAY <= 0.055


def test_packet_loss_with_jitter() -> None:
    """5 % lost, 30 ms of jitter: nearly every lost packet is taken from the one after it."""
    count = 3000
    random = np.random.default_rng(4)
    lost = random.random(count) < 0.05
    heard = listen(random.uniform(0.0, 0.030, count), lost)
    twice = int((lost[:-1] & lost[1:]).sum())  # the one after it is lost, too
    print(
        f"loss 5 %, jitter 30 ms: {int(lost.sum())} lost, {heard.recovered} recovered, {heard.concealed} made up, "
        f"delay {1000 * (heard.delay_after(5.0) - WAY):.1f} ms"
    )
    assert heard.recovered >= 0.85 * lost.sum()
    assert heard.concealed <= twice + 0.01 * count
    assert heard.delay_after(5.0) - WAY <= POLICY.longest + 0.010


def test_a_burst_is_over_when_it_is_over() -> None:
    """The network holds everything for 0.3 s and lets go at once: 0.1 s is made up, then silence, and right after it
    the voice is within the longest target, not 0.3 s late; some seconds later it is where it was."""
    count = 1600
    delays = np.random.default_rng(5).exponential(0.001, count)
    delays[500:515] += 0.3 - np.arange(15) * 0.02
    heard = listen(delays, none_lost(count))
    before, after = heard.delay_after(8.0, 10.0), heard.delay_after(10.5, 13.0)
    at_last = heard.delay_after(28.0)
    late = [delay for at, delay in zip(heard.at, heard.delays, strict=True) if at > 10.4]
    print(
        f"burst of 0.3 s: {heard.concealed} made up, {heard.state.counts.late} late, "
        f"{heard.state.counts.skipped} skipped, delay "
        f"{1000 * (before - WAY):.1f} -> {1000 * (after - WAY):.1f} -> {1000 * (at_last - WAY):.1f} ms"
    )
    assert heard.concealed <= POLICY.made_up + 2
    assert max(late) - WAY <= POLICY.longest + 0.020
    assert after - WAY <= POLICY.longest + POLICY.tolerance
    assert abs(at_last - before) <= POLICY.tolerance
    assert len(heard.delays) >= count - 15 - 10


@pytest.mark.parametrize("ppm", [200.0, -200.0])
def test_skew_of_200_ppm(ppm: float) -> None:
    """Two minutes: 24 ms apart, absorbed by some cuts of 5 ms; no packet is missed or dropped."""
    count = 6000
    heard = listen(np.random.default_rng(6).exponential(0.002, count), none_lost(count), sender_ppm=ppm)
    assert heard.concealed + heard.state.counts.skipped <= 6
    early, late = heard.delay_after(10.0, 30.0), heard.delay_after(100.0)
    assert abs(early - late) <= 0.012
    assert heard.stretched <= 30


def test_a_way_that_becomes_longer() -> None:
    """+80 ms for good: after a short interruption it is played at the new way's delay."""
    count = 2000
    delays = np.random.default_rng(7).exponential(0.001, count)
    delays[1000:] += 0.080
    heard = listen(delays, none_lost(count))
    assert heard.delay_after(26.0) - WAY - 0.080 <= POLICY.longest
    assert len(heard.delays) >= count - 30
    assert heard.resting <= VOICE_RATE * 0.3


def test_a_way_that_becomes_shorter() -> None:
    """-80 ms for good: the delay falls with it, at once by what is more than a backlog, the rest unheard."""
    count = 2000
    delays = np.random.default_rng(8).exponential(0.001, count)
    delays[:1000] += 0.080
    heard = listen(delays, none_lost(count))
    assert heard.delay_after(24.0) - WAY <= POLICY.shortest + 0.012
    assert len(heard.delays) >= count - 10


def test_loss_in_runs() -> None:
    """Eight packets gone every four seconds: five are made up, then silence; the rest is untouched."""
    count = 2000
    lost = np.arange(count) % 200 >= 192
    heard = listen(np.random.default_rng(9).exponential(0.001, count), lost)
    runs = int(lost.sum()) // 8
    assert heard.concealed <= runs * POLICY.made_up + 5
    assert len(heard.delays) >= count - lost.sum() - 3 * runs
