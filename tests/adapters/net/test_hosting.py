"""The app's own authority: a real process."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from player.core.invite import parse_invite
from player.core.news import Joined, LinkLost, LinkRefused, Received
from player.net.hosting import ServerProcess
from player.ports import LinkError
from server.core.protocol import Item
from tests.fakes.ear import Ear
from tests.fakes.ports import MemorySettings

MakeEar = Callable[..., Ear]
LOOPBACK = "127.0.0.1:0"


class Hosts:
    """Makes hosts that share a folder, and stops them at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.woken = threading.Event()
        self.made: list[ServerProcess] = []

    def make(self, settings: MemorySettings | None = None, **options: Any) -> ServerProcess:
        host = ServerProcess(settings or MemorySettings(), self.woken.set, certificates=self.folder, **options)
        self.made.append(host)
        return host


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    made = Hosts(tmp_path / "certificate")
    yield made
    for host in made.made:
        host.stop()


def servers() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "server" in child.cmdline()]


async def test_the_host_makes_the_room_and_a_friend_finds_it_by_the_invite(hosts: Hosts, make_ear: MakeEar) -> None:
    host = hosts.make()
    invite = await host.start("Кино", "")
    own = host.own_invite()
    assert own.host == "127.0.0.1"
    assert own.tls
    assert own.pin == invite.pin != ""
    assert invite.key not in ("", own.key)
    assert parse_invite(invite.text()) == invite
    early = await asyncio.to_thread(make_ear().join(replace(invite, host=own.host)).wait_for, LinkRefused)
    assert early.code == "room"
    await asyncio.to_thread(make_ear().join(own, "Host").wait_for, Joined)
    friend = await asyncio.to_thread(make_ear().join(invite, "Bo").wait_for, Joined)
    assert [entry.name for entry in friend.welcome.roster.members] == ["Host", "Bo"]


async def test_on_loopback_it_is_plain(hosts: Hosts) -> None:
    invite = await hosts.make().start("r", LOOPBACK)
    assert (invite.host, invite.tls, invite.pin, invite.also) == ("127.0.0.1", False, "", ())
    assert invite.key


async def test_without_a_key_nobody_comes_in(hosts: Hosts, make_ear: MakeEar) -> None:
    invite = await hosts.make().start("r", LOOPBACK)
    refused = await asyncio.to_thread(make_ear().join(replace(invite, key="")).wait_for, LinkRefused)
    assert refused.code == "key"


async def test_an_invite_outlives_a_restart(hosts: Hosts) -> None:
    settings = MemorySettings()
    first = hosts.make(settings)
    invite = await first.start("r", "")
    first.stop()
    assert await hosts.make(settings).start("r", "") == invite


async def test_a_room_outlives_the_app_and_its_people_come_back(hosts: Hosts, make_ear: MakeEar) -> None:
    """The app dies with its server, and is started again: same port, key, certificate, and the room as it was."""
    settings = MemorySettings()
    first = hosts.make(settings)
    invite = await first.start("Кино", "")
    host = make_ear().join(first.own_invite(), "Host")
    await asyncio.to_thread(host.wait_for, Joined)
    friend = make_ear().join(replace(invite, host="127.0.0.1"), "Bo")
    before = (await asyncio.to_thread(friend.wait_for, Joined)).welcome
    host.load("the film")
    await asyncio.to_thread(friend.wait_for, Received, lambda event: isinstance(event.message, Item))
    servers()[0].kill()
    await asyncio.to_thread(friend.wait_for, LinkLost)
    second = hosts.make(settings)
    assert await second.start("Кино", "") == invite
    after = (await asyncio.to_thread(friend.wait_for, Joined)).welcome
    assert (after.peer, after.token) == (before.peer, before.token)
    assert after.item is not None
    assert after.item.title == "the film"
    await asyncio.to_thread(host.wait_for, Joined)


async def test_what_is_kept_is_nobody_elses_to_read(hosts: Hosts) -> None:
    invite = await hosts.make().start("r", "")
    rooms = hosts.folder.parent / "rooms"
    assert [folder.name for folder in rooms.iterdir()] == [str(invite.port)]
    if sys.platform != "win32":
        assert {folder.stat().st_mode & 0o777 for folder in (rooms, *rooms.iterdir())} == {0o700}


async def test_a_room_on_any_port_is_not_kept(hosts: Hosts) -> None:
    await hosts.make().start("r", LOOPBACK)
    assert not (hosts.folder.parent / "rooms").exists()


@pytest.mark.expects_warnings
async def test_a_folder_that_can_not_be_made_costs_the_room_only_its_afterlife(hosts: Hosts) -> None:
    (hosts.folder.parent / "rooms").write_text("a file")
    assert (await hosts.make().start("r", "")).key


async def test_two_apps_that_host_do_not_get_into_each_others_way(hosts: Hosts) -> None:
    settings = (MemorySettings(), MemorySettings())
    ports = {(await hosts.make(each).start("r", "")).port for each in settings}
    assert len(ports) == 2


async def test_starting_again_replaces_the_server(hosts: Hosts) -> None:
    host = hosts.make()
    invite = await host.start("r", "")
    assert replace(await host.start("s", ""), room="r") == invite
    assert len(servers()) == 1
    assert not host.has_ended


async def test_with_a_password_the_invite_alone_does_not_admit(hosts: Hosts, make_ear: MakeEar) -> None:
    host = hosts.make(password="sesame")
    invite = await host.start("r", LOOPBACK)
    await asyncio.to_thread(make_ear().join(host.own_invite(), "Host").wait_for, Joined)
    refused = await asyncio.to_thread(make_ear().join(invite).wait_for, LinkRefused)
    assert refused.code == "password"
    await asyncio.to_thread(make_ear().join(replace(invite, password="sesame")).wait_for, Joined)


async def test_a_remembered_port_that_is_taken_is_given_up(hosts: Hosts) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        settings = MemorySettings(host_port=port, host_key=7)
        invite = await hosts.make(settings).start("r", "")
    assert invite.port != port
    assert settings.get("host_port") == invite.port
    assert settings.get("host_key") == invite.key


async def test_a_port_that_was_asked_for_and_is_taken_is_said(hosts: Hosts) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LinkError, match=f"Port {port} on 127.0.0.1 is taken") as caught:
            await hosts.make().start("r", f"127.0.0.1:{port}")
    assert str(caught.value).endswith(".")
    assert "Traceback" not in str(caught.value)
    assert servers() == []


@pytest.mark.parametrize(("room", "listen"), [("r", "nonsense"), ("r" * 65, LOOPBACK), ("", LOOPBACK)])
async def test_what_can_be_no_room_or_address_is_said(hosts: Hosts, room: str, listen: str) -> None:
    with pytest.raises(LinkError, match=r"^[^\n]+\.$"):
        await hosts.make().start(room, listen)
    assert servers() == []


async def test_a_program_that_is_not_there(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(LinkError, match="can't be started"):
        await hosts.make().start("r", LOOPBACK)


def test_there_is_no_way_in_before_a_start(hosts: Hosts) -> None:
    with pytest.raises(LinkError, match="host one first"):
        hosts.make().own_invite()


async def test_a_server_that_dies_is_noticed(hosts: Hosts, make_ear: MakeEar) -> None:
    host = hosts.make()
    await host.start("r", LOOPBACK)
    ear = make_ear().join(host.own_invite())
    await asyncio.to_thread(ear.wait_for, Joined)
    assert not host.has_ended
    servers()[0].kill()
    assert await asyncio.to_thread(hosts.woken.wait, 60)
    assert host.has_ended
    await asyncio.to_thread(ear.wait_for, LinkLost)
    host.stop()
    assert not host.has_ended


async def test_stopping_ends_it(hosts: Hosts) -> None:
    host = hosts.make()
    await host.start("r", LOOPBACK)
    (server,) = servers()
    host.stop()
    host.stop()
    assert not server.is_running()
    assert not hosts.woken.is_set()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGSTOP")
async def test_stopping_ends_one_that_hangs(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("player.net.hosting.GENTLE", 0.05)
    monkeypatch.setattr("player.net.hosting.FIRM", 0.05)
    host = hosts.make()
    await host.start("r", LOOPBACK)
    (server,) = servers()
    server.suspend()
    host.stop()
    assert not server.is_running()


PROGRAM = """
import asyncio, sys, pathlib, subprocess
from player.net.hosting import ServerProcess
from tests.fakes.ports import MemorySettings

async def main():
    host = ServerProcess(MemorySettings(), lambda: None, certificates=pathlib.Path(sys.argv[1]))
    await host.start("r", "127.0.0.1:0")
    print(host._child._process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL")
def test_it_ends_with_an_app_that_is_killed(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    app = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert app.stdout is not None
    server = psutil.Process(int(app.stdout.readline()))
    app.kill()
    app.wait(60)
    app.stdout.close()
    server.wait(60)


def test_a_servers_environment_is_the_apps_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from player.net.hosting import _environment

    monkeypatch.setenv("MATINEE_SERVER_PATH", "/elsewhere")
    environment = _environment({"KEY": "k"})
    assert "MATINEE_SERVER_PATH" not in environment
    assert environment["MATINEE_SERVER_KEY"] == "k"
