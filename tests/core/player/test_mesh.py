"""Who connects with whom, and when again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from player.core import mesh as core
from player.core.call_pipe import Company, Member, PeerState
from player.core.mesh import Ask, Drop, Join, Mesh, MeshPolicy, Open, Repeat, Tell
from server.core.protocol import Again, Answer, Ends, Feed, Hangup, Offer, Signalled
from server.core.timeline import LocalTime

POLICY = MeshPolicy()


def ends(name: str = "abcd") -> Ends:
    return Ends(ice_user=name, ice_password="p" * 22, fingerprint=":".join(["00"] * 32), audio=1, video=2)


def company(me: str, *others: str, serials: Mapping[str, int] | None = None, relay_only: bool = False) -> Company:
    members = tuple(
        Member(peer=each, name=each, serial=(serials or {}).get(each, 1), camera=True, microphone=True)
        for each in others
    )
    return Company(joined=True, me=me, members=members, relay_only=relay_only)


@dataclass
class Shell:
    """Drives a mesh by hand: after each input what is due, as the real one does. Collects what it was told to do."""

    mesh: Mesh = field(default_factory=Mesh)
    now: float = 100.0
    heard: dict[str, float] = field(default_factory=dict)
    done: list[core.Action] = field(default_factory=list)

    def take(self, step: core.Step) -> list[core.Action]:
        """What this step and what is due then lead to."""
        self.mesh, actions = step
        self.mesh, due = core.tick(self.mesh, self.heard, LocalTime(self.now), "fresh")
        new = [*actions, *due]
        self.done += new
        return new

    def wait(self, seconds: float, *, step: float = 0.25) -> list[core.Action]:
        """What happens meanwhile."""
        new: list[core.Action] = []
        ends_at = self.now + seconds
        while self.now < ends_at:
            self.now = min(ends_at, self.now + step)
            new += self.take((self.mesh, ()))
        return new

    def be_in(self, told: Company) -> list[core.Action]:
        return self.take(core.be_in(self.mesh, told, LocalTime(self.now)))

    def receive(self, peer: str, attempt: str, what: object) -> list[core.Action]:
        signal = Signalled(peer=peer, attempt=attempt, what=what)  # type: ignore[arg-type]
        return self.take(core.receive(self.mesh, signal, LocalTime(self.now)))

    def opened(self, peer: str, attempt: str) -> list[core.Action]:
        self.heard[peer] = self.now
        return self.take(core.opened(self.mesh, peer, attempt, LocalTime(self.now)))

    def ended(self, peer: str, attempt: str, words: str = "") -> list[core.Action]:
        return self.take(core.ended(self.mesh, peer, attempt, words, LocalTime(self.now)))

    def begin_anew(self) -> list[core.Action]:
        return self.take(core.begin_anew(self.mesh, LocalTime(self.now)))

    def attempt(self, peer: str) -> str:
        bond = self.mesh.bond(peer)
        assert bond is not None
        return bond.attempt

    @property
    def states(self) -> list[tuple[str, PeerState]]:
        return [(action.peer, action.state) for action in self.done if isinstance(action, Tell)]


def offering() -> Shell:
    """Ana, who offers to Ben, and waits for his answer."""
    shell = Shell()
    shell.be_in(company("ana", "ben"))
    return shell


def answering() -> Shell:
    """Ben, to whom Ana has offered."""
    shell = Shell()
    shell.be_in(company("ben", "ana"))
    shell.receive("ana", "first", Offer(ends=ends()))
    return shell


def standing(shell: Shell, peer: str) -> Shell:
    shell.opened(peer, shell.attempt(peer))
    shell.done.clear()
    return shell


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
        assert shell.wait(10.0) == []  # a cut of 10 s is sat out
        shell.heard["ben"] = shell.now
    new = shell.wait(16.0)
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


# -- replacing ---------------------------------------------------------------------------------------------------------


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
    assert shell.be_in(company("ana", "ben", serials={"ben": 2})) == [
        Drop("ben", "fresh1"),
        Open("ben", "fresh2", None),
        Tell("ben", "reconnecting"),
    ]
    # who answers waits for the offer, which may have been earlier than the roster
    shell = standing(answering(), "ana")
    assert shell.be_in(company("ben", "ana", serials={"ana": 2})) == []


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
