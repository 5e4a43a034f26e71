"""What hostile clients do to an authority with connections, requests and hellos. See `attacks.py`."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec

from server.core import protocol
from server.core.protocol import VERSION, Hello
from tests.fakes.attacks import CLOCK, OVER, TEXT, Raid, attack, command, crowd, flood, hear
from tests.fakes.visitors import Stranger, frame, upgrade_request


@attack
async def half_open(raid: Raid) -> None:
    openings = (
        b"",
        b"G",
        b"GET /socket.io/ HTT",
        upgrade_request()[:-2],
        b"POST / HTTP/1.1\r\nHost: h\r\n",
        b"\x16\x03\x01",
    )

    async def one(number: int) -> None:
        await (await raid.knock()).write(openings[number % len(openings)])

    await crowd(raid, 1500, one)
    upgraded = [await raid.upgrade() for _ in raid.times(200)]
    await asyncio.gather(*(hear(stranger, 1.0) for stranger in upgraded))


@attack
async def many_connects(raid: Raid) -> None:
    async def one(number: int) -> None:
        await raid.knock()
        if number % 500 == 499:
            await Stranger.send_home()

    await crowd(raid, 5000, one, at_once=300)


@attack
async def slow_readers(raid: Raid) -> None:
    """Members who read nothing, in a room where as much is said as may be."""
    readers = [await raid.join("hall", receive_buffer=4096) for _ in raid.times(25)]
    for reader in readers:
        reader.stop_reading()
    speakers = [await raid.join("hall") for _ in range(12)]
    words = [command(protocol.Say(text="\U0001f469" * 1900), f"w{number}") for number in range(20)]
    for _ in raid.times(20):
        for speaker in speakers:
            await speaker.say(*words)
            await hear(speaker, 0.02)
    for reader in readers:
        await reader.say("3", *[CLOCK] * 40)
    await asyncio.sleep(0.5 * raid.strength)


@attack
async def event_flood(raid: Raid) -> None:
    clock = frame(TEXT, CLOCK.encode())
    for _ in raid.times(10):
        with contextlib.suppress(*OVER):
            await flood(await raid.join(), clock * 500, raid.times(50))
    seek = frame(TEXT, command(protocol.Seek(media_us=5)).encode())
    await flood(await raid.join(), seek * 90, range(1))


@attack
async def reconnect_storm(raid: Raid) -> None:
    async def one(number: int) -> None:
        stranger = await (raid.join(f"storm {number % 7}") if number % 3 else raid.upgrade())
        stranger.writer.transport.abort()

    await crowd(raid, 1500, one)


@attack
async def rooms_and_names(raid: Raid) -> None:
    """As many rooms as there may be and more, with names as odd as they come; and one person many times."""
    names = [
        "\u202e" + "x" * 63,
        "\N{FAMILY}" * 64,
        "\u0301" * 64,
        " ",
        "../../etc/passwd",
        "{}",
        "%00",
        "'; --",
        "\u200d",
    ]

    async def one(number: int) -> None:
        stranger = await raid.upgrade()
        hello = Hello(version=VERSION, room=names[number % 9][: 64 - 5] + str(number), name=names[-number % 9][:32])
        await stranger.say("40" + msgspec.json.encode(hello).decode())
        await hear(stranger, 0.01)

    await crowd(raid, 1200, one)


@attack
async def guessed_passwords(raid: Raid) -> None:
    """At the password of a room, each from a connection of its own: 19 MiB and 20 ms each if they were let."""
    host = await raid.join("vault")
    await host.say(command(protocol.SetPassword(password="sesame")))
    while "accepted" not in await host.read_text():
        pass

    async def one(number: int) -> None:
        stranger = await raid.upgrade()
        hello = Hello(version=VERSION, room="vault", key=f"k{number}", password=f"p{number}", token=f"t{number}")
        await stranger.say("40" + msgspec.json.encode(hello).decode())
        await hear(stranger, 0.01)

    await crowd(raid, 300, one)


@attack
async def long_query(raid: Raid) -> None:
    async def one(number: int) -> None:
        stranger = await raid.knock()
        if number % 2:
            await stranger.write(upgrade_request(query="&x=" + "y" * 7000))
        else:
            await stranger.write(upgrade_request(*(f"X-{line}: {'y' * 1000}" for line in range(9))))
        await hear(stranger, 0.02)

    await crowd(raid, 300, one)


@attack
async def odd_requests(raid: Raid) -> None:
    request = upgrade_request()
    odd = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /%ff%fe%00 HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nX: \x00\x01\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET http://elsewhere/ HTTP/1.1\r\nHost: h\r\n\r\n",
        b"CONNECT elsewhere:443 HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /",
        b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n" * 100,
        b"HEAD /metrics HTTP/1.1\r\nHost: h\r\n\r\n" * 20,
        request.replace(b"13", b"99"),
        request.replace(b"Version: 13", b"Version: x"),
        request.replace(b"AAAAAAAAAAAAAAAAAAAAAA==", b"short"),
        request.replace(b"AAAAAAAAAAAAAAAAAAAAAA==", b"\xff\xff"),
        request.replace(b"Sec-WebSocket-Key", b"X-Nothing"),
        request.replace(b"GET", b"POST"),
        request.replace(b"HTTP/1.1", b"HTTP/1.0"),
        request.replace(b"EIO=4", b"EIO=3"),
        request.replace(b"EIO=4", b"EIO=%ff&EIO=4&EIO=4"),
        request.replace(b"/socket.io/", b"/socket.io/../socket.io/"),
        request.replace(b"\r\n\r\n", b"\r\nContent-Length: 10\r\n\r\n") + b"0123456789",
        request.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n") + b"5\r\n01234\r\n0\r\n\r\n",
        request.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: " + b"a, " * 500 + b"b\r\n\r\n"),
        request.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: ;;;,,=\r\n\r\n"),
        request.replace(b"\r\n\r\n", b"\r\nX-Forwarded-For: " + b"," * 3000 + b"\r\n\r\n"),
        request.replace(b"\r\n\r\n", b"\r\nX-Odd: \xff\xfe\xe9\r\n\r\n"),
        request + request,
        request + frame(TEXT, b"40{}") * 100,
        request + b"\xff" * 4000,
    ]
    for said in odd * len(raid.times(5)):
        with contextlib.suppress(*OVER):
            stranger = await raid.knock()
            await stranger.write(said)
            await hear(stranger, 0.03)
    for said in odd:
        with contextlib.suppress(*OVER):  # a byte at a time, and half of it
            stranger = await raid.knock()
            for byte in said[:200]:
                await stranger.write(bytes([byte]))
            stranger.writer.write_eof()


@attack
async def broken_off(raid: Raid) -> None:
    """Connections that end in the middle of something: half-closed, aborted, right after the hello."""
    hello = frame(TEXT, b"40" + msgspec.json.encode(Hello(version=VERSION, room="den", name="Mallory")))
    openings = [upgrade_request() + hello, upgrade_request() + hello + frame(TEXT, CLOCK.encode()), upgrade_request()]

    async def one(number: int) -> None:
        stranger = await raid.knock()
        await stranger.write(openings[number % 3])
        if number % 2:
            stranger.writer.write_eof()
            await hear(stranger, 0.02)
        else:
            stranger.writer.transport.abort()

    await crowd(raid, 600, one)
