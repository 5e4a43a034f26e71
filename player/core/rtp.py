"""RTP and RTCP as bytes (RFC 3550, 4585, 4588, 5104; REMB: draft-alvestrand-rmcat-remb-03): read with suspicion,
written as the other end expects. What is not well formed reads as nothing and never raises.

Header extensions are skipped: nothing between two Matinees stands there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, assert_never

HEADER = 12  # bytes of an RTP header without sources and extensions
_RTP = struct.Struct("!BBHII")
_SHORT = struct.Struct("!H")
_WORD = struct.Struct("!I")
_SENDER = struct.Struct("!IQIII")  # source, NTP time, RTP time, packets, bytes
_BLOCK = struct.Struct("!IIIIII")  # source, lost, highest sequence, jitter, last report, since then
_FEEDBACK = struct.Struct("!II")
_LOST = struct.Struct("!HH")

SENDER_REPORT, RECEIVER_REPORT, TRANSPORT_FEEDBACK, PAYLOAD_FEEDBACK = 200, 201, 205, 206
_NACK, _PLI, _FIR, _APPLICATION = 1, 1, 4, 15
_MOST_LOST = (1 << 23) - 1
_WORD_MASK = 0xFFFFFFFF


class RtpPacket(NamedTuple):
    payload_type: int
    marker: bool
    sequence: int  # 16 bits
    timestamp: int  # 32 bits
    source: int
    payload: bytes


def is_rtcp(data: bytes) -> bool:
    """Which of the two a packet is that may be either (RFC 5761)."""
    return len(data) > 1 and 192 <= data[1] <= 223


def source_of(data: bytes) -> int | None:
    """Who sent an RTP packet, as it says before anything is checked; None: it is too short to be one."""
    return _WORD.unpack_from(data, 8)[0] if len(data) >= HEADER else None


def read_rtp(data: bytes) -> RtpPacket | None:
    """None: this is no RTP packet."""
    if len(data) < HEADER:
        return None
    first, second, sequence, timestamp, source = _RTP.unpack_from(data)
    if first == 0x80:  # no padding, extension or further sources
        return RtpPacket(second & 0x7F, second > 0x7F, sequence, timestamp, source, data[HEADER:])
    if first >> 6 != 2:
        return None
    begins = HEADER + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < begins + 4:
            return None
        begins += 4 + 4 * _SHORT.unpack_from(data, begins + 2)[0]
    ends = len(data) - (data[-1] if first & 0x20 else 0)
    if ends < begins or (first & 0x20 and data[-1] == 0):
        return None
    return RtpPacket(second & 0x7F, second > 0x7F, sequence, timestamp, source, data[begins:ends])


def write_rtp(packet: RtpPacket) -> bytes:
    second = packet.payload_type | (0x80 if packet.marker else 0)
    return _RTP.pack(0x80, second, packet.sequence, packet.timestamp, packet.source) + packet.payload


def resent(packet: RtpPacket) -> tuple[int, bytes] | None:
    """Of a retransmission (RFC 4588): the sequence number that it had and what was in it. None: it is none."""
    if len(packet.payload) < 2:
        return None
    return _SHORT.unpack_from(packet.payload)[0], packet.payload[2:]


def resend_payload(sequence: int, payload: bytes) -> bytes:
    """What a retransmission of that packet holds."""
    return _SHORT.pack(sequence) + payload


# -- RTCP --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    """What a receiver says of one stream. `lost` 0..1 since its last word, `lost_all` packets since the beginning;
    `last_report` and `since` of RFC 3550 6.4.1, in 1/65536 s, 0: it heard no sender report."""

    source: int
    lost: float = 0.0
    lost_all: int = 0
    highest: int = 0  # 32 bits
    jitter: int = 0  # RTP time
    last_report: int = 0
    since: int = 0


@dataclass(frozen=True, slots=True)
class SenderReport:
    source: int
    ntp: int  # 32.32 bits
    timestamp: int
    packets: int = 0
    octets: int = 0
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    source: int
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Nack:
    """These packets of `media` are missing."""

    source: int
    media: int
    lost: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """`media` is broken until its next key frame: PLI, or FIR."""

    source: int
    media: int


@dataclass(frozen=True, slots=True)
class RateLimit:
    """REMB: what `source` can take, bit/s."""

    source: int
    bit_rate: int
    media: tuple[int, ...] = ()


Report = SenderReport | ReceiverReport | Nack | KeyRequest | RateLimit


def read_rtcp(data: bytes) -> tuple[Report, ...]:
    """The reports of a compound packet that mean something here, in order; () if any part of it is malformed."""
    reports: list[Report] = []
    try:
        for kind, count, body in _parts(data):
            reports.extend(_read_part(kind, count, body))
    except (ValueError, struct.error, IndexError):
        return ()
    return tuple(reports)


def write_rtcp(reports: Iterable[Report]) -> bytes:
    return b"".join(_write_part(report) for report in reports)


def _parts(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at < len(data):
        first, kind, words = struct.unpack_from("!BBH", data, at)
        ends = at + 4 + 4 * words
        if first >> 6 != 2 or ends > len(data):
            raise ValueError("a part that is none")
        body = data[at + 4 : ends]
        if first & 0x20:
            if not 0 < body[-1] <= len(body):
                raise ValueError("padding that is none")
            body = body[: -body[-1]]
        yield kind, first & 0x1F, body
        at = ends


def _read_part(kind: int, count: int, body: bytes) -> Iterator[Report]:
    if kind == SENDER_REPORT:
        source, ntp, timestamp, packets, octets = _SENDER.unpack_from(body)
        yield SenderReport(source, ntp, timestamp, packets, octets, _read_blocks(count, body[_SENDER.size :]))
    elif kind == RECEIVER_REPORT:
        yield ReceiverReport(_WORD.unpack_from(body)[0], _read_blocks(count, body[4:]))
    elif kind in (TRANSPORT_FEEDBACK, PAYLOAD_FEEDBACK):
        source, media = _FEEDBACK.unpack_from(body)
        what = body[_FEEDBACK.size :]
        if kind == TRANSPORT_FEEDBACK and count == _NACK:
            yield Nack(source, media, tuple(_lost(what)))
        elif kind == PAYLOAD_FEEDBACK and count == _PLI:
            yield KeyRequest(source, media)
        elif kind == PAYLOAD_FEEDBACK and count == _FIR:
            for at in range(0, len(what), 8):
                yield KeyRequest(source, _WORD.unpack_from(what, at)[0])
        elif kind == PAYLOAD_FEEDBACK and count == _APPLICATION and what[:4] == b"REMB":
            rate = (((what[5] & 3) << 16) | _SHORT.unpack_from(what, 6)[0]) << (what[5] >> 2)
            yield RateLimit(source, rate, tuple(_WORD.unpack_from(what, 8 + 4 * at)[0] for at in range(what[4])))


def _read_blocks(count: int, body: bytes) -> tuple[Block, ...]:
    blocks = []
    for at in range(count):
        source, lost, highest, jitter, last, since = _BLOCK.unpack_from(body, at * _BLOCK.size)
        lost_all = lost & 0xFFFFFF
        if lost_all > _MOST_LOST:
            lost_all -= 1 << 24
        blocks.append(Block(source, (lost >> 24) / 256, lost_all, highest, jitter, last, since))
    return tuple(blocks)


def _lost(what: bytes) -> Iterator[int]:
    for at in range(0, len(what), 4):
        first, others = _LOST.unpack_from(what, at)
        yield first
        for bit in range(16):
            if others >> bit & 1:
                yield (first + bit + 1) & 0xFFFF


def _write_part(report: Report) -> bytes:
    match report:
        case SenderReport(source, ntp, timestamp, packets, octets, blocks):
            body = _SENDER.pack(source, ntp, timestamp, packets & _WORD_MASK, octets & _WORD_MASK)
            return _framed(SENDER_REPORT, len(blocks), body + _write_blocks(blocks))
        case ReceiverReport(source, blocks):
            return _framed(RECEIVER_REPORT, len(blocks), _WORD.pack(source) + _write_blocks(blocks))
        case Nack(source, media, lost):
            return _framed(TRANSPORT_FEEDBACK, _NACK, _FEEDBACK.pack(source, media) + _write_lost(lost))
        case KeyRequest(source, media):
            return _framed(PAYLOAD_FEEDBACK, _PLI, _FEEDBACK.pack(source, media))
        case RateLimit(source, bit_rate, media):
            shift = max(0, bit_rate.bit_length() - 18)
            mantissa = bit_rate >> shift
            limit = struct.pack("!BBH", len(media), shift << 2 | mantissa >> 16, mantissa & 0xFFFF)
            streams = b"".join(_WORD.pack(each) for each in media)
            return _framed(PAYLOAD_FEEDBACK, _APPLICATION, _FEEDBACK.pack(source, 0) + b"REMB" + limit + streams)
        case _:
            assert_never(report)


def _framed(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def _write_blocks(blocks: tuple[Block, ...]) -> bytes:
    written = b""
    for each in blocks:
        lost_all = max(-_MOST_LOST - 1, min(each.lost_all, _MOST_LOST)) & 0xFFFFFF
        lost = min(int(each.lost * 256), 255) << 24 | lost_all
        written += _BLOCK.pack(each.source, lost, each.highest, each.jitter, each.last_report, each.since)
    return written


def _write_lost(lost: tuple[int, ...]) -> bytes:
    """Sequence numbers in their order, pairs of (first, which of the 16 after it)."""
    written = b""
    waiting = list(lost)
    while waiting:
        first = waiting.pop(0)
        others = 0
        while waiting and 0 < (distance := (waiting[0] - first) & 0xFFFF) <= 16:
            others |= 1 << (distance - 1)
            waiting.pop(0)
        written += _LOST.pack(first, others)
    return written


# -- numbers that wrap -------------------------------------------------------------------------------------------------


def unwrapped(number: int, near: int, bits: int = 16) -> int:
    """The whole number that ends in these bits and is nearest to `near`."""
    span = 1 << bits
    away = (number - near) & (span - 1)
    return near + (away if away < span >> 1 else away - span)


def ntp_of(seconds: float) -> int:
    """Seconds of any clock as 32.32 bits."""
    return round(seconds * (1 << 32)) & ((1 << 64) - 1)


def seconds_of(ntp: int) -> float:
    """The reverse; what lies in the upper half of the range was negative."""
    return (ntp - (1 << 64) if ntp >> 63 else ntp) / (1 << 32)


def middle_of(ntp: int) -> int:
    """The 32 bits of an NTP time by which reports name each other, 1/65536 s."""
    return ntp >> 16 & _WORD_MASK


def round_trip(block: Block, ntp: int) -> float | None:
    """How long a report and its answer took, s, of which `ntp` is when the answer came; None: there was none, or it
    can't be so."""
    if block.last_report == 0:
        return None
    taken = (middle_of(ntp) - block.last_report - block.since) & _WORD_MASK
    return taken / 65536 if taken < 60 * 65536 else None
