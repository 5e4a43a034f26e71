"""The playout clock: which sample leaves the device when, as a line through the device's notes.

At each block a device says when the block's first sample will reach the DAC. What it says is wrong in two ways. Single
notes are off by 20 us to a few milliseconds; the median over a second takes that away. And the system's bookkeeping
may be off as a whole: PulseAudio extrapolates between its readings by a rate that it guesses from the first few of
them, and so the notes of its young streams, and of all of them when the machine is busy, wander off by 1 to 5 ms and
come back in steps of 1.5 s, for up to ten seconds (measured against recordings of what really left).

A DAC can't do that: crystals are within 100 ppm of what they say. So the line only creeps towards notes that wander,
by no more than crystals do, and believes them at once where they stand still for longer than such a lie does. The rate
is learned over ten seconds, with a prior, and counts for little as long as the notes don't lie on one straight line.

When several notes in a row agree with each other and are far from those before, the sound was interrupted (an
underrun, a stopped process, a restarted device): the line is made again from those and remembers the rate that it
had. `generation` counts that, so that whoever acts on the line can tell an interruption from a drift.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from server.core.timeline import LocalTime


@dataclass(frozen=True, slots=True)
class PlayoutPolicy:
    window: float = 10.0  # s of notes that make the rate
    level: float = 1.0  # s of notes whose median says where the line should be
    least_noise: float = 50e-6  # s, what a note may be wrong by however well the last ones fitted
    young_noise: float = 500e-6  # s, the same as long as there are too few notes to tell
    rate_doubt: float = 70e-6  # how far a DAC's rate may lie from its name, relative
    known_rate_doubt: float = 10e-6  # the same, at least, for a rate that was measured before an interruption
    most_young_rate: float = 100e-6  # relative, as long as there are less than `window` s of notes
    rate_noise: float = 10e-6  # s, what notes may be off their line by however well they fit
    correlation: float = 3.0  # s of notes that are no better evidence of a rate than one: they are wrong together
    outlier: float = 4.0  # times the usual residual: left out of the fit
    young: float = 0.5  # s of notes that are believed whatever they do: there is nothing else
    creep: float = 100e-6  # how fast the line follows notes that wander, s in a second
    still_span: float = 3.0  # s of notes that must stand still to be believed: two of PulseAudio's readings
    still: float = 300e-6  # s, four fifths of them lie within this ...
    still_noise: float = 4.0  # ... or within so many times their noise
    follow: float = 5e-3  # how fast the line follows notes that stand still, s in a second: as the sound can
    jump: float = 0.04  # s, a note that lies farther off contradicts the line: PulseAudio strayed by 27 ms ...
    jump_outlier: float = 6.0  # ... if that is also so many times the usual residual
    jump_notes: int = 3  # contradictions in a row, agreeing with each other, that make a new line
    settled_notes: int = 4  # notes that a line needs to be believed ...
    settled_span: float = 0.08  # ... over at least this time, s: a device is filled by several calls at once


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
    doubt: float = 0.0  # how far the rate may be off, relative
    known_period: float = 0.0  # the period as it was before an interruption; 0: not known
    known_doubt: float = 0.0
    residual: float = 0.0  # s, the usual distance of a note from the one before
    lead: float = 0.0  # s, how far behind the line the newest notes lie: what it has not followed
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
        if not self.notes:
            return replace(self, contradictions=(), generation=self.generation + 1)
        doubt = max(self.doubt, self.policy.known_rate_doubt)
        line = replace(self, notes=(), contradictions=(), known_period=self.period, known_doubt=doubt)
        return replace(line, generation=self.generation + 1)

    @property
    def is_settled(self) -> bool:
        """Whether sound may be placed by this line."""
        enough = len(self.notes) >= self.policy.settled_notes and not self.contradictions
        return enough and self.notes[-1].taken_at - self.notes[0].taken_at >= self.policy.settled_span

    @property
    def dispersion(self) -> float:
        """How far the line may be off at its newest end, s: three times the usual error of a median, and what the
        notes say otherwise. What the device hides from its own bookkeeping is not in it."""
        if not self.notes:
            return 4.0 * self.policy.young_noise
        return 4.0 * self._noise / math.sqrt(self._recent) + abs(self.lead)

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

    @property
    def _recent(self) -> int:
        """How many of the notes, of which there are some, say where the line should be."""
        span = self.notes[-1].taken_at - self.notes[0].taken_at
        return math.ceil(len(self.notes) * min(1.0, self.policy.level / max(span, self.policy.level)))

    def _fitted(self, more: list[Note]) -> PlayoutLine:
        if not more:
            return self
        policy = self.policy
        newest = more[-1]
        notes = tuple(note for note in (*self.notes, *more) if note.taken_at >= newest.taken_at - policy.window)
        samples = np.array([note.sample - newest.sample for note in notes], np.float64)
        times = np.array([note.at - newest.at for note in notes], np.float64)
        ages = np.array([newest.taken_at - note.taken_at for note in notes], np.float64)
        period, doubt = self._fit_period(samples, times, float(ages[0]))
        off = times - samples * (self.known_period or 1.0 / self.sample_rate)
        is_still = self._is_still(off, ages)  # by what is known: 3 s of a steady lie look like a rate
        off = times - samples * period
        noise = 1.0484 * _median(np.abs(np.diff(off))) if len(off) > 1 else 0.0  # a normal law's, from differences
        said = newest.at + _median(off[ages <= policy.level])
        at = said
        if self.notes and ages[0] > policy.young:
            before = self.time_of(newest.sample)
            step = (newest.taken_at - self.notes[-1].taken_at) * (policy.follow if is_still else policy.creep)
            at = before + min(step, max(-step, said - before))
        line = replace(self, notes=notes, sample0=newest.sample, at0=at, lead=said - at)
        return replace(line, period=period, doubt=doubt, residual=noise)

    def _is_still(self, off: npt.NDArray[np.float64], ages: npt.NDArray[np.float64]) -> bool:
        """Whether the notes have kept to one straight line for long enough to be believed."""
        if ages[0] < self.policy.still_span:
            return False
        newest = np.sort(off[ages <= self.policy.still_span])
        tenth = len(newest) // 10
        limit = max(self.policy.still, self.policy.still_noise * self.residual)
        return bool(newest[-1 - tenth] - newest[tenth] <= limit)

    def _fit_period(
        self, samples: npt.NDArray[np.float64], times: npt.NDArray[np.float64], span: float
    ) -> tuple[float, float]:
        """s a sample, and how far off that may be, relative: least squares without outliers, with a prior."""
        policy = self.policy
        expected = self.known_period or 1.0 / self.sample_rate
        prior = self.known_doubt if self.known_period else policy.rate_doubt
        off = times - samples * expected
        lengths = samples * expected
        kept = np.ones(len(off), np.bool_)
        slope, doubt = 0.0, prior
        for _ in range(2):
            from_centre = lengths[kept] - lengths[kept].mean()
            spread = float(from_centre @ from_centre)
            raw = float(from_centre @ off[kept]) / spread if spread else 0.0
            left = off - off[kept].mean() - (lengths - lengths[kept].mean()) * raw
            residual = max(policy.rate_noise, 1.4826 * _median(np.abs(left)))
            evidence = spread / len(from_centre) * span / policy.correlation / residual**2
            slope = raw * evidence / (evidence + prior**-2)
            doubt = (evidence + prior**-2) ** -0.5
            kept = np.abs(left) <= policy.outlier * residual
        if span < 0.9 * policy.window:
            slope = min(policy.most_young_rate, max(-policy.most_young_rate, slope))
        return expected * (1.0 + slope), doubt


def _median(values: npt.NDArray[np.float64]) -> float:
    """numpy's own imports its masked arrays at the first call, 50 ms in the midst of the film's first sounds."""
    ordered, count = np.sort(values), len(values)
    return 0.5 * float(ordered[(count - 1) // 2] + ordered[count // 2])
