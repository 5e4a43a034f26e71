"""What the gate writes, when and how much of it: its overrides of uvicorn's WebSocket class that write."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec
import pytest
from websockets.frames import Opcode

from server.core.protocol import VERSION, ClockReply, Hello, Notice, decode_server, encode
from server.core.timeline import LocalTime
from server.gate import Gate, event_frame
from server.settings import Limits
from tests.fakes.houses import HASTE, House, OpenHouse
from tests.fakes.visitors import Stranger, a_pair, frame
from tests.fakes.waiting import until


def gate_of(house: House, name: str = "Mallory") -> Gate:
    room = house.authority.store.view("den")
    assert room is not None
    gate = house.authority.delivery.gate_of(next(each.peer for each in room.members if each.name == name))
    assert gate is not None
    return gate


def notice(length: int = 300) -> bytes:
    kind, payload = encode(Notice(words="x" * length))
    return event_frame(kind, msgspec.json.encode(payload))


async def test_who_reads_nothing_is_cut(open_house: OpenHouse) -> None:
    async with open_house(limits=HASTE) as house, a_pair(house.url):
        stranger = await Stranger.join(house.port, receive_buffer=4096)
        gate = gate_of(house)
        stranger.stop_reading()
        await until(lambda: gate.send_frame(notice()) or gate._stuck_timer)
        await until(lambda: gate.state == "gone")


async def test_who_reads_again_in_time_stays(open_house: OpenHouse) -> None:
    async with open_house(limits=Limits(stuck_time=30.0)) as house:
        stranger = await Stranger.join(house.port, receive_buffer=4096)
        gate = gate_of(house)
        stranger.stop_reading()
        await until(lambda: gate.send_frame(notice()) or gate._stuck_timer)
        stranger.read_on()
        reading = asyncio.ensure_future(stranger.end())
        await until(lambda: gate._stuck_timer is None)
        assert gate.state == "open"
        gate.finish()
        await reading


async def test_unread_bytes_are_counted(open_house: OpenHouse) -> None:
    async with open_house(limits=Limits(unsent_bytes=100_000)) as house, a_pair(house.url):
        await Stranger.join(house.port, receive_buffer=4096)
        gate = gate_of(house)
        while gate.state == "open":
            gate.send_frame(notice())
        assert gate.transport.is_closing()


async def test_what_is_sent_before_the_hellos_answer_comes_after_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The room tells a newcomer more than its welcome; the library writes its own answer a little later."""
    receive = house.authority._receive_hello

    async def receive_and_tell(gate: Gate) -> Any:
        answer = await receive(gate)
        gate.send_frame(notice())
        return answer

    monkeypatch.setattr(house.authority, "_receive_hello", receive_and_tell)
    stranger = await Stranger.upgrade(house.port)
    await stranger.say("40" + msgspec.json.encode(Hello(version=VERSION, room="den")).decode())
    said = [(await stranger.read_text())[:8] for _ in range(4)]
    assert said == ['40{"sid"', '42["welc', '42["rost', '42["noti']


async def test_what_the_request_said_is_forgotten_once_the_gate_is_open(house: House) -> None:
    await Stranger.join(house.port)
    gate = gate_of(house)
    assert not hasattr(gate, "request")
    assert not hasattr(gate, "response")
    assert gate.scope["headers"] == []
    (environ,) = house.authority._sio.environ.values()
    assert [name for name in environ if name.startswith("HTTP_")] == ["HTTP_CONNECTION", "HTTP_UPGRADE"]


async def test_what_is_sent_early_is_bounded(open_house: OpenHouse) -> None:
    async with open_house(limits=Limits(early_messages=3)) as house:
        stranger = await Stranger.upgrade(house.port)
        (gate,) = house.authority.house.gates
        gate.send_frame(notice())  # is not said to strangers
        gate.state = "asked"
        for _ in range(4):
            gate.send_frame(notice())
        assert gate.state == "gone"
        assert await stranger.end() == b""


async def test_a_cut_peer_can_not_come_back_on_the_same_connection(house: House) -> None:
    stranger = await Stranger.join(house.port)
    gate_of(house).drop("for the test")
    await stranger.say("40{}")
    assert b"40{" not in await stranger.end()
    assert not house.authority.house.gates


async def clog(house: House) -> tuple[Stranger, Gate]:
    """A stranger for whom more is written than it reads."""
    stranger = await Stranger.join(house.port, receive_buffer=4096)
    gate = gate_of(house)
    stranger.stop_reading()
    await until(lambda: gate.send_frame(notice()) or gate._stuck_timer)
    return stranger, gate


async def test_a_polite_end_that_nobody_reads_comes_soon(open_house: OpenHouse) -> None:
    async with open_house(limits=Limits(farewell_time=0.1)) as house:
        _, gate = await clog(house)
        gate.finish()
        gate.finish()
        await until(lambda: not house.authority.house.gates)


async def test_so_does_one_that_the_peer_asked_for(open_house: OpenHouse) -> None:
    async with open_house(limits=Limits(farewell_time=0.1)) as house:
        stranger, gate = await clog(house)
        await stranger.write(frame(Opcode.CLOSE, b"\x03\xe8"))
        await until(lambda: gate.state == "gone")
        gate.finish()
        await until(lambda: not house.authority.house.gates)


async def test_so_does_one_of_a_peer_that_says_no_more(open_house: OpenHouse) -> None:
    async with open_house(limits=Limits(farewell_time=0.1)) as house:
        stranger, _ = await clog(house)
        stranger.writer.write_eof()
        await until(lambda: not house.authority.house.gates)


async def test_who_answers_no_ping_is_cut_and_who_does_stays(open_house: OpenHouse) -> None:
    limits = Limits(ping_interval=0.05, ping_timeout=0.1, farewell_time=0.1)
    async with open_house(limits=limits) as house, a_pair(house.url):
        stranger = await Stranger.join(house.port)
        await stranger.end()


async def test_a_clock_request_is_answered_in_one_go(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """No task, no queue: the answer is written before the event's handler returns."""
    await Stranger.join(house.port)
    gate = gate_of(house)
    written: list[bytes] = []
    monkeypatch.setattr(gate, "send_frame", written.append)
    house.authority.receive_event(gate, '["clock",{"t0_us":5}]', LocalTime(7.0))
    (reply,) = written
    message = decode_server(*json.loads(reply[reply.index(b"[") :]))
    assert isinstance(message, ClockReply)
    assert (message.t0_us, message.t1_us, message.epoch) == (5, 7_000_000, house.authority.store.clock.epoch)


def test_a_frame_is_as_servers_write_it() -> None:
    assert event_frame("leave", b"{}") == b'\x81\x0e42["leave",{}]'
    assert event_frame("x", b'"' + b"y" * 200 + b'"')[:4] == b"\x81\x7e\x00\xd2"
    assert event_frame("x", b"y" * 70_000)[:10] == b"\x81\x7f\x00\x00\x00\x00\x00\x01\x11\x78"
