"""Whole players, with processes of the call, whose call goes over a real Janus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil

from tests.end_to_end.programs import Player, Program, run
from tests.fakes.clips import Clip, make_clip
from tests.fakes.janus import SECRET, Janus
from tests.fakes.waiting import wait_until

CALLS = ("--call", "--camera", "test", "--mic", "test", "--headless", "--control")


def ways_of(janus: Janus) -> int:
    """Sockets by which media comes to Janus."""
    return len(psutil.Process(janus.process_id).net_connections("udp"))


def sees_anew(player: Player, name: str) -> None:
    """Until there are pictures and a voice after now."""
    known = len(player.events("tile"))

    def is_seen() -> bool:
        tiles: list[dict[str, Any]] = [each for each in player.events("tile")[known:] if each["name"] == name]
        return any(
            tile["video_fps"] > 3 and tile["age_ms"] is not None and 0.0 < tile["age_ms"] < 5_000.0
            for tile in tiles[2:]
        ) and any(tile["audio_level"] > 0 for tile in tiles[2:])

    wait_until(is_seen, f"{player.name} sees and hears {name}: {player.events('tile')[-2:]} {player.said()[-500:]}")


def film_goes_on(*players: Player) -> None:
    for player in players:
        player.wait_for_frame(beyond=player.place() + 0.5)


def test_two_players_meet_on_the_sfu_and_go_on_without_it(janus: Janus, tmp_path: Path) -> None:
    words = ("--listen", "127.0.0.1:0", "--no-tls", "--janus", janus.url, "--limit", "sfu_above=1")
    with Program(tmp_path, "server", "server", *words, MATINEE_SERVER_JANUS_SECRET=SECRET) as server:
        invite = f"matinee://{server.line('listening:')}/Kino?tls=off"
        film = make_clip(tmp_path / "film.mkv", Clip(seconds=120.0, fps=10, size=(160, 90), has_sound=False))
        players = [Player(tmp_path, name, "join", invite, str(film), *CALLS) for name in ("Ana", "Ben")]
        ana, ben = players
        try:
            wait_until(lambda: ways_of(janus) >= 4, "each sends to Janus and hears the other")
            sees_anew(ana, "Ben")
            sees_anew(ben, "Ana")
            done = run("remote", invite, "play")
            assert done.returncode == 0, done.stderr
            film_goes_on(ana, ben)
            janus.kill()
            film_goes_on(ana, ben)
            wait_until(lambda: "Larger calls have no SFU" in server.said(), "the server's word of that")
            sees_anew(ana, "Ben")
            sees_anew(ben, "Ana")
            film_goes_on(ana, ben)
            assert ana.events("error") == ben.events("error") == []
        finally:
            for player in players:
                player.end()
                assert "Traceback" not in player.said()
        assert "Traceback" not in server.said()
