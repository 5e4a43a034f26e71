"""One process's copy of a shared room: commits that others are faster than, losses, gaps, and who is where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.core import protocol
from server.core.protocol import ClockRequest, Report, Welcome
from server.core.publication import NO_ROOM, Version
from server.core.replica import GATHER, SOON, WAITING_MOST, Era
from server.core.room_codec import CodecError
from server.core.room_state import Admit, Due, Join, Lost, Refuse, Said, Send
from server.core.timeline import RoomTime
from tests.fakes.replicas import ANA, BEN, CLEO, join, revisions, seek, sent, two
from tests.fakes.shared_store import NAME, Process, SharedStore


def test_nothing_is_attempted_before_it_is_known_what_there_is() -> None:
    process = Process(SharedStore(), "one")
    process.submit(join(ANA))
    assert not process.replica.has_work
    process.load()
    assert process.replica.has_work
    process.work()
    assert process.delivered == []  # not before its publication comes
    process.hear()
    assert Admit(ANA, ANA) in process.delivered
    assert sent(process, Welcome)
    assert process.replica.local == {ANA}
    assert process.replica.is_mine


def test_both_sides_have_the_same_room_and_deliver_what_concerns_them() -> None:
    store, one, other = two()
    one.submit(seek(ANA, 7))
    one.work()
    one.hear()
    other.hear()
    assert one.replica.room == other.replica.room
    assert revisions(one) == revisions(other) == [2]
    assert sent(one, protocol.Accepted)
    assert not sent(other, protocol.Accepted)  # Ana's own business
    assert not other.replica.is_mine
    assert store.due is not None


def test_who_was_slower_applies_it_to_what_the_faster_one_made() -> None:
    _, one, other = two()
    one.submit(seek(ANA, 7))
    other.submit(seek(BEN, 8))
    first, second = one.begin(), other.begin()
    assert first is not None
    assert second is not None
    assert one.end(first) == "committed"
    assert other.end(second) == "conflict"
    other.work()
    for each in (one, other):
        each.hear()
    assert revisions(one) == revisions(other) == [2, 3]
    assert one.replica.room == other.replica.room


def test_several_commands_are_one_commit() -> None:
    store, one, _ = two()
    before = store.version.count
    for second in range(5):
        one.submit(seek(ANA, second))
    one.work()
    assert store.version.count == before + 1
    one.hear()
    assert revisions(one) == [2, 3, 4, 5, 6]


def test_a_flood_is_committed_in_pieces() -> None:
    store, one, _ = two()
    before = store.version.count
    for second in range(70):
        one.submit(seek(ANA, second))
    one.work()
    assert store.version.count == before + 3


def test_what_changes_nothing_and_says_nothing_costs_no_commit() -> None:
    store, one, _ = two()
    before = store.version
    one.submit(Lost(CLEO))
    one.submit(Due())
    assert one.begin() is None
    assert store.version == before
    assert not one.replica.has_work


def test_signs_of_life_wait_until_they_are_gathered() -> None:
    store, one, _ = two()
    before = store.version
    report = Report(delay_us=1000, playout_us=2000, dispersion_us=3)
    assert one.replica.submit(Said(ANA, ClockRequest(t0_us=1)), RoomTime(1003.0)) == GATHER
    one.submit(Said(ANA, ClockRequest(t0_us=2)), RoomTime(1004.0))
    one.submit(Said(ANA, report), RoomTime(1003.5))
    assert not one.replica.has_work
    assert not one.replica.is_idle
    one.replica.gather()
    assert one.replica.has_work
    one.work()
    assert store.version.count == before.count + 1
    one.hear()
    assert one.replica.room is not None
    ana = one.replica.room.member(ANA)
    assert ana is not None
    assert (ana.heard_at, ana.delay) == (1004.0, 0.001)


def test_signs_of_life_go_along_with_whatever_is_committed() -> None:
    _, one, other = two()
    one.submit(Said(ANA, ClockRequest(t0_us=1)), RoomTime(1003.0))
    one.submit(seek(ANA, 3), RoomTime(1004.0))
    one.work()
    other.hear()
    assert other.replica.room is not None
    assert other.replica.room.members[0].heard_at == 1004.0
    one.replica.gather()
    assert not one.replica.has_work


def test_what_seldom_comes_alone_waits_for_a_moment() -> None:
    _, one, _ = two()
    for said in (Said(ANA, protocol.Ready(revision=1)), Lost(ANA, ANA)):
        assert one.replica.submit(said, RoomTime(1003.0)) == SOON
        assert one.replica.has_work
    assert one.replica.submit(seek(ANA, 1), RoomTime(1003.0)) == 0.0


def test_no_place_for_another_room_is_said_to_who_wanted_it() -> None:
    store = SharedStore(is_full=True)
    process = Process(store, "one")
    process.load()
    process.submit(join(ANA))
    process.work()
    (refused,) = process.delivered
    assert isinstance(refused, Refuse)
    assert (refused.refusal.code, refused.ticket) == ("full", ANA)
    assert process.replica.is_idle


def test_a_refused_join_leaves_no_room_behind() -> None:
    store, one, _ = two()
    one.submit(Join(CLEO, "t", protocol.Hello(version=protocol.VERSION, room=NAME, name="Cleo", role="controller")))
    one.work()
    one.hear()
    assert Admit(CLEO, CLEO) in one.delivered
    assert store.version != NO_ROOM


# -- the store is away ------------------------------------------------------------------------------------------------


def test_what_has_waited_too_long_is_refused_with_words() -> None:
    _, one, _ = two()
    one.lose()
    one.submit(seek(ANA, 1), RoomTime(1000.0))
    one.submit(join(CLEO), RoomTime(1000.0))
    one.submit(Lost(BEN), RoomTime(1000.0))
    one.submit(seek(ANA, 2), RoomTime(1003.0))
    outbox = one.replica.give_up(RoomTime(1004.5), 4.0, "Wait.")
    refused, turned_away = outbox
    assert isinstance(refused, Send)
    assert refused == Send((ANA,), protocol.Refused(id="s1", code="busy", words="Wait."))
    assert isinstance(turned_away, Refuse)
    assert (turned_away.refusal.code, turned_away.refusal.words, turned_away.ticket) == ("busy", "Wait.", CLEO)
    one.find_again()
    one.work()
    one.hear()
    assert revisions(one) == [2]
    assert one.replica.room is not None
    assert not one.replica.room.members[1].is_here


def test_what_waits_is_bounded() -> None:
    _, one, _ = two()
    one.lose()
    for _ in range(2 * WAITING_MOST):
        one.submit(Lost(BEN), RoomTime(1000.0))
    assert len(one.replica._waiting) == WAITING_MOST


def test_what_can_not_be_read_is_an_error_of_its_own() -> None:
    store, one, _ = two()
    one.lose()
    with pytest.raises(CodecError):
        one.replica.receive_load(Version("x", 9), {**store.parts, "film": "nonsense"}, "epoch")
    assert not one.replica.is_loaded
    one.find_again()
    assert one.replica.is_loaded


# -- another epoch ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["epoch", "another"])
def test_a_room_of_an_older_epoch_is_moved_to_the_new_time(before: str) -> None:
    _, one, other = two()
    assert one.replica.room is not None
    place = one.replica.room.newest.media_time
    one.era = other.era = Era("new epoch", before, RoomTime(1000.0))
    for each in (one, other):
        each.submit(Due(), RoomTime(50.0))
        each.now = RoomTime(50.0)
        each.work()
        each.hear()
    for each in (one, other):
        each.hear()
    room = one.replica.room
    assert room == other.replica.room
    assert room is not None
    assert (room.epoch, room.newest.media_time) == ("new epoch", place)
    assert all(not member.is_here for member in room.members)


def test_a_look_that_changes_nothing_is_not_repeated_at_once() -> None:
    store, one, _ = two()
    assert one.replica.room is not None
    one.submit(Due(), RoomTime(1000.5))
    one.submit(seek(ANA, 1), RoomTime(1000.5))
    one.now = RoomTime(9000.0)  # long after what is due
    attempt = one.begin()
    assert attempt is not None
    assert attempt.due == 9001.0
    assert one.end(attempt) == "committed"
    assert store.due == 9001.0
    assert replace(attempt, due=None) != attempt
