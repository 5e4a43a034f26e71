"""The clock of the machine that Redis runs on is set while people watch: room time does not follow."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from server.core.protocol import Play, Ready, TimelineStated
from tests.fakes.redis_server import RedisServer
from tests.fakes.services import Process, start_process
from tests.fakes.time_proxy import SetClock, set_clock
from tests.fakes.visitors import Friend

NOTICED = 60.0  # s; it takes about ten


async def offset(friend: Friend) -> float:
    """Room time minus this machine's, by the best of some exchanges."""
    exchanges = [await friend.exchange() for _ in range(5)]
    t0, t1, t2, t3 = min(exchanges, key=lambda each: each[3] - each[0])
    return ((t1 - t0) + (t2 - t3)) / 2


async def agreed(clock: SetClock, generation: int) -> None:
    async with asyncio.timeout(NOTICED):
        while clock.ask("HGET", "matinee:clock", "generation") != str(generation):
            await asyncio.sleep(0.1)


async def play(one: Process, two: Process) -> tuple[Friend, Friend]:
    ana = await Friend.join(one.url, name="Ana")
    ben = await Friend.join(two.url, name="Ben")
    item = await ana.load()
    for friend in (ana, ben):
        await friend.send(Ready(revision=1))
    await ana.command(Play(), item=item.id)
    for friend in (ana, ben):
        await friend.hear(TimelineStated, state="playing")
        friend.heard.clear()
    return ana, ben


@pytest.mark.parametrize("step", [3600.0, -2.5])
async def test_a_step_is_not_followed_and_nobody_notices(tmp_path: Path, step: float) -> None:
    with RedisServer(tmp_path) as redis:
        async with set_clock(redis) as clock, start_process(clock) as one, start_process(clock) as two:
            ana, ben = await play(one, two)
            before = [await offset(ana), await offset(ben)]
            clock.step = step
            await agreed(clock, 2)
            after = [await offset(ana), await offset(ben)]
            for was, now in zip(before, after, strict=True):
                assert abs(now - was) < 0.1  # of 2.5 s; the machine is busy
            assert not [m for friend in (ana, ben) for m in friend.heard if isinstance(m, TimelineStated)]
            assert (ana.is_connected, ben.is_connected) == (True, True)
            late = await Friend.join(two.url, name="Cleo")
            assert late.welcome.epoch == ana.welcome.epoch
            assert abs(await offset(late) - before[1]) < 0.1
            for friend in (ana, ben, late):
                await friend.leave()


async def test_a_step_while_nobody_runs_is_a_new_epoch_and_the_film_goes_on_where_it_was(
    tmp_path: Path,
) -> None:
    with RedisServer(tmp_path) as redis:
        async with set_clock(redis) as clock:
            async with start_process(clock) as one, start_process(clock) as two:
                ana, ben = await play(one, two)
                await ana.exchange()
                for process in (one, two):
                    await process.kill()
                await ana.end()
                await ben.end()
            clock.step = 90_000.0
            async with start_process(clock) as three:
                back = await Friend.join(three.url, name="Ana", token=ana.welcome.token)
                assert back.welcome.peer == ana.welcome.peer
                assert back.welcome.epoch != ana.welcome.epoch
                assert back.welcome.timeline.media_us < 60_000_000  # not a day later
                assert back.welcome.timeline.item == "1"
                await back.leave()
        assert redis.ask("HGET", "matinee:clock", "before") == ana.welcome.epoch
