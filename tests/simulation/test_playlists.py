"""A playlist, from the first film to the last: each begins once, for all at one instant, from each one's own files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from player.core.copies import Candidate
from player.core.room_intents import AddToPlaylist, ChooseEntry, LoopPlaylist, PlayNext, StayHere
from tests.simulation.cinema import Cinema
from tests.simulation.conftest import FAR, FRAME, NEAR, assert_together
from tests.simulation.player import SimulatedPlayer

LENGTH = 20.0
FILMS = ("first", "second")


@pytest.fixture
def cinema() -> Iterator[Cinema]:
    with Cinema(LENGTH) as cinema:
        yield cinema


def with_films(player: SimulatedPlayer, folder: str) -> SimulatedPlayer:
    """Has both films, each at a place of its own."""
    for title in FILMS:
        path = f"/{folder}/{title}.mkv"
        player.library.add(Candidate(path, title, 10**9, LENGTH, f"content of {title}".encode()))
    return player


def three_with_a_playlist(cinema: Cinema) -> tuple[SimulatedPlayer, SimulatedPlayer, SimulatedPlayer]:
    """Three members; Ana has put two films into the playlist, which nobody has opened yet."""
    ana = with_films(cinema.player("Ana", up=NEAR, down=NEAR), "ana")
    ben = with_films(cinema.player("Ben", up=FAR, down=FAR, ppm=80), "ben")
    eve = with_films(cinema.player("Eve", up=FAR, down=FAR, ppm=-60), "eve")
    for player in (ana, ben, eve):
        cinema.do(lambda player=player: player.join(""))  # type: ignore[misc]
        cinema.until(lambda player=player: player.seat.link == "joined", 10.0, f"{player.name} is in")  # type: ignore[misc]
    cinema.run(11.0)
    cinema.do(lambda: ana.act(AddToPlaylist(tuple(f"/ana/{title}.mkv" for title in FILMS))))
    cinema.until(lambda: len(ana.seat.facts.playlist.entries) == 2, 3.0, "both films are in the list")
    return ana, ben, eve


def title(cinema: Cinema) -> str:
    item = cinema.authority.room.item
    return "" if item is None else item.title


def begin(cinema: Cinema, player: SimulatedPlayer) -> None:
    """Somebody chooses the first film, all find their copy, it plays."""
    cinema.do(lambda: player.act(ChooseEntry(cinema.authority.room.playlist.entries[0].id)))
    cinema.until(lambda: title(cinema) == FILMS[0], 3.0, "the first film is chosen")
    play_together(cinema, player)


def play_together(cinema: Cinema, player: SimulatedPlayer) -> None:
    cinema.until(lambda: all(each.seat.is_following for each in cinema.players), 5.0, "all have found the film")
    cinema.run(1.0)
    cinema.play(player)


def until_playing(cinema: Cinema, film: str) -> None:
    cinema.until(lambda: title(cinema) == film and cinema.is_playing, 40.0, f"{film} plays")


def test_two_films_follow_each_other_for_all_at_one_instant(cinema: Cinema) -> None:
    """Each in its own copy; nobody starts twice, nobody seeks."""
    ana, ben, eve = three_with_a_playlist(cinema)
    cinema.do(lambda: ana.act(LoopPlaylist("all")))
    begin(cinema, ana)
    items = []
    for film in (*FILMS, *FILMS):
        until_playing(cinema, film)
        items.append(cinema.authority.room.item_id)
        assert cinema.authority.media_time() < 0.1
        assert_together(cinema.watch(10.0))
        assert cinema.authority.room.item_id == items[-1]
        for player, folder in ((ana, "ana"), (ben, "ben"), (eve, "eve")):
            assert player.seat.medium is not None
            assert player.seat.medium.path == f"/{folder}/{film}.mkv"
        cinema.until(lambda: not cinema.is_playing, 15.0, f"{film} is over")
        assert cinema.authority.media_time() == pytest.approx(LENGTH, abs=FRAME)
    assert len(set(items)) == 4
    assert cinema.authority.room.items == 4
    assert cinema.seeks == {"Ana": 0, "Ben": 0, "Eve": 0}


def test_the_last_film_is_the_last_and_a_stay_is_a_stay(cinema: Cinema) -> None:
    """After a stay nothing begins by itself, next goes on once however many press it, and the last end is the end."""
    ana, ben, eve = players = three_with_a_playlist(cinema)
    begin(cinema, ben)
    cinema.until(lambda: cinema.authority.room.playlist.next_at is not None, 30.0, "the second is announced")
    cinema.do(lambda: eve.act(StayHere()))
    cinema.run(10.0)
    assert (title(cinema), cinema.is_playing) == ("first", False)
    for player in players:
        cinema.do(lambda player=player: player.act(PlayNext()))  # type: ignore[misc]
    cinema.until(lambda: title(cinema) == "second", 3.0, "the second is there")
    play_together(cinema, ana)
    assert_together(cinema.watch(10.0))
    cinema.run(30.0)
    assert (title(cinema), cinema.is_playing) == ("second", False)
    assert cinema.authority.room.items == 2
