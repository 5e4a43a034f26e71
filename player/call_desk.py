"""The session's desk for the process of the call: there is one from the first word to it until the call is ended.

One after the other: a camera that the old process still closes would be busy for the next. Whoever draws tiles asks
here, for whatever process there is. Everything on the session's thread, which is the window's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from player.core.call_pipe import CallNews, ToCall
from player.ports import Call, Playback, TilePicture, Wake

log = logging.getLogger(__name__)


class CallDesk:
    """Implements `TileSource`."""

    def __init__(self, make_call: Callable[[Wake], Call], wake: Wake, playback: Playback) -> None:
        self._make_call = make_call
        self._wake = wake
        self._playback = playback
        self._call: Call | None = None
        self._closing: asyncio.Future[Any] | None = None  # of the one before
        self._unsaid: list[ToCall] = []  # as long as that lasts
        self._hears = False
        self._loop = asyncio.get_running_loop()

    @property
    def tasks(self) -> tuple[asyncio.Future[Any], ...]:
        """What is still under way."""
        return () if self._closing is None else (self._closing,)

    def tell(self, piece: ToCall) -> None:
        if self._closing is not None:
            self._unsaid.append(piece)
            return
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
        self._unsaid.clear()
        call, self._call = self._call, None
        if call is None:
            return
        self._connect()
        self._closing = self._loop.run_in_executor(None, call.close)  # a camera may take its time
        self._closing.add_done_callback(self._go_on)

    def take_events(self) -> list[CallNews]:
        return [] if self._call is None else self._call.take_events()

    def tile(self, peer: str, seen: int) -> TilePicture | None:
        return None if self._call is None else self._call.tile(peer, seen)

    def _go_on(self, closing: asyncio.Future[Any]) -> None:
        """The process before is gone."""
        if not closing.cancelled() and (error := closing.exception()) is not None:
            log.error("the call did not end well", exc_info=error)
        self._closing = None
        unsaid, self._unsaid = self._unsaid, []
        for piece in unsaid:
            self.tell(piece)

    def _connect(self) -> None:
        self._playback.set_voices(self._call if self._hears else None)
