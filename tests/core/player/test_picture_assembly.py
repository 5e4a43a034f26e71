"""Packets of a camera, as they come, and the pictures that are made of them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core import vp8
from player.core.call_media import ArrivedPicture
from player.core.picture_assembly import Assembly, AssemblyPolicy
from server.core.timeline import LocalTime

Packet = tuple[int, int, bool, bytes]  # sequence, timestamp, marker, payload


def key(number: int, size: int = 3000, width: int = 320, height: int = 240) -> bytes:
    header = b"\x10\0\0\x9d\x01\x2a" + width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return header + number.to_bytes(4, "big") + bytes(size)


def delta(number: int, size: int = 1500) -> bytes:
    return b"\x11" + number.to_bytes(4, "big") + bytes(size)


class Sender:
    """Cuts pictures, as the other end does."""

    def __init__(self, first: int = 100) -> None:
        self._sequence = first
        self._timestamp = 0

    def packets(self, picture: bytes) -> list[Packet]:
        cut = vp8.payloads(picture)
        made = []
        for at, payload in enumerate(cut, 1):
            made.append((self._sequence & 0xFFFF, self._timestamp & 0xFFFFFFFF, at == len(cut), payload))
            self._sequence += 1
        self._timestamp += 6000
        return made


def fed(assembly: Assembly, packets: list[Packet], now: float = 0.0) -> list[ArrivedPicture]:
    return [picture for packet in packets for picture in assembly.add(*packet, LocalTime(now))]


def test_a_picture_goes_out_with_its_last_packet() -> None:
    assembly, sender = Assembly(), Sender()
    packets = sender.packets(key(0))
    assert fed(assembly, packets[:-1], 1.0) == []
    (picture,) = assembly.add(*packets[-1], LocalTime(1.5))
    assert picture == ArrivedPicture(key(0), 0, True, False, LocalTime(1.5))
    (after,) = fed(assembly, sender.packets(delta(1)))
    assert (after.data, after.is_key, after.follows) == (delta(1), False, True)
    assert not assembly.wants_key


def test_packets_that_overtake_each_other_make_the_same_pictures() -> None:
    assembly, sender = Assembly(), Sender(first=65530)
    pictures = [key(0), *(delta(number) for number in range(1, 20))]
    packets = [packet for picture in pictures for packet in sender.packets(picture)]
    first, rest = packets[0], packets[1:]
    chance = random.Random(5)
    mixed = [each for _, each in sorted((at + chance.uniform(0, 6), each) for at, each in enumerate(rest))]
    out = fed(assembly, [first, *mixed])
    assert [picture.data for picture in out] == pictures
    assert not assembly.is_missing


def test_repeated_packets_change_nothing() -> None:
    assembly, sender = Assembly(), Sender()
    packets = [*sender.packets(key(0)), *sender.packets(delta(1))]
    assert len(fed(assembly, [each for packet in packets for each in (packet, packet)])) == 2
    assert fed(assembly, packets) == []


def test_what_is_missing_is_asked_for_after_a_moment_again_and_then_no_more() -> None:
    policy = AssemblyPolicy()
    assembly, sender = Assembly(), Sender()
    fed(assembly, sender.packets(key(0)))
    lost = sender.packets(delta(1))
    assert fed(assembly, [*lost[1:], *sender.packets(delta(2))], 1.0) == []
    assert assembly.is_missing
    first = assembly.look(LocalTime(1.005))
    assert (first.lost, first.look_at) == ((), 1.0 + policy.overtaken)
    assert assembly.look(LocalTime(1.011)).lost == (lost[0][0],)
    assert assembly.look(LocalTime(1.02)).lost == ()
    asked = [assembly.look(LocalTime(1.011 + (policy.ask_gap + 0.002) * each)).lost for each in range(1, 6)]
    assert asked == [(lost[0][0],)] * 3 + [()] * 2
    # it comes, and with it what waited
    out = assembly.add(*lost[0], LocalTime(1.35))
    assert [(picture.data, picture.follows) for picture in out] == [(delta(1), True), (delta(2), True)]
    assert out[0].arrived == 1.35
    assert assembly.look(LocalTime(1.4)).look_at is None


def test_who_is_far_away_is_asked_less_often() -> None:
    assembly, sender = Assembly(), Sender()
    assembly.round_trip = 0.2
    fed(assembly, sender.packets(key(0)))
    sender.packets(delta(1))
    fed(assembly, sender.packets(delta(2)), 1.0)
    wanted = assembly.look(LocalTime(1.02))
    assert len(wanted.lost) == 2
    assert wanted.look_at == pytest.approx(1.02 + 0.2 + AssemblyPolicy().ask_gap)


def test_what_stays_away_is_given_up_and_a_key_frame_wanted() -> None:
    assembly, sender = Assembly(), Sender()
    fed(assembly, sender.packets(key(0)))
    lost = sender.packets(delta(1))
    fed(assembly, [*lost[:1], *sender.packets(delta(2))], 1.0)
    wanted = assembly.look(LocalTime(1.01 + AssemblyPolicy().patience))
    assert [(picture.data, picture.follows) for picture in wanted.pictures] == [(delta(2), False)]
    assert wanted.look_at is None
    assert assembly.wants_key
    (after,) = fed(assembly, sender.packets(delta(3)), 1.5)
    assert after.follows
    assert assembly.wants_key
    (whole,) = fed(assembly, sender.packets(key(4)), 1.6)
    assert whole.is_key
    assert not assembly.wants_key
    assert fed(assembly, lost, 1.7) == []  # too late


def test_a_complete_key_frame_behind_a_gap_is_not_waited_for() -> None:
    assembly, sender = Assembly(), Sender()
    fed(assembly, sender.packets(key(0)))
    sender.packets(delta(1))
    fed(assembly, [*sender.packets(delta(2)), *sender.packets(key(3)), *sender.packets(delta(4))], 1.0)
    wanted = assembly.look(LocalTime(1.0))
    assert [(picture.data, picture.follows) for picture in wanted.pictures] == [(key(3), False), (delta(4), True)]
    assert not assembly.wants_key
    assert not assembly.is_missing


def test_the_middle_of_a_picture_that_lost_its_beginning_is_no_picture() -> None:
    assembly, sender = Assembly(), Sender()
    fed(assembly, sender.packets(key(0)))
    lost = sender.packets(key(1, 5000))
    fed(assembly, lost[1:], 1.0)
    wanted = assembly.look(LocalTime(2.0))
    assert wanted.pictures == ()
    assert assembly.wants_key
    (after,) = fed(assembly, sender.packets(key(2)), 2.1)
    assert (after.data, after.follows) == (key(2), False)


def test_a_stream_is_begun_with_a_picture_s_first_packet_and_shown_from_a_key_frame() -> None:
    assembly, sender = Assembly(), Sender()
    middle = sender.packets(delta(0))
    assert fed(assembly, middle[1:]) == []
    assert assembly.wants_key
    assert fed(assembly, sender.packets(delta(1))) == []
    assert assembly.wants_key
    assert [picture.data for picture in fed(assembly, sender.packets(key(2)))] == [key(2)]


def test_a_picture_without_an_end_is_dropped_when_the_next_one_is_there() -> None:
    assembly, sender = Assembly(), Sender()
    fed(assembly, sender.packets(key(0)))
    endless = [(sequence, stamp, False, payload) for sequence, stamp, _, payload in sender.packets(delta(1))]
    assert fed(assembly, endless) == []
    (after,) = fed(assembly, sender.packets(delta(2)))
    assert (after.data, after.follows) == (delta(2), False)
    assert assembly.wants_key


@pytest.mark.parametrize("size", [(0, 240), (320, 0)])
def test_a_key_frame_without_a_size_is_none(size: tuple[int, int]) -> None:
    assembly, sender = Assembly(), Sender()
    fed(assembly, sender.packets(key(0)))
    assert fed(assembly, sender.packets(key(1, 10, *size))) == []
    assert assembly.wants_key
    assert fed(assembly, sender.packets(delta(2))) == []


def test_a_key_frame_with_a_broken_header_is_none() -> None:
    assembly, sender = Assembly(), Sender()
    assert fed(assembly, sender.packets(b"\x10" + bytes(50))) == []
    assert assembly.wants_key


def test_a_size_that_was_not_agreed_is_refused_and_asked_for_no_more() -> None:
    assembly, sender = Assembly(), Sender()
    assert fed(assembly, sender.packets(key(0, width=1281))) == []
    assert assembly.refused == (1281, 240)
    assert fed(assembly, sender.packets(delta(1))) == []
    assert not assembly.wants_key
    assert fed(assembly, sender.packets(key(2, height=721))) == []
    assert assembly.refused == (320, 721)
    assert len(fed(assembly, sender.packets(key(3, width=1280, height=720)))) == 1
    assert assembly.refused is None


def test_what_holds_no_picture_is_dropped() -> None:
    assembly = Assembly()
    assert assembly.add(1, 0, True, b"", LocalTime(0.0)) == []
    assert assembly.add(2, 0, True, b"\x90\x80", LocalTime(0.0)) == []
    assert not assembly.wants_key


def test_another_stream_after_a_silence_begins_anew() -> None:
    assembly = Assembly()
    fed(assembly, Sender(first=100).packets(key(0)))
    (picture,) = fed(assembly, Sender(first=30_000).packets(key(1)))
    assert (picture.data, picture.follows) == (key(1), False)
    assert not assembly.is_missing
    # also where it begins with what can't be shown
    assert fed(assembly, Sender(first=50_000).packets(delta(2))[1:]) == []
    assert assembly.wants_key


def test_more_losses_than_can_be_asked_for_are_another_stream() -> None:
    assembly, sender = Assembly(), Sender()
    fed(assembly, sender.packets(key(0)))
    for number in range(100):
        sender.packets(delta(number))
    fed(assembly, sender.packets(delta(200)), 1.0)
    wanted = assembly.look(LocalTime(1.0))
    assert wanted.lost == ()
    assert not assembly.is_missing
    assert assembly.wants_key


def test_memory_is_bounded_in_bytes() -> None:
    assembly, sender = Assembly(AssemblyPolicy(bytes_most=20_000)), Sender()
    fed(assembly, sender.packets(key(0, 100)))
    out = fed(assembly, sender.packets(key(1, 30_000)))
    assert out == []
    assert assembly._bytes == 0 or assembly._bytes < 20_000
    assert assembly.wants_key


@given(
    st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 3), st.booleans(), st.binary(max_size=12)), max_size=60)
)
def test_nothing_that_comes_raises_or_is_kept_for_ever(packets: list[Packet]) -> None:
    assembly = Assembly(AssemblyPolicy(packets_most=40, bytes_most=300, lost_most=20))
    for count, packet in enumerate(packets):
        assembly.add(*packet, LocalTime(count * 0.05))
        assembly.look(LocalTime(count * 0.05 + 0.02))
        assert assembly._bytes == sum(len(held.body) for held in assembly._held.values())
        assert len(assembly._held) <= 41
        assert len(assembly._missing) <= 41


@given(st.data())
def test_a_path_that_loses_and_reorders_costs_pictures_but_no_order(data: st.DataObject) -> None:
    """Whatever is lost: pictures come whole, once, in order, and `follows` tells the truth."""
    chance = random.Random(data.draw(st.integers(0, 10**6)))
    lossy = data.draw(st.floats(0, 0.6))
    assembly, sender = Assembly(), Sender(first=chance.randrange(65536))
    now, waiting = 0.0, []
    out: list[ArrivedPicture] = []
    sent: list[bytes] = []
    for number in range(40):
        now += 1 / 15
        picture = key(number) if number == 0 or assembly.wants_key else delta(number)
        sent.append(picture)
        packets = sender.packets(picture)
        waiting += [(now + chance.uniform(0, 0.2), packet) for packet in packets if chance.random() >= lossy]
        waiting.sort(key=lambda each: each[0])
        while waiting and waiting[0][0] <= now:
            out += fed(assembly, [waiting.pop(0)[1]], now)
        out += assembly.look(LocalTime(now)).pictures
    numbers = [sent.index(picture.data) for picture in out]
    assert numbers == sorted(set(numbers))
    for before, after, picture in zip(numbers, numbers[1:], out[1:], strict=False):
        assert not picture.follows or after == before + 1
