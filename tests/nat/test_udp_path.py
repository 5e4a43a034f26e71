"""The long path for media that benches and tests use: what goes through it is late, and the same."""

from __future__ import annotations

import asyncio
import socket
import time

from msgspec.structs import replace

from server.core.protocol import Again
from tests.call.company import a_call
from tests.fakes.coturn import own_address
from tests.fakes.udp_path import UdpPath
from tests.nat.test_relayed_calls import talk


async def echo(path: UdpPath, words: list[bytes]) -> tuple[list[bytes], float]:
    """Words to a socket that sends them back over the path; what came back, and how long it took, s."""
    loop = asyncio.get_running_loop()
    far, near = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    try:
        for each in (far, near):
            each.setblocking(False)
            each.bind((own_address(), 0))
        place = path.through(*far.getsockname())
        assert path.through(*far.getsockname()) == place
        begun = time.perf_counter()
        for word in words:
            near.sendto(word, place)
        back = []
        for _ in words:
            data, sender = await loop.sock_recvfrom(far, 100)
            far.sendto(data, sender)
        for _ in words:
            data, sender = await loop.sock_recvfrom(near, 100)
            assert sender == place
            back.append(data)
        return back, time.perf_counter() - begun
    finally:
        far.close()
        near.close()


async def test_datagrams_go_and_come_late_and_in_order() -> None:
    words = [bytes([each]) for each in range(20)]
    with UdpPath(delay=0.05) as path:
        back, took = await echo(path, words)
        assert back == words
        assert took >= 0.1  # no less than there and back
        assert path.passed == 40


async def test_jitter_lets_some_overtake_and_none_vanish() -> None:
    words = [bytes([each]) for each in range(50)]
    with UdpPath(delay=0.02, jitter=0.02) as path:
        back, _ = await echo(path, words)
        assert sorted(back) == words
        assert back != words


async def test_a_call_goes_over_the_path() -> None:
    with UdpPath(delay=0.04) as path:
        async with a_call("ana", "ben") as call:
            call.carry = lambda sender, signal: replace(signal, what=path.carry(signal.what))
            await talk(call)
            assert path.passed > 10
    assert path.carry(Again()) == Again()


async def test_a_cut_path_carries_nothing_until_it_is_mended() -> None:
    with UdpPath(delay=0.0) as path:
        path.is_cut = True
        lost = asyncio.ensure_future(echo(path, [b"lost"]))
        await asyncio.wait([lost], timeout=0.1)
        lost.cancel()
        await asyncio.gather(lost, return_exceptions=True)
        assert path.passed == 0
        path.is_cut = False
        assert (await echo(path, [b"found"]))[0] == [b"found"]
