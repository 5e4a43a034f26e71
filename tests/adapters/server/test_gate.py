"""What strangers may not say, with two friends beside them who go on.

The overrides of uvicorn's WebSocket class that read are here; those that write are in test_gate_writing.
"""

from __future__ import annotations

import json

import pytest
from websockets.frames import Opcode

from server.core.protocol import VERSION
from server.gate import Gate
from server.settings import Limits
from tests.fakes.houses import HASTE, House, OpenHouse
from tests.fakes.visitors import Friend, Stranger, a_pair, frame

TEXT, BINARY, CONT, PING, PONG = Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.PING, Opcode.PONG


async def test_who_does_not_say_hello_is_cut(open_house: OpenHouse) -> None:
    async with open_house(limits=HASTE) as house, a_pair(house.url):
        stranger = await Stranger.upgrade(house.port)
        assert await stranger.end() == b""


async def test_who_is_refused_and_stays_is_cut(open_house: OpenHouse) -> None:
    async with open_house(limits=HASTE, key="sesame") as house, a_pair(house.url, key="sesame"):
        stranger = await Stranger.upgrade(house.port)
        await stranger.say("40" + json.dumps({"version": VERSION, "room": "den"}))
        assert '44{"code":"key"' in await stranger.read_text()
        assert await stranger.end() == b""


BEFORE_HELLO = [
    "",
    "x",
    "0",
    "1",
    "2",
    "4",
    "41",
    "42",
    "42[]",
    '42["clock",{"t0_us":1}]',
    "40[]",
    "40/admin,",
    "5",
    "6",
]
OUT_OF_PLACE = [
    *[
        "",
        "x",
        "0",
        "2",
        "2probe",
        "4",
        "40",
        "40{}",
        "42",
        "43[]",
        "430[]",
        "44",
        "44{}",
        "451-[]",
        "461-[]",
        "45",
        "49",
    ],
    *["42/admin,[]", '421["clock",{"t0_us":1}]', "5", "6", "7", "b4AAAA", "41/x,"],
]
WRONG = [
    "[]",
    "[{}]",
    "[1,2]",
    "[",
    '["clock"]',
    '["clock",{}]',
    '["clock",{"t0_us":1},{}]',
    '["clock",{"t0_us":"1"}]',
    '["clock",{"t0_us":1.5}]',
    '["clock",{"t0_us":' + "9" * 200 + "}]",
    '["clock",{"t0_us":' + "9" * 15000 + "}]",
    '["clock",{"t0_us":NaN}]',
    '["clock",{"t0_us":1,"more":2}]',
    '["connect",{}]',
    '["disconnect","x"]',
    '["welcome",{}]',
    '["ready",{"revision":-1}]',
    '["command",{"id":"' + "x" * 41 + '","revision":0,"item":"","action":{"do":"play"}}]',
    '["command",{"id":"x","revision":0,"item":"","action":{"do":"explode"}}]',
    '["command",{"id":"\\ud800","revision":0,"item":"","action":{"do":"play"}}]',
    '["ready",' + "[" * 8000 + "]" * 8000 + "]",
    '["ready",' + '{"a":' * 3000 + "1" + "}" * 3000 + "]",
]


async def test_a_stranger_says_hello_or_goes(lived_in: House) -> None:
    for text in BEFORE_HELLO:
        stranger = await Stranger.upgrade(lived_in.port)
        await stranger.say(text)
        await stranger.end()


async def test_a_packet_out_of_place_ends_it(lived_in: House) -> None:
    for text in OUT_OF_PLACE:
        stranger = await Stranger.join(lived_in.port)
        await stranger.say(text)
        await stranger.end()


async def test_a_wrong_message_ends_it(lived_in: House) -> None:
    for event in WRONG:
        stranger = await Stranger.join(lived_in.port)
        await stranger.say("42" + event)
        await stranger.end()


@pytest.mark.parametrize("hello", ["{", "{}", '{"version":1e999}', '{"a":' * 2500 + "}" * 2500, '{"version":[]}'])
async def test_a_wrong_hello_is_refused(lived_in: House, hello: str) -> None:
    stranger = await Stranger.upgrade(lived_in.port)
    await stranger.say("40" + hello)
    assert '44{"code":"bad"' in await stranger.read_text()


NO_FRAMES = [
    frame(TEXT, b'42["clock",{"t0_us":1}]\xff'),
    frame(TEXT, b"42[\xed\xa0\x80]"),
    frame(TEXT, b"42[", fin=False),
    frame(TEXT, b"42[", fin=False) + frame(CONT, b"]"),
    frame(CONT, b"42[]"),
    frame(BINARY, b"42[]"),
    frame(TEXT, b"x" * 16385)[:14],
    b"\x81\x7f",
    b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",
    b"\x83\x80\0\0\0\0",
    b"\xc1\x80\0\0\0\0",
    b"\x81\x02hi",
    b"\x89\xfe\x01\x00\0\0\0\0" + b"\0" * 256,
    b"GET / HTTP/1.1\r\n\r\n",
]


async def test_frames_that_are_none_of_ours_end_it(lived_in: House) -> None:
    for said in NO_FRAMES:
        stranger = await Stranger.join(lived_in.port)
        await stranger.write(said)
        await stranger.end()


async def test_a_frame_that_says_it_is_huge_is_refused_by_its_head(lived_in: House) -> None:
    stranger = await Stranger.join(lived_in.port)
    await stranger.write(b"\x81\xfe\xff\xff")  # 65,535 bytes are to follow, and never do
    await stranger.end()


async def test_a_goodbye_is_answered_politely(lived_in: House) -> None:
    stranger = await Stranger.join(lived_in.port)
    await stranger.say("41", "1")
    assert (await stranger.end()).endswith(b"\x88\x02\x03\xe8")
    stranger = await Stranger.join(lived_in.port)
    await stranger.write(frame(Opcode.CLOSE, b"\x03\xe8"))
    assert (await stranger.end()).endswith(b"\x88\x02\x03\xe8")
    for goodbye in (b"41", b'42["leave",{}]'):  # and the close in one read with it
        stranger = await Stranger.join(lived_in.port)
        await stranger.write(frame(TEXT, goodbye) + frame(Opcode.CLOSE, b"\x03\xe8"))
        assert (await stranger.end()).endswith(b"\x88\x02\x03\xe8")


FLOODS = {
    "engine.io pongs": frame(TEXT, b"3"),
    "pings": frame(PING, b""),
    "pongs": frame(PONG, b""),
    "half events": frame(TEXT, b'42["leave"'),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
async def test_a_flood_is_cut_before_any_queue(lived_in: House, flood: bytes) -> None:
    stranger = await Stranger.join(lived_in.port)
    await stranger.write(flood * 3000)
    await stranger.end()


async def test_of_one_read_full_of_messages_only_the_allowance_is_looked_at(
    open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    parsed = []
    tell, parse = Gate._tell, Gate.handle_text
    monkeypatch.setattr(Gate, "_tell", lambda gate, text: (seen.append(text), tell(gate, text)))
    monkeypatch.setattr(Gate, "handle_text", lambda gate, event: (parsed.append(event), parse(gate, event)))
    async with open_house(limits=Limits(messages_burst=10, slice_bytes=256)) as house:
        stranger = await Stranger.join(house.port)
        await stranger.say(*['42["clock",{"t0_us":1}]'] * 1000)
        await stranger.end()
    assert len(seen) == 9  # and the hello
    assert len(parsed) < 10 + 256 // 25


async def test_whole_messages_come_out_of_slices(open_house: OpenHouse) -> None:
    async with open_house(limits=Limits(slice_bytes=3)) as house:
        ana = await Friend.join(house.url, name="Ana")
        await ana.exchange()
        await ana.leave()


async def test_a_flood_of_log_lines_is_counted_instead(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "server.gate")
    for number in range(100):
        house.authority.house.say("line %d", number)
    assert 20 <= len(caplog.records) < 100
