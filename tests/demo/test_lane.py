"""A direction of a connection over a long path: delays, order, and what a cut does to it. Virtual time."""

from __future__ import annotations

import random

from player.demo.lane import Lane


def arrivals(lane: Lane) -> list[tuple[float, bytes]]:
    """All that arrives, each at its own instant."""
    found = []
    while (due := lane.due_at()) is not None:
        piece = lane.take(due)
        assert piece is not None
        found.append((due, piece))
    return found


def test_a_piece_arrives_after_its_delay_and_not_before() -> None:
    lane = Lane()
    lane.put(b"a", 10.0, 0.08)
    assert lane.take(10.079) is None
    assert lane.take(10.08) == b"a"
    assert lane.take(11.0) is None
    assert lane.due_at() is None


def test_pieces_keep_their_order_through_jitter() -> None:
    lane, chance = Lane(), random.Random(1)
    sent = [(index * 0.005, 0.08 + chance.uniform(-0.02, 0.02)) for index in range(200)]
    for index, (now, delay) in enumerate(sent):
        lane.put(b"%d" % index, now, delay)
    found = arrivals(lane)
    assert [int(piece) for _, piece in found] == list(range(200))
    for (now, delay), (due, _) in zip(sent, found, strict=True):
        assert due >= now + delay
    instants = [due for due, _ in found]
    assert instants == sorted(instants)


def test_bytes_under_way_are_counted() -> None:
    lane = Lane()
    lane.put(b"abc", 0.0, 1.0)
    lane.put(b"de", 0.0, 1.0)
    assert lane.held == 5
    lane.take(1.0)
    assert lane.held == 2


def test_nothing_arrives_through_a_cut() -> None:
    lane = Lane()
    lane.put(b"under way", 0.0, 0.1)
    lane.cut(0.05)
    lane.put(b"later", 1.0, 0.1)
    assert lane.due_at() is None
    assert lane.take(100.0) is None


def test_what_a_cut_lost_comes_when_the_timer_fires_after_it() -> None:
    lane = Lane(timer=0.3)
    lane.put(b"a", 0.0, 0.1)
    lane.cut(0.0)
    lane.put(b"b", 2.0, 0.1)
    lane.restore(5.0, 0.1)
    # repetitions at 0.3, 0.9, 2.1, 4.5, 9.3: the first on a path that works is the last one
    assert [round(due, 6) for due, _ in arrivals(lane)] == [9.4, 9.4]
    lane.put(b"c", 6.0, 0.1)
    assert lane.due_at() == 9.4, "in order"


def test_what_was_first_sent_into_the_cut_has_a_younger_timer() -> None:
    lane = Lane(timer=0.3)
    lane.cut(0.0)
    lane.cut(3.0)
    lane.put(b"a", 4.0, 0.1)
    lane.restore(5.0, 0.1)
    assert [round(due, 6) for due, _ in arrivals(lane)] == [6.2]


def test_a_cut_that_met_nothing_leaves_nothing_behind() -> None:
    lane = Lane()
    lane.restore(1.0, 0.1)
    lane.cut(1.0)
    lane.restore(6.0, 0.1)
    lane.put(b"a", 6.0, 0.1)
    assert lane.due_at() == 6.1
