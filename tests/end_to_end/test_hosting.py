"""A room hosted from the app: its invite brings a friend in, and it ends with the app, however that ends."""

from __future__ import annotations

from pathlib import Path

import psutil

from player.core.invite import parse_invite
from tests.end_to_end.programs import Player, run, until


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
        until(lambda: not any(server.is_running() and server.status() != "zombie" for server in servers), "its end")


def test_the_server_ends_with_the_app(tmp_path: Path, film: Path) -> None:
    with Player(tmp_path, "Ana", "host", str(film), "--headless", "--listen", "127.0.0.1:0") as ana:
        ana.line("invite:")
        servers = psutil.Process(ana.process.pid).children()
        ana.process.terminate()
        assert ana.wait() == 0
        until(lambda: not any(server.is_running() and server.status() != "zombie" for server in servers), "its end")
        assert "Traceback" not in ana.said()
