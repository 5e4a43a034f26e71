"""Who connects with whom, and when again."""

from __future__ import annotations

from player.core.mesh import Ask, Drop, Join, Open, Repeat, Tell
from server.core.protocol import Again, Answer, Feed, Hangup, Offer
from tests.fakes.mesh_shell import POLICY, Shell, answering, company, ends, offering, standing

# -- the usual way -----------------------------------------------------------------------------------------------------


def test_the_lower_id_offers_and_the_other_waits() -> None:
    shell = Shell()
    assert shell.be_in(company("ben", "ana", "cid", "ben")) == [
        Tell("ana", "connecting"),
        Open("cid", "fresh1", None),
        Tell("cid", "connecting"),
    ]
    assert shell.mesh.bond("ben") is None
    assert shell.be_in(company("ben", "ana", "cid")) == []  # said again it does nothing


def test_an_answer_joins_the_connection_that_was_offered_and_once() -> None:
    shell = offering()
    attempt = shell.attempt("ben")
    assert shell.receive("ben", "other", Answer(ends=ends())) == []
    assert shell.receive("ben", attempt, Answer(ends=ends())) == [Join("ben", attempt, ends())]
    assert shell.receive("ben", attempt, Answer(ends=ends("wxyz"))) == []
    assert shell.opened("ben", "other") == []
    assert shell.opened("ben", attempt) == [Tell("ben", "connected")]
    assert shell.opened("ben", attempt) == []
    assert shell.receive("ben", attempt, Answer(ends=ends())) == []
    assert shell.opened("zoe", attempt) == []


def test_an_offer_is_answered_by_opening_to_it() -> None:
    shell = answering()
    assert Open("ana", "first", ends()) in shell.done
    assert shell.receive("ana", "first", Answer(ends=ends())) == []  # who answers is not answered
    assert shell.opened("ana", "first") == [Tell("ana", "connected")]


def test_offers_are_taken_from_who_should_make_them() -> None:
    shell = offering()
    assert shell.receive("ben", "mine", Offer(ends=ends())) == []


def test_what_a_connection_by_other_means_would_say_is_ignored() -> None:
    assert offering().receive("ben", "x", Feed(feed="one")) == []


# -- what is lost ------------------------------------------------------------------------------------------------------


def test_an_offer_is_said_again_until_it_is_answered() -> None:
    shell = offering()
    attempt = shell.attempt("ben")
    assert shell.wait(2.9) == []
    assert shell.wait(3.6) == [Repeat("ben", attempt)] * 2
    shell.receive("ben", attempt, Answer(ends=ends()))
    assert shell.wait(6.0) == []


def test_an_offer_that_is_heard_again_is_answered_again() -> None:
    shell = answering()
    assert shell.receive("ana", "first", Offer(ends=ends())) == [Repeat("ana", "first")]
    standing(shell, "ana")
    assert shell.receive("ana", "first", Offer(ends=ends())) == []


def test_who_hears_no_offer_asks_for_one_and_less_and_less_often() -> None:
    shell = Shell()
    shell.be_in(company("ben", "ana"))
    assert shell.wait(14.5) == []
    assert shell.wait(1.0) == [Ask("ana", "")]
    assert shell.wait(60.0).count(Ask("ana", "")) in (5, 6, 7)


def test_who_waits_may_ask_for_another_connection() -> None:
    shell = offering()
    attempt = shell.attempt("ben")
    # of one that we never made while we make one: nothing that we did not know
    assert shell.receive("ben", "older", Again()) == []
    assert shell.receive("ben", attempt, Again()) == [Drop("ben", attempt)]
    assert shell.receive("ben", attempt, Again()) == []  # it is on its way
    assert shell.wait(1.0) == [Open("ben", "fresh2", None)]
    standing(shell, "ben")
    shell.wait(1.0)
    # and of one that we never made while ours stands: it has forgotten ours
    assert Drop("ben", "fresh2") in shell.receive("ben", "another", Again())
    assert answering().receive("ana", "first", Again()) == []  # only who offers is asked


def test_a_hangup_ends_the_connection_that_it_names() -> None:
    shell = standing(answering(), "ana")
    assert shell.receive("ana", "other", Hangup()) == []
    assert shell.receive("ana", "first", Hangup()) == [Drop("ana", "first"), Tell("ana", "reconnecting")]
    assert shell.receive("ana", "first", Hangup()) == []
    assert shell.receive("zoe", "first", Hangup()) == []
    assert shell.receive("zoe", "first", Again()) == []
    assert shell.receive("zoe", "first", Answer(ends=ends())) == []


# -- failures ----------------------------------------------------------------------------------------------------------


def test_a_set_up_that_takes_too_long_is_given_up_and_tried_again_ever_later() -> None:
    shell = offering()
    gaps = []
    for _ in range(7):
        while shell.mesh.bonds[0].phase == "opening":
            shell.wait(0.25)
        began = shell.now
        while shell.mesh.bonds[0].phase == "idle":
            shell.wait(0.25)
        gaps.append(shell.now - began)
    assert gaps == [1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]
    words = [action.words for action in shell.done if isinstance(action, Tell)]
    assert "No way to this player was found." in words


def test_what_failed_is_said_until_it_works() -> None:
    shell = offering()
    assert shell.ended("ben", "other", "Wrong.") == []
    assert shell.ended("zoe", "other", "Wrong.") == []
    attempt = shell.attempt("ben")
    assert shell.ended("ben", attempt, "Wrong.") == [Drop("ben", attempt), Tell("ben", "connecting", "Wrong.")]
    assert shell.ended("ben", attempt, "Wrong.") == []
    shell.wait(1.0)
    assert shell.opened("ben", "fresh2") == [Tell("ben", "connected")]


def test_silence_replaces_a_connection_and_a_sign_of_life_prevents_it() -> None:
    shell = standing(offering(), "ben")
    for _ in range(5):
        assert shell.wait(11.0) == []  # a cut of 10 s is sat out, up to a second after the last report
        shell.heard["ben"] = shell.now
    new = shell.wait(14.5)  # who is gone is noticed
    assert new == [Drop("ben", "fresh1"), Tell("ben", "reconnecting"), Open("ben", "fresh2", None)]


def test_a_connection_that_fell_soon_waits_before_the_next() -> None:
    shell = standing(offering(), "ben")
    shell.wait(5.0)
    assert shell.ended("ben", "fresh1") == [Drop("ben", "fresh1"), Tell("ben", "reconnecting")]
    assert shell.wait(1.0) == [Open("ben", "fresh2", None)]
    standing(shell, "ben")
    shell.heard["ben"] = shell.now + POLICY.settled
    shell.wait(POLICY.settled)
    new = shell.ended("ben", "fresh2")
    assert Open("ben", "fresh3", None) in new  # this one had stood: at once


def test_who_answers_asks_after_a_failure_and_says_so_again() -> None:
    shell = answering()
    assert shell.ended("ana", "first", "No.") == [Drop("ana", "first"), Tell("ana", "connecting", "No.")]
    assert shell.wait(1.0) == [Ask("ana", "first")]
    assert shell.wait(4.0) == [Ask("ana", "first")]
    assert Open("ana", "second", ends()) in shell.receive("ana", "second", Offer(ends=ends()))


def test_a_member_without_a_connection_for_long_is_absent_and_still_tried() -> None:
    shell = standing(offering(), "ben")
    shell.wait(60.0)
    assert list(dict.fromkeys(state for _, state in shell.states)) == ["reconnecting", "absent"]
    assert any(isinstance(action, Open) for action in shell.wait(60.0))
    attempt = shell.attempt("ben")
    while shell.mesh.bonds[0].phase != "opening":
        shell.wait(0.25)
        attempt = shell.attempt("ben")
    assert shell.opened("ben", attempt) == [Tell("ben", "connected")]


def test_one_failure_is_a_matter_of_one_member() -> None:
    shell = Shell()
    shell.be_in(company("ana", "ben", "cid"))
    shell.opened("ben", shell.attempt("ben"))
    shell.opened("cid", shell.attempt("cid"))
    shell.heard["cid"] = shell.now + 1000
    shell.done.clear()
    shell.wait(100.0)
    assert shell.done
    assert all(action.peer == "ben" for action in shell.done)
