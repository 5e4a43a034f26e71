"""An authority and real Socket.IO clients on loopback."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest
import socketio

import server.core.room_change
from server.core.protocol import (
    VERSION,
    Accepted,
    Closing,
    Item,
    Leave,
    Load,
    Pause,
    Play,
    Ready,
    Refused,
    Roster,
    Seek,
    TimelineStated,
    micros,
)
from server.core.room import apply
from server.core.room_state import Due, Join, Room, RoomCommand, RoomPolicy, Said, Transition
from server.core.timeline import RoomTime
from server.settings import Limits
from tests.fakes.houses import House, OpenHouse
from tests.fakes.visitors import Friend, TurnedAwayError, a_pair


async def test_a_member_joins_and_is_told_where_the_room_is(house: House) -> None:
    ana = await Friend.join(house.url, "den", "Ana")
    assert ana.welcome.name == "Ana"
    assert ana.welcome.epoch == house.authority.store.clock.epoch
    assert ana.welcome.timeline.state == "paused"
    assert [each.name for each in ana.welcome.roster.members] == ["Ana"]
    await ana.leave()


async def test_a_command_is_stated_to_all_and_answered_to_its_sender(house: House) -> None:
    async with a_pair(house.url) as (ana, ben):
        id = await ana.command(Pause(), item="i-nothing")
        assert (await ana.hear(Refused, id=id)).code == "item"
        assert not [each for each in ben.heard if isinstance(each, Accepted | Refused)]


async def test_play_waits_for_all_and_begins_at_one_instant(house: House) -> None:
    ana = await Friend.join(house.url, "den", "Ana")
    ben = await Friend.join(house.url, "den", "Ben")
    item = await ana.load()
    id = await ana.command(Play(), item=item.id)
    held = await ben.hear(TimelineStated, state="holding")
    assert set(held.waiting) == {ana.welcome.peer, ben.welcome.peer}
    assert (await ana.hear(Accepted, id=id)).revision == held.revision
    for member in (ana, ben):
        await member.send(Ready(revision=held.revision))
    started = await ana.hear(TimelineStated, state="playing")
    assert started == await ben.hear(TimelineStated, state="playing")
    assert started.room_us > micros(time.perf_counter() - 1.0)
    await ana.leave()
    await ben.leave()


async def test_a_wait_ends_by_itself(open_house: OpenHouse) -> None:
    async with open_house(room=RoomPolicy(first_hold=0.05)) as house:
        ana = await Friend.join(house.url)
        item = await ana.load()
        await ana.command(Play(), item=item.id)
        assert (await ana.hear(TimelineStated, state="playing")).why == "late"
        await ana.leave()


async def test_a_clock_exchange_brackets_the_servers_clock(house: House) -> None:
    ana = await Friend.join(house.url)
    for _ in range(8):
        t0, t1, t2, t3 = await ana.exchange()
        assert t0 - 1e-6 <= t1 <= t2 <= t3 + 1e-6  # one machine, one clock; stamps are whole microseconds
    await ana.leave()


async def test_who_comes_late_starts_at_the_right_place(house: House) -> None:
    ana = await Friend.join(house.url)
    item = await ana.load("Metropolis")
    await ana.command(Seek(media_us=5_000_000), item=item.id)
    await ana.hear(TimelineStated, media_us=5_000_000)
    ben = await Friend.join(house.url, name="Ben")
    assert ben.welcome.item is not None
    assert ben.welcome.item.title == "Metropolis"
    assert ben.welcome.timeline.media_us == 5_000_000
    assert next(each.name for each in (await ana.hear(Roster)).members) == "Ana"
    await ana.leave()
    await ben.leave()


async def test_rooms_do_not_hear_of_each_other(house: House) -> None:
    ana = await Friend.join(house.url, "den")
    zoe = await Friend.join(house.url, "attic", "Zoe")
    await ana.load()
    await zoe.exchange()  # whatever was on its way has come
    assert not [each for each in zoe.heard if isinstance(each, Item | TimelineStated)]
    await ana.leave()
    await zoe.leave()


async def test_a_lost_member_comes_back_by_its_token_as_the_same_person(house: House) -> None:
    async with a_pair(house.url) as (ana, ben):
        cleo = await Friend.join(house.url, "parlour", "Cleo")
        await cleo.vanish()
        while (seen := {each.name: each.here for each in (await ben.hear(Roster)).members}).get("Cleo", True):
            pass
        assert seen == {"Ana": True, "Ben": True, "Cleo": False}
        again = await Friend.join(house.url, "parlour", "Cleo", token=cleo.welcome.token)
        assert (again.welcome.peer, again.welcome.name) == (cleo.welcome.peer, "Cleo")
        while not all(each.here for each in (await ana.hear(Roster)).members):
            pass
        await again.leave()


async def test_a_token_on_a_second_connection_ends_the_first(house: House) -> None:
    ana = await Friend.join(house.url)
    again = await Friend.join(house.url, token=ana.welcome.token)
    await ana.end()
    assert again.welcome.peer == ana.welcome.peer
    assert [each.name for each in again.welcome.roster.members] == ["Ana"]
    t0, _, _, t3 = await again.exchange()
    assert t0 < t3
    await again.leave()


async def test_who_leaves_is_gone_and_its_token_with_it(house: House) -> None:
    async with a_pair(house.url) as (ana, _):
        cleo = await Friend.join(house.url, "parlour", "Cleo")
        await ana.hear(Roster)
        await cleo.send(Leave())
        await cleo.end()
        while [each.name for each in (await ana.hear(Roster)).members] != ["Ana", "Ben"]:
            pass
        again = await Friend.join(house.url, "parlour", "Cleo", token=cleo.welcome.token)
        assert again.welcome.peer != cleo.welcome.peer
        await again.leave()


async def test_a_silent_member_is_lost_and_cut(open_house: OpenHouse) -> None:
    async with open_house(room=RoomPolicy(silence=0.3)) as house:
        ana = await Friend.join(house.url)
        await ana.end()
        room = house.authority.store.view("den")
        assert room is not None
        assert room.present == ()


async def test_a_room_ends_when_nobody_comes_back(open_house: OpenHouse) -> None:
    async with open_house(room=RoomPolicy(empty=0.05)) as house:
        ana = await Friend.join(house.url)
        await ana.send(Leave())
        await ana.end()
        while house.authority.store.view("den") is not None:
            await asyncio.sleep(0)


async def test_a_controller_commands_and_is_in_no_roster(house: House) -> None:
    async with a_pair(house.url) as (ana, ben):
        remote = await Friend.join(house.url, "parlour", "", role="controller")
        assert [each.name for each in remote.welcome.roster.members] == ["Ana", "Ben"]
        item = remote.welcome.timeline.item
        await remote.command(Seek(media_us=7_000_000), item=item)
        for each in (remote, ana, ben):
            await each.hear(TimelineStated, media_us=7_000_000)
        await remote.leave()


async def test_a_repeated_command_is_answered_and_not_applied_again(house: House) -> None:
    ana = await Friend.join(house.url)
    item = await ana.load()
    for _ in range(2):
        await ana.command(Seek(media_us=1_000_000), item=item.id, id="same")
    first, second = await ana.hear(Accepted, id="same"), await ana.hear(Accepted, id="same")
    assert first == second
    await ana.leave()


async def test_too_many_commands_are_refused_and_nobody_is_cut(open_house: OpenHouse) -> None:
    async with open_house(limits=Limits(commands_burst=1, commands_rate=0.001)) as house:
        ana = await Friend.join(house.url)
        item = await ana.load()
        await ana.command(Seek(media_us=1), item=item.id, id="more")
        assert (await ana.hear(Refused, id="more")).code == "busy"
        await ana.exchange()
        await ana.leave()


@pytest.mark.parametrize(
    ("settings", "hello", "code"),
    [
        ({"key": "sesame"}, {}, "key"),
        ({"key": "sesame"}, {"key": "wrong"}, "key"),
        ({"password": "sesame"}, {"password": "wrong"}, "password"),
        ({}, {"role": "controller"}, "room"),
        ({"maker_key": "sesame", "key": "guest"}, {"key": "guest"}, "room"),
    ],
)
async def test_who_may_not_come_in_is_told_why(
    open_house: OpenHouse, settings: dict[str, Any], hello: dict[str, Any], code: str
) -> None:
    async with open_house(**settings) as house:
        with pytest.raises(TurnedAwayError) as turned_away:
            await Friend.join(house.url, **hello)
        assert turned_away.value.refusal.code == code
        assert house.authority.store.count == 0


@pytest.mark.parametrize("secret", ["key", "password"])
async def test_who_knows_the_secret_comes_in(open_house: OpenHouse, secret: str) -> None:
    async with open_house(**{secret: "sesame"}) as house, a_pair(house.url, **{secret: "sesame"}):
        pass


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"version": VERSION + 1, "room": "den"}, "version"),
        ({"version": VERSION}, "bad"),
        ({"version": VERSION, "room": "den", "more": 1}, "bad"),
        ({"version": VERSION, "room": "\u200b"}, "room"),
        (None, "bad"),
    ],
)
async def test_a_wrong_hello_is_answered_in_words(house: House, payload: Any, code: str) -> None:
    with pytest.raises(TurnedAwayError) as turned_away:
        await Friend().enter(house.url, payload)
    assert turned_away.value.refusal.code == code
    assert turned_away.value.refusal.words.endswith(".")


async def test_a_full_room_refuses_and_a_full_server_makes_no_more_rooms(open_house: OpenHouse) -> None:
    async with open_house(room=RoomPolicy(members_most=1), limits=Limits(rooms=1)) as house:
        ana = await Friend.join(house.url, "den")
        for room in ("den", "attic"):
            with pytest.raises(TurnedAwayError) as turned_away:
                await Friend.join(house.url, room, "Ben")
            assert turned_away.value.refusal.code == "full"
        await ana.leave()


async def test_guessing_is_slowed_down_for_the_guesser_only(open_house: OpenHouse) -> None:
    limits = Limits(guesses_burst=3, guesses_rate=0.001)
    async with open_house(password="1234", limits=limits, trusted_proxy=("127.0.0.1",)) as house:
        codes = []
        for guess in range(4):
            with pytest.raises(TurnedAwayError) as turned_away:
                await Friend.join(house.url, password=f"{guess}", headers={"X-Forwarded-For": "192.0.2.1"})
            codes.append(turned_away.value.refusal.code)
        assert codes == ["password", "password", "password", "busy"]
        ana = await Friend.join(house.url, password="1234")
        await ana.leave()


async def test_a_prefix_moves_everything(open_house: OpenHouse) -> None:
    async with open_house(path="/watch") as house:
        ana = await Friend.join(house.url, path="watch")
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{house.url}/watch/healthz") as answer:
                assert (answer.status, await answer.text()) == (200, "ok\n")
            async with session.get(f"{house.url}/healthz") as answer:
                assert answer.status == 404
        with pytest.raises(socketio.exceptions.ConnectionError):
            await Friend.join(house.url)
        await ana.leave()


async def test_the_end_is_told_to_everybody(open_house: OpenHouse) -> None:
    async with open_house() as house:
        ana = await Friend.join(house.url, "den")
        zoe = await Friend.join(house.url, "attic", "Zoe")
    for each in (ana, zoe):
        await each.hear(Closing)
        await each.end()


@pytest.mark.expects_warnings
async def test_an_error_of_our_own_costs_one_connection(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_in_the_attic(room: Room, command: RoomCommand, now: RoomTime) -> Transition:
        if room.name == "attic" and isinstance(command, Said | Join):
            raise ZeroDivisionError
        return apply(room, command, now)

    async with a_pair(house.url):
        zoe = await Friend.join(house.url, "attic", "Zoe")
        monkeypatch.setattr(server.core.room_change, "apply", fail_in_the_attic)
        await zoe.send(Ready(revision=0))
        await zoe.end()
        with pytest.raises(socketio.exceptions.ConnectionError):
            await Friend.join(house.url, "attic", "Zoe")
    assert [record.exc_info is not None for record in caplog.records if record.levelname == "ERROR"] == [True, True]


async def test_load_names_the_film_to_all(house: House) -> None:
    ana = await Friend.join(house.url)
    ben = await Friend.join(house.url, name="Ben")
    await ana.command(Load(title="Nosferatu — “1922”", duration_us=1), item="")
    assert (await ben.hear(Item)).title == "Nosferatu — “1922”"
    await ana.leave()
    await ben.leave()


@pytest.mark.expects_warnings
async def test_a_room_that_fails_by_itself_does_not_stop_the_others(
    open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()

    def fail_in_the_attic(room: Room, command: RoomCommand, now: RoomTime) -> Transition:
        if room.name == "attic" and isinstance(command, Due):
            failed.set()
            raise ZeroDivisionError
        return apply(room, command, now)

    monkeypatch.setattr(server.core.room_change, "apply", fail_in_the_attic)
    async with open_house(room=RoomPolicy(first_hold=0.05)) as house:
        zoe = await Friend.join(house.url, "attic", "Zoe")
        yan = await Friend.join(house.url, "attic", "Yan")  # so soon that the roster has to wait
        await failed.wait()
        await yan.leave()
        ana = await Friend.join(house.url)
        item = await ana.load()
        await ana.command(Play(), item=item.id)
        assert (await ana.hear(TimelineStated, state="playing")).why == "late"
        await ana.leave()
        await zoe.leave()
