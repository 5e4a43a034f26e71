"""Processes that share a room, in long random orders of attempts, answers, deliveries and losses.

What is promised: nobody is told anything out of order or left out, everything counts once, and once all is quiet all
replicas are the room in the store.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from server.core import protocol
from server.core.protocol import Accepted, Load, Notice, Pause, Play, Say, Seek, TimelineStated, Welcome
from server.core.replica import Attempt
from server.core.room_state import Admit, Join, Lost, Outcome, Said, Send
from server.core.timeline import PeerId, RoomTime
from tests.fakes.shared_store import NAME, Process, SharedStore

STEPS = {
    "join": 2,
    "command": 12,
    "lose_somebody": 1,
    "begin": 20,
    "end": 20,
    "hear": 20,
    "lose_link": 1,
    "find_link": 3,
}


class Service:
    """Three processes. `forgets`: what the store keeps for those who missed something is lost now and then."""

    def __init__(self, seed: int, *, forgets: bool) -> None:
        self.random = Random(seed)
        self.forgets = forgets
        self.store = SharedStore()
        self.processes = [Process(self.store, f"p{number}") for number in range(3)]
        self.attempts: list[Attempt | None] = [None, None, None]
        self.people = self.commands = 0
        self.said: dict[str, PeerId] = {}  # by whom, by the command's id
        self.now = 1000.0
        for process in self.processes:
            process.load()

    def run(self, count: int) -> None:
        names, weights = list(STEPS), list(STEPS.values())
        for step in self.random.choices(names, weights, k=count):
            getattr(self, step)(self.random.randrange(3))
            if self.forgets and self.random.random() < 0.02:
                self.store.told.clear()

    # -- people ------------------------------------------------------------------------------------------------------

    def join(self, where: int) -> None:
        if self.people >= 6:
            return
        self.people += 1
        peer = PeerId(f"m{self.people}")
        hello = protocol.Hello(version=protocol.VERSION, room=NAME, name=peer)
        self._submit(where, Join(peer, f"token of {peer}", hello))

    def command(self, where: int) -> None:
        process = self.processes[where]
        if not process.replica.local or process.replica.room is None:
            return
        peer = self.random.choice(sorted(process.replica.local))
        self.commands += 1
        id = f"c{self.commands}"
        actions = (Play(), Pause(), Seek(media_us=self.commands * 10**6), Load(title="Film"), Say(text=id))
        self.said[id] = peer
        item = process.replica.room.item_id
        self._submit(
            where, Said(peer, protocol.Command(id=id, revision=0, item=item, action=self.random.choice(actions)))
        )

    def lose_somebody(self, where: int) -> None:
        process = self.processes[where]
        if process.replica.local:
            peer = self.random.choice(sorted(process.replica.local))
            self._submit(where, Lost(peer, peer))

    def _submit(self, where: int, command: Join | Said | Lost) -> None:
        self.now += 0.5
        for process in self.processes:
            process.now = RoomTime(self.now)
        self.processes[where].submit(command)

    # -- the store ---------------------------------------------------------------------------------------------------

    def begin(self, where: int) -> None:
        process = self.processes[where]
        if process.is_linked and process.replica.has_work:
            self.attempts[where] = process.begin()

    def end(self, where: int) -> None:
        attempt, self.attempts[where] = self.attempts[where], None
        process = self.processes[where]
        if attempt is not None and process.replica.attempt is attempt:
            process.end(attempt)

    def hear(self, where: int) -> None:
        if self.processes[where].is_linked:
            self.processes[where].hear(self.random.randint(1, 3))

    def lose_link(self, where: int) -> None:
        process = self.processes[where]
        attempt, self.attempts[where] = self.attempts[where], None
        process.is_linked = False
        if attempt is not None and process.replica.attempt is attempt and self.random.random() < 0.5:
            self.store.commit(attempt, process.name)
        process.lose()

    def find_link(self, where: int) -> None:
        if not self.processes[where].is_linked:
            self.processes[where].find_again()

    # -- what has to hold --------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Let everything arrive."""
        for where in range(3):
            self.end(where)
            self.find_link(where)
        while any(process.replica.has_work or process.mail for process in self.processes):
            for process in self.processes:
                process.work()
                process.hear()

    def check(self) -> None:
        rooms = [process.replica.room for process in self.processes]
        assert rooms[0] == rooms[1] == rooms[2]
        late = Process(self.store, "late")
        late.load()
        self.store.processes.remove(late)
        assert late.replica.room == rooms[0]
        if rooms[0] is not None:
            assert not [name for name, count in Counter(m.token for m in rooms[0].members).items() if count > 1]
            said = [line.text for line in rooms[0].lines]
            assert len(set(said)) == len(said), "words that count twice"
        for process in self.processes:
            for peer in process.replica.local:
                self._check_peer(peer, process)

    def _check_peer(self, peer: PeerId, process: Process) -> None:
        """Who is here has heard everything since it was let in, in order."""
        admitted = max(i for i, each in enumerate(process.delivered) if isinstance(each, Admit) and each.peer == peer)
        heard = [each.message for each in process.delivered[admitted:] if _is_to(each, peer)]
        first = heard[0]
        assert isinstance(first, Welcome)
        revisions = [first.timeline.revision]
        for message in heard[1:]:
            if isinstance(message, TimelineStated) and message.revision != revisions[-1]:
                revisions.append(message.revision)
        assert not any(isinstance(message, Notice) for message in heard)
        if process.recalls:
            return
        assert revisions == list(range(revisions[0], revisions[0] + len(revisions)))
        answers = {each.id for each in heard if isinstance(each, Accepted | protocol.Refused)}
        mine = {id for id, who in self.said.items() if who == peer}
        assert mine <= answers


def _is_to(outcome: Outcome, peer: PeerId) -> bool:
    return isinstance(outcome, Send) and peer in outcome.to


@pytest.mark.parametrize("forgets", [False, True])
def test_whatever_happens_all_have_one_room_and_miss_nothing(forgets: bool) -> None:
    for seed in range(100):
        service = Service(seed, forgets=forgets)
        for _ in range(4):
            service.run(50)
            service.settle()
            service.check()
        assert forgets or not any(process.recalls for process in service.processes)
