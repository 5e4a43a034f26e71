"""A call over the SFU as values: going in, taking feeds, losing them, and what is said about it."""

from __future__ import annotations

from player.core.call_pipe import Company, Member
from player.core.sfu import (
    UNREACHABLE,
    Drop,
    Enter,
    Leave,
    Say,
    Sfu,
    SfuPolicy,
    Step,
    Take,
    Tell,
    WantWays,
    Warn,
    be_in,
    begin_anew,
    ended,
    entered,
    gone,
    lost,
    opened,
    receive,
    tick,
    use,
)
from server.core.protocol import Feed, Hangup, Meeting, Signalled
from server.core.timeline import LocalTime

POLICY = SfuPolicy(feeds_most=3)
MEETING = Meeting(url="ws://127.0.0.1:1", room="r", generation=7, token="t", ticket="k")


def at(seconds: float) -> LocalTime:
    return LocalTime(100.0 + seconds)


def company(*names: str, serial: int = 1, **changes: object) -> Company:
    members = tuple(Member(peer=name, name=name, serial=serial, camera=True, microphone=True) for name in names)
    return replace_company(Company(joined=True, me="me", members=members, mode="sfu", generation=7), changes)


def replace_company(company: Company, changes: dict[str, object]) -> Company:
    values = {name: getattr(company, name) for name in company.__struct_fields__}
    return Company(**{**values, **changes})  # type: ignore[arg-type]


def step(sfu: Sfu, result: Step, now: LocalTime) -> Step:
    """An input, and the tick after it."""
    sfu, actions = result
    sfu, due = tick(sfu, now)
    return sfu, (*actions, *due)


def feed_from(peer: str, feed: str, generation: int = 7) -> Signalled:
    return Signalled(peer=peer, attempt=str(generation), what=Feed(feed=feed))


def outside(*names: str) -> Sfu:
    """In the call, with a meeting, not in it yet."""
    sfu, _ = be_in(Sfu(POLICY), company(*names), at(0))
    return use(sfu, MEETING, at(300))


def inside(*names: str) -> Sfu:
    sfu, _ = tick(outside(*names), at(0))
    sfu, _ = entered(sfu, 1, "mine", at(0))
    return tick(sfu, at(0))[0]


def taken(*names: str) -> Sfu:
    """Inside, with everybody's feed."""
    sfu = inside(*names)
    for name in names:
        sfu, actions = step(sfu, receive(sfu, feed_from(name, f"feed of {name}"), at(0)), at(0))
        (take,) = [each for each in actions if isinstance(each, Take)]
        sfu, _ = step(sfu, opened(sfu, name, take.number, at(0)), at(0))
    return sfu


def test_ways_are_wanted_until_there_is_a_meeting_of_this_generation() -> None:
    sfu, actions = step(Sfu(POLICY), be_in(Sfu(POLICY), company("ana"), at(0)), at(0))
    assert actions == (WantWays(), Tell("ana", "connecting"))
    assert tick(sfu, at(2.9))[1] == ()
    sfu, actions = tick(sfu, at(3))
    assert actions == (WantWays(),)
    assert use(sfu, None, at(300)) is sfu
    old = Meeting(url="ws://a", room="r", generation=6)
    assert tick(use(sfu, old, at(300)), at(4))[1] == ()
    assert tick(use(sfu, MEETING, at(300)), at(4))[1] == (Enter(1, MEETING),)


def test_a_meeting_whose_ticket_has_ended_is_asked_for_again() -> None:
    assert tick(outside("ana"), at(301))[1][0] == WantWays()


def test_who_is_not_in_the_call_does_nothing() -> None:
    sfu, actions = step(Sfu(POLICY), be_in(Sfu(POLICY), Company(me="me"), at(0)), at(0))
    assert actions == ()
    assert tick(sfu, at(100))[1] == ()


def test_who_is_in_tells_everybody_its_feed_and_asks_for_theirs() -> None:
    sfu, actions = tick(outside("ana", "ben"), at(0))
    assert actions[0] == Enter(1, MEETING)
    sfu, actions = step(sfu, entered(sfu, 1, "mine", at(1)), at(1))
    assert actions == (Say("ana", "7", "mine"), Say("ben", "7", "mine"), Say("ana", "7", ""), Say("ben", "7", ""))
    assert tick(sfu, at(3.9))[1] == ()
    assert tick(sfu, at(4))[1] == (Say("ana", "7", ""), Say("ben", "7", ""))


def test_a_feed_that_was_told_is_taken_and_what_stands_is_told() -> None:
    sfu = inside("ana")
    sfu, actions = step(sfu, receive(sfu, feed_from("ana", "f"), at(0)), at(0))
    assert actions == (Take("ana", 2, "f"),)
    sfu, actions = step(sfu, opened(sfu, "ana", 2, at(1)), at(1))
    assert actions == (Tell("ana", "connected"),)
    assert step(sfu, receive(sfu, feed_from("ana", "f"), at(2)), at(2))[1] == ()
    assert opened(sfu, "ana", 2, at(2))[1] == ()
    assert opened(sfu, "eve", 2, at(2))[1] == ()


def test_a_feed_told_before_we_are_in_or_know_the_member_is_kept() -> None:
    sfu = outside("ana")
    for name in ("ana", "ben"):
        sfu, actions = receive(sfu, feed_from(name, f"f{name}"), at(0))
        assert actions == ()
    sfu, _ = tick(sfu, at(0))
    sfu, actions = step(sfu, entered(sfu, 1, "mine", at(1)), at(1))
    assert Take("ana", 2, "fana") in actions
    sfu, actions = step(sfu, be_in(sfu, company("ana", "ben"), at(2)), at(2))
    assert actions == (Say("ben", "7", "mine"), Take("ben", 3, "fben"), Tell("ben", "connecting"))


def test_strangers_feeds_don_t_fill_the_memory() -> None:
    sfu = outside("ana")
    for number in range(9):
        sfu, _ = receive(sfu, feed_from(f"p{number}", f"f{number}"), at(0))
    assert [peer for peer, _ in sfu.feeds] == ["p6", "p7", "p8"]


def test_another_feed_replaces_the_one_before() -> None:
    sfu = taken("ana")
    sfu, actions = step(sfu, receive(sfu, feed_from("ana", "g"), at(1)), at(1))
    assert actions == (Drop("ana", 2), Take("ana", 3, "g"), Tell("ana", "reconnecting"))


def test_nobody_claims_another_s_feed_or_ours() -> None:
    sfu = taken("ana", "ben")
    for feed in ("feed of ben", "mine"):
        assert receive(sfu, feed_from("ana", feed), at(1)) == (sfu, ())


def test_who_asks_is_told_if_it_is_in_the_call_and_we_are_in() -> None:
    sfu = inside("ana")
    assert receive(sfu, feed_from("ana", ""), at(1))[1] == (Say("ana", "7", "mine"),)
    assert receive(sfu, feed_from("eve", ""), at(1))[1] == ()
    assert receive(outside("ana"), feed_from("ana", ""), at(1))[1] == ()


def test_words_of_another_meeting_or_of_the_mesh_are_passed_over() -> None:
    sfu = inside("ana")
    assert receive(sfu, feed_from("ana", "f", generation=6), at(1)) == (sfu, ())
    assert receive(sfu, Signalled(peer="ana", attempt="7", what=Hangup()), at(1)) == (sfu, ())


def test_a_feed_that_ends_is_asked_for_and_taken_again_later_each_time() -> None:
    sfu = taken("ana")
    sfu, actions = step(sfu, gone(sfu, "feed of ana", at(5)), at(5))
    assert actions == (Drop("ana", 2), Tell("ana", "reconnecting"))
    assert gone(sfu, "feed of ana", at(5))[1] == ()
    assert gone(sfu, "", at(5))[1] == ()
    sfu, actions = tick(sfu, at(6.1))
    assert actions == (Say("ana", "7", ""),)
    sfu, actions = step(sfu, receive(sfu, feed_from("ana", "g"), at(7)), at(7))
    assert actions == (Take("ana", 3, "g"),)
    sfu, actions = step(sfu, ended(sfu, "ana", 3, at(8)), at(8))
    assert actions == (Drop("ana", 3),)
    assert ended(sfu, "ana", 3, at(8))[1] == ()
    assert ended(sfu, "eve", 3, at(8))[1] == ()
    bond = sfu.bond("ana")
    assert bond is not None
    assert (bond.failures, bond.due) == (1, at(9))


def test_one_that_stood_for_long_was_no_failure() -> None:
    sfu = taken("ana")
    sfu, _ = ended(sfu, "ana", 2, at(30))
    bond = sfu.bond("ana")
    assert bond is not None
    assert bond.failures == 0


def test_a_feed_that_takes_too_long_is_given_up() -> None:
    sfu = inside("ana")
    sfu, _ = step(sfu, receive(sfu, feed_from("ana", "f"), at(0)), at(0))
    sfu, actions = tick(sfu, at(15))
    assert actions == (Drop("ana", 2),)
    sfu, actions = tick(sfu, at(31))
    assert Tell("ana", "absent") in actions


def test_a_stay_that_ends_takes_everything_along_and_another_one_begins() -> None:
    sfu = taken("ana", "ben")
    sfu, actions = step(sfu, lost(sfu, 1, "gone.", at(5)), at(5))
    assert actions == (
        Drop("ana", 2),
        Drop("ben", 3),
        Leave(1),
        Warn("gone."),
        Tell("ana", "reconnecting", "gone."),
        Tell("ben", "reconnecting", "gone."),
    )
    assert lost(sfu, 1, "again.", at(5)) == (sfu, ())
    assert tick(sfu, at(5.9))[1] == ()
    sfu, actions = tick(sfu, at(6))
    assert actions == (Enter(4, MEETING),)
    assert entered(sfu, 1, "old", at(7)) == (sfu, ())
    sfu, actions = step(sfu, entered(sfu, 4, "new", at(7)), at(7))
    assert actions[:2] == (Say("ana", "7", "new"), Say("ben", "7", "new"))
    assert Take("ana", 5, "feed of ana") in actions


def test_a_stay_that_can_not_begin_says_so_and_is_tried_less_and_less_often() -> None:
    sfu, _ = tick(outside("ana"), at(0))
    sfu, actions = tick(sfu, at(15))
    assert actions == (Leave(1), Warn(UNREACHABLE), Tell("ana", "connecting", UNREACHABLE))
    assert sfu.due == at(16)
    sfu, _ = tick(sfu, at(16))
    sfu, actions = lost(sfu, 2, UNREACHABLE, at(17))
    assert actions == (Leave(2),)
    assert sfu.due == at(19)


def test_a_ticket_that_was_refused_is_not_used_again() -> None:
    sfu, _ = tick(outside("ana"), at(0))
    sfu, actions = step(sfu, lost(sfu, 1, UNREACHABLE, at(1), is_refused=True), at(1))
    assert WantWays() in actions
    assert tick(sfu, at(2.5))[1] == ()
    sfu = use(sfu, MEETING, at(300))
    assert tick(sfu, at(2.5))[1] == (Enter(2, MEETING),)


def test_who_leaves_the_call_is_absent_and_who_leaves_it_ourselves_is_out() -> None:
    sfu = taken("ana", "ben")
    sfu, actions = step(sfu, be_in(sfu, company("ben"), at(1)), at(1))
    assert actions == (Drop("ana", 2), Tell("ana", "absent"))
    sfu, actions = step(sfu, be_in(sfu, Company(me="me"), at(2)), at(2))
    assert actions == (Drop("ben", 3), Leave(1), Tell("ben", "absent"))
    assert tick(sfu, at(60))[1] == ()


def test_a_member_that_began_anew_is_asked_for_its_new_feed() -> None:
    sfu = taken("ana")
    sfu, actions = step(sfu, be_in(sfu, company("ana", serial=2), at(5)), at(5))
    assert actions == (Drop("ana", 2), Say("ana", "7", ""), Tell("ana", "reconnecting"))
    assert sfu.feeds == ()


def test_the_same_company_again_does_nothing() -> None:
    sfu = taken("ana")
    assert step(sfu, be_in(sfu, company("ana"), at(1)), at(1)) == (sfu, ())


def test_while_the_mesh_is_made_the_meeting_goes_on() -> None:
    sfu = taken("ana")
    after = company("ana", mode="mesh", generation=8)
    assert step(sfu, be_in(sfu, after, at(1)), at(1)) == (sfu, ())
    assert sfu.generation == 7


def test_another_network_begins_everything_anew_at_once() -> None:
    sfu = taken("ana")
    sfu, actions = step(sfu, begin_anew(sfu, at(5)), at(5))
    assert actions == (Drop("ana", 2), Leave(1), Enter(3, MEETING), Tell("ana", "reconnecting"))
    assert begin_anew(outside("ana"), at(5))[1] == ()


def test_who_we_are_changes_all() -> None:
    sfu = taken("ana")
    _, actions = step(sfu, be_in(sfu, company("ana", me="somebody"), at(1)), at(1))
    assert Leave(1) in actions


def test_a_janus_that_hears_nothing_of_us_is_left() -> None:
    sfu = taken("ana")
    assert tick(sfu, at(9), 9.9)[1] == ()
    sfu, actions = tick(sfu, at(10), 10.0)
    assert actions == (Drop("ana", 2), Leave(1), Warn(UNREACHABLE), Tell("ana", "reconnecting", UNREACHABLE))
    assert Leave(1) not in tick(sfu, at(10.1), 10.1)[1]
