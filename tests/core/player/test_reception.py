"""How a stream is received, as the other end is told, and what its path takes."""

from __future__ import annotations

import pytest

from player.core.reception import Losses, PictureDelays, RateGuess, RatePolicy, Reception
from player.core.rtp import middle_of, ntp_of
from server.core.timeline import LocalTime


def at(seconds: float) -> LocalTime:
    return LocalTime(seconds)


def test_nothing_is_told_of_what_has_not_begun() -> None:
    assert Reception(7, 90_000).block(at(1.0)) is None


def test_loss_is_told_since_the_last_word_and_over_all() -> None:
    reception = Reception(7, 90_000)
    for sequence in (65534, 65535, 1, 2):  # 0 is lost
        reception.add(sequence, 0, at(0.0))
    block = reception.block(at(0.0))
    assert block is not None
    assert (block.source, block.lost, block.lost_all, block.highest) == (7, 0.2, 1, 65538)
    reception.add(4, 0, at(0.0))
    reception.add(3, 0, at(0.0))  # overtaken
    again = reception.block(at(0.0))
    assert again is not None
    assert (again.lost, again.lost_all) == (0.0, 1)
    reception.add(4, 0, at(0.0))  # twice
    last = reception.block(at(0.0))
    assert last is not None
    assert (last.lost, last.lost_all) == (0.0, 0)


def test_jitter_is_how_unevenly_packets_come() -> None:
    even, uneven = Reception(1, 1000), Reception(2, 1000)
    for count in range(200):
        even.add(count, count * 20, at(count * 0.02))
        uneven.add(count, count * 20, at(count * 0.02 + (count % 2) * 0.008))
    said = even.block(at(4.0)), uneven.block(at(4.0))
    assert said[0] is not None
    assert said[1] is not None
    assert said[0].jitter == 0
    assert said[1].jitter == pytest.approx(8, abs=1)


def test_jitter_survives_a_wrap_of_the_rtp_time() -> None:
    reception = Reception(1, 90_000)
    for count in range(10):
        reception.add(count, ((1 << 32) - 5 * 6000 + count * 6000) & 0xFFFFFFFF, at(count / 15))
    block = reception.block(at(1.0))
    assert block is not None
    assert block.jitter == 0


def test_the_last_report_and_its_age_are_told_for_the_round_trip() -> None:
    reception = Reception(1, 48_000)
    reception.add(1, 0, at(1.0))
    block = reception.block(at(1.0))
    assert block is not None
    assert (block.last_report, block.since) == (0, 0)
    reception.heard_report(ntp_of(50.0), at(1.0))
    block = reception.block(at(1.5))
    assert block is not None
    assert (block.last_report, block.since) == (middle_of(ntp_of(50.0)), 32768)


def test_the_estimate_rises_where_nothing_speaks_against_it_but_not_into_the_unknown() -> None:
    guess = RateGuess()
    assert guess.bit_rate == 600_000
    assert guess.receive_second(0.0, 0.0, None) == guess  # there was nothing to learn from
    risen = guess.receive_second(500_000, 0.0, 0.05)
    assert risen.bit_rate == 648_000
    for _ in range(100):
        risen = risen.receive_second(500_000, 0.0, 0.05)
    assert risen.bit_rate == pytest.approx(1_000_000, rel=0.08)  # twice what is sent
    for _ in range(100):
        risen = risen.receive_second(5_000_000, 0.0, 0.05)
    assert risen.bit_rate == RatePolicy().most


def test_a_queue_that_grows_lowers_it_below_what_came() -> None:
    guess = RateGuess().receive_second(400_000, 0.0, 0.05)
    assert guess.receive_second(400_000, 0.0, 0.20).bit_rate == 340_000
    assert guess.receive_second(1_000, 0.0, 0.20).bit_rate == RatePolicy().least


def test_a_queue_is_measured_against_the_last_half_minute() -> None:
    guess = RateGuess().receive_second(400_000, 0.0, 0.0)
    for _ in range(RatePolicy().memory):
        guess = guess.receive_second(400_000, 0.0, 0.5)
    low = guess.bit_rate
    assert guess.receive_second(400_000, 0.0, 0.5).bit_rate > low  # so the path is longer now


def test_much_loss_lowers_it_and_some_loss_holds_it() -> None:
    guess = RateGuess()
    assert guess.receive_second(500_000, 0.2, 0.0).bit_rate == 450_000
    assert guess.receive_second(500_000, 0.05, 0.0).bit_rate == 600_000


def test_the_least_delay_of_a_second_is_taken_over_wraps() -> None:
    delays = PictureDelays(90_000)
    assert delays.take() is None
    delays.add((1 << 32) - 90_000, at(10.0))
    base = delays.take()
    assert base is not None
    delays.add(90_000, at(12.3))
    delays.add(180_000, at(13.1))
    assert delays.take() == pytest.approx(base + 0.1)
    assert delays.take() is None


def test_losses_are_weighed_towards_the_newest() -> None:
    losses = Losses()
    assert losses.loss == 0.0
    losses.add(0.0)
    losses.add(0.3)
    assert losses.loss == pytest.approx(0.2)
    for _ in range(4):
        losses.add(0.0)
    assert losses.loss == 0.0
