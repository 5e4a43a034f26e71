"""The session's desk for the authority that the app runs itself: one start or stop after the other.

A start that is still under way is given up when something newer is wanted; what came of it is told to the session as a
happening. Everything on the session's thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from player.core.happenings import Hosted, HostFailed, TookOver
from player.ports import LinkError, RoomHost

log = logging.getLogger(__name__)

FAILED = "The room can't be started for a reason that is in the log: try again."


class HostingDesk:
    def __init__(self, host: RoomHost, listen: str, tell: Callable[[Hosted | HostFailed | TookOver], None]) -> None:
        """`listen` is ADDR:PORT, "" the usual. `tell` hears what came of a start."""
        self._host = host
        self._listen = listen
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._newest: asyncio.Future[None] = self._loop.create_future()  # start or stop
        self._newest.set_result(None)
        self._starting: asyncio.Task[None] | None = None  # the newest start
        self._tasks: set[asyncio.Future[Any]] = set()

    @property
    def has_died(self) -> bool:
        """The server that we run has ended by itself, and nothing newer is under way."""
        return self._newest.done() and self._host.has_ended

    @property
    def tasks(self) -> tuple[asyncio.Future[Any], ...]:
        """What is still under way."""
        return tuple(self._tasks)

    def start(self, room: str) -> None:
        """Host a room; told as Hosted or HostFailed."""

        async def begin() -> Hosted:
            return Hosted(await self._host.start(room, self._listen), self._host.own_invite())

        self._starting = self._follow(lambda: self._begin(begin))

    def take_over(self, bundle: str, room: str, age: float) -> None:
        """Host a room that somebody else gave us `age` s ago; told as TookOver or HostFailed."""

        async def begin() -> TookOver:
            invite = await self._host.take_over(bundle, room, age, self._listen)
            return TookOver(invite, self._host.own_invite())

        self._starting = self._follow(lambda: self._begin(begin))

    def stop(self) -> None:
        async def end() -> None:
            await self._loop.run_in_executor(None, self._host.stop)

        self._follow(end)

    def _follow(self, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        """After what was begun before; a start that is still under way is given up."""
        before = self._newest
        if self._starting is not None:
            self._starting.cancel()

        async def follow() -> None:
            await asyncio.wait((before,))
            await work()

        self._newest = task = asyncio.create_task(follow())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _begin(self, begin: Callable[[], Coroutine[Any, Any, Hosted | TookOver]]) -> None:
        try:
            outcome: Hosted | HostFailed | TookOver = await begin()
        except LinkError as error:
            outcome = HostFailed(str(error))
        except Exception:
            log.exception("hosting failed")
            outcome = HostFailed(FAILED)
        self._tell(outcome)
