"""The film goes on, whatever becomes of the network and of the call: whole players, each behind a router of its own."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.callers import authority
from tests.fakes.clips import Clip, make_clip
from tests.fakes.coturn import SECRET, Coturn
from tests.fakes.homes import AUTHORITY, RELAY, Homes, homes
from tests.fakes.waiting import wait_until
from tests.nat.test_players import CALL, FarPlayer


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Longer than what happens to it."""
    clip = Clip(seconds=400.0, fps=10, size=(160, 90), gop=50, has_sound=False)
    return make_clip(tmp_path_factory.mktemp("films") / "long.mkv", clip)


@dataclass
class Evening:
    """Ana and Ben in a call, watching."""

    net: Homes
    ana: FarPlayer
    ben: FarPlayer

    @property
    def players(self) -> tuple[FarPlayer, FarPlayer]:
        return self.ana, self.ben

    def film_goes_on(self) -> None:
        for player in self.players:
            player.wait_for_frame(beyond=player.place() + 1.0)

    def see_each_other(self) -> None:
        """By pictures that come after now."""
        for player, other in (self.players, self.players[::-1]):
            known = len(player.events("tile"))

            def is_seen(player: FarPlayer = player, other: FarPlayer = other, known: int = known) -> bool:
                return len(player.events("tile")) > known + 1 and player.sees(other.name)

            wait_until(is_seen, f"{player.name} to see {other.name}: {player.events('tile')[-1:]}", pause=0.05)

    def states(self, player: FarPlayer) -> list[str]:
        """Of the connection, each once in a row."""
        told: list[str] = []
        for tile in player.events("tile"):
            told += [tile["state"]] if told[-1:] != [tile["state"]] else []
        return told

    def waits_for_state(self, state: str) -> None:
        for player in self.players:
            wait_until(lambda p=player: self.states(p)[-1] == state, f"{player.name} to be told: {state}", pause=0.05)


@contextmanager
def an_evening(net: Homes, folder: Path, film: Path, port: int, *words: str) -> Iterator[Evening]:
    invite = f"matinee://{AUTHORITY}:{port}/Kino?tls=off"
    with (
        FarPlayer(net.ana.computer, folder, "Ana", "join", invite, str(film), *CALL, *words) as ana,
        FarPlayer(net.ben.computer, folder, "Ben", "join", invite, str(film), *CALL, *words) as ben,
    ):
        evening = Evening(net, ana, ben)
        evening.see_each_other()
        net.ana.computer.run(sys.executable, "-m", "player", "remote", invite, "play")
        evening.film_goes_on()
        yield evening
        for player in evening.players:
            assert player.process.poll() is None
            assert player.events("error") == []
            assert "Traceback" not in player.said()


def test_a_network_that_is_cut_for_ten_seconds_and_for_a_minute(tmp_path: Path, long_film: Path) -> None:
    """Nothing passes Ben's router, to the room or to Ana. The shorter cut is sat out by the connection that there is,
    the longer one is told, and ends by itself."""
    with (
        homes() as net,
        authority(net.internet, AUTHORITY) as port,
        an_evening(net, tmp_path, long_film, port) as evening,
    ):
        cut_for(evening, 10.0)
        evening.film_goes_on()
        evening.see_each_other()
        for player in evening.players:
            assert evening.states(player)[-1] == "connected"
            assert {"reconnecting", "absent"}.isdisjoint(evening.states(player)), "the connection was given up"
        cut_for(evening, 60.0)
        evening.film_goes_on()
        wait_until(lambda: evening.ben.events("room")[-1]["state"] == "joined", "Ben's return", pause=0.05)
        evening.see_each_other()
        assert "reconnecting" in evening.states(evening.ben)
        for player in evening.players:
            player.wait_for_members("Ana", "Ben")
        evening.film_goes_on()


def cut_for(evening: Evening, seconds: float) -> None:
    ends = time.monotonic() + seconds
    evening.net.ben.block("meta l4proto { tcp, udp, icmp }")
    evening.film_goes_on()
    time.sleep(max(0.0, ends - time.monotonic()))  # the cut itself
    evening.net.ben.router.run("nft", "flush", "chain", "ip", "filter", "forward")


def test_a_relay_that_is_killed_in_mid_call(tmp_path: Path, long_film: Path) -> None:
    """It is the only way; the call breaks off, says so, and is there again with the relay."""
    with homes("fully-random") as net, Coturn(tmp_path, (RELAY,), net.internet) as relay:
        turn = ("--turn", relay.urls()["udp"], "--turn-secret", SECRET)
        with (
            authority(net.internet, AUTHORITY, *turn) as port,
            an_evening(net, tmp_path, long_film, port, "--relay-only") as evening,
        ):
            relay.kill()
            evening.waits_for_state("reconnecting")
            evening.film_goes_on()
            relay.start()
            evening.see_each_other()
            evening.film_goes_on()
