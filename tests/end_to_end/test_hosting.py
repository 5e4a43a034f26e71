"""A room hosted from the app: its invite brings a friend in, and it ends with the app, however that ends."""

from __future__ import annotations

from pathlib import Path

import psutil

from player.core.invite import parse_invite
from tests.end_to_end.programs import Player, Program, run
from tests.fakes.waiting import wait_until


def runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != "zombie"


def test_a_friend_joins_by_the_printed_invite(tmp_path: Path, film: Path) -> None:
    with Player(tmp_path, "Ana", "host", str(film), "--room", "Kino", "--headless", "--listen", "127.0.0.1:0") as ana:
        invite = ana.line("invite:")
        assert parse_invite(invite).room == "Kino"
        with Player(tmp_path, "Ben", "join", invite, str(film), "--headless") as ben:
            ben.wait_for_members("Ana", "Ben")
            ana.wait_for_members("Ana", "Ben")
            assert run("remote", invite, "play").returncode == 0
            for player in (ana, ben):
                player.wait_for_frame(beyond=0.5)


def test_the_server_ends_with_an_app_that_is_killed(tmp_path: Path, film: Path) -> None:
    with Player(tmp_path, "Ana", "host", str(film), "--headless", "--listen", "127.0.0.1:0") as ana:
        ana.line("invite:")
        servers = psutil.Process(ana.process.pid).children()
        assert len(servers) == 1
        ana.kill()
        wait_until(lambda: not any(runs(server) for server in servers), "its end")


def test_the_server_ends_with_the_app(tmp_path: Path, film: Path) -> None:
    with Player(tmp_path, "Ana", "host", str(film), "--headless", "--listen", "127.0.0.1:0") as ana:
        ana.line("invite:")
        servers = psutil.Process(ana.process.pid).children()
        ana.process.terminate()
        assert ana.wait() == 0
        wait_until(lambda: not any(runs(server) for server in servers), "its end")
        assert "Traceback" not in ana.said()


def test_a_room_on_somebody_elses_server(tmp_path: Path, film: Path) -> None:
    with Program(tmp_path, "hub", "server", "--listen", "127.0.0.1:0", "--no-tls", "--password", "open") as hub:
        url = f"http://{hub.line('listening:')}"
        words = ("--server", url, "--room", "Kino", "--password", "open", "--headless")
        with Player(tmp_path, "Ana", "host", str(film), *words) as ana:
            invite = ana.line("invite:")
            assert "open" not in invite
            done = run("remote", invite, "--password", "open", "status")
            assert done.returncode == 0, done.stderr
            done = run("remote", invite, "--password", "shut", "status")
            assert done.returncode == 1
            assert "password" in done.stderr


def test_a_server_with_a_certificate_of_its_own_is_known_by_its_pin(tmp_path: Path, film: Path) -> None:
    folder = str(tmp_path / "certificate")
    with Program(tmp_path, "hub", "server", "--listen", "0.0.0.0:0", "--certificate-dir", folder) as hub:
        pin = hub.line("pin:")
        port = hub.line("listening:").rpartition(":")[2]
        with Player(tmp_path, "Ana", "host", "--server", f"127.0.0.1:{port}?pin={pin}", "--headless") as ana:
            invite = ana.line("invite:")
            assert f"pin={pin}" in invite
            assert run("remote", invite, "status").returncode == 0
            done = run("remote", invite.replace(pin[:4], "AAAA"), "status")
            assert done.returncode == 1
            assert "Traceback" not in done.stderr
