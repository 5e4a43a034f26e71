"""The mesh, by real connections between members in one process."""

from __future__ import annotations

import asyncio

from tests.call.company import Camera, Call, a_call, spoken, voice
from tests.fakes.waiting import until


def all_connected(call: Call) -> bool:
    return all(
        person.inbox.state(other) == "connected"
        for person in call.people.values()
        for other in call.people
        if other != person.name
    )


async def test_two_members_see_and_hear_each_other_whole_and_in_order() -> None:
    async with a_call("ana", "ben") as call:
        ana, ben = call.people.values()
        await until(lambda: all_connected(call), pause=0.01)
        camera = Camera()
        sent = []
        for count in range(60):
            picture = camera.picture(ana.clock.now())
            sent.append(picture)
            ana.mesh.send_picture(picture)
            ana.mesh.send_voice(voice(count, ana.clock.now()))
            await asyncio.sleep(0.01)
        await until(lambda: len(ben.inbox.pictures["ana"]) == len(sent), pause=0.01)
        came = ben.inbox.pictures["ana"]
        assert [picture.data for picture in came] == [picture.data for picture in sent]
        assert [picture.is_key for picture in came] == [picture.is_key for picture in sent]
        assert [picture.follows for picture in came] == [False] + [True] * 59
        await until(lambda: len(ben.inbox.voices["ana"]) == 60, pause=0.01)
        assert spoken(ben.inbox.voices["ana"]) == list(range(60))
