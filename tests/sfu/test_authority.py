"""An authority with a real Janus: meetings are made and ended, tickets go to who is in the call, failures are told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from server.core.call_mode import FAILED, GROWN
from server.core.protocol import AskWays, CallStated, Command, InCall, Kick, Meeting, Ways, Welcome
from server.core.room_state import RoomPolicy
from tests.fakes.houses import House, open_a_house
from tests.fakes.janus import SECRET, Caller, Janus
from tests.fakes.redis_server import RedisServer
from tests.fakes.visitors import Friend

QUICK = RoomPolicy(sfu_above=2, sfu_kept=0.5, sfu_again=0.5, silence=600.0)
NAMES = ("Ana", "Ben", "Cho")


@contextlib.asynccontextmanager
async def house_at(janus: Janus, **settings: Any) -> AsyncIterator[House]:
    chosen = {"room": QUICK, "janus": janus.url, "janus_secret": SECRET, **settings}
    async with open_a_house(**chosen) as house:
        yield house


@contextlib.asynccontextmanager
async def friends_at(house: House, *names: str) -> AsyncIterator[list[Friend]]:
    """Members of one room, all in its call."""
    friends = [await Friend.join(house.url, name=name) for name in names]
    try:
        for friend in friends:
            await friend.send(InCall(joined=True))
        yield friends
    finally:
        for friend in friends:
            await friend.client.disconnect()


async def told(friend: Friend, mode: str) -> CallStated:
    while True:
        stated = await friend.hear(CallStated)
        if stated.mode == mode:
            return stated


async def meeting_of(friend: Friend) -> Meeting | None:
    await friend.send(AskWays())
    return (await friend.hear(Ways)).meeting


async def exists(janus: Janus, room: str) -> bool:
    caller = await (await Caller.call(janus)).enter()
    answer = await caller.ask_plugin(request="exists", room=room)
    await caller.close()
    return bool(answer["exists"])


async def becomes(question: Callable[[], Any], wanted: bool) -> None:
    async with asyncio.timeout(60):
        while bool(await question()) != wanted:
            await asyncio.sleep(0.05)


async def test_a_call_that_grows_meets_on_the_sfu_and_comes_back(janus: Janus) -> None:
    async with house_at(janus) as house, friends_at(house, *NAMES) as friends:
        ana, _, cho = friends
        assert await told(ana, "sfu") == CallStated(mode="sfu", generation=1, words=GROWN)
        meeting = await meeting_of(ana)
        assert meeting is not None
        assert (meeting.url, meeting.generation) == (janus.url, 1)
        assert await exists(janus, meeting.room)
        member = await (await Caller.call(janus, meeting.token)).enter()
        joined = await member.ask_plugin(request="join", ptype="publisher", room=meeting.room, token=meeting.ticket)
        assert joined["videoroom"] == "joined"
        await member.close()
        await cho.send(InCall(joined=False))
        assert await told(ana, "mesh") == CallStated(mode="mesh", generation=2)
        assert await meeting_of(ana) is None
        assert await exists(janus, meeting.room)  # a little longer: until the mesh stands


async def test_who_comes_later_is_told_how_the_call_is_held(janus: Janus) -> None:
    async with house_at(janus) as house, friends_at(house, *NAMES) as friends:
        await told(friends[0], "sfu")
        late = await Friend.join(house.url, name="Dov")
        assert await late.hear(CallStated) == CallStated(mode="sfu", generation=1)
        await late.send(AskWays())  # not in the call: no ticket
        await late.send(InCall(joined=True))
        assert await meeting_of(late) is not None
        assert sum(isinstance(each, Ways) for each in late.heard) == 0
        await late.client.disconnect()


async def test_who_is_removed_has_a_ticket_to_a_meeting_that_is_over(janus: Janus) -> None:
    async with (
        house_at(janus, room=RoomPolicy(sfu_above=1, silence=600.0)) as house,
        friends_at(house, *NAMES) as friends,
    ):
        ana, _, cho = friends
        await told(ana, "sfu")
        old = await meeting_of(cho)
        assert old is not None
        kick = Kick(peer=cho.welcome.peer)
        await ana.send(Command(id="1", revision=ana.welcome.timeline.revision, item="", action=kick))
        assert (await told(ana, "sfu")).generation == 2
        new = await meeting_of(ana)
        assert new is not None
        assert new.room != old.room
        await becomes(lambda: exists(janus, old.room), wanted=False)
        assert await exists(janus, new.room)


@pytest.mark.expects_warnings
async def test_a_janus_that_dies_sends_the_call_back_with_words_and_is_tried_again(janus: Janus) -> None:
    async with house_at(janus) as house, friends_at(house, *NAMES) as friends:
        ana = friends[0]
        await told(ana, "sfu")
        janus.kill()
        assert await told(ana, "mesh") == CallStated(mode="mesh", generation=2, words=FAILED)
        janus.start()
        assert (await told(ana, "sfu")).generation == 3
        meeting = await meeting_of(ana)
        assert meeting is not None
        assert await exists(janus, meeting.room)


@pytest.mark.expects_warnings
async def test_a_janus_that_hangs_is_noticed(janus: Janus) -> None:
    async with house_at(janus) as house, friends_at(house, *NAMES) as friends:
        await told(friends[0], "sfu")
        janus.pause()
        assert (await told(friends[0], "mesh")).words == FAILED


@pytest.mark.expects_warnings
async def test_a_janus_that_is_back_at_once_goes_on_with_the_same_meeting(janus: Janus) -> None:
    async with house_at(janus) as house, friends_at(house, *NAMES) as friends:
        await told(friends[0], "sfu")
        meeting = await meeting_of(friends[0])
        assert meeting is not None
        janus.kill()
        janus.start()
        await becomes(lambda: exists(janus, meeting.room), wanted=True)
        assert [each for each in friends[1].heard if isinstance(each, CallStated)][1:] == []


@pytest.mark.expects_warnings
async def test_without_its_janus_a_server_holds_large_calls_as_a_mesh(tmp_path: Path) -> None:
    janus = Janus(tmp_path)  # never started
    async with house_at(janus) as house, friends_at(house, *NAMES) as friends:
        assert await meeting_of(friends[0]) is None
        assert isinstance(friends[0].welcome, Welcome)


@pytest.mark.expects_warnings
async def test_a_janus_that_lets_anybody_in_is_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    janus = Janus(tmp_path)
    janus.write()
    (tmp_path / "janus.plugin.videoroom.jcfg").write_text("general: { string_ids = true }\n", "utf-8")
    janus.start()
    try:
        async with house_at(janus) as house:
            await becomes(lambda: asyncio.sleep(0, "lets anybody in" in caplog.text), wanted=True)
            assert house.authority.ways.sfu is not None
            assert not house.authority.ways.sfu.is_up
    finally:
        janus.kill()


async def test_a_server_that_goes_takes_its_meetings_along_and_one_that_keeps_its_rooms_does_not(
    janus: Janus, tmp_path: Path
) -> None:
    for settings, wanted in (({}, False), ({"state_dir": str(tmp_path / "state")}, True)):
        async with house_at(janus, **settings) as house, friends_at(house, *NAMES) as friends:
            await told(friends[0], "sfu")
            meeting = await meeting_of(friends[0])
            assert meeting is not None
        await becomes(lambda room=meeting.room: exists(janus, room), wanted=wanted)  # type: ignore[misc]


async def test_two_processes_on_one_redis_hold_one_meeting(janus: Janus, tmp_path: Path) -> None:
    with RedisServer(tmp_path) as redis:
        async with house_at(janus, redis=redis.url) as one, house_at(janus, redis=redis.url) as two:
            ana, ben = await Friend.join(one.url, name="Ana"), await Friend.join(two.url, name="Ben")
            cho = await Friend.join(two.url, name="Cho")
            friends = (ana, ben, cho)
            for friend in friends:
                await friend.send(InCall(joined=True))
            for friend in friends:
                assert (await told(friend, "sfu")).generation == 1
            meetings = [await meeting_of(friend) for friend in friends]
            rooms = {meeting.room for meeting in meetings if meeting is not None}
            assert len(rooms) == 1
            (room,) = rooms
            assert await exists(janus, room)
            await cho.send(InCall(joined=False))
            for friend in friends:
                assert (await told(friend, "mesh")).generation == 2
            await becomes(lambda: exists(janus, room), wanted=False)
            for friend in friends:
                await friend.leave()
