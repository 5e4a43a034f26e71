"""The microphone without what this player plays: echo cancelling, noise suppression and gain control by WebRTC's audio
processing (the `pywebrtc-audio` wheel).

An echo canceller learns how what was played comes back, and so wants both on one time line. Played samples carry the
local time at which they leave the DAC, recorded ones that at which they entered the ADC. Both times wander by
milliseconds, samples don't: `player/core/steady_line.py` follows which played sample belongs to a recorded one, and
where the two crystals differ the played sound is resampled to the microphone's.

What is played is handed over `LEAD` before the microphone can have heard it: the canceller finds a delay by itself
(0 to 150 ms cost nothing, measured), but can't remove what it is told of too late.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from player.call.shared_sound import Note
from player.core.call_media import VOICE_RATE
from player.core.resampling import AFTER, BEFORE, interpolate, positions_of
from player.core.steady_line import SteadyLine, SteadyPolicy, step
from server.core.timeline import LocalTime

Mono = npt.NDArray[np.float32]

BLOCK = VOICE_RATE // 100  # samples, 10 ms: what the processing takes at a time
LEAD = 0.04  # s; devices take their samples at least so long before they are heard
NOTES = 16  # of the device, 0.2 s as a rule: the newest ones lie ahead of what is asked for
SELDOM = 4  # blocks from one look at them to the next
STALE = 0.5  # s: a device that has said nothing for so long plays nothing
DELAY = 0.015  # s, of what comes out: filter banks and look-ahead of the processing (measured, and tested)

# A voice of -21 dBFS is left alone, one of -45 is lifted by 19 dB (measured); the library's own 5 dB of headroom would
# lift every voice to full scale, and the rest of the room's sounds with it.
HEADROOM, MOST_GAIN = 14.0, 20.0  # dB
USUAL_VOICE = 10 ** (-21 / 20)


class Reference(Protocol):
    """What the player's device was given. `player.call.shared_sound.SharedSound` is one."""

    def notes(self, most: int = ...) -> Sequence[Note]:
        """The device's newest words on which sample leaves when, oldest first."""

    def played(self, first: int, count: int) -> Mono:
        """What was given from a sample's number on; silence where that is not known."""


class FarEnd:
    """What was played, on the microphone's time line. Of one thread."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        # 2 ms: a device's noise. 20 ms: what PulseAudio strays by and takes back
        self._policy = SteadyPolicy(still=0.002 * VOICE_RATE, jump=0.02 * VOICE_RATE, smoothing=0.02 * SELDOM)
        self._line = SteadyLine()
        self._taken = 0  # blocks

    def take(self, captured: LocalTime) -> Mono:
        """What belongs to the block whose first sample was recorded at `captured`."""
        line = self._line
        is_sure = line.is_known and not line.strays
        reading = None if is_sure and self._taken % SELDOM else self._reading(captured)
        self._taken += 1
        line = self._line = step(self._policy, line, reading, BLOCK)
        if not line.is_known:
            return np.zeros(BLOCK, np.float32)
        if line.speed == 1.0 and line.at.is_integer():
            return self._reference.played(int(line.at), BLOCK)
        whole = int(line.at)
        surroundings = self._reference.played(whole - BEFORE, BEFORE + BLOCK + AFTER + 2)
        positions = positions_of(line.at - whole + BEFORE, line.speed, line.speed, BLOCK)
        return np.ascontiguousarray(interpolate(surroundings[:, None], positions)[:, 0])

    @property
    def jumps(self) -> int:
        """How often the place was lost and found elsewhere."""
        return self._line.jumps

    def _reading(self, captured: LocalTime) -> float | None:
        """Which sample leaves the DAC `LEAD` after the block was recorded."""
        at = LocalTime(captured + LEAD)
        notes = self._reference.notes(NOTES)
        note = next((each for each in reversed(notes) if each.leaves_at <= at), notes[0] if notes else None)
        if note is None or abs(at - note.leaves_at) > STALE:
            return None
        return float(note.number_at(at))


class Cleaner:
    """One microphone's, of one thread. It begins anew with each opening."""

    def __init__(self, reference: Reference) -> None:
        from pywebrtc_audio import AudioProcessor, GainController

        self._far_end = FarEnd(reference)
        self._processor: Any = AudioProcessor(
            VOICE_RATE, 1, echo_cancellation=True, noise_suppression=True, high_pass_filter=True
        )
        self._gain: Any = GainController(VOICE_RATE, 1, headroom_db=HEADROOM, max_gain_db=MOST_GAIN)
        self._settle()

    def _settle(self) -> None:
        """The gain control begins with 15 dB, which would lift what is left of an echo before it has heard a word. So
        it hears a usual voice first: noise will do, if it is told that this is speech."""
        random = np.random.default_rng(1)
        for block in range(500):
            loudness = USUAL_VOICE if block % 50 < 40 else 0.0
            noise = (loudness * random.standard_normal(BLOCK)).astype(np.float32)
            self._gain.process(noise, float(loudness > 0.0))

    def clean(self, block: Mono, captured: LocalTime) -> Mono:
        """A block of BLOCK samples, the first of which was recorded at `captured`. What comes out is DELAY old."""
        far = self._far_end.take(captured)
        cleaned: Mono = self._processor.process(block, far)
        louder: Mono = self._gain.process(cleaned, self._processor.speech_probability)
        return louder

    @property
    def jumps(self) -> int:
        """How often the player's device was found at another place than it was."""
        return self._far_end.jumps

    @property
    def gain(self) -> float:
        """dB, by which the voice is lifted."""
        return float(self._gain.gain_db)
