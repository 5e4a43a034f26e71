"""What people do in a room, one condition a test."""

from __future__ import annotations

import pytest

from player.core.view import LeaveRoom, WantPlay
from server.core.protocol import TimelineStated
from tests.simulation.cinema import Cinema
from tests.simulation.conftest import FAR, FRAME, NEAR, assert_together, two_watching


def test_first_frame(cinema: Cinema) -> None:
    """From the first instant after play on all present the same."""
    ana = cinema.player("Ana", up=NEAR, down=NEAR)
    ben = cinema.player("Ben", up=FAR, down=FAR, ppm=80)
    cinema.gather(ana, ben)
    cinema.play(ana)
    figures = cinema.watch(3.0)
    assert_together(figures)
    assert cinema.seeks == {"Ana": 0, "Ben": 0}


def test_pause_and_play(cinema: Cinema) -> None:
    """All stop on one frame, and go on from it."""
    ana, ben = two_watching(cinema)
    for _ in range(4):
        cinema.pause(ben)
        cinema.until(lambda: not cinema.is_playing, 3.0, "the film stands")
        cinema.run(2.0)
        assert ana.playback.shown() == ben.playback.shown() == pytest.approx(cinema.authority.media_time(), abs=1e-6)
        assert ana.playback.heard() is ben.playback.heard() is None
        cinema.play(ana)
        assert_together(cinema.watch(4.0))
    assert cinema.seeks == {"Ana": 0, "Ben": 0}


def test_late_joiner(cinema: Cinema) -> None:
    """Nobody is kept waiting, and who comes into the middle of the film is at its place within seconds."""
    two_watching(cinema)
    cinema.run(30.0)
    eve = cinema.player("Eve", up=FAR, down=FAR, ppm=-60)
    revision = cinema.authority.room.revision
    cinema.do(eve.join)
    cinema.until(lambda: eve.playback.heard() is not None, 5.0, "Eve hears the film")
    cinema.run(2.0)
    assert_together(cinema.watch(10.0))
    assert cinema.authority.room.revision == revision
    assert cinema.seeks == {"Ana": 0, "Ben": 0, "Eve": 0}


def test_host_leaves(cinema: Cinema) -> None:
    """Who loaded the film goes; the others see nothing of it."""
    ana, ben = two_watching(cinema)
    eve = cinema.player("Eve", up=NEAR, down=NEAR)
    cinema.do(eve.join)
    cinema.run(12.0)
    revision = cinema.authority.room.revision
    cinema.do(lambda: ana.act(LeaveRoom()))
    figures = cinema.watch(10.0, ben, eve)
    assert_together(figures)
    assert cinema.authority.room.revision == revision
    assert [member.name for member in cinema.authority.room.members] == ["Ben", "Eve"]
    assert (ben.seeks, eve.seeks) == (0, 0)


def test_seek_storm(cinema: Cinema) -> None:
    """Two people drag their sliders at once: the last one wins, all are there, and nobody's controller adds to it."""
    ana, ben = two_watching(cinema)
    for number in range(15):
        cinema.seek(ana, 600.0 + 40.0 * number)
        cinema.run(0.07)
        cinema.seek(ben, 3000.0 - 50.0 * number)
        cinema.run(0.09)
    cinema.until(lambda: cinema.is_playing, 5.0, "the film plays again")
    cinema.run(0.5)
    assert cinema.authority.media_time() == pytest.approx(2300.0, abs=2.0)
    assert_together(cinema.watch(20.0))
    assert cinema.seeks == {"Ana": 0, "Ben": 0}


def test_slow_decoder(cinema: Cinema) -> None:
    """A machine that decodes the picture at 0.8 of its speed drops behind and catches up alone, not too often; its
    sound and the others stay where they are."""
    _, ben = two_watching(cinema)
    ben.playback.picture.speed = 0.8
    revision = cinema.authority.room.revision
    figures = cinema.watch(60.0)
    assert cinema.authority.room.revision == revision
    assert figures.of("Ana").most < 0.005
    assert figures.of("Ben", "sound").most < FRAME / 2
    assert figures.of("Ben", "picture").most < 2.0
    assert figures.seeks["Ana"] == 0
    assert 3 <= figures.seeks["Ben"] <= 60 / 5
    ben.playback.picture.speed = 6.0
    cinema.run(3.0)
    assert_together(cinema.watch(10.0))


def test_stalled_member(cinema: Cinema) -> None:
    """A member's disk is gone for a while: all wait for it, for 10 s at most, then go on without it."""
    ana, ben = two_watching(cinema)
    for decoding in (ben.playback.picture, ben.playback.track):
        decoding.speed = 0.0
    stood = cinema.until(lambda: not cinema.is_playing, 5.0, "the room waits for Ben")
    assert stood < 3.0
    waited = cinema.until(lambda: cinema.is_playing, 15.0, "the wait is over")
    assert waited == pytest.approx(10.0, abs=0.5)
    cinema.run(1.0)
    assert cinema.watch(20.0, ana).of("Ana").most < 0.005
    for decoding in (ben.playback.picture, ben.playback.track):
        decoding.speed = 6.0
    cinema.run(5.0)
    assert_together(cinema.watch(10.0))
    assert ana.seeks == 0
    assert 1 <= ben.seeks <= 3  # picture, sound, and both once there is something to read again


def test_stalled_member_that_is_back(cinema: Cinema) -> None:
    """The wait ends as soon as it can: everybody goes on from the frame on which they stopped."""
    _, ben = two_watching(cinema)
    for decoding in (ben.playback.picture, ben.playback.track):
        decoding.speed = 0.0
    cinema.until(lambda: not cinema.is_playing, 5.0, "the room waits for Ben")
    place = cinema.authority.media_time()
    cinema.run(3.0)
    for decoding in (ben.playback.picture, ben.playback.track):
        decoding.speed = 6.0
    waited = cinema.until(lambda: cinema.is_playing, 5.0, "all go on")
    assert waited < 1.5
    assert cinema.authority.media_time() == pytest.approx(place, abs=0.1)
    assert_together(cinema.watch(10.0))
    assert cinema.seeks == {"Ana": 0, "Ben": 0}


def test_five_members_end_of_file_counts_once(cinema: Cinema) -> None:
    """The film ends for all five at one instant, once, and play begins it anew for all."""
    players = [cinema.player(f"P{number}", up=FAR, down=FAR, ppm=20 * number) for number in range(5)]
    cinema.gather(*players)
    cinema.seek(players[0], cinema.length - 8.0)
    cinema.play(players[1])
    heard: list[TimelineStated] = []
    tell = cinema.authority.gates[players[2].seat.me].tell
    cinema.authority.gates[players[2].seat.me].tell = lambda message: (heard.append(message), tell(message))[1]  # type: ignore
    revision = cinema.authority.room.revision
    cinema.until(lambda: not cinema.is_playing, 10.0, "the film ends")
    cinema.run(3.0)
    assert cinema.authority.room.revision == revision + 1
    assert [each.why for each in heard if isinstance(each, TimelineStated)] == ["end"]
    assert {player.playback.shown() for player in players} == {cinema.length}
    assert all(player.playback.heard() is None for player in players)
    cinema.do(lambda: players[3].act(WantPlay()))
    cinema.until(lambda: cinema.is_playing and cinema.authority.media_time() < 1.0, 10.0, "it begins anew")
    assert_together(cinema.watch(5.0))
    assert all(player.seeks == 0 for player in players)
