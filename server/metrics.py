"""What the authority counts about itself, for `/metrics` in Prometheus' text format.

Whoever serves a message only adds to plain numbers; names, labels and texts are made when somebody asks. The library
(60 ms to load) is loaded in a thread when `/metrics` is asked for the first time: most servers are a friend's app and
are never asked.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Metric

# s; a command's way through the process is tenths of a ms, a commit's to the disk some ms, a stall is what hurts people
BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
Refusable = Literal["hello", "command", "signal"]
PERIOD = 1.0  # s, in which the loop's delay is looked at


@dataclass(slots=True)
class Timings:
    """A histogram of durations, s."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def observe(self, duration: float) -> None:
        self.counts[bisect_left(BOUNDS, duration)] += 1
        self.total += duration

    @property
    def buckets(self) -> list[tuple[str, float]]:
        """Prometheus': how many took at most so long, for each bound and for all."""
        found, so_far = [], 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self.counts, strict=True):
            so_far += count
            found.append((bound, float(so_far)))
        return found


@dataclass(frozen=True, slots=True)
class Census:
    """How many there are at this instant."""

    rooms: int = 0
    members: int = 0
    connections: int = 0


class Metrics:
    """The numbers of one process. Owner of all fields: the loop's thread."""

    def __init__(self, version: str = "") -> None:
        self.version = version
        self.census: Callable[[], Census] = Census  # whoever knows sets it
        self.certificate_end: Callable[[], float | None] = lambda: None  # likewise; s of Unix time
        self.commands: Counter[str] = Counter()  # by what they do
        self.refusals: Counter[tuple[Refusable, str]] = Counter()  # of what, with which code
        self.cuts: Counter[str] = Counter()  # connections that the server ended, by reason
        self.stalls = 0  # members that ran dry
        self.turns_waited: Callable[[], int] = lambda: 0  # how often a peer had to wait since time was short; likewise
        self.late_waits = 0  # waits that ended by their time-out
        self.command_times = (
            Timings()
        )  # from the arrival of a command to the last byte handed to the kernel or its queue
        self.commit_times = Timings()  # of the store
        self.loop_delays = Timings()  # by how much a timer of the event loop was late
        self._registry: CollectorRegistry | None = None

    async def render(self) -> tuple[bytes, bytes]:
        """Content type and text of a scrape."""
        if self._registry is None:
            self._registry = await asyncio.to_thread(self._register)
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415

        return CONTENT_TYPE_LATEST.encode(), generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """What Prometheus' registry asks of a collector."""
        from prometheus_client.core import (  # noqa: PLC0415
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
            InfoMetricFamily,
        )

        yield InfoMetricFamily("matinee_build", "What is running.", value={"version": self.version})
        census = self.census()
        yield GaugeMetricFamily("matinee_rooms", "Rooms that this process holds.", census.rooms)
        yield GaugeMetricFamily("matinee_members", "Connected members and controllers.", census.members)
        yield GaugeMetricFamily("matinee_connections", "Connections, strangers included.", census.connections)
        commands = CounterMetricFamily("matinee_commands", "Commands by what they do.", labels=["kind"])
        for kind, count in self.commands.items():
            commands.add_metric([kind], count)
        yield commands
        refusals = CounterMetricFamily("matinee_refusals", "What was refused.", labels=["of", "code"])
        for (of, code), count in self.refusals.items():
            refusals.add_metric([of, code], count)
        yield refusals
        cuts = CounterMetricFamily("matinee_cut_connections", "Connections that the server cut.", labels=["reason"])
        for reason, count in self.cuts.items():
            cuts.add_metric([reason], count)
        yield cuts
        yield CounterMetricFamily("matinee_stalls", "Members that ran dry.", self.stalls)
        yield CounterMetricFamily("matinee_turns_waited", "Peers held up since time was short.", self.turns_waited())
        yield CounterMetricFamily("matinee_late_waits", "Waits for members that ended by time-out.", self.late_waits)
        for name, words, timings in (
            ("command", "Arrival of a command until everybody's copy was written.", self.command_times),
            ("store_commit", "Commits of the store.", self.commit_times),
            ("loop_delay", "Lateness of the event loop's timers, looked at each second.", self.loop_delays),
        ):
            yield HistogramMetricFamily(
                f"matinee_{name}_seconds", words, buckets=timings.buckets, sum_value=timings.total
            )
        end = self.certificate_end()
        if end is not None:
            yield GaugeMetricFamily(
                "matinee_certificate_expires_timestamp_seconds", "When the certificate ends, Unix time.", end
            )

    def _register(self) -> CollectorRegistry:
        from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector  # noqa: PLC0415

        registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        registry.register(self)
        return registry


class LoopWatch:
    """Looks once a second by how much the running loop's timers are late."""

    def __init__(self, delays: Timings, clock: Callable[[], float] = time.perf_counter, period: float = PERIOD) -> None:
        self._delays, self._clock, self._period = delays, clock, period
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0

    def begin(self) -> None:
        self._due = self._clock() + self._period
        self._timer = asyncio.get_running_loop().call_later(self._period, self._look)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._delays.observe(max(0.0, self._clock() - self._due))
        self.begin()


def may_see(host: str, header_names: set[bytes], networks: tuple[str, ...]) -> bool:
    """Whether a request may see the numbers: from this machine or one of the networks, and not handed on by a proxy
    (whose own address says nothing about who asks)."""
    if header_names & {b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via"}:
        return False
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return address.is_loopback or any(address in ipaddress.ip_network(network, strict=False) for network in networks)
