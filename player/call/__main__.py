"""The process of the call: `python -m player.call --memory NAME`, started by `process.py` and by nobody else."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from player.call.clock import CallClock
from player.call.lines import Lines
from player.call.memory import CallMemory
from player.call.parts import Carrier, Inbox
from player.core.call_pipe import CallMode, ToCall

if TYPE_CHECKING:
    from player.call.crew import Crew

SWITCH_INTERVAL = 0.001  # s: packets wait for the loop while a thread encodes, for as long as Python lets it
NICE = 5  # below the player: where both want the processor, the film gets three times as much

log = logging.getLogger(__name__)


def main(words: Sequence[str] | None = None) -> int:
    """Lives until its input ends. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="matinee --call-process", description=__doc__)
    parser.add_argument("--memory", required=True, help="what is shared with the app")
    parser.add_argument("--clock-offset", type=float, default=0.0)
    parser.add_argument("--clock-ppm", type=float, default=0.0)
    parser.add_argument("--clock-origin", type=float, default=0.0)
    parser.add_argument("--log-level", default="warning")
    args = parser.parse_args(words)
    sys.setswitchinterval(SWITCH_INTERVAL)
    if hasattr(os, "nice"):  # elsewhere who starts it says so
        os.nice(NICE)
    logging.basicConfig(level=args.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    for library in ("aioice", "aiortc"):  # which tell each check of each candidate
        logging.getLogger(library).setLevel(logging.WARNING)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is the app's; we end with it
    try:
        memory = CallMemory.open(args.memory)
    except (OSError, ValueError) as error:
        log.error("the memory of the call can't be opened: %s", error)
        return 1
    asyncio.run(live(CallClock(args.clock_offset, args.clock_ppm, args.clock_origin), memory))
    logging.shutdown()
    os._exit(0)  # threads that hang in drivers are not waited for


async def live(clock: CallClock, memory: CallMemory) -> None:
    """From the first line to the last."""
    ended = asyncio.Event()
    crews: list[Crew] = []

    def obey(piece: ToCall) -> None:
        crews[0].obey(piece)

    lines = Lines(asyncio.get_running_loop(), obey, ended.set)
    lines.start()  # what is said meanwhile waits for the loop
    crews.append(assembled(clock, memory, lines))
    await ended.wait()
    await crews[0].close()


def assembled(clock: CallClock, memory: CallMemory, lines: Lines) -> Crew:
    """A crew of the real parts, inside the loop."""
    from player.call.crew import Crew
    from player.call.mesh import Mesh
    from player.call.microphones import find_microphones
    from player.call.talker import Talker

    def make_carrier(mode: CallMode, inbox: Inbox) -> Carrier:
        if mode == "sfu":
            from player.call.sfu import Sfu

            return Sfu(inbox, clock)
        return Mesh(inbox, clock)

    return Crew(clock, memory, lines.say, make_carrier, Talker, find_microphones)


if __name__ == "__main__":
    sys.exit(main())
