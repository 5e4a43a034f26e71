"""Sound that two processes share: voices on their way to the device, and what the device has been given.

Samples are numbered as the device takes them, from the first one of this memory: number n of the voices goes out with
number n of what is played. For each block the device's thread notes (number of its first sample, local time at which
that sample leaves the DAC), so that the other process knows how far ahead it writes, when a sample is heard, and what
was in the room when the microphone heard something.

Nobody waits for anybody. What the writer has not written in time is silence; what it writes too late is lost. A process
that has died writes nothing, so its voices end with what was in the ring. A reader that comes after its samples were
overwritten gets silence, never other samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from player.call.shared_file import fence
from player.core.call_media import VOICE_RATE
from player.core.resampling import Samples
from server.core.timeline import LocalTime

Mono = npt.NDArray[np.float32]
"""Sound at 48 kHz, shape (n,), 1.0 is full scale."""

VOICES_SIZE = 1 << 15  # samples, 0.68 s
PLAYED_SIZE = 1 << 16  # samples, 1.37 s: a microphone's delay and the longest wait for its process
NOTES = 256  # blocks: 2.6 s at 10 ms each
WORDS = 8  # in front of the notes: voices' end, taken, number of notes
SOUND_BYTES = 8 * (WORDS + 2 * NOTES) + 4 * (VOICES_SIZE + PLAYED_SIZE)

_WRITTEN, _TAKEN, _NOTED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Note:
    """Sample `number` leaves the DAC at `leaves_at`."""

    number: int
    leaves_at: LocalTime

    def leaving(self, number: int) -> LocalTime:
        """When another sample of about that time leaves."""
        return LocalTime(self.leaves_at + (number - self.number) / VOICE_RATE)

    def number_at(self, local: LocalTime) -> int:
        """Which sample leaves at about an instant."""
        return self.number + round((local - self.leaves_at) * VOICE_RATE)


class SharedSound:
    """`mix` belongs to the device's thread of one process, the rest to one thread of the other."""

    def __init__(self, memory: memoryview) -> None:
        """Over SOUND_BYTES of what both map, zeros at first."""
        words = np.frombuffer(memory, np.int64, WORDS + 2 * NOTES)
        self._words = words[:WORDS]
        self._numbers = words[WORDS : WORDS + NOTES]
        self._times = words[WORDS + NOTES :].view(np.float64)
        samples = np.frombuffer(memory, np.float32, VOICES_SIZE + PLAYED_SIZE, offset=words.nbytes)
        self._voices, self._played = samples[:VOICES_SIZE], samples[VOICES_SIZE:]

    # -- the device's side ---------------------------------------------------------------------------------------------

    def mix(self, out: Samples, leaves_at: LocalTime) -> None:
        """Add the voices to `out`, (n, 2), whose first sample leaves the DAC at `leaves_at`; keep the sum, within full
        scale, as what was played."""
        words = self._words
        first, count = int(words[_TAKEN]), len(out)
        here = min(count, int(words[_WRITTEN]) - first)
        if here > 0:
            voices = _read(self._voices, first, here)
            if voices.any():
                out[:here] += voices[:, None]
                np.clip(out, -1.0, 1.0, out=out)
        _write(self._played, first, (out[:, 0] + out[:, 1]) * np.float32(0.5))
        noted = int(words[_NOTED])
        self._numbers[noted % NOTES] = first
        self._times[noted % NOTES] = leaves_at
        fence()
        words[_NOTED] = noted + 1
        words[_TAKEN] = first + count

    # -- the side of the call ------------------------------------------------------------------------------------------

    @property
    def taken(self) -> int:
        """The number of the next sample that the device will take."""
        return int(self._words[_TAKEN])

    @property
    def written(self) -> int:
        """The number of the first sample that no voice was written for; may be less than `taken`."""
        return int(self._words[_WRITTEN])

    def note(self) -> Note | None:
        """The device's newest; None: it has not taken anything yet."""
        notes = self.notes(1)
        return notes[0] if notes else None

    def notes(self, most: int = NOTES // 2) -> list[Note]:
        """The device's newest notes, oldest first."""
        noted = int(self._words[_NOTED])
        most = min(most, noted, NOTES // 2)
        places = [place % NOTES for place in range(noted - most, noted)]
        found = [Note(int(self._numbers[place]), LocalTime(float(self._times[place]))) for place in places]
        fence()
        overtaken = int(self._words[_NOTED]) - noted  # more than half a ring while we looked: we have slept
        return found if overtaken < NOTES // 2 else self.notes(most)

    def write(self, at: int, samples: Mono) -> int:
        """Voices from number `at` on, in place of what was written from there on. What the device has taken meanwhile
        is past; what lies between the end of the last write and `at` is silence. Returns the number of samples that
        came in time."""
        taken, written = self.taken, self.written
        samples = samples[max(0, taken - at) :][: VOICES_SIZE - 1]
        at = max(at, taken)
        if not len(samples) or at + len(samples) - taken > VOICES_SIZE:
            return 0
        silent_from = max(written, taken)
        if at > silent_from:
            _write(self._voices, silent_from, np.zeros(at - silent_from, np.float32))
        _write(self._voices, at, samples)
        fence()
        self._words[_WRITTEN] = at + len(samples)
        return len(samples)

    def played(self, first: int, count: int) -> Mono:
        """What was given to the device from number `first` on, both channels' mean; silence where that is not known
        (any more, or yet). A copy."""
        values = np.zeros(count, np.float32)
        begins, ends = max(first, 0, self.taken - PLAYED_SIZE), min(first + count, self.taken)
        if ends > begins:
            values[begins - first : ends - first] = _read(self._played, begins, ends - begins)
            fence()
            lost = min(self.taken - PLAYED_SIZE + VOICES_SIZE // 4, ends)  # a block may be half written just now
            if lost > begins:
                values[: lost - first] = 0.0
        return values

    def at(self, local: LocalTime, count: int) -> Mono:
        """What left the DAC from an instant on, `count` samples: by the newest note before it (whoever needs better
        puts a line through `notes`). Silence where nothing is known."""
        notes = self.notes()
        if not notes:
            return np.zeros(count, np.float32)
        note = next((each for each in reversed(notes) if each.leaves_at <= local), notes[0])
        return self.played(note.number_at(local), count)

    def forget(self) -> None:
        """A new process begins: voices of the one before are not said to an end."""
        self._words[_WRITTEN] = 0


def _read(ring: Mono, first: int, count: int) -> Mono:
    place = first % len(ring)
    until_wrap = min(count, len(ring) - place)
    if until_wrap == count:
        return ring[place : place + count]
    return np.concatenate((ring[place:], ring[: count - until_wrap]))


def _write(ring: Mono, first: int, samples: Mono) -> None:
    samples = samples[-len(ring) :]
    place = first % len(ring)
    until_wrap = min(len(samples), len(ring) - place)
    ring[place : place + until_wrap] = samples[:until_wrap]
    ring[: len(samples) - until_wrap] = samples[until_wrap:]
