"""The pipe as the process of the call has it: lines from the app on standard input, lines to it on standard output.

Two threads, since pipes can't be waited for in every system's loop. What the app does not read is bounded; the end of
the input is the end of the app, and nothing that hangs here may outlive it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from player.core.call_pipe import LINE_MOST, CallTold, DevicesFound, FromCall, PipeError, ToCall, line_of, read_to_call

log = logging.getLogger(__name__)

MOST_UNREAD = 1024  # pieces
GRACE = 3.0  # s after the app's end, in which devices are closed and others are told


class Lines:
    """`say` from any thread; `obey` and `end` are called on the loop. `_unsaid` is guarded by `_more`."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, obey: Callable[[ToCall], None], end: Callable[[], None]
    ) -> None:
        """Takes standard input and output for itself: what else is printed goes to standard error."""
        self._loop = loop
        self._obey = obey
        self._end = end
        self._more = threading.Condition()
        self._unsaid: deque[FromCall] = deque()
        self._output = os.dup(1)
        os.dup2(2, 1)
        self._input = os.dup(0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        if sys.platform == "win32":
            import msvcrt

            msvcrt.setmode(self._output, os.O_BINARY)
            msvcrt.setmode(self._input, os.O_BINARY)

    def start(self) -> None:
        for name, work in (("call-input", self._read), ("call-output", self._write)):
            threading.Thread(target=work, name=name, daemon=True).start()

    def say(self, piece: FromCall) -> None:
        """To the app; an older state that it has not read yet is void."""
        with self._more:
            is_state = isinstance(piece, CallTold | DevicesFound)
            if is_state:
                for unsaid in [each for each in self._unsaid if type(each) is type(piece)]:
                    self._unsaid.remove(unsaid)
            if is_state or len(self._unsaid) < MOST_UNREAD:
                self._unsaid.append(piece)
            self._more.notify()

    def _write(self) -> None:
        with suppress(OSError):  # the app is gone: the other thread sees that, too
            while True:
                with self._more:
                    while not self._unsaid:
                        self._more.wait()
                    piece = self._unsaid.popleft()
                view = memoryview(line_of(piece))
                while view:
                    view = view[os.write(self._output, view) :]

    def _read(self) -> None:
        rest = b""
        with suppress(OSError):
            while data := os.read(self._input, LINE_MOST):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._receive(line)
                if len(rest) > LINE_MOST:
                    log.error("the app speaks without end")
                    break
        with suppress(RuntimeError):  # the loop has been closed
            self._loop.call_soon_threadsafe(self._end)
        threading.Event().wait(GRACE)
        os._exit(1)  # something hangs: a driver, or the loop

    def _receive(self, line: bytes) -> None:
        try:
            piece = read_to_call(line)
        except PipeError as error:
            log.warning("the app says what we don't understand: %s", error)
            return
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._obey, piece)
