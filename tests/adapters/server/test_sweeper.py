"""Garbage in cycles is looked for when many connections have ended, and not before."""

from __future__ import annotations

import gc
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.sweeper import LEAST, SHARE, THRESHOLDS, Sweeper
from tests.fakes.programs import run_server
from tests.fakes.visitors import a_pair
from tests.fakes.waiting import until


class Knot:
    """In a cycle with itself."""

    def __init__(self) -> None:
        self.self = self


class Counts:
    crowd = 0
    ended = 0
    looks = 0

    def look(self) -> int:
        self.looks += 1
        return self.ended


@pytest.fixture
async def counts() -> AsyncIterator[Counts]:
    counts = Counts()
    sweeper = Sweeper(lambda: counts.crowd, counts.look, period=0.001)
    before = gc.get_threshold()
    sweeper.begin()
    try:
        yield counts
    finally:
        sweeper.end()
        assert gc.get_threshold() == before
        assert gc.get_freeze_count() == 0


def old_knot() -> weakref.ref[Any]:
    """Garbage that is not young any more."""
    knot = Knot()
    gc.collect()
    return weakref.ref(knot)


async def looked(counts: Counts) -> None:
    seen = counts.looks
    await until(lambda: counts.looks > seen + 1)


async def test_it_is_swept_when_enough_have_ended(counts: Counts) -> None:
    assert gc.get_threshold() == THRESHOLDS
    knot = old_knot()
    counts.ended = LEAST - 1
    await looked(counts)
    assert knot() is not None
    counts.ended = LEAST
    await looked(counts)
    assert knot() is None


async def test_the_more_live_the_more_must_have_ended_since(counts: Counts) -> None:
    counts.ended = LEAST
    await looked(counts)
    knot = old_knot()
    counts.crowd = 1000
    counts.ended = 2 * LEAST
    await looked(counts)
    assert knot() is not None
    counts.ended = int(2 * LEAST + 1000 * SHARE)
    await looked(counts)
    assert knot() is None


async def test_what_was_there_at_the_start_is_never_looked_at(counts: Counts) -> None:
    assert gc.get_freeze_count() > 1000


async def test_a_server_has_one() -> None:
    async with run_server("--listen", "127.0.0.1:0") as server, a_pair(f"http://127.0.0.1:{await server.port()}"):
        pass
    assert "Traceback" not in await server.errors()
