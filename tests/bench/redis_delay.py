"""How soon a command is with the last member of its room whose members are behind two processes on one Redis, beside
one server that only says again what it hears.

    python -m tests.bench.redis_delay [--members 2000] [--commands 50] [--seconds 15] [--rounds 3]

Rooms of five that play (`crowd.py`) and so many seeks a second over all, in turns with `bare_server.py`. Medians of the
rounds; only ratios of one run count, since the machine is shared. The two room clocks are compared as members see them:
the least round trips of both, over the run.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time

from server.core.protocol import ClockRequest, micros
from tests.bench.command_delay import BARE, BareCrowd, measure
from tests.bench.crowd import CrowdMember, median, percentile, runner
from tests.bench.figures import note
from tests.bench.measured_server import MeasuredServer, serving
from tests.bench.redis_service import RedisService, SpreadCrowd, serving_redis

AT_MOST = 2.5  # x the bare server's p99
SETTLE = 3.0  # s


class TimedMember(CrowdMember):
    """Keeps what its exchanges say about the room's clock."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.offsets: list[tuple[float, float]] = []  # round trip and room time minus ours, s
        super().connection_made(transport)

    def _hear(self, kind: str, payload: dict) -> None:  # type: ignore[type-arg]
        if kind == "clock":
            t0, t1, t2, t3 = payload["t0_us"] / 1e6, payload["t1_us"] / 1e6, payload["t2_us"] / 1e6, time.perf_counter()
            self.offsets.append(((t3 - t0) - (t2 - t1), ((t1 - t0) + (t2 - t3)) / 2))
        super()._hear(kind, payload)


class TimedCrowd(SpreadCrowd):
    kind = TimedMember

    async def apart(self) -> float:
        """How far the clocks of two processes are apart, s, by the best of many exchanges of two members, asked in
        turns."""
        pair: list[TimedMember] = self.members[:2]  # type: ignore[assignment]
        for member in pair:
            member.offsets.clear()
        for _ in range(200):
            for member in pair:
                member.send(ClockRequest(t0_us=micros(time.perf_counter())))
            await asyncio.sleep(0.03)
        best = [min(member.offsets)[1] for member in pair]
        return abs(best[0] - best[1])


async def measure_redis(service: RedisService, args: argparse.Namespace) -> dict[str, float]:
    crowd = TimedCrowd()
    await crowd.spread(service.ports, args.members, args.join)
    await crowd.play()
    await asyncio.sleep(SETTLE)
    idle, before = service.spent(), service.operations()
    await asyncio.sleep(args.seconds)
    begin, middle = service.spent(), service.operations()
    delays = await crowd.seek(args.commands, args.seconds)
    end, after = service.spent(), service.operations()
    apart = await crowd.apart()
    lost = crowd.lost + delays.count(float("inf"))
    await crowd.leave()
    idle_time, busy_time = begin[0] - idle[0], end[0] - begin[0]
    return {
        "p50": 1000 * percentile(delays, 50),
        "p99": 1000 * percentile(delays, 99),
        "cpu": 100 * (end[1] - begin[1]) / busy_time,
        "cpu_idle": 100 * (begin[1] - idle[1]) / idle_time,
        "redis": 100 * (end[2] - begin[2]) / busy_time,
        "redis_idle": 100 * (begin[2] - idle[2]) / idle_time,
        "crowd": 100 * (end[3] - begin[3]) / busy_time,
        "operations": (after - middle) / busy_time,
        "operations_idle": (middle - before) / idle_time,
        "apart": 1000 * apart,
        "lost": lost,
    }


def run_redis(args: argparse.Namespace) -> dict[str, float]:
    with serving_redis() as service, runner() as loop:
        return loop.run(measure_redis(service, args))


def run_bare(args: argparse.Namespace) -> dict[str, float]:
    async def measured(server: MeasuredServer) -> dict[str, float]:
        return await measure(server, BareCrowd(), args)

    with serving(BARE) as server, runner() as loop:
        return loop.run(measured(server))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.redis_delay", description=__doc__)
    parser.add_argument("--members", type=int, default=2000)
    parser.add_argument("--commands", type=float, default=50.0, help="a second, in all rooms together")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--join", type=float, default=25.0, help="seconds over which the joins are spread")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    rounds: dict[str, list[dict[str, float]]] = {"bare": [], "redis": []}
    for _ in range(args.rounds):
        kinds = list(rounds)
        random.shuffle(kinds)
        for kind in kinds:
            rounds[kind].append(run_bare(args) if kind == "bare" else run_redis(args))
    middle = {
        kind: {name: median([each[name] for each in measured]) for name in measured[0]}
        for kind, measured in rounds.items()
    }
    for kind, figures in middle.items():
        for name in ("p50", "p99"):
            spread = ", ".join(f"{each[name]:.2f}" for each in rounds[kind])
            note(f"{kind}: a command to the last of its room, {name} ({spread})", figures[name])
        note(f"{kind}: processor of its servers", figures["cpu"], "%")
        note(f"{kind}: processor of its members", figures["crowd"], "%")
        note(f"{kind}: lost members and commands", sum(each["lost"] for each in rounds[kind]), "", 0.0)
    redis = middle["redis"]
    for name, words, unit in (
        ("cpu_idle", "processor of its servers without commands", "%"),
        ("redis", "processor of Redis", "%"),
        ("redis_idle", "processor of Redis without commands", "%"),
        ("operations", "operations of Redis a second", ""),
        ("operations_idle", "the same without commands", ""),
    ):
        note(f"redis: {words}", redis[name], unit)
    note("redis: the room clocks of the two processes are apart", redis["apart"], "ms", 1.0)
    note("redis: p50 to the bare server's", redis["p50"] / middle["bare"]["p50"], "x")
    note("redis: p99 to the bare server's", redis["p99"] / middle["bare"]["p99"], "x", AT_MOST)
    return 0


if __name__ == "__main__":
    sys.exit(main())
