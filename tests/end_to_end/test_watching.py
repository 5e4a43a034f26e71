"""Two real players and a real authority watch one film."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.programs import Player, Program, run
from tests.fakes.waiting import wait_until


@dataclass
class Evening:
    """A room with two members that have the film."""

    stack: ExitStack
    folder: Path
    film: Path
    hub: Program
    invite: str
    ana: Player
    ben: Player

    def join(self, name: str, *words: str) -> Player:
        return self.stack.enter_context(
            Player(self.folder, name, "join", self.invite, str(self.film), "--headless", *words)
        )

    def remote(self, *words: str) -> None:
        done = run("remote", self.invite, *words)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def evening(tmp_path: Path, film: Path) -> Iterator[Evening]:
    with ExitStack() as stack:
        hub = stack.enter_context(Program(tmp_path, "hub", "server", "--listen", "127.0.0.1:0", "--no-tls"))
        invite = f"matinee://{hub.line('listening:')}/Friday?tls=off"

        def join(name: str) -> Player:
            return stack.enter_context(Player(tmp_path, name, "join", invite, str(film), "--headless"))

        ana = join("Ana")
        ana.wait_for_members("Ana")
        ben = join("Ben")
        for player in (ana, ben):
            player.wait_for_members("Ana", "Ben")
            player.wait_for_frame()
        yield Evening(stack, tmp_path, film, hub, invite, ana, ben)
        for player in (ana, ben):
            assert "Traceback" not in player.said()
        assert "Traceback" not in hub.said()


def test_both_advance_together_and_stop_on_one_frame(evening: Evening) -> None:
    evening.remote("play")
    for player in (evening.ana, evening.ben):
        player.wait_for_timeline(state="playing")
        player.wait_for_frame(beyond=1.0)
    evening.remote("pause")
    stopped = evening.ana.wait_for_timeline(state="paused")
    evening.ben.wait_for_timeline(state="paused", revision=stopped["revision"], media_time=stopped["media_time"])
    wait_until(lambda: evening.ana.place() == evening.ben.place() > 0.9, "the same frame")


def test_a_seek_while_paused_shows_its_frame_to_both(evening: Evening) -> None:
    evening.remote("seek", "7.51")
    for player in (evening.ana, evening.ben):
        player.wait_for_timeline(state="paused", media_time=7.51)
    wait_until(lambda: evening.ana.place() == evening.ben.place() == pytest.approx(7.5, abs=1e-3), "frame 225")


def test_a_late_joiner_starts_at_the_right_place(evening: Evening) -> None:
    evening.remote("play")
    evening.ana.wait_for_frame(beyond=1.0)
    playing = evening.ana.wait_for_timeline(state="playing")
    cem = evening.join("Cem")
    assert cem.wait_for_frame(beyond=0.5) > 0.5
    cem.wait_for_timeline(revision=playing["revision"])
    assert evening.ana.events("timeline")[-1]["revision"] == playing["revision"]  # nobody waited


def test_a_member_that_is_killed_leaves_the_others_watching(evening: Evening) -> None:
    evening.remote("play")
    evening.ana.wait_for_frame(beyond=0.5)
    evening.ben.kill()
    place = evening.ana.place()
    evening.ana.wait_for_frame(beyond=place + 1.0)
    assert evening.ana.events("timeline")[-1]["state"] == "playing"


def test_a_server_killed_in_mid_film_stops_nobody(evening: Evening) -> None:
    evening.remote("play")
    for player in (evening.ana, evening.ben):
        player.wait_for_frame(beyond=0.5)
    evening.hub.kill()
    places = [player.place() for player in (evening.ana, evening.ben)]
    for player, place in zip((evening.ana, evening.ben), places, strict=True):
        player.wait_for_frame(beyond=place + 2.0)
        wait_until(lambda seen=player: seen.events("room")[-1]["state"] == "lost", "the link's loss")
    assert evening.ana.process.poll() is None


def test_a_server_that_begins_anew_gets_the_film_back_where_it_is(evening: Evening) -> None:
    evening.remote("seek", "5")
    evening.remote("play")
    for player in (evening.ana, evening.ben):
        player.wait_for_frame(beyond=5.5)
    address = evening.invite.removeprefix("matinee://").partition("/")[0]
    evening.hub.kill()
    for player in (evening.ana, evening.ben):
        wait_until(lambda seen=player: seen.events("room")[-1]["state"] == "lost", "the link's loss")
    hub = evening.stack.enter_context(Program(evening.folder, "hub2", "server", "--listen", address, "--no-tls"))
    hub.line("listening:")
    for player in (evening.ana, evening.ben):
        player.wait_for_members("Ana", "Ben")
        player.wait_for_timeline(state="playing")
        player.wait_for_frame(beyond=player.place() + 1.0)
        places = [frame["media_time"] for frame in player.events("frame")]
        begun = next(index for index, place in enumerate(places) if place > 5.5)
        assert min(places[begun:]) > 5.0  # never back at the start


def test_a_member_whose_process_stood_still_catches_up(evening: Evening) -> None:
    evening.remote("play")
    evening.ben.wait_for_frame(beyond=0.5)
    evening.ben.process.send_signal(signal.SIGSTOP)
    place = evening.ana.place()
    evening.ana.wait_for_frame(beyond=place + 0.5)
    evening.ben.process.send_signal(signal.SIGCONT)

    def is_near() -> bool:
        frame = evening.ben.events("frame")[-1]
        return frame["media_time"] > place + 0.5 and abs(frame["media_time"] - frame["target"]) < 0.05

    wait_until(is_near, "Ben at the timeline's place")


def test_headless_loads_no_gui(tmp_path: Path, film: Path) -> None:
    script = (
        "import sys; from player.__main__ import main; "
        f"status = main(['open', {str(film)!r}, '--headless', '--quit-after', '1']); "
        "print([name for name in sys.modules if name.startswith('PySide6')]); sys.exit(status)"
    )
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
