"""A room on virtual time with people who do what a test says, and a record of what each of them was told."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from server.core import protocol
from server.core.protocol import Action, Load, Play, Seek
from server.core.room import apply, hear, new_room, next_deadline
from server.core.room_state import Cut, Due, Join, Lost, Outcome, Room, RoomCommand, RoomPolicy, Said, Send, Transition
from server.core.timeline import PeerId, RoomTime, Timeline

START = RoomTime(1000.0)
EDITS = (protocol.Add, protocol.Remove, protocol.Move, protocol.Shuffle, protocol.SetLoop, protocol.Undo)


def assert_heard_alike(room: Room, command: RoomCommand, now: RoomTime) -> None:
    """The short way of a message, if it has one, leads where the long one does; a roster may come by its deadline."""
    heard, due = hear(room, command, now), next_deadline(room)
    if heard is not None and (due is None or now < due):
        applied = apply(room, command, now)
        assert applied == (apply(heard, Due(), now) if applied.outbox else Transition(heard))


@dataclass
class Stage:
    """`room` and `now` are what a shell would keep; `told` is what each peer was sent, `outbox` all that came last."""

    policy: RoomPolicy = field(default_factory=RoomPolicy)
    room: Room = field(init=False)
    now: RoomTime = START
    told: dict[str, list[protocol.ServerMessage]] = field(default_factory=dict)
    outbox: tuple[Outcome, ...] = ()
    commands: int = 0

    def __post_init__(self) -> None:
        self.room = new_room("Cinema", "epoch", self.policy)

    # -- what happens ------------------------------------------------------------------------------------------------

    def apply(self, command: RoomCommand) -> tuple[Outcome, ...]:
        assert_heard_alike(self.room, command, self.now)
        transition = apply(self.room, command, self.now)
        self.room, self.outbox = transition.room, transition.outbox
        for outcome in self.outbox:
            if isinstance(outcome, Send):
                for peer in outcome.to:
                    self.told.setdefault(peer, []).append(outcome.message)
        return self.outbox

    def skip(self, seconds: float) -> None:
        """Let time pass in which nobody says anything and no deadline is met."""
        self.now = RoomTime(self.now + seconds)

    def wait(self, seconds: float) -> None:
        """Let time pass; who is here stays in touch, and each deadline is met."""
        end = RoomTime(self.now + seconds)
        while True:
            due = next_deadline(self.room)
            step = RoomTime(min(end, self.now + 5.0, max(self.now, end if due is None else due)))
            self.now = step
            for member in self.room.present:
                self.say(member.peer, protocol.ClockRequest(t0_us=0))
            if due is not None and due <= self.now:
                self.apply(Due())
            if self.now >= end:
                return

    def until_due(self) -> None:
        """Let time pass in silence until something comes by itself."""
        due = next_deadline(self.room)
        assert due is not None
        self.now = RoomTime(max(self.now, due))
        self.apply(Due())

    def join(self, name: str, token: str = "", role: str = "member") -> PeerId:
        """Somebody comes; the peer is called as the name is, in lower case."""
        hello = protocol.Hello(version=protocol.VERSION, room="Cinema", name=name, token=token, role=role)  # type: ignore[arg-type]
        return self.join_as(name.lower(), hello)

    def join_as(self, peer: str, hello: protocol.Hello) -> PeerId:
        self.apply(Join(PeerId(peer), f"token of {peer}", hello))
        return PeerId(peer)

    def say(self, peer: str, message: protocol.ClientMessage) -> None:
        self.apply(Said(PeerId(peer), message))

    def lose(self, peer: str) -> None:
        self.apply(Lost(PeerId(peer)))

    def leave(self, peer: str) -> None:
        self.say(peer, protocol.Leave())

    def ready(self, *peers: str, revision: int | None = None) -> None:
        for peer in peers:
            self.say(peer, protocol.Ready(revision=self.room.revision if revision is None else revision))

    def stall(self, peer: str, revision: int | None = None) -> None:
        self.say(peer, protocol.Stall(revision=self.room.revision if revision is None else revision))

    def command(
        self, peer: str, action: Action, revision: int | None = None, item: str | None = None, id: str | None = None
    ) -> protocol.Accepted | protocol.Refused:
        """The answer to a command, which names what the room is unless told otherwise."""
        self.commands += 1
        seen = self.room.playlist.revision if isinstance(action, EDITS) else self.room.revision
        command = protocol.Command(
            id=str(self.commands) if id is None else id,
            revision=seen if revision is None else revision,
            item=self.room.item_id if item is None else item,
            action=action,
        )
        self.say(peer, command)
        answer = self.last(peer, protocol.Accepted, protocol.Refused)
        assert isinstance(answer, protocol.Accepted | protocol.Refused)
        assert answer.id == command.id
        return answer

    # -- the usual beginnings ----------------------------------------------------------------------------------------

    def load(self, peer: str, seconds: float | None = 100.0, title: str = "Film") -> None:
        duration = None if seconds is None else protocol.micros(seconds)
        self.command(peer, Load(title=title, duration_us=duration))

    def add(self, peer: str, *titles: str, at: int | None = None, seconds: float = 100.0) -> None:
        """Films into the playlist."""
        films = tuple(protocol.NewEntry(title=title, duration_us=protocol.micros(seconds)) for title in titles)
        answer = self.command(peer, protocol.Add(entries=films, at=at))
        assert isinstance(answer, protocol.Accepted)

    def play(self, peer: str, at: float | None = None) -> None:
        """Play from a place with everybody ready, and go to the instant at which it begins."""
        if at is not None:
            self.command(peer, Seek(media_us=protocol.micros(at)))
        self.ready(*(member.peer for member in self.room.present))
        self.command(peer, Play())
        assert self.room.newest.state == "playing"
        self.now = self.room.newest.room_time

    # -- what is to be seen ------------------------------------------------------------------------------------------

    @property
    def timeline(self) -> Timeline:
        return self.room.newest

    @property
    def shape(self) -> tuple[str, float]:
        """State and media time of what was stated last, to the microsecond."""
        return self.timeline.state, round(self.timeline.media_time, 6)

    @property
    def place(self) -> float:
        """Media time now, s."""
        return self.room.schedule.media_time_at(self.now)

    @property
    def titles(self) -> str:
        """The titles of the playlist's entries."""
        return " ".join(entry.title for entry in self.room.playlist.entries)

    def entry(self, title: str) -> str:
        """The id of the entry with a title."""
        return next(entry.id for entry in self.room.playlist.entries if entry.title == title)

    @property
    def title(self) -> str:
        """The film's."""
        return "" if self.room.item is None else self.room.item.title

    def playlist(self, peer: str) -> protocol.Playlist:
        """The playlist as a peer knows it, put together from the pages that it was sent last."""
        entries: tuple[protocol.Entry, ...] = ()
        page = protocol.Playlist(revision=0)
        for page in self.all(peer, protocol.Playlist):
            assert isinstance(page, protocol.Playlist)
            entries = page.entries if page.first == 0 else (*entries, *page.entries)
        assert len(entries) == page.total
        return msgspec.structs.replace(page, entries=entries, first=0)

    def last(self, peer: str, *kinds: type[protocol.ServerMessage]) -> protocol.ServerMessage:
        """The last message of a kind that a peer was sent."""
        return next(each for each in reversed(self.told.get(peer, [])) if isinstance(each, kinds))

    def all(self, peer: str, kind: type[protocol.ServerMessage]) -> list[protocol.ServerMessage]:
        return [each for each in self.told.get(peer, []) if isinstance(each, kind)]

    def stated(self, peer: str) -> protocol.TimelineStated:
        """The last timeline that a peer was sent, in its welcome or by itself."""
        message = self.last(peer, protocol.TimelineStated, protocol.Welcome)
        return message.timeline if isinstance(message, protocol.Welcome) else message  # type: ignore[return-value]

    def roster(self, peer: str) -> dict[str, protocol.RosterEntry]:
        """The last roster that a peer was sent, in its welcome or by itself, by name."""
        message = self.last(peer, protocol.Roster, protocol.Welcome)
        roster = message.roster if isinstance(message, protocol.Welcome) else message
        assert isinstance(roster, protocol.Roster)
        return {entry.name: entry for entry in roster.members}

    @staticmethod
    def size_of(message: protocol.ServerMessage) -> int:
        """Bytes of a message as Socket.IO's event on the wire."""
        kind, payload = protocol.encode(message)
        return len(b'42["",]' + kind.encode() + msgspec.json.encode(payload))

    @property
    def cut(self) -> list[PeerId]:
        """Whose connections the last thing that happened cut."""
        return [outcome.peer for outcome in self.outbox if isinstance(outcome, Cut)]


def stage_of(*names: str, policy: RoomPolicy | None = None) -> Stage:
    """A room with these people and nothing loaded."""
    stage = Stage(policy or RoomPolicy())
    for name in names:
        stage.join(name)
    return stage


def watching(*names: str, at: float = 10.0, seconds: float | None = 3600.0, policy: RoomPolicy | None = None) -> Stage:
    """Ana, Ben (or others) watch a film and have for a while."""
    stage = stage_of(*(names or ("Ana", "Ben")), policy=policy)
    stage.load("ana", seconds)
    stage.play("ana", at)
    return stage


def assert_unchanged(stage: Stage, action: Action, code: str, **named: str | int) -> None:
    """A command of Ana's is refused with this code, and nobody else hears of it."""
    before = stage.room.schedule, stage.room.item
    answer = stage.command("ana", action, **named)  # type: ignore[arg-type]
    assert isinstance(answer, protocol.Refused)
    assert answer.code == code
    assert (stage.room.schedule, stage.room.item) == before
    assert [type(each) for each in stage.told["ben"]][-1] is not protocol.Refused
