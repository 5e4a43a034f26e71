"""What dies in mid film, and what that costs: a process, Redis, both, a connection between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import socketio

from server.core.protocol import (
    Accepted,
    Notice,
    Pause,
    Play,
    Ready,
    Refused,
    Roster,
    Seek,
    TimelineStated,
    micros,
)
from server.store.port import StoreError
from server.store.redis import end_all
from tests.fakes.redis_server import RedisServer
from tests.fakes.services import Service, start_process, start_service
from tests.fakes.visitors import Friend


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with start_service(tmp_path) as found:
        yield found


async def watch(service: Service) -> tuple[Friend, Friend, TimelineStated]:
    """Ana behind one process, Ben behind the other, and a film that plays."""
    ana = await Friend.join(service.one.url, name="Ana")
    ben = await Friend.join(service.two.url, name="Ben")
    item = await ana.load()
    for friend in (ana, ben):
        await friend.send(Ready(revision=1))
    await ana.command(Play(), item=item.id)
    playing = await ana.hear(TimelineStated, state="playing")
    assert await ben.hear(TimelineStated, state="playing") == playing
    return ana, ben, playing


async def goes_on(ana: Friend, ben: Friend, item: str, place: float) -> None:
    await ana.command(Seek(media_us=micros(place)), item=item, id="goes on")
    assert await ana.hear(TimelineStated, media_us=micros(place)) == await ben.hear(
        TimelineStated, media_us=micros(place)
    )


async def come_back(url: str, friend: Friend) -> Friend:
    """By token, as often as it takes, as players do."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await Friend.join(url, name=friend.welcome.name, token=friend.welcome.token)
            except socketio.exceptions.ConnectionError:
                await asyncio.sleep(0.1)


async def ready(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/readyz") as answer:
        return answer.status


async def settled(friend: Friend, *ids: str) -> dict[str, type]:
    """What became of commands, by id."""
    found: dict[str, type] = {}
    while len(found) < len(ids):
        for message in list(friend.heard):
            if isinstance(message, Accepted | Refused) and message.id in ids:
                found[message.id] = type(message)
                friend.heard.remove(message)
        await asyncio.sleep(0.01)
    return found


async def test_a_killed_process_costs_its_members_one_reconnect_and_nobody_else_anything(service: Service) -> None:
    ana, ben, playing = await watch(service)
    ben.heard.clear()
    await service.one.kill()
    await ana.end()
    again = await come_back(service.two.url, ana)
    assert again.welcome.peer == ana.welcome.peer
    assert again.welcome.timeline.revision == playing.revision
    assert again.welcome.epoch == ana.welcome.epoch
    assert not [message for message in ben.heard if isinstance(message, TimelineStated)]
    assert ben.is_connected
    await goes_on(again, ben, playing.item, 321.0)
    await again.leave()
    await ben.leave()


async def test_a_deadline_of_a_process_that_died_is_kept_by_the_other(tmp_path: Path) -> None:
    async with start_service(tmp_path, "--limit", "first_hold=2.5") as service:
        ana = await Friend.join(service.one.url, name="Ana")
        ben = await Friend.join(service.two.url, name="Ben")
        item = await ana.load()
        await ana.command(Play(), item=item.id)  # nobody is ready: the wait is for both, and ends by itself
        hold = await ben.hear(TimelineStated, state="holding")
        await service.one.kill()
        playing = await ben.hear(TimelineStated, state="playing")
        assert hold.until_us is not None
        assert playing.room_us >= hold.until_us
        assert playing.revision == hold.revision + 1
        await ana.end()
        await ben.leave()


async def test_who_was_behind_a_killed_process_and_stays_away_is_lost_for_the_others(tmp_path: Path) -> None:
    async with start_service(tmp_path, "--limit", "silence=6") as service:
        ana, ben, _ = await watch(service)
        await service.one.kill()

        async def lost() -> None:
            while True:
                await ben.exchange()  # Ben lives
                for message in ben.heard:
                    if isinstance(message, Roster) and any(m.name == "Ana" and not m.here for m in message.members):
                        return
                await asyncio.sleep(0.2)

        async with asyncio.timeout(60):
            await lost()
        assert ben.is_connected
        await ana.end()
        await ben.leave()


async def test_redis_that_restarts_costs_nobody_the_room(service: Service) -> None:
    ana, ben, playing = await watch(service)
    for round_ in range(3):
        service.redis.kill()
        await ana.command(Seek(media_us=micros(50.0 + round_)), item=playing.item, id=f"s{round_}")
        service.redis.start()
        assert await settled(ana, f"s{round_}") == {f"s{round_}": Accepted}
        assert await ben.hear(TimelineStated, media_us=micros(50.0 + round_))
    assert ana.is_connected
    assert ben.is_connected
    assert "Traceback" not in await _log(service)
    await ana.leave()
    await ben.leave()


async def test_while_redis_is_away_clocks_go_on_and_commands_are_refused_with_words(service: Service) -> None:
    ana, ben, playing = await watch(service)
    t0, t1, *_ = await ana.exchange()
    service.redis.kill()
    await ben.command(Pause(), item=playing.item, id="late")
    refused = await ben.hear(Refused, id="late")
    assert (refused.code, "reach its rooms" in refused.words) == ("busy", True)
    assert await ready(service.two.url) == 503
    u0, u1, *_ = await ana.exchange()
    assert abs((u1 - u0) - (t1 - t0)) < 0.05
    service.redis.start()
    assert ana.is_connected
    await goes_on(ana, ben, playing.item, 99.0)
    assert await ready(service.two.url) == 200
    await ana.leave()
    await ben.leave()


async def test_redis_that_runs_out_of_memory_is_said_and_found_again(service: Service) -> None:
    ana, ben, playing = await watch(service)
    service.redis.ask("CONFIG", "SET", "maxmemory", "1")
    await ben.command(Pause(), item=playing.item, id="late")
    assert (await ben.hear(Refused, id="late")).code == "busy"
    service.redis.ask("CONFIG", "SET", "maxmemory", "0")
    await goes_on(ana, ben, playing.item, 99.0)
    assert "has no memory left for rooms; raise its maxmemory" in await _log(service)
    await ana.leave()
    await ben.end()


async def test_redis_that_hangs_is_noticed_and_found_again(service: Service) -> None:
    ana, ben, playing = await watch(service)
    service.redis.pause()
    await ben.command(Pause(), item=playing.item, id="late")
    assert (await ben.hear(Refused, id="late")).code == "busy"
    service.redis.go_on()
    await goes_on(ana, ben, playing.item, 99.0)
    await ana.leave()
    await ben.leave()


async def test_a_process_and_redis_at_once(service: Service) -> None:
    ana, ben, playing = await watch(service)
    service.redis.kill()
    await service.one.kill()
    await ana.end()
    service.redis.start()
    again = await come_back(service.two.url, ana)
    assert again.welcome.timeline.revision == playing.revision
    assert again.welcome.epoch == ana.welcome.epoch
    assert ben.is_connected
    await goes_on(again, ben, playing.item, 99.0)
    await again.leave()
    await ben.leave()


async def test_all_at_once(service: Service) -> None:
    ana, ben, playing = await watch(service)
    for each in (service.one, service.two):
        await each.kill()
    service.redis.kill()
    await ana.end()
    await ben.end()
    service.redis.start()
    async with start_process(service.redis) as three:
        back = await come_back(three.url, ben)
        assert (back.welcome.peer, back.welcome.timeline.item) == (ben.welcome.peer, playing.item)
        assert back.welcome.timeline.revision >= playing.revision
        ana_back = await come_back(three.url, ana)
        assert ana_back.welcome.peer == ana.welcome.peer
        await goes_on(ana_back, back, playing.item, 99.0)
        await back.leave()
        await ana_back.leave()


async def test_redis_that_comes_back_empty_is_filled_again(tmp_path: Path) -> None:
    redis = RedisServer(tmp_path, ("--appendonly", "no"))
    with redis:
        async with start_process(redis) as one, start_process(redis) as two:
            ana, ben, playing = await watch(Service(redis, one, two))
            redis.kill()
            redis.start()
            again = await Friend.join(two.url, name="Cleo")  # nobody is lost to whom the room is not
            await goes_on(ana, ben, playing.item, 99.0)
            await again.leave()
            await ana.leave()
            await ben.leave()


def deafen(redis: RedisServer) -> None:
    """Break the connections by which processes hear of publications."""
    for each in redis.ask("CLIENT", "LIST", "TYPE", "pubsub").splitlines():
        redis.ask("CLIENT", "KILL", "ID", each.split()[0].removeprefix("id="))


async def test_what_was_missed_is_made_good(service: Service) -> None:
    ana, ben, playing = await watch(service)
    count = 10
    for number in range(count):
        deafen(service.redis)
        await ana.command(Seek(media_us=micros(400.0 + number)), item=playing.item)
        assert await ben.hear(TimelineStated, media_us=micros(400.0 + number))
    told = [await friend.hear(TimelineStated, media_us=micros(400.0 + count - 1)) for friend in (ana,)]
    assert told[0].revision == playing.revision + count
    assert (ana.is_connected, ben.is_connected) == (True, True)
    await ana.leave()
    await ben.leave()


async def test_members_who_missed_too_much_come_back_and_know_it(service: Service) -> None:
    ana, ben, playing = await watch(service)
    place = 400.0
    while ana.is_connected and ben.is_connected:
        deafen(service.redis)
        place += 1.0
        await ana.command(Seek(media_us=micros(place)), item=playing.item)
        service.redis.ask("DEL", "matinee:told:den")
        await asyncio.sleep(0.05)
    friend, url = (ben, service.two.url) if ana.is_connected else (ana, service.one.url)
    await friend.end()
    again = await come_back(url, friend)
    assert again.welcome.peer == friend.welcome.peer
    assert again.welcome.timeline.revision > playing.revision
    await again.leave()
    await ana.leave()
    await ben.leave()


async def test_a_process_that_is_stopped_politely_sends_its_members_to_the_others(service: Service) -> None:
    ana, ben, playing = await watch(service)
    service.one.program.process.terminate()
    await ana.end()
    assert await service.one.program.end() == 0
    again = await come_back(service.two.url, ana)
    assert again.welcome.timeline.revision == playing.revision
    await goes_on(again, ben, playing.item, 99.0)
    assert not [message for message in ben.heard if isinstance(message, Notice)]
    await again.leave()
    await ben.leave()


async def test_a_task_that_loses_its_cancellation_ends_all_the_same() -> None:
    ends = 0

    async def stubborn() -> None:
        nonlocal ends
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ends += 1
                if ends == 3:
                    raise

    async def failed() -> None:
        raise StoreError("gone")

    tasks = [asyncio.ensure_future(stubborn()), asyncio.ensure_future(failed())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    cancelled, error = await end_all(tasks)
    assert isinstance(cancelled, asyncio.CancelledError)
    assert str(error) == "gone"


async def _log(service: Service) -> str:
    """What the second process has said so far; it ends by this."""
    service.two.program.process.terminate()
    await service.two.program.end()
    return await service.two.program.errors()
