"""What of a room lives only for a moment, for the processes that share it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from server.core.protocol import ClockRequest, Report
from server.core.room import new_room
from server.core.room_codec import CodecError, changed_parts, room_of, with_parts
from server.core.room_moment import lived, moment_of, with_moment
from server.core.room_state import RoomPolicy
from tests.fakes.rooms import Stage, watching


def a_room() -> Stage:
    stage = watching("Ana", "Ben")
    stage.skip(1.25)
    stage.say("ben", Report(delay_us=31_000, playout_us=9, dispersion_us=7, asynchrony_us=-4))
    return stage


def test_parts_and_moment_are_the_whole_room() -> None:
    room = a_room().room
    parts = {part: text for part, text in changed_parts(None, room).items() if text is not None}
    assert with_moment(room_of(room.name, parts, room.policy, room.epoch), moment_of(room)) == room


def test_changed_parts_and_the_moment_bring_another_room_up_to_date() -> None:
    stage = a_room()
    before = stage.room
    stage.join("Cleo")
    stage.leave("ben")
    stage.load("ana", title="another")
    after = stage.room
    assert with_moment(with_parts(before, changed_parts(before, after)), moment_of(after)) == after


def test_a_moment_says_nothing_of_who_is_not_there() -> None:
    stage = a_room()
    moment = moment_of(stage.room)
    stage.leave("ben")
    stage.join("Cleo")
    cleo = stage.room.member(stage.room.members[-1].peer)
    assert with_moment(stage.room, moment).member(stage.room.members[-1].peer) == cleo


@pytest.mark.parametrize("text", ["", "7", "[1,2]", "[[],{}]", '[[1,2,3],{"ana":[1]}]', "[[1,2,3],7]"])
def test_nonsense_is_an_error_of_its_own(text: str) -> None:
    with pytest.raises(CodecError):
        with_moment(a_room().room, text)


def test_the_last_sign_of_life() -> None:
    stage = a_room()
    stage.skip(3.0)
    stage.say("ana", ClockRequest(t0_us=0))
    assert lived(stage.room) == stage.now
    empty = new_room("Cinema", "epoch", RoomPolicy())
    assert lived(empty) == empty.newest.room_time
    assert lived(replace(stage.room, members=())) == stage.room.newest.room_time
