"""The call in its own process against the same call on a thread of the player: `python -m tests.bench.call_inside`.

A player with a 1080p30 film in a window, in a room and in a call with a headless one; both have test devices. Three
ways in turn, several rounds: without a call, with its process, with the call inside. Printed are the player's processor
time with all its children, how far painted frames were from their instant, and what was dropped. Not a row of
`make bench`: it was measured once for a decision (ARCHITECTURE.md).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import defaultdict

import numpy as np

from player.demo.clip import demo_clip
from tests.bench.figures import note
from tests.bench.stage import BenchError, Running, Stage, program, wait_until

CALL = ("--call", "--camera", "test", "--mic", "test")
RUN_IN = 8.0  # s
WAYS = ("without", "process", "inside")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    clip = str(demo_clip())
    found: dict[str, dict[str, list[float]]] = {way: defaultdict(list) for way in WAYS}
    try:
        for number in range(args.rounds):
            for way in WAYS:
                with Stage((1300, 800)) as stage:
                    for name, value in measure(stage, clip, way, args.seconds).items():
                        found[way][name].append(value)
                print(f"  round {number + 1}, {way}: " + ", ".join(f"{k} {v[-1]:.3g}" for k, v in found[way].items()))
    except BenchError as error:
        sys.exit(f"bench call_inside: {error}")
    for way in WAYS:
        for name, values in found[way].items():
            note(f"{way}: {name}, median of {len(values)} runs", float(np.median(values)), name.rpartition(" ")[2])


def measure(stage: Stage, clip: str, way: str, seconds: float) -> dict[str, float]:
    """One run."""
    _, port = stage.start_server()
    invite = f"matinee://127.0.0.1:{port}/inside?tls=off"
    calling = () if way == "without" else CALL
    common = ("--telemetry", str(stage.folder / "A.jsonl"), "--name", "A", "--geometry", "1280x720+0+0")
    words = [sys.executable, "-m", "tests.bench.inside_player"] if way == "inside" else [program("matinee")]
    there = ("--telemetry", str(stage.folder / "B.jsonl"), "--name", "B", "--headless")
    b = stage.start("B", program("matinee"), "join", invite, clip, *calling, *there, sink="B")
    a = stage.start("A", *words, "join", invite, clip, *calling, *common, sink="A")
    for player in (a, b):
        player.wait_for_frame()
    subprocess.run([program("matinee"), "remote", invite, "play"], check=True, stdout=subprocess.DEVNULL)
    if calling:
        wait_until(lambda: (tiles(a) and tiles(b)) or None, "the call")
    a.wait_for_frame(beyond=1.0)
    time.sleep(RUN_IN)
    frames, used = len(a.events("frame")), a.cpu_seconds()
    dropped = a.events("frame")[-1]["dropped"]
    time.sleep(seconds)
    used = a.cpu_seconds() - used
    shown = a.events("frame")[frames:]
    off = np.array([1e3 * abs(each["media_time"] - each["target"]) for each in shown])
    underruns = max((each["underruns"] for each in a.events("audio")), default=0)
    values = {
        "processor %": 100 * used / seconds,
        "frame off its instant, p95 ms": float(np.percentile(off, 95)),
        "frame off its instant, max ms": float(off.max()),
        "dropped frames": float(shown[-1]["dropped"] - dropped),
        "underruns times": float(underruns),
    }
    if calling:
        values["tile fps"] = float(np.median([each["video_fps"] for each in a.events("tile")[-20:]]))
    return values


def tiles(player: Running) -> bool:
    return any(each["video_fps"] > 0 for each in player.events("tile"))


if __name__ == "__main__":
    main()
