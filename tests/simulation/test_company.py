"""What people in a room do with one another: ask whether all are ready, talk, watch another cut, lack a film."""

from __future__ import annotations

import pytest

from player.core.copies import Candidate
from player.core.room_intents import AddToPlaylist, AskReady, ChooseEntry, SayLine, SayReady, SendReaction, SetOffset
from tests.fakes.paths import Way
from tests.simulation.cinema import Cinema
from tests.simulation.conftest import FAR, FRAME, NEAR, assert_together
from tests.simulation.player import SimulatedPlayer

JITTERY = Way(floor=0.040, noise=0.015, grant=0.040)
LENGTH = 15.0
FILMS = ("first", "second")


def three(cinema: Cinema) -> tuple[SimulatedPlayer, SimulatedPlayer, SimulatedPlayer]:
    """Ana is near the server, Ben and Eve behind ways that are now short, now long, with wrong clocks."""
    ana = cinema.player("Ana", up=NEAR, down=NEAR)
    ben = cinema.player("Ben", up=JITTERY, down=JITTERY, ppm=90)
    eve = cinema.player("Eve", up=FAR, down=JITTERY, ppm=-70)
    return ana, ben, eve


# -- the ready check ---------------------------------------------------------------------------------------------------


def test_a_count_down_ends_for_all_at_one_instant(cinema: Cinema) -> None:
    """All begin with the first picture, none of them a moment before."""
    ana, ben, eve = players = three(cinema)
    cinema.gather(*players)
    cinema.do(lambda: ana.act(AskReady()))
    cinema.until(lambda: all(each.seat.facts.check is not None for each in players), 1.0, "all are asked")
    cinema.run(2.0)
    assert not cinema.is_playing
    cinema.do(lambda: ben.act(SayReady(is_ready=True)))
    cinema.run(1.0)
    assert not cinema.is_playing
    cinema.do(lambda: eve.act(SayReady(is_ready=True)))
    cinema.until(lambda: all(each.seat.facts.counting >= 0 for each in players), 1.0, "all see the count-down")
    starts = cinema.authority.room.newest.room_time
    assert starts - cinema.authority.now() > 2.0
    for player in players:
        assert player.seat.schedule.newest.room_time == pytest.approx(starts, abs=1e-6)
        assert player.playback.shown() == 0.0
    cinema.run(starts - cinema.authority.now() - 0.01)
    assert [player.playback.shown() for player in players] == [0.0, 0.0, 0.0]
    figures = cinema.watch(5.0)
    assert_together(figures)
    assert cinema.seeks == {"Ana": 0, "Ben": 0, "Eve": 0}
    assert [player.seat.facts.check for player in players] == [None, None, None]


def test_who_is_not_ready_ends_the_question(cinema: Cinema) -> None:
    ana, ben, eve = players = three(cinema)
    cinema.gather(*players)
    cinema.do(lambda: ana.act(AskReady()))
    cinema.run(1.0)
    cinema.do(lambda: eve.act(SayReady(is_ready=False)))
    cinema.run(1.0)
    cinema.do(lambda: ben.act(SayReady(is_ready=True)))
    cinema.run(5.0)
    assert not cinema.is_playing
    assert [player.seat.facts.check for player in players] == [None, None, None]


# -- another cut -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [4.0, -2.5])
def test_a_copy_with_another_beginning_stays_in_sync_with_its_offset(cinema: Cinema, offset: float) -> None:
    """Through plays, seeks and back to the start, where a copy that begins later waits for the others."""
    ana, ben, eve = players = three(cinema)
    cinema.gather(*players)
    cinema.do(lambda: ben.act(SetOffset(offset)))
    cinema.seek(ana, 60.0)
    cinema.run(2.0)
    cinema.play(eve)
    cinema.run(3.0)
    for place in (None, 300.0, 0.0):
        if place is not None:
            cinema.seek(ana, place)
            cinema.until(lambda: not cinema.is_playing, 3.0, "the room waits at the new place")
            cinema.until(lambda: cinema.is_playing, 10.0, "it goes on")
            cinema.run(0.5)
        if place == 0.0 and offset < 0.0:
            assert ben.playback.shown() == 0.0
            cinema.run(-offset)
        figures = cinema.watch(6.0)
        assert figures.apart("Ana", "Eve").most < FRAME / 2
        seen = figures.seen["Ben"]
        assert [each for each in (*seen.picture, *seen.sound) if each is None] == []
        assert all(abs(each - offset) < FRAME / 2 for each in (*seen.picture, *seen.sound) if each is not None)
    assert cinema.seeks == {"Ana": 0, "Ben": 0, "Eve": 0}
    cinema.run(3.0)
    assert [entry.offset_us for entry in ana.seat.roster] == [0, round(offset * 1e6), 0]
    assert abs(ben.seat.asynchrony.shown or 0.0) < FRAME / 2  # of what it shows from where it has to be


# -- a film that is missing --------------------------------------------------------------------------------------------


def with_films(player: SimulatedPlayer, *titles: str) -> SimulatedPlayer:
    for title in titles:
        path = f"/{player.name}/{title}.mkv"
        player.library.add(Candidate(path, title, 10**9, LENGTH, f"content of {title}".encode()))
    return player


def test_who_lacks_a_film_of_the_playlist_stops_nobody_and_is_back_with_the_next() -> None:
    with Cinema(LENGTH) as cinema:
        ana, ben, eve = three(cinema)
        with_films(ana, *FILMS)
        with_films(ben, "second")
        with_films(eve, *FILMS)
        for player in (ana, ben, eve):
            cinema.do(lambda player=player: player.join(""))  # type: ignore[misc]
            cinema.until(lambda player=player: player.seat.link == "joined", 10.0, f"{player.name} is in")  # type: ignore[misc]
        cinema.run(11.0)
        cinema.do(lambda: ana.act(AddToPlaylist(tuple(f"/Ana/{title}.mkv" for title in FILMS))))
        cinema.until(lambda: len(ana.seat.facts.playlist.entries) == 2, 3.0, "both films are in the list")
        cinema.do(lambda: ana.act(ChooseEntry(ana.seat.facts.playlist.entries[0].id)))
        cinema.until(lambda: ana.seat.is_following and eve.seat.is_following, 5.0, "two have found the film")
        cinema.play(ana)
        cinema.run(1.0)
        assert_together(cinema.watch(8.0, ana, eve))
        assert ben.seat.medium is None
        words = [notice.words for notice in ben.seat.notices.shown()]
        assert all("first" in each for each in words)
        assert {entry.name: entry.copy for entry in ana.seat.roster} == {"Ana": "same", "Ben": "none", "Eve": "same"}
        item = cinema.authority.room.item_id
        cinema.until(lambda: cinema.authority.room.item_id != item, 20.0, "the next film is on")
        cinema.until(lambda: cinema.is_playing, 10.0, "it plays")
        assert cinema.authority.media_time() < 0.1
        assert_together(cinema.watch(8.0))
        assert cinema.authority.room.items == 2
        assert cinema.seeks == {"Ana": 0, "Ben": 0, "Eve": 0}


def test_a_sleeping_disk_holds_nobody_up_for_long() -> None:
    """The room starts without who has not found its copy yet; that one catches up when the disk is awake."""
    with Cinema(600.0) as cinema:
        ana, ben, eve = three(cinema)
        for player in (ana, ben, eve):
            player.library.add(Candidate(f"/{player.name}/first.mkv", "first", 10**9, 600.0, b"content"))
            cinema.do(lambda player=player: player.join(""))  # type: ignore[misc]
            cinema.until(lambda player=player: player.seat.link == "joined", 10.0, f"{player.name} is in")  # type: ignore[misc]
        cinema.run(11.0)
        cinema.do(lambda: ana.act(AddToPlaylist(("/Ana/first.mkv",))))
        cinema.until(lambda: len(ana.seat.facts.playlist.entries) == 1, 3.0, "the film is in the list")
        ben.library.is_silent = True
        cinema.do(lambda: ana.act(ChooseEntry(ana.seat.facts.playlist.entries[0].id)))
        cinema.until(lambda: ana.seat.is_following and eve.seat.is_following, 5.0, "two have found the film")
        began = cinema.loop.time()
        cinema.play(ana)
        assert cinema.loop.time() - began < 4.0
        cinema.run(5.0)
        cinema.do(ben.library.speak)
        cinema.until(lambda: ben.seat.is_following, 3.0, "the third has found it, too")
        cinema.run(5.0)
        assert_together(cinema.watch(5.0))


# -- words -------------------------------------------------------------------------------------------------------------


def test_who_comes_late_reads_what_was_said_and_nobody_reads_it_twice(cinema: Cinema) -> None:
    ana, ben, eve = three(cinema)
    cinema.gather(ana, ben)
    cinema.play(ana)
    cinema.do(lambda: ana.act(SayLine("hello")))
    cinema.run(1.0)
    cinema.do(lambda: ben.act(SayLine("good evening")))
    cinema.run(1.0)
    cinema.do(eve.join)
    cinema.until(lambda: eve.seat.link == "joined" and len(eve.seat.facts.lines) == 2, 10.0, "the late one has read it")
    ben.route.is_hole = True
    cinema.do(lambda: ben.act(SayLine("can you hear me?")))  # nobody knows yet that the way is cut
    cinema.run(6.0)
    cinema.do(lambda: ana.act(SayLine("Ben?")))
    cinema.run(1.0)
    ben.route.is_hole = False
    said = {"hello", "good evening", "Ben?", "can you hear me?"}

    def have_all_read_it() -> bool:
        return all({line.text for line in each.seat.facts.lines} == said for each in (ana, ben, eve))

    cinema.until(have_all_read_it, 25.0, "all have read all of it")
    for player in (ana, ben, eve):
        ids = [line.id for line in player.seat.facts.lines]
        assert ids == [1, 2, 3, 4]
    assert [line.name for line in eve.seat.facts.lines][:2] == ["Ana", "Ben"]


def test_a_reaction_floats_over_the_same_picture_for_all(cinema: Cinema) -> None:
    ana, _, eve = players = three(cinema)
    cinema.gather(*players)
    cinema.play(ana)
    cinema.run(5.0)
    cinema.do(lambda: eve.act(SendReaction("🎉")))

    def are_all_up() -> bool:
        return all(each.seat.facts.airborne and each.seat.facts.airborne[0].since is not None for each in players)

    cinema.until(are_all_up, 2.0, "it floats for all")
    places = []
    for player in players:
        (airborne,) = player.seat.facts.airborne
        assert airborne.since is not None
        ago = player.machine.now() - airborne.since
        places.append(cinema.authority.media_time() - ago)
    assert max(places) - min(places) < FRAME
    assert places[0] == pytest.approx(players[0].seat.facts.airborne[0].reaction.media_us / 1e6, abs=FRAME)
