"""What playing costs against mpv, in one run: `python -m tests.bench.cpu --rig DIR [--seconds 60]`.

The same 1080p30 film in a window of the same size with sound into the same null sink: mpv on X11 without a GPU, a
player alone, two players in a room. User and system time with children over the same number of seconds, each after it
has run in; mpv before and after, since the machine is not always equally fast.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.bench.figures import note
from tests.bench.stage import BenchError, Running, Stage, need, program, rig_clip

GOAL = 1.1  # times mpv's
RUN_IN = 5.0  # s
WIDTH, HEIGHT = 1280, 720
AT = {"A": f"{WIDTH}x{HEIGHT}+0+0", "B": f"{WIDTH}x{HEIGHT}+{WIDTH + 20}+0"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rig", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=60.0)
    args = parser.parse_args()
    try:
        need("mpv", "mpv")
        clip = rig_clip(args.rig, 1920, 1080, 100)
        with Stage((2 * WIDTH + 40, HEIGHT + 20)) as stage:
            measure(stage, clip, args.seconds)
    except BenchError as error:
        sys.exit(f"bench cpu: {error}")


def measure(stage: Stage, clip: Path, seconds: float) -> None:
    """All runs, one after the other."""
    before = mpv_share(stage, clip, seconds, "mpv-before")
    alone = stage.start_player("alone", "open", str(clip), geometry=AT["A"])
    alone.wait_for_frame(beyond=0.5)
    (alone_share,) = shares([alone], seconds)
    dropped = alone.events("frame")[-1]["dropped"]
    underruns = max((event["underruns"] for event in alone.events("audio")), default=None)
    alone.end()

    server, port = stage.start_server()
    invite = f"matinee://127.0.0.1:{port}/cpu?tls=off"
    players = [stage.start_player(name, "join", invite, str(clip), geometry=AT[name], sink=name) for name in "AB"]
    for player in players:
        player.wait_for_frame()
    remote(stage, invite, "play")
    players[1].wait_for_frame(beyond=0.5)
    both = shares(players, seconds)
    for running in (*players, server):
        running.end()
    after = mpv_share(stage, clip, seconds, "mpv-after")

    mpv = (before + after) / 2
    note("cpu: mpv --vo=x11, before", 100 * before, "% of a core")
    note("cpu: mpv --vo=x11, after", 100 * after, "% of a core")
    note("cpu: a player alone", 100 * alone_share, "% of a core")
    note("cpu: a player alone / mpv", alone_share / mpv, "x", GOAL)
    for player, used in zip(players, both, strict=True):
        note(f"cpu: player {player.name} of two in a room", 100 * used, "% of a core")
        note(f"cpu: player {player.name} of two in a room / mpv", used / mpv, "x", GOAL)
    note("cpu: frames dropped by the player alone", float(dropped), "frames", 0.0)
    note("cpu: underruns of the player alone", underruns, "underruns", 0.0)


def mpv_share(stage: Stage, clip: Path, seconds: float, name: str) -> float:
    """Share of a core that mpv takes."""
    options = ("--no-config", "--vo=x11", "--ao=pulse", "--hwdec=no", "--no-osc", "--no-border", "--no-terminal")
    argv = ("mpv", *options, f"--geometry={WIDTH}x{HEIGHT}+0+0", "--no-keepaspect-window", str(clip))
    mpv = stage.start(name, *argv)
    (share,) = shares([mpv], seconds)
    mpv.end()
    return share


def shares(programs: list[Running], seconds: float) -> list[float]:
    """Processor seconds a second of each over the same time, after they have run in."""
    time.sleep(RUN_IN)
    start = time.perf_counter()
    before = [running.cpu_seconds() for running in programs]
    time.sleep(seconds)
    for running in programs:
        running.check()
    used = [running.cpu_seconds() - was for running, was in zip(programs, before, strict=True)]
    lasted = time.perf_counter() - start
    return [each / lasted for each in used]


def remote(stage: Stage, invite: str, *words: str) -> None:
    """One command for the room, sent and stated."""
    sent = stage.start(f"remote-{time.monotonic_ns()}", program("matinee"), "remote", invite, *words)
    if sent.process.wait(30):
        raise BenchError(f"matinee remote {' '.join(words)}: {sent.log.read_text('utf-8', 'replace').strip()}")


if __name__ == "__main__":
    main()
