"""The seat as a value: whose film it is, where it is, how loud."""

from __future__ import annotations

from dataclasses import replace

import pytest

from player.core.seat import Place, Seat, Send, Step
from server.core import protocol
from tests.core.player.seats import ANA, alone, moment, stated, watching

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
    assert watching().seat.place(moment(5.0)) == Place(65.0, is_playing=True)
    assert alone("paused").seat.place(moment(5.0)) == Place(60.0, is_playing=False)


def test_a_film_that_follows_nothing_has_the_place_where_it_is_to_go_on() -> None:
    assert Seat().place(moment()) is None
    assert Seat(go_on=Place(9.0, is_playing=True)).place(moment(5.0)) == Place(9.0, is_playing=True)


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
