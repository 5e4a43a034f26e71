"""What every store keeps to: `server/store/port.py`."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.core.protocol import Accepted, Load, Pause, Roster, Seek, TimelineStated, Welcome
from server.core.room_state import Admit, Cut, Dissolve, Lost, Refuse, RoomPolicy
from server.core.timeline import LocalTime, PeerId
from server.store.memory import MemoryStore
from server.store.port import LocalRoomClock
from server.store.sqlite import SqliteStore
from tests.fakes.shelves import OpenStore, Shelves
from tests.fakes.waiting import until

POLICY = RoomPolicy(members_most=2, empty=0.05)


@pytest.fixture(params=["memory", "sqlite"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStore:
    if request.param == "memory":
        return lambda make, deliver: MemoryStore(LocalRoomClock(), make, deliver)
    return lambda make, deliver: SqliteStore(str(tmp_path / "state"), make, POLICY, deliver)


@pytest.fixture
async def shelves(make_store: OpenStore) -> AsyncIterator[Shelves]:
    shelves = Shelves(make_store, POLICY)
    await shelves.store.open()
    yield shelves
    await shelves.store.close()


async def test_who_joins_makes_the_room_and_is_let_in(shelves: Shelves) -> None:
    assert await shelves.store.find("den") is None
    welcome = await shelves.join("ana")
    assert welcome.epoch == shelves.store.clock.epoch
    assert shelves.outcomes[0] == ("den", Admit(PeerId("ana"), PeerId("ana")))
    found = await shelves.store.find("den")
    assert found is not None
    assert [each.name for each in found.members] == ["ana"]
    assert shelves.store.view("den") == found
    assert shelves.store.count == 1
    assert [each.name for each in shelves.store.rooms()] == ["den"]
    assert shelves.store.is_healthy


async def test_rooms_do_not_hear_of_each_other(shelves: Shelves) -> None:
    await shelves.join("ana", "den")
    await shelves.join("zoe", "attic")
    await shelves.command("ana", Load(title="film", duration_us=10**9))
    assert not [each for each in shelves.heard["zoe"] if isinstance(each, TimelineStated)]
    assert shelves.store.count == 2


async def test_commands_are_applied_in_the_order_in_which_they_came(shelves: Shelves) -> None:
    await shelves.join("ana")
    await shelves.command("ana", Load(title="film", duration_us=10**9))
    ids = [shelves.submit("ana", Seek(media_us=place)) for place in range(1, 20)]
    await shelves.hear("ana", Accepted, id=ids[-1])
    heard = shelves.heard["ana"]
    assert [each.id for each in heard if isinstance(each, Accepted)][1:] == ids
    stated = [each for each in heard if isinstance(each, TimelineStated)]
    assert [each.media_us for each in stated][1:] == list(range(1, 20))
    assert [each.revision for each in stated] == sorted(each.revision for each in stated)


async def test_what_nothing_follows_from_delivers_nothing(shelves: Shelves) -> None:
    await shelves.join("ana")
    await shelves.hear("ana", Roster)
    count = len(shelves.outcomes)
    shelves.store.submit("nowhere", Lost(PeerId("ana")), shelves.now)
    shelves.store.submit("den", Lost(PeerId("nobody")), shelves.now)
    await shelves.command("ana", Load(title="film"))
    assert not [each for name, each in shelves.outcomes[count:] if name != "den"]
    assert shelves.store.view("nowhere") is None


async def test_a_token_takes_the_place_of_the_older_connection(shelves: Shelves) -> None:
    await shelves.join("ana")
    shelves.submit_join("again", token="token of ana")
    shelves.store.submit("den", Lost(PeerId("ana"), PeerId("ana")), shelves.now)
    welcomes = await until(
        lambda: [each for each in shelves.heard["ana"] if isinstance(each, Welcome)][1:], pause=0.001
    )
    assert welcomes[0].peer == "ana"
    outcomes = [each for _, each in shelves.outcomes if isinstance(each, Admit | Cut)]
    assert outcomes[1:] == [Cut(PeerId("ana")), Admit(PeerId("ana"), PeerId("again"))]
    await shelves.command("ana", Load(title="film"))
    room = await shelves.store.find("den")
    assert room is not None
    assert [each.is_here for each in room.members] == [True]


async def test_who_is_refused_is_told_and_leaves_nothing(shelves: Shelves) -> None:
    await shelves.join("ana")
    await shelves.join("ben")
    refused = await shelves.join("cleo")
    assert isinstance(refused, Refuse)
    assert refused.refusal.code == "full"
    assert shelves.store.count == 1


async def test_deadlines_are_met_and_an_empty_room_ends(shelves: Shelves) -> None:
    shelves.submit_join("remote", role="controller")
    await until(lambda: ("den", Dissolve()) in shelves.outcomes, pause=0.001)
    assert await shelves.store.find("den") is None
    assert shelves.store.count == 0


async def test_room_time_is_where_the_rooms_are(shelves: Shelves) -> None:
    clock = shelves.store.clock
    local = LocalTime(time.perf_counter())
    assert abs(clock.now() - clock.at(local)) < 10.0
    assert clock.epoch


async def test_a_film_can_be_stopped(shelves: Shelves) -> None:
    await shelves.join("ana")
    await shelves.command("ana", Load(title="film", duration_us=10**9))
    await shelves.command("ana", Pause())
    room = await shelves.store.find("den")
    assert room is not None
    assert room.newest.state == "paused"
