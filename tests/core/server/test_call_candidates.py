"""Which addresses one member's player may make another's send to."""

from __future__ import annotations

import pytest

from server.core.call_candidates import passed_on
from server.core.call_messages import MAX_CANDIDATES, Candidate

ANA, BEN = "198.100.1.1", "203.1.4.9"  # two homes, public addresses


def candidate(host: str, port: int = 40000, kind: str = "host") -> Candidate:
    return Candidate(kind=kind, host=host, port=port, priority=1, foundation="1")


def passes(host: str, sender: str, receiver: str, *, port: int = 40000, kind: str = "host", only: bool = False) -> bool:
    return bool(passed_on((candidate(host, port, kind),), sender, receiver, relay_only=only))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "169.254.169.254",
        "fe80::1",
        "224.0.0.251",
        "ff02::1",
        "0.0.0.0",
        "::",
        "255.255.255.255",
        "router.local",
        "router.lan",
        "example.org",
        "1-2-3-4.local",
    ],
)
def test_what_no_honest_end_has_is_told_to_nobody(host: str) -> None:
    for sender, receiver in ((ANA, ANA), (ANA, BEN), ("192.168.1.2", "192.168.1.3")):
        assert not passes(host, sender, receiver)


@pytest.mark.parametrize(
    "host",
    [
        "192.168.1.1",
        "10.0.0.1",
        "172.16.0.9",
        "100.64.0.3",
        "fd00::5",
        "fec0::5",
        "::ffff:10.0.0.1",
        "2002:c0a8:101::1",  # 6to4 of 192.168.1.1
        "64:ff9b::c0a8:101",  # what a translator makes of it
        "::c0a8:101",
    ],
)
def test_a_private_address_goes_only_to_who_may_share_its_network(host: str) -> None:
    assert passes(host, ANA, ANA)
    assert passes(host, "192.168.1.5", "10.0.0.7")
    assert not passes(host, ANA, BEN)
    assert not passes(host, ANA, "192.168.1.5")  # the host of a room at home, with a friend outside
    assert not passes(host, "", BEN)
    assert not passes(host, "", "")  # nobody knows where these are


def test_a_public_address_goes_to_everybody() -> None:
    assert passes("8.8.4.4", ANA, BEN)
    assert passes("2002:808:404::1", ANA, BEN)
    assert passes("2606:4700::1111", ANA, "2001:4860:1:2::/64", kind="srflx")


def test_names_of_mdns_are_for_the_same_network() -> None:
    name = "4f9e3d1c-0b7a-4c2e-9d53-6a1b2c3d4e5f.local"
    assert passes(name, ANA, ANA)
    assert not passes(name, ANA, BEN)
    assert not passes(name, ANA, ANA, kind="srflx")


def test_low_ports_are_refused() -> None:
    assert not passes("8.8.4.4", ANA, BEN, port=1023)
    assert passes("8.8.4.4", ANA, BEN, port=1024)


def test_in_a_relay_only_room_no_own_address_is_told() -> None:
    for kind in ("host", "srflx"):
        assert not passes("8.8.4.4", ANA, BEN, kind=kind, only=True)
    assert passes("8.8.4.4", ANA, BEN, kind="relay", only=True)


def test_of_too_many_the_first_are_told() -> None:
    many = tuple(candidate("8.8.4.4", port) for port in range(2000, 2000 + 3 * MAX_CANDIDATES))
    assert passed_on(many, ANA, BEN, relay_only=False) == many[:MAX_CANDIDATES]
