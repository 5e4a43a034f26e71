"""When clocks are exchanged, and when a silent link is probed."""

from __future__ import annotations

import math
from itertools import pairwise

from player.core.exchange import Act, Exchange, ExchangePolicy


def drive(
    exchange: Exchange, until: float, answers_after: float | None, chance: float = 0.5
) -> list[tuple[float, Act]]:
    """What an obedient shell does up to an instant, with a link that answers after a time or never."""
    done: list[tuple[float, Act]] = []
    answers: list[tuple[float, float]] = []
    now = 0.0
    while True:
        now = min(exchange.deadline, *(due for due, _ in answers), math.inf)
        if now > until:
            return done
        for answer in [answer for answer in answers if answer[0] <= now]:
            answers.remove(answer)
            exchange = exchange.receive_answer(answer[1])
        exchange, acts = exchange.advance(now, chance)
        done += [(now, act) for act in acts]
        if Act.SEND in acts and answers_after is not None:
            answers.append((now + answers_after, now))


def test_nothing_is_due_without_a_connection() -> None:
    assert Exchange().deadline == math.inf
    assert Exchange().advance(100.0, 0.5) == (Exchange(), ())
    assert Exchange().connected(3.0).disconnected() == Exchange()


def test_a_connection_begins_with_a_burst_then_each_second_then_every_few_seconds() -> None:
    done = drive(Exchange().connected(0.0), 60.0, answers_after=0.16)
    assert {act for _, act in done} == {Act.SEND}
    sent = [at for at, _ in done]
    gaps = [round(later - earlier, 6) for earlier, later in pairwise(sent)]
    assert gaps[:7] == [0.05] * 7
    assert gaps[7:17] == [1.0] * 10
    assert set(gaps[18:]) == {3.5}


def test_the_gap_is_drawn_between_three_and_four_seconds() -> None:
    for chance, gap in ((0.0, 3.0), (1.0, 4.0)):
        sent = [at for at, _ in drive(Exchange().connected(0.0), 60.0, 0.0, chance)]
        assert sent[-1] - sent[-2] == gap


def test_a_silent_link_is_probed_after_a_second_and_a_half_then_each_second() -> None:
    exchange = Exchange().connected(0.0)
    assert not exchange.is_silent
    probes = [at for at, act in drive(exchange, 5.0, None) if act is Act.PROBE]
    assert probes == [1.5, 2.5, 3.5, 4.5]


def test_requests_into_a_silent_link_are_bounded() -> None:
    sent = [at for at, act in drive(Exchange().connected(0.0), 300.0, None) if act is Act.SEND]
    assert len(sent) == ExchangePolicy().most_waiting


def test_an_answer_ends_the_probing() -> None:
    exchange, _ = Exchange().connected(0.0).advance(0.0, 0.5)
    exchange, acts = exchange.advance(1.5, 0.5)
    assert acts == (Act.SEND, Act.PROBE)
    assert exchange.is_silent
    half = exchange.receive_answer(0.0)
    assert not half.is_silent
    assert half.probe_due == 3.0  # the second request is still unanswered
    assert half.receive_answer(1.5).probe_due == math.inf


def test_an_answer_proves_those_before_it_but_not_an_unknown_one() -> None:
    exchange = Exchange().connected(10.0)
    for now in (10.0, 10.06, 10.2):
        exchange, _ = exchange.advance(now, 0.5)
    assert exchange.receive_answer(10.0599995).waiting == (10.2,)
    assert exchange.receive_answer(3.0) == exchange


def test_a_wake_bursts_and_remembers_what_is_unanswered() -> None:
    exchange, _ = Exchange().connected(0.0).advance(0.0, 0.5)
    woken = exchange.burst(50.0)
    assert woken.burst_left == ExchangePolicy().burst_count
    _, acts = woken.advance(50.0, 0.5)
    assert acts == (Act.SEND, Act.PROBE)
    won = woken.connected(51.0)
    assert won.waiting == ()
    assert won.advance(51.0, 0.5)[1] == (Act.SEND,)


def test_a_shell_that_was_held_up_does_not_catch_up() -> None:
    exchange, _ = Exchange().connected(0.0).advance(0.0, 0.5)
    exchange, acts = exchange.receive_answer(0.0).advance(0.9, 0.5)
    assert acts == (Act.SEND,)
    assert exchange.send_due == 0.9 + ExchangePolicy().burst_gap
