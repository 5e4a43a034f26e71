"""Keeps the screen from sleeping while a film plays.

Asking the desktop means a call over D-Bus that may hang for seconds, or a library that is missing: so a thread of its
own asks, nobody waits for it, and where it can't be done nothing happens.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

log = logging.getLogger(__name__)

Keep = Callable[[], AbstractContextManager[object]]


def _keep_presenting() -> AbstractContextManager[object]:
    from wakepy import keep  # late: it costs tens of milliseconds

    mode: AbstractContextManager[object] = keep.presenting(on_fail="pass")
    return mode


class Awake:
    """`_wanted` and `_is_closed` are guarded by `_change`; the rest belongs to the thread."""

    def __init__(self, keep: Keep = _keep_presenting) -> None:
        self._keep = keep
        self._change = threading.Condition()
        self._wanted = False
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def keep_awake(self, wanted: bool) -> None:
        """Say whether the screen must stay on. Returns at once; from the GUI thread."""
        if wanted == self._wanted:
            return
        with self._change:
            self._wanted = wanted
            self._change.notify()
        if self._thread is None and wanted:
            self._thread = threading.Thread(target=self._run, name="awake", daemon=True)
            self._thread.start()

    def close(self, timeout: float = 1.0) -> None:
        """Let the screen sleep again; waits that long at most, s: a desktop that hangs does not keep the player."""
        with self._change:
            self._wanted = False
            self._is_closed = True
            self._change.notify()
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._wanted or self._is_closed)
                if self._is_closed:
                    return
            try:
                with ExitStack() as stack:
                    stack.enter_context(self._keep())
                    with self._change:
                        self._change.wait_for(lambda: not self._wanted or self._is_closed)
            except Exception:  # a thread's top: the film goes on, the screen may sleep
                log.info("The screen can't be kept awake here", exc_info=True)
                with self._change:
                    self._change.wait_for(lambda: not self._wanted or self._is_closed)
