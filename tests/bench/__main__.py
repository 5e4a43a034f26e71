"""Every figure that Matinee promises, with the command that gives it: `make bench [RIG=DIR] [ROWS="cpu start"]`.

Each row is a program of its own and may be run by hand. Rows of the outside meters need the rig, or they say so.
Nothing here is a test: a promise that is missed is printed as missed, and only a row that could not run is a failure.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import COLLECT, read_figures

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Row:
    """`words` are the module under tests.bench and its arguments; RIG stands for the rig's folder."""

    name: str
    about: str
    words: tuple[str, ...]

    @property
    def needs_rig(self) -> bool:
        return "RIG" in self.words

    def command(self, rig: Path | None) -> list[str]:
        words = [str(rig) if word == "RIG" else word for word in self.words]
        return [sys.executable, "-m", f"tests.bench.{words[0]}", *words[1:]]


ROWS = (
    Row("clock", "the estimator against others on simulated paths", ("clock_paths",)),
    Row("steady", "ten minutes of steady play on each kind of path, simulated", ("steady_play",)),
    Row("server", "what a member costs the authority, beside Syncplay's server", ("server_load", "--rig", "RIG")),
    Row("command", "how soon a command is with the last of its room", ("command_delay",)),
    Row("redis", "the same with members behind two processes on one Redis", ("redis_delay",)),
    Row("kills", "a server with --state-dir that is killed 200 times", ("kills",)),
    Row("drops", "5,000 members on one Redis, 50 of whom a second drop and come back", ("redis_drops",)),
    Row("library", "10^5 files in media folders, and the fingerprint of 50 GB", ("library",)),
    Row("hostile", "a pair beside each kind of attack", ("hostile",)),
    Row("mesh", "what a call of 4 and of 6 costs a member, beside aiortc's own way", ("calls_mesh",)),
    Row("sfu", "a call of 6 over Janus: uplink and cost of a member, beside our mesh", ("calls_sfu",)),
    Row("echo", "what is left of the film in the microphone, beside the bare library", ("echo",)),
    Row("tile", "from the camera to the tile, beside aiortc's own way", ("call_tile",)),
    Row("voice", "from a microphone to another's sink, beside aiortc's own way", ("call_voice",)),
    Row("setup", "from the click to the first picture, on 40 ms and through a relay", ("call_setup",)),
    Row("start", "start of the program to the first paint", ("start",)),
    Row("near", "two players near each other, seen and heard from outside", ("glass", "near", "--rig", "RIG")),
    Row("far", "one behind 80 +- 20 ms with a wrong clock", ("glass", "far", "--rig", "RIG")),
    Row("call", "the near pair with a 1080p film, alone and in a call", ("glass", "call", "--rig", "RIG")),
    Row("fall", "a player that was stopped for 500 ms", ("recover", "fall", "--rig", "RIG")),
    Row("silent", "a link that was a black hole for 5 s", ("recover", "silent", "--rig", "RIG")),
    Row("reset", "a link that was reset, and refused for 5 s", ("recover", "reset", "--rig", "RIG")),
    Row("cpu", "processor time against mpv", ("cpu", "--rig", "RIG")),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rig", type=Path, help="folder of the measuring rig")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(row.name for row in ROWS))
    args = parser.parse_args()
    unknown = set(args.rows) - {row.name for row in ROWS}
    if unknown:
        parser.error(f"no row is called {', '.join(sorted(unknown))}")
    rig = args.rig.resolve() if args.rig else None
    if rig and not (rig / "matinee_rig.py").is_file():
        parser.error(f"{rig} is no rig: it has no matinee_rig.py")
    failed = []
    with tempfile.TemporaryDirectory(prefix="matinee-bench-") as folder:
        collected = Path(folder) / "figures"
        for row in ROWS:
            if args.rows and row.name not in args.rows:
                continue
            print(f"\n{row.name}: {row.about}", flush=True)
            if row.needs_rig and rig is None:
                print("  needs RIG=: make bench RIG=DIR, the folder of the measuring rig")
                continue
            print(f"  $ python {' '.join(row.command(rig)[1:])}", flush=True)
            began = time.monotonic()
            done = subprocess.run(row.command(rig), cwd=ROOT, env=os.environ | {COLLECT: str(collected)}, check=False)
            print(f"  {time.monotonic() - began:.0f} s", flush=True)
            if done.returncode:
                failed.append(row.name)
        figures = read_figures(collected)
    if figures:
        print("\nall figures")
        for figure in figures:
            print(figure.words())
    if failed:
        print(f"\ncould not be run: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
