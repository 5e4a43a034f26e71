"""One process's copy of a shared room: commits that others are faster than, losses, gaps, and who is where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.core import protocol
from server.core.protocol import ClockRequest, Leave, Load, Report, Seek, TimelineStated, Welcome
from server.core.publication import NO_ROOM, Version, read_publication
from server.core.replica import GATHER, SOON, WAITING_MOST, Era
from server.core.room_codec import CodecError
from server.core.room_state import Admit, Cut, Due, Join, Lost, Refuse, Said, Send
from server.core.timeline import PeerId, RoomTime
from tests.fakes.shared_store import NAME, Process, SharedStore

ANA, BEN, CLEO = PeerId("ana"), PeerId("ben"), PeerId("cleo")


def join(peer: PeerId, token: str = "", name: str = "") -> Join:
    hello = protocol.Hello(version=protocol.VERSION, room=NAME, name=name or peer.title(), token=token)
    return Join(peer, f"token of {peer}", hello)


def command(peer: PeerId, action: protocol.Action, id: str, item: str = "1") -> Said:
    return Said(peer, protocol.Command(id=id, revision=0, item=item, action=action))


def seek(peer: PeerId, second: int) -> Said:
    return command(peer, Seek(media_us=second * 1_000_000), f"s{second}")


def two() -> tuple[SharedStore, Process, Process]:
    """Ana behind one process, Ben behind the other, and a film."""
    store = SharedStore()
    one, other = Process(store, "one"), Process(store, "other")
    for process, peer in ((one, ANA), (other, BEN)):
        process.load()
        process.submit(join(peer))
        process.work()
        for each in (one, other):
            each.hear()
    one.submit(command(ANA, Load(title="Film"), "load", item=""))
    one.work()
    for each in (one, other):
        each.hear()
        each.delivered.clear()
    return store, one, other


def sent(process: Process, kind: type) -> list[protocol.ServerMessage]:
    return [each.message for each in process.delivered if isinstance(each, Send) and isinstance(each.message, kind)]


def revisions(process: Process) -> list[int]:
    return [each.revision for each in sent(process, TimelineStated)]  # type: ignore[attr-defined]


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
