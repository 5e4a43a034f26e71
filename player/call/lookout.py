"""Which cameras and microphones there are: when somebody asks, and every few seconds while one is in use.

Listing devices opens them one after the other and hangs where a driver does, so it has a thread of its own. A question
that comes meanwhile is answered when that is done.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from player.call.devices import find_cameras
from player.core.call_pipe import Device, DevicesFound

log = logging.getLogger(__name__)

EVERY = 3.0  # s

Found = Callable[[DevicesFound, bool], None]
Find = Callable[[], tuple[Device, ...]]


class DeviceLookout:
    """From the loop; `found(devices, have they changed)` is called on the thread. Fields after `_news` are guarded by
    it."""

    def __init__(self, found: Found, microphones: Find, cameras: Find = find_cameras) -> None:
        self._found = found
        self._find_cameras, self._find_microphones = cameras, microphones
        self._news = threading.Condition()
        self._is_asked = self._is_watching = self._is_closing = False
        self._thread: threading.Thread | None = None

    def look(self) -> None:
        """Look now, and say what is there even if it is what was there before."""
        with self._news:
            self._is_asked = True
            self._wake()

    def watch(self, is_watching: bool) -> None:
        """Look now and from time to time, and say what has changed. Said again it does nothing: each press of the key
        to talk does."""
        with self._news:
            begins, self._is_watching = is_watching and not self._is_watching, is_watching
            if begins:
                self._wake()

    def close(self) -> None:
        """A look that is under way is left to itself."""
        with self._news:
            self._is_closing = True
            self._news.notify()

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="call-lookout", daemon=True)
            self._thread.start()
        self._news.notify()

    def _run(self) -> None:
        known: DevicesFound | None = None
        while True:
            with self._news:
                if not self._is_asked and not self._is_closing:
                    self._news.wait(EVERY if self._is_watching else None)
                if self._is_closing:
                    return
                if not self._is_asked and not self._is_watching:
                    continue
                is_asked, self._is_asked = self._is_asked, False
            try:
                there = DevicesFound(self._find_cameras(), self._find_microphones())
            except Exception:
                log.exception("devices can't be listed")
                continue
            is_news = known is not None and there != known
            known = there
            if is_asked or is_news:
                self._found(there, is_news)
