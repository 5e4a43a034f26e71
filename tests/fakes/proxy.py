"""A TCP path with levers: a black hole, a reset, a door that is shut. Delays are the demo's proxy's business."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from typing import Any, Self

from tests.fakes.loop_thread import LoopThread


class Proxy:
    """Forwards a port of loopback to another one. Levers from any thread; each returns when it holds."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._thread = LoopThread("proxy")
        self._is_open = asyncio.Event()  # bytes pass
        self._is_open.set()
        self._pairs: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None
        self._is_over = False
        self.port = 0
        self.accepted = 0

    def __enter__(self) -> Self:
        self._thread.call(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.call(self._close())
        self._thread.stop()

    def hold(self) -> None:
        """A black hole: connections are taken, nothing passes, nobody is told."""
        self._thread.call(self._set_open(False))

    def release(self) -> None:
        """What was held back arrives, as TCP would send it again."""
        self._thread.call(self._set_open(True))

    def reset(self) -> None:
        """All connections break with RST."""
        self._thread.call(self._reset())

    def shut(self) -> None:
        """Nobody listens, all connections break."""
        self._thread.call(self._shut())

    def reopen(self) -> None:
        """The door is open again, at the same port."""
        self._thread.call(self._listen())

    # -- on the loop ---------------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self._pairs.add(writer)
        try:
            await self._is_open.wait()
            if self._is_over:
                return
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._pairs.add(far_writer)
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.get_running_loop().create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(1 << 16):
                await self._is_open.wait()
                sink.write(data)
        await self._is_open.wait()  # an end is not seen through a black hole either
        self._pairs.discard(sink)
        sink.close()

    async def _set_open(self, is_open: bool) -> None:
        self._is_open.set() if is_open else self._is_open.clear()

    async def _reset(self) -> None:
        pairs, self._pairs = self._pairs, set()
        for writer in pairs:
            with suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._reset()

    async def _close(self) -> None:
        self._is_over = True
        self._is_open.set()
        await self._shut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
