"""Ten minutes of steady play on each kind of path, on virtual time: how far apart members are, how often they jump.

    python -m tests.bench.steady_play [--runs N]

All members sit in one room, one behind each kind of path (tests/simulation/steady.py) and one next to the server, with
whom each is compared ten times a second: what the screens show and what the loudspeakers play at one true instant.
The sessions, links' lives, room clocks, sync controllers and the room are the real ones; decoders, devices and the
network are simulated. `lte` has routes of unequal lengths, half of which nobody can see.
"""

from __future__ import annotations

import argparse

from tests.bench.figures import note
from tests.simulation.cinema import Asynchrony
from tests.simulation.steady import NAMES, NEAR, steady_play

SECONDS = 600.0
FRAME = 1000.0 / 24.0  # ms


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.steady_play", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of ten minutes, each with other chance")
    args = parser.parse_args()
    runs = [steady_play(SECONDS, seed) for seed in range(1, args.runs + 1)]
    for name in NAMES:
        spans = [run.apart(NEAR, name) for run in runs]
        note(f"steady play, {name}: median apart", 1000 * max(span.median for span in spans), "ms")
        note(f"steady play, {name}: p95 apart", 1000 * max(span.p95 for span in spans), "ms")
        note(f"steady play, {name}: most apart", 1000 * max(span.most for span in spans), "ms", FRAME)
    all_of_them: list[Asynchrony] = [run.apart() for run in runs]
    note(
        "steady play, the two of eleven that are farthest apart: p95",
        1000 * max(each.p95 for each in all_of_them),
        "ms",
    )
    note("steady play, controller seeks of all in all runs", float(sum(sum(run.seeks.values()) for run in runs)), "", 0)


if __name__ == "__main__":
    main()
