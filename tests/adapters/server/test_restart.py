"""A server with a state folder is killed and comes back: nothing that was told is missing, people resume."""

from __future__ import annotations

import base64
import random
from pathlib import Path

import pytest

from server.core.protocol import Play, Ready, Seek, TimelineStated, read_timeline
from server.core.room_codec import bundle_of
from server.core.timeline import RoomTime
from server.store.state_dir import boot_name
from tests.fakes.programs import Program, run_server
from tests.fakes.rooms import watching
from tests.fakes.survivors import Survivor
from tests.fakes.visitors import Friend, TurnedAwayError

LOOPBACK = "127.0.0.1:0"


async def kill(server: Program) -> None:
    server.process.kill()
    await server.end()


async def test_ten_kills_lose_nothing_that_was_told(tmp_path: Path) -> None:
    chance = random.Random(4)
    listen = LOOPBACK
    survivors: list[Survivor] = []
    for turn in range(10):
        async with run_server("--listen", listen, "--state-dir", str(tmp_path)) as server:
            port = await server.port()
            listen = f"127.0.0.1:{port}"
            url = f"http://{listen}"
            if not survivors:
                survivors = [Survivor(url, "Ana"), Survivor(url, "Ben")]
            for each in survivors:
                await each.join()
                assert each.missing() == []
            if not survivors[0].item:
                for each in survivors[:1]:
                    each.item = (await each.friend.load()).id
            await survivors[0].go_on(turn)  # however busy this machine is, each life of the server tells something
            doings = chance.randrange(40)
            for number in range(doings):
                await chance.choice(survivors).do_something(chance)
                if number % 7 == 0:
                    await survivors[0].friend.exchange()
            if turn % 2:  # the most dangerous instant: something has just been told
                await survivors[0].do_something(chance)
                await survivors[0].friend.hear_anything()
            await kill(server)
            for each in survivors:
                await each.friend.end()
                each.remember()
    assert survivors[0].revision > 10
    assert survivors[0].playlist > 10


async def test_a_film_that_plays_goes_on_and_people_resume(tmp_path: Path) -> None:
    async with run_server("--listen", LOOPBACK, "--state-dir", str(tmp_path)) as server:
        port = await server.port()
        ana = await Friend.join(f"http://127.0.0.1:{port}")
        item = await ana.load()
        await ana.send(Ready(revision=2))
        await ana.command(Seek(media_us=60_000_000), item=item.id)
        stated = await ana.hear(TimelineStated, media_us=60_000_000)
        await ana.send(Ready(revision=stated.revision))
        await ana.command(Play(), item=item.id)
        playing = await ana.hear(TimelineStated, state="playing")
        await kill(server)
        await ana.end()
    async with run_server("--listen", f"127.0.0.1:{port}", "--state-dir", str(tmp_path)) as server:
        await server.port()
        again = await Friend.join(f"http://127.0.0.1:{port}", token=ana.welcome.token)
        assert again.welcome.peer == ana.welcome.peer
        assert again.welcome.item == item
        (member,) = again.welcome.roster.members
        assert member.ready
        now = again.welcome.timeline
        if boot_name():  # the clock is known to have gone on: nothing at all is new
            assert again.welcome.epoch == ana.welcome.epoch
            assert (now.revision, now.state, now.media_us, now.room_us) == (
                playing.revision,
                "playing",
                playing.media_us,
                playing.room_us,
            )
        await again.leave()


async def test_without_a_state_folder_nothing_is_left() -> None:
    async with run_server("--listen", LOOPBACK) as server:
        port = await server.port()
        ana = await Friend.join(f"http://127.0.0.1:{port}")
        await kill(server)
        await ana.end()
    async with run_server("--listen", f"127.0.0.1:{port}") as server:
        await server.port()
        again = await Friend.join(f"http://127.0.0.1:{port}", token=ana.welcome.token)
        assert again.welcome.peer != ana.welcome.peer
        await again.leave()


async def test_a_server_that_was_stopped_comes_back_the_same(tmp_path: Path) -> None:
    async with run_server("--listen", LOOPBACK, "--state-dir", str(tmp_path)) as server:
        port = await server.port()
        ana = await Friend.join(f"http://127.0.0.1:{port}")
        await ana.load("Metropolis")
        server.process.terminate()
        await ana.end()
        assert await server.end() == 0
    async with run_server("--listen", f"127.0.0.1:{port}", "--state-dir", str(tmp_path)) as server:
        await server.port()
        again = await Friend.join(f"http://127.0.0.1:{port}", token=ana.welcome.token)
        assert again.welcome.item is not None
        assert again.welcome.item.title == "Metropolis"
        await again.leave()


async def test_two_servers_do_not_share_a_folder(tmp_path: Path) -> None:
    async with run_server("--listen", LOOPBACK, "--state-dir", str(tmp_path)) as first:
        await first.port()
        async with run_server("--listen", LOOPBACK, "--state-dir", str(tmp_path)) as second:
            assert await second.end() == 1
            errors = await second.errors()
            assert "Another server keeps its rooms" in errors
            assert errors.count("\n") == 1


async def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with run_server("--listen", LOOPBACK, "--state-dir", str(tmp_path / "file")) as server:
        assert await server.end() == 1
        assert "give --state-dir" in await server.errors()


async def test_the_certificate_stays_with_the_rooms(tmp_path: Path) -> None:
    pins = []
    for _ in range(2):
        async with run_server("--listen", "0.0.0.0:0", "--state-dir", str(tmp_path)) as server:
            pins.append(await server.read_until("pin: "))
    assert pins[0] == pins[1]


async def test_a_room_that_was_given_away_goes_on_here(tmp_path: Path) -> None:
    stage = watching("Ana", "Ben")
    stage.play("ana", 100.0)
    stage.skip(20.0)
    file = tmp_path / "bundle"
    file.write_bytes(base64.b64encode(bundle_of(stage.room, stage.now)))
    words = ("--listen", LOOPBACK, "--adopt", str(file), "--state-dir", str(tmp_path / "state"))
    for begin in (words, words[:2] + words[4:]):  # taken over, and then its own
        async with run_server(*begin) as server:
            url = f"http://127.0.0.1:{await server.port()}"
            ana = await Friend.join(url, "Cinema", token="token of ana")
            assert (ana.welcome.peer, ana.welcome.name) == ("ana", "Ana")
            _, _, now, _ = await ana.exchange()
            assert ana.welcome.timeline.state == "playing"
            place = read_timeline(ana.welcome.timeline).media_time_at(RoomTime(now))
            assert 120.0 <= place < 180.0
            await ana.leave()


@pytest.mark.parametrize("content", [None, b"", b"%%%", base64.b64encode(b"{}")])
async def test_what_is_no_room_is_not_taken_over(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "bundle"
    if content is not None:
        file.write_bytes(content)
    async with run_server("--listen", LOOPBACK, "--adopt", str(file)) as server:
        assert await server.end() == 1
        errors = await server.errors()
        assert str(file) in errors
        assert errors.count("\n") == 1


async def test_a_server_with_another_key_wants_that_one_for_its_old_rooms(tmp_path: Path) -> None:
    for key in ("first-key", "second-key"):
        async with run_server("--listen", LOOPBACK, "--state-dir", str(tmp_path), "--key", key) as server:
            url = f"http://127.0.0.1:{await server.port()}"
            for other in {"first-key", "second-key"} - {key}:
                with pytest.raises(TurnedAwayError):
                    await Friend.join(url, key=other)
            ana = await Friend.join(url, key=key)
            await ana.leave()
