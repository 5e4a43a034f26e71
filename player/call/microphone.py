"""Our microphone, kept as `capture.py` says: its sound, and a word where that is nothing but zeros."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from player.call.capture import Capture, Kind, WantedDevice
from player.call.microphones import GONE, InputMicrophone, MicrophoneError, Mono, Source, TestMicrophone
from player.core.call_pipe import TEST
from player.ports import Clock
from server.core.timeline import LocalTime

Take = Callable[[Mono, LocalTime], None]
Begin = Callable[[], Take]
Open = Callable[[Clock, str], Source]

MUTED_FOR = 5.0  # s of exact zeros, which no microphone hears

HANGS = "The microphone does not answer: disconnect it and connect it again, or choose another."
MUTED = "Only silence comes from the microphone: look for a switch on it, or in the system’s settings."
OTHERWISE = "The microphone can't be used: choose another."


def _words_of(error: Exception) -> str | None:
    return str(error) if isinstance(error, MicrophoneError) else None


MICROPHONE = Kind("microphone", HANGS, GONE, OTHERWISE, _words_of)


class Microphone(WantedDevice):
    """The test one is a voice at a pitch of the person's."""

    def __init__(
        self, clock: Clock, begin: Begin, changed: Callable[[], None], open_device: Open = InputMicrophone
    ) -> None:
        """`begin` is called on each opened device's thread, and what it returns there with each block. `changed` is
        called there when the state is another."""
        super().__init__(MICROPHONE, clock, changed)
        self._begin_taking = begin
        self._open = open_device

    def _read(self, capture: Capture, device: str, name: str) -> None:
        clock = self._clock
        with closing(TestMicrophone(clock, name) if device == TEST else self._open(clock, device)) as source:
            take = self._begin_taking()
            heard_at: LocalTime | None = None  # something else than zeros
            for taken in source.blocks():
                if capture.is_stopped:
                    return
                if taken is None:
                    continue
                block, captured = taken
                if heard_at is None or block.any():
                    heard_at = captured
                capture.tell("on", MUTED if captured - heard_at > MUTED_FOR else "")
                take(block, captured)
