"""People do whatever they like to one another, to the rules and to the room: nothing raises, nothing contradicts."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.core import actions, protocol
from server.core.room import apply, new_room, next_deadline
from server.core.room_state import Cut, Dissolve, Due, Join, Lost, Refuse, Room, RoomCommand, RoomPolicy, Said, Send
from server.core.timeline import PeerId, RoomTime
from tests.fakes.rooms import Stage, assert_heard_alike

POLICY = RoomPolicy(
    members_most=4, lost_most=3, lost_listed_most=2, keys_most=2, bans_most=2, entries_most=5, lines_most=5
)
PEERS = [f"p{number}" for number in range(6)]
PEER = st.sampled_from(PEERS)
KEY = st.sampled_from([f"key-{number}-0123456789" for number in range(3)])
ENTRY = st.sampled_from(["1", "2", "3", "9"])
FIELDS: dict[str, Any] = {
    "peer": PEER,
    "key": KEY,
    "ban": ENTRY,
    "entry": ENTRY,
    "to": st.integers(0, 6),
    "at": st.none() | st.integers(0, 6),
    "media_us": st.integers(0, 130_000_000),
    "duration_us": st.none() | st.integers(0, 120_000_000),
    "rate": st.sampled_from((0.5, 1.0, 2.0)),
    "title": st.text(st.characters(codec="utf-8"), max_size=6),
    "text": st.text(st.characters(codec="utf-8"), max_size=20),
    "emoji": st.sampled_from(("🎉", "x", "👩‍👩‍👧")),
    "invite": st.sampled_from(("matinee://192.0.2.7:1/Cinema", "nonsense")),
    "password": st.sampled_from(("", "hashed")),
    "expires_s": st.none() | st.integers(1, 90),
    "loop": st.sampled_from(("off", "one", "all")),
    "control": st.sampled_from((None, "all", "operators")),
    "playlist": st.sampled_from((None, "all", "operators")),
}
FLAGS = ("waits", "listed", "persists", "muted", "ready", "away")


def strategy_of(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Actions of a kind, from its fields: one that is added is covered by itself."""
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if kind is actions.Remove:
            values[field.name] = st.lists(ENTRY, min_size=1, max_size=3).map(tuple)
        elif field.name == "entries":
            values[field.name] = st.lists(strategy_of(actions.NewEntry), min_size=1, max_size=3).map(tuple)
        elif field.name == "role":
            values[field.name] = st.sampled_from(("operator", "guest"))
        elif field.name in FLAGS:
            values[field.name] = st.booleans() if kind is not actions.SetRules else st.none() | st.booleans()
        elif field.name in FIELDS:
            values[field.name] = FIELDS[field.name]
    return st.builds(kind, **values)


ACTIONS = st.one_of([strategy_of(kind) for kind in get_args(actions.Action)])


class PeopleMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.room = new_room("Cinema", "epoch", POLICY)
        self.now = RoomTime(100.0)
        self.commands = 0
        for peer in PEERS[:3]:
            self.join(peer, False, False, "member", "")
        self.command("p0", actions.Load(title="Film", duration_us=60_000_000), False)
        for peer in PEERS[:3]:
            self.get_ready(peer)

    def happen(self, command: RoomCommand) -> None:
        before = self.room
        assert_heard_alike(before, command, self.now)
        transition = apply(before, command, self.now)
        assert transition.room.revision >= before.revision
        for outcome in transition.outbox:
            match outcome:
                case Send(to, message):
                    assert all(self.is_here(before, peer) or self.is_here(transition.room, peer) for peer in to)
                    kind, payload = protocol.encode(message)
                    assert protocol.decode_server(kind, payload) == message
                    assert Stage.size_of(message) <= protocol.MAX_MESSAGE_BYTES
                    is_secret = isinstance(message, protocol.Keys | protocol.Bans | protocol.Bundle)
                    assert not is_secret or all(self.was_trusted(before, transition.room, peer) for peer in outcome.to)
                case Refuse() | Cut() | Dissolve():
                    pass
                case _:
                    pass
        is_gone = any(isinstance(outcome, Dissolve) for outcome in transition.outbox)
        self.room = new_room("Cinema", "epoch", POLICY) if is_gone else transition.room

    def is_here(self, room: Room, peer: PeerId) -> bool:
        member = room.member(peer)
        return member is not None and member.is_here

    def was_trusted(self, before: Room, after: Room, peer: PeerId) -> bool:
        """Operators see keys and bans; the room itself goes to whom the host gave it."""
        members = [room.member(peer) for room in (before, after)]
        return after.moving_to == peer or any(each is not None and each.role != "guest" for each in members)

    @rule(
        peer=PEER,
        is_maker=st.booleans(),
        has_password=st.booleans(),
        kind=st.sampled_from(("member", "member", "controller")),
        key=KEY | st.just(""),
    )
    def join(self, peer: str, is_maker: bool, has_password: bool, kind: Any, key: str) -> None:
        hello = protocol.Hello(version=protocol.VERSION, room="Cinema", name=peer, role=kind, key=key, token=f"t{peer}")
        if self.room.member(PeerId(peer)) is None or self.room.member(PeerId(peer)).kind == kind:  # type: ignore[union-attr]
            address = f"192.0.2.{len(peer) + PEERS.index(peer) // 2}"
            self.happen(Join(PeerId(peer), f"t{peer}", hello, address, is_maker, has_password))

    @rule(peer=PEER, action=ACTIONS, is_edit=st.booleans())
    def command(self, peer: str, action: protocol.Action, is_edit: bool) -> None:
        self.commands += 1
        revision = self.room.playlist.revision if is_edit else self.room.revision
        command = protocol.Command(id=str(self.commands), revision=revision, item=self.room.item_id, action=action)
        self.happen(Said(PeerId(peer), command))

    @rule(action=ACTIONS, is_edit=st.booleans())
    def host_commands(self, action: protocol.Action, is_edit: bool) -> None:
        for member in self.room.members:
            if member.role == "host":
                self.command(member.peer, action, is_edit)
                break

    @rule(action=st.one_of([strategy_of(kind) for kind in (actions.Check, actions.Confirm, actions.Pause)]))
    def all_command(self, action: protocol.Action) -> None:
        for peer in PEERS:
            self.command(peer, action, False)

    @rule(peer=PEER)
    def get_ready(self, peer: str) -> None:
        self.happen(Said(PeerId(peer), protocol.Ready(revision=self.room.revision)))

    @rule(peer=PEER, has=st.booleans(), duration_us=st.none() | st.integers(0, 2**53))
    def tell_copy(self, peer: str, has: bool, duration_us: int | None) -> None:
        copy = protocol.Copy(item=self.room.item_id, has=has, duration_us=duration_us)
        self.happen(Said(PeerId(peer), copy))

    @rule(peer=PEER, for_good=st.booleans())
    def go(self, peer: str, for_good: bool) -> None:
        self.happen(Said(PeerId(peer), protocol.Leave()) if for_good else Lost(PeerId(peer)))

    @rule(seconds=st.sampled_from((0.01, 1.0, 5.0, 40.0)), keeps_touch=st.booleans())
    def wait(self, seconds: float, keeps_touch: bool) -> None:
        end = self.now + seconds
        while (due := next_deadline(self.room)) is not None and due <= end:
            self.now = RoomTime(max(self.now, due))
            before = self.room
            self.happen(Due())
            assert self.room != before or next_deadline(self.room) != due  # no deadline stands still
        self.now = RoomTime(end)
        if keeps_touch:
            for member in self.room.members:
                self.happen(Said(member.peer, protocol.ClockRequest(t0_us=0)))

    @invariant()
    def there_is_one_host_at_most_and_one_where_somebody_could_be(self) -> None:
        hosts = [each for each in self.room.members if each.role == "host" and each.kind == "member"]
        assert len(hosts) <= 1
        assert hosts or not self.room.present or self.room.rules.persists

    @invariant()
    def lists_are_bounded(self) -> None:
        room = self.room
        assert len(room.keys) <= POLICY.keys_most
        assert len(room.bans) <= POLICY.bans_most
        assert len(room.lines) <= POLICY.lines_most
        assert len(room.playlist.entries) <= POLICY.entries_most
        assert room.check is None or room.newest.state == "paused"


TestPeople = PeopleMachine.TestCase
TestPeople.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
