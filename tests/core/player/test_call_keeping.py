"""When the process of the call is started, ended and started again."""

from __future__ import annotations

from player.core.call_keeping import Keeping, KeepingPolicy

POLICY = KeepingPolicy()


def looked(keeping: Keeping, start: float, seconds: float) -> Keeping:
    """After looks for so long."""
    for step in range(int(seconds / POLICY.look) + 1):
        keeping = keeping.receive_look(POLICY, start + step * POLICY.look)
    return keeping


def test_it_is_started_at_once() -> None:
    assert Keeping().duty_at(POLICY, 0.0) == "start"
    assert Keeping().receive_start(0.0).duty_at(POLICY, 0.1) is None


def test_a_slow_start_is_no_hang_but_an_endless_one_is() -> None:
    keeping = looked(Keeping().receive_start(0.0), 0.0, 29.0)
    assert keeping.duty_at(POLICY, 29.0) is None
    keeping = looked(keeping, 29.0, 2.0)
    assert keeping.duty_at(POLICY, 31.0) == "kill"


def test_silence_is_a_hang() -> None:
    keeping = looked(Keeping().receive_start(0.0).receive_word(1.0), 1.0, 5.0)
    assert keeping.duty_at(POLICY, 5.9) is None
    assert keeping.duty_at(POLICY, 6.1) == "kill"
    assert keeping.receive_word(6.1).duty_at(POLICY, 6.2) is None


def test_silence_while_we_were_away_ourselves_is_none() -> None:
    keeping = looked(Keeping().receive_start(0.0).receive_word(1.0), 1.0, 1.0)
    keeping = keeping.receive_look(POLICY, 100.0)
    assert keeping.duty_at(POLICY, 100.0) is None
    assert looked(keeping, 100.0, 5.5).duty_at(POLICY, 105.5) == "kill"


def test_deaths_in_a_row_are_answered_ever_later() -> None:
    keeping, now, waits = Keeping(), 0.0, []
    for _ in range(9):
        keeping = keeping.receive_start(now)
        keeping = keeping.receive_end(POLICY, now)
        waits.append(keeping.may_start_at - now)
        assert keeping.duty_at(POLICY, now) is None
        now = keeping.may_start_at
        assert keeping.duty_at(POLICY, now) == "start"
    assert waits == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]
    keeping = keeping.receive_start(now).receive_word(now + 1.0).receive_end(POLICY, now + 31.0)
    assert keeping.wait == POLICY.first_wait
