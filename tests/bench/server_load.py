"""What a member costs one process, beside what it costs Syncplay's server.

    python -m tests.bench.server_load --rig DIR [--members 1000] [--seconds 20] [--rounds 2]

Rooms of five that play (`crowd.py` says what their members do), first left alone, then with so many seeks a second over
all. In turns with Debian's `syncplay-server` under the rig's `syncplay_load.py`, which does the same to it in its own
protocol: a state to and from each member every second. Medians of the rounds. The processor of this machine is shared
and differs from minute to minute: only ratios of one run count. Without `--rig` ours alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.crowd import Crowd, median, percentile, runner
from tests.bench.figures import note
from tests.bench.measured_server import OURS, MeasuredServer, serving

CPU_MOST = 0.8  # of the peer's, a member
MEMORY_MOST = 60.0  # KiB a member
SETTLE = 3.0  # s

Figures = dict[str, float]
"""`cpu_idle`, `cpu_seeks`: % of a core; `memory`: KiB a member; `p50`, `p99`: ms from a seek to the last of its room;
`crowd`: % of a core that the members cost; `lost`: members and seeks."""


async def measure_ours(server: MeasuredServer, args: argparse.Namespace) -> Figures:
    crowd, empty = Crowd(), server.memory
    await crowd.join(server.port, args.members, args.join)
    await crowd.play()
    await asyncio.sleep(SETTLE)
    begin = server.spent()
    await asyncio.sleep(args.seconds)
    middle = server.spent()
    delays = await crowd.seek(args.seeks, args.seconds)
    end = server.spent()
    memory, lost = server.memory - empty, crowd.lost
    await crowd.leave()
    return {
        "cpu_idle": middle.percent_since(begin)[0],
        "cpu_seeks": end.percent_since(middle)[0],
        "memory": memory / 1024 / args.members,
        "p50": 1000 * percentile(delays, 50),
        "p99": 1000 * percentile(delays, 99),
        "crowd": end.percent_since(middle)[1],
        "lost": lost + delays.count(float("inf")),
    }


def ours(args: argparse.Namespace) -> Figures:
    with tempfile.TemporaryDirectory(prefix="matinee-load-") as folder:
        words = (*OURS, "--state-dir", folder) if args.keep else OURS
        with serving(words) as server, runner() as loop:
            return loop.run(measure_ours(server, args))


def peers(args: argparse.Namespace) -> Figures:
    """The same of the peer, by the rig. It can't seek never: one seek in ten seconds is rest."""
    idle, seeks = (_peer(args, rate) for rate in (0.1, args.seeks))
    return {
        "cpu_idle": idle["server_cpu_percent"],
        "cpu_seeks": seeks["server_cpu_percent"],
        "memory": seeks["server_rss_kib_a_member"],
        "p50": seeks["seek_to_last_p50_ms"],
        "p99": seeks["seek_to_last_p99_ms"],
        "crowd": seeks["generator_cpu_percent"],
        "lost": seeks["lost"] + seeks["seeks_not_delivered"],
    }


def _peer(args: argparse.Namespace, seeks: float) -> dict[str, float]:
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        words = {
            "--clients": args.members,
            "--seconds": args.seconds,
            "--seeks": seeks,
            "--join-rate": args.members / args.join,
            "--settle": SETTLE,
            "--json": file.name,
        }
        options = [str(word) for pair in words.items() for word in pair]
        subprocess.run(
            [sys.executable, "syncplay_load.py", *options], cwd=args.rig, check=True, stdout=subprocess.DEVNULL
        )
        return dict(json.loads(Path(file.name).read_text()))


def report(who: str, rounds: list[Figures], members: int) -> Figures:
    """Note the medians of what was measured."""
    middle = {name: median([figures[name] for figures in rounds]) for name in rounds[0]}
    note(f"{who}: processor, left alone", middle["cpu_idle"], "%")
    note(f"{who}: processor, with seeks", middle["cpu_seeks"], "%")
    note(f"{who}: the same, one member", 1e4 * middle["cpu_seeks"] / members, "us/s")
    is_ours = who.startswith("Matinee")
    note(f"{who}: memory, one member", middle["memory"], "KiB", MEMORY_MOST if is_ours else None)
    note(f"{who}: a seek to the last of its room, p50", middle["p50"])
    note(f"{who}: a seek to the last of its room, p99", middle["p99"])
    note(f"{who}: lost members and seeks", sum(figures["lost"] for figures in rounds), "", 0.0 if is_ours else None)
    note(f"{who}: what the members cost", middle["crowd"], "%")
    return middle


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.server_load", description=__doc__)
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0, help="each: left alone, then with seeks")
    parser.add_argument("--seeks", type=float, default=10.0, help="a second, in all rooms together")
    parser.add_argument("--join", type=float, default=25.0, help="seconds over which the joins are spread")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="with --state-dir")
    parser.add_argument("--rig", type=Path, help="folder of the measuring rig: measure the peer, too")
    args = parser.parse_args()
    our_rounds, peer_rounds = [], []
    for _ in range(args.rounds):
        our_rounds.append(ours(args))
        if args.rig:
            peer_rounds.append(peers(args))
    mine = report(f"Matinee{', kept' if args.keep else ''}, {args.members} members", our_rounds, args.members)
    if args.rig:
        theirs = report(f"Syncplay, {args.members} members", peer_rounds, args.members)
        note("processor of a member left alone, ours to theirs", mine["cpu_idle"] / theirs["cpu_idle"], "x")
        note("processor of a member with seeks, ours to theirs", mine["cpu_seeks"] / theirs["cpu_seeks"], "x", CPU_MOST)
    return 0


if __name__ == "__main__":
    sys.exit(main())
