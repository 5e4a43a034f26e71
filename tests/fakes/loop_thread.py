"""An event loop in a thread of its own, for servers that a test runs beside a blocking client."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class LoopThread:
    def __init__(self, name: str, begin: Callable[[], None] = lambda: None) -> None:
        """`begin` is called first, in the thread."""
        self._loop = asyncio.new_event_loop()
        self._begin = begin
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._begin()
        self._loop.run_forever()

    def call(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run something there and wait for what comes of it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def stop(self) -> None:
        """After all that runs there has been ended."""
        self.call(self._settle())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _settle(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        ending = [task for task in tasks if "_send_ping" not in repr(task)]  # that of Engine.IO waits for its 25 s
        if ending:
            await asyncio.wait(ending, timeout=2)  # those of connections that were cut end by themselves
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
