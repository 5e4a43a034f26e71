"""Whether anything that was told is missing after the server was killed, and how soon people are back.

    python -m tests.bench.kills [--kills 200] [--seed 1]

A server with a state folder, two members that play, seek, say and edit the playlist without a pause. At a random
instant, every other time just when one of them is told something, it is killed with -9 and started again; the members
come back by themselves. After each of these, each member looks whether the room still has everything that it was told
before: the revision of the timeline, every line of chat, the revision of the playlist, its own place. (A server that
tells before it writes fails: tried.) The time to be back counts from the kill, the server's start included.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import socketio

from tests.bench.figures import note
from tests.fakes.survivors import Survivor

QUIET = ("--log-level", "error")
BACK = 5.0  # s; the promise


class Server:
    """One that is started again and again on the same port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = 0

    def start(self) -> None:
        argv = ["--listen", f"127.0.0.1:{self.port}", "--state-dir", str(self._folder), "--until-stdin-closes", *QUIET]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "server", *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ
        )

    def wait(self) -> None:
        """Until it listens."""
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline().rpartition(b":")[2])

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


async def live(survivor: Survivor, chance: random.Random) -> None:
    """Command without a pause, at the rate that a server lets one member have, until the connection ends."""
    with contextlib.suppress(socketio.exceptions.SocketIOError, OSError):
        while survivor.friend.is_connected:
            await survivor.do_something(chance)
            await asyncio.sleep(chance.uniform(0.0, 0.2))


async def run(kills: int, seed: int) -> int:
    chance = random.Random(seed)
    lost: list[str] = []
    times: list[float] = []
    epochs = set()
    with tempfile.TemporaryDirectory(prefix="matinee-kills-") as folder:
        server = Server(Path(folder))
        server.start()
        server.wait()
        survivors = [Survivor(f"http://127.0.0.1:{server.port}", name) for name in ("Ana", "Ben")]
        for each in survivors:
            await each.join()
        survivors[0].item = (await survivors[0].friend.load(duration=36_000)).id
        for number in range(kills):
            lives = [asyncio.ensure_future(live(each, chance)) for each in survivors]
            await asyncio.sleep(chance.uniform(0.0, 1.0))
            if number % 2:  # the most dangerous instant: something has just been told
                await chance.choice(survivors).friend.hear_anything()
            server.kill()
            began = time.perf_counter()
            server.start()
            await asyncio.gather(*lives)
            for each in survivors:
                await each.friend.end()
                each.remember()
            await asyncio.gather(*(each.come_back() for each in survivors))
            times.append(time.perf_counter() - began)
            server.wait()
            for each in survivors:
                lost += [f"kill {number}, {each.name}: {what}" for what in each.missing()]
                each.remember()
                epochs.add(each.epoch)
        server.kill()
    for words in lost:
        print(f"  {words}")
    revision, said = max(each.revision for each in survivors), len(set().union(*(each.lines for each in survivors)))
    print(f"  revision {revision}, {said} lines, {len(epochs)} epoch(s)")
    note(f"kills: things told that are missing after {kills} of them", len(lost), "things", 0.0)
    note("kills: both members are back, median", statistics.median(times), "s")
    note("kills: both members are back, worst", max(times), "s", BACK)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    return asyncio.run(run(args.kills, args.seed))


if __name__ == "__main__":
    sys.exit(main())
