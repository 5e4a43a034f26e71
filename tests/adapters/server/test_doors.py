"""Who comes in, who is put out and stays out, over the real wire: kicks, bans, keys and passwords."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

import pytest

from server.core.protocol import (
    Ban,
    Closing,
    Keys,
    Kick,
    MakeKey,
    Notice,
    RevokeKey,
    Roster,
    SetPassword,
    SetRules,
    Unban,
    key_id,
)
from server.core.room_keys import DOOR
from server.delivery import frame_of
from server.gate import Gate
from server.settings import Limits
from tests.fakes.casts import Cast
from tests.fakes.houses import House, OpenHouse
from tests.fakes.visitors import Friend, Stranger, TurnedAwayError
from tests.fakes.waiting import until

KEY, OTHER_KEY = "key-of-a-guest-0123456789", "key-of-an-operator-0123456789"
PATIENT = Limits(stuck_time=1000.0)  # with who does not read: it is the kick that cuts
HERE, THERE = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "198.51.100.2"}


async def refused(house: House, **hello: Any) -> str:
    """The code of what somebody is told who may not come in; "": may."""
    try:
        friend = await Friend.join(house.url, **hello)
    except TurnedAwayError as turned_away:
        return turned_away.refusal.code
    await friend.leave()
    return ""


def gate_of(house: House, name: str) -> Gate:
    room = house.authority.store.view("den")
    assert room is not None
    peer = next(each.peer for each in room.members if each.name == name)
    gate = house.authority.delivery.gate_of(peer)
    assert gate is not None
    return gate


async def without_reading(house: House) -> tuple[Stranger, Gate]:
    """Mallory, who reads nothing, and for whom more waits than a transport takes gladly."""
    mallory = await Stranger.join(house.port, receive_buffer=4096)
    mallory.stop_reading()
    gate = gate_of(house, "Mallory")
    gate.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    while gate.transport.get_write_buffer_size() < 100_000:
        gate.send_frame(frame_of(Notice(words="x" * 300)))
    return mallory, gate


# -- kick and ban ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Kick, Ban])
async def test_who_is_removed_is_told_cut_and_known_no_more(house: House, kind: type) -> None:
    cast = await Cast.gather(house)
    guest = cast.people["guest"]
    await cast.do("operator", kind(peer=guest.welcome.peer))
    closing = await guest.hear(Closing)
    assert closing.words.startswith("operator ")
    assert not closing.again
    await guest.end()
    await until(lambda: house.crowd == 4, pause=0.001)
    again = await Friend.join(house.url, "den", "guest", token=guest.welcome.token)
    assert again.welcome.peer != guest.welcome.peer
    await again.leave()
    await cast.go()


@pytest.mark.parametrize("kind", [Kick, Ban])
async def test_who_reads_nothing_is_cut_as_well(open_house: OpenHouse, kind: type) -> None:
    async with open_house(limits=PATIENT) as house:
        cast = Cast(house)
        await cast.join("host")
        mallory, gate = await without_reading(house)
        await cast.do("host", kind(peer=gate.peer))
        await until(lambda: gate not in house.authority.house.gates, pause=0.001)
        await until(lambda: house.crowd == 1, pause=0.001)
        mallory.read_on()
        await mallory.end()
        await cast.go()


async def test_who_reads_a_little_to_stay_is_cut_as_well(open_house: OpenHouse) -> None:
    async with open_house(limits=PATIENT) as house:
        cast = Cast(house)
        await cast.join("host")
        mallory, gate = await without_reading(house)
        await cast.do("host", Kick(peer=gate.peer))
        mallory.read_on()
        with suppress(ConnectionError):
            while gate.transport.get_write_buffer_size() > 15_000:  # so little that the transport asks for more
                await mallory.reader.read(1024)
        mallory.stop_reading()
        await until(lambda: gate not in house.authority.house.gates, pause=0.001)
        await cast.go()


async def test_a_ban_holds_for_an_address_whatever_it_comes_with(open_house: OpenHouse) -> None:
    async with open_house(trusted_proxy=("127.0.0.1",)) as house:
        cast = Cast(house)
        await cast.join("host", headers=HERE)
        remote = await cast.join("remote", headers=THERE, role="controller")
        mallory = await cast.join("mallory", headers=THERE)
        await cast.do("host", MakeKey(key=KEY))
        await cast.do("host", Ban(peer=mallory.welcome.peer))
        for each in (mallory, remote):
            await each.end()
        for hello in ({}, {"token": mallory.welcome.token}, {"key": KEY}, {"role": "controller"}, {"name": "host"}):
            assert await refused(house, headers=THERE, **hello) == "banned"
        assert await refused(house, headers=HERE) == ""
        await cast.do("host", Unban(ban=cast.room.bans[0].id))
        assert await refused(house, headers=THERE) == ""
        await cast.go()


async def test_a_ban_that_can_not_hold_for_an_address_says_so_to_operators(house: House) -> None:
    cast = await Cast.gather(house)
    await cast.do("host", Ban(peer=cast.peer("guest")))
    words = [each.words for each in cast.people["operator"].heard if isinstance(each, Notice)]
    assert any("take back the invite" in each for each in words)
    assert await refused(house) == ""
    await cast.go()


# -- keys --------------------------------------------------------------------------------------------------------------


async def test_a_rooms_keys_admit_until_they_are_taken_back_or_their_time_is_over(open_house: OpenHouse) -> None:
    async with open_house(key="door-key") as house:
        cast = Cast(house)
        host = await cast.join("host", key="door-key")
        assert await refused(house, key=KEY) == "key"
        await cast.do("host", MakeKey(key=KEY))
        guest = await cast.join("guest", key=KEY)
        assert guest.welcome.role == "guest"
        assert await refused(house, room="attic", key=KEY) == "key"  # it is this room's
        await cast.do("host", RevokeKey(key=key_id(KEY)))
        assert await refused(house, key=KEY) == "key"
        assert guest.is_connected
        await cast.do("host", MakeKey(key=OTHER_KEY, role="operator"))
        assert (await cast.join("operator", key=OTHER_KEY)).welcome.role == "operator"
        host.heard.clear()
        await cast.do("host", MakeKey(key=OTHER_KEY, role="operator", expires_s=1))  # the same, but not for long
        while any(key.expires_us for key in (await host.hear(Keys)).keys):
            pass
        assert await refused(house, key=OTHER_KEY) == "key"
        await cast.go()


async def test_the_servers_key_can_be_taken_back_in_a_room(open_house: OpenHouse) -> None:
    async with open_house(key="door-key") as house:
        cast = Cast(house)
        host = await cast.join("host", key="door-key")
        await cast.do("host", RevokeKey(key=DOOR))
        assert await refused(house, key="door-key") == "key"
        assert await refused(house, room="attic", key="door-key") == ""
        await host.vanish()
        assert (await cast.join("host", token=host.welcome.token)).welcome.role == "host"
        await cast.go()


# -- passwords ---------------------------------------------------------------------------------------------------------


async def test_a_rooms_password_is_asked_of_all_without_key_or_token(house: House) -> None:
    cast = Cast(house)
    host = await cast.join("host", password="barley")  # who makes a room by joining gives it its password
    assert host.welcome.rules.has_password
    await cast.do("host", MakeKey(key=KEY))
    for hello in ({}, {"password": "oats"}, {"role": "controller"}, {"key": OTHER_KEY}, {"token": "x" * 22}):
        assert await refused(house, **hello) == "password"
    for hello in ({"password": "barley"}, {"key": KEY}, {"key": KEY, "password": "oats"}):
        assert await refused(house, **hello) == ""
    await cast.do("host", SetPassword(password="rye"))
    assert await refused(house, password="barley") == "password"
    await cast.do("host", SetPassword(password=""))
    assert await refused(house) == ""
    await cast.go()


async def test_the_servers_password_opens_no_room_that_has_its_own(open_house: OpenHouse) -> None:
    async with open_house(password="sesame") as house:
        cast = Cast(house)
        host = await cast.join("host", password="sesame")
        assert not host.welcome.rules.has_password
        await cast.do("host", SetPassword(password="barley"))
        assert await refused(house, password="sesame") == "password"
        assert await refused(house, password="oats") == "password"
        await cast.go()


async def test_guesses_at_a_room_are_limited_and_who_is_back_is_let_in_all_the_same(open_house: OpenHouse) -> None:
    few = Limits(guesses_burst=4, guesses_rate=0.0001)
    async with open_house(limits=few, trusted_proxy=("127.0.0.1",)) as house:
        cast = Cast(house)
        host = await cast.join("host", password="barley", headers=HERE)
        guesses = [await refused(house, password=f"guess {number}", headers=HERE) for number in range(4)]
        assert guesses == ["password"] * 3 + ["busy"]  # the host's own was one
        assert await refused(house, password="barley", headers=HERE) == "busy"
        assert await refused(house, password="barley", headers=THERE) == ""
        await host.vanish()
        back = await cast.join("host", token=host.welcome.token, headers=HERE)
        assert back.welcome.role == "host"
        await cast.go()


# -- what a room is called ---------------------------------------------------------------------------------------------

ODD = ("../../etc/passwd", "a/b?c=d&e#f", "%00%2e", "'; DROP TABLE rooms; --", "{den}", "*", "🍿" * 64, '"', "\\", "-")


@pytest.mark.parametrize("kept", [False, True], ids=["memory", "file"])
async def test_a_room_may_be_called_by_any_sign(open_house: OpenHouse, tmp_path: Any, kept: bool) -> None:
    async with open_house(**({"state_dir": str(tmp_path)} if kept else {})) as house:
        people = [await Friend.join(house.url, name, f"in {number}") for number, name in enumerate(ODD)]
        for number, friend in enumerate(people):
            assert [each.name for each in friend.welcome.roster.members] == [f"in {number}"]
            await friend.command(SetRules(persists=True))
        assert sorted(room.name for room in house.authority.store.rooms()) == sorted(ODD)
        for friend in people:
            await friend.leave()
    if kept:
        async with open_house(state_dir=str(tmp_path)) as house:
            assert sorted(room.name for room in house.authority.store.rooms()) == sorted(ODD)


async def test_one_room_has_one_name_however_it_is_typed(house: House) -> None:
    ana = await Friend.join(house.url, "Cafe\u0301  au\u200b lait ")
    ben = await Friend.join(house.url, "Café au lait", "Ben")
    assert [each.name for each in ben.welcome.roster.members] == ["Ana", "Ben"]
    while len((await ana.hear(Roster)).members) < 2:
        pass
    await ana.leave()
    await ben.leave()
