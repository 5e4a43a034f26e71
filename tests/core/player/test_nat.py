"""What kind of NAT a computer is behind, and whether relays work, as people are told."""

from __future__ import annotations

from typing import get_args

import pytest

from player.core.call_ends import Server
from player.core.nat import (
    Judgement,
    NatKind,
    Reading,
    RelayOutcome,
    RelayTrial,
    judge_call,
    judge_nat,
    judge_own,
    judge_relay,
    nat_kind,
)

HOME = ("192.168.1.5", 5000)
OUTSIDE = ("8.8.4.4", 5000)
ONE, TWO, NEAR = ("9.9.9.9", 3478), ("1.1.1.1", 8998), ("192.168.1.2", 8998)


def reading(asked: tuple[str, int] = ONE, mapped: tuple[str, int] | None = OUTSIDE) -> Reading:
    return Reading(asked, HOME, mapped)


CASES: dict[NatKind, tuple[Reading, ...]] = {
    "unasked": (),
    "blocked": (reading(mapped=None), reading(TWO, mapped=None)),
    "near": (reading(NEAR, HOME), reading(TWO, mapped=None)),
    "open": (Reading(ONE, OUTSIDE, OUTSIDE), Reading(TWO, OUTSIDE, OUTSIDE)),
    "one asked": (reading(), reading(TWO, None), reading(NEAR, HOME)),
    "steady": (reading(), reading(TWO)),
    "symmetric": (reading(), reading(TWO, ("8.8.4.4", 5001))),
}
SYMMETRIC, BLOCKED, OPEN = CASES["symmetric"], CASES["blocked"], CASES["open"]


@pytest.mark.parametrize("kind", get_args(NatKind))
def test_every_kind_is_known_and_said(kind: NatKind) -> None:
    assert nat_kind(CASES[kind]) == kind
    said = judge_nat(CASES[kind])
    assert said.words.endswith(".")
    assert said.is_good == (kind not in ("unasked", "blocked", "symmetric"))


def test_two_ports_of_one_server_are_two_that_were_asked() -> None:
    assert nat_kind((reading(), reading(("9.9.9.9", 3479)))) == "steady"
    assert nat_kind((reading(), reading())) == "one asked"


def test_words_have_the_addresses() -> None:
    assert "8.8.4.4" in judge_nat(SYMMETRIC).words
    assert "9.9.9.9:3478 and 1.1.1.1:8998" in judge_nat(BLOCKED).words


SERVER = Server("relay.example.org", 3478, "tcp")


def trial(outcome: RelayOutcome, address: str = "9.9.9.9", server: Server = SERVER) -> RelayTrial:
    return RelayTrial(server, outcome, address)


@pytest.mark.parametrize("outcome", get_args(RelayOutcome))
def test_every_outcome_of_a_trial_is_said(outcome: RelayOutcome) -> None:
    said = judge_relay(trial(outcome))
    assert said.words.endswith(".")
    assert "relay.example.org" in said.words
    assert said.is_good == (outcome == "works")


def test_a_relay_that_hides_behind_a_nat_is_noticed() -> None:
    said = judge_relay(trial("works", "10.0.0.4"))
    assert not said.is_good
    assert "external-ip" in said.words
    assert judge_relay(trial("works", "10.0.0.4", Server("10.0.0.4", 3478))).is_good
    assert judge_relay(trial("works", "127.0.0.1", Server("localhost", 3478))).is_good


@pytest.mark.parametrize(
    ("readings", "outcome", "good", "word"),
    [
        (OPEN, "works", True, "should connect."),
        (OPEN, "silent", True, "less lucky"),
        (SYMMETRIC, "works", True, "by the server's relay"),
        (BLOCKED, "works", True, "by the server's relay"),
        (SYMMETRIC, "refused", False, "--turn"),
        (BLOCKED, None, False, "another network"),
        (CASES["one asked"], None, False, "may not connect"),
        ((), None, False, "may not connect"),
    ],
)
def test_what_it_comes_to(readings: tuple[Reading, ...], outcome: RelayOutcome | None, good: bool, word: str) -> None:
    said = judge_call(readings, () if outcome is None else (trial(outcome),))
    assert said.is_good is good
    assert word in said.words


@pytest.mark.parametrize(
    ("addresses", "good", "word"),
    [
        ((), False, "no network"),
        (("192.168.1.5",), True, "doctor INVITE"),
        (("192.168.1.5", "2606:4700::1"), True, "by IPv6"),
        (("192.168.1.5", "8.8.4.4"), True, "8.8.4.4"),
    ],
)
def test_own_addresses_tell_something(addresses: tuple[str, ...], good: bool, word: str) -> None:
    said = judge_own(addresses)
    assert isinstance(said, Judgement)
    assert said.is_good is good
    assert word in said.words
