"""What is left of the film in the microphone, and of who speaks there: `python -m tests.bench.echo [--seed N ...]`.

Computed rooms: a film-like far end from a loudspeaker, 60 ms of walls, a voice of the same room, two devices whose
crystals differ by 60 ppm and whose words on their times stray by a millisecond. Ours goes the whole way, through the
memory that the player shares and by those times; the reference is the bare echo canceller of the library, given each
sample of the film exactly when it left the loudspeaker. Several rooms: the median is what is promised, the worst is
printed beside it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np

from player.call.echo import DELAY, Cleaner
from server.core.timeline import LocalTime
from tests.bench.figures import note
from tests.fakes.echo_room import BLOCK, RATE, Clean, EchoRoom, Mono, loudness

ROOMS = 8
BARE_DELAY = 0.009  # s, of the echo canceller alone
LEAST_REDUCTION, MOST_LOSS = 18.0, 3.0  # dB, promised


@dataclass(frozen=True, slots=True)
class Result:
    """dB, but for the last."""

    reduction: float  # of the echo in the third second
    later: float  # in the three seconds after
    lost: float  # of the near voice's level: how far from what it was
    core: float  # of a processor's time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, nargs="*", default=list(range(1, ROOMS + 1)))
    args = parser.parse_args()
    ours, bare = [], []
    for seed in args.seed:
        room = EchoRoom(seed=seed, skew=60e-6, wander=0.001)
        ours.append(hear(room, Cleaner(room.sound).clean, DELAY))
        room = EchoRoom(seed=seed)
        bare.append(hear(room, perfect(room), BARE_DELAY))
        for whose, result in (("ours", ours[-1]), ("bare", bare[-1])):
            words = f"film -{result.reduction:.1f}, then -{result.later:.1f} dB, near voice {result.lost:.1f} dB off"
            print(f"  room {seed}, {whose}: {words}", flush=True)
    tell("echo: the film in the third second, median", ours, bare, lambda each: -each.reduction)
    note("  worst room", max(-each.reduction for each in ours), "dB", -LEAST_REDUCTION)
    tell("echo: the film from 3 to 6 s, median", ours, bare, lambda each: -each.later)
    tell("echo: near voice, how far from its level, median", ours, bare, lambda each: each.lost, MOST_LOSS)
    note("  worst room", max(each.lost for each in ours), "dB")
    here, there = (100 * median(each.core for each in each_one) for each_one in (ours, bare))
    note("echo: processor, noise suppression and gain control too", here, "%")
    note("  the bare echo canceller's", there, "%")
    note("  ours / the bare one's", here / there, "x")


def tell(
    name: str, ours: list[Result], bare: list[Result], of: Callable[[Result], float], at_most: float | None = None
) -> None:
    here, there = median(map(of, ours)), median(map(of, bare))
    note(name, here, "dB", at_most)
    note("  the bare library with exact times", there, "dB")
    note("  ours / the bare library's", here / there, "x")


def hear(room: EchoRoom, clean: Clean, delay: float) -> Result:
    before = time.process_time()
    out = room.listen(clean)
    spent = time.process_time() - before
    lost = [
        abs(level(out, begins + delay, ends + delay) - level(room.near, begins, ends)) for begins, ends in room.spoken
    ]
    return Result(room.reduction(out, 2.0, 3.0), room.reduction(out, 3.0, 6.0), max(lost), spent / room.seconds)


def level(sound: Mono, begins: float, ends: float) -> float:
    return loudness(sound[round(begins * RATE) : round(ends * RATE)])


def perfect(room: EchoRoom) -> Clean:
    """The library as it is, on one time line."""
    from pywebrtc_audio import EchoCanceller

    canceller = EchoCanceller(RATE, 1)
    played = np.concatenate((np.zeros(round(room.held * RATE), np.float32), room.film, np.zeros(BLOCK, np.float32)))

    def clean(block: Mono, captured: LocalTime) -> Mono:
        at = round(captured * RATE)
        cleaned: Mono = canceller.process(block, played[at : at + BLOCK])
        return cleaned

    return clean


if __name__ == "__main__":
    main()
