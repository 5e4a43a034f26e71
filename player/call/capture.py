"""A device of ours, a camera or a microphone: open only while it is wanted, closed when it is not, and in words when it
can't be had.

Each opened device has a thread of its own, since drivers hang: in opening, in waiting for a picture or for sound, in
closing. One that hangs is left to itself, and closes what it has when it comes back; the next one is opened when it has
ended, or has had its chance, so that we do not find a device in use by ourselves.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from player.core.call_pipe import TEST, DeviceState
from player.ports import Clock
from server.core.timeline import LocalTime

log = logging.getLogger(__name__)

OPENING = 10.0  # s; a camera that wakes up takes two or three, a headset on Bluetooth changes its profile first
SILENCE = 3.0  # s without a picture or a block
CLOSING = 3.0  # s that the thread before gets to close the device


@dataclass(frozen=True, slots=True)
class Kind:
    """What one kind of device is called, and its sentences for people."""

    name: str  # its threads are "matinee-" and this
    silent: str  # it hangs, or gives nothing any more
    gone: str  # it has ended by itself
    otherwise: str  # what nobody thought of
    words_of: Callable[[Exception], str | None]  # on the device's thread; None: nobody thought of it


class WantedDevice(ABC):
    """`want`, `look_again`, `state_at` and `close` on the loop's thread."""

    def __init__(self, kind: Kind, clock: Clock, changed: Callable[[], None]) -> None:
        """`changed` is called on the device's thread when the state is another."""
        self._kind = kind
        self._clock = clock
        self._changed = changed
        self._wanted: tuple[str, str] | None = None
        self._capture: Capture | None = None

    def want(self, device: str | None, name: str = "") -> None:
        """Have this one open, "" is the system's usual one, "test" one that is made up for the person's name; None:
        none."""
        wanted = None if device is None else (device, name if device == TEST else "")
        if wanted != self._wanted:
            self._wanted = wanted
            self._begin()

    def look_again(self) -> None:
        """Devices have come or gone: try one that failed."""
        capture = self._capture
        if capture is not None and capture.state_at(self._clock.now())[0] == "failed":
            self._begin()

    def state_at(self, now: LocalTime) -> tuple[DeviceState, str]:
        """How it is, and the sentence for people where it is not well."""
        return ("off", "") if self._capture is None else self._capture.state_at(now)

    def close(self) -> None:
        self.want(None)

    def _begin(self) -> None:
        before = self._capture
        if before is not None:
            before.stop()
        if self._wanted is None:
            self._capture = None
            return
        device, name = self._wanted
        self._capture = Capture(
            self._kind, self._clock, lambda capture: self._read(capture, device, name), self._changed, before
        )

    @abstractmethod
    def _read(self, capture: Capture, device: str, name: str) -> None:
        """On the device's thread: open it, hand on what it gives and tell the capture, until that is stopped or the
        device ends; close it in any case."""


class Capture:
    """One opened device and its thread. The fields after `_lock` are guarded by it."""

    def __init__(
        self,
        kind: Kind,
        clock: Clock,
        read: Callable[[Capture], None],
        changed: Callable[[], None],
        before: Capture | None,
    ) -> None:
        """`read` and `changed` are called on the thread, which begins when the one before has ended or had its
        chance."""
        self._kind, self._clock, self._read, self._changed = kind, clock, read, changed
        self._before = before
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._state: DeviceState = "opening"
        self._words = ""
        self._since = clock.now()  # the opening, or the last that it gave
        self._thread = threading.Thread(target=self._run, name=f"matinee-{kind.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    @property
    def is_stopped(self) -> bool:
        return self._stopped.is_set()

    def state_at(self, now: LocalTime) -> tuple[DeviceState, str]:
        with self._lock:
            patience = OPENING if self._state == "opening" else SILENCE
            if self._state in {"opening", "on"} and now - self._since > patience:
                return "failed", self._kind.silent
            return self._state, self._words

    def tell(self, state: DeviceState, words: str = "") -> None:
        """From the device's thread: it is like this, and has just given something or failed."""
        with self._lock:
            is_news = (state, words) != (self._state, self._words)
            self._state, self._words, self._since = state, words, self._clock.now()
        if is_news and not self.is_stopped:
            self._changed()

    def _run(self) -> None:
        """The device's thread."""
        if self._before is not None:
            self._before._thread.join(CLOSING)
            self._before = None
        if self.is_stopped:
            return
        try:
            self._read(self)
        except Exception as error:
            words = self._kind.words_of(error)
            if words is None:
                log.exception("the %s's thread failed", self._kind.name)
                words = self._kind.otherwise
            self.tell("failed", words)
        else:
            if not self.is_stopped:
                self.tell("failed", self._kind.gone)
