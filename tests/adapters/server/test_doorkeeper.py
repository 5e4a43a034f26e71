"""Who may come in and who may guess, with real hashing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.core.protocol import VERSION, Hello, Refusal, key_digest
from server.core.room_state import Key, Member, Room, RoomPolicy
from server.core.timeline import PeerId, RoomTime
from server.doorkeeper import DESK_BUSY, Doorkeeper
from server.passwords import DeskBusy
from server.settings import Limits, ServerSettings

NOW = RoomTime(50.0)
KEY = "0123456789abcdef"
FEW = Limits(guesses_burst=3, guesses_rate=0.5, guesses_room_burst=5, guesses_room_rate=1.0, passwords_waiting=1)


class House:
    """A doorkeeper with a clock by hand."""

    def __init__(self, **settings: Any) -> None:
        self.now = 100.0
        self.keeper = Doorkeeper(ServerSettings(limits=FEW, **settings), lambda: self.now)

    def says(self, who: str = "ana", room: Room | None = None, **said: str) -> str | None:
        """The code of what the door has against somebody."""
        refused = self.keeper.check(hello(**said), who, room, 1, NOW)
        return None if refused is None else refused.code

    async def has_password(self, said: Hello, who: str, room: Room | None) -> bool | Refusal:
        return await self.keeper.has_password(said, who, room, NOW)


def hello(**said: str) -> Hello:
    return Hello(version=VERSION, room="den", **said)  # type: ignore[arg-type]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    found = House(password="sesame")
    yield found
    found.keeper.close()


@pytest.fixture
async def room(house: House) -> Room:
    """One with a password, and Ana in it."""
    ana = Member(PeerId("p1"), "Ana", "token of Ana", "member", RoomTime(0.0))
    keys = (Key("k", key_digest(KEY), "guest", RoomTime(60.0)),)
    return Room("den", members=(ana,), keys=keys, password=await house.keeper.hash("barley", "somebody else"))


async def test_the_servers_password_may_be_guessed_so_often(house: House) -> None:
    assert [house.says(password=f"guess {number}") for number in range(4)] == ["password"] * 3 + ["busy"]
    assert house.says(password="sesame") == "busy"  # or a guesser would know by that
    assert house.says("ben", password="sesame") is None
    house.now += 2.0
    assert house.says(password="sesame") is None


async def test_who_is_back_does_not_wait_for_what_others_guess_at_its_address(house: House, room: Room) -> None:
    for number in range(4):
        house.says(password=f"guess {number}")
    assert house.says(room=room, password="sesame") == "busy"
    assert house.says(room=room, token="token of Ana") is None
    assert house.says(room=room, token="token of Ben") == "busy"


async def test_who_is_right_may_come_as_often_as_it_likes(house: House) -> None:
    assert {house.says(password="sesame") for _ in range(100)} == {None}


async def test_a_rooms_password_is_looked_at_by_its_hash(house: House, room: Room) -> None:
    for _ in range(10):
        assert await house.has_password(hello(password="barley"), "ana", room) is True
    assert await house.has_password(hello(password="oats"), "ana", room) is False


async def test_and_not_at_all_where_it_decides_nothing(house: House, room: Room) -> None:
    for said, where in (
        (hello(password="oats", token="token of Ana"), room),
        (hello(password="oats", key=KEY), room),
        (hello(), room),
        (hello(password="oats"), Room("den")),
        (hello(password="oats"), None),
    ):
        for _ in range(10):
            assert await house.has_password(said, "ana", where) is False
    assert await house.has_password(hello(password="barley"), "ana", room) is True


async def test_a_key_whose_time_is_over_is_none(house: House, room: Room) -> None:
    late = RoomTime(60.0)
    assert await house.keeper.has_password(hello(password="barley", key=KEY), "ana", room, late) is True


async def guess(house: House, room: Room, who: str) -> str:
    answer = await house.has_password(hello(password="oats"), who, room)
    return answer.code if isinstance(answer, Refusal) else "wrong"


async def test_guesses_at_a_room_are_limited_for_one_and_for_all_together(house: House, room: Room) -> None:
    assert [await guess(house, room, "mallory") for _ in range(4)] == ["wrong"] * 3 + ["busy"]
    assert [await guess(house, room, f"m{number}") for number in range(3)] == ["wrong", "wrong", "busy"]
    house.now += 1.0
    assert await guess(house, room, "m9") == "wrong"


async def test_guesses_sent_at_once_are_counted_before_they_are_looked_at(house: House, room: Room) -> None:
    answers = await asyncio.gather(*(guess(house, room, "mallory") for _ in range(20)))
    assert sorted(answers) == ["busy"] * 18 + ["wrong"] * 2  # one is worked on, one may wait


async def test_a_full_desk_is_no_guess(house: House, room: Room) -> None:
    said = hello(password="barley")
    answers = await asyncio.gather(*(house.has_password(said, f"a{number}", room) for number in range(5)))
    assert answers.count(True) == 2
    assert {answer.words for answer in answers if isinstance(answer, Refusal)} == {DESK_BUSY}
    for number in range(5):
        assert await house.has_password(said, f"a{number}", room) is True


async def test_a_password_is_not_set_over_and_over(house: House) -> None:
    assert await house.keeper.hash("", "ana") == ""
    for _ in range(3):
        assert (await house.keeper.hash("oats", "ana")).startswith("$argon2id$")
    with pytest.raises(DeskBusy):
        await house.keeper.hash("oats", "ana")


async def test_a_key_that_the_room_does_not_know_was_a_guess(house: House) -> None:
    for _ in range(3):
        house.keeper.note(Refusal(code="key", words=""), "mallory")
        house.keeper.note(Refusal(code="full", words=""), "ana")
        house.keeper.note(None, "ana")
    assert house.says("mallory", password="sesame") == "busy"
    assert house.says("ana", password="sesame") is None


async def test_the_maker_is_known_by_its_key() -> None:
    house = House(maker_key="m")
    assert house.keeper.is_maker(hello(key="m"), "ana")
    assert not house.keeper.is_maker(hello(key="x"), "ana")
    assert not House().keeper.is_maker(hello(), "ana")


async def test_who_is_back_does_not_guess_the_makers_key_for_nothing() -> None:
    house = House(maker_key="m")
    ana = Member(PeerId("p1"), "Ana", "token of Ana", "member", RoomTime(0.0))
    room = Room("den", members=(ana,))
    for number in range(3):
        assert house.says("ana", room, key=f"guess {number}", token="token of Ana") is None
    assert not house.keeper.is_maker(hello(key="m"), "ana")
    assert house.keeper.is_maker(hello(key="m"), "ben")
    assert house.says("ana", room, token="token of Ana") is None


async def test_an_open_door_is_open_whatever_was_guessed_at_its_rooms() -> None:
    house = House()
    for _ in range(9):
        house.keeper.note(Refusal(code="key", words=""), "ana")
    assert house.says("ana") is None


async def test_one_address_does_not_fill_a_server_with_rooms(house: House) -> None:
    most = Limits().rooms_burst
    answers = [house.says("192.0.2.1", password="sesame") for _ in range(most + 1)]
    assert answers == [None] * most + ["busy"]
    assert house.says("192.0.2.1", Room("den"), password="sesame") is None
    assert house.says("192.0.2.2", password="sesame") is None
    assert {house.says("127.0.0.1", password="sesame") for _ in range(most + 1)} == {None}
    house.now += 1.0 / Limits().rooms_rate
    assert house.says("192.0.2.1", password="sesame") is None
    assert Limits().rooms_burst + RoomPolicy().abandoned * Limits().rooms_rate < Limits().rooms / 2
