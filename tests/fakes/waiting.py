"""Waiting for what another task, thread or process does: nothing is concluded from how long it took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 60.0  # s, after which a test gives up


def wait_until(condition: Callable[[], T], what: str = "what a test waits for", *, pause: float = 0.005) -> T:
    """The first true answer; looks again every few ms, or every `pause` s where looking costs something."""
    ends = time.monotonic() + PATIENCE
    while not (answer := condition()):
        assert time.monotonic() < ends, f"waited in vain for {what}"
        time.sleep(pause)
    return answer


async def until(condition: Callable[[], T], what: str = "what a test waits for", *, pause: float = 0.0) -> T:
    """The first true answer, while the loop runs. `pause`: s between two looks; 0 where only the loop has to turn."""
    ends = time.monotonic() + PATIENCE
    while not (answer := condition()):
        assert time.monotonic() < ends, f"waited in vain for {what}"
        await asyncio.sleep(pause)
    return answer
