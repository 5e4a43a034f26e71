"""The jitter buffer, step by step; test_jitter_networks.py has it on simulated networks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.call_media import VoicePacket
from player.core.jitter import (
    Conceal,
    Jitter,
    JitterPolicy,
    Play,
    Recover,
    Rest,
    Step,
    after_stretching,
    base_of,
    next_step,
    receive_packet,
)
from server.core.timeline import LocalTime

POLICY = JitterPolicy()
PLAIN, HOLDING = bytes([15 << 3, 0x00]), bytes([15 << 3, 0x40])
FIRST_TIME, FIRST_NUMBER = 0xFFFFFFFF - 5 * 960, 0xFFFF - 3  # both wrap soon


def packet(number: int, at: float | None = None, kind: bytes = PLAIN, time: int | None = None) -> VoicePacket:
    """Packet `number` of a stream, sent each 20 ms from 100.0 s on and 10 ms under way, if not said otherwise."""
    return VoicePacket(
        sequence=(FIRST_NUMBER + number) & 0xFFFF,
        timestamp=(FIRST_TIME + (number * 960 if time is None else time)) & 0xFFFFFFFF,
        payload=kind + number.to_bytes(4, "big"),
        arrived=LocalTime(100.010 + number * 0.02 if at is None else at),
    )


def number_of(step: Step) -> int:
    assert isinstance(step, Play)
    return int.from_bytes(step.payload[2:], "big")


def after(*packets: VoicePacket, state: Jitter | None = None) -> Jitter:
    state = state or Jitter()
    for each in packets:
        state = receive_packet(POLICY, state, each)
    return state


def taken(state: Jitter, count: int, since: float) -> tuple[Jitter, list[Step]]:
    """So many steps, one each 20 ms."""
    steps = []
    for place in range(count):
        state, step = next_step(POLICY, state, LocalTime(since + place * 0.02))
        steps.append(step)
    return state, steps


def begun(count: int = 6, *more: VoicePacket) -> Jitter:
    """A stream whose packet 0 was just played, on time; `count` are there."""
    state, step = next_step(POLICY, after(*(packet(n) for n in range(count)), *more), LocalTime(100.050))
    assert number_of(step) == 0
    return state


def test_nothing_is_said_before_anybody_speaks() -> None:
    state, step = next_step(POLICY, Jitter(), LocalTime(5.0))
    assert step == Rest(480)
    assert state == Jitter()
    assert base_of(state) == 0.0


def test_the_first_packet_waits_as_long_as_the_target() -> None:
    state = after(packet(0))
    state, step = next_step(POLICY, state, LocalTime(100.040))
    assert step == Rest(480)
    state, step = next_step(POLICY, state, LocalTime(100.050))
    assert isinstance(step, Play)
    assert not step.joins  # it comes out of silence
    assert step.timestamp == FIRST_TIME
    assert step.lean == 0.0


def test_packets_are_played_in_order_over_both_wraps() -> None:
    order = [0, 2, 1, 4, 3, 5, 8, 7, 6, 9]
    state = after(*(packet(n, at=100.010 + n * 0.02) for n in order))
    state, steps = taken(state, 10, 100.050)
    assert [number_of(step) for step in steps] == list(range(10))
    assert all(isinstance(step, Play) and step.joins for step in steps[1:])
    assert [step.timestamp for step in steps if isinstance(step, Play)] == [
        (FIRST_TIME + n * 960) & 0xFFFFFFFF for n in range(10)
    ]


def test_a_repeated_packet_is_played_once() -> None:
    state = begun(4, packet(2), packet(3))
    state, steps = taken(state, 3, 100.070)
    assert [number_of(step) for step in steps] == [1, 2, 3]
    assert state.counts.repeated == 2


def test_a_lost_packet_is_made_up() -> None:
    state = after(*(packet(n) for n in (0, 1, 3, 4)))
    state, steps = taken(state, 5, 100.050)
    assert steps[2] == Conceal((FIRST_TIME + 2 * 960) & 0xFFFFFFFF)
    assert [number_of(step) for step in steps if isinstance(step, Play)] == [0, 1, 3, 4]
    assert state.counts.concealed == 1
    assert isinstance(steps[3], Play)
    assert steps[3].joins  # the decoder's own making leads over


def test_a_lost_packet_is_taken_from_the_one_after_it() -> None:
    state = after(packet(0), packet(1), packet(3, kind=HOLDING), packet(4))
    state, steps = taken(state, 5, 100.050)
    assert steps[2] == Recover(HOLDING + b"\0\0\0\3", (FIRST_TIME + 2 * 960) & 0xFFFFFFFF)
    assert number_of(steps[3]) == 3
    assert (state.counts.recovered, state.counts.concealed) == (1, 0)


def test_only_the_packet_right_before_is_held() -> None:
    state = after(packet(0), packet(3, kind=HOLDING))
    _, steps = taken(state, 4, 100.050)
    assert isinstance(steps[1], Conceal)
    assert isinstance(steps[2], Recover)


def test_who_stops_sending_fades_into_silence() -> None:
    state, steps = taken(begun(1), 8, 100.070)
    assert [type(step) for step in steps] == [Conceal] * 5 + [Rest] * 3
    assert not state.is_playing
    state = after(*(packet(n, at=101.010 + (n - 50) * 0.02) for n in range(50, 53)), state=state)
    state, step = next_step(POLICY, state, LocalTime(101.050))
    assert number_of(step) == 50
    assert isinstance(step, Play)
    assert not step.joins


def test_a_pause_whose_end_is_known_is_not_filled_with_noise() -> None:
    state, steps = taken(begun(1), 5, 100.070)
    state = after(packet(8, kind=HOLDING), state=state)
    state, later = taken(state, 3, 100.170)
    assert [type(step) for step in steps] == [Conceal] * 5
    assert later[0] == Rest(960)
    assert isinstance(later[1], Recover)  # it may not have been a pause
    assert isinstance(later[2], Play)


def test_a_pause_ends_without_a_click() -> None:
    state, _ = taken(begun(1), 5, 100.070)
    state = after(packet(8), state=state)
    state, steps = taken(state, 3, 100.170)
    assert steps[:2] == [Rest(960)] * 2
    assert isinstance(steps[2], Play)
    assert not steps[2].joins


def test_what_comes_after_its_time_is_gone() -> None:
    state, steps = taken(begun(2), 3, 100.070)
    assert [type(step) for step in steps] == [Play, Conceal, Conceal]
    state = after(packet(2, at=100.111), packet(3, at=100.111), packet(4, at=100.111), state=state)
    assert state.counts.late == 2
    state, step = next_step(POLICY, state, LocalTime(100.130))
    assert number_of(step) == 4


def test_a_backlog_is_dropped() -> None:
    """The network stood still for 0.3 s, and so did who plays."""
    state = begun(1)
    state = after(*(packet(n, at=100.350) for n in range(1, 18)), state=state)
    state, step = next_step(POLICY, state, LocalTime(100.370))
    assert isinstance(step, Play)
    assert not step.joins
    played_at, wanted = 100.370, 100.010 + number_of(step) * 0.02 + state.target
    assert abs(played_at - wanted) <= 0.020
    assert state.counts.skipped == number_of(step) - 1


def test_a_device_that_stood_still_finds_the_place_again_without_packets() -> None:
    state, step = next_step(POLICY, begun(1), LocalTime(100.500))
    assert isinstance(step, Conceal)
    state = after(*(packet(n, at=100.500) for n in range(1, 30)), state=state)
    state, step = next_step(POLICY, state, LocalTime(100.520))
    assert number_of(step) >= 23


def test_too_many_packets_do_not_wait() -> None:
    state = after(*(packet(n, at=100.010) for n in range(40)), *(packet(n, at=100.011) for n in range(40, 61)))
    assert len(state.waiting) == 50
    assert state.counts.skipped == 11


@pytest.mark.parametrize("payload", [b"", bytes([11 << 3]) + b"x", bytes([16 << 3]) + b"x", PLAIN + bytes(1275)])
def test_what_is_not_20_ms_of_opus_is_refused(payload: bytes) -> None:
    state = after(replace(packet(0), payload=payload))
    assert state.counts.refused == 1
    assert not state.waiting


def test_one_packet_of_another_time_is_nonsense_two_are_a_new_stream() -> None:
    state = begun(4)
    state = after(packet(4, time=77_000_000), state=state)
    assert state.counts.refused == 1
    state = after(packet(4), state=state)  # all is well
    state = after(packet(5, time=77_000_000), packet(6, time=-77_000_000), state=state)
    assert state.counts.refused == 3
    assert state.is_playing
    state = after(packet(7, time=-77_000_000 + 960), packet(8, time=-77_000_000 + 1920), state=state)
    assert not state.is_playing
    assert len(state.waiting) == 2
    state, step = next_step(POLICY, state, LocalTime(100.010 + 7 * 0.02 + 0.040))
    assert number_of(step) == 7


def test_after_silence_another_time_is_a_new_stream_at_once() -> None:
    state, _ = taken(begun(1), 8, 100.070)
    state = after(packet(9, time=77_000_000, at=103.0), state=state)
    state, step = next_step(POLICY, state, LocalTime(103.040))
    assert number_of(step) == 9


def test_a_sender_whose_time_stands_still_while_it_is_silent() -> None:
    state, _ = taken(begun(1), 8, 100.070)
    # 0.5 s later its next packets follow in number and in time, as if nothing had been
    state = after(*(packet(n, at=100.510 + n * 0.02) for n in range(1, 10)), state=state)
    assert state.counts.late == 5  # they count for what was made up
    state, step = next_step(POLICY, state, LocalTime(100.510 + 6 * 0.02 + 0.040))
    assert number_of(step) == 6
    assert state.counts.skipped == 0


def test_who_is_behind_is_told_so_until_it_was_stretched_away() -> None:
    state = begun(20)
    leans = []
    for place in range(1, 20):
        state, step = next_step(POLICY, state, LocalTime(100.050 + place * 0.02 + 0.030))
        assert isinstance(step, Play)
        leans.append(step.lean)
    assert leans[0] == 0.0  # one piece asked for late is nothing
    assert leans[-1] > 0.015
    state = after_stretching(state, -state.lag)
    state = after(packet(20), state=state)
    state, step = next_step(POLICY, state, LocalTime(100.050 + 20 * 0.02))
    assert isinstance(step, Play)
    assert step.lean == 0.0


def test_who_is_early_is_told_so_and_waits_for_what_may_only_be_late() -> None:
    state = begun(10)
    for place in range(1, 10):
        state, step = next_step(POLICY, state, LocalTime(100.050 + place * 0.02 - 0.030))
    assert isinstance(step, Play)
    assert step.lean < -0.008
    state, step = next_step(POLICY, state, LocalTime(100.050 + 10 * 0.02 - 0.030))
    assert isinstance(step, Conceal)
    state = after(packet(10, at=100.230), state=state)
    state, step = next_step(POLICY, state, LocalTime(100.050 + 11 * 0.02 - 0.030))
    assert number_of(step) == 10  # not lost, though its time seemed to have come


def steady(delays: list[float], state: Jitter | None = None, first: int = 0, lost: set[int] | None = None) -> Jitter:
    packets = [packet(n, at=100.010 + n * 0.02 + delays[n - first]) for n in range(first, first + len(delays))]
    packets = [each for n, each in enumerate(packets, first) if n not in (lost or set())]
    return after(*sorted(packets, key=lambda each: each.arrived), state=state)


def test_the_target_covers_the_jitter_within_bounds() -> None:
    assert steady([0.0] * 10).target == POLICY.at_first
    assert steady([0.0] * 600).target == POLICY.shortest
    assert steady([0.025 * (n % 7 == 0) for n in range(600)]).target == pytest.approx(0.035)
    assert steady([0.2 * (n % 7 == 0) for n in range(600)]).target == POLICY.longest


def test_the_target_falls_slowly() -> None:
    high = steady([0.05 * (n % 7 == 0) for n in range(200)])
    low = steady([0.0] * 350, state=high, first=200)
    assert high.target == 0.060
    assert low.target == pytest.approx(0.060 - 40 * POLICY.easing, abs=0.005)  # after 3 s of memory


def test_where_packets_are_lost_there_is_time_for_the_one_after() -> None:
    lossy = steady([0.0] * 600, lost={n for n in range(600) if n % 20 == 7})
    assert lossy.target == pytest.approx(0.030)
    assert 0.03 < lossy.loss < 0.07


def test_packets_out_of_order_are_not_lost() -> None:
    state = steady([0.03 * (n % 2 == 0) for n in range(600)])
    assert state.counts.arrived == 600
    assert state.counts.late == 0
    assert state.target <= POLICY.longest


ANY_PACKET = st.tuples(
    st.one_of(st.integers(0, 40), st.integers(0, 0xFFFF)),
    st.one_of(st.integers(0, 40 * 960), st.integers(0, 0xFFFFFFFF)),
    st.one_of(st.sampled_from([PLAIN + b"xx", HOLDING + b"xx"]), st.binary(max_size=8)),
)


@given(st.lists(st.tuples(st.lists(ANY_PACKET, max_size=8), st.floats(0.0, 0.5)), max_size=40))
def test_whatever_comes_there_is_a_step_and_little_is_kept(
    story: list[tuple[list[tuple[int, int, bytes]], float]],
) -> None:
    state, now = Jitter(), 100.0
    for packets, later in story:
        now += later
        for sequence, timestamp, payload in packets:
            state = receive_packet(POLICY, state, VoicePacket(sequence, timestamp, payload, LocalTime(now)))
        state, step = next_step(POLICY, state, LocalTime(now))
        assert isinstance(step, Play | Recover | Conceal | Rest)
        assert len(state.waiting) <= POLICY.most_packets
        assert len(state.transits) <= POLICY.remembered
        assert [each.time for each in state.waiting] == sorted({each.time for each in state.waiting})
        assert state.target <= POLICY.longest
        assert 0.0 <= state.loss <= 1.0
        if isinstance(step, Play):
            late = now - (state.next - 960) / 48_000 - base_of(state)
            assert late <= state.target + POLICY.backlog + 0.021
    counts = state.counts
    assert counts.played + counts.late + counts.repeated + counts.refused + counts.skipped <= counts.arrived
