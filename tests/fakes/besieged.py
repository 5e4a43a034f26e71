"""A `matinee-server` process under attack: what it logs, and how much memory it takes."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

MIB = 2**20
LOOK_EVERY = 0.01  # s


class Besieged:
    """A server on a free port of loopback, with options, within a `with`."""

    def __init__(self, *options: str) -> None:
        self._options = options
        self._folder = tempfile.TemporaryDirectory(prefix="matinee-besieged-")
        self._log = Path(self._folder.name) / "log"
        self._read = 0
        self._peak = 0
        self._is_over = threading.Event()
        self.port = 0

    def __enter__(self) -> Self:
        argv = [sys.executable, "-m", "server", "--listen", "127.0.0.1:0", "--until-stdin-closes", *self._options]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline().rpartition(b":")[2] or self._fail())
        self._watched = psutil.Process(self._process.pid)
        self._watch = threading.Thread(target=self._look, name="memory", daemon=True)
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._watch.join()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self.code = self._process.wait(60)
        self._process.stdout.close()
        self.end_log = self._log.read_text("utf-8", "replace")
        self._folder.cleanup()

    @property
    def memory(self) -> int:
        """RSS, bytes."""
        return int(self._watched.memory_info().rss)

    @property
    def starved(self) -> float:
        """How long it was ready to run and had no processor, s, as Linux counts it: no fault of its own."""
        try:
            return int(Path(f"/proc/{self._process.pid}/schedstat").read_text("ascii").split()[1]) / 1e9
        except OSError:
            return 0.0

    @property
    def connections(self) -> int:
        """How many it has, whoever they are."""
        found = self._watched.net_connections("tcp")
        return sum(each.status != psutil.CONN_LISTEN for each in found)

    def take_peak(self) -> int:
        """The most memory since this was asked last, bytes."""
        peak, self._peak = max(self._peak, self.memory), 0
        return peak

    def take_complaints(self) -> list[str]:
        """What was logged since this was asked last that no stranger may cause: errors, and the heads of tracebacks."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            new = log.read()
        self._read += len(new)
        lines = new.decode("utf-8", "replace").splitlines()
        return [line for line in lines if not re.match(r"\S+ \S+ (DEBUG|INFO|WARNING) ", line)]

    def _look(self) -> None:
        while not self._is_over.wait(LOOK_EVERY):
            try:
                self._peak = max(self._peak, self.memory)
            except psutil.Error:
                return

    def _fail(self) -> str:
        raise AssertionError(self._log.read_text("utf-8", "replace"))
