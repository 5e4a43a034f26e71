"""How soon a command is with the last member of its room, beside a server that only says again what it hears.

    python -m tests.bench.command_delay [--members 2000] [--commands 50] [--seconds 15] [--rounds 3]

Rooms of five that play (`crowd.py`) and so many seeks a second over all; ours with its rooms in memory, ours with
`--state-dir`, and `bare_server.py`, in turns. Its members send the same: it answers clock requests and says commands
again, and hears no reports. Medians of the rounds; only ratios of one run count, since the machine is shared.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Sequence

from server.core.protocol import micros
from tests.bench.crowd import Crowd, CrowdMember, median, percentile, runner
from tests.bench.figures import note
from tests.bench.measured_server import OURS, MeasuredServer, serving

BARE = ("-m", "tests.bench.bare_server")
AT_MOST = {"memory": 1.5, "--state-dir": 2.5}  # x the bare server's p99
SETTLE = 3.0  # s


class BareMember(CrowdMember):
    """Of a server without rules: a seek is what the room hears."""

    def seek(self, id: str, media_us: int) -> None:
        said = {"id": id, "item": self.item, "revision": self.revision + 1, "state": "holding", "media_us": media_us}
        self.emit("command", said | {"room_us": micros(1000.0), "rate": 1.0, "waiting": [], "why": "seek"})


class BareCrowd(Crowd):
    kind = BareMember

    async def play(self) -> None:
        """Nothing plays there."""


async def measure(server: MeasuredServer, crowd: Crowd, args: argparse.Namespace) -> dict[str, float]:
    await crowd.join(server.port, args.members, args.join)
    await crowd.play()
    await asyncio.sleep(SETTLE)
    begin = server.spent()
    delays = await crowd.seek(args.commands, args.seconds)
    spent = server.spent().percent_since(begin)
    lost = crowd.lost + delays.count(float("inf"))
    await crowd.leave()
    return {
        "p50": 1000 * percentile(delays, 50),
        "p99": 1000 * percentile(delays, 99),
        "cpu": spent[0],
        "crowd": spent[1],
        "lost": lost,
    }


def run(words: Sequence[str], crowd: type[Crowd], args: argparse.Namespace) -> dict[str, float]:
    async def measured(server: MeasuredServer) -> dict[str, float]:
        return await measure(server, crowd(), args)

    with serving(words) as server, runner() as loop:
        return loop.run(measured(server))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.command_delay", description=__doc__)
    parser.add_argument("--members", type=int, default=2000)
    parser.add_argument("--commands", type=float, default=50.0, help="a second, in all rooms together")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--join", type=float, default=25.0, help="seconds over which the joins are spread")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    rounds: dict[str, list[dict[str, float]]] = {"bare": [], "memory": [], "--state-dir": []}
    for _ in range(args.rounds):
        kinds = list(rounds)
        random.shuffle(kinds)
        for kind in kinds:
            if kind == "bare":
                rounds[kind].append(run(BARE, BareCrowd, args))
                continue
            with tempfile.TemporaryDirectory(prefix="matinee-delay-") as folder:
                words = OURS if kind == "memory" else (*OURS, "--state-dir", folder)
                rounds[kind].append(run(words, Crowd, args))
    middle = {
        kind: {name: median([each[name] for each in measured]) for name in measured[0]}
        for kind, measured in rounds.items()
    }
    for kind, figures in middle.items():
        for name in ("p50", "p99"):
            spread = ", ".join(f"{each[name]:.2f}" for each in rounds[kind])
            note(f"{kind}: a command to the last of its room, {name} ({spread})", figures[name])
        note(f"{kind}: processor of the server", figures["cpu"], "%")
        note(f"{kind}: processor of its members", figures["crowd"], "%")
        note(f"{kind}: lost members and commands", sum(each["lost"] for each in rounds[kind]), "", 0.0)
    for kind, at_most in AT_MOST.items():
        note(f"{kind}: p50 to the bare server's", middle[kind]["p50"] / middle["bare"]["p50"], "x")
        note(f"{kind}: p99 to the bare server's", middle[kind]["p99"] / middle["bare"]["p99"], "x", at_most)
    return 0


if __name__ == "__main__":
    sys.exit(main())
