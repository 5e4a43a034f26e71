"""Which meetings there have to be on the SFU."""

from __future__ import annotations

from msgspec.structs import replace

from server.core.meetings import FAREWELL, MeetingKey, Meetings, Standing, planned
from server.core.room import new_room
from server.core.room_state import CallHeld, Room
from server.core.timeline import LocalTime

NOW = LocalTime(50.0)
ONE, TWO = MeetingKey("den", "salt", 1), MeetingKey("den", "salt", 2)


def room_held(mode: str = "mesh", generation: int = 0, is_wanted: bool = False) -> dict[str, Room]:
    held = CallHeld(mode="sfu" if mode == "sfu" else "mesh", generation=generation, is_wanted=is_wanted)
    return {"den": replace(new_room("den", "e", salt="salt"), held=held)}


def test_a_mesh_needs_nothing() -> None:
    plan = planned(Meetings(), room_held(), NOW)
    assert (plan.make, plan.tell, plan.end) == ((), (), ())


def test_what_is_wanted_is_made_and_then_told_until_the_room_has_heard_it() -> None:
    plan = planned(Meetings(), room_held(is_wanted=True), NOW)
    assert (plan.make, plan.tell) == ((ONE,), ())
    made = plan.meetings.with_made(ONE)
    for _ in range(2):
        plan = planned(made, room_held(is_wanted=True), NOW)
        assert (plan.make, plan.tell, plan.end) == ((), (ONE,), ())
    plan = planned(made, room_held("sfu", 1), NOW)
    assert (plan.make, plan.tell, plan.end) == ((), (), ())


def test_a_call_that_meets_is_met_here_too_though_another_process_made_it() -> None:
    assert planned(Meetings(), room_held("sfu", 1), NOW).make == (ONE,)


def test_an_sfu_that_was_lost_is_asked_for_everything_again() -> None:
    made = Meetings().with_made(ONE).doubted()
    assert planned(made, room_held("sfu", 1), NOW).make == (ONE,)
    plan = planned(made, room_held(is_wanted=True), NOW)
    assert (plan.make, plan.tell) == ((ONE,), ())


def test_the_meeting_before_a_mesh_stands_a_little_longer() -> None:
    meetings = Meetings().with_made(ONE)
    plan = planned(meetings, room_held(generation=2), NOW)
    assert plan.end == ()
    assert plan.meetings.standing[ONE] == Standing(unneeded_since=NOW)
    assert planned(plan.meetings, room_held(generation=2), LocalTime(NOW + FAREWELL - 0.1)).end == ()
    plan = planned(plan.meetings, room_held(generation=2), LocalTime(NOW + FAREWELL))
    assert plan.end == (ONE,)
    assert plan.meetings.without(ONE).standing == {}


def test_the_one_before_another_meeting_ends_at_once() -> None:
    meetings = Meetings().with_made(ONE).with_made(TWO)
    assert planned(meetings, room_held("sfu", 1, is_wanted=True), NOW).end == ()
    assert planned(meetings, room_held("sfu", 2), NOW).end == (ONE,)


def test_what_belonged_to_a_room_that_has_gone_ends_at_once() -> None:
    meetings = Meetings().with_made(ONE)
    assert planned(meetings, {}, NOW).end == (ONE,)
    anew = {"den": replace(room_held()["den"], salt="another")}
    assert planned(meetings, anew, NOW).end == (ONE,)


def test_a_meeting_that_is_needed_again_stays() -> None:
    meetings = planned(Meetings().with_made(ONE), room_held(), NOW).meetings
    plan = planned(meetings, room_held(is_wanted=True), LocalTime(NOW + 2 * FAREWELL))
    assert plan.end == ()
    assert plan.meetings.standing[ONE] == Standing()
