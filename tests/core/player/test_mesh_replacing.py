"""When a connection of the mesh gives way to another, and what holds whatever happens."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from player.core import mesh as core
from player.core.call_pipe import Company
from player.core.mesh import Ask, Drop, Join, Mesh, Open, Repeat, Tell
from server.core.protocol import Again, Answer, Hangup, Offer, Signalled
from server.core.timeline import LocalTime
from tests.fakes.mesh_shell import POLICY, Shell, answering, company, ends, offering, standing


def test_a_new_offer_replaces_the_connection_before() -> None:
    shell = standing(answering(), "ana")
    shell.wait(1.0)
    assert shell.receive("ana", "second", Offer(ends=ends())) == [
        Drop("ana", "first"),
        Open("ana", "second", ends()),
        Tell("ana", "reconnecting"),
    ]
    # each new connection is told, whatever was told before: its streams are others
    assert shell.opened("ana", "second") == [Tell("ana", "connected")]


def test_offers_that_come_too_soon_wait_and_the_newest_counts() -> None:
    shell = answering()
    assert shell.receive("ana", "second", Offer(ends=ends())) == []
    assert shell.receive("ana", "third", Offer(ends=ends("wxyz"))) == []
    assert shell.wait(0.6) == [Drop("ana", "first"), Open("ana", "third", ends("wxyz"))]
    assert shell.wait(1.0) == []


def test_an_offer_that_waits_survives_the_end_of_the_one_before() -> None:
    shell = answering()
    shell.receive("ana", "second", Offer(ends=ends()))
    shell.ended("ana", "first")
    assert Open("ana", "second", ends()) in shell.wait(0.6)


def test_a_member_that_began_anew_is_offered_to_anew() -> None:
    shell = standing(offering(), "ben")
    shell.wait(1.0)
    assert shell.be_in(company("ana", "ben", serials={"ben": 2})) == [
        Drop("ben", "fresh1"),
        Open("ben", "fresh2", None),
        Tell("ben", "reconnecting"),
    ]
    # who answers waits for the offer, which may have been earlier than the roster
    shell = standing(answering(), "ana")
    assert shell.be_in(company("ben", "ana", serials={"ana": 2})) == []


def test_a_member_that_begins_anew_all_the_time_costs_few_connections() -> None:
    shell = standing(offering(), "ben")
    made = 0
    for serial in range(2, 102):  # as often as a roster is told, for ten seconds
        done = [*shell.be_in(company("ana", "ben", serials={"ben": serial})), *shell.wait(0.1)]
        made += sum(isinstance(each, Open) for each in done)
    assert made <= 20
    assert made + sum(isinstance(each, Open) for each in shell.wait(1.0)) >= 1


def test_an_offer_earlier_than_the_roster_waits_for_it() -> None:
    shell = Shell()
    shell.be_in(company("ben"))
    assert shell.receive("ana", "first", Offer(ends=ends())) == []
    assert shell.receive("ana", "second", Offer(ends=ends())) == []
    assert shell.receive("abe", "third", Offer(ends=ends())) == []
    assert Open("ana", "second", ends()) in shell.be_in(company("ben", "ana"))
    assert [each.peer for each in shell.mesh.early] == ["abe"]
    shell.wait(POLICY.early_for)
    assert shell.mesh.early == ()


def test_an_offer_that_was_too_early_by_far_is_forgotten() -> None:
    shell = Shell(Mesh(replace(POLICY, early_for=1.0)))
    shell.be_in(company("ben"))
    shell.mesh, _ = core.receive(shell.mesh, Signalled(peer="ana", attempt="x", what=Offer(ends=ends())), LocalTime(0))
    assert not any(isinstance(action, Open) for action in shell.be_in(company("ben", "ana")))


def test_strangers_offers_are_kept_in_bounds() -> None:
    shell = Shell()
    shell.be_in(company("zoe"))
    for each in range(100):
        shell.receive(f"a{each}", "x", Offer(ends=ends()))
    assert len(shell.mesh.early) == POLICY.early_most
    assert shell.mesh.early[-1].peer == "a99"


def test_who_is_gone_is_let_go_at_once() -> None:
    shell = standing(offering(), "ben")
    assert shell.be_in(company("ana")) == [Drop("ben", "fresh1"), Tell("ben", "absent")]
    assert shell.mesh.bonds == ()
    shell = standing(offering(), "ben")
    assert shell.be_in(Company(me="ana")) == [Drop("ben", "fresh1"), Tell("ben", "absent")]
    shell = Shell()
    shell.be_in(company("ben", "ana"))
    assert shell.be_in(company("ben")) == [Tell("ana", "absent")]  # there was no connection yet


def test_another_name_of_ours_is_another_call() -> None:
    shell = standing(offering(), "ben")
    new = shell.be_in(company("zoe", "ben"))
    assert new == [Drop("ben", "fresh1"), Tell("ben", "absent"), Tell("ben", "connecting")]


def test_another_rule_for_relays_makes_all_connections_anew() -> None:
    shell = standing(offering(), "ben")
    assert shell.be_in(company("ana", "ben", relay_only=True)) == [
        Drop("ben", "fresh1"),
        Open("ben", "fresh2", None),
        Tell("ben", "reconnecting"),
    ]
    shell = standing(answering(), "ana")
    new = shell.be_in(company("ben", "ana", relay_only=True))
    assert new == [Drop("ana", "first"), Ask("ana", "first"), Tell("ana", "reconnecting")]


def test_another_network_makes_all_connections_anew() -> None:
    shell = Shell()
    shell.be_in(company("ben", "ana", "cid"))
    shell.receive("ana", "first", Offer(ends=ends()))
    shell.opened("ana", "first")
    shell.opened("cid", "fresh1")
    new = shell.begin_anew()
    assert {Drop("ana", "first"), Ask("ana", "first"), Drop("cid", "fresh1"), Open("cid", "fresh2", None)} < set(new)


# -- whatever happens --------------------------------------------------------------------------------------------------

names = st.sampled_from(["ana", "ben", "cid", "me2"])
attempts = st.sampled_from(["first", "second", "fresh1", "fresh2", "fresh3"])
whats = st.sampled_from([Offer(ends=ends()), Answer(ends=ends()), Again(), Hangup()])
inputs = st.one_of(
    st.tuples(st.just("wait"), st.floats(0.1, 20.0)),
    st.tuples(st.just("receive"), names, attempts, whats),
    st.tuples(st.just("opened"), names, attempts),
    st.tuples(st.just("ended"), names, attempts),
    st.tuples(st.just("be_in"), st.sets(names)),
    st.tuples(st.just("begin_anew")),
)


@given(st.lists(inputs, max_size=40))
def test_the_shell_is_never_told_nonsense(happened: list) -> None:  # type: ignore[type-arg]
    """There is one connection a member at most; what is dropped, joined or said again was opened before."""
    shell = Shell()
    for kind, *rest in happened:
        if kind == "be_in":
            shell.be_in(company("bob", *sorted(rest[0])))
        else:
            getattr(shell, kind)(*rest)
    up: dict[str, str] = {}
    for action in shell.done:
        match action:
            case Open(peer, attempt, _):
                assert peer not in up
                up[peer] = attempt
            case Drop(peer, attempt):
                assert up.pop(peer) == attempt
            case Join(peer, attempt, _) | Repeat(peer, attempt):
                assert up[peer] == attempt
    assert up == {bond.peer: bond.attempt for bond in shell.mesh.bonds if bond.phase != "idle"}
