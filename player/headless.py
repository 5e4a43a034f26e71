"""Presenting to nobody: the same pipeline without a display, for servers, tests and `--headless`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from player.core.medium import Picture
from player.core.view import View
from player.ports import Clock, PictureSource

log = logging.getLogger(__name__)

SIZE = (640, 360)  # px that the film is converted to
LONGEST = 1.0  # s between two questions


class HeadlessFront:
    """Shows nothing of a view and "presents" each picture at its instant. Lives on the session's loop."""

    def __init__(self, source: PictureSource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._stirred = asyncio.Event()
        self._shown: Picture | None = None
        source.set_size(*SIZE)
        source.set_screen_wake(self._wake)
        self._task = asyncio.create_task(self._present())
        self.grabs: dict[str, Callable[[str], bool]] = {}

    def show_view(self, view: View) -> None:
        pass

    def begin(self, wish: Callable[[], object] | None) -> None:
        if wish is not None:
            wish()

    def shut(self) -> None:
        self._source.set_screen_wake(lambda: None)
        self._task.cancel()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop has been closed, while a thread of the film still ends
            self._loop.call_soon_threadsafe(self._stirred.set)

    async def _present(self) -> None:
        while True:
            self._stirred.clear()
            try:
                wait = self._show()
            except Exception:
                log.exception("a picture was not presented")
                wait = LONGEST
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), min(max(wait, 0.001), LONGEST))

    def _show(self) -> float:
        """Present what is due; returns the time until that changes, s."""
        due = self._source.due(self._clock.now())
        if due.picture is not None and due.picture is not self._shown:
            self._shown = due.picture
            self._source.presented(due.picture, self._clock.now())
        return LONGEST if due.again_at is None else due.again_at - self._clock.now()
