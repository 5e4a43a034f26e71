"""NAT-PMP and PCP, byte by byte as their RFCs have them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.port_requests import (
    Mapped,
    RouterError,
    WrongVersionError,
    address_request,
    map_request,
    pcp_request,
    read_address,
    read_map,
    read_pcp,
)

NONCE = bytes(range(12))
GRANTED = bytes.fromhex("0082 0000 00000001 2326 2327 00000e10")
IN_SIX = bytes(10) + b"\xff\xff"
PCP = (
    bytes.fromhex("0281 0000 00000e10 00000001")
    + bytes(12)
    + NONCE
    + bytes.fromhex("06 000000 2326 2327")
    + IN_SIX
    + bytes((198, 51, 100, 7))
)


def test_natpmp_asks_as_rfc_6886_has_it() -> None:
    assert address_request() == b"\x00\x00"
    assert map_request(8998, 9000, 3600) == bytes.fromhex("0002 0000 2326 2328 00000e10")


def test_natpmp_answers_are_read() -> None:
    assert read_address(bytes.fromhex("0080 0000 00000001") + bytes((198, 51, 100, 7))) == "198.51.100.7"
    assert read_map(GRANTED, 8998, "198.51.100.7") == Mapped("198.51.100.7", 8999, 3600)


def test_pcp_asks_as_rfc_6887_has_it() -> None:
    request = pcp_request("192.168.1.5", 8998, 9000, NONCE)
    assert request[:8] == bytes.fromhex("0201 0000 00000e10")
    assert request[8:24] == IN_SIX + bytes((192, 168, 1, 5))
    assert request[24:44] == NONCE + bytes.fromhex("06 000000 2326 2328")
    assert request[44:] == IN_SIX + bytes(4)
    assert pcp_request("2001:db8::5", 1, 1, NONCE)[8:24] == bytes.fromhex("20010db8" + "0" * 23 + "5")


def test_pcp_answers_are_read() -> None:
    assert read_pcp(PCP, 8998, NONCE) == Mapped("198.51.100.7", 8999, 3600)
    six = PCP[:44] + bytes.fromhex("20010db8" + "0" * 23 + "7")
    assert read_pcp(six, 8998, NONCE).address == "2001:db8::7"


@pytest.mark.parametrize("packet", [bytes.fromhex("0080 0001"), bytes.fromhex("0281 0001") + bytes(20)])
def test_a_router_that_speaks_only_the_successor_says_so(packet: bytes) -> None:
    with pytest.raises(WrongVersionError):
        read_address(packet)


@pytest.mark.parametrize(("result", "says"), [(2, "not authorised"), (4, "out of resources"), (99, "99")])
def test_a_refusal_is_one(result: int, says: str) -> None:
    with pytest.raises(RouterError, match=says) as caught:
        read_map(bytes((0, 130, 0, result)), 8998, "")
    assert caught.value.is_refusal
    with pytest.raises(RouterError, match=str(result)) as caught:
        read_pcp(bytes((2, 129, 0, result)) + bytes(20), 8998, NONCE)
    assert caught.value.is_refusal


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x00\x82\x00",
        bytes.fromhex("0082 0000 00000001"),  # cut
        bytes.fromhex("0080 0000 00000001 2326 2327 00000e10"),  # to the other question
        bytes.fromhex("0002 0000 00000001 2326 2327 00000e10"),  # a question itself
        bytes.fromhex("0082 0000 00000001 2325 2327 00000e10"),  # of another port
        bytes.fromhex("0082 0000 00000001 2326 0000 00000e10"),
        bytes.fromhex("0082 0000 00000001 2326 2327 00000000"),
        bytes.fromhex("0382 0000 00000001 2326 2327 00000e10"),
    ],
)
def test_what_is_no_answer_of_natpmp_is_not_believed(packet: bytes) -> None:
    with pytest.raises(RouterError) as caught:
        read_map(packet, 8998, "")
    assert not caught.value.is_refusal


def test_a_cut_address_is_not_believed() -> None:
    with pytest.raises(RouterError, match="short"):
        read_address(bytes.fromhex("0080 0000 00000001"))


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        PCP[:59],
        b"\x00" + PCP[1:],
        PCP[:1] + b"\x01" + PCP[2:],
        PCP[:4] + bytes(4) + PCP[8:],  # no time
        PCP[:24] + b"x" + PCP[25:],  # another nonce
        PCP[:36] + b"\x11" + PCP[37:],  # UDP
        PCP[:40] + bytes(2) + PCP[42:],
        PCP[:42] + bytes(2) + PCP[44:],
    ],
)
def test_what_is_no_answer_of_pcp_is_not_believed(packet: bytes) -> None:
    with pytest.raises(RouterError) as caught:
        read_pcp(packet, 8998, NONCE)
    assert not caught.value.is_refusal


@given(st.binary(max_size=80))
def test_any_packet_is_an_answer_or_an_error(packet: bytes) -> None:
    for read in (lambda: read_address(packet), lambda: read_map(packet, 1, ""), lambda: read_pcp(packet, 1, NONCE)):
        with suppress(RouterError):
            read()
