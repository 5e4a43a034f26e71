"""What a replica makes good: attempts and publications that were lost, rooms that end elsewhere, people who move."""

from __future__ import annotations

import pytest

from server.core.protocol import Leave, Welcome
from server.core.publication import NO_ROOM, Version, read_publication
from server.core.room_state import Admit, Cut, Due, Lost, Said
from server.core.timeline import RoomTime
from tests.fakes.replicas import ANA, BEN, CLEO, join, revisions, seek, sent, two
from tests.fakes.shared_store import Process, SharedStore

# -- losses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("was_committed", [True, False])
def test_a_lost_attempt_counts_once(was_committed: bool) -> None:
    store, one, other = two()
    one.submit(seek(ANA, 7))
    one.submit(join(CLEO))
    attempt = one.begin()
    assert attempt is not None
    if was_committed:
        one.is_linked = False
        store.commit(attempt, "one")
    one.lose()
    one.find_again()
    one.work()
    one.hear()
    other.hear()
    assert one.replica.room == other.replica.room
    assert one.replica.room is not None
    assert [each.name for each in one.replica.room.members] == ["Ana", "Ben", "Cleo"]
    assert revisions(one) == [2]
    assert Admit(CLEO, CLEO) in one.delivered
    assert one.replica.local == {ANA, CLEO}
    assert one.recalls == 0


def test_publications_that_were_missed_are_made_good() -> None:
    _, one, other = two()
    one.lose()
    for second in range(3):
        other.submit(seek(BEN, second))
        other.work()
    one.find_again()
    other.hear()
    assert revisions(one) == revisions(other) == [2, 3, 4]
    assert one.recalls == 0


def test_who_missed_too_much_is_called_back() -> None:
    store, one, other = two()
    one.lose()
    other.submit(seek(BEN, 1))
    other.work()
    store.told.clear()
    one.find_again()
    assert one.recalls == 1
    assert one.replica.room == other.replica.room
    other.submit(seek(BEN, 2))
    other.work()
    one.hear()
    assert revisions(one) == [3]


def test_a_join_whose_answer_was_missed_is_answered_again() -> None:
    store, one, _ = two()
    one.submit(join(CLEO))
    attempt = one.begin()
    assert attempt is not None
    one.end(attempt)
    one.lose()
    store.told.clear()
    one.find_again()
    assert one.recalls == 1
    one.work()
    one.hear()
    assert Admit(CLEO, CLEO) in one.delivered
    assert one.replica.room is not None
    assert len(one.replica.room.members) == 3


def test_a_gap_in_what_comes_is_noticed() -> None:
    _, one, other = two()
    for second in range(2):
        other.submit(seek(BEN, second))
        other.work()
    del one.mail[0]
    assert one.replica.receive_publication(read_publication(one.mail[0])).has_gap
    one.hear()  # looks, and finds what it missed
    assert revisions(one) == [2, 3]
    assert one.recalls == 0


def test_what_is_known_already_is_passed_over() -> None:
    _, one, other = two()
    other.submit(seek(BEN, 1))
    other.work()
    one.mail *= 2
    one.hear()
    assert revisions(one) == [2]


def test_what_comes_before_the_first_look_is_kept_for_it() -> None:
    store, one, other = two()
    third = Process(store, "third")
    other.submit(seek(BEN, 1))
    other.work()
    third.hear()
    assert third.delivered == []
    third.load()
    assert third.replica.room == other.replica.room
    early = Process(store, "early")
    other.submit(seek(BEN, 2))
    attempt = other.begin()
    assert attempt is not None
    version, parts, epoch = store.version, dict(store.parts), store.epoch
    other.end(attempt)
    early.hear()
    early.replica.receive_load(version, parts, epoch)
    assert early.replica.room == other.replica.room
    assert one.replica.room != other.replica.room


def test_a_commit_may_be_published_before_it_is_answered_and_overtaken() -> None:
    store, one, other = two()
    one.submit(seek(ANA, 7))
    attempt = one.begin()
    assert attempt is not None
    assert store.commit(attempt, "one") == "committed"
    other.hear()
    other.submit(seek(BEN, 8))
    other.work()
    one.hear()
    assert revisions(one) == [2, 3]
    one.receive("committed")
    assert one.replica.room == other.replica.room


def test_a_store_that_went_back_gets_what_is_known_here() -> None:
    store, one, other = two()
    older = (store.version, dict(store.parts))
    other.submit(seek(BEN, 1))
    other.work()
    for each in (one, other):
        each.hear()
        each.lose()
    store.version, store.parts = older
    store.told.clear()
    for each in (one, other):
        each.find_again()
    one.submit(seek(ANA, 2))
    one.work()
    for each in (one, other):
        each.hear()
    assert revisions(one) == revisions(other) == [2, 3]
    assert one.replica.room == other.replica.room
    assert one.recalls == other.recalls == 0
    late = Process(store, "late")
    late.load()
    assert late.replica.room == one.replica.room


def test_a_store_that_was_emptied_is_filled_again_by_whoever_is_first() -> None:
    store, one, other = two()
    room = one.replica.room
    for each in (one, other):
        each.lose()
    store.version, store.parts = NO_ROOM, {}
    store.told.clear()
    for each in (one, other):
        each.replica.rewrite()
        each.find_again()
        each.work()
    for each in (one, other):
        each.hear()
    assert one.replica.room == other.replica.room == room
    assert store.version != NO_ROOM
    assert one.recalls == other.recalls == 0
    empty = Process(SharedStore(), "empty")
    empty.replica.rewrite()
    empty.load()
    assert not empty.replica.has_work


# -- ends -------------------------------------------------------------------------------------------------------------


def dissolve(process: Process) -> None:
    """Everybody leaves, and the room's time runs out."""
    process.submit(Said(ANA, Leave()))
    process.submit(Said(BEN, Leave()))
    process.work()
    process.submit(Due(), RoomTime(9000.0))
    process.work()


def test_a_room_ends_for_all_and_may_begin_again() -> None:
    store, one, other = two()
    dissolve(one)
    assert (store.version, store.parts, store.due) == (NO_ROOM, {}, None)
    for each in (one, other):
        each.hear()
        assert each.replica.room is None
    assert other.replica.local == set()
    other.submit(seek(BEN, 1))
    assert other.begin() is None  # a word to no room
    other.submit(join(CLEO))
    other.work()
    for each in (one, other):
        each.hear()
    assert one.replica.room == other.replica.room
    assert store.version == Version("other-1", 1)


def test_who_comes_as_a_room_ends_makes_another() -> None:
    store, one, other = two()
    one.submit(Said(ANA, Leave()))
    one.submit(Said(BEN, Leave()))
    one.work()
    one.submit(Due(), RoomTime(9000.0))
    one.submit(join(CLEO), RoomTime(9000.0))
    one.work()
    for each in (one, other):
        each.hear()
    assert one.replica.room == other.replica.room
    assert one.replica.room is not None
    assert [each.name for each in one.replica.room.members] == ["Cleo"]
    assert store.version.count == 1
    assert one.recalls == other.recalls == 0


def test_an_end_that_was_missed_is_made_good_too() -> None:
    store, one, other = two()
    other.lose()
    dissolve(one)
    other.find_again()
    assert other.replica.room is None
    assert other.recalls == 0
    other.lose()
    one.submit(join(CLEO))
    one.work()
    other.find_again()
    one.hear()
    assert other.replica.room == one.replica.room
    assert store.version.life == "one-2"


def test_an_end_that_was_slower_than_it() -> None:
    _, one, other = two()
    other.submit(seek(BEN, 1))
    attempt = other.begin()
    assert attempt is not None
    dissolve(one)
    assert other.end(attempt) == "conflict"
    other.work()
    other.hear()
    assert other.replica.room is None


# -- people -----------------------------------------------------------------------------------------------------------


def test_a_member_that_comes_back_elsewhere_is_no_more_here() -> None:
    _, one, other = two()
    other.submit(join(CLEO, token="token of ana", name="Ana"))
    other.work()
    for each in (one, other):
        each.hear()
    assert Cut(ANA) in one.delivered
    assert one.replica.local == set()
    assert other.replica.local == {ANA, BEN}
    one.submit(Lost(ANA, ANA))  # the end of the old connection, told late
    one.work()
    assert one.replica.room is not None
    assert one.replica.room.members[0].is_here


def test_who_leaves_or_is_lost_is_no_more_here() -> None:
    _, one, other = two()
    one.submit(Said(ANA, Leave()))
    assert one.replica.local == set()
    other.submit(Lost(BEN, BEN))
    assert other.replica.local == set()
    for each in (one, other):
        each.work()
        each.hear()
        assert each.replica.is_idle


def test_a_rejoin_by_a_ticket_of_somebody_else_is_none_of_ours() -> None:
    _, one, other = two()
    other.submit(join(CLEO))
    other.work()
    one.hear()
    assert Admit(CLEO, CLEO) in one.delivered
    assert CLEO not in one.replica.local
    assert not sent(one, Welcome)
