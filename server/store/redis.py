"""Rooms in Redis: any number of processes are one service.

Each process keeps a `Replica` of the rooms in which somebody is behind it, commits by compare-and-set what happens to
them, and delivers what is published, its own included, in the order of publication (`core/replica.py` is the theory).
Each room has one commit under way at a time, those of different rooms don't wait for each other.

Deadlines stand in Redis with their rooms. The process whose commit set one looks at the time; every process looks twice
a second for those that have passed unnoticed because that process has died. Compare-and-set makes each count once.

Out of reach: clocks go on by the last estimate, so films play; commands wait for `PATIENCE`, then they are refused with
words; the connection is tried again with back-off. When it is back each replica is compared with the store. Only where
a publication was missed members are called back (`recall`): they reconnect by token and lose nothing.

This is not python-socketio's AsyncRedisManager: with it a change and the news of it would be two steps, between which a
process can die, and it emits through queues without a bound that the gate goes around.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from redis.exceptions import ResponseError

from server.core.replica import GATHER
from server.core.room_change import MakeRoom
from server.core.room_state import Due, Room, RoomCommand, RoomPolicy
from server.core.timeline import RoomTime
from server.store.port import Deliver, NoteCommit, StoreError
from server.store.redis_link import Link
from server.store.redis_rooms import Recall, SharedRooms
from server.store.redis_scripts import DUE, ROOMS
from server.store.redis_time import BEAT_GAP, RedisTime
from server.store.redis_wire import RedisPlace, lost

logger = logging.getLogger(__name__)

BUSY = "The server can't reach its rooms at the moment; wait a little and try again."

PATIENCE = 4.0  # s; a hello waits five
TICK = 0.25  # s
SWEEP = 0.5  # s between looks for deadlines that nobody has noticed ...
GRACE = 0.3  # ... for so long, s
SWEPT_MOST = 50
FAREWELL = 2.0  # s for what waits when the server ends
BRIEF = 5.0  # s; after two links in a row that last no longer ...
PAUSE = 1.0  # ... the next one comes after so many


class RedisStore:
    """A `RoomStore` of several processes. Owner of all fields: the loop's thread."""

    def __init__(
        self,
        url: str,
        password: str,
        make: MakeRoom,
        policy: RoomPolicy,
        rooms_most: int,
        deliver: Deliver,
        recall: Recall,
        read_clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        author = secrets.token_hex(8)
        # what is gathered is heard of so much later, and tells so much less often
        policy = replace(policy, unheard=policy.unheard + GATHER, report_gap=max(policy.report_gap, GATHER))
        self._place = RedisPlace(url, password)
        self.clock = RedisTime(author, read_clock)
        self.is_healthy = False

        def make_shared(name: str) -> Room:
            return msgspec.structs.replace(make(name), policy=policy)

        self._rooms = SharedRooms(author, self.clock, make_shared, policy, rooms_most, deliver, recall)
        self._count = 0
        self._life: asyncio.Task[None] | None = None
        self._ticker: asyncio.TimerHandle | None = None

    # -- RoomStore ---------------------------------------------------------------------------------------------------

    @property
    def note_commit(self) -> NoteCommit:
        return self._rooms.note_commit

    @note_commit.setter
    def note_commit(self, note: NoteCommit) -> None:
        self._rooms.note_commit = note

    @property
    def count(self) -> int:
        return self._count

    async def open(self) -> None:
        link = await Link.open_loaded(self._place)
        try:
            await link.check()
            await self.clock.begin(link.ruler)
            self._count = int(await link.ruler.ask("SCARD", ROOMS))
        except BaseException:
            await link.close()
            raise
        self.is_healthy = True
        self._life = asyncio.ensure_future(self._live(link))
        self._tick()

    async def adopt(self, room: Room, its_now: RoomTime) -> None:
        raise StoreError("A room can't be taken over into Redis; start the server that takes it over without --redis")

    async def close(self) -> None:
        if self._life is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                while self.is_healthy and self._rooms.is_busy:
                    await asyncio.sleep(0.01)
        if self._ticker is not None:
            self._ticker.cancel()
        self._rooms.close()
        self._life.cancel()
        await asyncio.gather(self._life, return_exceptions=True)

    def submit(self, name: str, command: RoomCommand, now: RoomTime) -> None:
        self._rooms.submit(name, command, now)

    def view(self, name: str) -> Room | None:
        replica = self._rooms.get(name)
        return None if replica is None else replica.room

    async def find(self, name: str) -> Room | None:
        return (await self._rooms.load(name)).room

    def rooms(self) -> Iterable[Room]:
        return [replica.room for replica in self._rooms if replica.room is not None]

    # -- a link's life -----------------------------------------------------------------------------------------------

    async def _live(self, link: Link) -> None:
        """Use the link as long as it lasts, and then the next one, until this is cancelled."""
        loop, brief = asyncio.get_running_loop(), 0
        while True:
            began = loop.time()
            self._say_why(await self._use(link))
            self.is_healthy = False
            self._rooms.lose()
            brief = brief + 1 if loop.time() - began < BRIEF else 0
            if brief > 1:
                await asyncio.sleep(PAUSE)
            link = await self._reopen()
            self._rooms.resume()
            self.is_healthy = True
            logger.warning("Redis at %s is back", self._place.shown)

    async def _use(self, link: Link) -> list[Any]:
        """How the tasks ended, of which one has by itself."""
        rooms = self._rooms
        tasks = [asyncio.ensure_future(live(link)) for live in (rooms.work, rooms.receive, rooms.listen, self._keep)]
        is_over = True
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            is_over = False
        finally:
            ends = await end_all(tasks)
            if is_over:
                await self._say_goodbye(link)
            await link.close()
        return ends

    async def _reopen(self) -> Link:
        """A link to a Redis of which is known whether it is still the same."""
        while True:
            link = await Link.reopen(self._place)
            try:
                await self._beat(link)
            except StoreError:
                await link.close()
                await asyncio.sleep(PAUSE)
            else:
                return link

    async def _say_goodbye(self, link: Link) -> None:
        """Otherwise the others would wait for our beats."""
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await self.clock.end(link.work)

    def _say_why(self, ends: list[Any]) -> None:
        errors = [end for end in ends if isinstance(end, Exception)]
        known = next((error for error in errors if isinstance(error, StoreError)), None)
        if known is not None:
            logger.warning("The rooms are out of reach: %s", known)
        else:
            logger.error("What keeps the rooms in Redis has failed and begins anew", exc_info=errors[0])

    # -- time --------------------------------------------------------------------------------------------------------

    async def _keep(self, link: Link) -> None:
        """Beat, and look for deadlines that nobody has noticed. Raises StoreError."""
        loop = asyncio.get_running_loop()
        beat_due = loop.time()
        while True:
            if loop.time() >= beat_due:
                beat_due = loop.time() + BEAT_GAP
                await self._beat(link)
            await self._sweep(link)
            await asyncio.sleep(SWEEP * random.uniform(0.8, 1.2))

    async def _beat(self, link: Link) -> None:
        await link.ears.send([("PING",)])
        if await self.clock.beat(link.ruler):
            logger.warning("The rooms' time has begun anew: members come back")
            self._rooms.move_to_new_epoch(self.clock.now())
        if self.clock.has_lost_store:
            logger.warning("Redis at %s has lost the rooms: they are written again", self._place.shown)
            self._rooms.rewrite()

    async def _sweep(self, link: Link) -> None:
        now = self.clock.now()
        due = ("ZRANGEBYSCORE", DUE, "-inf", repr(float(now - GRACE)), "LIMIT", 0, SWEPT_MOST)
        names, count = await link.ruler.ask_all([due, ("SCARD", ROOMS)])
        for answer in (names, count):
            if isinstance(answer, ResponseError):
                raise lost(answer, self._place.shown)
        self._count = int(count)
        for name in names:
            self._rooms.submit(name.decode(), Due(), now)

    def _tick(self) -> None:
        """What needs no Redis."""
        self._ticker = asyncio.get_running_loop().call_later(TICK, self._tick)
        now = self.clock.now()
        self._rooms.tend(now)
        if not self.is_healthy:
            self._rooms.give_up(now, PATIENCE, BUSY)


async def end_all(tasks: Sequence[asyncio.Future[None]]) -> list[Any]:
    """How they end when they are cancelled: again and again, since `asyncio.wait_for`, by which redis-py writes, loses
    a cancellation that comes just as it is done (until Python 3.12)."""
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.05)
    return await asyncio.gather(*tasks, return_exceptions=True)
