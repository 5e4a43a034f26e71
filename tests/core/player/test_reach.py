"""What is found about the way in, in words that a person can do something with."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from player.core.port_requests import Mapped
from player.core.reach import (
    CANT,
    Answer,
    Failure,
    Outside,
    ReachFacts,
    ReachPolicy,
    ReachReport,
    is_public,
    next_look,
    read_knock,
    report,
)

PRIVATE, SIX, PUBLIC = "192.168.1.5", "2a00:1450::5", "8.8.4.4"
HOME = ReachFacts(8998, (PRIVATE, "fd00::5"))
OPENED = replace(HOME, mapped=Mapped(PUBLIC, 9000, 3600))
YES, NO = Outside("yes", PUBLIC), Outside("no", PUBLIC)


def said(facts: ReachFacts) -> tuple[Answer, str, str]:
    found = report(facts)
    return found.level, found.words, found.advice


def test_while_it_looks() -> None:
    level, words, advice = said(ReachFacts(8998, is_looking=True))
    assert (level, advice) == ("unknown", "")
    assert words.startswith("Looking")
    assert report(ReachFacts(8998, is_looking=True)).is_looking
    assert not report(replace(OPENED, by_ipv4=YES, is_looking=True)).is_looking


def test_a_room_of_this_computer_alone() -> None:
    level, words, _ = said(ReachFacts(8998, ("127.0.0.1",)))
    assert level == "no"
    assert "on this computer" in words


def test_without_a_network() -> None:
    level, words, advice = said(ReachFacts(8998))
    assert level == "no"
    assert "no network" in words
    assert advice


def test_an_answer_from_outside_is_a_yes() -> None:
    found = report(replace(OPENED, by_ipv4=YES))
    assert found.level == "yes"
    assert "checked from outside" in found.words
    assert found.addresses == ((PUBLIC, 9000),)


def test_a_port_that_somebody_forwarded_by_hand_is_found_out_from_outside() -> None:
    found = report(replace(HOME, failure="silent", by_ipv4=YES))
    assert found.level == "yes"
    assert found.addresses == ((PUBLIC, 8998),)


def test_ipv6_alone_is_a_yes_for_those_who_have_it() -> None:
    facts = replace(HOME, own=(PRIVATE, SIX), failure="refused", by_ipv6=Outside("yes", SIX))
    found = report(facts)
    assert found.level == "yes"
    assert "IPv6" in found.words
    assert "forward TCP port 8998 to 192.168.1.5" in found.advice
    assert found.addresses == ((SIX, 8998),)


def test_an_opened_port_that_nobody_checked() -> None:
    level, words, advice = said(OPENED)
    assert (level, advice) == ("unknown", "")
    assert "probably join: your router has opened a port" in words
    assert "Nobody outside has checked" in words


def test_a_computer_on_the_internet_that_nobody_checked() -> None:
    found = report(ReachFacts(8998, (PUBLIC, SIX)))
    assert found.level == "unknown"
    assert "an address on the internet" in found.words
    assert found.addresses == ((PUBLIC, 8998), (SIX, 8998))


@pytest.mark.parametrize(
    ("failure", "why"),
    [
        ("silent", "opens no port by itself"),
        ("refused", "refuses to open a port"),
        ("nonsense", "can't be understood"),
        ("", "opens no port by itself"),
    ],
)
def test_a_router_that_opens_nothing(failure: Failure, why: str) -> None:
    level, words, advice = said(replace(HOME, failure=failure))
    assert level == "no"
    assert words.startswith(CANT)
    assert why in words
    assert "switch on UPnP, or forward TCP port 8998 to 192.168.1.5" in advice


@pytest.mark.parametrize("address", ["192.168.0.2", "100.64.3.4", "10.0.0.1", "", "224.0.0.1.5"])
def test_a_router_behind_another_one(address: str) -> None:
    found = report(replace(HOME, mapped=Mapped(address, 9000, 3600)))
    assert found.level == "no"
    assert found.words.startswith(f"{CANT}: your router is itself behind another one")
    assert "public IPv4 address" in found.advice
    assert found.addresses == ()


def test_a_router_behind_another_one_with_ipv6() -> None:
    found = report(ReachFacts(8998, (PRIVATE, SIX), Mapped("100.64.3.4", 9000, 3600)))
    assert found.level == "unknown"
    assert "by IPv6 at most" in found.words
    assert "behind another one" in found.words
    assert found.addresses == ((SIX, 8998),)


def test_no_port_but_ipv6() -> None:
    level, words, advice = said(ReachFacts(8998, (PRIVATE, SIX), failure="silent"))
    assert level == "unknown"
    assert "by IPv6 at most" in words
    assert "UPnP" in advice


def test_only_ipv6_and_no_router_that_was_asked() -> None:
    level, words, advice = said(ReachFacts(8998, (SIX,)))
    assert (level, advice) == ("unknown", "")
    assert "IPv6" in words


def test_an_opened_port_through_which_nothing_comes() -> None:
    level, words, advice = said(replace(OPENED, by_ipv4=NO))
    assert level == "no"
    assert "nothing comes through" in words
    assert "firewall" in advice


def test_an_address_on_the_internet_behind_a_firewall() -> None:
    level, words, _ = said(ReachFacts(8998, (PUBLIC, SIX), by_ipv4=NO, by_ipv6=Outside("no", SIX)))
    assert level == "no"
    assert "it has an address on the internet, but nothing comes through" in words


def test_nothing_by_ipv4_but_perhaps_by_ipv6() -> None:
    level, words, _ = said(ReachFacts(8998, (PUBLIC, SIX), by_ipv4=NO))
    assert level == "unknown"
    assert "by IPv4 nothing comes through" in words


def test_a_no_from_outside_without_a_port_says_what_to_do_about_that() -> None:
    level, words, advice = said(replace(HOME, failure="silent", by_ipv4=NO))
    assert level == "no"
    assert "opens no port" in words
    assert "UPnP" in advice


def test_every_combination_has_whole_sentences() -> None:
    ends: list[tuple[str, ...]] = [(), (PRIVATE,), (PRIVATE, SIX), (PUBLIC,), (SIX,)]
    mappings = [None, Mapped(PUBLIC, 9000, 0), Mapped("10.0.0.2", 1, 60)]
    failures: list[Failure] = ["", "silent"]
    seen: list[Outside] = [Outside(), YES, NO]
    for own, mapped, failure, four, six, looks in product(ends, mappings, failures, seen, seen, (True, False)):
        found = report(ReachFacts(8998, own, mapped, failure, four, six, looks))
        assert found.words.endswith(".")
        assert found.advice == "" or found.advice.endswith(".")
        assert found != ReachReport()


def test_when_the_router_is_asked_again() -> None:
    policy = ReachPolicy(failed=10, unchanged=100)
    assert next_look(replace(HOME, failure="silent"), policy) == 10
    assert next_look(HOME, policy) == 100
    assert next_look(replace(HOME, mapped=Mapped(PUBLIC, 1, 60)), policy) == 30
    assert next_look(replace(HOME, mapped=Mapped(PUBLIC, 1, 3600)), policy) == 100
    assert next_look(replace(HOME, mapped=Mapped(PUBLIC, 1, 0)), policy) == 100


def test_what_a_server_says_that_knocked() -> None:
    assert read_knock("yes 8.8.4.4\n") == YES
    assert read_knock("no 8.8.4.4") == NO
    assert read_knock("yes 2a00:1450::5") == Outside("yes", SIX)


@pytest.mark.parametrize(
    "text", ["", "yes", "yes 192.168.1.5", "yes 100.64.0.1", "maybe 8.8.4.4", "yes ::::", "<html>"]
)
def test_what_proves_nothing(text: str) -> None:
    assert read_knock(text) == Outside()


def test_public_addresses() -> None:
    assert is_public(PUBLIC)
    assert is_public(SIX)
    assert not any(is_public(each) for each in (PRIVATE, "100.64.0.1", "fd00::1", "fe80::1", "", "name"))
