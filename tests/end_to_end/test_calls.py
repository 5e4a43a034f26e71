"""Calls between real players with real processes of the call: test cameras and tones, a real authority, no window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.end_to_end.programs import Player, Program, run
from tests.fakes.waiting import wait_until


@dataclass
class Join:
    """Starts players in one room."""

    folder: Path
    invite: str
    players: list[Player] = field(default_factory=list)

    def __call__(self, name: str, *words: str) -> Player:
        """Whose words come after the invite."""
        self.players.append(Player(self.folder, name, "join", self.invite, *words, "--headless", "--control"))
        return self.players[-1]


@pytest.fixture
def join(tmp_path: Path) -> Iterator[Join]:
    with Program(tmp_path, "server", "server", "--listen", "127.0.0.1:0", "--no-tls") as server:
        join = Join(tmp_path, f"matinee://{server.line('listening:')}/Kino?tls=off")
        yield join
        for player in join.players:
            player.end()
            assert "Traceback" not in player.said()


CALLS = ("--call", "--camera", "test", "--mic", "test")


def tiles(player: Player, name: str) -> list[dict[str, Any]]:
    """What it has told of somebody in its call, oldest first."""
    return [tile for tile in player.events("tile") if tile["name"] == name]


def until(condition: Callable[[], Any], player: Player, what: str) -> Any:
    """Wait for it; what the player knew at last is told if it never comes."""
    try:
        return wait_until(condition, what)
    except AssertionError as error:
        raise AssertionError(f"{error}: {player.events('tile')[-2:]} {player.said()}") from None


def knows(player: Player, name: str, **fields: Any) -> dict[str, Any]:
    """Until the newest line about somebody has these fields."""

    def newest() -> dict[str, Any] | None:
        told = tiles(player, name)[-1:]
        return told[0] if told and all(told[0][key] == value for key, value in fields.items()) else None

    found: dict[str, Any] = until(newest, player, f"{player.name} knows of {name}: {fields}")
    return found


def sees(player: Player, name: str) -> dict[str, Any]:
    """Until there is a moving picture with an age."""

    def seen() -> list[dict[str, Any]]:
        newest = tiles(player, name)[-1:]
        return [tile for tile in newest if tile["video_fps"] > 5 and tile["age_ms"] is not None]

    found: list[dict[str, Any]] = until(seen, player, f"{player.name} sees {name}")
    return found[0]


def hears(player: Player, name: str) -> None:
    """Until there is a voice since now."""
    before = len(tiles(player, name))

    def heard() -> bool:
        return any(tile["audio_level"] > 0 for tile in tiles(player, name)[before:])

    until(heard, player, f"{player.name} hears {name}")


def call_processes(player: Player) -> list[psutil.Process]:
    """Those that run for its call."""
    found = []
    for child in psutil.Process(player.process.pid).children(recursive=True):
        with suppress(psutil.Error):  # it ends just now
            found += [child] if "player.call" in child.cmdline() else []
    return found


def call_process(player: Player) -> psutil.Process:
    return wait_until(lambda: call_processes(player), f"{player.name}'s process of the call")[0]


def test_two_see_and_hear_each_other(join: Join) -> None:
    ana, ben = join("Ana", *CALLS), join("Ben", *CALLS)
    for player, other in ((ana, "Ben"), (ben, "Ana")):
        tile = sees(player, other)
        assert tile["state"] == "connected"
        assert tile["width"] >= 160
        assert tile["height"] >= 120
        assert 0.0 < tile["age_ms"] < 5_000.0
        assert tile["video_fps"] < 40.0
        hears(player, other)


def test_nothing_is_captured_and_no_process_started_before_somebody_says_so(join: Join) -> None:
    ana, ben = join("Ana"), join("Ben", "--call")
    ana.wait_for_members("Ana", "Ben")
    call_process(ben)
    assert call_processes(ana) == []
    ana.say("call join")
    ana.line("done join")
    knows(ana, "Ben", state="connected", video_fps=0.0, width=0, audio_level=0.0)


def test_leaving_and_coming_again(join: Join) -> None:
    ana, ben = join("Ana", *CALLS), join("Ben", *CALLS)
    sees(ana, "Ben")
    ben.say("call leave")
    ben.line("done leave")
    wait_until(lambda: call_processes(ben) == [], "Ben's process has ended")
    told = len(tiles(ana, "Ben"))
    ben.say("call join")
    ben.line("done join")
    until(lambda: len(tiles(ana, "Ben")) > told, ana, "Ana hears of Ben again")
    knows(ana, "Ben", state="connected", video_fps=0.0)  # nothing is on after joining again
    ben.say("camera on")
    ben.say("microphone on")
    sees(ana, "Ben")
    hears(ana, "Ben")


def test_what_is_switched_off_is_seen_and_heard_no_more(join: Join) -> None:
    ana, ben = join("Ana", *CALLS), join("Ben", *CALLS)
    sees(ana, "Ben")
    hears(ana, "Ben")
    ben.say("camera off")
    ben.say("microphone off")
    knows(ana, "Ben", state="connected", video_fps=0.0, audio_level=0.0)
    ben.say("camera on")
    sees(ana, "Ben")


@pytest.mark.parametrize("fault", ["kill", "suspend"])
def test_a_process_of_the_call_that_dies_or_hangs_comes_back_and_the_film_goes_on(
    join: Join, film: Path, fault: str
) -> None:
    ana, ben = join("Ana", str(film), *CALLS), join("Ben", str(film), *CALLS)
    sees(ana, "Ben")
    sees(ben, "Ana")
    done = run("remote", join.invite, "play")
    assert done.returncode == 0, done.stderr
    victim = call_process(ben)
    getattr(victim, fault)()
    place = ben.place()
    ben.wait_for_frame(beyond=place + 1.0)
    until(lambda: [each for each in call_processes(ben) if each.pid != victim.pid], ben, "Ben has another process")
    for player, other in ((ana, "Ben"), (ben, "Ana")):
        told = len(player.events("tile"))
        until(lambda: len(player.events("tile")) > told + 1, player, "news")  # noqa: B023
        sees(player, other)
    assert ben.process.poll() is None
    assert ben.events("error") == []


def test_a_player_that_is_killed_is_noticed_by_the_others_who_watch_on(join: Join, film: Path) -> None:
    ana, ben, cid = (join(name, str(film), *CALLS) for name in ("Ana", "Ben", "Cid"))
    for player, other in ((ana, "Ben"), (ana, "Cid"), (cid, "Ana"), (cid, "Ben")):
        sees(player, other)
    assert run("remote", join.invite, "play").returncode == 0
    processes = psutil.Process(ben.process.pid).children(recursive=True)
    ben.kill()

    def is_noticed() -> bool:
        return all(
            tile["state"] != "connected" or tile["video_fps"] == 0.0
            for player in (ana, cid)
            for tile in tiles(player, "Ben")[-1:]
        )

    until(is_noticed, ana, "Ana and Cid notice that Ben has gone")
    wait_until(lambda: not any(process.is_running() for process in processes), "nothing of Ben is left")
    for player, other in ((ana, "Cid"), (cid, "Ana")):
        player.wait_for_frame(beyond=player.place() + 0.5)
        told = len(tiles(player, other))
        until(lambda p=player, o=other, n=told: len(tiles(p, o)) > n + 1, player, "news")
        assert sees(player, other)["state"] == "connected"
        assert {tile["state"] for tile in tiles(player, other)} <= {"connecting", "connected"}
        assert player.events("error") == []


def test_a_camera_that_is_not_there_is_one_sentence(join: Join) -> None:
    ana = join("Ana", "--call", "--camera", "No such camera")
    assert ana.wait() == 1
    assert "There is no camera called “No such camera” here" in ana.said()
