"""A player that is driven by its parent: commands on stdin, answers on stdout. For the demo and the tests."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

Grab = Callable[[str], bool]


class Control:
    """Lines `grab-picture PATH`, `grab-window PATH`, `call join|leave`, `camera on|off`, `microphone on|off`, `quit`;
    answered by `done PATH` (or what the second word was) or `failed PATH WORDS`.

    A thread reads, since a pipe can't be awaited on Windows; the commands run on the loop."""

    def __init__(self, grabs: dict[str, Grab], end: Callable[[], object]) -> None:
        self._grabs = grabs
        self._end = end
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, name="control", daemon=True).start()

    def _read(self) -> None:
        with suppress(RuntimeError):  # the loop has been closed
            for line in sys.stdin:
                self._loop.call_soon_threadsafe(self._obey, line.strip())
            self._loop.call_soon_threadsafe(self._end)  # the parent has gone

    def _obey(self, line: str) -> None:
        word, _, path = line.partition(" ")
        if word == "quit":
            self._end()
        elif word not in self._grabs:
            _answer(f"failed {path} no such command here: {word}")
        elif self._grabs[word](path):
            _answer(f"done {path}")
        else:
            _answer(f"failed {path} it could not be done")


def _answer(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()
