"""One room time for all processes that share a store whose machine's clock may be set.

Theory of operation. Room time is the store's TIME plus an offset that stands in a record in the store (`Agreement`).
Each process estimates its own clock's offset from TIME with the players' estimator and reads room time off a line that
is slewed towards the estimate. Small errors are mended so. A large one is one of two things, and looks the same from
within: the store's clock was set (or another machine's has taken its place), or this machine's was (it slept, it was
moved). The line is kept as it was, and the others are asked:

    known --error > 5 ms--> in doubt --3 own exchanges, and 3 beats of each other process that lives-->
            more processes see the same error than see none: the store was set. The agreed offset is changed by the
                error, by whoever is first (compare-and-set on the record's generation), so that room time goes on
                where all lines are. Members notice nothing.
            otherwise it is this machine: the line is stepped to the agreement.

A *beat* is what each process says every two seconds: which generation it is at and the error that it sees. The lines
differ by micro-seconds after the half minute that this can take, since each runs on at its fitted skew.

The epoch, which members are told, changes only if nobody can know how room time went on: there is no record, or room
time lies further than `away` from the last instant at which a process is known to have lived, and nobody is alive.
Then the rooms are re-anchored (`room_restoring.py`). (A step that happens while no process runs, and is smaller, moves
the film by as much for all: nobody was connected, and all are together.)

Mutable, of one thread; pure otherwise. Times are seconds; `now` is local time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from server.core.clock_line import ClockLine, SlewPolicy, slewed, stepped
from server.core.estimator import ClockEstimator
from server.core.timeline import LocalTime, RoomTime

BEGINNING = 1000.0  # s: the first room time of an epoch


class Agreement(msgspec.Struct, frozen=True):
    """The record in the store. `lived` is the newest room time that a process has read; `before` the epoch before this
    one, and when it ended; `store` is another one when the store has lost everything."""

    epoch: str
    store: str
    offset: float  # room time minus TIME
    generation: int
    lived: float
    before: str = ""
    ended: float = 0.0


class Beat(msgspec.Struct, frozen=True, array_like=True):
    """What a process says of itself. `error` is None while it does not know."""

    count: int
    generation: int
    error: float | None


@dataclass(frozen=True, slots=True)
class CommonPolicy:
    slew: SlewPolicy = field(default_factory=SlewPolicy)
    exchanges: int = 3  # own ones and others' beats since the doubt began: the estimator takes two to believe a step
    dead: float = 7.0  # s without a beat: three were missed
    away: float = 600.0  # s; a room that all have left is gone by then


@dataclass(slots=True)
class _Witness:
    """Another process, as its beats show it."""

    beat: Beat
    heard_at: float
    at_doubt: int = 0  # its count when our doubt began


class CommonClock:
    """`name` is this process's among the beats."""

    def __init__(self, name: str, policy: CommonPolicy | None = None) -> None:
        self.agreement: Agreement | None = None
        self._name, self._policy = name, policy or CommonPolicy()
        self._estimator = ClockEstimator()
        self._line: ClockLine | None = None
        self._settled_at = 0.0
        self._witnesses: dict[str, _Witness] = {}
        self._beats = self._strikes = 0
        self._doubted: int | None = None  # own exchanges since a doubt began; None: there is none

    # -- reading ------------------------------------------------------------------------------------------------------

    @property
    def epoch(self) -> str:
        return "" if self.agreement is None else self.agreement.epoch

    @property
    def is_known(self) -> bool:
        return self._line is not None

    @property
    def is_in_doubt(self) -> bool:
        return self._doubted is not None

    def at(self, local: float) -> RoomTime:
        """Room time at a reading of this process's clock; it has to be known."""
        assert self._line is not None
        return self._line.room_time(LocalTime(local))

    def error(self, now: float) -> float:
        """What the agreement says minus what the line says, s."""
        assert self.agreement is not None
        return now + self._estimator.offset_at(now) + self.agreement.offset - self.at(now)

    def dispersion_at(self, now: float) -> float:
        """Bound of this process's error against TIME, s."""
        return self._estimator.dispersion_at(now)

    # -- what is learnt -----------------------------------------------------------------------------------------------

    def receive_exchange(self, t0: float, time: float, t3: float) -> None:
        """The store's TIME, asked for at t0 and there at t3 of the own clock."""
        before = self._estimator.count
        self._estimator.receive_sample(t0, time, time, t3)
        if self._estimator.count == before:
            return
        contradiction = abs(time - (t0 + t3) / 2.0 - self._estimator.offset_at(t3))
        is_possible = contradiction <= (t3 - t0) / 2.0 + self._policy.slew.most_error
        self._strikes = 0 if is_possible else self._strikes + 1
        if self._strikes == self._policy.exchanges:  # a second step came before it knew much about the first
            self._estimator, self._strikes = ClockEstimator(), 0
            self._estimator.receive_sample(t0, time, time, t3)
        self._doubted = None if self._doubted is None else self._doubted + 1
        self._follow(t3)

    def receive_agreement(self, agreement: Agreement, now: float) -> bool:
        """The record as it stands. Returns whether it is another epoch than before: nothing read so far holds."""
        old, self.agreement = self.agreement, agreement
        is_other = old is not None and old.epoch != agreement.epoch
        if is_other:
            self._line, self._doubted = None, None
        elif old is not None and old.generation != agreement.generation:
            self._doubted = None
        self._follow(now)
        return is_other

    def receive_beats(self, beats: Mapping[str, Beat], now: float) -> tuple[str, ...]:
        """What all processes say. Returns the names of those that are long dead."""
        for name, beat in beats.items():
            known = self._witnesses.get(name)
            if known is None:
                self._witnesses[name] = _Witness(beat, now, beat.count)
            elif known.beat != beat:
                known.beat, known.heard_at = beat, now
        for name in self._witnesses.keys() - beats.keys():
            del self._witnesses[name]
        return tuple(name for name, each in self._witnesses.items() if now - each.heard_at > 10.0 * self._policy.dead)

    def beat(self, now: float) -> Beat:
        """What to say."""
        self._beats += 1
        generation = 0 if self.agreement is None else self.agreement.generation
        error = self.error(now) if self.agreement is not None and self._line is not None else None
        return Beat(self._beats, generation, error)

    # -- what to agree on ---------------------------------------------------------------------------------------------

    def others_live(self, now: float) -> bool:
        """Another process has beaten since it was first seen, and lately."""
        return any(each.beat.count > each.at_doubt for _, each in self._living(now))

    def is_plausible(self, agreement: Agreement, now: float) -> bool:
        """Whether room time can have gone on by this record until now."""
        since = now + self._estimator.offset_at(now) + agreement.offset - agreement.lived
        return -1.0 <= since <= self._policy.away

    def new_epoch(self, epoch: str, before: Agreement | None, now: float) -> Agreement:
        """The record that begins anew."""
        return Agreement(
            epoch=epoch,
            store=epoch if before is None else before.store,
            offset=BEGINNING - now - self._estimator.offset_at(now),
            generation=1 if before is None else before.generation + 1,
            lived=BEGINNING,
            before="" if before is None else before.epoch,
            ended=0.0 if before is None else before.lived,
        )

    def carried_on(self, now: float, store: str = "") -> Agreement:
        """The record with which room time goes on where the line is, in a new `store` if that is what it is."""
        assert self.agreement is not None
        return msgspec.structs.replace(
            self.agreement,
            store=store or self.agreement.store,
            offset=self.agreement.offset - self.error(now),
            generation=self.agreement.generation + 1,
            lived=float(self.at(now)),
        )

    def decide(self, now: float) -> Agreement | None:
        """The record to propose, if the store's clock was set and enough is known; a jump of this machine's own clock
        is mended here."""
        policy = self._policy
        if self._doubted is None or self._doubted < policy.exchanges:
            return None
        assert self.agreement is not None
        mine = self.error(now)
        alike, unlike = 1, 0
        for _, each in self._living(now):
            if each.beat.count < each.at_doubt + policy.exchanges or each.beat.error is None:
                return None  # it may not have seen it yet
            if each.beat.generation != self.agreement.generation:
                return None  # it knows more, or less: wait for the record, or for it
            alike += abs(each.beat.error - mine) <= policy.slew.most_error
            unlike += abs(each.beat.error) <= policy.slew.most_error
        if alike > unlike:
            return self.carried_on(now)
        self._line, self._doubted = None, None
        self._follow(now)
        return None

    def _living(self, now: float) -> list[tuple[str, _Witness]]:
        return [
            (name, each)
            for name, each in self._witnesses.items()
            if name != self._name and now - each.heard_at <= self._policy.dead
        ]

    def _follow(self, now: float) -> None:
        if self.agreement is None or self._estimator.count == 0:
            return
        policy, rate = self._policy.slew, 1.0 + self._estimator.skew
        aim = now + self._estimator.offset_at(now) + self.agreement.offset
        if self._line is None:
            self._settled_at = now + policy.settling
        if self._line is None or now < self._settled_at:
            self._line = stepped(now, aim, rate)
        elif abs(self.error(now)) <= policy.most_error:
            self._line, self._doubted = slewed(self._line, now, aim, rate, policy), None
        elif self._doubted is None:
            self._doubted = 0
            for _, each in self._witnesses.items():
                each.at_doubt = each.beat.count
