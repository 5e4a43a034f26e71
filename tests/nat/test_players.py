"""Whole players with their processes of the call, each behind a router of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.programs import Player
from tests.fakes.callers import authority
from tests.fakes.coturn import SECRET, Coturn
from tests.fakes.homes import AUTHORITY, RELAY, Nat, homes
from tests.fakes.namespaces import Namespace
from tests.fakes.waiting import wait_until

CALL = ("--headless", "--call", "--camera", "test", "--mic", "test")


class FarPlayer(Player):
    """A player on another computer."""

    def __init__(self, space: Namespace, folder: Path, name: str, *words: str) -> None:
        self.before = tuple(space.words())
        super().__init__(folder, name, *words)

    def sees(self, name: str) -> bool:
        """Whether it is connected with somebody whose picture moves."""
        newest = [tile for tile in self.events("tile") if tile["name"] == name][-1:]
        return bool(newest) and newest[0]["state"] == "connected" and newest[0]["video_fps"] > 3


@pytest.mark.parametrize(("nat", "words"), [("", ()), ("fully-random", ()), ("fully-random", ("--relay-only",))])
def test_two_homes_see_each_other(nat: Nat, words: tuple[str, ...], tmp_path: Path) -> None:
    """Behind ordinary routers, behind symmetric NATs, and where both want nothing but the relay."""
    with homes(nat) as net, Coturn(tmp_path, (RELAY,), net.internet) as relay:
        turn = ("--turn", relay.urls()["udp"], "--turn-secret", SECRET)
        with authority(net.internet, AUTHORITY, *turn) as port:
            invite = f"matinee://{AUTHORITY}:{port}/Kino?tls=off"
            with (
                FarPlayer(net.ana.computer, tmp_path, "Ana", "join", invite, *CALL, *words) as ana,
                FarPlayer(net.ben.computer, tmp_path, "Ben", "join", invite, *CALL, *words) as ben,
            ):
                wait_until(lambda: ana.sees("Ben"), f"Ana to see Ben: {ana.said()}", pause=0.05)
                wait_until(lambda: ben.sees("Ana"), f"Ben to see Ana: {ben.said()}", pause=0.05)
