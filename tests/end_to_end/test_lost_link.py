"""A link that is cut while the other member seeks: the film plays on by its own clock, and comes back as who it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.programs import Player, Program, run
from tests.fakes.proxy import Proxy
from tests.fakes.waiting import wait_until


@pytest.mark.parametrize("way", ["black hole", "reset"])
def test_a_member_comes_back_to_the_new_place(way: str, tmp_path: Path, film: Path) -> None:
    with Program(tmp_path, "hub", "server", "--listen", "127.0.0.1:0", "--no-tls") as hub:
        port = int(hub.line("listening:").rpartition(":")[2])
        invite = f"matinee://127.0.0.1:{port}/Friday?tls=off"
        with (
            Proxy(port) as path,
            Player(tmp_path, "Ana", "join", invite, str(film), "--headless") as ana,
            Player(tmp_path, "Ben", "join", invite.replace(str(port), str(path.port)), str(film), "--headless") as ben,
        ):
            for player in (ana, ben):
                player.wait_for_members("Ana", "Ben")
                player.wait_for_frame()
            assert run("remote", invite, "play").returncode == 0
            ben.wait_for_frame(beyond=0.5)

            if way == "black hole":
                path.hold()
            else:
                path.shut()
            wait_until(lambda: ben.events("room")[-1]["state"] == "lost", "Ben's loss of the link")
            place = ben.place()
            ben.wait_for_frame(beyond=place + 0.5)
            assert run("remote", invite, "seek", "20").returncode == 0
            ana.wait_for_timeline(media_time=20.0)
            assert ben.events("timeline")[-1]["media_time"] < 20.0
            if way == "black hole":
                path.release()
            else:
                path.reopen()

            assert ben.wait_for_frame(beyond=20.5) > 20.5
            assert ana.wait_for_frame(beyond=20.5) > 20.5
            wait_until(lambda: ben.events("room")[-1]["state"] == "joined", "Ben's return")
            for player in (ana, ben):
                player.wait_for_members("Ana", "Ben")  # nobody is there twice
                assert "Traceback" not in player.said()
