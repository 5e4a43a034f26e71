"""From the mesh to an SFU and back without leaving: with carriers by hand, and with real processes and a real Janus."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from player.call import carriage as carriages
from player.call.carriage import Carriage
from player.call.parts import Inbox
from player.core.call_media import ArrivedPicture, EncodedPicture, EncodedVoice, MediaClock, VoicePacket
from player.core.call_pipe import CallMode, Company, Member, PeerState
from server.core.protocol import Hangup, Meeting, Signal, Signalled, Ways
from server.core.timeline import LocalTime, RoomTime
from tests.call.company import Notebook
from tests.call.party import Party
from tests.fakes.janus import PLUGIN, Caller, Janus
from tests.fakes.waiting import until, wait_until
from tests.sfu.party import ROOM
from tests.sfu.party import Party as Meetings

PICTURE = EncodedPicture(b"x", True, LocalTime(1.0))
VOICE = EncodedVoice(b"x", LocalTime(1.0))


class FakeCarrier:
    """Implements Carrier: notes what it is told."""

    def __init__(self, mode: CallMode, inbox: Inbox) -> None:
        self.mode = mode
        self.inbox = inbox
        self.company = Company()
        self.ways: list[Ways] = []
        self.signals: list[Signalled] = []
        self.sent: list[object] = []
        self.keys: list[str] = []
        self.anew = 0
        self.is_closed = False
        self.hangs = False
        self.bit_rate = 500_000
        self.loss = 0.0

    def be_in(self, company: Company) -> None:
        self.company = company

    def receive(self, signal: Signalled) -> None:
        self.signals.append(signal)

    def use(self, ways: Ways) -> None:
        self.ways.append(ways)

    def begin_anew(self) -> None:
        self.anew += 1

    def send_picture(self, picture: EncodedPicture) -> None:
        self.sent.append(picture)

    def send_voice(self, voice: EncodedVoice) -> None:
        self.sent.append(voice)

    def want_key(self, peer: str) -> None:
        self.keys.append(peer)

    async def close(self) -> None:
        self.is_closed = True
        if self.hangs:
            await asyncio.Event().wait()
        self.inbox.signal(Signal(to="b", attempt="x", what=Hangup()))

    def connect(self, *peers: str) -> None:
        for peer in peers:
            self.tell(peer, "connected")

    def tell(self, peer: str, state: PeerState, words: str = "") -> None:
        self.inbox.take_state(peer, state, False, words)

    def bring(self, peer: str, number: int) -> None:
        self.inbox.take_voice(peer, VoicePacket(number, 0, b"", LocalTime(0.0)))
        self.inbox.take_picture(peer, ArrivedPicture(b"", number, True, True, LocalTime(0.0)))
        self.inbox.take_clock(peer, "voice", MediaClock(RoomTime(0.0), number))


class Stand:
    def __init__(self) -> None:
        self.signals: list[Signal] = []
        self.inbox = Notebook(self.signals.append)
        self.made: list[FakeCarrier] = []
        self.carriage = Carriage(self.inbox, self.make)

    def make(self, mode: CallMode, inbox: Inbox) -> FakeCarrier:
        self.made.append(FakeCarrier(mode, inbox))
        return self.made[-1]

    def be_in(self, mode: CallMode = "mesh", generation: int = 0, members: str = "bc") -> None:
        others = tuple(Member(peer, peer.upper(), 1, True, True) for peer in members)
        self.carriage.be_in(Company(joined=True, me="a", members=others, mode=mode, generation=generation))

    def voices(self, peer: str) -> list[int]:
        return [packet.sequence for packet in self.inbox.voices[peer]]


async def test_nothing_is_carried_outside_a_call() -> None:
    stand = Stand()
    stand.carriage.send_picture(PICTURE)
    stand.carriage.receive(Signalled("b", "x", Hangup()))
    stand.carriage.be_in(Company())
    assert not stand.made
    assert stand.carriage.bit_rate == 0
    assert stand.carriage.states == {}
    await stand.carriage.close()


async def test_all_goes_by_the_one_carrier() -> None:
    stand = Stand()
    stand.be_in()
    (mesh,) = stand.made
    assert mesh.mode == "mesh"
    stand.carriage.use(Ways(seconds=5))
    stand.carriage.send_picture(PICTURE)
    stand.carriage.send_voice(VOICE)
    stand.carriage.begin_anew()
    mesh.connect("b")
    mesh.bring("b", 7)
    mesh.inbox.key_wanted()
    mesh.inbox.ways_wanted()
    mesh.inbox.say("words", "about")
    assert (mesh.sent, mesh.anew, mesh.ways) == ([PICTURE, VOICE], 1, [Ways(seconds=5)])
    assert stand.voices("b") == [7]
    assert (stand.inbox.keys_wanted, stand.inbox.ways_asked, stand.inbox.said) == (1, 1, [("words", "about")])
    assert stand.carriage.states == {"b": ("connected", False, "")}
    stand.be_in(generation=3)
    assert len(stand.made) == 1, "a mesh is a mesh"
    stand.carriage.be_in(Company())
    await until(lambda: mesh.is_closed)
    assert stand.signals, "its goodbye goes out"


async def test_each_member_is_heard_by_the_new_carrier_as_soon_as_it_is_connected_there() -> None:
    stand = Stand()
    stand.be_in()
    stand.carriage.use(Ways(seconds=5))
    mesh = stand.made[0]
    mesh.connect("b", "c")
    stand.be_in("sfu", 1)
    sfu = stand.made[1]
    assert sfu.ways == [Ways(seconds=5)]
    stand.carriage.send_picture(PICTURE)
    assert mesh.sent == sfu.sent == [PICTURE]
    sfu.tell("b", "connecting")
    for carrier, number in ((mesh, 1), (sfu, 2)):
        carrier.bring("b", number)
    assert stand.voices("b") == [1]
    assert stand.carriage.states["b"][0] == "connected", "nobody sees that anything changes"
    sfu.connect("b")
    for carrier, number in ((mesh, 3), (sfu, 4)):
        carrier.bring("b", number)
        carrier.bring("c", number)
    assert stand.voices("b") == [1, 4]
    assert stand.voices("c") == [3]
    assert "b" in sfu.keys
    assert not mesh.is_closed
    sfu.connect("c")
    await until(lambda: mesh.is_closed)
    mesh.bring("c", 5)
    mesh.tell("c", "absent")
    sfu.bring("c", 6)
    assert stand.voices("c") == [3, 6]
    assert stand.carriage.states["c"][0] == "connected"
    assert [state for state, _, _ in stand.inbox.states["c"]] == ["connected", "connected"]
    await stand.carriage.close()
    assert sfu.is_closed


async def test_the_old_carrier_has_its_time_and_who_is_lost_by_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carriages, "CHANGING", 0.0)
    stand = Stand()
    stand.be_in()
    stand.made[0].connect("b", "c")
    stand.be_in("sfu", 1)
    stand.made[1].connect("b")
    stand.made[1].tell("c", "reconnecting", "Janus is slow.")
    await until(lambda: stand.made[0].is_closed)
    assert stand.carriage.states["c"] == ("reconnecting", False, "Janus is slow.")
    assert stand.inbox.states["c"][-1] == ("reconnecting", False, "Janus is slow.")
    await stand.carriage.close()


async def test_a_change_during_a_change_leaves_only_the_last_two() -> None:
    stand = Stand()
    stand.be_in()
    stand.be_in("sfu", 1)
    stand.be_in("sfu", 2)
    await until(lambda: stand.made[0].is_closed)
    assert [each.is_closed for each in stand.made] == [True, False, False]
    stand.be_in("mesh", 3)
    await until(lambda: stand.made[1].is_closed)
    await stand.carriage.close()
    assert all(each.is_closed for each in stand.made)


async def test_an_old_carrier_that_does_not_end_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carriages, "MOST_CLOSING", 0.01)
    stand = Stand()
    stand.be_in()
    stand.made[0].hangs = True
    await stand.carriage.close()
    for task in stand.carriage._closing:
        task.cancel()


# -- the real things ---------------------------------------------------------------------------------------------------


@pytest.fixture
def janus(tmp_path: Path) -> Iterator[Janus]:
    with Janus(tmp_path) as made:
        asyncio.run(Meetings(made).prepare())
        yield made


def held_by_janus(janus: Janus, generation: int) -> Ways:
    return Ways(
        seconds=600,
        meeting=Meeting(
            url=janus.url,
            room=ROOM,
            generation=generation,
            token=janus.sign(PLUGIN, lasting=600),
            ticket=janus.ticket(ROOM, lasting=600),
        ),
    )


async def publishers(janus: Janus) -> int:
    caller = await (await Caller.call(janus)).enter()
    found = await caller.ask_plugin(request="listparticipants", room=ROOM)
    await caller.close()
    return sum(each["publisher"] for each in found.get("participants", []))


def test_three_go_to_a_real_janus_and_back_and_see_each_other_all_the_time(janus: Janus) -> None:
    party = Party("Ana", "Ben", "Cleo", microphone=True)
    pairs = [(who, of) for who in ("ana", "ben", "cleo") for of in ("ana", "ben", "cleo") if who != of]
    try:
        for who, of in pairs:
            party.waits_for_pictures(who, of)
        for mode, generation, count in (("sfu", 1, 3), ("mesh", 2, 0), ("sfu", 3, 3)):
            party.ways = held_by_janus(janus, generation) if mode == "sfu" else Ways(seconds=600)
            party.hold(mode, generation)  # type: ignore[arg-type]
            wait_until(lambda: asyncio.run(publishers(janus)) == count, f"{mode}")  # noqa: B023 - called at once
            for who, of in pairs:
                party.waits_for_pictures(who, of, more=20)
        states = {figures.state for guest in party.guests.values() for figures in guest.told.peers}
        assert states == {"connected"}
    finally:
        party.close()
