"""The replicas of one process, and their traffic with Redis: loads and commits go out, publications come in."""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from server.core.publication import Version, read_publication
from server.core.replica import GATHER, SOON, Attempt, Heard, Replica
from server.core.room import next_deadline
from server.core.room_change import MakeRoom
from server.core.room_codec import CodecError
from server.core.room_state import Due, Outcome, RoomCommand, RoomPolicy
from server.core.timeline import RoomTime
from server.store.deadlines import Deadlines
from server.store.port import Deliver, NoteCommit, no_note
from server.store.redis_link import Link
from server.store.redis_scripts import (
    COMMITTED,
    DUE,
    FULL,
    ROOM,
    ROOMS,
    TOLD,
    UNREADABLE,
    Command,
    commit_command,
    pairs,
)
from server.store.redis_time import RedisTime

logger = logging.getLogger(__name__)

TURN, TURN_UNHURRIED = 16, 4  # rooms in one write: what they take of the processor holds up everybody
IDLE = 10.0  # s for which a replica that nobody needs is kept

Recall = Callable[[frozenset[str]], None]
"""Called with names of rooms whose members here have to come back by token: something was missed."""


@dataclass(frozen=True, slots=True)
class Question:
    """What was sent and will be answered."""

    answers: int
    receive: Callable[[list[Any]], None]


class SharedRooms:
    """Owner: the loop's thread. `work`, `receive` and `listen` are tasks as long as a link lasts; between two links are
    `lose` and `resume`."""

    def __init__(
        self,
        author: str,
        clock: RedisTime,
        make: MakeRoom,
        policy: RoomPolicy,
        rooms_most: int,
        deliver: Deliver,
        recall: Recall,
    ) -> None:
        self.note_commit: NoteCommit = no_note
        self._author, self._clock, self._make, self._policy = author, clock, make, policy
        self._rooms_most, self._deliver, self._recall = rooms_most, deliver, recall
        self._replicas: dict[str, Replica] = {}
        self._used: dict[str, RoomTime] = {}  # when each was needed last
        self._strangers: list[str] = []  # rooms to listen to, and to be loaded as soon as Redis says that we do ...
        self._forgotten: list[str] = []  # ... and rooms to listen to no more
        self._chores: list[Command] = []  # whose answers say nothing
        self._to_load: dict[str, None] = {}
        self._ready: dict[str, None] = {}  # rooms in which there is something to commit for which somebody waits ...
        self._unhurried: dict[str, None] = {}  # ... and something else
        self._gathering: dict[str, RoomTime] = {}  # since when something volatile waits
        self._finders: dict[str, list[asyncio.Future[None]]] = {}
        self._wake = asyncio.Event()
        self._asked: deque[Question] = deque()
        self._has_asked = asyncio.Event()
        self._deadlines = Deadlines(clock.now, self._look)

    def __iter__(self) -> Iterator[Replica]:
        return iter(self._replicas.values())

    def get(self, name: str) -> Replica | None:
        return self._replicas.get(name)

    # -- what happens here -------------------------------------------------------------------------------------------

    def replica(self, name: str) -> Replica:
        """Of the room of a name, from now on if not yet."""
        self._used[name] = self._clock.now()
        known = self._replicas.get(name)
        if known is None:
            known = self._replicas[name] = Replica(name, self._make, self._policy, self._author)
            self._strangers.append(name)
            self._wake.set()
        return known

    def submit(self, name: str, command: RoomCommand, now: RoomTime) -> None:
        replica = self.replica(name)
        patience = replica.submit(command, now)
        if patience == 0.0:
            self._go_on(replica)
        elif patience == SOON:
            asyncio.get_running_loop().call_later(SOON, self._go_on_unhurried, replica)
        else:
            self._gathering.setdefault(name, now)

    async def load(self, name: str) -> Replica:
        """The replica when it knows what the store knew a moment ago."""
        replica = self.replica(name)
        if not replica.is_loaded:
            loaded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            finders = self._finders.setdefault(name, [])
            finders.append(loaded)
            try:
                await loaded
            finally:
                finders.remove(loaded)
                if not finders:
                    self._finders.pop(name, None)
        return replica

    @property
    def is_busy(self) -> bool:
        """Something is on its way."""
        return any(replica.has_work or replica.attempt for replica in self)

    def tend(self, now: RoomTime) -> None:
        """From time to time: what has gathered is committed, what nobody needs is forgotten."""
        for name in [name for name, since in self._gathering.items() if now - since >= GATHER]:
            del self._gathering[name]
            replica = self._replicas.get(name)
            if replica is not None:
                replica.gather()
                self._go_on(replica)
        for name in [name for name, used in self._used.items() if now - used > IDLE]:
            self._used[name] = now
            if self._replicas[name].is_idle and name not in self._finders:
                del self._replicas[name], self._used[name]
                self._forgotten.append(name)
                self._wake.set()

    def give_up(self, now: RoomTime, patience: float, words: str) -> None:
        """Refuse what has waited for too long."""
        for replica in list(self):
            self._tell(replica.name, replica.give_up(now, patience, words))

    def rewrite(self) -> None:
        """The store has lost what it had: write what is known here."""
        for replica in self:
            replica.rewrite()
            self._go_on(replica)

    def move_to_new_epoch(self, now: RoomTime) -> None:
        """All times read so far mean nothing."""
        self._deadlines.close()
        self._recall(frozenset(self._replicas))
        for name in list(self._replicas):
            self.submit(name, Due(), now)

    def close(self) -> None:
        self._deadlines.close()

    def _go_on(self, replica: Replica) -> None:
        if replica.has_work:
            self._ready[replica.name] = None
            self._wake.set()

    def _go_on_unhurried(self, replica: Replica) -> None:
        """After all for which somebody waits."""
        if replica.has_work:
            self._unhurried[replica.name] = None
            self._wake.set()

    def _tell(self, name: str, outbox: tuple[Outcome, ...]) -> None:
        try:
            self._deliver(name, outbox)
        except Exception:  # one room must not keep the others from hearing
            logger.exception("What follows could not be delivered", extra={"room": name})

    def _look(self, name: str, now: RoomTime) -> None:
        """A deadline that a commit from here has set, unless somebody has moved it since."""
        replica = self._replicas.get(name)
        if replica is None or replica.room is None or not replica.is_mine:
            return
        due = next_deadline(replica.room)
        if due is not None and due <= now:
            self.submit(name, Due(), now)
        else:
            self._deadlines.note(name, due, now)

    # -- to the store ------------------------------------------------------------------------------------------------

    def lose(self) -> None:
        """The link is gone."""
        for replica in self:
            replica.receive_loss()
        self._asked.clear()
        self._chores.clear()
        self._to_load.clear()
        self._ready.clear()
        self._unhurried.clear()

    def resume(self) -> None:
        """There is a new one: listen, and compare every replica with the store."""
        self._strangers, self._forgotten = list(self._replicas), []
        self._wake.set()

    async def work(self, link: Link) -> None:
        """Send what is to be loaded and committed, without waiting for answers. Raises StoreError."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._subscribe(link)
            while self._chores or self._to_load or self._ready or self._unhurried:
                await self._turn(link)
                await asyncio.sleep(0)  # the clocks of others wait for this

    async def receive(self, link: Link) -> None:
        """Take the answers, in the order of the questions. Raises StoreError."""
        while True:
            while not self._asked:
                self._has_asked.clear()
                await self._has_asked.wait()
            question = self._asked[0]
            answers = [await link.work.read() for _ in range(question.answers)]
            self._asked.popleft()
            question.receive(answers)

    async def _subscribe(self, link: Link) -> None:
        left, self._forgotten = self._forgotten, []
        new, self._strangers = self._strangers, []
        commands = [("UNSUBSCRIBE", *(ROOM + name for name in left))] if left else []
        commands += [("SUBSCRIBE", *(ROOM + name for name in new))] if new else []
        if commands:
            await link.ears.send(commands)

    async def _turn(self, link: Link) -> None:
        """One write: some rooms to load, some to commit."""
        commands, self._chores = self._chores, []
        questions = [Question(1, lambda _: None)] * len(commands)
        for name in _take(self._to_load, TURN):
            commands += [("HGETALL", ROOM + name), ("LRANGE", TOLD + name, 0, -1)]
            questions.append(Question(2, functools.partial(self._receive_load, name)))
        ready = _take(self._ready, TURN) or _take(self._unhurried, TURN_UNHURRIED)
        for replica, attempt in self._begin(ready):
            commands.append(commit_command(link.commit, attempt, self._author, self._rooms_most))
            began = time.perf_counter()
            questions.append(Question(1, functools.partial(self._receive_answer, replica, attempt, began)))
        if commands:
            self._asked += questions
            await link.work.send(commands)
            self._has_asked.set()

    def _begin(self, names: list[str]) -> list[tuple[Replica, Attempt]]:
        found = []
        now, era = self._clock.now(), self._clock.era
        for name in names:
            replica = self._replicas.get(name)
            if replica is not None and replica.has_work:
                attempt = replica.begin(era, now)
                if attempt is None:
                    self._go_on(replica)
                else:
                    found.append((replica, attempt))
        return found

    def _receive_load(self, name: str, answers: list[list[bytes]]) -> None:
        replica = self._replicas.get(name)
        if replica is None or replica.is_loaded:
            return
        kept, last = answers
        try:
            heard = replica.receive_load(*_read_room(kept), [read_publication(each) for each in reversed(last)])
        except CodecError as error:
            logger.error("The room %r can't be read (%s) and is set aside", name, error)
            self._chores += [("RENAME", ROOM + name, UNREADABLE + name), ("SREM", ROOMS, name)]
            self._chores += [("ZREM", DUE, name), ("DEL", TOLD + name)]
            self._load(replica)
            return
        for finder in self._finders.get(name, ()):
            if not finder.done():
                finder.set_result(None)
        self._follow(replica, heard)

    def _receive_answer(self, replica: Replica, attempt: Attempt, began: float, answers: list[list[Any]]) -> None:
        (answer,) = answers
        self.note_commit(time.perf_counter() - began)
        if replica.attempt is not attempt:
            return  # something was missed meanwhile, and it begins anew
        if answer[0] == COMMITTED:
            replica.receive_commit()
            self._deadlines.note(replica.name, attempt.due, self._clock.now())
        elif answer[0] == FULL:
            self._tell(replica.name, replica.receive_full())
        else:
            try:
                replica.receive_conflict(*_read_room(answer[1]))
            except CodecError:
                self._load(replica)
        self._go_on(replica)

    # -- from all processes ------------------------------------------------------------------------------------------

    async def listen(self, link: Link) -> None:
        """Raises StoreError."""
        while True:
            match await link.ears.read():
                case [b"message", channel, data]:
                    replica = self._replicas.get(channel.decode().removeprefix(ROOM))
                    if replica is not None:
                        self._hear(replica, data)
                case [b"subscribe", channel, _]:
                    name = channel.decode().removeprefix(ROOM)
                    if name in self._replicas:
                        self._to_load[name] = None
                        self._wake.set()
                case _:
                    pass  # a pong, a channel that was left

    def _hear(self, replica: Replica, data: bytes) -> None:
        try:
            heard = replica.receive_publication(read_publication(data))
        except CodecError as error:
            logger.error("What was told of the room %r can't be read (%s)", replica.name, error)
            heard = Heard(has_gap=True)
        if heard.has_gap:
            self._load(replica)
        else:
            self._follow(replica, heard)

    def _load(self, replica: Replica) -> None:
        """Something was missed: compare it with the store."""
        replica.receive_loss()
        self._to_load[replica.name] = None
        self._wake.set()

    def _follow(self, replica: Replica, heard: Heard) -> None:
        self._tell(replica.name, heard.outbox)
        if heard.has_gap and replica.local:
            logger.warning("Something was missed: members come back", extra={"room": replica.name})
            self._recall(frozenset({replica.name}))
        self._go_on(replica)


def _take(names: dict[str, None], most: int) -> list[str]:
    """Some of the names, the oldest first; they are then gone."""
    found = list(itertools.islice(names, most))
    for name in found:
        del names[name]
    return found


def _read_room(answer: list[bytes]) -> tuple[Version, dict[str, str], str]:
    """Version, parts and epoch of a room's hash. Raises CodecError."""
    fields = pairs(answer)
    version, epoch = Version.read(fields.pop("version", "")), fields.pop("epoch", "")
    return version, fields, epoch
