"""The three connections of a process to Redis, which live and die together."""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass

from redis.exceptions import ResponseError

from server.store.port import StoreError
from server.store.redis_scripts import COMMIT
from server.store.redis_wire import RedisLoadingError, RedisPlace, RedisWire

logger = logging.getLogger(__name__)

LEAST_PAUSE, MOST_PAUSE = 0.05, 1.0  # s between tries to connect
LOADING = 60.0  # s for which a Redis may load its data before a server gives up its start


@dataclass(frozen=True, slots=True)
class Link:
    """For commits, for what is published, and for the time, which must not queue behind commits."""

    work: RedisWire
    ears: RedisWire
    ruler: RedisWire
    commit: str  # the script's name

    @classmethod
    async def open(cls, place: RedisPlace) -> Link:
        """Raises StoreError."""
        wires: list[RedisWire] = []
        try:
            for _ in range(3):
                wires.append(await place.connect())
            work, ears, ruler = wires
            commit = await work.ask("SCRIPT", "LOAD", COMMIT)
        except BaseException:
            for wire in wires:
                await wire.close()
            raise
        return cls(work, ears, ruler, commit.decode())

    @classmethod
    async def open_loaded(cls, place: RedisPlace) -> Link:
        """The same, with patience for a Redis that was just started. Raises StoreError."""
        loop = asyncio.get_running_loop()
        end = loop.time() + LOADING
        while True:
            try:
                return await cls.open(place)
            except RedisLoadingError:
                if loop.time() > end:
                    raise
            await asyncio.sleep(MOST_PAUSE)

    @classmethod
    async def reopen(cls, place: RedisPlace) -> Link:
        """As soon as Redis is back."""
        pause = LEAST_PAUSE
        while True:
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, MOST_PAUSE)
            try:
                return await cls.open(place)
            except StoreError as error:
                logger.debug("Still out of reach: %s", error)

    async def close(self) -> None:
        for wire in (self.work, self.ears, self.ruler):
            await wire.close()

    async def check(self) -> None:
        """Log what whoever runs this Redis should know. Raises StoreError."""
        (answer,) = await self.work.ask_all([("INFO",)])
        if isinstance(answer, ResponseError):
            return  # this user may not ask
        about = dict(line.split(":", 1) for line in answer.decode(errors="replace").splitlines() if ":" in line)
        if about.get("aof_enabled") == "0":
            logger.warning("Redis at %s forgets the rooms when it stops; set appendonly yes in it", self.work.shown)
        if about.get("maxmemory", "0") != "0" and about.get("maxmemory_policy") != "noeviction":
            logger.warning(
                "Redis at %s throws rooms away when its memory is full; set maxmemory-policy noeviction in it",
                self.work.shown,
            )
