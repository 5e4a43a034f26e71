"""What Redis is to replicas, in memory: one room, several processes, and nothing arrives before a test lets it."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.core.publication import NO_ROOM, Publication, Version, keep, publish, read_publication
from server.core.replica import Attempt, Era, Heard, Replica
from server.core.room import new_room
from server.core.room_state import Outcome, Room, RoomCommand, RoomPolicy
from server.core.timeline import RoomTime

POLICY = RoomPolicy()
NAME = "Cinema"


@dataclass
class SharedStore:
    """The truth. `is_full`: no place for a new room."""

    version: Version = NO_ROOM
    parts: dict[str, str] = field(default_factory=dict)
    epoch: str = ""
    due: RoomTime | None = None
    is_full: bool = False
    told: list[bytes] = field(default_factory=list)  # oldest first
    processes: list[Process] = field(default_factory=list)

    def commit(self, attempt: Attempt, author: str) -> str:
        """As the script does it."""
        if attempt.expected != self.version:
            return "conflict"
        after = attempt.change.after
        if after is not None and self.version == NO_ROOM and self.is_full:
            return "full"
        if after is None:
            self.parts, self.version, self.epoch = {}, NO_ROOM, ""
        else:
            if attempt.is_whole:
                self.parts = {}
            for part, text in attempt.parts.items():
                if text is None:
                    self.parts.pop(part, None)
                else:
                    self.parts[part] = text
            self.version, self.epoch = attempt.version, after.epoch
        self.due = attempt.due
        publication = Publication.of(
            attempt.version,
            author,
            self.epoch,
            attempt.parts,
            attempt.change.outbox,
            is_gone=after is None,
            is_whole=attempt.is_whole,
        )
        self.told = [*self.told, keep(publication)][-16:]
        for process in self.processes:
            if process.is_linked:
                process.mail.append(publish(publication))
        return "committed"


@dataclass
class Process:
    """One process and its replica. `delivered` is all that it has delivered, in order."""

    store: SharedStore
    name: str
    is_linked: bool = True
    mail: list[bytes] = field(default_factory=list)  # publications on their way
    delivered: list[Outcome] = field(default_factory=list)
    recalls: int = 0
    era: Era = field(default_factory=lambda: Era("epoch"))
    now: RoomTime = field(default_factory=lambda: RoomTime(1000.0))
    replica: Replica = field(init=False)

    def __post_init__(self) -> None:
        self.replica = Replica(NAME, self.make, POLICY, self.name)
        self.store.processes.append(self)

    def make(self, name: str) -> Room:
        return new_room(name, self.era.epoch, POLICY)

    def load(self) -> None:
        last = [read_publication(each) for each in self.store.told]
        self._follow(self.replica.receive_load(self.store.version, self.store.parts, self.store.epoch, last))

    def submit(self, command: RoomCommand, at: RoomTime | None = None) -> None:
        self.replica.submit(command, self.now if at is None else at)

    def begin(self) -> Attempt | None:
        return self.replica.begin(self.era, self.now)

    def end(self, attempt: Attempt) -> str:
        """The store's answer to an attempt arrives."""
        answer = self.store.commit(attempt, self.name)
        self.receive(answer)
        return answer

    def receive(self, answer: str) -> None:
        match answer:
            case "committed":
                self.replica.receive_commit()
            case "full":
                self.delivered += self.replica.receive_full()
            case _:
                self.replica.receive_conflict(self.store.version, self.store.parts, self.store.epoch)

    def work(self) -> None:
        """Attempt until everything is in."""
        while self.replica.has_work:
            attempt = self.begin()
            if attempt is not None:
                self.end(attempt)

    def hear(self, count: int = 1000) -> None:
        """So many publications arrive."""
        for _ in range(min(count, len(self.mail))):
            heard = self.replica.receive_publication(read_publication(self.mail.pop(0)))
            if heard.has_gap:
                self.replica.receive_loss()
                self.load()
            else:
                self._follow(heard)

    def lose(self) -> None:
        """The link breaks; what was on its way is lost."""
        self.is_linked = False
        self.mail.clear()
        self.replica.receive_loss()

    def find_again(self) -> None:
        self.is_linked = True
        self.load()

    def _follow(self, heard: Heard) -> None:
        self.delivered += heard.outbox
        self.recalls += heard.has_gap
