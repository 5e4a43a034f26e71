"""What strangers may not do before there is a WebSocket, with two friends beside them who go on.

Each override of uvicorn's HTTP class is here, and the gate's `handle_connect`.
"""

from __future__ import annotations

import asyncio

import pytest

from server.settings import Limits
from tests.fakes.houses import HASTE, House, OpenHouse
from tests.fakes.visitors import Stranger, a_pair, upgrade_request
from tests.fakes.waiting import until

# -- the porch: connection_made, data_received, handle_websocket_upgrade, connection_lost -----------------------------


async def test_half_open_connections_are_cut(open_house: OpenHouse) -> None:
    async with open_house(limits=HASTE) as house, a_pair(house.url):
        for said in (b"", b"GET /socket.io/ HTT", b"GET / HTTP/1.1\r\nHost: here\r\n"):
            stranger = await Stranger.knock(house.port)
            await stranger.write(said)
            assert await stranger.end() == b""


async def test_a_long_query_is_cut(lived_in: House) -> None:
    stranger = await Stranger.knock(lived_in.port)
    await stranger.write(upgrade_request(query="&x=" + "y" * 9000))
    assert await stranger.end() == b""


async def test_long_headers_are_cut_however_they_come(lived_in: House) -> None:
    stranger = await Stranger.knock(lived_in.port)
    await stranger.write(b"GET / HTTP/1.1\r\n")
    for number in range(300):
        await stranger.write(b"X-%d: %b\r\n" % (number, b"y" * 100))
    assert await stranger.end() == b""


async def test_a_body_is_not_taken(lived_in: House) -> None:
    stranger = await Stranger.knock(lived_in.port)
    await stranger.write(
        b"POST /socket.io/?transport=polling&EIO=4 HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n"
    )
    for _ in range(100):
        await stranger.write(b"x" * 2**16)
    assert b"200" not in await stranger.end()


async def test_polling_is_told_to_upgrade(lived_in: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "server.gate")
    stranger = await Stranger.knock(lived_in.port)
    await stranger.write(b"GET /socket.io/?transport=polling&EIO=4 HTTP/1.1\r\nHost: here\r\n\r\n")
    assert (await stranger.end()).startswith(b"HTTP/1.1 426")
    assert "Your proxy does not pass WebSocket upgrades" in caplog.text


async def test_nonsense_instead_of_http_is_answered_without_a_log_line(lived_in: House) -> None:
    stranger = await Stranger.knock(lived_in.port)
    await stranger.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n")
    assert (await stranger.end()).startswith(b"HTTP/1.1 400")


async def test_an_address_has_so_many_connections_and_gets_them_back(open_house: OpenHouse) -> None:
    async with open_house(limits=Limits(connections_address=2)) as house:
        first = await Stranger.knock(house.port)
        await until(lambda: house.crowd == 1)
        second = await Stranger.upgrade(house.port)
        assert house.crowd == 2  # an upgrade is still one connection
        third = await Stranger.knock(house.port)
        assert await third.end() == b""
        for each in (first, second):
            each.writer.close()
        await until(lambda: house.crowd == 0)
        async with a_pair(house.url):
            pass
    assert house.crowd == 0


async def test_the_server_has_so_many_connections(open_house: OpenHouse) -> None:
    async with open_house(limits=Limits(connections=2)) as house, a_pair(house.url):
        stranger = await Stranger.knock(house.port)
        assert await stranger.end() == b""


# -- the gate: handle_connect -----------------------------------------------------------------------------------------


async def test_a_web_page_is_refused(lived_in: House) -> None:
    stranger = await Stranger.knock(lived_in.port)
    await stranger.write(upgrade_request("Origin: http://127.0.0.1"))
    assert (await stranger.end()).startswith(b"HTTP/1.1 403")


async def test_behind_a_proxy_the_last_forwarded_address_counts(open_house: OpenHouse) -> None:
    limits = Limits(connections_address=1)
    async with open_house(limits=limits, trusted_proxy=("127.0.0.0/8",)) as house:
        await Stranger.upgrade(house.port, "X-Forwarded-For: 198.51.100.9, 192.0.2.1")
        await Stranger.upgrade(house.port, "X-Forwarded-For: 192.0.2.2")
        third = await Stranger.knock(house.port)
        await third.write(upgrade_request("X-Forwarded-For: 192.0.2.2, 192.0.2.1"))
        assert (await third.end()).startswith(b"HTTP/1.1 503")
        assert {gate.who for gate in house.authority.house.gates} == {"192.0.2.1", "192.0.2.2"}


async def test_behind_a_chain_of_our_proxies_the_nearest_stranger_counts(open_house: OpenHouse) -> None:
    async with open_house(trusted_proxy=("127.0.0.1", "10.0.0.0/8")) as house:
        await Stranger.upgrade(house.port, "X-Forwarded-For: 198.51.100.9, 192.0.2.1", "X-Forwarded-For: 10.1.2.3")
        await Stranger.upgrade(house.port, "X-Forwarded-For: 10.1.2.3")  # somebody of the proxies' own network
        await Stranger.upgrade(house.port)
        assert {gate.who for gate in house.authority.house.gates} == {"192.0.2.1", "10.1.2.3", "127.0.0.1"}


async def test_what_was_cut_is_counted_by_its_reason(open_house: OpenHouse) -> None:
    async with open_house(limits=HASTE) as house:
        quiet = await Stranger.knock(house.port)
        await quiet.end()
        page = await Stranger.knock(house.port)
        await page.write(upgrade_request("Origin: http://127.0.0.1"))
        await page.end()
        cuts = house.authority.house.metrics.cuts
        assert cuts == {"no request in time": 1, "a web page": 1}


async def test_without_one_nobody_can_choose_an_address(open_house: OpenHouse) -> None:
    async with open_house(trusted_proxy=("10.0.0.1",)) as house:
        await Stranger.upgrade(house.port, "X-Forwarded-For: 192.0.2.1")
        assert {gate.who for gate in house.authority.house.gates} == {"127.0.0.1"}


async def test_compression_is_not_agreed_to(lived_in: House) -> None:
    stranger = await Stranger.knock(lived_in.port)
    await stranger.write(upgrade_request("Sec-WebSocket-Extensions: permessage-deflate"))
    head = await stranger.reader.readuntil(b"\r\n\r\n")
    assert b" 101 " in head
    assert b"extensions" not in head.lower()


async def test_another_path_is_no_websocket(lived_in: House) -> None:
    stranger = await Stranger.knock(lived_in.port)
    await stranger.write(upgrade_request(path="/elsewhere"))
    assert (await stranger.end()).startswith(b"HTTP/1.1 403")


async def test_someone_elses_session_can_not_be_taken(lived_in: House) -> None:
    for sid in list(lived_in.authority._sio.eio.sockets):
        stranger = await Stranger.knock(lived_in.port)
        await stranger.write(upgrade_request(query=f"&sid={sid}"))
        assert (await stranger.end()).startswith(b"HTTP/1.1 403")


# -- storms -----------------------------------------------------------------------------------------------------------


async def test_a_storm_of_connections_leaves_nothing_behind(lived_in: House) -> None:
    before = lived_in.crowd

    async def come_and_go(number: int) -> None:
        stranger = await (Stranger.knock, Stranger.upgrade, Stranger.join)[number % 3](lived_in.port)
        stranger.writer.transport.abort()

    await asyncio.gather(*(come_and_go(number) for number in range(60)))
    await until(lambda: lived_in.crowd == before)
    await until(lambda: len(lived_in.authority._sio.eio.sockets) == 2)
