"""Whom packets may go to, and by which servers."""

from __future__ import annotations

import ipaddress

import pytest

from player.core.call_ends import Server, servers_of, told, worth_trying
from server.core.protocol import MAX_CANDIDATES, Candidate, Ways

HOME = (ipaddress.ip_network("192.168.7.0/24"), ipaddress.ip_network("fd12::/64"))


def candidate(host: str, kind: str = "host", port: int = 40_000, priority: int = 1) -> Candidate:
    return Candidate(kind=kind, host=host, port=port, priority=priority, foundation="f")  # type: ignore[arg-type]


def tried(*candidates: Candidate, relays: tuple[str, ...] = (), relay_only: bool = False) -> list[str]:
    return [each.host for each in worth_trying(candidates, HOME, relays, relay_only=relay_only)]


@pytest.mark.parametrize("host", ["8.8.8.8", "2a00:1450::1", "192.168.7.20", "fd12::5", "::ffff:8.8.4.4"])
def test_public_addresses_and_those_of_our_own_subnets_are_tried(host: str) -> None:
    assert tried(candidate(host)) == [host]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "::1",
        "169.254.3.4",
        "fe80::1",
        "224.0.0.251",
        "ff02::fb",
        "0.0.0.0",
        "::",
        "255.255.255.255",
        "192.168.8.1",  # a private network that is not ours
        "10.0.0.1",
        "fd13::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "2002:a00:1::1",  # the same as 6to4
        "64:ff9b::a00:1",  # and by a translator
        "64:ff9b::7f00:1",
        "::a00:1",
        "fec0::1",
        "router.lan",
        "example.com",
        "1b9f1dd2-7a3e-4a0b-9d6f-0123456789ab.local.example.com",
    ],
)
def test_others_are_not(host: str) -> None:
    assert tried(candidate(host)) == []


def test_low_ports_are_not_tried() -> None:
    assert tried(candidate("8.8.8.8", port=1023)) == []
    assert tried(candidate("8.8.8.8", port=1024)) == ["8.8.8.8"]


def test_names_are_mdns_s_and_of_hosts_only() -> None:
    name = "1b9f1dd2-7a3e-4a0b-9d6f-0123456789ab.local"
    assert tried(candidate(name)) == [name]
    assert tried(candidate(name, "srflx")) == []
    assert tried(candidate(name), relay_only=True) == []


def test_a_relay_s_private_address_is_tried_where_it_was_announced() -> None:
    relay = candidate("10.9.0.3", "relay")
    assert tried(relay) == []
    assert tried(relay, relays=("10.9.0.3", "no address")) == ["10.9.0.3"]
    assert tried(candidate("10.9.0.3"), relays=("10.9.0.3",)) == []  # a host that only says so


def test_a_call_by_relays_only_looks_at_nothing_else() -> None:
    mixed = (candidate("8.8.8.8"), candidate("8.8.4.4", "srflx"), candidate("9.9.9.9", "relay"))
    assert tried(*mixed, relay_only=True) == ["9.9.9.9"]
    # our relay sends there, and it alone
    assert tried(candidate("10.9.0.3", "relay"), relay_only=True) == ["10.9.0.3"]
    assert tried(candidate("127.0.0.1", "relay"), relay_only=True) == []


def test_more_than_so_many_are_not_tried() -> None:
    many = [candidate("8.8.8.8", port=2000 + each) for each in range(40)]
    assert worth_trying(many, HOME, (), relay_only=False) == tuple(many[:MAX_CANDIDATES])


def test_of_our_own_the_best_are_told_and_relays_always() -> None:
    many = [candidate("192.168.7.20", port=2000 + each, priority=each) for each in range(40)]
    relay = candidate("9.9.9.9", "relay", priority=0)
    said = told([*many, relay, candidate("fe80::1"), candidate("name.local")], relay_only=False)
    assert len(said) == MAX_CANDIDATES
    assert said[-1] == relay
    assert [each.priority for each in said[:2]] == [39, 38]
    assert told([*many, relay], relay_only=True) == (relay,)


def test_ways_are_read_and_relays_tried_in_the_order_of_their_delay() -> None:
    ways = Ways(
        stun=("stun:stun.example.org", "stun:[2001:db8::1]:1234"),
        turn=(
            "turns:turn.example.org",
            "turn:turn.example.org?transport=tcp",
            "turn:turn.example.org:3479",
            "turns:turn.example.org:443?transport=udp",
            "turn:turn.example.org:99999",
            "turn:turn.example.org:0",
        ),
        user="name",
        password="word",
    )
    servers = servers_of(ways)
    assert servers.stun == (Server("stun.example.org", 3478), Server("2001:db8::1", 1234))
    assert servers.relays == (
        Server("turn.example.org", 3479, "udp"),
        Server("turn.example.org", 3478, "tcp"),
        Server("turn.example.org", 5349, "tls"),
    )
    assert (servers.user, servers.password) == ("name", "word")


def test_stun_goes_by_udp_and_what_is_no_address_is_left_out() -> None:
    ways = Ways(stun=("stun:a.example:1?transport=tcp", "stun:b.example:2"))
    assert servers_of(ways).stun == (Server("b.example", 2),)
    assert servers_of(Ways(turn=("http://turn.example.org", "turn:[", "turn:"))).relays == ()


def test_servers_have_words() -> None:
    assert Server("turn.example.org", 3478).words() == "turn.example.org:3478 (UDP)"
    assert Server("2001:db8::1", 5349, "tls").words() == "[2001:db8::1]:5349 (TLS)"
