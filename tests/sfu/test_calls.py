"""The whole way: a real authority, a real Janus, and people whose call goes over to it and back while they speak."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from player.call.carriage import Carriage
from player.call.mesh import Mesh
from player.call.parts import Carrier, Inbox
from player.call.sfu import Sfu
from player.core.call_pipe import CallMode, Company, Member
from server.core.call_mode import FAILED, GROWN
from server.core.protocol import AskWays, CallStated, InCall, Roster, ServerMessage, Signal, Signalled, Ways
from server.core.room_state import RoomPolicy
from tests.call.company import Camera, Notebook, StraightClock, spoken, voice
from tests.fakes.houses import House, open_a_house
from tests.fakes.janus import SECRET, Janus
from tests.fakes.visitors import Friend
from tests.sfu.party import until

POLICY = RoomPolicy(sfu_above=4, sfu_kept=0.5, sfu_again=600.0, silence=600.0)
NAMES = ("Ana", "Ben", "Cho", "Dov", "Eva")


@dataclass
class Person:
    """A member whose player does no more than the call."""

    friend: Friend
    clock: StraightClock = field(default_factory=StraightClock)
    company: Company = field(default_factory=Company)
    stated: list[CallStated] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.inbox = Notebook(self.send)
        self.inbox.ways_wanted = lambda: self.send(AskWays())  # type: ignore[method-assign]
        self.carriage = Carriage(self.inbox, self._make)
        self._tasks = {asyncio.ensure_future(self._live())}

    @property
    def peer(self) -> str:
        return self.friend.welcome.peer

    def send(self, message: Signal | AskWays | InCall) -> None:
        task = asyncio.ensure_future(self.friend.send(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def speak(self) -> None:
        camera, keys = Camera(fps=5), 0
        while True:
            self.count += 1
            self.carriage.send_voice(voice(self.count, self.clock.now()))
            if self.count % 10 == 0:
                camera.wants_key, keys = self.inbox.keys_wanted > keys, self.inbox.keys_wanted
                self.carriage.send_picture(camera.picture(self.clock.now()))
            await asyncio.sleep(0.02)

    def begin_to_speak(self) -> None:
        self._tasks.add(asyncio.ensure_future(self.speak()))

    async def end(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await self.friend.send(InCall(joined=False))
        await self.carriage.close()
        await self.friend.leave()

    def _make(self, mode: CallMode, inbox: Inbox) -> Carrier:
        return Sfu(inbox, self.clock) if mode == "sfu" else Mesh(inbox, self.clock)

    async def _live(self) -> None:
        """What comes from the authority, in its order."""
        while True:
            await self.friend.hear_anything()
            heard, self.friend.heard = self.friend.heard, []
            for message in heard:
                self._take(message)

    def _take(self, message: ServerMessage) -> None:
        company = self.company
        match message:
            case Roster(members):
                others = tuple(
                    Member(each.peer, each.name, each.call.serial, camera=True, microphone=True)
                    for each in members
                    if each.call is not None and each.peer != self.peer
                )
                is_in = any(each.call is not None and each.peer == self.peer for each in members)
                company = replace(company, joined=is_in, me=self.peer, members=others)
            case CallStated(mode, generation):
                self.stated.append(message)
                company = replace(company, mode=mode, generation=generation)
            case Signalled():
                self.carriage.receive(message)
            case Ways():
                self.carriage.use(message)
            case _:
                pass
        if company != self.company:
            self.company = company
            self.carriage.be_in(company)


@contextlib.asynccontextmanager
async def people_at(house: House, *names: str) -> AsyncIterator[list[Person]]:
    people: list[Person] = []
    try:
        for name in names:
            people.append(Person(await Friend.join(house.url, name=name)))
        for person in people:
            person.send(InCall(joined=True, camera=True, microphone=True))
        yield people
    finally:
        await asyncio.gather(*(person.end() for person in people))


def are_by(people: list[Person], mode: str) -> bool:
    """Whether all reach all others by that way only."""
    return all(
        person.company.mode == mode
        and person.carriage._before is None
        and len(person.carriage.states) == len(people) - 1
        and all(state == "connected" for state, _, _ in person.carriage.states.values())
        for person in people
    )


def noted(person: Person, other: Person) -> set[str]:
    return {state for state, _, _ in person.inbox.states[other.peer]}


async def test_five_go_over_to_the_sfu_and_back_and_nobody_falls_silent(janus: Janus) -> None:
    async with (
        open_a_house(room=POLICY, janus=janus.url, janus_secret=SECRET) as house,
        people_at(house, *NAMES[:4]) as people,
    ):
        await until(lambda: are_by(people, "mesh"), "a mesh of four")
        for person in people:
            person.begin_to_speak()
        ana, ben = people[:2]
        await until(lambda: len(ana.inbox.voices[ben.peer]) > 30, "a voice")
        async with people_at(house, NAMES[4]) as (eva,):
            eva.begin_to_speak()
            five = [*people, eva]
            await until(lambda: are_by(five, "sfu"), "five on the SFU")
            assert ana.stated[-1].words == GROWN
            heard = len(ana.inbox.voices[ben.peer])
            await until(lambda: len(ana.inbox.voices[ben.peer]) > heard + 50, "a voice by the SFU")
            seen = len(ana.inbox.pictures[eva.peer])
            await until(lambda: len(ana.inbox.pictures[eva.peer]) > seen + 3, "the picture of who came")
        await until(lambda: are_by(people, "mesh"), "a mesh again")
        heard = len(ana.inbox.voices[ben.peer])
        await until(lambda: len(ana.inbox.voices[ben.peer]) > heard + 50, "a voice by the mesh")
        for person in people:
            for other in people:
                if other is not person:
                    assert noted(person, other) <= {"connecting", "connected"}
                    said = sorted(set(spoken(person.inbox.voices[other.peer])))
                    assert len(said) > 0.9 * (said[-1] - said[0])
        assert [stated.mode for stated in ana.stated] == ["sfu", "mesh"]


@pytest.mark.expects_warnings
async def test_a_janus_killed_in_mid_call_leaves_the_call_as_a_mesh(janus: Janus) -> None:
    policy = RoomPolicy(sfu_above=2, sfu_kept=60.0, sfu_again=600.0, silence=600.0)
    async with (
        open_a_house(room=policy, janus=janus.url, janus_secret=SECRET) as house,
        people_at(house, *NAMES[:3]) as people,
    ):
        await until(lambda: are_by(people, "sfu"), "three on the SFU")
        for person in people:
            person.begin_to_speak()
        ana, ben = people[:2]
        await until(lambda: len(ana.inbox.voices[ben.peer]) > 30, "a voice")
        janus.kill()
        await until(lambda: are_by(people, "mesh"), "a mesh")
        assert ana.stated[-1] == CallStated(mode="mesh", generation=2, words=FAILED)
        heard = len(ana.inbox.voices[ben.peer])
        await until(lambda: len(ana.inbox.voices[ben.peer]) > heard + 50, "a voice by the mesh")
