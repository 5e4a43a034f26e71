"""The STUN server that answers is asked, and silent ones don't hold up a connection."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest

from player.call import stun_choice
from player.call.stun_choice import StunChoice
from player.core.call_ends import Server
from server.core.protocol import Ways
from server.relay.stun import StunResponder
from tests.call.company import a_call
from tests.fakes.coturn import own_address
from tests.fakes.waiting import until


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.setblocking(False)
        bound.bind((own_address(), 0))
        yield bound


def server_at(bound: socket.socket) -> Server:
    return Server(*bound.getsockname())


async def a_responder() -> tuple[StunResponder, Server]:
    responder = StunResponder(1000.0, 1.0, 10, time.perf_counter)
    assert await responder.open(own_address(), 0)
    assert responder._socket is not None
    return responder, server_at(responder._socket)


async def test_the_one_that_answers_is_chosen(silent: socket.socket) -> None:
    responder, server = await a_responder()
    choice = StunChoice()
    names = Server("no.such.host.invalid", 1), Server("no..host", 1)
    assert await choice.first((*names, server_at(silent), server)) == server
    choice.forget()
    responder.close()


async def test_where_none_answers_there_is_none_and_nobody_is_asked_again(
    silent: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stun_choice, "ASKED_AGAIN", (0.01, 0.01))
    choice = StunChoice()
    servers = (server_at(silent),)
    assert await choice.first(servers) is None
    for _ in range(2):
        silent.recv(100)
    assert await choice.first(servers) is None
    with pytest.raises(BlockingIOError):
        silent.recv(100)
    choice.forget()
    assert await choice.first(servers) is None
    assert silent.recv(100)
    assert await choice.first((Server("no.such.host.invalid", 1),)) is None
    assert await choice.first(()) is None
    choice.forget()


async def test_who_waits_while_it_is_forgotten_goes_on_without(silent: socket.socket) -> None:
    choice = StunChoice()
    waiting = asyncio.ensure_future(choice.first((server_at(silent),)))
    await asyncio.sleep(0)
    choice.forget()
    assert await waiting is None


async def test_a_mesh_asks_the_authority_and_uses_what_answers(silent: socket.socket) -> None:
    responder, server = await a_responder()
    host, port = silent.getsockname()
    ways = Ways(stun=(f"stun:{host}:{port}", f"stun:{server.host}:{server.port}"))
    async with a_call("ana", "ben", ways=ways) as call:
        await until(call.are_connected, "both to be connected", pause=0.01)
        assert call.people["ana"].mesh._talks["ben"].connection._path._route.stun == server
    responder.close()


async def test_in_a_relay_only_call_no_stun_server_is_asked(silent: socket.socket) -> None:
    host, port = silent.getsockname()
    async with a_call("ana", "ben", ways=Ways(stun=(f"stun:{host}:{port}",)), relay_only=True) as call:
        await until(lambda: call.people["ana"].inbox.said, "that there is no relay", pause=0.01)
        with pytest.raises(BlockingIOError):
            silent.recv(100)
