"""A program that acts as the server or a player of the demo, badly if it is told to: `server|player BEHAVIOUR ARGS`."""

from __future__ import annotations

import json
import sys
import time


def option(name: str) -> str:
    return sys.argv[sys.argv.index(name) + 1]


def say(words: str) -> None:
    print(words, flush=True)


def serve(behaviour: str) -> None:
    if behaviour == "server-fails":
        sys.exit("The port 1 is taken.")
    say("listening: 127.0.0.1:4711")
    sys.stdin.read()


def play(behaviour: str) -> None:
    with open(option("--telemetry"), "w", encoding="utf-8") as telemetry:

        def record(event: str, **fields: object) -> None:
            line = {"event": event, "mono": time.perf_counter(), **fields}
            telemetry.write(json.dumps(line, separators=(",", ":")) + "\n")
            telemetry.flush()

        if "--clock-offset" in sys.argv:
            record("levers", offset=0.0, ppm=0.0, origin=0.0)
        record("timeline", revision=1, item="film", state="paused", media_time=0.0, room_time=0.0, rate=1.0)
        record("frame", media_time=0.0, target=0.0, dropped=0)
        record("room", members=["A", "B"], state="paused")
        if "--call" in sys.argv:
            for peer in "ABCD".replace(option("--name"), ""):
                record(
                    "tile",
                    peer=f"p-{peer}",
                    name=peer,
                    state="connected",
                    video_fps=15.0,
                    audio_level=0.3,
                    width=320,
                    height=240,
                    age_ms=50.0,
                )
        if behaviour == f"{option('--name')}-dies":
            sys.exit("The film could not be read.")
        for line in sys.stdin:
            word, _, path = line.strip().partition(" ")
            if word == "quit":
                return
            say(f"done {path}" if word == "grab-picture" else f"failed {path} there is no window")


if __name__ == "__main__":
    {"server": serve, "player": play}[sys.argv[1]](sys.argv[2])
