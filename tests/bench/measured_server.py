"""A server as a process of its own, what it costs, and what measuring it costs."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psutil

OURS = ("-m", "server", "--listen", "127.0.0.1:0", "--until-stdin-closes", "--log-level", "warning")


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor time as of an instant, all in s."""

    at: float
    server: float
    measurer: float

    def percent_since(self, before: Spent) -> tuple[float, float]:
        """Of a core: the server's share and the measurer's."""
        elapsed = self.at - before.at
        return 100 * (self.server - before.server) / elapsed, 100 * (self.measurer - before.measurer) / elapsed


class MeasuredServer:
    """It says where it listens, the port last, in its first line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.port = int(process.stdout.readline().rpartition(":")[2])
        self._server, self._own = psutil.Process(process.pid), psutil.Process()

    @property
    def memory(self) -> int:
        """Bytes in memory."""
        return int(self._server.memory_info().rss)

    def spent(self) -> Spent:
        server, own = self._server.cpu_times(), self._own.cpu_times()
        return Spent(time.perf_counter(), server.user + server.system, own.user + own.system)


@contextlib.contextmanager
def serving(words: Sequence[str] = OURS) -> Iterator[MeasuredServer]:
    """A server of these words after `python`; it ends when its standard input does."""
    with subprocess.Popen(
        [sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        try:
            yield MeasuredServer(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
