from __future__ import annotations

import pytest

from server.core.allowance import Allowance, Allowances, address_group, address_shown


def take(allowance: Allowance | None, count: int, now: float) -> Allowance | None:
    for _ in range(count):
        assert allowance is not None
        allowance = allowance.take(now)
    return allowance


def test_a_full_allowance_gives_its_burst_and_no_more() -> None:
    left = take(Allowance.full(3, 2.0, now=10.0), 3, now=10.0)
    assert left is not None
    assert left.take(10.0) is None


def test_it_fills_at_its_rate_up_to_its_burst() -> None:
    empty = take(Allowance.full(3, 2.0, now=10.0), 3, now=10.0)
    assert empty is not None
    assert empty.take(10.4) is None
    assert empty.take(10.5) is not None
    full = take(empty, 3, now=1000.0)
    assert full is not None
    assert full.take(1000.0) is None


def test_a_clock_that_goes_back_adds_nothing() -> None:
    left = Allowance.full(2, 1.0, now=10.0).take(5.0)
    assert left == Allowance(2, 1.0, 1.0, 10.0)


@pytest.mark.parametrize(
    ("host", "group"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("somewhere", "somewhere"),
    ],
)
def test_addresses_of_one_machine_are_one_stranger(host: str, group: str) -> None:
    assert address_group(host) == group


@pytest.mark.parametrize(
    ("group", "shown"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("a secret", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_log_says_of_an_address_where_it_is_and_not_whose(group: str, shown: str) -> None:
    assert address_shown(group) == shown


def test_each_of_many_has_the_same_and_who_took_longest_ago_is_forgotten() -> None:
    many = Allowances(burst=1, rate=0.1, most=2)
    assert [many.take(who, 10.0) for who in ("ana", "ben", "ana", "ben")] == [True, True, False, False]
    assert [many.has(who, 10.0) for who in ("ana", "ben", "cleo")] == [False, False, True]
    assert many.take("cleo", 10.0)
    assert len(many) == 2
    assert many.has("ana", 10.0)
    many.give_back("cleo")
    many.give_back("cleo")
    many.give_back("who never took any")
    assert [many.take("cleo", 10.0) for _ in range(2)] == [True, False]
