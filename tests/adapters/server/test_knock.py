"""Knocking at who asks, on loopback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import aiohttp
import pytest

from server import knock
from server.knock import BURST, MOST_AT_ONCE, RATE, Knocker, is_public
from tests.fakes.houses import OpenHouse
from tests.fakes.waiting import until


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def knocker(clock: Clock) -> Knocker:
    return Knocker(clock, may_knock=lambda _address: True)


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def query(port: int) -> bytes:
    return b"port=%d" % port


@pytest.mark.parametrize("host", ["127.0.0.1", "::ffff:127.0.0.1"])
async def test_a_port_that_answers_and_one_that_does_not(knocker: Knocker, listening: int, host: str) -> None:
    assert await knocker.answer(host, query(listening)) == (200, b"yes 127.0.0.1\n")
    assert await knocker.answer(host, query(closed_port())) == (200, b"no 127.0.0.1\n")


async def test_a_port_that_is_silent_is_a_no(knocker: Knocker, listening: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_address: str, _port: int) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(knock, "PATIENCE", 0.01)
    monkeypatch.setattr(asyncio, "open_connection", hang)
    assert await knocker.answer("127.0.0.1", query(listening)) == (200, b"no 127.0.0.1\n")


@pytest.mark.parametrize(
    "wrong",
    [b"", b"port=", b"port=80", b"port=1023", b"port=65536", b"port=8998&host=8.8.8.8", b"port=-8998", b"PORT=8998",
     b"port=8998\n", b"port=99999999"],
)  # fmt: skip
async def test_only_a_port_can_be_asked_for(knocker: Knocker, wrong: bytes) -> None:
    status, words = await knocker.answer("127.0.0.1", wrong)
    assert status == 400
    assert b"1024" in words


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "::ffff:127.0.0.1", "192.168.1.5", "100.64.0.1", "fe80::1%eth0", "", "x"]
)
async def test_nobody_inside_is_knocked_at(clock: Clock, listening: int, host: str) -> None:
    assert (await Knocker(clock).answer(host, query(listening)))[0] == 403


async def test_one_address_gets_a_few_and_more_with_time(knocker: Knocker, clock: Clock, listening: int) -> None:
    answers = [await knocker.answer("127.0.0.1", query(listening)) for _ in range(int(BURST) + 1)]
    assert [status for status, _ in answers] == [200] * int(BURST) + [429]
    clock.now += 1 / RATE
    assert (await knocker.answer("127.0.0.1", query(listening)))[0] == 200
    assert (await knocker.answer("127.0.0.1", query(listening)))[0] == 429


async def test_few_at_a_time(knocker: Knocker, listening: int, monkeypatch: pytest.MonkeyPatch) -> None:
    going_on = asyncio.Event()

    async def wait(_address: str, _port: int) -> bool:
        await going_on.wait()
        return True

    monkeypatch.setattr(knock, "_answers", wait)
    async with asyncio.TaskGroup() as group:
        knocks = [group.create_task(knocker.answer(f"127.0.0.{n}", query(listening))) for n in range(MOST_AT_ONCE)]
        await until(lambda: knocker._at_once == MOST_AT_ONCE)
        assert (await knocker.answer("127.0.1.1", query(listening)))[0] == 429
        going_on.set()
    assert {knock.result()[0] for knock in knocks} == {200}


async def test_what_is_remembered_is_bounded(
    knocker: Knocker, clock: Clock, listening: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knock, "MOST_KNOWN", 3)
    statuses = [(await knocker.answer(f"127.0.0.{n}", query(listening)))[0] for n in (1, 2, 3, 4, 3)]
    assert statuses == [200, 200, 200, 429, 200]
    clock.now += BURST / RATE
    assert (await knocker.answer("127.0.0.4", query(listening)))[0] == 200


@pytest.mark.parametrize(
    ("client", "forwarded", "asker"),
    [
        (("203.0.113.9", 5), [b"8.8.8.8"], "203.0.113.9"),  # not a proxy of ours: its word is a lie
        (("127.0.0.1", 5), [b"1.1.1.1, 8.8.8.8"], "8.8.8.8"),
        (("127.0.0.1", 5), [b"1.1.1.1", b"8.8.4.4"], "8.8.4.4"),
        (("127.0.0.1", 5), [], ""),
        (None, [], ""),
    ],
)
async def test_who_asks_through_a_proxy(
    clock: Clock, client: tuple[str, int] | None, forwarded: list[bytes], asker: str
) -> None:
    asked: list[str] = []

    def may_knock(address: str) -> bool:
        asked.append(address)
        return False

    knocker = Knocker(clock, lambda host: host == "127.0.0.1", may_knock)
    headers = [(b"x-forwarded-for", value) for value in forwarded]
    scope = {"client": client, "headers": headers, "query_string": b"port=8998"}
    assert (await knocker.serve(scope))[0] == 403
    assert asked == ([asker] if asker else [])


async def test_a_server_answers_knocks_at_its_address(open_house: OpenHouse, listening: int) -> None:
    """On loopback it refuses to: whoever asks from there may stand behind a proxy that it does not know."""
    async with open_house(path="/watch") as house, aiohttp.ClientSession() as session:
        async with session.get(f"{house.url}/watch/knock?port={listening}") as answer:
            assert answer.status == 403
        async with session.get(f"{house.url}/watch/knock?port=80") as answer:
            assert answer.status == 400
        async with session.get(f"{house.url}/knock?port={listening}") as answer:
            assert answer.status == 404
        house.authority._pages._knocker = Knocker(lambda: 0.0, may_knock=lambda _address: True)
        async with session.get(f"{house.url}/watch/knock?port={listening}") as answer:
            assert (answer.status, await answer.text()) == (200, "yes 127.0.0.1\n")


def test_public_addresses() -> None:
    assert is_public("8.8.4.4")
    assert not is_public("10.0.0.1")
    assert not is_public("name")
