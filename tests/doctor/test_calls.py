"""How the doctor asks where this computer is seen from, and what it says when nobody answers. Behind real NATs it is in
tests/nat/test_doctor.py."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from player.call import libraries
from player.core.call_ends import Server
from player.core.invite import Invite
from player.core.nat import Reading
from player.doctor import calls, mapping
from player.doctor.calls import inspect_library, inspect_ways
from player.doctor.mapping import ask_all
from server.relay.stun import StunResponder
from tests.fakes.houses import open_a_house
from tests.fakes.loop_thread import LoopThread
from tests.fakes.nginx import free_port
from tests.fakes.visitors import Friend


async def _open() -> tuple[StunResponder, int]:
    responder = StunResponder(100.0, 1.0, 10, time.perf_counter)
    assert await responder.open("127.0.0.1", 0)
    assert responder._socket is not None
    return responder, int(responder._socket.getsockname()[1])


async def _close(responder: StunResponder) -> None:
    responder.close()


def test_all_are_asked_from_one_socket() -> None:
    thread = LoopThread("stun")
    one, port = thread.call(_open())
    two, other = thread.call(_open())
    try:
        first, second = ask_all((Server("127.0.0.1", port), Server("127.0.0.1", other)))
        assert (first.asked, second.asked) == (("127.0.0.1", port), ("127.0.0.1", other))
        assert first.mapped == first.own == second.mapped == second.own
        assert first.own[0] == "127.0.0.1"
    finally:
        for responder in (one, two):
            thread.call(_close(responder))
        thread.stop()


def test_who_does_not_answer_is_told_and_who_does_not_exist_left_out() -> None:
    thread = LoopThread("stun")
    responder, port = thread.call(_open())
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    try:
        place = ("127.0.0.1", silent.getsockname()[1])
        asked = (Server("no.such.host.invalid", 3478), Server(*place), Server("127.0.0.1", port))
        found = ask_all(asked, patience=0.2)
        assert [(each.asked, each.mapped is None) for each in found] == [(place, True), (("127.0.0.1", port), False)]
        assert ask_all(asked[:1]) == ()
    finally:
        silent.close()
        thread.call(_close(responder))
        thread.stop()


def test_a_lost_question_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping, "read_answer", _Forgetful(mapping.read_answer))
    thread = LoopThread("stun")
    responder, port = thread.call(_open())
    try:
        (found,) = ask_all((Server("127.0.0.1", port),), patience=60.0)
        assert found.mapped is not None
    finally:
        thread.call(_close(responder))
        thread.stop()


class _Forgetful:
    """Loses the first answer."""

    def __init__(self, read: object) -> None:
        self._read, self._count = read, 0

    def __call__(self, *args: object) -> object:
        self._count += 1
        return None if self._count == 1 else self._read(*args)  # type: ignore[operator]


def test_what_calls_are_made_of_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert inspect_library()[0].grade == "ok"

    def fail() -> None:
        raise ImportError("no such file")

    monkeypatch.setitem(libraries._NEEDED, "aiortc", fail)
    (found,) = inspect_library()
    assert found.grade == "note"
    assert "aiortc (no such file)" in found.words


def test_without_an_invite_nobody_is_asked() -> None:
    (found,) = inspect_ways(None)
    assert found.subject == "NAT"


def test_a_server_that_does_not_know_the_question_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an older one: it has nothing to say to a controller."""
    monkeypatch.setattr(calls, "ANSWER", 0.2)
    thread = LoopThread("authority")
    house = open_a_house()
    inside = thread.call(house.__aenter__())
    monkeypatch.setattr(inside.authority.ways, "answer", lambda gate: None)
    try:
        host = thread.call(Friend.join(inside.url))
        (found,) = inspect_ways(Invite(host="127.0.0.1", port=inside.port, room="den", tls=False))
        assert "says nothing about ways" in found.words
        thread.call(host.leave())
    finally:
        thread.call(house.__aexit__(None, None, None))
        thread.stop()


def test_a_room_that_is_not_there_is_told() -> None:
    (found,) = inspect_ways(Invite(host="127.0.0.1", port=free_port(), room="den", tls=False))
    assert (found.grade, found.subject) == ("note", "Room")


def test_where_there_is_no_network_at_all_nothing_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(servers: object) -> tuple[Reading, ...]:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(calls, "ask_all", fail)
    readings, trials = asyncio.run(calls._examine(calls.Servers()))
    assert (readings, trials) == ((), ())
