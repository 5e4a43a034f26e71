"""A connection until its request is complete: one request, small and soon. `gate.py` is the WebSocket after it.

Overrides uvicorn's HTTP class; tests/adapters/server/test_porch.py has a test for each.
"""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from server.core.allowance import address_group
from server.core.sharing import Share
from server.gate import Gatehouse

UPGRADE_COST = 0.001  # s of the loop's time that a WebSocket's beginning takes later on, in tasks of the libraries


class Porch(H11Protocol):
    """A connection until its request is complete: one request, small and soon."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.house: Gatehouse = app_state["house"]
        self._received = 0
        self._who: str | None = None  # None: is not counted
        self._address = ""
        self.share = Share()
        self._kept = b""  # read, but its turn has not come
        self._deadline: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        host = self.client[0] if self.client else ""
        who = "" if self.house.is_trusted(host) else address_group(host)
        if not self.house.enter(who):
            self.house.cut("too many connections", who)
            transport.abort()
            return
        self._who = who
        self._address = host
        self._deadline = self.loop.call_later(self.house.limits.request_time, self._drop, "no request in time")

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self.transport.is_closing():
            return
        if self._received > self.house.limits.request_bytes:
            self._drop("a request too large")
            return
        is_waiting = bool(self._kept)
        self._kept += data
        if is_waiting:
            return
        if self.house.turns.may_take(self.share):
            self.go_on()
        else:
            self.transport.pause_reading()
            self.house.turns.wait(self)

    def go_on(self) -> None:
        """Its turn has come: whoever comes in while time is short waits like everybody else."""
        data, self._kept = self._kept, b""
        if data and not self.transport.is_closing():
            self.transport.resume_reading()
            self.house.turns.begin()
            super().data_received(data)
            self.house.turns.end(self.share)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._let_go()
        self.house.turns.charge(UPGRADE_COST)
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """Also for a body that turns out to be none after its request is being answered; uvicorn would then answer
        twice, which is an error in its own eyes."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request, whatever uvicorn declares
        if cycle is None:
            super().send_400_response(msg)
            return
        cycle.disconnected = True
        cycle.message_event.set()
        self._drop("no HTTP")

    def connection_lost(self, exc: Exception | None) -> None:
        self._kept = b""
        self._let_go()
        super().connection_lost(exc)

    def _drop(self, reason: str) -> None:
        self.house.cut(reason, self._address)
        self.transport.abort()

    def _let_go(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self._who is not None:
            self.house.leave(self._who)
            self._who = None
