"""Carriers over a real Janus: what one sends comes at each other one, once, in time and whole."""

from __future__ import annotations

import asyncio

import pytest

from player.core.sfu import SfuPolicy
from server.core.protocol import Feed, Signal
from tests.call.company import Wires, spoken
from tests.fakes.janus import Caller, Janus
from tests.sfu.party import ROOM, Party, a_party, until

NAMES = ("ana", "ben", "cho")


async def test_everybody_hears_and_sees_everybody_else(janus: Janus) -> None:
    async with a_party(janus, *NAMES) as party:
        await until(party.are_connected, "a connection each")
        party.send()
        for name in NAMES:
            inbox = party.guests[name].inbox
            for other in NAMES:
                if other != name:
                    await until(lambda: len(inbox.pictures[other]) > 10, f"pictures of {other}")  # noqa: B023
                    await until(lambda: len(inbox.voices[other]) > 50, f"the voice of {other}")  # noqa: B023
            for other in set(NAMES) - {name}:
                pictures, said = inbox.pictures[other], spoken(inbox.voices[other])
                assert pictures[0].is_key
                # a machine that is busy with other tests may drop a datagram
                assert sum(picture.follows for picture in pictures[1:]) > len(pictures) / 2
                assert said == sorted(set(said))
                assert len(said) > 0.8 * (said[-1] - said[0])
                assert len(inbox.voices[other][0].payload) == 80
            assert name not in inbox.pictures


async def test_a_capture_is_known_in_room_time_to_the_microsecond(janus: Janus) -> None:
    async with a_party(janus) as party:
        ana, ben = party.join("ana", ahead=5000.0), party.join("ben", ahead=-70.0)
        await until(party.are_connected, "a connection")
        captured = ana.clock.room(ana.clock.now())
        party.send("ana")
        await until(lambda: len(ben.inbox.clocks["ana", "picture"]) > 1, "a clock of the camera")
        await until(lambda: len(ben.inbox.clocks["ana", "voice"]) > 1, "a clock of the microphone")
        now = ana.clock.room(ana.clock.now())
        for kind, rate in (("picture", 90_000), ("voice", 48_000)):
            first, second = ben.inbox.clocks["ana", kind][:2]
            assert captured < first.room < second.room < now
            if kind == "picture":  # its RTP time is its capture: both say the same
                elapsed = ((second.timestamp - first.timestamp) & 0xFFFFFFFF) / rate
                assert elapsed == pytest.approx(second.room - first.room, abs=0.001)


async def test_who_sends_sends_once(janus: Janus) -> None:
    async with a_party(janus, *NAMES) as party:
        await until(party.are_connected, "a connection each")
        ana = party.guests["ana"]
        sent: list[int] = []
        for connection in ana.sfu._open_connections():
            protect = connection._protect
            assert protect is not None
            connection._protect = lambda data, protect=protect: sent.append(len(data)) or protect(data)  # type: ignore[func-returns-value]
        party.send("ana")
        await until(lambda: len(party.guests["ben"].inbox.voices["ana"]) > 100, "voice")
        assert len(party.guests["cho"].inbox.voices["ana"]) > 90
        pieces = ana.count + sum(size > 150 for size in sent)
        assert len(sent) <= 1.2 * pieces


async def test_a_late_comer_gets_a_key_frame_at_once(janus: Janus) -> None:
    async with a_party(janus, "ana", "ben") as party:
        await until(party.are_connected, "a connection")
        party.send("ana")
        await until(lambda: len(party.guests["ben"].inbox.pictures["ana"]) > 5, "pictures")
        cho = party.join("cho")
        await until(lambda: cho.inbox.pictures["ana"], "a picture for who came later")
        assert cho.inbox.pictures["ana"][0].is_key
        await until(lambda: len(cho.inbox.pictures["ana"]) > 20, "more pictures")
        before = len(cho.inbox.pictures["ana"])
        cho.sfu.want_key("ana")
        await until(lambda: any(each.is_key for each in cho.inbox.pictures["ana"][before:]), "a key frame on request")


async def test_who_leaves_is_gone_for_the_others_and_may_come_back(janus: Janus) -> None:
    async with a_party(janus, *NAMES) as party:
        await until(party.are_connected, "a connection each")
        await party.leave("cho")
        assert party.guests["ana"].inbox.state("cho") == "absent"
        party.join("cho", serial=2)
        await until(party.are_connected, "a connection each")


async def test_who_dies_is_noticed_and_its_next_life_is_taken(janus: Janus) -> None:
    async with a_party(janus, "ana", "ben") as party:
        await until(party.are_connected, "a connection")
        ben = party.guests["ben"]
        stay = ben.sfu._stay
        assert stay is not None
        assert stay.line._socket is not None
        stay.line._socket.transport.abort()
        await until(lambda: party.guests["ana"].inbox.state("ben") == "reconnecting", "a word of that")
        await until(party.are_connected, "a connection again")
        assert ben.inbox.states["ana"][-1][0] == "connected"


async def test_a_signal_that_was_lost_is_asked_for(janus: Janus) -> None:
    lost: list[Signal] = []

    def lose_first(sender: str, signal: Signal) -> Signal | None:
        if sender == "ana" and isinstance(signal.what, Feed) and signal.what.feed and not lost:
            lost.append(signal)
            return None
        return signal

    async with a_party(janus, "ana", "ben", carry=lose_first) as party:
        await until(party.are_connected, "a connection")
        assert lost


async def test_nobody_stands_under_two_names(janus: Janus) -> None:
    async with a_party(janus, *NAMES) as party:
        await until(party.are_connected, "a connection each")
        ana, ben = party.guests["ana"], party.guests["ben"]
        feed = ben.sfu._state.feed
        connected = len(ana.inbox.states["cho"])
        party._post("cho", Signal(to="ana", attempt="1", what=Feed(feed=feed)))
        party.send("ben")
        await until(lambda: len(ana.inbox.pictures["ben"]) > 5, "pictures")
        assert len(ana.inbox.states["cho"]) == connected
        assert not ana.inbox.pictures["cho"]


async def test_a_ticket_that_is_forged_or_expired_is_refused_in_words_and_another_one_is_asked_for(
    janus: Janus,
) -> None:
    bad = [
        lambda party: party.ways(ticket=janus.ticket(ROOM, secret="guessed")),
        lambda party: party.ways(lasting=-2.0),
        lambda party: party.ways(token="0,janus:x"),
    ]

    def next_ways(party: Party):  # type: ignore[no-untyped-def]
        return (bad.pop(0) if bad else Party.ways)(party)

    async with a_party(janus, "ana", "ben", ways_of=next_ways) as party:
        await until(party.are_connected, "a connection")
        assert not bad
        said = party.guests["ana"].inbox.said + party.guests["ben"].inbox.said
        assert {words for words, about in said} == {
            "The server's part for larger calls can't be reached: trying again."
        }


async def test_a_meeting_that_was_ended_is_left(janus: Janus) -> None:
    async with a_party(janus, "ana", "ben") as party:
        await until(party.are_connected, "a connection")
        caller = await (await Caller.call(janus)).enter()
        assert (await caller.ask_plugin(request="destroy", room=ROOM, secret="end"))["videoroom"] == "destroyed"
        await caller.close()
        await until(lambda: party.guests["ana"].inbox.state("ben") == "reconnecting", "a word of that")


async def test_a_janus_that_was_killed_and_is_back_is_gone_into_again(janus: Janus) -> None:
    async with a_party(janus, "ana", "ben") as party:
        await until(party.are_connected, "a connection")
        janus.kill()
        await until(lambda: party.guests["ana"].inbox.said, "words")
        assert party.guests["ana"].inbox.state("ben") == "reconnecting"
        janus.start()
        await party.prepare()
        await until(party.are_connected, "a connection again")


async def test_another_network_is_gone_over_to(janus: Janus) -> None:
    async with a_party(janus, "ana", "ben") as party:
        await until(party.are_connected, "a connection")
        party.guests["ana"].sfu.begin_anew()
        assert party.guests["ana"].inbox.state("ben") == "reconnecting"
        await until(party.are_connected, "a connection again")


async def test_nothing_is_left_behind(janus: Janus) -> None:
    before = asyncio.all_tasks()
    async with a_party(janus, *NAMES) as party:
        await until(party.are_connected, "a connection each")
    await until(lambda: not {task for task in asyncio.all_tasks() - before if not task.done()}, "an end of all tasks")


async def test_the_uplink_is_guessed_by_what_janus_says_came_of_it(janus: Janus) -> None:
    async with a_party(janus, "ana", "ben") as party:
        await until(party.are_connected, "a connection")
        ana = party.guests["ana"]
        before = least = ana.sfu.bit_rate
        party.send("ana")
        stay = ana.sfu._stay
        assert stay is not None
        connection = stay.connection
        assert connection is not None
        await until(lambda: connection.round_trip > 0.0, "a report of Janus")
        for _ in range(8):
            connection._losses.add(0.5)
        await until(lambda: ana.sfu.bit_rate < before, "a lower guess, where half is lost")

        def has_risen() -> bool:
            """Above the lowest that it was, which on a busy machine may be lower still than by that loss."""
            nonlocal least
            least = min(least, ana.sfu.bit_rate)
            return ana.sfu.bit_rate > least

        await until(has_risen, "a higher guess, where nothing is lost and no queue grows")


async def test_what_is_lost_on_the_way_from_janus_is_sent_again(janus: Janus, monkeypatch: pytest.MonkeyPatch) -> None:
    wires, count = Wires(monkeypatch), 0

    def drops_some(data: bytes) -> bool:
        nonlocal count
        count += 128 <= data[0] < 192
        return count % 6 == 0 and data[0] >= 128

    async with a_party(janus, "ana", "ben") as party:
        await until(party.are_connected, "a connection")
        ana, ben = party.guests["ana"], party.guests["ben"]
        party.send("ana")
        await until(lambda: len(ben.inbox.pictures["ana"]) > 5, "pictures")
        wires.drops = drops_some
        seen = len(ben.inbox.pictures["ana"])

        def mostly_whole() -> bool:
            """Pictures have three packets or more: half of them would be broken. A busy machine is given time."""
            last = ben.inbox.pictures["ana"][seen:][-40:]
            return len(last) == 40 and sum(picture.follows for picture in last) > 32

        await until(mostly_whole, "pictures in spite of loss")
        assert ana.sfu.loss < 0.5


async def test_a_way_to_janus_that_is_cut_is_noticed_and_found_again(
    janus: Janus, monkeypatch: pytest.MonkeyPatch
) -> None:
    wires = Wires(monkeypatch)
    policy = SfuPolicy(gaps=(0.1, 0.2), asked_again=0.5, silence=3.0)
    async with a_party(janus, "ana", "ben", policy=policy) as party:
        await until(party.are_connected, "a connection")
        party.send()
        ana, ben = party.guests["ana"], party.guests["ben"]
        await until(lambda: len(ben.inbox.pictures["ana"]) > 5, "pictures")
        wires.cut()
        await until(lambda: ben.inbox.state("ana") == "reconnecting", "a word of that")
        await until(lambda: ana.inbox.said, "a sentence")
        wires.mend()
        await until(party.are_connected, "a connection again")
        seen = len(ben.inbox.pictures["ana"])
        await until(lambda: len(ben.inbox.pictures["ana"]) > seen + 5, "pictures again")
