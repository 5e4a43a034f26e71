"""An event loop on virtual time, and machines on it: computers with wrong clocks that can be stopped or put to sleep.

The loop never waits: where others sleep until the next timer, it says that it is that late. True time is
`loop.time()`, which begins at 0. What belongs to a machine runs in the machine's context; while the machine is stopped
none of it runs.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from server.core.timeline import LocalTime

MACHINE: contextvars.ContextVar[Machine] = contextvars.ContextVar("machine")
Context = contextvars.Context
TURN = 1e-6  # s that each turn of the loop takes: who waits for less than a float can tell does not wait for ever


class VirtualLoop(asyncio.BaseEventLoop):
    """Implements what asyncio, timers and tasks need; there are no sockets and no threads."""

    def __init__(self) -> None:
        super().__init__()
        self._true = 0.0
        self._selector = self

    def time(self) -> float:
        return self._true

    def run(self, seconds: float) -> None:
        """Let so much true time pass."""
        self.run_until_complete(asyncio.sleep(seconds))

    def call_soon(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        turn = _Turn.of(callback, args, context)
        if turn is None:
            return super().call_soon(callback, *args, context=context)
        turn.handle = super().call_soon(turn, context=turn.context)
        return turn.handle

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        turn = _Turn.of(callback, args, context)
        if turn is None:
            return super().call_at(when, callback, *args, context=context)
        timer = super().call_at(when, turn, context=turn.context)
        turn.handle = timer
        return timer

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        done: asyncio.Future[Any] = self.create_future()
        done.set_result(func(*args))
        return done

    # -- what the base class asks of a selector ------------------------------------------------------------------------

    def select(self, timeout: float | None) -> list[Any]:
        assert timeout is not None, "everybody waits, and nothing will happen"
        self._true += max(timeout, TURN)
        return []

    def _process_events(self, event_list: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass


class _Turn:
    """A callback of a machine: it runs, or waits until the machine does."""

    __slots__ = ("args", "callback", "context", "handle", "machine")

    def __init__(self, machine: Machine, callback: Any, args: tuple[Any, ...], context: Context) -> None:
        self.machine = machine
        self.callback = callback
        self.args = args
        self.context = context
        self.handle: asyncio.Handle

    @classmethod
    def of(cls, callback: Any, args: tuple[Any, ...], context: Context | None) -> _Turn | None:
        """None: it belongs to no machine."""
        machine = MACHINE.get(None) if context is None else context.get(MACHINE)
        if machine is None:
            return None
        return cls(machine, callback, args, context or contextvars.copy_context())

    def __call__(self) -> None:
        if self.machine.is_stopped:
            self.machine.waiting.append(self)
        elif not self.handle.cancelled():
            self.callback(*self.args)


class Machine:
    """A computer. Its clock reads `start` when it is made and runs `ppm` fast; its `context` is what runs on it."""

    def __init__(self, loop: VirtualLoop, *, start: float = 0.0, ppm: float = 0.0) -> None:
        self._loop = loop
        self._read_at, self._read, self._rate = loop.time(), start, 1.0 + ppm * 1e-6
        self._slept_at: float | None = None
        self._has_slept = False
        self.is_stopped = False
        self.waiting: list[_Turn] = []
        self.context = contextvars.Context()
        self.context.run(MACHINE.set, self)

    def now(self) -> LocalTime:
        """What its clock reads."""
        return LocalTime(self._read + (self._loop.time() - self._read_at) * self._rate)

    def has_slept(self) -> bool:
        """Since the last question: what a detector of wake-ups says."""
        has_slept, self._has_slept = self._has_slept, False
        return has_slept

    def set_ppm(self, ppm: float) -> None:
        """The clock runs at another rate from now on."""
        self._read, self._read_at, self._rate = self.now(), self._loop.time(), 1.0 + ppm * 1e-6

    def jump(self, seconds: float) -> None:
        """The clock is set."""
        self._read += seconds

    def stop(self) -> None:
        """Nothing on it runs any more; its clock does."""
        self.is_stopped = True

    def resume(self) -> None:
        """What should have happened happens now."""
        self.is_stopped = False
        waiting, self.waiting = self.waiting, []
        for turn in waiting:
            if not turn.handle.cancelled():
                asyncio.BaseEventLoop.call_soon(self._loop, turn, context=turn.context)

    def sleep(self) -> None:
        """The lid is closed: nothing runs, and the clock stands."""
        self._slept_at = self._loop.time()
        self.stop()

    def wake(self) -> None:
        assert self._slept_at is not None
        self._read -= (self._loop.time() - self._slept_at) * self._rate
        self._slept_at, self._has_slept = None, True
        self.resume()
