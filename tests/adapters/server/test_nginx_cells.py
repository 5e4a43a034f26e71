"""Two cells, each a real Redis and two real processes, behind a real nginx with packaging/nginx-cells.conf."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
import socketio

from server.core.protocol import Seek, TimelineStated, micros
from tests.fakes.nginx import Nginx
from tests.fakes.redis_server import RedisServer
from tests.fakes.services import Process, start_process
from tests.fakes.visitors import Friend

PREFIX = "/watch"
OPTIONS = ("--path", PREFIX, "--trusted-proxy", "127.0.0.1")


@dataclass(frozen=True)
class Cell:
    redis: RedisServer
    processes: tuple[Process, Process]

    def has(self, room: str) -> bool:
        return self.redis.ask("SISMEMBER", "matinee:rooms", room) == "1"

    async def crowds(self, session: aiohttp.ClientSession) -> list[int]:
        """How many connections each process has; -1: it is dead."""
        found = []
        for process in self.processes:
            try:
                async with session.get(f"{process.url}{PREFIX}/metrics") as answer:
                    lines = (await answer.text()).splitlines()
            except aiohttp.ClientError:
                found.append(-1)
                continue
            found.append(next(int(float(line.split()[1])) for line in lines if line.startswith("matinee_members ")))
        return found


@dataclass(frozen=True)
class Service:
    cells: tuple[Cell, Cell]
    url: str
    session: aiohttp.ClientSession

    async def join(self, room: str, name: str = "Ana", token: str = "") -> Friend:
        """As players do: the room is in the URL."""
        friend = f"{self.url}?room={quote(room, safe='')}"
        return await Friend.join(friend, room, name, path=PREFIX, http_session=self.session, token=token)

    def cell_of(self, room: str) -> Cell:
        (found,) = [cell for cell in self.cells if cell.has(room)]
        return found


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with AsyncExitStack() as stack:
        cells, changes = [], {}
        for number, letter in enumerate("ab", 1):
            folder = tmp_path / letter
            folder.mkdir()
            redis = stack.enter_context(RedisServer(folder))
            one = await stack.enter_async_context(start_process(redis, *OPTIONS))
            two = await stack.enter_async_context(start_process(redis, *OPTIONS))
            cells.append(Cell(redis, (one, two)))
            for host, process in ((11, one), (12, two)):
                changes[f"server 10.0.{number}.{host}:8998"] = f"server 127.0.0.1:{process.port}"
        proxy = tmp_path / "nginx"
        proxy.mkdir()
        nginx = stack.enter_context(Nginx(proxy, changes, "nginx-cells.conf"))
        pin = aiohttp.Fingerprint(base64.urlsafe_b64decode(nginx.pin + "="))
        connector = aiohttp.TCPConnector(ssl=pin)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        yield Service((cells[0], cells[1]), nginx.url, session)


async def test_each_room_is_in_one_cell_and_both_have_some(service: Service) -> None:
    rooms = [f"Zimmer {number} für 朋友" for number in range(12)]
    friends = [(await service.join(room, "Ana"), await service.join(room, "Ben")) for room in rooms]
    for (ana, ben), room in zip(friends, rooms, strict=True):
        assert [each.name for each in ben.welcome.roster.members] == ["Ana", "Ben"]
        assert sum(cell.has(room) for cell in service.cells) == 1
        await ana.load(room[:20])
        await ben.hear(TimelineStated)
    assert all(any(cell.has(room) for room in rooms) for cell in service.cells)
    for pair in friends:
        for friend in pair:
            await friend.leave()


async def test_a_rooms_people_are_behind_one_process_until_it_dies(service: Service) -> None:
    ana = await service.join("den", "Ana")
    ben = await service.join("den", "Ben")
    cell = service.cell_of("den")
    async with aiohttp.ClientSession() as local:
        crowds = await cell.crowds(local)
        assert sorted(crowds) == [0, 2]
        item = await ana.load()
        await ben.hear(TimelineStated, item=item.id)
        await cell.processes[crowds.index(2)].kill()
        for friend in (ana, ben):
            await friend.end()
        back = [await service.join("den", "?", token=friend.welcome.token) for friend in (ana, ben)]
        assert [friend.welcome.name for friend in back] == ["Ana", "Ben"]
        assert {friend.welcome.timeline.item for friend in back} == {item.id}
        assert sorted(await cell.crowds(local)) == [-1, 2]
    await back[0].command(Seek(media_us=micros(9.0)), item=item.id, id="again")
    assert await back[1].hear(TimelineStated, media_us=micros(9.0))
    (other,) = [each for each in service.cells if each is not cell]
    assert not other.has("den")
    for friend in back:
        await friend.leave()


async def test_a_cell_without_processes_sends_nobody_to_another(service: Service) -> None:
    ana = await service.join("den", "Ana")
    cell = service.cell_of("den")
    for process in cell.processes:
        await process.kill()
    await ana.end()
    with pytest.raises(socketio.exceptions.ConnectionError):
        await service.join("den", token=ana.welcome.token)
    assert not any(each.has("den") for each in service.cells if each is not cell)
    others = [f"room {number}" for number in range(8)]

    async def some_other_room_works() -> bool:
        for room in others:
            try:
                friend = await service.join(room)
            except socketio.exceptions.ConnectionError:
                continue
            await friend.leave()
            return True
        return False

    assert await some_other_room_works()
