"""The mesh, by real connections between members in one process."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest

from player.call.connection import Connection
from player.core import rtp
from player.core.call_media import VP8
from player.core.picture_assembly import AssemblyPolicy
from server.core.protocol import Again, Answer, Offer, Signal
from tests.call.company import HASTY, Camera, Person, Wires, a_call, connected, show, spoken, voice
from tests.fakes.waiting import until


async def test_two_members_see_and_hear_each_other_whole_and_in_order() -> None:
    async with a_call("ana", "ben") as call:
        ana, ben = call.people.values()
        await connected(call)
        camera, sent = Camera(), []
        for count in range(60):
            sent.append(camera.picture(ana.clock.now()))
            ana.mesh.send_picture(sent[-1])
            ana.mesh.send_voice(voice(count, ana.clock.now()))
            await asyncio.sleep(0.01)
        await until(lambda: len(ben.inbox.pictures["ana"]) == len(sent), pause=0.01)
        came = ben.inbox.pictures["ana"]
        assert [picture.data for picture in came] == [picture.data for picture in sent]
        assert [picture.is_key for picture in came] == [picture.is_key for picture in sent]
        assert [picture.follows for picture in came] == [False] + [True] * 59
        await until(lambda: len(ben.inbox.voices["ana"]) == 60, pause=0.01)
        assert spoken(ben.inbox.voices["ana"]) == list(range(60))
        assert not ana.inbox.pictures
        assert [state for state, _, _ in ben.inbox.states["ana"]] == ["connecting", "connected"]


async def test_pictures_and_voices_are_dated_in_room_time() -> None:
    async with a_call("ana", "ben") as call:
        ana, ben = call.people.values()
        ana.clock.ahead = 5000.0
        await connected(call)
        camera, captured = Camera(), []
        for count in range(3):
            captured.append(ana.clock.now())
            ana.mesh.send_picture(camera.picture(captured[-1]))
            ana.mesh.send_voice(voice(count, captured[-1]))
            await asyncio.sleep(0.02)
        heard = ben.inbox.clocks
        await until(lambda: heard["ana", "picture"] and heard["ana", "voice"], "a sender report", pause=0.01)
        await until(lambda: len(ben.inbox.pictures["ana"]) == 3 and len(ben.inbox.voices["ana"]) == 3, pause=0.01)
        clock = heard["ana", "picture"][-1]
        for picture, at in zip(ben.inbox.pictures["ana"], captured, strict=True):
            after = rtp.unwrapped(picture.timestamp, clock.timestamp, 32) - clock.timestamp
            assert clock.room + after / 90_000 == pytest.approx(at + 5000.0, abs=1e-4)
        clock, last = heard["ana", "voice"][-1], ben.inbox.voices["ana"][-1]
        after = rtp.unwrapped(last.timestamp, clock.timestamp, 32) - clock.timestamp
        # the microphone's time counts samples: the newest packet's is exact, within what the test was late by before
        assert clock.room + after / 48_000 == pytest.approx(captured[-1] + 5000.0, abs=0.06)


async def test_four_members_are_connected_each_with_each() -> None:
    async with a_call("ana", "ben", "cid", "dee") as call:
        await connected(call)
        offers = {(sender, signal.to) for sender, signal in call.signals if isinstance(signal.what, Offer)}
        assert offers == {(a, b) for a in call.people for b in call.people if a < b}  # the lower id offers
        for person in call.people.values():
            await show(person, Camera(), 5)
            person.mesh.send_voice(voice(7, person.clock.now()))
        for person in call.people.values():
            for other in set(call.people) - {person.name}:
                await until(lambda p=person, o=other: len(p.inbox.pictures[o]) == 5 and p.inbox.voices[o], pause=0.01)


async def test_a_key_frame_comes_when_somebody_wants_one() -> None:
    async with a_call("ana", "ben") as call:
        ana, ben = call.people.values()
        await connected(call)
        await until(lambda: ana.inbox.keys_wanted, "the newcomer's key frame")
        await show(ana, Camera(), 2)
        ben.mesh.want_key("ana")
        await until(lambda: ana.inbox.keys_wanted, "a request", pause=0.01)


async def test_what_is_lost_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tenth packet of the camera is lost, and some are overtaken: all pictures come whole, in order."""
    wires = Wires(monkeypatch)
    async with a_call("ana", "ben") as call:
        ana, ben = call.people.values()
        await connected(call)
        chance = random.Random(4)
        end = call.connection("ben", "ana")
        end._assembly.policy = AssemblyPolicy(patience=60.0, ask_most=1000)  # however busy this machine is
        take = end._path.take_media
        loop = asyncio.get_running_loop()

        def late(data: bytes) -> bool:
            if rtp.is_rtcp(data) or data[1] & 0x7F != VP8:
                return False
            draw = chance.random()
            if 0.1 <= draw < 0.2:
                loop.call_later(0.004, take, data)
            return draw < 0.2

        camera = Camera(640, 480, bit_rate=1_500_000)
        sent = await show(ana, camera, 1)  # whole: the stream begins with it
        await until(lambda: ben.inbox.pictures["ana"], "the first", pause=0.01)
        wires.drops = late
        sent += await show(ana, camera, 78)
        wires.mend()
        sent += await show(ana, camera, 1)  # which shows what is missing before it
        await until(lambda: len(ben.inbox.pictures["ana"]) == len(sent), "all of them", pause=0.01)
        came = ben.inbox.pictures["ana"]
        assert [picture.data for picture in came] == sent
        assert all(picture.follows for picture in came[1:])


async def test_what_is_lost_for_good_costs_pictures_until_the_next_key_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    wires = Wires(monkeypatch)
    async with a_call("ana", "ben") as call:
        ana, ben = call.people.values()
        await connected(call)
        camera = Camera()
        await show(ana, camera, 5)
        await until(lambda: len(ben.inbox.pictures["ana"]) == 5, pause=0.01)
        ana.inbox.keys_wanted = 0
        wires.drops = lambda data: not rtp.is_rtcp(data)
        await show(ana, camera, 2)
        # what comes now has lost what it builds on, and its history can't be had again
        ana.mesh._outgoing._pictures.clear()
        wires.mend()
        count = 0
        while not any(picture.is_key for picture in ben.inbox.pictures["ana"][1:]):
            count += 1
            assert count < 2000, "no key frame has come"
            await show(ana, camera, 1)
        came = ben.inbox.pictures["ana"][5:]
        assert not came[0].follows
        assert all(picture.follows for picture in came[1:] if not picture.is_key)


async def test_loss_and_what_a_path_takes_are_told_to_the_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    wires = Wires(monkeypatch)
    async with a_call("ana", "ben", policy=HASTY) as call:
        ana, _ = call.people.values()
        await connected(call)
        assert ana.mesh.loss == 0.0
        first = ana.mesh.bit_rate
        count = [0]

        def third(data: bytes) -> bool:
            count[0] += not rtp.is_rtcp(data)
            return not rtp.is_rtcp(data) and count[0] % 3 == 0

        wires.drops = third
        camera = Camera()
        while ana.mesh.loss < 0.1 or ana.mesh.bit_rate >= first:
            await show(ana, camera, 1)


async def test_a_member_that_is_gone_is_noticed_and_others_are_not_disturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_call("ana", "ben", "cid", policy=HASTY) as call:
        ana, ben, cid = call.people.values()
        await connected(call)
        kill(ben)
        call.carry = lambda sender, signal: None if "ben" in (sender, signal.to) else signal
        for person in (ana, cid):
            await until(lambda p=person: p.inbox.state("ben") == "absent", pause=0.01)
            assert "reconnecting" in [state for state, _, _ in person.inbox.states["ben"]]
        ana.mesh.send_voice(voice(1, ana.clock.now()))
        await until(lambda: cid.inbox.voices["ana"], pause=0.01)
        for person, other in ((ana, "cid"), (cid, "ana")):
            assert [state for state, _, _ in person.inbox.states[other]] == ["connecting", "connected"]
        # it is back with a new process: as the roster says, its call began anew
        call.carry = lambda sender, signal: signal
        call.join("ben", serial=2)
        await connected(call)


def kill(person: Person) -> None:
    """End somebody's player as a power cut does: nothing is said and nothing more is answered."""
    person.mesh._is_closed = True
    assert person.mesh._beat is not None
    person.mesh._beat.cancel()
    for talk in person.mesh._talks.values():
        if talk.task is not None:
            talk.task.cancel()
        assert talk.connection is not None
        talk.connection.stop()
        ice = talk.connection._path._ice
        ice._query_consent_task.cancel()
        for protocol in ice._protocols:
            protocol.transport.abort()
        talk.connection._dtls.remove_all_listeners()


async def test_a_short_cut_is_sat_out(monkeypatch: pytest.MonkeyPatch) -> None:
    wires = Wires(monkeypatch)
    async with a_call("ana", "ben", policy=replace(HASTY, silence=60.0)) as call:
        ana, ben = call.people.values()
        await connected(call)
        before = call.connection("ben", "ana")
        camera = Camera()
        await show(ana, camera, 3)
        wires.cut()
        await show(ana, camera, 100)
        wires.mend()
        seen = len(ben.inbox.pictures["ana"])
        while len(ben.inbox.pictures["ana"]) < seen + 5:
            await show(ana, camera, 1)
        assert call.connection("ben", "ana") is before


async def test_a_long_cut_is_told_and_connects_anew_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    wires = Wires(monkeypatch)
    async with a_call("ana", "ben", "cid", policy=HASTY) as call:
        await connected(call)
        wires.cut()
        call.carry = lambda sender, signal: None  # the room's link is cut, too
        people = list(call.people.values())
        for person in people:
            for other in set(call.people) - {person.name}:
                await until(lambda p=person, o=other: p.inbox.state(o) == "absent", pause=0.01)
                told = [state for state, _, _ in person.inbox.states[other]]
                assert told[:3] == ["connecting", "connected", "reconnecting"]
        wires.mend()
        call.carry = lambda sender, signal: signal
        await connected(call)
        await show(people[0], Camera(), 3)
        await until(lambda: len(people[1].inbox.pictures["ana"]) == 3, pause=0.01)


async def test_another_network_means_other_connections() -> None:
    async with a_call("ana", "ben", "cid", policy=HASTY) as call:
        _ana, ben, cid = call.people.values()
        await connected(call)
        kept = call.connection("ana", "cid")
        before = call.connection("ana", "ben"), call.connection("ben", "cid")
        ben.mesh.begin_anew()  # it answers to Ana and offers to Cid
        await until(lambda: cid.inbox.states["ben"][-2:] != cid.inbox.states["ben"][:2], pause=0.01)
        await connected(call)
        await until(lambda: call.connection("ana", "ben") is not before[0], pause=0.01)
        await until(lambda: call.connection("ben", "cid") is not before[1], pause=0.01)
        await connected(call)
        assert call.connection("ana", "cid") is kept


async def test_signals_that_get_lost_are_said_again() -> None:
    async with a_call(policy=HASTY) as call:
        seen = {Offer: 0, Answer: 0}

        def carry(sender: str, signal: Signal) -> Signal | None:
            kind = type(signal.what)
            seen[kind] += 1
            return None if seen[kind] == 1 else signal

        call.carry = carry
        call.join("ana")
        call.join("ben")
        await connected(call)
        attempts = {signal.attempt for _, signal in call.signals}
        assert len(attempts) == 1


async def test_an_offer_may_be_earlier_than_the_roster() -> None:
    async with a_call() as call:
        call.join("ana", is_told=False)
        call.join("ben", is_told=False)
        call.tell(["ana"])
        await until(lambda: any(isinstance(signal.what, Offer) for _, signal in call.signals), pause=0.01)
        call.tell(["ben"])
        await connected(call)
        assert sum(isinstance(signal.what, Offer) for _, signal in call.signals) == 1


async def test_who_waits_in_vain_for_an_offer_asks_for_one() -> None:
    async with a_call(policy=HASTY) as call:
        call.carry = lambda sender, signal: None if isinstance(signal.what, Offer) else signal
        call.join("ana", is_told=False)
        call.join("ben", is_told=False)
        call.tell(["ana", "ben"])
        await until(lambda: any(isinstance(signal.what, Again) for _, signal in call.signals), pause=0.01)
        call.carry = lambda sender, signal: signal
        await connected(call)


async def test_leaving_ends_connections_at_once() -> None:
    async with a_call("ana", "ben", "cid", policy=HASTY) as call:
        ana, ben, cid = call.people.values()
        await connected(call)
        del call.people["ben"]
        call.tell()
        assert ana.inbox.state("ben") == "absent"
        assert "ben" not in ana.mesh._talks
        await ben.mesh.close()
        assert ben.inbox.state("ana") == "connected"  # who has closed says nothing more
        await connected(call)
        # and the rest is as it was
        assert [state for state, _, _ in cid.inbox.states["ana"]] == ["connecting", "connected"]


async def test_one_whose_signals_do_not_arrive_disturbs_nobody() -> None:
    async with a_call("ana", "ben", "cid", policy=HASTY) as call:
        call.carry = lambda sender, signal: None if "cid" in (sender, signal.to) else signal
        ana = call.people["ana"]
        await connected(call, "ana", "ben")
        await until(lambda: ana.inbox.state("cid") == "absent", pause=0.01)
        assert any("No way to this player" in words for _, _, words in ana.inbox.states["cid"])
        assert [state for state, _, _ in ana.inbox.states["ben"]] == ["connecting", "connected"]


async def test_without_a_relay_nothing_of_a_relay_only_call_leaves_this_machine() -> None:
    async with a_call("ana", "ben", relay_only=True) as call:
        ana = call.people["ana"]
        await until(lambda: ana.inbox.said, pause=0.01)
        assert ana.inbox.said == [
            ("Calls of this room go through a relay only. But its server announces none.", "relay")
        ]
        await until(lambda: any(words for _, _, words in ana.inbox.states["ben"]), pause=0.01)
        assert not any(isinstance(signal.what, Offer) for _, signal in call.signals)


def open_sockets(connection: Connection) -> int:
    return len(connection._path._ice._protocols)


async def test_ended_connections_leave_no_socket() -> None:
    async with a_call("ana", "ben") as call:
        await connected(call)
        ends = [call.connection("ana", "ben"), call.connection("ben", "ana")]
        assert all(open_sockets(end) for end in ends)
    assert not any(open_sockets(end) for end in ends)
