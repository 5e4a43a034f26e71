"""A program in place of the call's: says what it was told, and does what a broken one does when its person's name says
so. Run as `python stand_in.py --memory NAME ...`."""

from __future__ import annotations

import os
import sys
import threading
import time

from player.core.call_pipe import CallSignalled, CallTold, Company, Own, PeerSignalled, line_of, read_to_call
from server.core.protocol import Hangup, Signal

told: dict[str, str] = {}


def say(data: bytes) -> None:
    os.write(1, data)


def live() -> None:
    while True:
        time.sleep(0.1)
        if told.get("name") != "silent":
            words = f"{os.getpid()} {told.get('name', '')} {told.get('me', '')} {' '.join(sys.argv[1:])}"
            say(line_of(CallTold(words=words)))


def obey(name: str) -> None:
    match name:
        case "die":
            sys.stderr.write("it hurts\n")
            sys.stderr.flush()
            os._exit(3)
        case "babble":
            say(b"x" * 1_000_000)
        case "nonsense":
            say(b'{"is":"nothing"}\n\xff\n')
        case "many":
            for number in range(5000):
                say(line_of(CallSignalled(Signal("b", str(number), Hangup()))))


threading.Thread(target=live, daemon=True).start()
for line in sys.stdin.buffer:
    match read_to_call(line):
        case Own(name=name):
            obey(name)
            told["name"] = name
        case Company(me=me):
            told["me"] = me
        case PeerSignalled(signal=signal):
            say(line_of(CallSignalled(Signal(signal.peer, signal.attempt, signal.what))))
