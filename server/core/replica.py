"""One process's copy of a room that several processes share, and how it gets a command into the room.

Theory of operation. The truth is in the store: the room's parts and their `Version`. A process applies what happens to
its copy, and *attempts* to commit what comes of it: the store takes it if the version is still the one that the copy
was at, and tells all processes in the same step (`publication.py`). If somebody else was faster the store answers with
the newest parts, and the same commands are applied to those: apply is pure, so that is the whole of it.

    not loaded --load--> idle --attempt--> attempting --committed--> idle
                          ^                    |------conflict-----> idle, the commands wait again
                          |                    '------lost---------> not loaded, the commands wait again
    What follows from a commit is delivered when its publication comes, at its author's too, so that all processes
    deliver the same in the same order. Two counters therefore: `version` is the copy's, `told` the last one delivered.

*Whether a lost attempt was committed* is not known, so it is made again. Every command stands that: one with an id gets
the answer that it had, a lost member is lost, and a `Join` whose ticket is in the room comes back by that member's
token.

*A gap* (publications were missed) is closed by the last few, which the store keeps for a while. If they don't reach far
enough back, who is here has to come back by token, which states everything and loses nothing.

*A store that went back* (it was restarted from an older copy of its data, or from none: `rewrite`) has an older version
of the same life: this copy is written over it, whole, at the next occasion. If two lives meet, the store's counts.

What only proves that somebody lives, or how well (VOLATILE), is not worth a commit each: it waits, the newest of each
kind and peer, until something else is committed from here or `gather` is called. It is applied with its own stamps. Who
is ready or lost is seldom alone with it (a seek makes all ready, a dead router loses many): that waits for a moment.

Mutable, of one thread; pure otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from msgspec.structs import replace

from server.core import protocol
from server.core.admission import refusal
from server.core.publication import NO_ROOM, Publication, Version
from server.core.room import next_deadline
from server.core.room_answers import refused
from server.core.room_change import Change, MakeRoom, change_of
from server.core.room_codec import changed_parts, room_of, with_parts
from server.core.room_moment import lived, moment_of, with_moment
from server.core.room_restoring import restore
from server.core.room_state import (
    Admit,
    Cut,
    Due,
    Join,
    Lost,
    Outcome,
    Refuse,
    Room,
    RoomCommand,
    RoomPolicy,
    Said,
    Send,
)
from server.core.timeline import PeerId, RoomTime

VOLATILE = (protocol.ClockRequest, protocol.Report)
MOMENT = "moment"  # a part beside those of the codec

GATHER = 3.0  # s for which it can wait to be told who lives, and how well
SOON = 0.005  # s; a start lies more than a hundred ms ahead
TAKEN_MOST = 32  # commands of one attempt that say more: its publication stays small
WAITING_MOST = 1000  # of one room: what is told of people while the store is away


class Happening(NamedTuple):
    """A command and its stamp of arrival."""

    command: RoomCommand
    at: RoomTime


class Era(NamedTuple):
    """The room time that counts: its epoch, and the last instant of the epoch before it at which anybody lived."""

    epoch: str
    before: str = ""
    lived_until: RoomTime = RoomTime(0.0)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What to commit: `version` if the store still is at `expected`. `change.after` None: no such room any more."""

    expected: Version
    version: Version
    change: Change
    parts: dict[str, str | None]
    is_whole: bool
    due: RoomTime | None
    taken: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a publication or a look at the store means: what to deliver here, and whether some of it was missed."""

    outbox: tuple[Outcome, ...] = ()
    has_gap: bool = False


class Replica:
    """`make` and `policy` are the room's beginnings; `author` is this process's name, unique for good."""

    def __init__(self, name: str, make: MakeRoom, policy: RoomPolicy, author: str) -> None:
        self.name = name
        self.room: Room | None = None
        self.is_loaded = False
        self.is_mine = False  # the newest commit was this process's
        self.attempt: Attempt | None = None
        self.local: set[PeerId] = set()  # who is here behind this process
        self._make, self._policy, self._author = make, policy, author
        self._lives = 0
        self._version = NO_ROOM  # of `room`
        self._stored = NO_ROOM  # the store's, as far as is known: older than ours only if the store went back
        self._told: Version | None = None  # None: before the first load
        self._is_to_rewrite = False
        self._is_published = False  # the attempt is known to be committed
        self._early: list[Publication] = []
        self._waiting: list[Happening] = []
        self._volatile: dict[tuple[PeerId, type], Happening] = {}
        self._is_gathered = False  # what is volatile has waited enough
        self._tickets: dict[PeerId, Happening] = {}  # the joins that have not been answered

    # -- what happens here --------------------------------------------------------------------------------------------

    def submit(self, command: RoomCommand, at: RoomTime) -> float:
        """Something has happened. Returns for how long it may wait for more of its kind, s."""
        patience = 0.0
        happening = Happening(command, at)
        match command:
            case Said(peer, message) if isinstance(message, VOLATILE):
                self._volatile[peer, type(message)] = happening
                return GATHER
            case Said(_, protocol.Ready()):
                patience = SOON
            case Join(peer):
                self._tickets[peer] = happening
            case Lost(peer):
                self.local.discard(peer)
                patience = SOON
            case Said(peer, protocol.Leave()):
                self.local.discard(peer)
            case _:
                pass
        if len(self._waiting) < WAITING_MOST:
            self._waiting.append(happening)
        return patience

    @property
    def has_work(self) -> bool:
        """There is something to attempt."""
        return self.is_loaded and self.attempt is None and (bool(self._waiting) or self._is_gathered)

    @property
    def is_idle(self) -> bool:
        """Nobody here needs it."""
        return not (self.local or self._waiting or self._volatile or self._tickets or self.attempt)

    def gather(self) -> None:
        """Let what is volatile be committed: it has waited enough."""
        self._is_gathered = bool(self._volatile)

    def give_up(self, now: RoomTime, patience: float, words: str) -> tuple[Outcome, ...]:
        """What to say to those who have waited for longer than `patience` seconds; what nobody waits for stays."""
        outbox: list[Outcome] = []
        kept = []
        for happening in self._waiting:
            match happening:
                case Happening(Said(peer, protocol.Command() as command), at) if now - at > patience:
                    outbox.append(Send((peer,), refused(command, "busy", words)))
                case Happening(Join(ticket), at) if now - at > patience:
                    outbox.append(Refuse(refusal("busy", words), ticket))
                case _:
                    kept.append(happening)
        self._waiting = kept
        return self._settle(outbox)

    # -- towards the store --------------------------------------------------------------------------------------------

    def begin(self, era: Era, now: RoomTime) -> Attempt | None:
        """What to attempt now; None: nothing comes of it. Only if it `has_work`."""
        volatile = sorted(self._volatile.values(), key=lambda happening: happening.at)
        taken = (*volatile, *self._waiting[:TAKEN_MOST])
        self._waiting = self._waiting[TAKEN_MOST:]
        self._volatile.clear()
        self._is_gathered = self._is_published = False
        room, outbox = self._current(era, now), list[Outcome]()
        for count, happening in enumerate(taken, 1):
            was_there = room is not None
            change = change_of(self.name, room, _repeatable(room, happening.command), happening.at, self._make)
            room = change.after
            outbox += change.outbox
            if was_there and room is None:  # what comes after the end makes a room of its own
                self._waiting = [*taken[count:], *self._waiting]
                taken = taken[:count]
                break
        self.attempt = self._attempt(room, tuple(outbox), taken, now)
        return self.attempt

    def _current(self, era: Era, now: RoomTime) -> Room | None:
        if self.room is None or self.room.epoch == era.epoch:
            return self.room
        until = era.lived_until if self.room.epoch == era.before else lived(self.room)
        return restore(self.room, era.epoch, now, until)

    def _attempt(
        self, after: Room | None, outbox: tuple[Outcome, ...], taken: tuple[Happening, ...], now: RoomTime
    ) -> Attempt | None:
        before = None if self._stored != self._version else self.room
        parts: dict[str, str | None] = {}
        if after is not None:
            parts = changed_parts(before, after)
            moment = moment_of(after)
            if before is None or moment != moment_of(before):
                parts[MOMENT] = moment
        if not outbox and not parts and (self.room is None) == (after is None):
            return None
        return Attempt(
            expected=self._stored,
            version=self._next(),
            change=Change(self.name, self.room, after, outbox),
            parts=parts,
            is_whole=before is None,
            due=None if after is None else _due(after, taken, now),
            taken=taken,
        )

    def _next(self) -> Version:
        if self._version != NO_ROOM:
            return Version(self._version.life, self._version.count + 1)
        self._lives += 1
        return Version(f"{self._author}-{self._lives}", 1)

    def receive_commit(self) -> None:
        """The store has taken the attempt."""
        attempt = self._ended()
        if not self._is_published:
            self._set(attempt.change.after, attempt.version, is_mine=True)

    def receive_full(self) -> tuple[Outcome, ...]:
        """The store has no place for a new room. Returns what to deliver at once: it concerns nobody elsewhere."""
        joins = (each.command for each in self._ended().taken if isinstance(each.command, Join))
        return self._settle(Refuse(refusal("full"), join.peer) for join in joins)

    def receive_conflict(self, version: Version, parts: Mapping[str, str], epoch: str) -> None:
        """Somebody else was faster: the attempt's commands wait for another one. Raises CodecError."""
        self._take_back()
        self._look(version, parts, epoch)

    def receive_loss(self) -> None:
        """The store is out of reach, or something was missed: whether it took the attempt is not known."""
        self._take_back()
        self._early.clear()
        self.is_loaded = False

    def receive_load(
        self, version: Version, parts: Mapping[str, str], epoch: str, last: Sequence[Publication] = ()
    ) -> Heard:
        """What the store has, while its publications come already: for the first time, or after a loss. `last` are its
        last publications, without their parts, oldest first. Raises CodecError."""
        self._look(version, parts, epoch)
        self.is_loaded = True
        if self._told is None:
            self._told = version
        missed = [each for each in last if each.version.is_known_at(version) or (version == NO_ROOM and each.count > 1)]
        outbox = [outcome for each in missed for outcome in self.receive_publication(each).outbox]
        has_gap = not version.is_known_at(self._told) and not self._is_to_rewrite
        if has_gap:  # with it went the answers to some joins
            self._told = version
            self._waiting += [each for each in self._tickets.values() if each not in self._waiting]
        early, self._early = self._early, []
        outbox += [outcome for each in early for outcome in self.receive_publication(each).outbox]
        return Heard(tuple(outbox), has_gap)

    def rewrite(self) -> None:
        """The store has been emptied: what is known here is all that there is."""
        if self._version != NO_ROOM:
            self._stored = NO_ROOM
            self._is_to_rewrite = self._is_gathered = True

    def _look(self, version: Version, parts: Mapping[str, str], epoch: str) -> None:
        self._stored = version
        if version.is_known_at(self._version) or (version == NO_ROOM and self._is_to_rewrite):
            return  # nothing new, or it went back and ours is newer
        room = None
        if version != NO_ROOM:
            kept = {part: text for part, text in parts.items() if part != MOMENT}
            room = with_moment(room_of(self.name, kept, self._policy, epoch), parts.get(MOMENT, ""))
        self._set(room, version, is_mine=False)

    def _set(self, room: Room | None, version: Version, *, is_mine: bool) -> None:
        self.room, self.is_mine, self._is_to_rewrite = room, is_mine, False
        self._version = self._stored = NO_ROOM if room is None else version

    def _ended(self) -> Attempt:
        attempt, self.attempt = self.attempt, None
        assert attempt is not None
        return attempt

    def _take_back(self) -> None:
        if self.attempt is not None:
            self._waiting = [*self._ended().taken, *self._waiting]

    # -- from all processes -------------------------------------------------------------------------------------------

    def receive_publication(self, publication: Publication) -> Heard:
        """A commit, of whichever process. Raises CodecError."""
        version, told = publication.version, self._told
        if not self.is_loaded or told is None:
            self._early.append(publication)
            return Heard()
        if version.is_known_at(told):
            return Heard()
        if not version.follows(told):
            return Heard(has_gap=True)
        if version.follows(self._version):
            self._follow(publication)
        self._told = NO_ROOM if publication.is_gone else version
        return Heard(self._settle(publication.outbox(self.local.__contains__)))

    def _follow(self, publication: Publication) -> None:
        attempt = self.attempt
        if attempt is not None and (publication.author, publication.version) == (self._author, attempt.version):
            self._is_published = True
            self._set(attempt.change.after, attempt.version, is_mine=True)
            return
        room = None
        if not publication.is_gone:
            changes = {part: text for part, text in publication.parts.items() if part != MOMENT}
            if publication.is_whole or self.room is None:
                kept = {part: text for part, text in changes.items() if text is not None}
                room = room_of(self.name, kept, self._policy, publication.epoch)
            else:
                room = replace(with_parts(self.room, changes), epoch=publication.epoch)
            moment = publication.parts.get(MOMENT)
            room = room if moment is None else with_moment(room, moment)
        self._set(room, publication.version, is_mine=False)

    def _settle(self, outbox: Iterable[Outcome]) -> tuple[Outcome, ...]:
        """Note who is here from now on, and which joins have been answered."""
        found = []
        for outcome in outbox:
            found.append(outcome)
            match outcome:
                case Admit(peer, ticket):
                    if self._answered(ticket):
                        self.local.add(peer)
                case Refuse(_, ticket):
                    self._answered(ticket)
                case Cut(peer):
                    self.local.discard(peer)
                case _:
                    pass
        return tuple(found)

    def _answered(self, ticket: PeerId) -> bool:
        """Whether this process has asked by that ticket; it need not ask again."""
        happening = self._tickets.pop(ticket, None)
        if happening is None:
            return False
        self._waiting = [each for each in self._waiting if each is not happening]
        return True


def _repeatable(room: Room | None, command: RoomCommand) -> RoomCommand:
    """A `Join` that is in the room already (a lost attempt was committed) comes back by the token that it got there."""
    if room is not None and isinstance(command, Join):
        known = next((each for each in room.members if each.ticket == command.peer), None)
        if known is not None:
            return replace(command, hello=replace(command.hello, token=known.token))
    return command


def _due(after: Room, taken: tuple[Happening, ...], now: RoomTime) -> RoomTime | None:
    """When the room has to be looked at. Never at once again after a look that changed nothing."""
    due = next_deadline(after)
    if due is not None and due <= now and any(isinstance(happening.command, Due) for happening in taken):
        return RoomTime(now + 1.0)
    return due
