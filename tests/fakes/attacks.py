"""What hostile clients do to an authority: raw bytes and frames, by kind of attack.

The kinds are those of facts/hardening.md and some more; those about frames and texts are here, those about connections
and requests in `attacks_connecting.py`. Each is a coroutine that gets a `Raid`: where to attack and how strongly, 1.0
being what `python -m tests.bench.hostile` does, less what a test has time for. That a server cuts, refuses or ignores
them is what they expect; nothing is asserted here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from websockets.frames import Opcode

from server.core import protocol
from tests.fakes.visitors import Stranger, frame

TEXT, BINARY, CONT, PING, PONG, CLOSE = (
    Opcode.TEXT,
    Opcode.BINARY,
    Opcode.CONT,
    Opcode.PING,
    Opcode.PONG,
    Opcode.CLOSE,
)
CLOCK = '42["clock",{"t0_us":1}]'
OVER = (ConnectionError, asyncio.IncompleteReadError, AssertionError, TimeoutError, OSError, asyncio.LimitOverrunError)
"""How an attacker's connection ends."""


@dataclass(frozen=True, slots=True)
class Raid:
    port: int
    strength: float = 1.0

    def times(self, count: int) -> range:
        """As many as that at full strength, and never none."""
        return range(max(1, round(count * self.strength)))

    async def knock(self) -> Stranger:
        return await Stranger.knock(self.port)

    async def upgrade(self, *headers: str) -> Stranger:
        return await Stranger.upgrade(self.port, *headers)

    async def join(self, room: str = "den", receive_buffer: int | None = None) -> Stranger:
        return await Stranger.join(self.port, room, receive_buffer)


Attack = Callable[[Raid], Awaitable[None]]
ATTACKS: dict[str, Attack] = {}


def attack(work: Attack) -> Attack:
    ATTACKS[work.__name__] = work
    return work


async def run(raid: Raid, name: str) -> None:
    """One attack, and all its connections gone in the end."""
    try:
        with contextlib.suppress(*OVER):
            await ATTACKS[name](raid)
    finally:
        await Stranger.send_home()


async def each(raid: Raid, texts: list[str | bytes], enter: Callable[[], Awaitable[Stranger]]) -> None:
    """Each text on a connection of its own, until the server ends that or answers."""
    for text in texts:
        with contextlib.suppress(*OVER):
            stranger = await enter()
            await stranger.say(text)
            await hear(stranger)


async def hear(stranger: Stranger, patience: float = 0.05) -> None:
    """Read what there is to read, for a moment."""
    with contextlib.suppress(*OVER):
        async with asyncio.timeout(patience):
            while await stranger.reader.read(2**16):
                pass


async def flood(stranger: Stranger, block: bytes, times: range) -> None:
    """Write, and read what comes back, until the server ends it."""
    reading = asyncio.ensure_future(hear(stranger, 3600.0))
    for _ in times:
        if reading.done():
            break
        await stranger.write(block)
        await asyncio.sleep(0)
    reading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reading


async def crowd(raid: Raid, count: int, one: Callable[[int], Awaitable[None]], at_once: int = 100) -> None:
    """Many at once, each of whom may fail."""
    gate = asyncio.Semaphore(at_once)

    async def safely(number: int) -> None:
        async with gate:
            with contextlib.suppress(*OVER):
                await one(number)

    await asyncio.gather(*(safely(number) for number in raid.times(count)))


# -- texts -------------------------------------------------------------------------------------------------------------


@attack
async def malformed_engineio(raid: Raid) -> None:
    texts: list[str | bytes] = ["", "x", "0", "1", "2", "2probe", "3probe", "5", "6", "7", "b4AAAA", "\x00", "9" * 999]
    await each(raid, texts, raid.upgrade)
    await each(raid, texts, raid.join)


@attack
async def malformed_socketio(raid: Raid) -> None:
    texts: list[str | bytes] = [
        "4",
        "42",
        "42[]",
        "42[{}]",
        "42{}",
        "42null",
        "43",
        "43[]",
        "430[]",
        "44",
        "44{}",
        "45",
    ]
    texts += ["45-[]", "451-[]", "49", "4" * 99, "40[]", "40/", "40/,", "41/x", "42/x,[]", '42["', "42[" * 99, "4-1[]"]
    texts += [
        "42[null,{}]",
        '42[["clock"],{}]',
        '42["clock"]',
        '42["clock",[]]',
        '42["connect",{}]',
        '42["\\ud800",{}]',
    ]
    await each(raid, texts, raid.upgrade)
    await each(raid, texts, raid.join)


@attack
async def deep_json(raid: Raid) -> None:
    texts: list[str | bytes] = []
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        depth = 16_000 // (len(opening) + 1)
        texts += [
            f'42["ready",{opening * depth}',
            f'42["ready",{opening * 900}1{closing * 900}]',
            "42" + opening * depth,
        ]
        texts += [f'40{{"version":{opening * 2000}1{closing * 2000}}}']
    await each(raid, texts * len(raid.times(10)), raid.join)
    await each(raid, texts, raid.upgrade)


@attack
async def odd_values(raid: Raid) -> None:
    odd = ["1e999", "-1e999", "NaN", "Infinity", "-0", "1.0", "0x1", "9" * 200, "9" * 5000, "-" + "9" * 19, '"\\ud800"']
    odd += ["true", "null", "[]", "{}", '""', '"\\u0000"', "9007199254740993", "1E5", '"' + "\U0001f469" * 3000 + '"']
    texts: list[str | bytes] = [f'42["clock",{{"t0_us":{value}}}]' for value in odd]
    texts += [f'42["ready",{{"revision":{value}}}]' for value in odd]
    texts += [f'42["command",{{"id":{value},"revision":0,"item":"","action":{{"do":"play"}}}}]' for value in odd]
    texts += [f'42["command",{{"id":"x","revision":0,"item":"","action":{value}}}]' for value in odd]
    await each(raid, texts, raid.join)
    await each(raid, [f'40{{"version":{value},"room":{value}}}' for value in odd], raid.upgrade)


@attack
async def binary_attachments(raid: Raid) -> None:
    for head in ("451-", "459999999999-", "461-", "4510-/x,"):
        with contextlib.suppress(*OVER):
            stranger = await raid.join()
            await stranger.say(head + '["x",{"_placeholder":true,"num":0}]')
            for _ in raid.times(50):
                await stranger.write(frame(BINARY, b"x" * 16_000))


@attack
async def namespaces(raid: Raid) -> None:
    texts: list[str | bytes] = [f"40/{number}," for number in raid.times(300)]
    await each(raid, texts[:30], raid.upgrade)
    stranger = await raid.join()
    await stranger.say(*texts)
    await hear(stranger)


@attack
async def ack_abuse(raid: Raid) -> None:
    stranger = await raid.join()
    await stranger.say(*(f'42{number}["clock",{{"t0_us":1}}]' for number in raid.times(300)))
    await each(raid, ["43999[]", "430[1]", "43" + "9" * 5000 + "[]", '421["clock",{"t0_us":1}]'], raid.join)


@attack
async def polling(raid: Raid) -> None:
    async def one(number: int) -> None:
        stranger = await raid.knock()
        method = ("GET", "POST", "PUT", "OPTIONS", "DELETE", "BREW")[number % 6]
        head = f"{method} /socket.io/?transport=polling&EIO=4&sid={number} HTTP/1.1\r\nHost: h\r\n"
        await stranger.write(f"{head}Content-Length: 999999999\r\n\r\n".encode() + b"40" * 2**15)
        await hear(stranger)

    await crowd(raid, 300, one)


# -- frames ------------------------------------------------------------------------------------------------------------


@attack
async def huge_frames(raid: Raid) -> None:
    for size in (16_385, 65_535, 2**24, 2**62, 2**64 - 1):
        with contextlib.suppress(*OVER):
            stranger = await raid.join()
            head = b"\x81\xfe" + size.to_bytes(2) if size < 2**16 else b"\x81\xff" + size.to_bytes(8)
            await stranger.write(head + b"\0\0\0\0")
            await flood(stranger, b"x" * 2**16, raid.times(100))


@attack
async def unfinished_frames(raid: Raid) -> None:
    async def one(number: int) -> None:
        stranger = await (raid.join if number % 2 else raid.upgrade)()
        await stranger.write(b"\x81\xfe\x3f\x00\0\0\0\0" + b"4" * (number * 97 % 16_000))

    await crowd(raid, 400, one)
    await asyncio.sleep(0)


@attack
async def fragments(raid: Raid) -> None:
    begin = frame(TEXT, b"42[", fin=False)
    for said in (begin + frame(CONT, b"", fin=False) * 30_000, frame(CONT, b"x") * 10_000, begin * 3000):
        with contextlib.suppress(*OVER):
            await flood(await raid.join(), said, raid.times(10))
            await flood(await raid.upgrade(), said, raid.times(10))


@attack
async def tiny_messages(raid: Raid) -> None:
    for tiny in (frame(TEXT, b""), frame(TEXT, b"3"), frame(BINARY, b""), frame(TEXT, b"41") * 2, b"\x81\x80\0\0\0\0"):
        with contextlib.suppress(*OVER):
            await flood(await raid.join(), tiny * 37_000, raid.times(10))


@attack
async def compression_bomb(raid: Raid) -> None:
    packer = zlib.compressobj(9, wbits=-15)
    bomb = packer.compress(b"4" * 2**24) + packer.flush(zlib.Z_SYNC_FLUSH)
    forced = bytearray(frame(TEXT, bomb[:-4]))
    forced[0] |= 0x40  # RSV1: "this is compressed"

    async def one(number: int) -> None:
        stranger = await raid.upgrade("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
        await stranger.write(bytes(forced) if number % 2 else frame(TEXT, bomb))
        await hear(stranger)

    await crowd(raid, 60, one, at_once=20)


@attack
async def ping_abuse(raid: Raid) -> None:
    for said in (
        frame(PING, b"x" * 125),
        frame(PONG, b""),
        b"\x89\xfe\x01\x00\0\0\0\0" + b"\0" * 256,
        frame(PING, b""),
    ):
        with contextlib.suppress(*OVER):
            await flood(await raid.join(), said * 5000, raid.times(10))


@attack
async def close_abuse(raid: Raid) -> None:
    for payload in (b"", b"\x03", b"\x00\x00", b"\x03\xed", b"\xff\xff", b"\x03\xe8\xff\xfe", b"\x03\xe8" + b"x" * 123):
        for enter in (raid.join, raid.upgrade):
            with contextlib.suppress(*OVER):
                stranger = await enter()
                await stranger.write(frame(CLOSE, payload) * 3 + frame(TEXT, CLOCK.encode()) * 20)
                await hear(stranger)
    for goodbye in (b"41", b"1", b'42["leave",{}]'):
        with contextlib.suppress(*OVER):
            stranger = await raid.join()
            await stranger.write(frame(TEXT, goodbye) * 50 + frame(CLOSE, b"\x03\xe8"))
            await hear(stranger)


@attack
async def wrong_frames(raid: Raid) -> None:
    odd = [bytes([first, second, 0, 0, 0, 0]) for first in range(0x80, 0x100, 3) for second in (0x80, 0x05, 0xFF)]
    odd += [frame(TEXT, b"\xff"), frame(TEXT, b"42[\xed\xa0\x80]"), b"GET / HTTP/1.1\r\n\r\n", b"\x00", b"\xff" * 50]
    for number, said in enumerate(odd):
        with contextlib.suppress(*OVER):
            stranger = await (raid.join if number % 2 else raid.upgrade)()
            await stranger.write(said)
            await hear(stranger, 0.01)


@attack
async def random_payloads(raid: Raid) -> None:
    chance = random.Random(5)

    async def one(number: int) -> None:
        stranger = await (raid.knock, raid.upgrade, raid.join)[number % 3]()
        noise = chance.randbytes(chance.choice((1, 7, 100, 3000)))
        await stranger.write(frame(TEXT, b"42" + noise) if number % 2 else noise)
        await hear(stranger, 0.01)

    await crowd(raid, 600, one, at_once=20)


def command(action: protocol.Action, id: str = "x", revision: int = 0, item: str = "") -> str:
    """A command as a text of Engine.IO."""
    kind, payload = protocol.encode(protocol.Command(id=id, revision=revision, item=item, action=action))
    return "42" + json.dumps([kind, payload], ensure_ascii=False)
