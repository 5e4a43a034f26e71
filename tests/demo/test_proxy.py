"""The long path on real sockets: bytes in order, after the delay, and both kinds of cut."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

import pytest

from player.demo.proxy import DelayProxy, PathShape
from tests.fakes import waiting

SHORT = PathShape(delay=0.02, jitter=0.01)
until = partial(waiting.until, pause=0.001)  # the proxy has a thread of its own


class Echo:
    """A server that sends back what it gets, and keeps it."""

    def __init__(self) -> None:
        self.got = bytearray()
        self.broken = 0
        self.port = 0
        self.tasks: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.add(asyncio.ensure_future(self.serve(reader, writer)))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                self.got += data
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            self.broken += 1
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def echo() -> AsyncIterator[Echo]:
    """A running one."""
    server = Echo()
    listener = await asyncio.start_server(server.accept, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        if server.tasks:
            await asyncio.wait(server.tasks)


async def first_byte(port: int) -> bytes:
    """What a new connection is told."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await reader.readexactly(1)
    finally:
        writer.close()


async def test_bytes_come_back_in_order_and_not_before_the_path_allows() -> None:
    async with echo() as server:
        with DelayProxy(("127.0.0.1", server.port), SHORT) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            sent = bytes(range(256)) * 2000
            begun = time.perf_counter()
            writer.write(sent)
            writer.write_eof()
            got = await reader.readexactly(len(sent))
            assert got == sent
            assert time.perf_counter() - begun >= 2 * (SHORT.delay - SHORT.jitter)
            assert await reader.read() == b"", "the end of the stream comes through as well"
            writer.close()
            await until(lambda: proxy.flows == 0)


async def test_a_silent_cut_keeps_the_connection_and_lets_nothing_through() -> None:
    async with echo() as server:
        with DelayProxy(("127.0.0.1", server.port), SHORT) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"before")
            assert await reader.readexactly(6) == b"before"
            proxy.cut("silent")
            writer.write(b"after")
            await until(lambda: proxy.held == 5)
            assert server.got == b"before"
            proxy.restore()
            assert await reader.readexactly(5) == b"after"
            assert proxy.flows == 1
            writer.close()


async def test_who_connects_during_a_silent_cut_gets_through_after_it() -> None:
    async with echo() as server:
        with DelayProxy(("127.0.0.1", server.port), SHORT) as proxy:
            proxy.cut("silent")
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"hello")
            await until(lambda: proxy.flows == 1)
            proxy.restore()
            assert await reader.readexactly(5) == b"hello"
            writer.close()


async def test_a_reset_breaks_what_is_open_and_what_is_opened() -> None:
    async with echo() as server:
        with DelayProxy(("127.0.0.1", server.port), SHORT) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"before")
            assert await reader.readexactly(6) == b"before"
            proxy.cut("reset")
            with pytest.raises(ConnectionError):
                await reader.readexactly(1)
            await until(lambda: server.broken == 1)
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await first_byte(proxy.port)
            proxy.restore()
            third, last = await asyncio.open_connection("127.0.0.1", proxy.port)
            last.write(b"again")
            assert await third.readexactly(5) == b"again"
            for each in (writer, last):
                each.close()


async def test_a_server_that_is_down_is_felt_by_who_connects() -> None:
    async with echo() as server:
        port = server.port
    refused = pytest.raises((ConnectionError, asyncio.IncompleteReadError))
    with DelayProxy(("127.0.0.1", port), SHORT) as proxy, refused:
        await first_byte(proxy.port)
