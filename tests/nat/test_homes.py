"""Calls between two homes that are not on one network, as the internet has them: real NATs (Linux' own), a real
`matinee-server`, a real coturn, and real meshes on each side."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from player.call import mesh as mesh_module
from tests.fakes.callers import a_far_call, authority, relay_of, wait_for_talk
from tests.fakes.coturn import SECRET, Coturn
from tests.fakes.homes import AUTHORITY, RELAY, Homes, Nat, apart, homes
from tests.fakes.waiting import wait_until
from tests.nat.test_relayed_calls import HASTY

WATCH = """
table ip watch {{
    chain out {{
        type filter hook output priority 0;
        oifname lo accept
        ip daddr {relay} accept
        ip daddr {authority} tcp dport {port} accept
        counter
    }}
}}
"""


@contextlib.contextmanager
def with_relay(net: Homes, folder: Path) -> Iterator[tuple[str, Coturn]]:
    """An authority with a relay: its URL, and the relay."""
    with Coturn(folder, (RELAY,), net.internet) as relay:
        turn = [word for url in relay.urls().values() for word in ("--turn", url)]
        with authority(net.internet, AUTHORITY, *turn, "--turn-secret", SECRET) as port:
            yield f"http://{AUTHORITY}:{port}", relay


def test_behind_ordinary_routers_the_authoritys_own_stun_is_enough() -> None:
    """No relay, no third party: each learns from the server where it is seen, and they meet."""
    with (
        homes() as net,
        authority(net.internet, AUTHORITY) as port,
        a_far_call(net.ana.computer, net.ben.computer, f"http://{AUTHORITY}:{port}") as (ana, ben),
    ):
        wait_for_talk(ana, ben)
        assert ana.ways[-1].stun == (f"stun:{AUTHORITY}:{port}",)
        assert not ana.state(ben)[1]
        assert not ben.state(ana)[1]


@pytest.mark.parametrize("nat", ["random", "fully-random"])
def test_two_symmetric_nats_meet_on_the_relay(nat: Nat, tmp_path: Path) -> None:
    with (
        homes(nat) as net,
        with_relay(net, tmp_path) as (url, _relay),
        a_far_call(net.ana.computer, net.ben.computer, url) as (ana, ben),
    ):
        wait_for_talk(ana, ben)
        assert ana.state(ben)[1]
        assert ben.state(ana)[1]
        assert relay_of(ana) == "udp"


def test_two_symmetric_nats_without_a_relay_are_told_so() -> None:
    with (
        homes("fully-random") as net,
        authority(net.internet, AUTHORITY) as port,
        a_far_call(net.ana.computer, net.ben.computer, f"http://{AUTHORITY}:{port}", policy=HASTY) as (ana, ben),
    ):
        wait_until(lambda: "No way to this player was found." in ana.state(ben)[2], "the words")
        assert ana.state(ben)[0] != "connected"


@pytest.mark.parametrize("passes", ["tcp", "tls"])
def test_where_udp_is_blocked_the_relay_is_reached_by_tcp_or_tls(
    passes: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with homes("fully-random") as net, with_relay(net, tmp_path) as (url, relay):
        monkeypatch.setenv("SSL_CERT_FILE", str(relay.certificate))
        for home in (net.ana, net.ben):
            home.block("meta l4proto udp")
            if passes == "tls":
                home.block(f"ip saddr 10.0.0.0/8 tcp dport {relay.port}")
        with a_far_call(net.ana.computer, net.ben.computer, url) as (ana, ben):
            wait_for_talk(ana, ben)
            assert relay_of(ana) == relay_of(ben) == passes


def test_only_one_of_them_needs_the_relay(tmp_path: Path) -> None:
    with homes() as net, with_relay(net, tmp_path) as (url, _relay):
        net.ana.block("meta l4proto udp")
        with a_far_call(net.ana.computer, net.ben.computer, url) as (ana, ben):
            wait_for_talk(ana, ben)
            assert relay_of(ana) == "tcp"


def test_in_a_relay_only_room_no_packet_goes_anywhere_else(tmp_path: Path) -> None:
    """Both are on the internet itself and could reach each other. Whatever leaves Ana's computer is counted."""
    with homes() as net, with_relay(net, tmp_path) as (url, _relay):
        ana_space, ben_space = net.ana.router, net.ben.router
        ana_space.filter(WATCH.format(relay=RELAY, authority=AUTHORITY, port=url.rpartition(":")[2]))
        with a_far_call(ana_space, ben_space, url, relay_only=True) as (ana, ben):
            wait_for_talk(ana, ben)
            assert ana.state(ben)[1]
            counted = ana_space.run("nft", "list", "table", "ip", "watch")
            assert "counter packets 0 bytes 0" in counted, counted


def test_networks_without_a_route_between_them_meet_on_the_relay(tmp_path: Path) -> None:
    """A host that is in both lets nothing through, but relays."""
    with apart() as net, Coturn(tmp_path, ("9.1.0.1", "9.2.0.1"), net.middle) as relay:
        turn = ("--turn", relay.urls("9.1.0.1")["udp"], "--turn-secret", SECRET)
        with (
            authority(net.middle, "0.0.0.0", *turn) as port,
            a_far_call(net.ana, net.ben, f"http://9.1.0.1:{port}") as (ana, ben),
        ):
            wait_for_talk(ana, ben)
            assert ana.state(ben)[1]
            assert ben.state(ana)[1]


def test_a_relay_that_dies_is_found_again_by_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mesh_module, "_RELAY_GAP", 0.5)
    with (
        homes("fully-random") as net,
        with_relay(net, tmp_path) as (url, relay),
        a_far_call(net.ana.computer, net.ben.computer, url, policy=HASTY) as (ana, ben),
    ):
        wait_for_talk(ana, ben)
        relay.kill()
        wait_until(lambda: ana.state(ben)[0] == "reconnecting", "that it is noticed")
        relay.start()
        ana.inbox.pictures.clear()
        ben.inbox.pictures.clear()
        wait_for_talk(ana, ben)
