"""How a room's call is held: a mesh, or a meeting on the SFU."""

from __future__ import annotations

from msgspec.structs import replace

from server.core import protocol
from server.core.call_mode import (
    FAILED,
    GROWN,
    RELAYED,
    call_deadline,
    count_in_call,
    meeting_of,
    renewed,
    settle_call,
    wanted_meeting,
    welcome_call,
)
from server.core.protocol import CallSeat, CallStated, InCall
from server.core.room import apply, new_room, next_deadline
from server.core.room_restoring import restore
from server.core.room_state import CallHeld, Due, Member, Met, Room, RoomPolicy, Said, Send, Transition
from server.core.timeline import PeerId, RoomTime

NOW = RoomTime(100.0)
POLICY = RoomPolicy(sfu_above=2, sfu_kept=20.0, sfu_again=60.0)
NAMES = ("ana", "ben", "cho", "dov")


def at(later: float) -> RoomTime:
    return RoomTime(NOW + later)


def room_of(count: int, policy: RoomPolicy = POLICY) -> Room:
    """A room of four of whom so many are in the call."""
    members = tuple(
        Member(
            peer=PeerId(name),
            name=name,
            token=name,
            kind="member",
            heard_at=at(1000),
            call=CallSeat() if number < count else None,
            role="host" if number == 0 else "guest",
        )
        for number, name in enumerate(NAMES)
    )
    return replace(new_room("den", "e", policy), members=members)


def stated(step: Transition) -> list[CallStated]:
    return [each.message for each in step.outbox if isinstance(each, Send) and isinstance(each.message, CallStated)]


def said(room: Room, name: str, joined: bool, now: RoomTime = NOW) -> Transition:
    return apply(room, Said(PeerId(name), InCall(joined=joined)), now)


def in_sfu(count: int = 3) -> Room:
    room = apply(room_of(count), Due(), NOW).room
    return apply(room, Met(1, stands=True), NOW).room


def test_a_small_call_is_a_mesh_and_wants_nothing() -> None:
    room = apply(room_of(2), Due(), NOW).room
    assert room.held == CallHeld()
    assert wanted_meeting(room) is None
    assert call_deadline(room) is None
    assert welcome_call(room, PeerId("ana")) == ()


def test_one_more_wants_a_meeting_and_until_it_stands_nothing_changes() -> None:
    step = said(room_of(2), "cho", joined=True)
    assert count_in_call(step.room) == 3
    assert wanted_meeting(step.room) == 1
    assert stated(step) == []
    assert meeting_of(step.room) is None
    step = apply(step.room, Met(1, stands=True), NOW)
    assert stated(step) == [CallStated(mode="sfu", generation=1, words=GROWN)]
    assert meeting_of(step.room) == 1
    assert wanted_meeting(step.room) is None
    (send,) = welcome_call(step.room, PeerId("ana"))
    assert send.message == CallStated(mode="sfu", generation=1)


def test_a_second_process_says_the_same_and_changes_nothing() -> None:
    room = in_sfu()
    assert apply(room, Met(1, stands=True), NOW).room == room
    assert apply(room, Met(2, stands=True), NOW).room == room
    assert apply(room, Met(0, stands=False), NOW).room == room


def test_who_leaves_before_it_stands_ends_the_wish() -> None:
    room = said(room_of(3), "dov", joined=False).room
    room = said(room, "cho", joined=False).room
    assert wanted_meeting(room) is None
    assert stated(apply(room, Met(1, stands=True), NOW)) == []


def test_a_call_that_has_become_small_stays_a_while_and_then_is_a_mesh() -> None:
    room = said(in_sfu(), "cho", joined=False).room
    assert meeting_of(room) == 1
    assert call_deadline(room) == at(20)
    assert next_deadline(room) is not None
    assert apply(room, Due(), at(19)).room.held == room.held
    step = apply(room, Due(), at(20))
    assert stated(step) == [CallStated(mode="mesh", generation=2)]
    assert call_deadline(step.room) is None


def test_who_comes_back_in_time_keeps_the_meeting() -> None:
    room = said(in_sfu(), "cho", joined=False).room
    room = said(room, "cho", joined=True, now=at(10)).room
    assert call_deadline(room) is None
    assert stated(apply(room, Due(), at(30))) == []
    assert apply(room, Due(), at(30)).room.held == room.held


def test_a_call_that_nobody_is_in_is_over_at_once() -> None:
    room = in_sfu()
    for name in NAMES[:3]:
        room = said(room, name, joined=False).room
    assert room.held == CallHeld(generation=2)


def test_an_sfu_that_dies_gives_way_to_the_mesh_with_words_and_is_tried_again_later() -> None:
    step = apply(in_sfu(), Met(1, stands=False), NOW)
    assert stated(step) == [CallStated(mode="mesh", generation=2, words=FAILED)]
    assert wanted_meeting(step.room) is None
    assert call_deadline(step.room) == at(60)
    room = apply(step.room, Due(), at(60)).room
    assert wanted_meeting(room) == 3
    assert call_deadline(room) is None
    assert stated(apply(room, Met(3, stands=True), at(61)))[0].mode == "sfu"


def test_a_meeting_that_can_not_be_made_is_tried_again_later_without_a_word() -> None:
    room = apply(room_of(3), Due(), NOW).room
    step = apply(room, Met(1, stands=False), NOW)
    assert stated(step) == []
    assert wanted_meeting(step.room) is None
    assert wanted_meeting(apply(step.room, Due(), at(60)).room) == 1


def test_a_server_without_an_sfu_never_wants_one() -> None:
    room = apply(room_of(4, replace_policy(0)), Due(), NOW).room
    assert wanted_meeting(room) is None
    assert call_deadline(room) is None


def test_a_room_of_relays_never_wants_one_and_leaves_the_one_that_it_has() -> None:
    room = room_of(4)
    room = apply(replace(room, rules=replace(room.rules, relay_only=True)), Due(), NOW).room
    assert wanted_meeting(room) is None
    assert call_deadline(room) is None
    room = in_sfu()
    room = replace(room, rules=replace(room.rules, relay_only=True))
    assert stated(settle_call(room, NOW)) == [CallStated(mode="mesh", generation=2, words=RELAYED)]


def replace_policy(above: int) -> RoomPolicy:
    return RoomPolicy(sfu_above=above)


def test_a_room_that_comes_from_a_server_with_an_sfu_is_a_mesh_where_none_is() -> None:
    room = replace(in_sfu(), policy=replace_policy(0))
    assert stated(settle_call(room, NOW)) == [CallStated(mode="mesh", generation=2, words=FAILED)]


def test_who_is_removed_from_the_room_is_left_behind_in_the_old_meeting() -> None:
    room = in_sfu(4)
    for action in (protocol.Kick(peer="dov"), protocol.Ban(peer="dov")):
        command = protocol.Command(id="1", revision=0, item="", action=action)
        after = apply(room, Said(PeerId("ana"), command), NOW).room
        assert after.member(PeerId("dov")) is None
        assert meeting_of(after) == 1
        assert wanted_meeting(after) == 2
        assert meeting_of(apply(after, Met(2, stands=False), NOW).room) == 1
        step = apply(after, Met(2, stands=True), NOW)
        assert stated(step) == [CallStated(mode="sfu", generation=2)]
        assert wanted_meeting(step.room) is None


def test_who_is_removed_but_was_not_in_the_call_renews_nothing() -> None:
    room = in_sfu(3)
    command = protocol.Command(id="1", revision=0, item="", action=protocol.Kick(peer="dov"))
    assert wanted_meeting(apply(room, Said(PeerId("ana"), command), NOW).room) is None
    assert renewed(room_of(3)) == room_of(3)


def test_a_meeting_outlives_a_restart_of_the_server() -> None:
    room = said(in_sfu(), "cho", joined=False).room
    again = restore(room, "f", RoomTime(5.0), at(1))
    assert meeting_of(again) == 1
    assert call_deadline(again) == RoomTime(5.0 + 19.0)
