"""A member's link with an authority: one thread with a loop of its own, because a window that is being resized holds
Qt's loop for seconds, and a clock exchange must not wait for it (DESIGN section 3).

Socket.IO is imported in that thread, so that the window is painted first: it takes 0.4 s.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from player.core.invite import Invite
from player.core.news import LinkEvent, LinkRefused
from player.ports import Clock, Wake
from server.core.protocol import ClientMessage

if TYPE_CHECKING:
    from player.net.lifeline import Lifeline, LifelinePolicy

log = logging.getLogger(__name__)

END = 0.9  # s, longest wait for the thread; it is a daemon, so a hanging one dies with the app


class SocketLink:
    """Implements `RoomLink`, for one room: it connects once. `_events`, `_lifeline`, `_loop` and `_is_closing` are
    guarded by `_lock`; the lifeline itself belongs to the thread's loop."""

    def __init__(self, clock: Clock, wake: Wake, policy: LifelinePolicy | None = None) -> None:
        self._policy = policy
        self._clock = clock
        self._wake = wake
        self._lock = threading.Lock()
        self._events: list[LinkEvent] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lifeline: Lifeline | None = None
        self._is_closing = False
        self._thread: threading.Thread | None = None

    def connect(self, invite: Invite, name: str, token: str = "") -> None:
        """Begin to connect. What becomes of it comes as events: Joined, LinkRefused (no more attempts), or LinkLost
        (told again when the reason changes) while it goes on trying."""
        assert self._thread is None, "a link connects once"
        self._thread = threading.Thread(target=self._run, args=(invite, name, token), name="matinee-net", daemon=True)
        self._thread.start()

    def send(self, message: ClientMessage) -> None:
        """Best effort, any thread."""
        self._tell(lambda lifeline: lifeline.send(message))

    def burst(self) -> None:
        """Exchange clocks at once; a link that is lost tries at once."""
        self._tell(lambda lifeline: lifeline.burst())

    def close(self) -> None:
        """Leave the room and end the thread. Takes the way to the server and back, at most a second."""
        with self._lock:
            self._is_closing = True
        self._tell(lambda lifeline: lifeline.leave())
        if self._thread is not None:
            self._thread.join(END)

    def take_events(self) -> list[LinkEvent]:
        with self._lock:
            events, self._events = self._events, []
        return events

    def _tell(self, what: Callable[[Lifeline], None]) -> None:
        with self._lock:
            if self._loop is not None and self._lifeline is not None:
                self._loop.call_soon_threadsafe(what, self._lifeline)

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _run(self, invite: Invite, name: str, token: str) -> None:
        try:
            asyncio.run(self._live(invite, name, token))
        except Exception:
            log.exception("the link to %s has failed", invite.where)
            self._report(LinkRefused("bad", "The connection to the room has failed in this player: join again."))

    async def _live(self, invite: Invite, name: str, token: str) -> None:
        from player.net.lifeline import Lifeline

        lifeline = Lifeline(invite, name, self._clock.now, self._report, self._policy, token=token)
        with self._lock:
            if self._is_closing:
                return
            self._loop, self._lifeline = asyncio.get_running_loop(), lifeline
        try:
            await lifeline.live()
        finally:
            with self._lock:
                self._loop = self._lifeline = None
            await _settle()

    def _report(self, event: LinkEvent) -> None:
        with self._lock:
            if self._is_closing:
                return
            self._events.append(event)
        self._wake()


async def _settle() -> None:
    """Let the tasks of ended connections close their sessions."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=0.2)
