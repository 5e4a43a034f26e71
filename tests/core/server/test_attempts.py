from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.core.attempts import Attempts, AttemptsPolicy

POLICY = AttemptsPolicy(address_burst=2, address_rate=0.5, room_burst=3, room_rate=1.0, remembered=4)


def guess(attempts: Attempts, address: str, room: str, now: float = 10.0) -> bool:
    """What a caller does; whether the guess was looked at."""
    may = attempts.may_try(address, room, now)
    if may:
        attempts.count(address, room, now)
    return may


def test_an_address_has_its_burst_and_then_its_rate_whichever_rooms_it_tries() -> None:
    attempts = Attempts(POLICY)
    assert [guess(attempts, "mallory", room) for room in ("den", "attic", "cellar")] == [True, True, False]
    assert not guess(attempts, "mallory", "den", now=11.9)
    assert guess(attempts, "mallory", "den", now=12.0)


def test_a_room_has_its_burst_and_then_its_rate_however_many_guess_at_it() -> None:
    attempts = Attempts(POLICY)
    assert [guess(attempts, f"m{number}", "den") for number in range(4)] == [True, True, True, False]
    assert guess(attempts, "m9", "attic")
    assert guess(attempts, "m8", "den", now=11.0)


def test_without_a_room_only_the_address_counts() -> None:
    attempts = Attempts(POLICY)
    assert all(guess(attempts, f"m{number}", "") for number in range(10))
    assert [guess(attempts, "mallory", "") for _ in range(3)] == [True, True, False]
    assert len(attempts) == 4


def test_who_was_right_has_lost_nothing() -> None:
    attempts = Attempts(POLICY)
    for _ in range(20):
        assert guess(attempts, "ana", "den")
        attempts.give_back("ana", "den")
        assert guess(attempts, "ana", "")
        attempts.give_back("ana", "")
    assert [guess(attempts, "ana", "den") for _ in range(3)] == [True, True, False]


def test_more_is_not_given_back_than_there_was() -> None:
    attempts = Attempts(POLICY)
    guess(attempts, "ana", "den")
    for _ in range(5):
        attempts.give_back("ana", "den")
        attempts.give_back("who was never here", "nowhere")
    assert [guess(attempts, "ana", "den") for _ in range(3)] == [True, True, False]


def test_counting_what_may_not_be_tried_takes_nothing_more() -> None:
    attempts = Attempts(POLICY)
    for _ in range(100):
        attempts.count("mallory", "den", 10.0)
    assert attempts.may_try("mallory", "den", 12.0)


def test_who_guesses_on_is_remembered_and_who_was_counted_longest_ago_is_forgotten() -> None:
    attempts = Attempts(POLICY)
    guess(attempts, "idle", "")
    for number in range(20):
        attempts.count("mallory", "", 10.0)
        guess(attempts, f"m{number}", "")
    assert not attempts.may_try("mallory", "", 10.0)
    assert attempts.may_try("idle", "", 10.0)
    assert len(attempts) == POLICY.remembered


@given(
    guesses=st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["", "den", "attic"]), st.floats(0.0, 5.0))),
)
def test_nobody_guesses_more_than_its_allowance_and_little_is_remembered(
    guesses: list[tuple[str, str, float]],
) -> None:
    attempts = Attempts(AttemptsPolicy(address_burst=2, address_rate=0.5, room_burst=3, room_rate=1.0, remembered=6))
    now, made = 0.0, []
    for address, room, pause in guesses:
        now += pause
        if guess(attempts, address, room, now):
            made.append((address, room))
        assert len(attempts) <= 12
    for address in "abcdef":
        assert sum(each == address for each, _ in made) <= 2 + 0.5 * now + 1e-6
    for room in ("den", "attic"):
        assert sum(each == room for _, each in made) <= 3 + 1.0 * now + 1e-6
