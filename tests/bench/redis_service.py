"""Two processes on one Redis as a service to measure, and a crowd that is spread over both."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench.crowd import ROOM, Crowd
from tests.bench.measured_server import OURS, MeasuredServer, serving
from tests.fakes.redis_server import RedisServer


@dataclass(frozen=True, slots=True)
class RedisService:
    """`spent` is in s of processor time, of the processes and of Redis."""

    redis: RedisServer
    servers: tuple[MeasuredServer, ...]

    @property
    def ports(self) -> list[int]:
        return [server.port for server in self.servers]

    def spent(self) -> tuple[float, float, float, float]:
        """Now; and the processor time of the servers, of Redis and of the measurer until now, s."""
        each = [server.spent() for server in self.servers]
        redis = psutil.Process(self.redis.process_id).cpu_times()
        return time.perf_counter(), sum(one.server for one in each), redis.user + redis.system, each[0].measurer

    def operations(self) -> int:
        """Commands that Redis has done so far."""
        return int(self._info("stats")["total_commands_processed"])

    def written(self) -> int:
        """Bytes of its append-only file, as of now."""
        return int(self._info("persistence")["aof_current_size"])

    def kept(self) -> int:
        """Bytes of data in its memory."""
        return int(self._info("memory")["used_memory"])

    def _info(self, section: str) -> dict[str, str]:
        lines = self.redis.ask("INFO", section).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)


@contextlib.contextmanager
def serving_redis(processes: int = 2, more: Sequence[str] = ()) -> Iterator[RedisService]:
    with tempfile.TemporaryDirectory(prefix="matinee-redis-") as folder, contextlib.ExitStack() as stack:
        redis = stack.enter_context(RedisServer(Path(folder)))
        words = (*OURS, "--redis", redis.url, *more)
        yield RedisService(redis, tuple(stack.enter_context(serving(words)) for _ in range(processes)))


class SpreadCrowd(Crowd):
    """Its rooms' members are behind all processes in turn."""

    async def spread(self, ports: Sequence[int], count: int, within: float) -> None:
        """Let them come in, one after the other. Raises ConnectionError."""
        begin = time.perf_counter()
        for number in range(count):
            await self.enter(ports[number % len(ports)], number)
            await asyncio.sleep(begin + within * (number + 1) / count - time.perf_counter())

    async def enter(self, port: int, number: int) -> None:
        """One member of the room that its number says."""
        room = f"room {number // ROOM}"
        _, member = await asyncio.get_running_loop().create_connection(
            lambda: self.kind(room, f"m{number}", self._told), "127.0.0.1", port
        )
        await member.welcomed
        self.members.append(member)
        self._lives.append(asyncio.ensure_future(member.live()))
