"""What the doctor says of calls, from homes of each kind: a real server and a real coturn on the internet of this
machine, and the doctor behind a real NAT."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.callers import ROOT, authority
from tests.fakes.coturn import SECRET, Coturn
from tests.fakes.homes import AUTHORITY, RELAY, Home, Homes, homes
from tests.fakes.namespaces import Namespace
from tests.fakes.visitors import Friend

ASK = """
import json, sys
from player.core.invite import parse_invite
from player.doctor import calls
calls.RELAY = 4.0
print(json.dumps([(each.grade, each.subject, each.words) for each in calls.inspect_ways(parse_invite(sys.argv[1]))]))
"""


@dataclass(frozen=True)
class Said:
    """Its findings by subject, in their order."""

    findings: tuple[tuple[str, str, str], ...]

    def of(self, subject: str) -> list[tuple[str, str]]:
        return [(grade, words) for grade, about, words in self.findings if about == subject]


def consult(space: Namespace, port: int, trust: Path | None = None) -> Said:
    words = [sys.executable, "-c", ASK, f"matinee://{AUTHORITY}:{port}/den?tls=off"]
    more = ["env", f"SSL_CERT_FILE={trust}"] if trust else []
    done = subprocess.run(space.words(*more, *words), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Said(tuple(tuple(each) for each in json.loads(done.stdout)))


@contextlib.contextmanager
def a_room(space: Namespace, *options: str) -> Iterator[int]:
    """The room "den" with a host, on a real authority; its port."""
    with authority(space, AUTHORITY, *options) as port:
        thread = space.thread()
        host = thread.call(Friend.join(f"http://{AUTHORITY}:{port}"))
        yield port
        thread.call(host.leave())
        thread.stop()


@contextlib.contextmanager
def with_relay(net: Homes, folder: Path, secret: str = SECRET) -> Iterator[tuple[Coturn, int]]:
    with Coturn(folder, (RELAY,), net.internet) as relay:
        turn = [word for url in relay.urls().values() for word in ("--turn", url)]
        with a_room(net.internet, *turn, "--turn-secret", secret) as port:
            yield relay, port


def test_an_ordinary_router_is_no_obstacle(tmp_path: Path) -> None:
    with homes() as net, with_relay(net, tmp_path) as (relay, port):
        said = consult(net.ana.computer, port, relay.certificate)
        assert [grade for grade, _, _ in said.findings] == ["ok"] * 6
        ((_, words),) = said.of("NAT")
        assert "one address towards everybody" in words
        assert "9.9.0.11" in words
        assert [words for _, words in said.of("Relay")] == [
            f"{RELAY}:{relay.port} (UDP) works.",
            f"{RELAY}:{relay.port} (TCP) works.",
            f"{RELAY}:{relay.tls_port} (TLS) works.",
        ]
        assert said.of("Call") == [("ok", "from here they should connect.")]


@pytest.mark.parametrize("nat", ["random", "fully-random"])
def test_a_symmetric_nat_is_found(nat: str, tmp_path: Path) -> None:
    with homes(nat) as net, with_relay(net, tmp_path) as (relay, port):  # type: ignore[arg-type]
        said = consult(net.ana.computer, port, relay.certificate)
        ((grade, words),) = said.of("NAT")
        assert grade == "note"
        assert "symmetric" in words
        assert "by the server's relay" in said.of("Call")[0][1]


def test_without_a_relay_a_symmetric_nat_can_not_be_told_by_one_server(tmp_path: Path) -> None:
    with homes("fully-random") as net, a_room(net.internet) as port:
        said = consult(net.ana.computer, port)
        assert "can't be told" in said.of("NAT")[0][1]
        assert said.of("Relay")[0][0] == "note"
        assert said.of("Call")[0][0] == "note"


def test_who_is_on_the_internet_itself_has_no_nat(tmp_path: Path) -> None:
    with homes() as net, with_relay(net, tmp_path) as (relay, port):
        said = consult(net.ana.router, port, relay.certificate)
        assert "an address of its own on the internet, 9.9.0.11" in said.of("NAT")[0][1]


def test_where_udp_is_blocked_the_relay_is_reached_by_tcp_and_tls(tmp_path: Path) -> None:
    with homes() as net, with_relay(net, tmp_path) as (relay, port):
        net.ana.block("meta l4proto udp")
        said = consult(net.ana.computer, port, relay.certificate)
        assert "nothing comes back by UDP" in said.of("NAT")[0][1]
        assert [grade for grade, _ in said.of("Relay")] == ["note", "ok", "ok"]
        assert said.of("Call")[0][0] == "ok"


def tls_only(home: Home, port: int, tls_port: int) -> None:
    home.block("meta l4proto udp")
    home.block(f"ip saddr 10.0.0.0/8 tcp dport != {{ {port}, {tls_port} }}")


def test_where_only_tls_passes_that_is_found_and_its_certificate_matters(tmp_path: Path) -> None:
    with homes() as net, with_relay(net, tmp_path) as (relay, port):
        tls_only(net.ana, port, relay.tls_port)
        said = consult(net.ana.computer, port, relay.certificate)
        assert [grade for grade, _ in said.of("Relay")] == ["note", "note", "ok"]
        said = consult(net.ana.computer, port)  # whose system does not trust the certificate
        assert "can't be verified" in said.of("Relay")[2][1]
        assert said.of("Call")[0][0] == "note"


def test_another_secret_is_told(tmp_path: Path) -> None:
    with homes() as net, with_relay(net, tmp_path, secret="another") as (relay, port):
        said = consult(net.ana.computer, port, relay.certificate)
        assert len(said.of("Relay")) == 3
        assert all("does not accept the credentials" in words for _, words in said.of("Relay"))


def test_a_relay_that_is_down_is_told(tmp_path: Path) -> None:
    with homes() as net, with_relay(net, tmp_path) as (relay, port):
        relay.kill()
        said = consult(net.ana.computer, port, relay.certificate)
        assert len(said.of("Relay")) == 3
        assert all(grade == "note" for grade, _ in said.of("Relay"))


def test_a_room_that_can_not_be_entered_is_told(tmp_path: Path) -> None:
    with homes() as net:
        said = consult(net.ana.computer, 8998)
        assert said.of("Room")[0][0] == "note"
        assert "No server answers at 9.9.0.4:8998" in said.of("Room")[0][1]
        assert not said.of("NAT")
