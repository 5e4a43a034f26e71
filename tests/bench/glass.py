"""Two players on the glass and in the ears, by the rig's meters: `python -m tests.bench.glass near|far|call --rig DIR`.

`call` runs the near pair twice with a 1080p film: as they are, and in a call with each other, cameras and microphones
on.

`matinee_rig.py` runs the players through rounds of play, pause and seek and writes what it saw on their screen and
heard in their sinks. What was promised is counted here from its trace, from 500 ms after a start on; its own table,
which counts from the first frame on, is printed too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.figures import note
from tests.bench.stage import OUT, BenchError, program, rig_clip
from tests.bench.traces import Floats, Picture, differences, read_trace

SETTLED = 0.5  # s after a start, from which on the promise holds
FRAME_MS = 1000 / 30
FAR = ("--link", "up=80,up_jitter=20,down=80,down_jitter=20", "--ppm", "80", "--offset", "5")
GOALS = {
    "near": (1.0, 3.0, 2.0),
    "far": (3.0, 8.0, 6.0),
    "call": (1.0, 3.0, 2.0),
}  # ms: picture median, picture p95, sound p95
PEER = {  # rig/README.md, the peer that people use today on the same meters
    "near": "Syncplay with mpv there: 23-103 ms after play, 69 ms steady, paused 67-100 ms apart",
    "far": "Syncplay with mpv there: 27-182 ms after play, 171 ms steady, paused 67-100 ms apart",
    "call": "Syncplay has no call",
}
SIZES = {"near": (1280, 720), "far": (1280, 720), "call": (1920, 1080)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("where", choices=GOALS)
    parser.add_argument("--rig", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steady", type=float, default=30.0)
    parser.add_argument("--json", type=Path, help="read this run of matinee_rig.py instead of making one")
    args = parser.parse_args()
    try:
        alone: float | None = None
        if args.where == "call" and args.json is None:
            quiet = json.loads(run_rig("call", args.rig, args.rounds, args.steady, in_call=False).read_text("utf-8"))
            alone = tell("call", quiet, "without a call")
        if args.json is None:
            args.json = run_rig(args.where, args.rig, args.rounds, args.steady, in_call=args.where == "call")
        there = tell(args.where, json.loads(args.json.read_text("utf-8")), args.where)
        if alone and there is not None:
            note("call: picture, median with a call / without", there / alone, "x")
    except BenchError as error:
        sys.exit(f"bench glass: {error}")


def run_rig(where: str, rig: Path, rounds: int, steady: float, *, in_call: bool) -> Path:
    """One run of the outside meters; the file with all that they saw."""
    clip = rig_clip(rig, *SIZES[where], 120)
    out = OUT / f"glass-{where}{'' if in_call or where != 'call' else '-alone'}.json"
    player = f"{sys.executable} -m tests.bench.calling_player" if in_call else program("matinee")
    argv = [sys.executable, str(rig / "matinee_rig.py"), str(clip), "--audio", "--json", str(out)]
    argv += ["--matinee", player, "--server", f"{program('matinee-server')} --no-tls"]
    argv += ["--rounds", str(rounds), "--steady", str(steady), "--prefix", f"bench{where}"]
    argv += ["--logs", str(out.with_suffix("")) + "-logs", *(FAR if where == "far" else ())]
    if subprocess.run(argv, check=False).returncode:
        raise BenchError(f"{rig / 'matinee_rig.py'} could not run the players; their logs are in {OUT}")
    return out


def tell(goal: str, result: dict[str, Any], where: str) -> float | None:
    """Print the figures of a run, called `where`, and what was promised; returns the picture's median, ms."""
    median, p95, sound_p95 = GOALS[goal]
    a, b = read_trace(result["trace"])
    runs = moving_stretches(a, b)
    apart = [1e3 * differences(a, b, begin + SETTLED, end) for begin, end in runs]
    apart = [each for each in apart if len(each)]
    every = np.abs(np.concatenate(apart)) if apart else np.array([])
    note(f"{where}: picture, median of all phases", share(every, 50), at_most=median)
    note(f"{where}: picture, p95 of all phases", share(every, 95), at_most=p95)
    worst = max((float(np.percentile(np.abs(each), 95)) for each in apart), default=None)
    note(f"{where}: picture, p95 of the worst phase", worst)
    note(f"{where}: picture, max", share(every, 100))
    rows = [row for row in result["phases"] if "abs_p95_ms" in row]
    starts = [abs(row["started_apart_ms"]) for row in rows if row["phase"] != "steady"]
    note(f"{where}: stops or jumps that nobody asked for", float(len(runs) - len(starts)), "times", 0.0)
    note(f"{where}: first frame after a start, worst of {len(starts)}", max(starts, default=None), at_most=FRAME_MS)
    pauses = [row["paused"]["identical"] for row in result["phases"] if "paused" in row]
    note(f"{where}: pauses on different frames, of {len(pauses)}", float(pauses.count(False)), "pauses", 0.0)
    note(f"{where}: pauses that the meter could not read", float(pauses.count(None)), "pauses", 0.0)
    problems = [f"{row['phase']}: {row['problem']}" for row in result["phases"] if "problem" in row]
    note(f"{where}: phases without a picture", float(len(problems)), "phases", 0.0)
    for problem in problems:
        print(f"    {problem}")
    sound = [row["audio"] for row in rows if row.get("audio", {}).get("pairs")]
    heard = [row["abs_p95_ms"] for row in sound]
    pairs = sum(row["pairs"] for row in sound)
    note(f"{where}: sound, p95 of the worst phase ({pairs} beeps in all)", max(heard, default=None), at_most=sound_p95)
    note(f"{where}: sound, median of the phases' p95", float(np.median(heard)) if heard else None)
    for name, own in result["telemetry"].items():
        if own.get("dropped") is not None:
            note(
                f"{where}: frames that {name} dropped", float(own["dropped"]), "frames", 0.0 if goal == "call" else None
            )
        if own["lines"].get("tile") is not None:
            note(f"{where}: reports of {name} on the other's tile", float(own["lines"]["tile"]), "s")
    print(f"    {PEER[goal]}")
    return share(every, 50)


def share(values: Floats, percent: float) -> float | None:
    """A percentile, None of nothing."""
    return float(np.percentile(values, percent)) if len(values) else None


def moving_stretches(a: Picture, b: Picture) -> list[tuple[float, float]]:
    """(begin, end) of each time that both pictures ran: from the later one's start to the first one's stop or jump.

    A stretch begins anew where either jumped or stood; what lies between is a transition."""
    if not len(a.times) or not len(b.times):
        return []
    stretches = [steady_stretches(picture) for picture in (a, b)]
    both = [(max(a0, b0), min(a1, b1)) for a0, a1 in stretches[0] for b0, b1 in stretches[1]]
    return [(begin, end) for begin, end in sorted(both) if end - begin > SETTLED]


def steady_stretches(picture: Picture) -> list[tuple[float, float]]:
    """(begin, end) of each time that one picture's frames followed each other."""
    steps, spans = np.diff(picture.frames), np.diff(picture.times)
    breaks = np.flatnonzero((steps <= 0) | (steps > 8) | (spans > 0.25))
    edges = [-1, *breaks.tolist(), len(picture.times) - 1]
    found = [(first + 1, last) for first, last in pairwise(edges) if last > first + 1]
    return [(float(picture.times[first]), float(picture.times[last])) for first, last in found]


if __name__ == "__main__":
    main()
