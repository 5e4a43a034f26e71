"""Others' wishes for a key frame of ours, on their way to the encoder: few enough that one serves all who ask at one
time."""

from __future__ import annotations

import asyncio

from player.call.parts import Inbox, RoomClock

GAP = 0.25  # s: a key frame serves everybody who asks meanwhile


class KeyRequests:
    """The loop's own."""

    def __init__(self, inbox: Inbox, clock: RoomClock) -> None:
        self._inbox, self._clock = inbox, clock
        self._told = -1e9
        self._due: asyncio.TimerHandle | None = None

    def want(self) -> None:
        """At once, or with others' wishes after a moment; none is lost, since nobody may ask again."""
        if self._due is None:
            wait = max(0.0, self._told + GAP - self._clock.now())
            self._due = asyncio.get_running_loop().call_later(wait, self._tell)

    def close(self) -> None:
        if self._due is not None:
            self._due.cancel()

    def _tell(self) -> None:
        self._due = None
        self._told = self._clock.now()
        self._inbox.key_wanted()
