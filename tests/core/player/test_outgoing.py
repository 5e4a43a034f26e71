"""Our own streams as packets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from player.core.call_media import OPUS, VP8, EncodedPicture, EncodedVoice
from player.core.outgoing import KEPT, Allowance, Numbering, Outgoing, OutPacket
from server.core.timeline import LocalTime


def picture(captured: float, size: int = 3000) -> EncodedPicture:
    return EncodedPicture(bytes(size), True, LocalTime(captured))


def voice(captured: float) -> EncodedVoice:
    return EncodedVoice(b"said", LocalTime(captured))


def test_a_picture_is_some_packets_of_one_instant_the_last_of_them_marked() -> None:
    out = Outgoing(zeros=(1000, 0))
    packets = out.picture(picture(2.0))
    assert [packet.marker for packet in packets] == [False, False, True]
    assert {packet.timestamp for packet in packets} == {1000 + 180_000}
    assert {packet.payload_type for packet in packets} == {VP8}
    assert [packet.number for packet in packets] == [0, 1, 2]
    assert out.picture(picture(2.1))[0].number == 3


def test_the_camera_s_time_is_that_of_capture_and_wraps() -> None:
    out = Outgoing(zeros=((1 << 32) - 1, 0))
    assert out.picture(picture(1.0))[0].timestamp == 89_999
    assert out.timestamp("picture", LocalTime(2.0)) == 179_999


def test_streams_that_have_not_begun_have_no_clock() -> None:
    out = Outgoing()
    assert out.timestamp("picture", LocalTime(1.0)) is None
    assert out.timestamp("voice", LocalTime(1.0)) is None
    assert out.kept(0) is None


def test_a_voice_counts_samples_whatever_its_captures_jitter() -> None:
    out = Outgoing(zeros=(0, 500))
    packets = [out.voice(voice(at)) for at in (1.0, 1.023, 1.039, 1.06)]
    assert [packet.timestamp for packet in packets] == [500, 1460, 2420, 3380]
    assert [packet.marker for packet in packets] == [True, False, False, False]
    assert {packet.payload_type for packet in packets} == {OPUS}
    # and its clock is that of the newest packet
    assert out.timestamp("voice", LocalTime(1.06)) == 3380
    assert out.timestamp("voice", LocalTime(1.07)) == 3860


def test_a_voice_jumps_over_a_silence_by_whole_packets() -> None:
    out = Outgoing()
    out.voice(voice(1.0))
    packet = out.voice(voice(2.005))
    assert packet.marker
    assert packet.timestamp == 50 * 960
    # a clock that was set back is no reason to say twice what was said
    assert out.voice(voice(1.5)).timestamp == 51 * 960


def test_packets_of_the_camera_are_kept_for_a_while() -> None:
    out = Outgoing()
    first = out.picture(picture(0.0, 100))[0]
    assert out.kept(0) == first
    assert out.kept(1) is None
    for count in range(1, KEPT + 1):
        newest = out.picture(picture(count / 15, 100))[0]
    assert out.kept(0) is None
    assert out.kept(KEPT) == newest
    assert out.kept(1) is not None


def packet(number: int) -> OutPacket:
    return OutPacket(number, VP8, False, 0, b"1234")


@given(st.integers(0, (1 << 15) - 1), st.integers(0, 10**6), st.integers(0, 200_000))
def test_each_connection_counts_for_itself(first: int, base: int, more: int) -> None:
    numbering = Numbering(first)
    assert numbering.sequence(packet(base)) == first
    sequence = numbering.sequence(packet(base + more))
    assert sequence == (first + more) & 0xFFFF
    assert numbering.number(sequence) == base + more
    assert numbering.number((sequence + 1) & 0xFFFF) is None  # not sent yet
    assert numbering.number((first - 1) & 0xFFFF) != base - 1  # not sent by this connection
    assert (numbering.sent, numbering.octets) == (2, 8)


def test_before_the_first_packet_there_is_nothing_to_send_again() -> None:
    assert Numbering(5).number(5) is None


def test_an_allowance_is_spent_and_comes_back() -> None:
    allowance = Allowance(rate=2.0, most=3.0)
    assert [allowance.take(LocalTime(1.0)) for _ in range(4)] == [True, True, True, False]
    assert not allowance.take(LocalTime(1.4))
    assert allowance.take(LocalTime(1.6))
    assert [allowance.take(LocalTime(9.0)) for _ in range(4)] == [True, True, True, False]
