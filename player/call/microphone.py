"""Our microphone: open only while it is wanted, closed when it is not, and in words when it can't be had.

Each opened device has a thread of its own, since drivers hang: in opening, in waiting for sound, in closing. One that
hangs is left to itself, and closes what it has when it comes back; the next one is opened when it has ended, or has had
its chance.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from player.call.microphones import GONE, InputMicrophone, MicrophoneError, Mono, Source, TestMicrophone
from player.core.call_pipe import TEST, DeviceState
from player.ports import Clock
from server.core.timeline import LocalTime

log = logging.getLogger(__name__)

Take = Callable[[Mono, LocalTime], None]
Begin = Callable[[], Take]
Open = Callable[[Clock, str], Source]

OPENING = 10.0  # s; a headset on Bluetooth changes its profile first
SILENCE = 3.0  # s without a block
CLOSING = 3.0  # s that the thread before gets to close the device
MUTED_FOR = 5.0  # s of exact zeros, which no microphone hears

HANGS = "The microphone does not answer: disconnect it and connect it again, or choose another."
MUTED = "Only silence comes from the microphone: look for a switch on it, or in the system’s settings."
OTHERWISE = "The microphone can't be used: choose another."


class Microphone:
    """`want`, `look_again`, `state_at` and `close` on the loop's thread."""

    def __init__(
        self, clock: Clock, begin: Begin, changed: Callable[[], None], open_device: Open = InputMicrophone
    ) -> None:
        """`begin` is called on each opened device's thread, and what it returns there with each block. `changed` is
        called there when the state is another."""
        self._clock = clock
        self._begin_taking = begin
        self._changed = changed
        self._open = open_device
        self._wanted: tuple[str, str] | None = None
        self._capture: _Capture | None = None

    def want(self, device: str | None, name: str = "") -> None:
        """Have this one open, "" is the system's usual one, "test" a voice at a pitch of the person's; None: none."""
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
        clock, open_device = self._clock, self._open
        if device == TEST:
            self._capture = _Capture(self, lambda: TestMicrophone(clock, name), before)
        else:
            self._capture = _Capture(self, lambda: open_device(clock, device), before)


class _Capture:
    """One device and its thread. The fields after `_lock` are guarded by it."""

    def __init__(self, microphone: Microphone, open_device: Callable[[], Source], before: _Capture | None) -> None:
        self._clock, self._changed = microphone._clock, microphone._changed
        self._begin_taking = microphone._begin_taking
        self._open = open_device
        self._before = before
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._state: DeviceState = "opening"
        self._words = ""
        self._since = self._clock.now()  # the opening, or the last block
        self._thread = threading.Thread(target=self._run, name="matinee-microphone", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def state_at(self, now: LocalTime) -> tuple[DeviceState, str]:
        with self._lock:
            patience = OPENING if self._state == "opening" else SILENCE
            if self._state in {"opening", "on"} and now - self._since > patience:
                return "failed", HANGS
            return self._state, self._words

    def _tell(self, state: DeviceState, words: str = "") -> None:
        with self._lock:
            is_news = (state, words) != (self._state, self._words)
            self._state, self._words, self._since = state, words, self._clock.now()
        if is_news and not self._stopped.is_set():
            self._changed()

    def _run(self) -> None:
        """The device's thread."""
        if self._before is not None:
            self._before._thread.join(CLOSING)
            self._before = None
        try:
            self._record()
        except MicrophoneError as error:
            self._tell("failed", str(error))
        except Exception:
            log.exception("the microphone's thread failed")
            self._tell("failed", OTHERWISE)

    def _record(self) -> None:
        if self._stopped.is_set():
            return
        source = self._open()
        try:
            take = self._begin_taking()
            heard_at: LocalTime | None = None  # something else than zeros
            for taken in source.blocks():
                if self._stopped.is_set():
                    return
                if taken is None:
                    continue
                block, captured = taken
                if heard_at is None or block.any():
                    heard_at = captured
                self._tell("on", MUTED if captured - heard_at > MUTED_FOR else "")
                take(block, captured)
            if not self._stopped.is_set():
                raise MicrophoneError(GONE)
        finally:
            source.close()
