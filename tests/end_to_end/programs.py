"""Real programs of ours, started and watched by a test."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from tests.fakes.waiting import PATIENCE, wait_until


class Program:
    """A running `python -m MODULE ...`, its output read line by line; ended with the test."""

    before: tuple[str, ...] = ()  # words that run a program elsewhere

    def __init__(self, folder: Path, name: str, module: str, *words: str, **environment: str) -> None:
        self.name = name
        self.folder = folder / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.errors = self.folder / "stderr.log"
        env = os.environ | {"HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder), "PYTHONUNBUFFERED": "1"}
        self._stderr = self.errors.open("ab")
        self.process = subprocess.Popen(
            [*self.before, sys.executable, "-m", module, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            env=env | environment,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def say(self, line: str) -> None:
        """A line into its stdin."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def line(self, start: str) -> str:
        """The rest of the first line on stdout that begins so."""
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"{self.name} never said {start!r}; stderr: {self.said()}") from None
            if line.startswith(start):
                return line.removeprefix(start).strip()

    def said(self) -> str:
        """All of its stderr so far."""
        return self.errors.read_text("utf-8", "replace")

    def wait(self) -> int:
        """Its exit status."""
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """As a crash would."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait(PATIENCE)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self._stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.end()


class Player(Program):
    """A `matinee`, and what its telemetry says."""

    def __init__(self, folder: Path, name: str, *words: str, **environment: str) -> None:
        self.telemetry = folder / f"{name}.jsonl"
        self._told: dict[str, list[dict[str, Any]]] = {}
        self._heard_until = 0  # bytes of the telemetry that are in `_told`
        more = ("--name", name, "--telemetry", str(self.telemetry), "--config", str(folder / f"{name}.json"))
        super().__init__(folder, name, "player", *words, *more, **environment)

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Its telemetry of one kind so far, oldest first."""
        with suppress(FileNotFoundError), self.telemetry.open("rb") as file:
            file.seek(self._heard_until)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._heard_until += len(line)
                event = json.loads(line)
                self._told.setdefault(event["event"], []).append(event)
        return list(self._told.get(kind, ()))

    def place(self) -> float:
        """Media time of the frame that it presented last; -1 before the first."""
        frames = self.events("frame")
        return frames[-1]["media_time"] if frames else -1.0

    def wait_for_frame(self, beyond: float = -0.5) -> float:
        """Media time of the first frame seen beyond a place."""
        places = wait_until(lambda: [at for at in (self.place(),) if at > beyond], f"a frame of {self.name}")
        return places[0]

    def wait_for_members(self, *names: str) -> None:
        """The roster holds exactly these."""

        def are_there() -> bool:
            rooms = self.events("room")
            return bool(rooms) and sorted(rooms[-1]["members"]) == sorted(names)

        wait_until(are_there, f"{names} in {self.name}'s roster")

    def wait_for_timeline(self, **fields: Any) -> dict[str, Any]:
        """A newest timeline with these fields."""

        def newest() -> dict[str, Any] | None:
            told = self.events("timeline")
            return told[-1] if told and all(told[-1][key] == value for key, value in fields.items()) else None

        found = wait_until(newest, f"{self.name}'s timeline with {fields}")
        assert found is not None
        return found


def run(*words: str, module: str = "player", **environment: str) -> subprocess.CompletedProcess[str]:
    """A program from its start to its end."""
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=os.environ | environment,
        check=False,
    )
