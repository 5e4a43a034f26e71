"""RTP and RTCP: what is written is read, and whatever else comes reads as nothing."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.rtp import (
    Block,
    KeyRequest,
    Nack,
    RateLimit,
    ReceiverReport,
    RtpPacket,
    SenderReport,
    is_rtcp,
    middle_of,
    ntp_of,
    read_rtcp,
    read_rtp,
    resend_payload,
    resent,
    round_trip,
    seconds_of,
    source_of,
    unwrapped,
    write_rtcp,
    write_rtp,
)

WORDS = st.integers(0, (1 << 32) - 1)
SHORTS = st.integers(0, (1 << 16) - 1)


@given(st.integers(0, 127), st.booleans(), SHORTS, WORDS, WORDS, st.binary(max_size=40))
def test_a_packet_is_read_as_it_was_written(
    kind: int, marker: bool, sequence: int, timestamp: int, source: int, payload: bytes
) -> None:
    packet = RtpPacket(kind, marker, sequence, timestamp, source, payload)
    assert read_rtp(write_rtp(packet)) == packet
    assert source_of(write_rtp(packet)) == source


def test_sources_extensions_and_padding_are_skipped() -> None:
    head = struct.pack("!BBHII", 0x80 | 0x20 | 0x10 | 2, 96, 1, 2, 3)
    data = head + bytes(8) + b"\xbe\xde\0\1" + bytes(4) + b"payload" + b"\0\0\3"
    packet = read_rtp(data)
    assert packet is not None
    assert packet.payload == b"payload"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(11),
        struct.pack("!BBHII", 0x40, 96, 1, 2, 3),  # version 1
        struct.pack("!BBHII", 0x82, 96, 1, 2, 3) + bytes(4),  # two sources, one is there
        struct.pack("!BBHII", 0x90, 96, 1, 2, 3) + b"\0",  # an extension that begins
        struct.pack("!BBHII", 0x90, 96, 1, 2, 3) + b"\xbe\xde\0\7",  # ... and does not end
        struct.pack("!BBHII", 0xA0, 96, 1, 2, 3) + b"\0",  # no padding where there is to be some
        struct.pack("!BBHII", 0xA0, 96, 1, 2, 3) + b"\7",  # more padding than packet
    ],
)
def test_what_is_no_packet_reads_as_nothing(data: bytes) -> None:
    assert read_rtp(data) is None


def test_rtp_and_rtcp_are_told_apart() -> None:
    assert is_rtcp(write_rtcp([ReceiverReport(1)]))
    assert not is_rtcp(write_rtp(RtpPacket(96, True, 1, 2, 3, b"")))
    assert not is_rtcp(b"\x80")
    assert source_of(b"\x80") is None


def test_a_retransmission_holds_the_packet_that_it_repeats() -> None:
    packet = RtpPacket(97, True, 9, 2, 3, resend_payload(70, b"what was lost"))
    assert resent(packet) == (70, b"what was lost")
    assert resent(packet._replace(payload=b"\0")) is None


blocks = st.builds(
    Block,
    WORDS,
    st.integers(0, 255).map(lambda eighth: eighth / 256),
    st.integers(-(1 << 23), (1 << 23) - 1),
    WORDS,
    WORDS,
    WORDS,
    WORDS,
)
lots = st.lists(blocks, max_size=3).map(tuple)
reports = st.one_of(
    st.builds(SenderReport, WORDS, st.integers(0, (1 << 64) - 1), WORDS, WORDS, WORDS, lots),
    st.builds(ReceiverReport, WORDS, lots),
    st.builds(KeyRequest, WORDS, WORDS),
    st.builds(RateLimit, WORDS, st.integers(0, (1 << 18) - 1), st.lists(WORDS, max_size=3).map(tuple)),
)


@given(st.lists(reports, max_size=4))
def test_reports_are_read_as_they_were_written(said: list) -> None:  # type: ignore[type-arg]
    assert list(read_rtcp(write_rtcp(said))) == said


@given(SHORTS, st.sets(st.integers(0, 200), min_size=1, max_size=40))
def test_missing_packets_are_named_exactly(first: int, away: set[int]) -> None:
    lost = tuple((first + each) & 0xFFFF for each in sorted(away))
    assert read_rtcp(write_rtcp([Nack(1, 2, lost)])) == (Nack(1, 2, lost),)


@given(st.integers(0, 1 << 60))
def test_a_rate_is_told_to_18_bits(rate: int) -> None:
    (limit,) = read_rtcp(write_rtcp([RateLimit(1, rate, (2,))]))
    assert isinstance(limit, RateLimit)
    assert limit.bit_rate <= rate <= limit.bit_rate * (1 + 2**-17) + 1


def test_counts_that_do_not_fit_are_bounded() -> None:
    (report,) = read_rtcp(write_rtcp([ReceiverReport(1, (Block(2, lost=1.0, lost_all=1 << 30),))]))
    assert isinstance(report, ReceiverReport)
    assert report.blocks[0].lost_all == (1 << 23) - 1
    assert report.blocks[0].lost == 255 / 256


def test_a_full_request_for_key_frames_is_understood() -> None:
    body = struct.pack("!II", 5, 0) + struct.pack("!IBBH", 7, 1, 0, 0) + struct.pack("!IBBH", 8, 1, 0, 0)
    data = struct.pack("!BBH", 0x80 | 4, 206, len(body) // 4) + body
    assert read_rtcp(data) == (KeyRequest(5, 7), KeyRequest(5, 8))


def test_padding_of_reports_is_skipped_and_what_means_nothing_here_left_out() -> None:
    padded = struct.pack("!BBH", 0xA0, 201, 2) + struct.pack("!I", 9) + b"\0\0\0\4"
    unknown = [struct.pack("!BBH", 0x80 | fmt, kind, 2) + bytes(8) for fmt, kind in ((2, 205), (2, 206), (15, 206))]
    goodbye = struct.pack("!BBH", 0x81, 203, 1) + bytes(4)
    assert read_rtcp(padded + b"".join(unknown) + goodbye) == (ReceiverReport(9),)


@pytest.mark.parametrize(
    "data",
    [
        b"\x80",
        b"\x40\xc9\0\1" + bytes(4),  # version 1
        b"\x80\xc9\0\7" + bytes(4),  # cut off
        b"\xa0\xc9\0\1" + b"\0\0\0\0",  # padding of nothing
        b"\xa0\xc9\0\1" + b"\0\0\0\x09",  # more padding than report
        b"\xa0\xc9\0\0",  # padding in nothing
        b"\x81\xc9\0\1" + bytes(4),  # a block that is not there
        b"\x8f\xce\0\3" + bytes(8) + b"REMB",  # a rate that is not there
        b"\x81\xcd\0\3" + bytes(8) + b"\0\1\0",  # not even whole
    ],
)
def test_broken_reports_read_as_nothing(data: bytes) -> None:
    assert read_rtcp(write_rtcp([ReceiverReport(1)]) + data) == ()


@given(st.binary(max_size=80), st.sampled_from([200, 201, 205, 206]), st.integers(0, 31), st.integers(0, 25))
def test_no_report_raises(body: bytes, kind: int, count: int, words: int) -> None:
    read_rtcp(struct.pack("!BBH", 0x80 | count, kind, words) + body)
    read_rtcp(body)
    read_rtp(body)


@given(st.integers(-(1 << 40), 1 << 40), st.integers(-(1 << 14), 1 << 14))
def test_numbers_that_wrap_are_whole_again(near: int, away: int) -> None:
    assert unwrapped((near + away) & 0xFFFF, near) == near + away


@given(st.floats(-1e6, 1e9))
def test_room_time_survives_as_ntp_time(seconds: float) -> None:
    assert seconds_of(ntp_of(seconds)) == pytest.approx(seconds, abs=1e-6)


def test_round_trips_are_read_off_reports() -> None:
    said, heard = ntp_of(100.0), ntp_of(100.25)
    block = Block(1, last_report=middle_of(said), since=65536 // 5)
    assert round_trip(block, heard) == pytest.approx(0.05, abs=1e-3)
    assert round_trip(Block(1), heard) is None  # no report was heard
    assert round_trip(block, ntp_of(99.0)) is None  # it can't be so
