"""The seat as a value: whose film it is, where it is, how loud."""

from __future__ import annotations

from dataclasses import replace

import pytest

from player.core.news import LinkLost
from player.core.seat import NOWHERE, Place, Seat, Step
from player.core.seat_actions import Send
from player.core.view import HostRoom, OpenMedium
from server.core import protocol
from tests.core.player.seats import ANA, FILM, alone, moment, stated, watching, welcome

READY = Send(protocol.Ready(revision=1))
STALL = Send(protocol.Stall(revision=1))


def test_a_film_is_followed_only_as_the_copy_of_the_rooms_item() -> None:
    seat = watching().seat
    assert seat.is_following
    assert not replace(seat, medium=None).is_following
    assert not replace(seat, item=None).is_following
    assert not replace(seat, bound_item="i0").is_following


def test_an_item_is_not_followed_before_the_timeline_that_names_it() -> None:
    table = watching().hears(protocol.Item(id="i2", title="nosferatu"))
    assert table.seat.bound_item == "i2"
    assert not table.seat.is_following
    assert table.hears(stated(6, "paused", item="i2")).seat.is_following


def test_a_followed_film_has_a_place_by_the_rooms_clock() -> None:
    place = watching().seat.place(moment(5.0))
    assert place == Place(65.0, is_playing=True, since=105.0, speed=1.0)
    assert place.media_time_at(moment(7.0).local) == 67.0
    assert place.stopped(moment(7.0).local) == Place(67.0, is_playing=True, since=107.0)
    assert alone("paused").seat.place(moment(5.0)) == Place(60.0, is_playing=False, since=105.0)


def test_a_turn_that_was_stated_counts_for_the_place() -> None:
    table = watching().hears(stated(6, "paused", 65.5, at=5.5))
    assert table.seat.place(moment(5.0)) == Place(65.5, is_playing=False, since=105.5)
    table.hears(stated(7, "playing", 65.5, at=6.5, rate=2.0))
    place = table.seat.place(moment(6.0))
    assert place == Place(65.5, is_playing=True, since=106.5, speed=2.0, rate=2.0)
    assert place.media_time_at(moment(6.0).local) == 65.5
    assert place.media_time_at(moment(7.5).local) == 67.5


def test_who_waits_for_others_would_play() -> None:
    assert watching("holding").seat.place(moment(5.0)) == Place(60.0, is_playing=True, since=105.0)


# -- what is followed --------------------------------------------------------------------------------------------------


def test_the_rooms_schedule_is_followed_with_a_copy_of_its_film() -> None:
    seat = watching().seat
    assert seat.followed is seat.schedule
    assert Seat().followed is NOWHERE


def test_a_film_that_is_being_opened_does_not_begin_where_the_one_before_was() -> None:
    table = watching().happens(OpenMedium("/films/metropolis.mkv"))
    assert table.seat.followed is NOWHERE
    table.happens(LinkLost("No answer."))
    assert table.seat.followed is table.seat.schedule  # it will be our copy


def test_over_a_restart_of_the_server_the_film_plays_on_as_it_did() -> None:
    table = watching().happens(welcome(epoch="e2"), at=5.0)
    assert table.seat.followed is None


def test_on_its_way_into_another_room_the_film_stands_where_it_was() -> None:
    table = watching().happens(HostRoom("Friday"), at=5.0)
    followed = table.seat.followed
    assert followed is not None
    assert (followed.newest.state, followed.newest.media_time) == ("paused", 65.0)


def test_a_film_that_is_in_no_room_yet_goes_on_as_it_did() -> None:
    assert replace(watching().seat, bound_item="").followed is None


def test_a_film_that_follows_nothing_has_the_place_where_it_is_to_go_on() -> None:
    assert Seat().place(moment()) is None
    place = Place(9.0, is_playing=True)
    assert Seat(medium=FILM, go_on=place).place(moment(5.0)) == place


def test_a_film_that_is_being_opened_has_no_place_to_go_on_from() -> None:
    table = watching().happens(OpenMedium("/films/metropolis.mkv"), HostRoom("Friday"), at=5.0)
    assert table.seat.go_on is None


@pytest.mark.parametrize(("volume", "gain"), [(100, 1.0), (50, 0.25), (0, 0.0)])
def test_gain_is_quadratic_in_volume(volume: int, gain: float) -> None:
    assert Seat(volume=volume).gain == gain
    assert Seat(volume=volume, is_muted=True).gain == 0.0


def test_members_have_names_and_strangers_are_somebody() -> None:
    assert watching().seat.name_of(ANA) == "Ana"
    assert watching().seat.name_of("p9") == "Somebody"


def test_steps_are_joined_in_order() -> None:
    step = Step(Seat(volume=1), (READY,)).then(lambda seat: Step(replace(seat, volume=seat.volume + 1), (STALL,)))
    assert step == Step(Seat(volume=2), (READY, STALL))
