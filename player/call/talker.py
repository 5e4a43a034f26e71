"""What we say: the microphone's sound, cleaned, as long as it is to be heard, in packets of Opus.

All of it happens on the thread of the open microphone, so that a device that hangs, or a busy loop, disturbs nothing
else. A muted microphone is closed; one that is not talked into sends nothing. Neither is a matter of the connections.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from player.call.crew import TalkerFigures
from player.call.echo import DELAY, Cleaner, Reference
from player.call.microphone import Microphone, Open, Take
from player.call.microphones import InputMicrophone, Mono
from player.call.opus import new_encoder
from player.core import speaking, voice_gate
from player.core.call_media import EncodedVoice
from player.core.call_pipe import Own
from player.core.speaking import Speaking, SpeakingPolicy
from player.core.voice_gate import GatePolicy, VoiceGate
from player.ports import Clock
from server.core.timeline import LocalTime

GATE, SPEAKING = GatePolicy(), SpeakingPolicy()
STALE = 0.5  # s after which a level says nothing any more

Send = Callable[[EncodedVoice], None]


@dataclass(frozen=True, slots=True)
class _Said:
    """How the last piece was."""

    at: LocalTime
    level: float
    is_heard: bool  # somebody speaks, and it is sent


class Talker:
    """`want`, `look_again`, `figures_at` and `close` on the loop's thread. `_own` and `_said` are replaced whole."""

    def __init__(
        self,
        clock: Clock,
        reference: Reference,
        send: Send,
        changed: Callable[[], None],
        open_device: Open = InputMicrophone,
    ) -> None:
        """`reference`: what this player plays. `send` and `changed` are called on the microphone's thread."""
        self._clock = clock
        self._reference = reference
        self._send = send
        self._own = Own()
        self._said: _Said | None = None
        self._microphone = Microphone(clock, self._begin, changed, open_device)

    def want(self, own: Own) -> None:
        self._own = own
        self._microphone.want(own.microphone if own.microphone_on else None, own.name)

    def look_again(self) -> None:
        """Devices have come or gone."""
        self._microphone.look_again()

    def figures_at(self, now: LocalTime) -> TalkerFigures:
        state, words = self._microphone.state_at(now)
        said = self._said
        if state != "on" or said is None or now - said.at > STALE:
            return TalkerFigures(state, words)
        return TalkerFigures(state, words, said.is_heard, said.level)

    def close(self) -> None:
        self._microphone.close()

    def _begin(self) -> Take:
        """A device is open, on its thread."""
        return _Voice(self).take


class _Voice:
    """From one opening of a device to its closing, on its thread."""

    def __init__(self, talker: Talker) -> None:
        self._talker = talker
        self._cleaner: Cleaner | None = None
        self._encoder = new_encoder()
        self._speaking = Speaking()
        self._gate = VoiceGate()
        self._half: tuple[Mono, LocalTime] | None = None
        self._held: deque[tuple[Mono, LocalTime]] = deque(maxlen=GATE.before)

    def take(self, block: Mono, captured: LocalTime) -> None:
        """10 ms."""
        own = self._talker._own
        if own.cleans:
            if self._cleaner is None:
                self._cleaner = Cleaner(self._talker._reference)
            block, captured = self._cleaner.clean(block, captured), LocalTime(captured - DELAY)
        else:
            self._cleaner = None  # what it has learned of the room would be old by the next time
        self._speaking = speaking.receive_level(SPEAKING, self._speaking, _decibels(block), captured)
        if self._half is None:
            self._half = block, captured
            return
        first, began = self._half
        self._half = None
        self._offer(np.concatenate((first, block)), began, own)
        is_heard = self._gate.is_open and self._speaking.is_speaking
        self._talker._said = _Said(self._talker._clock.now(), self._speaking.level, is_heard)

    def _offer(self, piece: Mono, captured: LocalTime, own: Own) -> None:
        """20 ms, to be sent or held back."""
        self._gate = voice_gate.decide(
            GATE, self._gate, own.voice, own.is_talking, self._speaking.is_speaking, captured
        )
        if own.voice != "activation":  # in "push", what was said before the key went down is nobody's business
            self._held.clear()
        elif not self._gate.is_open:
            self._held.append((piece, captured))
        if self._gate.is_open:
            while self._held:
                self._encode(*self._held.popleft())
            self._encode(piece, captured)

    def _encode(self, piece: Mono, captured: LocalTime) -> None:
        level = max(-127, min(0, round(_decibels(piece))))
        self._talker._send(EncodedVoice(self._encoder.encode(piece), captured, level))


def _decibels(sound: Mono) -> float:
    return speaking.decibels(math.sqrt(float(np.mean(np.square(sound)))))
