"""What a mishap costs, by the rig's meters: `python -m tests.bench.recover fall|silent|reset --rig DIR`.

fall: player B's process is stopped for 500 ms in mid film. silent, reset: B's link (80 +- 20 ms) is a black hole, or
reset and refused, for 5 s, and A seeks meanwhile. B plays on by its own clock until the link is back.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from player.demo.proxy import DelayProxy
from tests.bench.cpu import remote
from tests.bench.figures import note
from tests.bench.stage import BenchError, Running, Stage, end_process, rig_clip
from tests.bench.traces import Picture, read_trace, together_from

FRAME = 1 / 30
STOPPED, CUT = 0.5, 5.0  # s
PLACE = 70.0  # s, where A seeks while B is cut off
AT = {"A": "640x360+0+0", "B": "640x360+650+0"}
AFTER = 12.0  # s of watching after the mishap
LASTING = 1.0  # s that both have to stay together


class Meters:
    """The rig's eye and ear, each a program that runs for `seconds`."""

    def __init__(self, rig: Path, stage: Stage, seconds: float) -> None:
        self._out = {kind: stage.folder / f"{kind}.json" for kind in ("video", "audio")}
        glass = [sys.executable, str(rig / "glass.py")]
        eye = ["video", "--fb", str(stage.framebuffer), "--seconds", str(seconds)]
        ear = ["audio", "--server", stage.pulse, "--seconds", str(seconds)]
        self._programs = [
            subprocess.Popen([*glass, *words, "--json", str(out)], stdout=subprocess.DEVNULL)
            for words, out in zip((eye, ear), self._out.values(), strict=True)
        ]

    def read(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What both wrote, once they have ended."""
        for program in self._programs:
            if program.wait(120):
                raise BenchError("the rig's meter ended with an error")
        eye, ear = (json.loads(path.read_text("utf-8")) for path in self._out.values())
        return eye, ear

    def end(self) -> None:
        for program in self._programs:
            end_process(program)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mishap", choices=("fall", "silent", "reset"))
    parser.add_argument("--rig", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=2)
    args = parser.parse_args()
    try:
        clip = rig_clip(args.rig, 1280, 720, 120)
        for number in range(1, args.rounds + 1):
            with ExitStack() as stack:
                run(stack, args.mishap, args.rig, clip, f"{args.mishap} {number}")
    except BenchError as error:
        sys.exit(f"bench recover: {error}")


def run(stack: ExitStack, mishap: str, rig: Path, clip: Path, label: str) -> None:
    """One round: a room of two, a mishap, what was seen of it."""
    stage = stack.enter_context(Stage(pulse=start_sound(stack, rig)))
    _, port = stage.start_server()
    path = stack.enter_context(DelayProxy(("127.0.0.1", port)))
    invites = {"A": f"matinee://127.0.0.1:{port}/bench?tls=off", "B": f"matinee://127.0.0.1:{path.port}/bench?tls=off"}
    a, b = (
        stage.start_player(name, "join", invites[name], str(clip), geometry=AT[name], sink=name) for name in ("A", "B")
    )
    for player in (a, b):
        player.wait_for_frame()
    remote(stage, invites["A"], "play")
    b.wait_for_frame(beyond=5.0)
    meters = Meters(rig, stage, 5 + CUT + AFTER)
    stack.callback(meters.end)
    time.sleep(4)  # the meters begin, and see both together first
    if mishap == "fall":
        fall(b, meters, label)
    else:
        cut_link(mishap, path, stage, invites["A"], (a, b), meters, label)


def start_sound(stack: ExitStack, rig: Path) -> str:
    """The rig's sound server, whose sinks its ear can tell apart to the sample."""
    socket = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="matinee-bench-"))) / "socket"
    argv = [sys.executable, str(rig / "glass.py"), "pulse", "--socket", str(socket)]
    sound = subprocess.Popen(argv, stdout=subprocess.PIPE)
    stack.callback(end_process, sound)
    assert sound.stdout is not None
    line = sound.stdout.readline().decode()
    if not line.startswith("PULSE_SERVER="):
        raise BenchError("the rig's sound server did not start")
    return line.split()[0].removeprefix("PULSE_SERVER=")


def fall(b: Running, meters: Meters, label: str) -> None:
    """B is stopped; when is it back within one frame, and is its sound whole from then on?"""
    os.kill(b.process.pid, signal.SIGSTOP)
    time.sleep(STOPPED)
    os.kill(b.process.pid, signal.SIGCONT)
    back = time.monotonic()
    time.sleep(0.5)  # what the device ran out of while the process stood is not counted
    before = underruns(b)
    eye, ear = meters.read()
    picture_a, picture_b = read_trace(eye["trace"])
    at = np.array([back + 0.02])
    behind = picture_a.media_times(at) - picture_b.media_times(at)
    note(f"{label}: behind when it went on", 1e3 * float(behind[0]))
    found = together_from(picture_a, picture_b, back, back + AFTER, within=FRAME, lasting=LASTING)
    note(f"{label}: back within one frame after", None if found is None else found - back, "s", 3.0)
    after = underruns(b)
    cuts = None if before is None or after is None else float(after - before)
    note(f"{label}: cuts in the sound while it caught up (its own count)", cuts, "cuts", 0.0)
    report = ear["report"]
    note(f"{label}: beeps heard of A but not of B", float(report["beeps_A"] - report["beeps_B"]), "beeps")


def cut_link(
    kind: str, path: DelayProxy, stage: Stage, invite: str, players: tuple[Running, Running], meters: Meters, label: str
) -> None:
    """B's link is away while A seeks; does B play on, and when is it on the new place?"""
    a, b = players
    path.cut("silent" if kind == "silent" else "reset")
    away = time.monotonic()
    time.sleep(2)
    remote(stage, invite, "seek", str(PLACE))
    sought = time.monotonic()
    time.sleep(max(0.0, away + CUT - time.monotonic()))
    path.restore()
    back = time.monotonic()
    eye, _ = meters.read()
    picture_a, picture_b = read_trace(eye["trace"])
    note(f"{label}: longest stand of B's picture while the link was away", 1e3 * longest_stand(picture_b, away, back))
    frames = picture_a.frames[(picture_a.times > sought - 1) & (picture_a.times < back + AFTER)] / picture_a.fps
    note(f"{label}: frames of A at the new place", float(np.count_nonzero(frames >= PLACE)), "frames")
    there = first_at(picture_b, PLACE, back)
    note(f"{label}: B on the new place after the link's return", None if there is None else there - back, "s", 2.0)
    found = together_from(picture_a, picture_b, back, back + AFTER, within=FRAME, lasting=LASTING)
    note(f"{label}: both within one frame after the link's return", None if found is None else found - back, "s")
    rosters = [sorted(event["members"]) for event in a.events("room")]
    strangers = [roster for roster in rosters if not set(roster) <= {"A", "B"}]
    note(f"{label}: rosters with anybody but A and B", float(len(strangers)), "rosters", 0.0)
    note(f"{label}: last roster is not A and B", float(rosters[-1] != ["A", "B"]), "", 0.0)
    b.check()


def longest_stand(picture: Picture, begin: float, end: float) -> float:
    """The longest time between two frames, s."""
    inside = picture.times[(picture.times > begin) & (picture.times < end)]
    return float(np.max(np.diff(np.concatenate([[begin], inside, [end]]))))


def first_at(picture: Picture, place: float, after: float) -> float | None:
    """When a frame from `place` on was first seen after an instant."""
    found = np.flatnonzero((picture.times > after) & (picture.frames / picture.fps >= place))
    return float(picture.times[found[0]]) if len(found) else None


def underruns(player: Running) -> int | None:
    """How often its sound ran dry so far, by its own count."""
    told = player.events("audio")
    return int(told[-1]["underruns"]) if told else None


if __name__ == "__main__":
    main()
