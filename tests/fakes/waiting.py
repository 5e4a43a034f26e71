"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], patience: float = 20.0) -> None:
    """Return when it holds; far too late (s) is a failure, and nothing is concluded from how long it took."""
    ends = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < ends, "it has not come true"
        time.sleep(0.005)
