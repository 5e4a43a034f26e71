"""How a well-behaved pair is served while a server is attacked: delay, memory and tracebacks, for each kind of attack.

    python -m tests.bench.hostile [--strength 1.0] [--seconds 3] [ATTACK ...]

Each attack runs against a server of its own with the limits that servers have, from a process of its own, for so many
seconds: again and again if it is over sooner. The pair is in this process. On two cores the three share them, and with
whatever else the machine does: how long the server waited for a processor says how much the delays are worth.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

import tests.fakes.attacks_connecting
import tests.fakes.attacks_patient  # noqa: F401  (their attacks are in ATTACKS)
from tests.bench.figures import note
from tests.fakes.attacks import ATTACKS, Raid, run
from tests.fakes.besieged import MIB, Besieged
from tests.fakes.canaries import canaries

DELAY_MOST = 250.0  # ms
GROWTH_MOST = 64.0  # MiB
REST = 2.0  # s, before memory has to be back


async def attack_for(raid: Raid, name: str, seconds: float) -> None:
    """What the attacker's process does."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        await run(raid, name)


async def besiege(name: str, strength: float, seconds: float) -> bool:
    """One attack, measured. Returns whether all promises were kept."""
    with Besieged() as server:
        async with canaries(server.port) as pair:
            await asyncio.sleep(1.0)
            pair.forget()
            before = server.memory
            server.take_peak()
            starved = server.starved
            words = ("--attack", name, "--port", str(server.port))
            attacker = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.bench.hostile", *words),
                *("--strength", str(strength), "--seconds", str(seconds)),
            )
            await attacker.wait()
            await pair.settle()
            delays = sorted(pair.delays)
            peak = server.take_peak()
            starved = server.starved - starved
            await asyncio.sleep(REST)
            after = server.memory
        complaints = server.take_complaints()
    for line in complaints[:20]:
        print("    " + line)
    note(f"{name}: the server waited for a processor", 1000 * starved)
    kept = (
        note(f"{name}: the pair's p99", 1000 * delays[int(0.99 * len(delays))], "ms", DELAY_MOST),
        note(f"{name}: memory at most", (peak - before) / MIB, "MiB", GROWTH_MOST),
        note(f"{name}: memory afterwards", (after - before) / MIB, "MiB", GROWTH_MOST),
        note(f"{name}: lines of complaint", len(complaints), "", 0),
    )
    return all(each.is_kept for each in kept)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.hostile", description=__doc__)
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--attack", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("attacks", nargs="*", metavar="ATTACK", help=", ".join(ATTACKS))
    args = parser.parse_args()
    if args.attack:
        asyncio.run(attack_for(Raid(args.port, args.strength), args.attack, args.seconds))
        return 0
    for name in args.attacks or ATTACKS:
        asyncio.run(besiege(name, args.strength, args.seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
