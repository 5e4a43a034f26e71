"""A room goes on after its server was away."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from server.core import protocol
from server.core.protocol import Pause, Seek
from server.core.room import new_room, next_deadline
from server.core.room_restoring import COMING_BACK, restore
from server.core.room_state import Due, Key, PlaylistState, Room, RoomPolicy
from server.core.timeline import RoomTime
from tests.fakes.rooms import Stage, watching


def playing(at: float = 10.0) -> Stage:
    stage = watching("Ana", "Ben")
    stage.play("ana", at)
    stage.skip(5.0)
    return stage


def after(stage: Stage, seconds: float, epoch: str = "epoch", now: float | None = None) -> Stage:
    """The stage after its server was away for some time."""
    lived_until = stage.now
    again = Stage(stage.policy, commands=stage.commands)
    again.now = RoomTime(stage.now + seconds if now is None else now)
    again.room = restore(stage.room, epoch, again.now, lived_until, seconds)
    return again


def test_on_the_same_clock_the_film_has_gone_on() -> None:
    stage = playing()
    again = after(stage, 2.0)
    assert again.timeline == stage.timeline
    assert again.place == pytest.approx(stage.place + 2.0)
    assert again.room.epoch == "epoch"


def test_on_another_clock_it_goes_on_from_the_last_place_that_is_known() -> None:
    stage = playing()
    again = after(stage, 2.0, "another", now=3.0)
    assert again.room.epoch == "another"
    assert again.place == pytest.approx(stage.place)
    assert again.timeline.state == "playing"
    assert again.timeline.revision == stage.timeline.revision + 1
    again.skip(1.0)
    assert again.place == pytest.approx(stage.place + 1.0)


@pytest.mark.parametrize(("away", "epoch"), [(1.0, "epoch"), (1.0, "another"), (5000.0, "epoch")])
def test_a_film_that_stood_stands_where_it_stood(away: float, epoch: str) -> None:
    stage = watching("Ana")
    stage.command("ana", Pause())
    stage.wait(1.0)
    stage.command("ana", Seek(media_us=33_000_000))
    assert after(stage, away, epoch).shape == ("paused", 33.0)


def test_after_an_outage_in_which_nobody_can_have_played_on_it_is_where_it_was() -> None:
    stage = playing()
    again = after(stage, stage.policy.abandoned + 1.0)
    assert again.place == pytest.approx(stage.place)
    assert again.timeline.revision == stage.timeline.revision + 1


def test_a_clock_that_went_back_is_another_one() -> None:
    stage = playing()
    again = after(stage, -50.0)
    assert again.place == pytest.approx(stage.place)
    assert again.timeline.revision == stage.timeline.revision + 1


def test_people_are_lost_and_come_back_to_what_they_were() -> None:
    stage = playing()
    ana = replace(stage.room.members[0], role="host")
    stage.room = stage.room.with_member(ana)
    again = after(stage, 2.0)
    assert again.room.present == ()
    assert again.room.empty_since == again.now
    again.join("Ana", "token of ana")
    back = again.room.member(ana.peer)
    assert back is not None
    assert (back.name, back.role, back.token) == ("Ana", "host", ana.token)
    assert again.room.is_ready(back)


def test_who_was_lost_before_is_lost_since_then() -> None:
    stage = playing()
    stage.lose("ben")
    lost_at = stage.now
    stage.skip(30.0)
    ben = after(stage, 2.0).room.member(stage.room.members[1].peer)
    assert ben is not None
    assert ben.lost_at == lost_at


def test_a_controller_is_gone() -> None:
    stage = playing()
    stage.join("remote", role="controller")
    assert [each.name for each in after(stage, 2.0).room.members] == ["Ana", "Ben"]


def test_a_wait_lasts_until_people_can_be_back() -> None:
    stage = watching("Ana", "Ben")
    stage.command("ana", Seek(media_us=1_000_000))
    assert stage.timeline.state == "holding"
    again = after(stage, 2.0)
    assert again.timeline.state == "holding"
    assert again.timeline.revision == stage.timeline.revision + 1
    assert again.timeline.until == again.now + COMING_BACK
    ana = again.join("Ana", "token of ana")
    again.ready(ana)
    assert again.shape[0] == "holding"
    again.wait(COMING_BACK)
    assert again.shape[0] == "playing"


def test_a_room_that_nobody_comes_back_to_ends() -> None:
    stage = playing()
    again = after(stage, 2.0)
    again.skip(stage.policy.abandoned)
    due = next_deadline(again.room)
    assert due is not None
    assert due <= again.now
    again.apply(Due())
    assert again.room.members == ()


def test_one_that_was_left_long_ago_ends_when_it_would_have() -> None:
    stage = playing()
    stage.lose("ana")
    stage.lose("ben")
    since = stage.now
    stage.skip(500.0)
    assert after(stage, 2.0).room.empty_since == since


def test_on_another_clock_all_times_are_moved_and_the_policy_is_not() -> None:
    room = replace(
        playing().room,
        playlist=PlaylistState(next_at=RoomTime(1010.0), next="2"),
        moving_until=RoomTime(1020.0),
        keys=(Key("a", "00", "guest", RoomTime(1100.0)), Key("b", "00", "guest")),
        lines=(protocol.Line(id=1, peer="ana", name="Ana", text="…", at_us=990_000_000, media_us=0),),
    )
    stalled = replace(room.members[0], stalled_at=(RoomTime(995.0),))
    room = room.with_member(stalled)
    moved = restore(room, "another", RoomTime(50.0), RoomTime(1000.0), away=7.0)
    assert moved.playlist == PlaylistState(next_at=RoomTime(60.0), next="2")
    assert moved.moving_until == 70.0
    assert moved.members[0].stalled_at == (45.0,)
    assert moved.keys[0].expires_at == 143.0  # 100 s after, of which 7 are over
    assert moved.keys[1].expires_at is None
    assert moved.lines[0].at_us == 33_000_000
    assert moved.policy is room.policy
    assert moved.schedule.newest.room_time == pytest.approx(room.schedule.newest.room_time - 950.0)


def test_a_room_without_a_film_or_people_is_as_new() -> None:
    room = new_room("den", "old", RoomPolicy(), "salt")
    again = restore(room, "new", RoomTime(5.0), RoomTime(100.0))
    assert replace(again, schedule=room.schedule) == replace(room, epoch="new", empty_since=RoomTime(5.0))
    assert again.revision == 0


def test_a_pause_after_the_restart_is_a_pause() -> None:
    again = after(playing(), 2.0)
    again.join("Ana", "token of ana")
    assert isinstance(again.command("ana", Pause()), protocol.Accepted)
    assert again.timeline.state == "paused"


def test_a_wait_of_a_restart_is_restated_on_another_clock_too() -> None:
    stage = watching("Ana", "Ben")
    stage.command("ana", Seek(media_us=1_000_000))
    again: Room = after(stage, 2.0, "another", now=7.0).room
    assert again.newest.waiting == ()
    assert again.newest.until == 7.0 + COMING_BACK
    assert again.newest.state == "holding"
