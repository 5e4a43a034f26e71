"""The session's desk for the process of the call: there is one from the first word to it until the call is ended.

Whoever draws tiles asks here, for whatever process there is. Everything on the session's thread, which is the window's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from player.core.call_pipe import CallNews, ToCall
from player.ports import Call, Playback, TilePicture, Wake


class CallDesk:
    """Implements `TileSource`."""

    def __init__(self, make_call: Callable[[Wake], Call], wake: Wake, playback: Playback) -> None:
        self._make_call = make_call
        self._wake = wake
        self._playback = playback
        self._call: Call | None = None
        self._hears = False
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Future[Any]] = set()

    @property
    def tasks(self) -> tuple[asyncio.Future[Any], ...]:
        """What is still under way."""
        return tuple(self._tasks)

    def tell(self, piece: ToCall) -> None:
        if self._call is None:
            self._call = self._make_call(self._wake)
            self._connect()
        self._call.tell(piece)

    def hear(self, are_wanted: bool) -> None:
        """The voices go out with the film's sound, or no longer."""
        self._hears = are_wanted
        self._connect()

    def end(self) -> None:
        """Nothing is captured any more; the next word starts another process."""
        call, self._call = self._call, None
        if call is None:
            return
        self._connect()
        task = self._loop.run_in_executor(None, call.close)  # a camera may take its time to close
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def take_events(self) -> list[CallNews]:
        return [] if self._call is None else self._call.take_events()

    def tile(self, peer: str, seen: int) -> TilePicture | None:
        return None if self._call is None else self._call.tile(peer, seen)

    def _connect(self) -> None:
        self._playback.set_voices(self._call if self._hears else None)
