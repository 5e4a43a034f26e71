"""Starting Matinee's own programs for a moment, to see what they do here."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def program(name: str) -> list[str]:
    """The words that start "server" or "player", also inside a bundle."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--serve"] if name == "server" else [sys.executable]
    return [sys.executable, "-m", name]


def last_line(text: str) -> str:
    """What a program said last about itself."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def briefly(ask: Callable[[], T], timeout: float) -> T | None:
    """What a driver says; None: it still hangs after `timeout` s, and is left to itself."""
    answers: list[T] = []
    thread = threading.Thread(target=lambda: answers.append(ask()), name="driver", daemon=True)
    thread.start()
    thread.join(timeout)
    return answers[0] if answers else None


def run_briefly(words: Sequence[str], timeout: float) -> subprocess.CompletedProcess[str] | None:
    """Run a program to its end; None: it was killed after `timeout` s, or could not be started."""
    try:
        return subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError):
        return None
