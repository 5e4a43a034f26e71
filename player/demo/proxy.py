"""A long path on one machine: a TCP proxy on loopback that delivers late, with levers to cut it.

It needs no root and touches no network settings. It runs in a thread with a loop of its own, so that whoever pulls the
levers may be busy. What is delivered when is decided by `Lane`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import socket
import struct
import sys
import threading
import time
from dataclasses import dataclass
from typing import Literal, Self

from player.demo.lane import HANDSHAKE_TIMER, Lane

log = logging.getLogger(__name__)

HELD = 1 << 20  # bytes under way in one direction, then the sender has to wait
CHUNK = 1 << 16
LINGER = "hh" if sys.platform == "win32" else "ii"  # the system's struct linger

Cut = Literal["silent", "reset"]


@dataclass(frozen=True, slots=True)
class PathShape:
    """One-way delay in either direction: `delay` +- `jitter` s, uniform, drawn for each piece."""

    delay: float = 0.080
    jitter: float = 0.020


class DelayProxy:
    """Listens on a free port of loopback and forwards to `target` over a path.

    The public methods may be called from any thread; all else belongs to the proxy's own. A context manager."""

    def __init__(self, target: tuple[str, int], shape: PathShape | None = None, seed: int = 1) -> None:
        self.port = 0
        self._target = target
        self._shape = shape or PathShape()
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._ending = asyncio.Event()
        self._cut: Cut | None = None
        self._flows: dict[_Flow, asyncio.Task[None]] = {}
        self._problem: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="demo-proxy", daemon=True)

    def __enter__(self) -> Self:
        """Returns when it can be connected to. Raises OSError."""
        self._thread.start()
        self._started.wait()
        if self._problem:
            raise self._problem
        return self

    def __exit__(self, *_: object) -> None:
        self._tell(self._ending.set)
        self._thread.join()

    def cut(self, kind: Cut) -> None:
        """`silent`: a black hole, nothing passes and nobody is told. `reset`: connections break, new ones too."""
        self._tell(lambda: self._apply_cut(kind))

    def restore(self) -> None:
        """The path works again."""
        self._tell(self._apply_restore)

    @property
    def flows(self) -> int:
        """Connections that are open (a reading for tests, any thread)."""
        return len(self._flows)

    @property
    def held(self) -> int:
        """Bytes under way (a reading for tests, any thread)."""
        return sum(flow.up.held + flow.down.held for flow in list(self._flows))

    # -- the proxy's thread --------------------------------------------------------------------------------------------

    def one_way(self) -> float:
        """The delay of the next piece, s."""
        return self._shape.delay + self._random.uniform(-self._shape.jitter, self._shape.jitter)

    def _tell(self, what: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what)  # type: ignore[arg-type]

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._serve())
        except OSError as error:
            self._problem = error
        except Exception:
            log.exception("the demo's path ended")
        finally:
            self._started.set()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._ending.wait()
        server.close()
        ending = list(self._flows.items())
        for flow, _ in ending:
            flow.abort()
        await asyncio.gather(*(task for _, task in ending), return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut == "reset":
            reset(writer)
            return
        flow = _Flow(self, self._target, reader, writer)
        if self._cut == "silent":
            flow.cut(time.perf_counter())
        # a task of our own: asyncio's, when it is cancelled, is logged as an error (Python 3.11)
        self._flows[flow] = task = asyncio.ensure_future(flow.run())
        task.add_done_callback(lambda _: self._flows.pop(flow))

    def _apply_cut(self, kind: Cut) -> None:
        self._cut = kind
        for flow in list(self._flows):
            if kind == "reset":
                flow.abort()
            else:
                flow.cut(time.perf_counter())

    def _apply_restore(self) -> None:
        self._cut = None
        for flow in self._flows:
            flow.restore(time.perf_counter())


class _Flow:
    """One connection through the path. `up` is towards the authority. The proxy's thread only."""

    def __init__(
        self,
        proxy: DelayProxy,
        target: tuple[str, int],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.up, self.down = Lane(HANDSHAKE_TIMER), Lane()
        self._proxy = proxy
        self._target = target
        self._near = (reader, writer)
        self._far: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._stirred = {id(self.up): asyncio.Event(), id(self.down): asyncio.Event()}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until either end closes or breaks."""
        now = time.perf_counter()
        # loopback has shaken hands by itself; on the path the first data is a round trip later
        self.up.put(b"", now, 3 * self._proxy.one_way())
        try:
            while (due := self.up.due_at()) is None or due > time.perf_counter():
                await self._wait(self.up)
            self.up.take(time.perf_counter())
            self.up.timer = self.down.timer
            self._far = await asyncio.open_connection(*self._target)
            self._tasks = {
                asyncio.ensure_future(work)
                for work in (
                    self._collect(self._near[0], self.up),
                    self._collect(self._far[0], self.down),
                    self._deliver(self.up, self._far[1]),
                    self._deliver(self.down, self._near[1]),
                )
            }
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_EXCEPTION)
        except (OSError, _AbortedError):
            pass
        finally:
            self.abort()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self, now: float) -> None:
        """Nothing arrives from now on."""
        for lane in (self.up, self.down):
            lane.cut(now)
            self._stirred[id(lane)].set()

    def restore(self, now: float) -> None:
        """The path works again."""
        for lane in (self.up, self.down):
            lane.restore(now, self._proxy.one_way())
            self._stirred[id(lane)].set()

    def abort(self) -> None:
        """Break both ends as a reset does."""
        for end in (self._near, self._far):
            if end:
                reset(end[1])
        for task in self._tasks:
            task.cancel()
        for event in self._stirred.values():
            event.set()

    async def _collect(self, reader: asyncio.StreamReader, lane: Lane) -> None:
        """What an end sends gets on its way; an end that closes sends one last, empty piece."""
        while True:
            data = await reader.read(CHUNK)
            lane.put(data, time.perf_counter(), self._proxy.one_way())
            self._stirred[id(lane)].set()
            if not data:
                return
            while lane.held > HELD:
                await self._wait(lane)

    async def _deliver(self, lane: Lane, writer: asyncio.StreamWriter) -> None:
        while True:
            data = lane.take(time.perf_counter())
            if data is None:
                await self._wait(lane)
            elif data:
                writer.write(data)
                await writer.drain()
                self._stirred[id(lane)].set()
            else:
                writer.write_eof()
                return

    async def _wait(self, lane: Lane) -> None:
        """Until a piece of that lane is due, or something else about it has changed."""
        if self._near[1].is_closing():
            raise _AbortedError
        event = self._stirred[id(lane)]
        event.clear()
        due = lane.due_at()
        delay = None if due is None else max(0.0, due - time.perf_counter())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), delay)


class _AbortedError(Exception):
    """The connection was broken while it waited."""


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with a RST: what is under way is lost, the other end hears of it."""
    if writer.is_closing():
        return
    sock = writer.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(LINGER, 1, 0))
    writer.transport.abort()
