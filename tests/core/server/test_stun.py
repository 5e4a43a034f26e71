"""The question from which address packets come, and its answer: RFC 5769's vectors, and what strangers may write."""

from __future__ import annotations

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.core.call_messages import IceUrl
from server.core.stun import (
    COOKIE,
    FINGERPRINT,
    HEADER,
    MOST,
    REQUEST,
    SUCCESS,
    answer_of,
    own_url,
    read_answer,
    read_request,
    request_of,
)

ONE = b"abcdefghijkl"
RFC_5769 = bytes.fromhex("b7e7a701bc34d686fa87dfae")  # the transaction of its vectors


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def message(kind: int, *attributes: bytes) -> bytes:
    body = b"".join(attributes)
    return HEADER.pack(kind, len(body), COOKIE, ONE) + body


def test_answers_hold_the_address_as_the_rfc_writes_it() -> None:
    """RFC 5769, 2.2 and 2.3: 192.0.2.1 and 2001:db8:1234:5678:11:2233:4455:6677, port 32853."""
    by_ipv4 = answer_of(RFC_5769, "192.0.2.1", 32853)
    assert by_ipv4 == bytes.fromhex("0101000c2112a442b7e7a701bc34d686fa87dfae002000080001a147e112a643")
    by_ipv6 = answer_of(RFC_5769, "2001:db8:1234:5678:11:2233:4455:6677", 32853)
    assert by_ipv6 is not None
    assert by_ipv6[20:] == bytes.fromhex("002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9")


@given(st.ip_addresses(), st.integers(0, 65535), st.binary(min_size=12, max_size=12))
def test_who_asks_learns_where_it_came_from(address: object, port: int, transaction: bytes) -> None:
    assert read_request(request_of(transaction)) == transaction
    answer = answer_of(transaction, str(address), port)
    assert answer is not None
    assert len(answer) <= len(request_of(transaction)) + 24
    found = read_answer(answer, transaction)
    assert found is not None
    assert found[1] == port
    mapped = getattr(address, "ipv4_mapped", None)
    assert found[0] == str(mapped or address)


def test_ipv4_that_came_to_a_socket_of_both_kinds_is_told_as_ipv4() -> None:
    answer = answer_of(ONE, "::ffff:192.0.2.7", 5)
    assert answer is not None
    assert len(answer) == 32
    assert read_answer(answer, ONE) == ("192.0.2.7", 5)
    linked = answer_of(ONE, "fe80::1%eth0", 5)
    assert linked is not None
    assert read_answer(linked, ONE) == ("fe80::1", 5)
    assert answer_of(ONE, "nowhere", 5) is None


def test_what_may_be_passed_over_is() -> None:
    """A SOFTWARE attribute and a right FINGERPRINT (RFC 5769's request has them, and more that we do not answer)."""
    assert read_request(message(REQUEST, attribute(0x8022, b"odd"))) == ONE
    marked = bytes.fromhex("000100082112a4426162636465666768696a6b6c80280004")
    import zlib

    check = (zlib.crc32(marked[:20]) ^ 0x5354554E).to_bytes(4)
    assert read_request(marked + check) == ONE
    assert read_request(marked + bytes(4)) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        request_of(ONE)[:19],
        request_of(ONE) + b"\0",
        request_of(ONE) + bytes(4),
        HEADER.pack(REQUEST, 4, COOKIE, ONE),
        HEADER.pack(REQUEST, 2, COOKIE, ONE) + b"\0\0",
        HEADER.pack(REQUEST, 0, COOKIE + 1, ONE),
        HEADER.pack(SUCCESS, 0, COOKIE, ONE),
        HEADER.pack(0x0011, 0, COOKIE, ONE),  # an indication
        HEADER.pack(0x0003, 0, COOKIE, ONE),  # TURN's Allocate
        HEADER.pack(0x4001, 0, COOKIE, ONE),
        message(REQUEST, attribute(0x0003, bytes(4))),  # RFC 5780's CHANGE-REQUEST: answer from elsewhere
        message(REQUEST, attribute(0x0006, b"user")),
        message(REQUEST, attribute(0x0024, bytes(4)), attribute(0x0008, bytes(20))),
        message(REQUEST, struct.pack("!HH", 0x8022, 5000)),
        message(REQUEST, struct.pack("!HH", 0x8022, 1)),
        message(REQUEST, attribute(FINGERPRINT, bytes(4))),
        message(REQUEST, attribute(0x8022, bytes(MOST))),
        b"GET / HTTP/1.1\r\n\r\n    ",
    ],
)
def test_all_else_gets_no_answer(data: bytes) -> None:
    assert read_request(data) is None


@given(st.binary(max_size=64) | st.binary(max_size=64).map(lambda body: request_of(ONE)[:20] + body))
@example(request_of(ONE))
def test_strangers_may_write_what_they_like(data: bytes) -> None:
    transaction = read_request(data)
    if transaction is not None:
        assert data[:2] == b"\0\1"
        assert data[8:20] == transaction
    read_answer(data, ONE)


@given(st.lists(st.tuples(st.sampled_from((0x0020, 0x8022, 0x0001)), st.binary(max_size=24)), max_size=4))
def test_answers_of_strangers_are_read_with_suspicion(attributes: list[tuple[int, bytes]]) -> None:
    found = read_answer(message(SUCCESS, *(attribute(kind, value) for kind, value in attributes)), ONE)
    fits = [
        value for kind, value in attributes if kind == 0x0020 and (value[1:2], len(value)) in ((b"\1", 8), (b"\2", 20))
    ]
    assert (found is None) == (not fits)


def test_answers_to_others_are_not_taken() -> None:
    answer = answer_of(ONE, "192.0.2.7", 5)
    assert answer is not None
    assert read_answer(answer, ONE[::-1]) is None
    assert read_answer(message(SUCCESS), ONE) is None
    assert read_answer(message(0x0111), ONE) is None


@pytest.mark.parametrize(
    ("came_by", "url"),
    [
        ("example.org:8998", "stun:example.org:8998"),
        ("example.org", "stun:example.org:443"),
        ("192.0.2.1:70", "stun:192.0.2.1:70"),
        ("a", "stun:a:443"),
        ("127.0.0.1:8998", ""),
        ("localhost:8998", ""),
        ("LOCALHOST", ""),
        ("[2001:db8::1]:8998", ""),
        ("example.org:0", ""),
        ("example.org:70000", ""),
        ("-x", ""),
        ("user@example.org", ""),
        ("example.org:8998?transport=tcp", ""),
        ("", ""),
        ("a" * 129, ""),
    ],
)
def test_an_authority_is_asked_under_the_name_by_which_one_came(came_by: str, url: str) -> None:
    assert own_url(came_by, 443) == url
    if url:
        import msgspec

        assert msgspec.convert(url, IceUrl) == url
