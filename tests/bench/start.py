"""From the start of `matinee open FILE` to the first paint of a decoded frame: `python -m tests.bench.start`.

The paint is the player's own `frame` event (telemetry), whose clock and ours are the system's monotonic one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

from player.demo.clip import demo_clip
from tests.bench.figures import note
from tests.bench.stage import BenchError, Stage

GOAL = 1.2  # s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--media", type=Path, help="usual: the demo's film, 1080p30")
    parser.add_argument("--runs", type=int, default=6, help="the first fills the caches and does not count")
    args = parser.parse_args()
    try:
        media = args.media or demo_clip()
        with Stage((1300, 800)) as stage:
            taken = [time_start(stage, media, f"start-{run}") for run in range(args.runs)]
    except (BenchError, OSError) as error:
        sys.exit(f"bench start: {error}")
    note("start: first run", taken[0], "s")
    note("start: first paint, median of the later runs", statistics.median(taken[1:]), "s", GOAL)
    note("start: first paint, slowest of the later runs", max(taken[1:]), "s")


def time_start(stage: Stage, media: Path, name: str) -> float:
    """Seconds from the start of the program to its first frame."""
    player = stage.start_player(name, "open", str(media), geometry="1280x720+0+0")
    player.wait_for_frame()
    frame = player.events("frame")[0]
    player.end()
    return float(frame["mono"]) - player.started


if __name__ == "__main__":
    main()
