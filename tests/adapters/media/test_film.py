"""When a film seeks, and when not: decided on what is decoded, without any thread running."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from player.core.target import Target
from player.media.film import Film
from player.media.frame_reader import Frame
from player.media.pictures import Reel
from player.media.source import open_source
from server.core.timeline import LocalTime, MediaTime, RoomTime, Schedule, State, Timeline
from tests.adapters.media.test_pictures import STEP, image
from tests.fakes.clips import Clip
from tests.fakes.pictures import HandClock

Films = Callable[[str, Clip], Path]


class Seat:
    """A film with a picture only, whose worker is the test."""

    def __init__(self, path: Path) -> None:
        self.clock = HandClock()
        self.schedule = Schedule()
        self.reel = Reel()
        source, container = open_source(str(path))
        self.film = Film(
            source,
            container,
            reel=self.reel,
            sound=None,
            clock=self.clock,
            news=lambda: None,
            screen_wake=lambda: None,
            first_generation=0,
        )
        self.state("paused", 0.0)
        assert self.look() is None

    @property
    def target(self) -> Target:
        return Target(schedule=self.schedule)

    def state(self, kind: State, media_time: float, *, after: float = 0.0, rate: float = 1.0) -> Timeline:
        timeline = Timeline(
            revision=self.schedule.newest.revision + 1,
            item="film",
            state=kind,
            media_time=MediaTime(media_time),
            room_time=RoomTime(self.clock.time + after),
            rate=rate,
        )
        self.schedule = self.schedule.receive(timeline, RoomTime(self.clock.time))
        return timeline

    def look(self) -> float | None:
        return self.film.seek_where_needed(self.target)

    def decode(self, place: float, count: int) -> None:
        for number in range(count):
            start = place + number * STEP
            frame = Frame(start, start + STEP, image())
            self.reel.add(self.film.generation, frame, self.target, LocalTime(self.clock.time))

    @property
    def seeks(self) -> int:
        return self.film.generation


@pytest.fixture
def seat(films: Films) -> Seat:
    seat = Seat(films("silent.mp4", Clip(has_sound=False)))
    seat.decode(0.0, 5)
    return seat


def test_the_first_place_is_sought_once(seat: Seat) -> None:
    assert seat.seeks == 1
    assert seat.look() is None
    assert seat.seeks == 1


def test_a_turn_at_the_same_place_is_no_seek(seat: Seat) -> None:
    seat.state("playing", 0.0, after=0.3)
    assert seat.look() is None
    seat.clock.time += 0.4
    seat.state("paused", 0.4, after=0.3)
    seat.look()
    seat.clock.time += 0.1
    seat.state("playing", 0.4, after=0.5, rate=4.0)
    seat.look()
    assert seat.seeks == 1


def test_a_place_a_little_ahead_is_reached_by_decoding(seat: Seat) -> None:
    seat.state("holding", 0.9)
    seat.look()
    assert seat.seeks == 1
    seat.state("holding", 1.5)
    seat.look()
    assert seat.seeks == 2


def test_a_place_before_what_is_kept_is_sought_and_no_catch_up(seat: Seat) -> None:
    seat.state("holding", 3.0)
    seat.look()
    seat.decode(3.0, 5)
    seat.state("holding", 2.9)
    assert seat.look() is None
    assert seat.seeks == 3
    assert seat.reel.reach()[0] == 2.9


def test_a_seek_while_playing_goes_to_where_the_film_will_be(seat: Seat) -> None:
    seat.state("playing", 2.0)
    seat.look()
    begins = seat.reel.reach()[0]
    assert seat.film.picture is not None
    assert begins == pytest.approx(2.0 + seat.film.picture.latency)
    assert seat.look() is None
    seat.clock.time += 2.0  # a slow disk: it is still at it
    assert seat.look() is None
    assert seat.seeks == 2


def test_a_pause_while_such_a_seek_is_under_way_is_met_exactly(seat: Seat) -> None:
    seat.state("playing", 2.0)
    seat.look()
    seat.clock.time += 0.1
    seat.state("paused", 2.1)
    seat.look()
    assert seat.reel.reach()[0] == 2.1


def test_who_falls_far_behind_catches_up_once_in_a_while(seat: Seat) -> None:
    seat.state("playing", 0.0)
    seat.clock.time += 1.3
    assert seat.look() is None
    seat.clock.time += 0.2
    assert seat.look() == pytest.approx(-1.3)
    assert seat.seeks == 2
    seat.decode(seat.reel.reach()[0], 1)
    seat.clock.time += 3.0
    assert seat.look() is None
    seat.clock.time += 3.0
    assert seat.look() is not None
    assert seat.seeks == 3


@pytest.mark.parametrize(("decoded_ahead", "count"), [(1.8, 1), (3.2, 0)])
def test_who_stood_catches_up_with_both_at_once_and_who_decodes_slowly_with_the_picture(
    seat: Seat, decoded_ahead: float, count: int
) -> None:
    """A machine that slept has sound decoded from where it stood; a slow one has it from where the film is."""
    sought: list[object] = []
    sound = SimpleNamespace(has_failed="", reach=(0.0, decoded_ahead, False), seek=sought.append)
    seat.film.sound = cast(Any, sound)
    seat.state("playing", 0.0)
    seat.look()
    sought.clear()
    seat.clock.time += 1.5
    assert seat.look() == pytest.approx(-1.3)
    assert len(sought) == count


def test_the_end_is_no_place_to_seek_from(seat: Seat) -> None:
    seat.reel.end(seat.film.generation)
    seat.state("playing", 0.0)
    seat.clock.time += 60.0
    assert seat.look() is None
    assert seat.seeks == 1


def test_another_room_whose_revisions_begin_anew_is_gone_to(seat: Seat) -> None:
    seat.schedule = Schedule()
    seat.state("paused", 3.5)
    seat.look()
    assert seat.reel.reach()[0] == 3.5
