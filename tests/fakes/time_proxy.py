"""A Redis whose clock can be set: between it and its clients, what TIME answers is changed."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

from tests.fakes.redis_server import RedisServer

TIME_ANSWER = re.compile(rb"\*2\r\n\$10\r\n(\d{10})\r\n\$(\d)\r\n(\d{1,6})\r\n")


class SetClock:
    """`step`: s by which the clock is wrong."""

    def __init__(self, redis: RedisServer) -> None:
        self.redis = redis
        self.step = 0.0
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def ask(self, *command: str) -> str:
        return self.redis.ask(*command)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.redis.port)
        for source, sink, changes in ((reader, back, False), (there, writer, True)):
            task = asyncio.ensure_future(self._pass(source, sink, changes))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, changes: bool) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(2**16):
                sink.write(TIME_ANSWER.sub(self._changed, data) if changes else data)
                await sink.drain()
        sink.close()

    def _changed(self, found: re.Match[bytes]) -> bytes:
        time = int(found[1]) * 1_000_000 + int(found[3]) + round(self.step * 1e6)
        seconds, micros = (str(each).encode() for each in divmod(time, 1_000_000))
        return b"*2\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n" % (len(seconds), seconds, len(micros), micros)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def set_clock(redis: RedisServer) -> AsyncIterator[SetClock]:
    proxy = SetClock(redis)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = int(server.sockets[0].getsockname()[1])
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
