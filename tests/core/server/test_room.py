"""What holds for a room whatever happens to it: a hypothesis machine, and what the table of roles says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from server.core import protocol
from server.core.protocol import (
    Accepted,
    Action,
    Ended,
    Load,
    Next,
    Pause,
    Play,
    Ready,
    Refused,
    Report,
    Seek,
    SetRate,
    Stall,
    TimelineStated,
    Welcome,
    micros,
)
from server.core.room import ALWAYS, MAY, apply, hear, new_room, next_deadline
from server.core.room_state import (
    Admit,
    Dissolve,
    Due,
    Join,
    Lost,
    Room,
    RoomCommand,
    RoomPolicy,
    Said,
    Send,
    Transition,
)
from server.core.timeline import PeerId, RoomTime, Timeline
from tests.fakes.rooms import assert_heard_alike, stage_of, watching

POLICY = RoomPolicy(members_most=4, controllers_most=2, lost_most=2, lost_listed_most=1, answers_most=1000)
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.builds(Play),
    st.builds(Play),
    st.builds(Pause),
    st.builds(Seek, media_us=st.integers(0, 130_000_000)),
    st.builds(SetRate, rate=st.sampled_from((0.25, 1.0, 2.0, 4.0))),
    st.builds(Load, title=st.text(max_size=5), duration_us=st.sampled_from((None, 0, 120_000_000))),
    st.builds(Next),
    st.builds(Ended),
)


class RoomMachine(RuleBasedStateMachine):
    """People do whatever they like; `heard` is each peer's own idea of the room, made of what it was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.room = new_room("Cinema", "epoch", POLICY)
        self.now = RoomTime(100.0)
        self.heard: dict[PeerId, TimelineStated] = {}
        self.sent: list[tuple[PeerId, protocol.Command]] = []
        self.answers: dict[tuple[PeerId, str], Accepted | Refused] = {}
        self.peers = 0

    peers_made = Bundle("peers_made")

    def happen(self, command: RoomCommand) -> Transition:
        before = self.room
        assert_heard_alike(before, command, self.now)
        transition = apply(before, command, self.now)
        self.room = transition.room
        self.check_timeline(before, transition)
        for outcome in transition.outbox:
            match outcome:
                case Send(peers, message):
                    assert peers
                    for peer in peers:
                        self.hear(peer, message)
                case Dissolve():
                    self.room, self.answers = new_room("Cinema", "epoch", POLICY), {}
                case _:
                    pass
        return transition

    def hear(self, peer: PeerId, message: protocol.ServerMessage) -> None:
        kind, payload = protocol.encode(message)
        assert protocol.decode_server(kind, payload) == message  # what a room says is of the protocol
        match message:
            case Welcome():
                self.heard[peer] = message.timeline
            case TimelineStated():
                assert message.revision >= self.heard[peer].revision
                self.heard[peer] = message
            case _:
                pass

    def check_timeline(self, before: Room, transition: Transition) -> None:
        """Revisions rise one by one, each is stated, and none but a change of place lets the film jump."""
        room = transition.room
        assert room.revision >= before.revision
        stated = [
            outcome.message
            for outcome in transition.outbox
            if isinstance(outcome, Send) and isinstance(outcome.message, TimelineStated)
        ]
        if room.revision == before.revision:
            assert same_but_for_waiting(before.newest, room.newest)
        elif room.everyone:
            new = list(dict.fromkeys(message.revision for message in stated if message.revision > before.revision))
            assert new == list(range(before.revision + 1, room.revision + 1))
        if len(stated) == 1 and room.revision == before.revision + 1:
            self.check_continuity(before, room, stated[0])

    def check_continuity(self, before: Room, room: Room, stated: TimelineStated) -> None:
        newest = room.newest
        turns_late = stated.why == "end" and newest.room_time < self.now  # stated after it became true
        if stated.why in ("pause", "rate", "stall", "ready", "late") or turns_late:
            expected = before.schedule.media_time_at(newest.room_time)
            if room.duration is not None:
                expected = min(expected, room.duration)  # type: ignore[assignment]
            assert newest.media_time == pytest.approx(expected, abs=1e-6)
        if stated.why in ("play", "pause", "rate", "ready", "late") and newest.state == "playing":
            assert newest.room_time >= self.now

    # -- what people do ------------------------------------------------------------------------------------------------

    @initialize(target=peers_made, duration_us=st.sampled_from((None, 60_000_000)), plays=st.booleans())
    def begin(self, duration_us: int | None, plays: bool) -> Any:
        """Two people and a film, which is where most of it happens."""
        peers = [self.join("Ana", "member"), self.join("Ben", "member")]
        self.command(peers[0], Load(title="Film", duration_us=duration_us), 0, 0)
        if plays:
            self.watch_well(does_stall=False)
            self.command(peers[0], Play(), 0, 1)
        return multiple(*peers)

    @rule(
        target=peers_made,
        name=st.sampled_from(("Ana", "ana", "", "\u202e", "Ben")),
        role=st.sampled_from(("member", "member", "member", "controller")),
    )
    def join(self, name: str, role: Any) -> PeerId:
        self.peers += 1
        peer = PeerId(f"p{self.peers}")
        hello = protocol.Hello(version=protocol.VERSION, room="Cinema", name=name, role=role)
        self.happen(Join(peer, f"token {peer}", hello))
        return peer

    @rule(peer=peers_made, role=st.sampled_from(("member", "controller")))
    def come_back(self, peer: PeerId, role: Any) -> None:
        self.peers += 1
        fresh = PeerId(f"p{self.peers}")
        known = self.room.member(peer)
        before = self.room
        hello = protocol.Hello(version=protocol.VERSION, room="Cinema", token=f"token {peer}", role=role)
        transition = self.happen(Join(fresh, f"token {fresh}", hello))
        if known is not None and known.kind == role and Admit(peer, fresh) in transition.outbox:
            assert self.room.newest == before.newest or next_turn(before) <= self.now
            assert self.room.member(fresh) is None
            assert len(self.room.members) == len(before.members)

    @rule(peer=peers_made, action=ACTIONS, behind=st.integers(0, 2), id=st.integers(0, 60))
    def command(self, peer: PeerId, action: Action, behind: int, id: int) -> None:
        revision = max(0, self.room.revision - behind)
        command = protocol.Command(id=str(id), revision=revision, item=self.room.item_id, action=action)
        if not self.is_here(peer):
            assert not self.answers_in(self.happen(Said(peer, command)))
            return
        before = apply(self.room, Said(peer, protocol.ClockRequest(t0_us=0)), self.now).room
        (answer,) = self.answers_in(self.happen(Said(peer, command)))
        known = self.answers.get((peer, command.id))
        if known is not None:
            assert answer == known
            assert self.room.schedule == before.schedule
            return
        self.answers[peer, command.id] = answer
        if isinstance(answer, Refused):
            assert self.room.schedule == before.schedule
            assert self.room.item == before.item
        else:
            assert answer.revision == self.room.revision
            has_changed = not same_but_for_waiting(self.room.newest, before.newest)
            assert has_changed == (answer.revision == before.revision + 1)

    def answers_in(self, transition: Transition) -> list[Accepted | Refused]:
        messages = [outcome.message for outcome in transition.outbox if isinstance(outcome, Send)]
        return [message for message in messages if isinstance(message, Accepted | Refused)]

    @rule(peer=peers_made, kind=st.sampled_from((Ready, Ready, Stall)), behind=st.integers(-1, 3))
    def say_how_it_is(self, peer: PeerId, kind: Any, behind: int) -> None:
        self.happen(Said(peer, kind(revision=max(0, self.room.revision - behind))))

    @rule(does_stall=st.booleans())
    def watch_well(self, does_stall: bool) -> None:
        """Everybody is ready; then perhaps somebody runs dry a while after the start."""
        for member in self.room.present:
            self.happen(Said(member.peer, Ready(revision=self.room.revision)))
        if does_stall and self.room.present:
            self.now = RoomTime(max(self.now, self.room.newest.room_time) + 0.5)
            self.happen(Said(self.room.present[-1].peer, Stall(revision=self.room.revision)))

    @rule(peer=peers_made, delay=st.integers(0, 2_000_000), playout=st.integers(0, 400_000))
    def report(self, peer: PeerId, delay: int, playout: int) -> None:
        self.happen(Said(peer, Report(delay_us=delay, playout_us=playout, dispersion_us=0, asynchrony_us=-playout)))

    @rule(peer=peers_made)
    def lose(self, peer: PeerId) -> None:
        self.happen(Lost(peer))

    @rule(peer=consumes(peers_made))
    def leave(self, peer: PeerId) -> None:
        was_here = self.is_here(peer)
        self.happen(Said(peer, protocol.Leave()))
        assert not was_here or self.room.member(peer) is None

    @rule(seconds=st.sampled_from((0.0, 0.05, 0.3, 2.0, 9.0)), talk=st.booleans())
    def pass_time(self, seconds: float, talk: bool) -> None:
        self.now = RoomTime(self.now + seconds)
        for member in self.room.members if talk else ():
            self.happen(Said(member.peer, protocol.ClockRequest(t0_us=0)))

    @rule()
    def step_back(self) -> None:
        """Stamps of two connections may be applied out of order."""
        self.now = RoomTime(self.now - 0.01)

    @precondition(lambda self: next_deadline(self.room) is not None)
    @rule()
    def meet_deadline(self) -> None:
        due = next_deadline(self.room)
        assert due is not None
        self.now = RoomTime(max(self.now, due))
        self.happen(Due())
        following = next_deadline(self.room)
        assert following is None or following > self.now  # a shell never spins

    # -- what always holds ---------------------------------------------------------------------------------------------

    def is_here(self, peer: PeerId) -> bool:
        member = self.room.member(peer)
        return member is not None and member.is_here

    @invariant()
    def everyone_knows_the_timeline(self) -> None:
        newest = self.room.newest
        for peer in self.room.everyone:
            heard = protocol.read_timeline(self.heard[peer])
            assert (heard.revision, heard.state) == (newest.revision, newest.state)
            assert heard.waiting == newest.waiting or self.room.is_wait_shorter
            assert self.heard[peer].media_us == micros(newest.media_time)

    @invariant()
    def no_wait_is_without_an_end_or_for_nobody(self) -> None:
        newest = self.room.newest
        if newest.state == "holding":
            assert newest.until is not None
            assert newest.until <= newest.room_time + POLICY.first_hold
            assert newest.waiting
            assert set(newest.waiting) <= {member.peer for member in self.room.present}
            due = next_deadline(self.room)
            assert due is not None
            assert due <= newest.until
            assert self.room.roster_due is not None or not self.room.is_wait_shorter
        else:
            assert newest.until is None
            assert not newest.waiting

    @invariant()
    def the_place_is_within_the_film(self) -> None:
        assert self.room.newest.media_time >= 0.0
        assert self.room.duration is None or self.room.newest.media_time <= self.room.duration

    @invariant()
    def people_are_within_limits_and_called_differently(self) -> None:
        assert len(self.room.present) <= POLICY.members_most
        members = [member for member in self.room.members if member.kind == "member"]
        assert len({member.name.casefold() for member in members}) == len(members)
        assert len(members) - len(self.room.present) <= POLICY.lost_most
        assert self.room.present or self.room.empty_since is not None or not self.room.members


def next_turn(room: Room) -> float:
    """When the timeline changes by itself at the latest that matters here, s."""
    due = next_deadline(room)
    return float("inf") if due is None else due


def same_but_for_waiting(one: Timeline, other: Timeline) -> bool:
    return stripped(one) == stripped(other)


def stripped(timeline: Timeline) -> tuple[Any, ...]:
    return (timeline.revision, timeline.item, timeline.state, timeline.media_time, timeline.room_time, timeline.rate)


TestRoom = RoomMachine.TestCase
TestRoom.settings = settings(max_examples=150, stateful_step_count=40)


def test_every_kind_of_message_and_action_is_somebodys_right() -> None:
    actions = set(Action.__args__)
    assert set().union(*MAY.values()) == {*protocol.CLIENT_KINDS.values(), *actions}


def test_members_may_do_all_that_controllers_may() -> None:
    assert MAY["controller"] < MAY["member"]
    assert all(may >= ALWAYS for may in MAY.values())


def test_a_new_room_stands_empty_and_waits_for_nothing() -> None:
    room = new_room("Cinema", "epoch")
    assert (room.name, room.epoch, room.revision, room.newest.state) == ("Cinema", "epoch", 0, "paused")
    assert next_deadline(room) is None
    assert apply(room, Due(), RoomTime(5.0)) == Transition(room)


REPORT = Report(delay_us=80_000, playout_us=1, dispersion_us=1)


def test_signs_of_life_have_a_short_way_that_leads_to_the_same() -> None:
    stage = watching("Ana", "Ben")
    stage.wait(1.0)
    stage.skip(0.01)
    for message in (protocol.ClockRequest(t0_us=0), REPORT):
        said = Said(PeerId("ben"), message)
        heard = hear(stage.room, said, stage.now)
        assert heard is not None
        assert heard.members[1].heard_at == stage.now
        assert heard == apply(stage.room, said, stage.now).room or heard.roster_due == stage.now
    assert heard.members[1].delay == 0.08


def test_all_else_has_none() -> None:
    stage = stage_of("Ana", "Ben")
    remote = stage.join("Remote", role="controller")
    stage.lose("ben")
    for command in (
        Due(),
        Said(PeerId("ana"), Ready(revision=0)),
        Said(PeerId("nobody"), REPORT),
        Said(PeerId("ben"), REPORT),
        Said(remote, protocol.ClockRequest(t0_us=0)),
    ):
        assert hear(stage.room, command, stage.now) is None
    stage = watching("Ana", "Ben")
    stage.command("ana", Pause())
    assert hear(stage.room, Said(PeerId("ana"), REPORT), stage.now) is not None
    stage.command("ana", protocol.Check())
    assert hear(stage.room, Said(PeerId("ana"), REPORT), stage.now) is None
