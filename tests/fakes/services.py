"""Several real `matinee-server` processes on one real Redis."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.fakes.programs import Program, run_server
from tests.fakes.redis_server import RedisServer


class Redis(Protocol):
    """Where it is."""

    @property
    def url(self) -> str: ...


@dataclass(frozen=True)
class Process:
    """One of them, which listens."""

    program: Program
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def kill(self) -> None:
        """With -9."""
        self.program.process.kill()
        await self.program.process.wait()


@contextlib.asynccontextmanager
async def start_process(redis: Redis, *argv: str, **environ: str) -> AsyncIterator[Process]:
    options = ("--listen", "127.0.0.1:0", "--redis", redis.url, *argv)
    async with run_server(*options, **environ) as program:
        yield Process(program, await program.port())


@dataclass(frozen=True)
class Service:
    redis: RedisServer
    one: Process
    two: Process


@contextlib.asynccontextmanager
async def start_service(folder: Path, *argv: str) -> AsyncIterator[Service]:
    """Redis and two processes; both end with the block."""
    with RedisServer(folder) as redis:
        async with start_process(redis, *argv) as one, start_process(redis, *argv) as two:
            yield Service(redis, one, two)
