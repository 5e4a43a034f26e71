"""Two processes on one Redis are one service: whoever is in a room is in the same room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.core.protocol import (
    Accepted,
    Add,
    Leave,
    NewEntry,
    Next,
    Pause,
    Play,
    Ready,
    Refused,
    Report,
    Roster,
    Say,
    Seek,
    TimelineStated,
    Welcome,
    micros,
)
from server.core.protocol import Chat as ChatLines
from tests.fakes.services import Service, start_service
from tests.fakes.visitors import Friend, TurnedAwayError


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with start_service(tmp_path) as found:
        yield found


async def pair(service: Service, room: str = "den") -> tuple[Friend, Friend]:
    """Ana behind one process, Ben behind the other."""
    ana = await Friend.join(service.one.url, room, "Ana")
    return ana, await Friend.join(service.two.url, room, "Ben")


async def test_members_of_one_room_behind_two_processes_meet(service: Service) -> None:
    ana, ben = await pair(service)
    assert [each.name for each in ben.welcome.roster.members] == ["Ana", "Ben"]
    assert ana.welcome.epoch == ben.welcome.epoch
    item = await ana.load()
    assert await ben.hear(TimelineStated, item=item.id) is not None
    await ben.command(Seek(media_us=micros(77.0)), item=item.id)
    assert await ana.hear(TimelineStated, media_us=micros(77.0)) == await ben.hear(
        TimelineStated, media_us=micros(77.0)
    )
    await ana.leave()
    await ben.leave()


async def test_they_are_told_one_room_time(service: Service) -> None:
    ana, ben = await pair(service)
    (a0, a1, a2, a3), (b0, b1, b2, b3) = await ana.exchange(), await ben.exchange()
    apart = ((a1 - a0) + (a2 - a3)) / 2 - ((b1 - b0) + (b2 - b3)) / 2
    assert abs(apart) < (a3 - a0) + (b3 - b0)  # as far as one exchange each can tell
    await ana.leave()
    await ben.leave()


async def test_commands_from_both_sides_at_once_count_once_each_and_in_one_order(service: Service) -> None:
    ana, ben = await pair(service)
    item = await ana.load()
    await ben.hear(TimelineStated, item=item.id)
    count = 12  # a slider's allowance is 30
    for number in range(count):
        await asyncio.gather(
            ana.command(Seek(media_us=micros(100.0 + number)), item=item.id, id=f"a{number}"),
            ben.command(Seek(media_us=micros(200.0 + number)), item=item.id, id=f"b{number}"),
        )
    for number in range(count):
        await ana.hear(Accepted, id=f"a{number}")
        await ben.hear(Accepted, id=f"b{number}")
    seen = []
    for friend in (ana, ben):
        last = await friend.hear(TimelineStated, revision=1 + 2 * count)
        seen.append([m for m in friend.heard if isinstance(m, TimelineStated)] + [last])
    assert seen[0] == seen[1]
    assert [each.revision for each in seen[0]] == list(range(2, 2 + 2 * count))
    assert {each.media_us for each in seen[0]} == {micros(side + n) for side in (100.0, 200.0) for n in range(count)}
    await ana.leave()
    await ben.leave()


async def test_the_next_film_comes_once_though_both_ask_for_it(service: Service) -> None:
    ana, ben = await pair(service)
    await ana.command(Add(entries=tuple(NewEntry(title=f"film {n}") for n in range(4))), id="add")
    await ana.hear(Accepted, id="add")
    await ana.command(Next(), id="first")
    before = await ben.hear(TimelineStated)
    await asyncio.gather(
        ana.command(Next(), revision=before.revision, item=before.item, id="n"),
        ben.command(Next(), revision=before.revision, item=before.item, id="n"),
    )

    async def answer(friend: Friend) -> type:
        accepted = asyncio.ensure_future(friend.hear(Accepted, id="n"))
        refused = asyncio.ensure_future(friend.hear(Refused, id="n"))
        done, waiting = await asyncio.wait((accepted, refused), return_when=asyncio.FIRST_COMPLETED)
        for each in waiting:
            each.cancel()
        return type(done.pop().result())

    assert {await answer(ana), await answer(ben)} == {Accepted, Refused}
    await ana.leave()
    await ben.leave()


async def test_a_wait_ends_when_all_are_ready_wherever_they_are(service: Service) -> None:
    ana, ben = await pair(service)
    item = await ana.load()
    await ana.command(Play(), item=item.id)
    hold = await ben.hear(TimelineStated, state="holding")
    await ana.send(Ready(revision=hold.revision))
    await ben.send(Ready(revision=hold.revision))
    assert await ana.hear(TimelineStated, state="playing") == await ben.hear(TimelineStated, state="playing")
    await ana.leave()
    await ben.leave()


async def test_what_a_member_reports_is_in_everybodys_roster(service: Service) -> None:
    ana, ben = await pair(service)
    await ben.send(Report(delay_us=31_000, playout_us=9, dispersion_us=9, asynchrony_us=-7_000))

    async def told() -> None:
        while True:
            roster = await ana.hear(Roster)
            entry = next((each for each in roster.members if each.name == "Ben"), None)
            if entry is not None and entry.asynchrony_us == -7_000:
                return

    async with asyncio.timeout(30):
        await told()
    await ana.leave()
    await ben.leave()


async def test_chat_and_leaving_reach_the_other_side(service: Service) -> None:
    ana, ben = await pair(service)
    await ana.command(Say(text="Grüße, 世界"))
    assert (await ben.hear(ChatLines)).lines[-1].text == "Grüße, 世界"
    await ana.send(Leave())
    await ana.end()

    async def alone() -> None:
        while [each.name for each in (await ben.hear(Roster)).members] != ["Ben"]:
            pass

    async with asyncio.timeout(30):
        await alone()
    await ben.leave()


async def test_a_member_comes_back_to_the_other_process_and_its_old_connection_is_cut(service: Service) -> None:
    ana, ben = await pair(service)
    item = await ana.load()
    again = await Friend.join(service.two.url, name="Ana", token=ana.welcome.token)
    assert (again.welcome.peer, again.welcome.name) == (ana.welcome.peer, "Ana")
    assert again.welcome.timeline.item == item.id
    await ana.end()
    await again.command(Pause(), item=item.id, id="still")
    await again.hear(Accepted, id="still")
    assert [each.name for each in again.welcome.roster.members] == ["Ana", "Ben"]
    await again.leave()
    await ben.leave()


async def test_a_room_outlives_its_members_and_ends_for_both_sides(service: Service) -> None:
    ana, ben = await pair(service)
    item = await ana.load("Metropolis")
    await ana.leave()
    await ben.leave()
    cleo = await Friend.join(service.two.url, name="Cleo")
    assert cleo.welcome.item == item
    await cleo.leave()


async def test_limits_of_rooms_and_members_hold_for_all_together(tmp_path: Path) -> None:
    async with start_service(tmp_path, "--limit", "rooms=1", "--limit", "members_most=2") as service:
        ana, ben = await pair(service)
        with pytest.raises(TurnedAwayError) as full:
            await Friend.join(service.two.url, name="Cleo")
        assert full.value.refusal.code == "full"
        with pytest.raises(TurnedAwayError) as full:
            await Friend.join(service.two.url, "another room")
        assert full.value.refusal.code == "full"
        await ana.leave()
        await ben.leave()


async def test_a_room_that_nobody_needs_is_dissolved_once_and_for_all(tmp_path: Path) -> None:
    async with start_service(tmp_path, "--limit", "empty=0.2", "--limit", "abandoned=0.2") as service:
        ana, ben = await pair(service)
        await ana.load()
        for friend in (ana, ben):
            await friend.send(Leave())
            await friend.end()

        async def gone() -> None:
            while service.redis.ask("SCARD", "matinee:rooms") != "0":
                await asyncio.sleep(0.05)

        async with asyncio.timeout(60):
            await gone()
        assert service.redis.ask("EXISTS", "matinee:room:den") == "0"
        assert service.redis.ask("ZCARD", "matinee:due") == "0"
        again = await Friend.join(service.two.url)
        assert isinstance(again.welcome, Welcome)
        assert again.welcome.item is None
        await again.leave()
