from __future__ import annotations

import pytest

from server.core.sharing import Share, Sharing, SharingPolicy

POLICY = SharingPolicy(window=0.04, part=0.5, second_part=0.2, third_part=0.1, memory=2.0, first_least=0.001)


def test_while_there_is_time_everybody_is_served() -> None:
    sharing = Sharing(POLICY, 10.0)
    greedy, now = Share(), 10.0
    for _ in range(100):  # a quarter of the time
        assert sharing.may_take(greedy, now)
        sharing.spend(0.01, now, greedy)
        now += 0.04


def test_when_it_is_used_up_only_those_go_on_who_took_little() -> None:
    sharing = Sharing(POLICY, 10.0)
    greedy, modest, new = Share(), Share(), Share()
    sharing.spend(0.001, 10.001, modest)
    sharing.spend(0.02, 10.03, greedy)
    assert not sharing.has_time(10.031)
    assert not sharing.may_take(greedy, 10.031)
    assert sharing.may_take(modest, 10.031)
    assert sharing.may_take(new, 10.031)


def test_and_of_those_not_more_than_there_is_a_second_part_for() -> None:
    sharing = Sharing(POLICY, 10.0)
    sharing.spend(0.021, 10.021, Share())
    new = [Share() for _ in range(100)]
    served = 0
    for share in new:
        if sharing.may_take(share, 10.03):
            served += 1
            sharing.spend(0.0001, 10.03, share)
    assert served == 70


def test_while_others_wait_the_time_is_theirs() -> None:
    sharing = Sharing(POLICY, 10.0)
    greedy, modest = Share(), Share()
    sharing.spend(0.001, 10.001, modest)
    sharing.spend(0.01, 10.01, greedy)
    assert sharing.may_take(greedy, 10.02)
    assert not sharing.may_take(greedy, 10.02, others_wait=True)
    assert sharing.may_take(modest, 10.02, others_wait=True)


def test_the_next_window_has_time_for_all_again() -> None:
    sharing = Sharing(POLICY, 10.0)
    greedy = Share()
    sharing.spend(0.03, 10.03, greedy)
    sharing.spend(0.001, 10.03, Share())
    assert sharing.window_ends == pytest.approx(10.04)
    assert sharing.may_take(greedy, 10.04)
    assert sharing.window_ends == pytest.approx(10.08)


def test_what_is_done_for_all_uses_up_time_and_is_nobodys() -> None:
    sharing = Sharing(POLICY, 10.0)
    greedy, modest = Share(), Share()
    sharing.spend(0.004, 10.004, greedy)
    sharing.spend(0.001, 10.005, modest)
    sharing.spend(0.02, 10.03)
    assert not sharing.may_take(greedy, 10.03)
    assert sharing.may_take(modest, 10.03)


def test_what_was_taken_is_forgiven_in_time() -> None:
    sharing = Sharing(POLICY, 10.0)
    once, always, now = Share(), Share(), 10.0
    sharing.spend(0.02, now, once)
    while now < 16.0:
        sharing.spend(0.021, now, always)
        now += 0.04
    assert sharing.may_take(once, now - 0.04)
    assert not sharing.may_take(always, now - 0.04)


def test_who_was_here_first_does_not_wait_for_a_crowd() -> None:
    sharing = Sharing(POLICY, 10.0)
    pair, crowd = [Share(), Share()], [Share() for _ in range(1000)]
    now = 10.0
    for _ in range(50):  # each of the pair takes twice as much as each of the crowd
        for share in crowd + pair * 2:
            now += 40e-6
            sharing.spend(40e-6, now, share)
    now += 0.04
    sharing.spend(0.029, now)
    assert not any(sharing.may_take(share, now) for share in pair)
    sharing.rank([*pair, *crowd], now)
    assert all(sharing.may_take(share, now) for share in pair)
    assert 100 < sum(share.is_first for share in crowd) < 200
    assert not sharing.may_take(crowd[-1], now)
    sharing.spend(0.004, now)
    assert not any(sharing.may_take(share, now) for share in pair)
    sharing.rank([*crowd, *pair], now)
    assert not any(share.is_first for share in pair)


def test_however_little_they_take_only_so_many_are_first() -> None:
    crowd = [Share() for _ in range(1000)]
    Sharing(POLICY, 10.0).rank(crowd, 10.0)
    firsts = sum(share.is_first for share in crowd)
    assert firsts == pytest.approx(200, abs=1)
    assert all(share.is_first for share in crowd[:firsts])


def test_a_pause_of_more_than_a_second_leaves_no_takers() -> None:
    sharing = Sharing(POLICY, 10.0)
    for _ in range(10):
        sharing.spend(0.001, 10.0, Share())
    greedy = Share()
    sharing.spend(0.03, 15.0, greedy)
    sharing.spend(0.0, 16.0, Share())
    assert not sharing.may_take(greedy, 16.0) or sharing.has_time(16.0)


def test_a_polite_pair_is_served_at_once_beside_a_thousand_who_keep_to_their_limits() -> None:
    """Each of them asks 40 times a second, the pair ten times; 30 µs each are 1.2 s of work in a second."""
    sharing = Sharing(SharingPolicy(), 0.0)
    crowd, pair = [Share() for _ in range(1000)], [Share(), Share()]
    now, waited, asked, served = 0.0, 0, 0, 0
    for step in range(200):  # of 25 ms
        now = max(now, step * 0.025)
        if step % 10 == 0:
            sharing.rank([*pair, *crowd], now)
        for share in crowd[step % 1000 :] + crowd[: step % 1000]:
            if sharing.may_take(share, now):
                now += 30e-6
                sharing.spend(30e-6, now, share)
                served += 1
        for share in pair if step % 4 == 0 else []:
            asked += 1
            waited += not sharing.may_take(share, now)
            sharing.spend(30e-6, now, share)
    assert (asked, waited) == (100, 0)
    assert 30e-6 * served < 0.9 * now
