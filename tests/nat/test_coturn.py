"""Debian's coturn with our example configuration: whom it lets in, by which ways, and to whom it passes things on."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from aioice import stun, turn

from player.call.relay_trial import try_relay
from player.core.call_ends import servers_of
from player.core.nat import RelayTrial
from server.core.protocol import Ways
from server.relay.turn import LASTING
from tests.fakes.coturn import Coturn

PATIENCE = 30.0  # s, for a relay that is there

TRANSPORTS = ("udp", "tcp", "tls")


async def tried(ways: Ways, patience: float = PATIENCE) -> RelayTrial:
    """The first relay of the ways."""
    servers = servers_of(ways)
    return await try_relay(servers.relays[0], servers.user, servers.password, patience)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_it_relays_for_whom_the_authority_gave_credentials(coturn: Coturn, transport: str) -> None:
    trial = await tried(coturn.ways(transport, wall_time=time.time()))
    assert (trial.outcome, trial.address) == ("works", coturn.addresses[0]), coturn.said()
    assert trial.server.transport == transport


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_wrong_credentials_are_refused(coturn: Coturn, transport: str) -> None:
    trial = await tried(coturn.ways(transport, wall_time=time.time(), secret="another"))
    assert trial.outcome == "refused"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_credentials_end(coturn: Coturn, transport: str) -> None:
    trial = await tried(coturn.ways(transport, wall_time=time.time() - LASTING - 10.0))
    assert trial.outcome == "refused"


async def test_tls_is_for_the_name_that_was_announced(coturn: Coturn) -> None:
    """The certificate is for "localhost" and the machine's address, not for 127.0.0.1, where it listens, too."""
    assert (await tried(coturn.ways("tls", wall_time=time.time(), host="localhost"))).outcome == "works"
    assert (await tried(coturn.ways("tls", wall_time=time.time(), host="127.0.0.1"))).outcome == "untrusted"


async def test_tls_needs_a_certificate_that_the_system_trusts(coturn: Coturn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert (await tried(coturn.ways("tls", wall_time=time.time()))).outcome == "untrusted"


async def test_what_is_no_relay_is_told_apart(coturn: Coturn) -> None:
    ways = coturn.ways("udp", wall_time=time.time())
    here = coturn.addresses[0]
    coturn.kill()
    assert (await tried(ways, 1.5)).outcome in ("silent", "unreachable")
    assert (await tried(coturn.ways("tcp", wall_time=0.0))).outcome == "unreachable"
    assert (await tried(coturn.ways("udp", wall_time=0.0, host="no.such.host.invalid"))).outcome == "unknown name"

    def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-x\r\n")
        writer.close()

    server = await asyncio.start_server(greet, here, coturn.tls_port)
    assert (await tried(coturn.ways("tls", wall_time=0.0))).outcome == "nonsense"
    server.close()


async def test_a_member_takes_so_many_places_and_no_more(tmp_path: Path) -> None:
    with Coturn(tmp_path, changes={"user-quota=32": "user-quota=1"}) as relay:
        assert (await tried(relay.ways("udp", wall_time=time.time()))).outcome == "full"


async def test_a_relay_that_may_pass_nothing_on_is_noticed(tmp_path: Path) -> None:
    with Coturn(tmp_path, changes={"no-multicast-peers": "denied-peer-ip=0.0.0.0-255.255.255.255"}) as relay:
        relay.kill()
        conf = tmp_path / "turnserver.conf"
        kept = [line for line in conf.read_text("utf-8").splitlines() if not line.startswith("allowed-peer-ip")]
        conf.write_text("\n".join([*kept, ""]), "utf-8")
        relay.start()
        assert (await tried(relay.ways("udp", wall_time=time.time()))).outcome == "passes nothing"


@pytest.mark.parametrize(
    ("peer", "may"),
    [
        ("9.9.9.9", True),
        ("1.2.3.4", True),
        ("198.20.0.1", True),
        ("0.0.0.0", False),
        ("0.0.0.1", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("198.18.0.1", False),
        ("224.0.0.251", False),
        ("255.255.255.255", False),
    ],
)
async def test_it_passes_on_to_the_internet_only(tmp_path: Path, peer: str, may: bool) -> None:
    with Coturn(tmp_path) as relay:
        servers = servers_of(relay.ways("udp", wall_time=time.time()))
        place, _ = await turn.create_turn_endpoint(
            asyncio.DatagramProtocol,
            server_addr=(servers.relays[0].host, servers.relays[0].port),
            username=servers.user,
            password=servers.password,
        )
        inner = place._TurnTransport__inner_protocol  # type: ignore[attr-defined]
        try:
            if may:
                await inner.channel_bind(0x4000, (peer, 4000))
            else:
                with pytest.raises(stun.TransactionFailed, match="403"):
                    await inner.channel_bind(0x4000, (peer, 4000))
        finally:
            await inner.delete()
