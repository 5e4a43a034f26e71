"""What moves a room's timeline besides commands: readiness, time-outs, stalls, the end of the film; how far ahead."""

import pytest

from server.core import protocol
from server.core.protocol import Pause, Play, Report, Seek, SetRate, micros
from server.core.room import next_deadline
from server.core.room_play import lead
from server.core.room_state import RoomPolicy
from tests.fakes.rooms import Stage, stage_of, watching


def report(stage: Stage, peer: str, delay: float, playout: float) -> None:
    stage.say(peer, Report(delay_us=micros(delay), playout_us=micros(playout), dispersion_us=1000))


# -- the lead ---------------------------------------------------------------------------------------------------------


def test_lead_is_assumed_until_members_have_reported() -> None:
    policy = RoomPolicy()
    assert lead(stage_of("Ana").room) == policy.one_way_assumed + policy.playout_assumed + policy.lead_margin


def test_lead_is_the_worst_way_plus_the_worst_playout_plus_a_margin() -> None:
    stage = stage_of("Ana", "Ben")
    report(stage, "ana", delay=0.200, playout=0.020)
    report(stage, "ben", delay=0.010, playout=0.080)
    assert lead(stage.room) == pytest.approx(0.100 + 0.080 + stage.room.policy.lead_margin)


def test_lead_has_bounds() -> None:
    stage = stage_of("Ana")
    report(stage, "ana", delay=0.0, playout=0.0)
    assert lead(stage.room) == stage.room.policy.lead_least
    report(stage, "ana", delay=3.0, playout=0.1)
    assert lead(stage.room) == stage.room.policy.lead_most


def test_lead_does_not_wait_for_controllers_nor_for_the_lost() -> None:
    stage = stage_of("Ana", "Ben")
    report(stage, "ana", delay=0.0, playout=0.0)
    report(stage, "ben", delay=1.0, playout=0.0)
    stage.join("Remote", role="controller")
    stage.lose("ben")
    assert lead(stage.room) == stage.room.policy.lead_least


def test_a_turn_never_comes_before_one_that_was_stated_already() -> None:
    stage = watching()
    stage.command("ana", SetRate(rate=2.0))
    first = stage.timeline.room_time
    for peer in ("ana", "ben"):
        report(stage, peer, delay=0.0, playout=0.0)
    stage.command("ben", Pause())
    assert stage.timeline.room_time == first
    assert stage.now + lead(stage.room) < first


# -- readiness --------------------------------------------------------------------------------------------------------


def test_the_same_revision_says_for_whom_the_room_still_waits() -> None:
    stage = watching("Ana", "Ben", "Cem")
    stage.command("ana", Seek(media_us=0))
    revision = stage.room.revision
    stage.ready("ben")
    assert stage.room.revision == revision
    stage.until_due()
    assert stage.stated("cem").waiting == ("ana", "cem")
    stage.ready("ben")  # again
    assert len(stage.outbox) == 0
    stage.ready("ana", "cem")
    assert stage.shape == ("playing", 0.0)
    assert stage.stated("cem").why == "ready"
    assert stage.room.revision == revision + 1


def test_ready_for_an_earlier_place_is_not_ready_for_this_one() -> None:
    stage = watching()
    stage.command("ana", Seek(media_us=micros(50.0)))
    first = stage.room.revision
    stage.command("ana", Seek(media_us=micros(60.0)))
    stage.ready("ana", "ben", revision=first)
    assert stage.shape == ("holding", 60.0)
    stage.ready("ana", "ben")
    assert stage.shape == ("playing", 60.0)


def test_ready_for_a_revision_that_was_never_stated_is_nonsense() -> None:
    stage = watching()
    stage.command("ana", Seek(media_us=0))
    stage.ready("ana", "ben", revision=stage.room.revision + 1)
    assert stage.timeline.state == "holding"


def test_who_joined_while_the_film_stood_and_is_ready_for_a_later_revision_is_not_waited_for() -> None:
    stage = stage_of("Ana")
    stage.load("ana")
    stage.command("ana", SetRate(rate=2.0))
    stage.join("Ben")
    stage.ready("ana", "ben")
    stage.command("ana", Play())
    assert stage.timeline.state == "playing"


def test_a_flood_of_readiness_is_told_at_once_and_then_in_one() -> None:
    names = ["Ana", *(f"P{number}" for number in range(19))]
    stage = watching(*names)
    stage.wait(1.0)  # of the play
    stage.command("ana", Seek(media_us=0))
    before = len(stage.all("ana", protocol.TimelineStated))
    stage.ready(*(name.lower() for name in names[1:]))
    stage.until_due()
    told = stage.all("ana", protocol.TimelineStated)[before:]
    assert len(told) == 2
    assert stage.stated("ana").waiting == ("ana",)
    stage.ready("ana")
    assert stage.stated("ana").state == "playing"


# -- waits end --------------------------------------------------------------------------------------------------------


def test_a_wait_ends_and_the_straggler_catches_up_alone() -> None:
    stage = watching()
    stage.command("ana", Seek(media_us=micros(50.0)))
    stage.ready("ana")
    assert next_deadline(stage.room) is not None
    stage.wait(stage.room.policy.hold - 0.001)
    assert stage.shape == ("holding", 50.0)
    stage.wait(0.001)
    assert stage.shape == ("playing", 50.0)
    assert stage.stated("ben").why == "late"


def test_a_wait_that_is_over_has_ended_before_whatever_comes_then() -> None:
    stage = watching()
    stage.command("ana", Seek(media_us=micros(50.0)))
    stage.skip(stage.room.policy.hold + 1.0)
    stage.ready("ana", "ben")  # the timer is late
    assert stage.stated("ana").why == "late"
    assert stage.shape == ("playing", 50.0)


def test_who_made_the_room_wait_in_vain_can_not_soon_do_so_again() -> None:
    stage = watching()
    stage.command("ana", Seek(media_us=0))
    stage.ready("ana")
    stage.wait(stage.room.policy.hold)
    stage.command("ana", Seek(media_us=micros(50.0)))
    assert stage.timeline.waiting == ("ana",)
    stage.ready("ana")
    stage.wait(stage.room.policy.excuse)
    stage.command("ana", Seek(media_us=micros(90.0)))
    assert stage.timeline.waiting == ("ana", "ben")


def test_who_was_late_and_is_ready_again_is_waited_for_again() -> None:
    stage = watching()
    stage.command("ana", Seek(media_us=0))
    stage.ready("ana")
    stage.wait(stage.room.policy.hold)
    stage.command("ana", Pause())
    stage.ready("ben")
    stage.command("ana", Seek(media_us=micros(50.0)))
    stage.ready("ana")
    stage.command("ana", Play())
    assert stage.timeline.waiting == ("ben",)


def test_a_room_that_never_waits_plays_at_the_new_place_after_the_lead() -> None:
    stage = stage_of("Ana", policy=RoomPolicy(hold=0.0, first_hold=0.0))
    stage.load("ana")
    stage.command("ana", Play())
    assert stage.shape == ("playing", 0.0)
    stage.skip(5.0)
    stage.command("ana", Seek(media_us=micros(50.0)))
    assert stage.shape == ("playing", 50.0)
    assert stage.timeline.room_time == stage.now + lead(stage.room)
    stage.skip(5.0)
    stage.stall("ana")
    assert stage.timeline.state == "playing"


def test_with_only_a_controller_there_is_nobody_to_wait_for() -> None:
    stage = stage_of("Ana")
    stage.load("ana")
    stage.join("Remote", role="controller")
    stage.lose("ana")
    stage.command("remote", Play())
    assert stage.shape == ("playing", 0.0)


# -- stalls -----------------------------------------------------------------------------------------------------------


def test_the_room_waits_for_who_ran_dry() -> None:
    stage = watching(at=10.0)
    stage.skip(1.0)
    stage.stall("ben")
    turn = stage.timeline.room_time
    assert turn == stage.now + lead(stage.room)
    assert stage.shape == ("holding", round(11.0 + turn - stage.now, 6))
    assert stage.timeline.waiting == ("ben",)
    assert stage.timeline.until == turn + stage.room.policy.hold
    assert stage.stated("ana").why == "stall"
    stage.ready("ana")
    assert stage.timeline.state == "holding"
    stage.ready("ben")
    assert stage.timeline.state == "playing"
    assert stage.timeline.room_time >= turn


def test_who_did_not_run_dry_stays_ready() -> None:
    stage = watching()
    stage.stall("ben")
    stage.ready("ben")
    stage.command("ana", Pause())
    stage.command("ana", Play())
    assert stage.timeline.state == "playing"


def test_who_ran_dry_is_still_waited_for_after_a_pause() -> None:
    stage = watching()
    stage.stall("ben")
    stage.command("ana", Pause())
    stage.command("ana", Play())
    assert stage.timeline.waiting == ("ben",)


def test_a_stall_of_another_revision_or_in_a_room_that_stands_is_old_news() -> None:
    stage = watching()
    stage.skip(1.0)
    stage.stall("ben", revision=1)
    assert stage.timeline.state == "playing"
    stage.command("ana", Pause())
    stage.stall("ben", revision=stage.room.revision - 1)
    assert stage.timeline.state == "paused"


def test_a_stall_before_a_turn_has_come_names_the_timeline_in_force() -> None:
    stage = watching()
    stage.skip(1.0)
    stage.command("ana", SetRate(rate=2.0))
    stage.stall("ben", revision=stage.room.revision - 1)
    assert stage.timeline.state == "holding"
    assert stage.timeline.rate == 2.0


def test_one_member_can_not_stall_the_room_over_and_over() -> None:
    stage = watching()
    for _ in range(stage.room.policy.stalls_most):
        stage.wait(1.0)
        stage.stall("ben")
        assert stage.timeline.state == "holding"
        stage.ready("ben")
    stage.wait(1.0)
    stage.stall("ben")
    assert stage.timeline.state == "playing"
    stage.wait(stage.room.policy.stalls_within)
    stage.stall("ben")
    assert stage.timeline.state == "holding"


def test_a_member_on_a_very_bad_path_costs_the_others_a_tenth_of_their_evening_at_most() -> None:
    stage = watching(seconds=None)
    began, stood = stage.now, 0.0
    while stage.now < began + 3600.0:
        stage.wait(1.0)
        stage.stall("ben")  # always soon, and each wait is as long as it can be without being in vain
        if stage.timeline.state == "holding":
            held_at = stage.now
            stage.wait(stage.room.policy.hold - 0.1)
            stage.ready("ben")
            stood += stage.now - held_at
    assert 0.0 < stood <= 0.101 * 3600.0


def test_who_stalled_in_vain_can_not_soon_do_so_again() -> None:
    stage = watching()
    stage.stall("ben")
    stage.wait(stage.room.policy.hold + 1.0)
    assert stage.timeline.state == "playing"
    stage.stall("ben")
    assert stage.timeline.state == "playing"


def test_who_comes_into_a_playing_film_causes_no_wait_at_first() -> None:
    stage = watching()
    stage.skip(1.0)
    stage.join("Cem")
    stage.stall("cem")
    assert stage.timeline.state == "playing"
    stage.wait(stage.room.policy.newcomer)
    stage.stall("cem")
    assert stage.timeline.state == "holding"


def test_a_newcomer_that_was_ready_once_is_none_any_more() -> None:
    stage = watching()
    stage.skip(1.0)
    stage.join("Cem")
    stage.command("ana", Seek(media_us=0))
    stage.ready("ana", "ben", "cem")
    stage.now = stage.timeline.room_time
    stage.stall("cem")
    assert stage.timeline.state == "holding"


def test_running_dry_at_the_end_is_no_stall() -> None:
    stage = watching(at=99.9, seconds=100.0)
    stage.stall("ben")
    assert stage.timeline.state == "playing"


def test_a_controller_is_never_ready_and_never_runs_dry() -> None:
    stage = watching()
    stage.join("Remote", role="controller")
    stage.stall("remote")
    report(stage, "remote", delay=1.0, playout=1.0)
    assert stage.timeline.state == "playing"
    stage.command("remote", Seek(media_us=0))
    assert stage.timeline.waiting == ("ana", "ben")
    stage.ready("remote")
    assert stage.timeline.waiting == ("ana", "ben")


# -- the end ----------------------------------------------------------------------------------------------------------


def test_the_film_pauses_at_its_end_once() -> None:
    stage = watching(at=90.0, seconds=100.0)
    stage.command("ana", SetRate(rate=2.0))
    due = stage.timeline.room_time_of(stage.room.duration)  # type: ignore[arg-type]
    assert due is not None
    stage.wait(60.0)
    assert stage.shape == ("paused", 100.0)
    assert stage.timeline.room_time == due
    assert stage.timeline.rate == 2.0
    ends = [each for each in stage.all("ben", protocol.TimelineStated) if each.why == "end"]  # type: ignore[attr-defined]
    assert len(ends) == 1


def test_a_film_of_unknown_length_plays_on() -> None:
    stage = stage_of("Ana")
    stage.load("ana", seconds=None)
    stage.play("ana")
    stage.wait(600.0)
    assert stage.timeline.state == "playing"


def test_a_film_that_starts_at_its_end_ends_when_it_starts() -> None:
    stage = watching(at=90.0, seconds=100.0)
    stage.command("ana", Seek(media_us=micros(100.0)))
    stage.ready("ana", "ben")
    start = stage.timeline.room_time
    assert stage.shape == ("playing", 100.0)
    stage.wait(1.0)
    assert stage.shape == ("paused", 100.0)
    assert stage.timeline.room_time == start
