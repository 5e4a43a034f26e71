"""The playout clock: which sample leaves the device when, as a line fitted through the device's notes.

At each block a device says when the block's first sample will reach the DAC. One such note is wrong by what the
system's bookkeeping is wrong at that moment (20 us on an idle PulseAudio, a millisecond elsewhere); a line through
the last two seconds of them is good to a few microseconds and knows the DAC's own rate against this machine's clock.

The rate gets a prior (crystals are within 100 ppm of what they say), so that a young line does not swing; single
outliers are left out of the fit; when several notes in a row agree with each other and not with the line, the sound
was interrupted (an underrun, a stopped process, a restarted device): the line is made again from those and remembers
the rate that it had. `generation` counts that, so that whoever acts on the line can tell an interruption from a drift.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from server.core.timeline import LocalTime


@dataclass(frozen=True, slots=True)
class PlayoutPolicy:
    window: float = 2.0  # s of notes that make the line: longer follows a wandering latency too slowly
    least_noise: float = 50e-6  # s, what a note may be wrong by however well the last ones fitted
    young_noise: float = 500e-6  # s, the same as long as there are too few notes to tell
    rate_doubt: float = 100e-6  # how far a DAC's rate may lie from its name, relative
    known_rate_doubt: float = 10e-6  # the same for a device whose rate was measured before an interruption
    outlier: float = 4.0  # times the usual residual: left out of the fit
    jump: float = 0.003  # s, a note that lies farther off contradicts the line ...
    jump_outlier: float = 6.0  # ... if that is also so many times the usual residual
    jump_notes: int = 3  # contradictions in a row, agreeing with each other, that make a new line
    settled_notes: int = 4  # notes that a line needs to be believed ...
    settled_span: float = 0.08  # ... over at least this time, s: a device is filled by several calls at once
    rate_known_after: float = 1.5  # s of notes after which the fitted rate is worth remembering


@dataclass(frozen=True, slots=True)
class Note:
    """A device's word on a block: its first sample leaves the DAC at `at`. `taken_at`: when it said so."""

    sample: int
    at: float  # local time, s
    taken_at: float  # local time, s
    is_after_underrun: bool = False


@dataclass(frozen=True, slots=True)
class PlayoutLine:
    """A value; `receive_notes` returns the next one. Without notes it answers nothing and is not settled."""

    sample_rate: int
    policy: PlayoutPolicy = field(default_factory=PlayoutPolicy)
    notes: tuple[Note, ...] = ()
    contradictions: tuple[Note, ...] = ()  # the newest notes, that do not fit
    sample0: float = 0.0
    at0: float = 0.0
    period: float = 0.0  # s of local time a sample; 0: no line yet
    known_period: float = 0.0  # the same, as it was before an interruption; 0: not known
    residual: float = 0.0  # s, the usual distance of a note
    generation: int = 0

    def receive_notes(self, notes: tuple[Note, ...]) -> PlayoutLine:
        """The line with the notes since the last call, in order."""
        line = self
        accepted: list[Note] = []
        for note in notes:
            if note.is_after_underrun and line.notes:
                line, accepted = line._fitted(accepted).interrupted(), []
            if line._is_contradicted_by(note):
                line = replace(line, contradictions=(*line.contradictions, note))
                if line._agree_on_a_jump():
                    agreeing = line.contradictions[-line.policy.jump_notes :]
                    line, accepted = line._fitted(accepted).interrupted(), list(agreeing)
            else:
                line = replace(line, contradictions=())
                accepted.append(note)
                if not line.notes:  # a line at once, so that the notes after this one can contradict it
                    line, accepted = line._fitted(accepted), []
        return line._fitted(accepted)

    def interrupted(self) -> PlayoutLine:
        """Nothing of what was noted holds any more, except the device's rate. The old line goes on answering."""
        span = self.notes[-1].taken_at - self.notes[0].taken_at if self.notes else 0.0
        known = self.period if span >= self.policy.rate_known_after else self.known_period
        return replace(self, notes=(), contradictions=(), known_period=known, generation=self.generation + 1)

    @property
    def is_settled(self) -> bool:
        """Whether sound may be placed by this line."""
        enough = len(self.notes) >= self.policy.settled_notes and not self.contradictions
        return enough and self.notes[-1].taken_at - self.notes[0].taken_at >= self.policy.settled_span

    @property
    def dispersion(self) -> float:
        """How far the line may be off at its newest end, s: twice the usual error of a fit's end (for n even notes
        2 s / sqrt(n)). What the device hides from its own bookkeeping is not in it."""
        return 4.0 * self._noise / float(np.sqrt(max(len(self.notes), 1)))

    def time_of(self, sample: float) -> LocalTime:
        """When a sample leaves the DAC, s of local time."""
        return LocalTime(self.at0 + (sample - self.sample0) * self.period)

    def sample_at(self, local: float) -> float:
        """Which sample leaves the DAC at an instant of local time; fractional. Needs a line (`period` not 0)."""
        return self.sample0 + (local - self.at0) / self.period

    # -- how it is fitted ----------------------------------------------------------------------------------------------

    @property
    def _noise(self) -> float:
        """The usual error of one note, s."""
        if len(self.notes) < self.policy.settled_notes:
            return self.policy.young_noise
        return max(self.policy.least_noise, self.residual)

    def _is_contradicted_by(self, note: Note) -> bool:
        if not self.period or not self.notes:
            return False
        limit = max(self.policy.jump, self.policy.jump_outlier * self._noise)
        return abs(note.at - self.time_of(note.sample)) > limit

    def _agree_on_a_jump(self) -> bool:
        """Whether the contradictions tell one story: they lie as close to each other as notes do."""
        if len(self.contradictions) < self.policy.jump_notes:
            return False
        newest = self.contradictions[-self.policy.jump_notes :]
        off = [note.at - self.time_of(note.sample) for note in newest]
        return max(off) - min(off) <= self.policy.jump or len(self.contradictions) >= 4 * self.policy.jump_notes

    def _fitted(self, more: list[Note]) -> PlayoutLine:
        if not more:
            return self
        oldest = more[-1].taken_at - self.policy.window
        notes = tuple(note for note in (*self.notes, *more) if note.taken_at >= oldest)
        sample0, at0 = notes[-1].sample, notes[-1].at
        samples = np.array([note.sample - sample0 for note in notes], np.float64)
        times = np.array([note.at - at0 for note in notes], np.float64)
        line = replace(self, notes=notes)
        kept = np.ones(len(notes), np.bool_)
        for _ in range(2):
            centre, time, period = line._fit(samples[kept], times[kept])
            off = np.abs(times - (time + (samples - centre) * period))
            residual = 1.4826 * _median(off)  # the standard deviation that fits the median of a normal law
            line = replace(line, sample0=sample0 + centre, at0=at0 + time, period=period, residual=residual)
            kept = off <= self.policy.outlier * line._noise
            if kept.all() or not kept.any():
                break
        return line

    def _fit(self, samples: npt.NDArray[np.float64], times: npt.NDArray[np.float64]) -> tuple[float, float, float]:
        """(mean sample, mean time, period): least squares with a prior on the period."""
        expected = self.known_period or 1.0 / self.sample_rate
        doubt = (self.policy.known_rate_doubt if self.known_period else self.policy.rate_doubt) * expected
        weight = (self._noise / doubt) ** 2
        centre, time = float(samples.mean()), float(times.mean())
        from_centre = samples - centre
        spread = float(from_centre @ from_centre)
        return centre, time, (float(from_centre @ (times - time)) + weight * expected) / (spread + weight)


def _median(values: npt.NDArray[np.float64]) -> float:
    """numpy's own imports its masked arrays at the first call, 50 ms in the midst of the film's first sounds."""
    ordered, count = np.sort(values), len(values)
    return 0.5 * float(ordered[(count - 1) // 2] + ordered[count // 2])
