"""A real authority on loopback, in the test's own process and loop."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from server.app import Authority
from server.listener import listening
from server.settings import Limits, ServerSettings
from tests.fakes.visitors import Stranger


@dataclass(frozen=True)
class House:
    """Where it is."""

    authority: Authority
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def crowd(self) -> int:
        """How many connections there are."""
        return self.authority.house.crowd


OpenHouse = Callable[..., contextlib.AbstractAsyncContextManager[House]]


@contextlib.asynccontextmanager
async def open_a_house(**settings: Any) -> AsyncIterator[House]:
    """An authority with these settings; all that it counted has to be back at nothing in the end."""
    async with listening(ServerSettings(listen="127.0.0.1:0", **settings)) as server:
        try:
            yield House(server.authority, server.port)
        finally:
            await Stranger.send_home()
    assert not server.authority.house.gates


HASTE = Limits(request_time=0.2, hello_time=0.2, stuck_time=0.2)
"""Limits in time that a test can wait for."""
