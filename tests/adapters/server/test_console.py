"""`matinee-server rooms` and `backup`, and the pages about rooms that they and players ask for."""

from __future__ import annotations

import asyncio
import json
import stat
import sys
from pathlib import Path

import aiohttp
import pytest

from server.__main__ import main
from server.console import age_of, clock_of, table_of
from server.core.protocol import Closing, Rules, SetRules
from server.core.room_summary import RoomSummary
from server.store.state_dir import ENDPOINT_FILE
from tests.fakes.houses import House, OpenHouse
from tests.fakes.programs import run_server
from tests.fakes.visitors import Friend


async def run(*words: str) -> tuple[int, str, str]:
    """A sub-command as a process of its own: exit code, output, errors."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), errors.decode()


@pytest.mark.parametrize("tls", [(), ("--listen", "0.0.0.0:0")])
async def test_rooms_are_listed_closed_and_backed_up_while_the_server_runs(
    tmp_path: Path, tls: tuple[str, ...]
) -> None:
    folder = ("--state-dir", str(tmp_path / "state"))
    async with run_server(*(tls or ("--listen", "127.0.0.1:0")), *folder) as server:
        port = await server.port()
        if not tls:
            ana = await Friend.join(f"http://127.0.0.1:{port}", "den", "Ana")
            await ana.load("Metropolis")
        code, out, errors = await run("rooms", *folder)
        assert (code, errors) == (0, "")
        if tls:
            assert out == "no rooms\n"
            return
        assert [line.split() for line in out.splitlines()] == [
            ["ROOM", "PEOPLE", "PLAYS", "SINCE"],
            ["den", "1:", "Ana", "Metropolis,", "paused", "at", "0:00:00", "0", "min"],
        ]
        code, out, _ = await run("rooms", *folder, "--json")
        (room,) = json.loads(out)
        assert (room["name"], room["people"], room["title"]) == ("den", ["Ana"], "Metropolis")
        backup = tmp_path / "backup"
        assert await run("backup", str(backup), *folder) == (0, "", "")
        code, _, errors = await run("rooms", *folder, "--close", "attic")
        assert code == 1
        assert errors == "matinee-server: there is no room 'attic'; see matinee-server rooms\n"
        assert await run("rooms", *folder, "--close", "den") == (0, "", "")
        assert not (await ana.hear(Closing)).again
        await ana.end()
        assert (await run("rooms", *folder))[1] == "no rooms\n"
    restored = tmp_path / "restored"
    restored.mkdir()
    backup.rename(restored / "rooms.sqlite")
    async with run_server("--listen", "127.0.0.1:0", "--state-dir", str(restored)) as server:
        again = await Friend.join(f"http://127.0.0.1:{await server.port()}", "den", token=ana.welcome.token)
        assert again.welcome.peer == ana.welcome.peer
        await again.leave()


async def test_without_a_server_the_file_is_read(tmp_path: Path) -> None:
    folder = ("--state-dir", str(tmp_path))
    async with run_server("--listen", "127.0.0.1:0", *folder) as server:
        ana = await Friend.join(f"http://127.0.0.1:{await server.port()}", "den", "Ana")
        server.process.kill()
        await server.end()
        await ana.end()
    code, out, errors = await run("rooms", *folder)
    assert code == 0
    assert "does not run" in errors
    assert "den" in out
    assert await run("backup", str(tmp_path / "backup"), *folder) == (0, "", "")
    code, _, errors = await run("rooms", *folder, "--close", "den")
    assert code == 1
    assert "start it" in errors


async def test_a_folder_without_rooms_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["rooms"], ["backup", str(tmp_path / "backup")]):
        assert main([*words, "--state-dir", str(tmp_path)]) == 1
        assert "no rooms" in capsys.readouterr().err


def test_wrong_use_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MATINEE_SERVER_STATE_DIR", raising=False)
    for words in (["rooms"], ["backup"], ["rooms", "--nonsense"], ["backup", "file", "--state-dir"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2
        assert capsys.readouterr().err.startswith("matinee-server: ")
    monkeypatch.setenv("MATINEE_SERVER_STATE_DIR", str(tmp_path))
    assert main(["rooms"]) == 1


async def test_a_server_that_does_not_answer_is_told(tmp_path: Path) -> None:
    folder = ("--state-dir", str(tmp_path))
    async with run_server("--listen", "127.0.0.1:0", *folder) as server:
        await server.port()
        path = tmp_path / ENDPOINT_FILE
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        endpoint = json.loads(path.read_bytes())
        path.write_text(json.dumps({**endpoint, "token": "wrong"}))
        code, _, errors = await run("rooms", *folder)
        assert (code, errors.count("\n")) == (1, 1)
        assert "look at its log" in errors
        path.unlink()
        code, _, errors = await run("rooms", *folder)
        assert code == 1
        assert "try again" in errors


async def get(house: House, page: str, method: str = "GET", **headers: str) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{house.url}/{page}", headers=headers) as answer,
    ):
        return answer.status


async def test_who_has_no_token_finds_nothing(house: House) -> None:
    token = f"Bearer {house.authority.desk.token}"
    assert await get(house, "admin/rooms", Authorization=token) == 200
    assert await get(house, "admin/rooms") == 404
    assert await get(house, "admin/rooms", Authorization="Bearer x") == 404
    assert await get(house, "admin/rooms", Authorization=token, **{"X-Forwarded-For": "127.0.0.1"}) == 404
    assert await get(house, "admin/rooms", "POST", Authorization=token) == 404
    assert await get(house, "admin/close?room=den", Authorization=token) == 404
    assert await get(house, "admin/close?room=den", "POST") == 404
    assert await get(house, "admin/else", Authorization=token) == 404


async def test_listed_rooms_can_be_found_and_others_not(house: House) -> None:
    ana = await Friend.join(house.url, "den", "Ana")
    ben = await Friend.join(house.url, "attic", "Ben")
    await ana.command(SetRules(listed=True))
    rules = await ana.hear(Rules, listed=True)
    async with aiohttp.ClientSession() as session, session.get(f"{house.url}/rooms") as answer:
        assert answer.status == 200
        (room,) = (await answer.json())["rooms"]
    assert room == {
        "name": "den",
        "people": 1,
        "has_password": False,
        "control": rules.control,
        "playlist": rules.playlist,
    }
    await ana.leave()
    await ben.leave()


async def test_where_a_key_is_needed_nothing_can_be_found(open_house: OpenHouse) -> None:
    async with open_house(key="sesame") as house:
        assert await get(house, "rooms") == 404


def test_a_table_is_for_people() -> None:
    room = RoomSummary("Kino\x1b[2J", ("Ana",), 2, 0, "", "playing", 3723.9, 7300.0, False, True, False)
    line = table_of([room]).splitlines()[1]
    assert line.split("  ") == ["Kino?[2J", "1: Ana (+2 lost)", "a film, playing at 1:02:03", "2 h"]
    assert [age_of(each) for each in (0.0, 7100.0, 7200.0, 10.0**6)] == ["0 min", "118 min", "2 h", "11 days"]
    assert clock_of(59.9) == "0:00:59"
