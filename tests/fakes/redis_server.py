"""Debian's real redis-server, with its append-only file, on a free port and in a folder of its own."""

from __future__ import annotations

import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.fakes.nginx import free_port
from tests.fakes.waiting import wait_until


@dataclass
class RedisServer:
    """Runs within a `with`; may be killed and started again, on the same port and data."""

    folder: Path
    options: tuple[str, ...] = ()  # such as "--requirepass", "sesame"
    port: int = field(default_factory=free_port)
    password: str = ""
    _process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def process_id(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, *options: str) -> None:
        """Returns when it has loaded its data. `options` are for this run only."""
        program = shutil.which("redis-server") or "/usr/bin/redis-server"
        log = self.folder / "redis.log"
        kept = ("--dir", str(self.folder), "--logfile", str(log), "--save", "", "--appendonly", "yes")
        where = ("--port", str(self.port), "--bind", "127.0.0.1")
        self._process = subprocess.Popen([program, *where, *kept, *self.options, *options])
        wait_until(self._is_there, f"redis-server, which says: {log}")

    def kill(self) -> None:
        """With -9, at once."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        """Let it hang: connections stay, nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def ask(self, *command: str) -> str:
        """What redis-cli says to a command."""
        program = shutil.which("redis-cli") or "/usr/bin/redis-cli"
        words = [program, "-p", str(self.port), *(("--no-auth-warning", "-a", self.password) if self.password else ())]
        return subprocess.run([*words, *command], capture_output=True, text=True, check=False).stdout.strip()

    def _is_there(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "redis.log").read_text("utf-8")
        return self.ask("PING") in ("PONG", "NOAUTH Authentication required.")
