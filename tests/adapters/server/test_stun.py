"""The authority's own STUN over real UDP: who asks learns its address, strangers get little, and members are told of it
under the name by which they came."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import time
from collections.abc import AsyncIterator

import pytest

from server.core.protocol import AskWays, InCall, Ways
from server.core.stun import read_answer, request_of
from server.listener import listening
from server.relay import stun
from server.relay.stun import StunResponder
from server.settings import ServerSettings
from tests.fakes.houses import House, OpenHouse
from tests.fakes.visitors import PATIENCE, Friend
from tests.fakes.waiting import until


@contextlib.asynccontextmanager
async def answering(host: str = "127.0.0.1", burst: float = 400.0, rate: float = 1e-6) -> AsyncIterator[StunResponder]:
    responder = StunResponder(burst, rate, 100, time.perf_counter)
    assert await responder.open(host, 0)
    try:
        yield responder
    finally:
        responder.close()


def port_of(responder: StunResponder) -> int:
    assert responder._socket is not None
    return int(responder._socket.getsockname()[1])


class Asker:
    """A UDP socket that asks from an address of its own."""

    def __init__(self, own: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in own else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind((own, 0))

    @property
    def name(self) -> tuple[str, int]:
        host, port = self.socket.getsockname()[:2]
        return str(host), int(port)

    async def ask(self, host: str, port: int) -> tuple[str, int] | None:
        """What is answered, from the very address that was asked: a NAT lets nothing else in."""
        transaction = secrets.token_bytes(12)
        self.socket.connect((host, port))
        self.socket.send(request_of(transaction))
        async with asyncio.timeout(PATIENCE):
            return read_answer(await asyncio.get_running_loop().sock_recv(self.socket, 2048), transaction)

    def __enter__(self) -> Asker:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


async def test_who_asks_learns_its_address() -> None:
    async with answering() as responder:
        with Asker() as ana, Asker("127.0.0.9") as ben:
            assert await ana.ask("127.0.0.1", port_of(responder)) == ana.name
            assert await ben.ask("127.0.0.1", port_of(responder)) == ben.name


@pytest.mark.parametrize(("listening_on", "asked"), [("0.0.0.0", "127.0.0.5"), ("::", "127.0.0.5"), ("::", "::1")])
async def test_the_answer_comes_from_the_address_that_was_asked(listening_on: str, asked: str) -> None:
    """A machine with several addresses would choose another: 127.0.0.1 here."""
    async with answering(listening_on) as responder:
        with Asker("::1" if ":" in asked else "127.0.0.1") as ana:
            assert await ana.ask(asked, port_of(responder)) == ana.name


async def test_an_address_gets_no_more_than_its_share() -> None:
    async with answering(burst=5.0) as responder:
        with Asker() as flooder, Asker("127.0.0.9") as ben:
            flooder.socket.connect(("127.0.0.1", port_of(responder)))
            for _ in range(50):
                flooder.socket.send(request_of(b"x" * 12))
            assert await ben.ask("127.0.0.1", port_of(responder)) == ben.name  # they were read in order
            answers = 0
            with contextlib.suppress(BlockingIOError):
                while flooder.socket.recv(2048):
                    answers += 1
            assert answers == 5


async def test_what_is_no_request_is_not_answered_and_harms_nothing() -> None:
    async with answering() as responder:
        with Asker() as stranger:
            stranger.socket.connect(("127.0.0.1", port_of(responder)))
            for data in (b"", b"x", bytes(20), b"GET / HTTP/1.1", request_of(b"y" * 12) + bytes(4), b"\xff" * 2000):
                stranger.socket.send(data)
            assert await stranger.ask("127.0.0.1", port_of(responder)) == stranger.name
            with pytest.raises(BlockingIOError):
                stranger.socket.recv(2048)


async def test_a_flood_makes_it_rest_and_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stun, "READ_BURST", 3.0)
    async with answering() as responder:
        with Asker() as flooder, Asker("127.0.0.9") as ben:
            flooder.socket.connect(("127.0.0.1", port_of(responder)))
            for _ in range(4):
                flooder.socket.send(b"flood")
            await until(lambda: responder._resting is not None)
            assert await ben.ask("127.0.0.1", port_of(responder)) == ben.name


async def test_it_may_be_closed_while_it_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stun, "READ_BURST", 1.0)
    async with answering() as responder:
        with Asker() as flooder:
            flooder.socket.connect(("127.0.0.1", port_of(responder)))
            flooder.socket.send(b"flood")
            flooder.socket.send(b"flood")
            await until(lambda: responder._resting is not None)
    await asyncio.sleep(2 * stun.REST)  # nothing comes to life again: the loop would log it


async def test_a_port_that_is_taken_is_said_and_done_without() -> None:
    async with answering() as one:
        two = StunResponder(1.0, 1.0, 1, time.perf_counter)
        assert not await two.open("127.0.0.1", port_of(one))
        assert not await two.open("no.such.host.invalid", 0)
        two.close()


async def test_where_only_transports_exist_it_answers_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows' way, on this system's loop."""
    monkeypatch.setattr(stun.sys, "platform", "win32")
    async with answering() as responder:
        assert responder._transport is not None
        port = responder._transport.get_extra_info("sockname")[1]
        with Asker() as ana:
            assert await ana.ask("127.0.0.1", port) == ana.name


@contextlib.asynccontextmanager
async def open_to_all(**settings: object) -> AsyncIterator[House]:
    async with listening(ServerSettings(listen="0.0.0.0:0", no_tls=True, **settings)) as server:  # type: ignore[arg-type]
        yield House(server.authority, server.port)


async def ways_for(house: House, host: str, **hello: str) -> Ways:
    """What somebody is told that came by the name `host`."""
    friend = await Friend.join(house.url, headers={"Host": host}, **hello)
    try:
        await friend.send(InCall(joined=True))
        await friend.send(AskWays())
        return await friend.hear(Ways)
    finally:
        await friend.leave()


async def test_members_are_told_of_it_by_the_name_by_which_they_came() -> None:
    async with open_to_all() as house:
        place = f"matinee.example.org:{house.port}"
        ways = await ways_for(house, place)
        assert (ways.stun, ways.turn) == ((f"stun:{place}",), ())
        assert (await ways_for(house, "8.8.4.4")).stun == ("stun:8.8.4.4:80",)
        for useless in (f"127.0.0.1:{house.port}", f"localhost:{house.port}", "[2001:db8::1]:8998", "x" * 200):
            assert (await ways_for(house, useless)).stun == ()
        with Asker() as ana:
            assert await ana.ask("127.0.0.1", house.port) == ana.name


async def test_with_a_relay_both_are_named() -> None:
    async with open_to_all(turn=("turn:192.0.2.1:3478",), turn_secret="s3cret") as house:
        ways = await ways_for(house, "matinee.example.org:8998")
        assert ways.stun == ("stun:192.0.2.1:3478", "stun:matinee.example.org:8998")


async def test_behind_a_proxy_and_where_it_is_switched_off_nobody_is_told() -> None:
    async with open_to_all(trusted_proxy=("127.0.0.1",)) as house:
        assert (await ways_for(house, "matinee.example.org:443")).stun == ()
    async with open_to_all(no_stun=True) as house:
        assert (await ways_for(house, "matinee.example.org:443")).stun == ()
        with Asker() as ana:
            ana.socket.connect(("127.0.0.1", house.port))
            ana.socket.send(request_of(b"z" * 12))
            with pytest.raises(ConnectionRefusedError):
                await asyncio.get_running_loop().sock_recv(ana.socket, 100)


async def test_on_loopback_there_is_none(house: House) -> None:
    assert not house.authority.ways.has_stun


async def test_a_controller_may_examine_the_ways(open_house: OpenHouse) -> None:
    async with open_house(turn=("turn:192.0.2.1:3478",), turn_secret="s3cret") as house:
        ana = await Friend.join(house.url)
        controller = await Friend.join(house.url, role="controller")
        await controller.send(AskWays())
        ways = await controller.hear(Ways)
        assert ways.user.endswith(f":{controller.welcome.peer}")
        await controller.leave()
        await ana.leave()
