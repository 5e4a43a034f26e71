"""When a picture is shown."""

from __future__ import annotations

import pytest

from player.core.lip_sync import HeldPicture, LipSync, LipSyncPolicy, VoicePlace, hold, next_due, show_due
from server.core.timeline import LocalTime, RoomTime

POLICY = LipSyncPolicy()
BEHIND = 0.140  # s, from when a sound was taken to when it leaves the device


def voice(now: float, behind: float = BEHIND, spoke: float | None = None) -> VoicePlace:
    """Room time is local time here."""
    return VoicePlace(
        RoomTime(now - behind), LocalTime(now), LocalTime(now), LocalTime(now if spoke is None else spoke)
    )


def picture(number: int, captured: float | None, arrived: float) -> HeldPicture:
    return HeldPicture(number, None if captured is None else RoomTime(captured), LocalTime(arrived))


def shown(state: LipSync, place: VoicePlace | None, now: float) -> tuple[LipSync, int | None]:
    state, found = show_due(POLICY, state, place, LocalTime(now))
    return state, None if found is None else found.number


def test_a_picture_waits_for_its_voice() -> None:
    """24 pictures a second that come after 30 ms, a voice after 140: they are shown with it, within 40 ms."""
    state, off = LipSync(), []
    pictures = [(10.0 + n / 24, 10.03 + n / 24) for n in range(48)]
    for tick in range(2500):
        now = 10.0 + tick / 1000
        for number, (captured, arrived) in enumerate(pictures):
            if abs(arrived - now) < 0.0005:
                state = hold(POLICY, state, picture(number, captured, arrived))
        state, number_shown = shown(state, voice(now), now)
        if number_shown is not None:
            off.append(now - (pictures[number_shown][0] + BEHIND))
    assert len(off) == 48
    assert all(-0.040 <= each <= 0.040 for each in off)
    assert all(each == pytest.approx(-POLICY.early, abs=0.0011) for each in off)


@pytest.mark.parametrize(
    ("captured", "place"),
    [
        (10.0, None),  # nobody heard
        (None, voice(10.03)),  # nobody knows when it was taken
        (10.0, VoicePlace(RoomTime(9.9), LocalTime(10.03), LocalTime(10.03), None)),  # the voice never said anything
        (10.0, voice(10.03, spoke=6.9)),  # for a while it has not
        (10.0, voice(9.7)),  # it has ended
        (10.0, voice(10.03, behind=0.01)),  # it is earlier than the picture
    ],
)
def test_without_a_voice_to_wait_for_a_picture_is_shown_at_once(
    captured: float | None, place: VoicePlace | None
) -> None:
    state = hold(POLICY, LipSync(), picture(1, captured, 10.03))
    assert next_due(POLICY, state, place, LocalTime(10.03)) <= 10.03  # type: ignore[operator]
    state, number = shown(state, place, 10.03)
    assert number == 1
    assert state == LipSync()


def test_nothing_is_held_longer_than_a_quarter_of_a_second() -> None:
    state = hold(POLICY, LipSync(), picture(1, 10.0, 10.03))
    state, number = shown(state, voice(10.27, behind=2.0), 10.27)
    assert number is None
    assert next_due(POLICY, state, voice(10.27, behind=2.0), LocalTime(10.27)) == pytest.approx(10.28)
    assert shown(state, voice(10.281, behind=2.0), 10.281)[1] == 1


def test_of_a_backlog_only_the_newest_due_is_shown() -> None:
    state = LipSync()
    for number in range(6):
        state = hold(POLICY, state, picture(number, 10.0 + number / 24, 10.03 + number / 24))
    state, number = shown(state, voice(10.25), 10.25)
    assert number == 2  # taken at 10.083, heard at 10.223; the next is heard at 10.265
    assert [held.number for held in state.held] == [3, 4, 5]
    state, number = shown(state, None, 10.25)
    assert number == 5
    assert shown(state, None, 10.26) == (LipSync(), None)
    assert next_due(POLICY, state, None, LocalTime(10.26)) is None


def test_a_capture_time_out_of_order_holds_nobody_up() -> None:
    state = hold(POLICY, LipSync(), picture(1, 10.2, 10.03))
    state = hold(POLICY, state, picture(2, 10.0, 10.03))
    state, number = shown(state, voice(10.14), 10.14)
    assert number == 2
    assert state == LipSync()


def test_not_too_many_wait() -> None:
    state = LipSync()
    for number in range(40):
        state = hold(POLICY, state, picture(number, 10.0, 10.0))
    assert [held.number for held in state.held] == list(range(24, 40))
