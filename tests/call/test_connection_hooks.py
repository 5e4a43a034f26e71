"""What of aioice, aiortc and pylibsrtp is used although nobody promised it: when a library changes, this says what."""

from __future__ import annotations

import asyncio
import inspect
from importlib.metadata import version
from typing import Any

import aioice
import pytest
from aioice import turn
from aiortc import RTCDtlsTransport, rtcdtlstransport
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters

from player.call.ice import IcePath, Route
from tests.fakes.waiting import until


def test_the_versions_that_were_read() -> None:
    assert (version("aioice"), version("aiortc")) == ("0.13.0", "1.16.0")


async def test_ice_looks_up_where_datagrams_go_on_the_instance() -> None:
    """`IcePath` puts functions of its own there: for each socket, and for the connection's ends."""
    ice: Any = aioice.Connection(ice_controlling=True)
    asked = []

    async def none_found(component: int, addresses: list[str], timeout: int = 5) -> list[aioice.Candidate]:
        asked.append((component, addresses))
        return []

    assert "timeout" in inspect.signature(ice.get_component_candidates).parameters
    ice.get_component_candidates = none_found
    await ice.gather_candidates()
    assert asked, "aioice gathers by another method: its time-out can't be set"
    lost: list[Any] = []
    ice.protocol_lost = lost.append
    protocol = aioice.ice.StunProtocol(ice)
    protocol.connection_lost(None)
    assert lost == [protocol], "aioice tells the end of a socket to somebody else"
    came: list[Any] = []
    ice.data_received = lambda data, component: came.append(data)
    protocol.local_candidate = aioice.Candidate("f", 1, "udp", 1, "192.0.2.1", 9, "host")
    protocol.datagram_received(b"\x80no STUN", ("192.0.2.1", 9))
    assert came == [b"\x80no STUN"], "aioice hands datagrams on by another method"
    await ice.close()


async def test_the_loop_looks_up_who_takes_a_datagram_on_the_instance() -> None:
    """True of asyncio's loops and of uvloop: else what comes would go past `IcePath`."""
    loop = asyncio.get_running_loop()
    came: list[bytes] = []

    class Library(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: Any) -> None:
            raise AssertionError("the class's method was called")

    transport, protocol = await loop.create_datagram_endpoint(Library, local_addr=("127.0.0.1", 0))
    protocol.datagram_received = lambda data, addr: came.append(data)  # type: ignore[method-assign]
    transport.sendto(b"hello", transport.get_extra_info("sockname"))
    await until(lambda: came, pause=0.005)
    assert transport.get_write_buffer_size() == 0  # type: ignore[attr-defined]
    transport.close()


async def test_a_chosen_pair_tells_its_socket_its_address_and_its_kinds() -> None:
    ends = [IcePath(Route(), offers=offers) for offers in (True, False)]
    candidates = [await end.gather() for end in ends]
    assert candidates[0], "this machine has no address but its own loopback"
    await asyncio.gather(
        *(
            a.connect(b.user, b.password, theirs)
            for a, b, theirs in zip(ends, ends[::-1], candidates[::-1], strict=True)
        )
    )
    for end in ends:
        pair = end._ice._nominated[1]
        assert callable(pair.protocol.transport.sendto)
        assert len(pair.remote_addr) == 2
        assert {pair.local_candidate.type, pair.remote_candidate.type} <= {"host", "prflx"}
        assert pair.protocol in end._ice._protocols
        assert not end._ice._query_consent_task.done()
    came: list[bytes] = []
    ends[1].take_media = came.append
    assert ends[0].send(b"\x80media")
    await until(lambda: came, pause=0.005)
    assert came == [b"\x80media"]
    for end in ends:
        await end.close()
        assert not end.send(b"\x80media")


def test_a_place_on_a_relay_has_channels_that_can_be_used_directly() -> None:
    """`IcePath` sends by the channel itself: the library makes a task for each packet."""
    for kind in (turn.TurnClientUdpProtocol, turn.TurnClientTcpProtocol):
        inner = kind(("192.0.2.1", 3478), "name", "word", 600, 500)
        place = turn.TurnTransport(inner)
        assert getattr(place, "_TurnTransport__inner_protocol", None) is inner
        assert inner.peer_to_channel == {}
        sent: list[bytes] = []

        class Socket:
            def write(self, data: bytes, sent: list[bytes] = sent) -> None:
                sent.append(data)

            sendto = write

        inner.connection_made(Socket())  # type: ignore[arg-type]
        inner._send(b"\x40\0\0\5hello")
        assert sent[0][:9] == b"\x40\0\0\5hello"


async def test_dtls_asks_of_its_transport_what_ours_has() -> None:
    """A handshake over queues: nothing but `role`, `_recv` and `_send` is asked for, and keys come of it."""

    class Ways:
        role = "controlling"

        def __init__(self) -> None:
            self.inbox: asyncio.Queue[bytes] = asyncio.Queue()
            self.other: Ways

        async def _recv(self) -> bytes:
            return await self.inbox.get()

        async def _send(self, data: bytes) -> None:
            self.other.inbox.put_nowait(data)

    ways = Ways(), Ways()
    ways[0].other, ways[1].other = ways[1], ways[0]
    certificates = [RTCCertificate.generateCertificate() for _ in ways]
    ends: list[Any] = [RTCDtlsTransport(way, [own]) for way, own in zip(ways, certificates, strict=True)]  # type: ignore[arg-type]
    ends[0]._set_role("server")
    ends[1]._set_role("client")
    changes: list[str] = []
    ends[0].on("statechange", lambda: changes.append(ends[0].state))
    prints = [
        RTCDtlsFingerprint(algorithm=each.algorithm, value=each.value)
        for own in certificates
        for each in own.getFingerprints()
        if each.algorithm == "sha-256"
    ]
    await asyncio.gather(
        ends[0].start(RTCDtlsParameters(fingerprints=[prints[1]])),
        ends[1].start(RTCDtlsParameters(fingerprints=[prints[0]])),
    )
    assert [end.state for end in ends] == ["connected", "connected"]
    assert all(end.encrypted for end in ends)
    packet = b"\x80\x60\0\1" + bytes(8) + b"payload"
    assert ends[1]._rx_srtp.unprotect(ends[0]._tx_srtp.protect(packet)) == packet
    report = b"\x80\xc9\0\1" + bytes(4)
    assert ends[0]._rx_srtp.unprotect_rtcp(ends[1]._tx_srtp.protect_rtcp(report)) == report
    await ends[1].stop()
    await until(lambda: changes[-1] == "closed", "the other end's goodbye", pause=0.005)
    await ends[0].stop()


@pytest.mark.parametrize("profile", ["AEAD_AES_256_GCM", "AEAD_AES_128_GCM", "AES128_CM_SHA1_80"])
def test_the_ways_to_encrypt_media_are_as_they_were(profile: str) -> None:
    assert any(profile.encode() in each.openssl_profile for each in rtcdtlstransport.SRTP_PROFILES)
