"""What of the microphone is sent; and the other end plays the beginning of a word that was held back."""

from __future__ import annotations

import pytest

from player.core import jitter
from player.core.call_media import VOICE_RATE, VOICE_SAMPLES, VoicePacket
from player.core.call_pipe import VoiceMode
from player.core.voice_gate import GatePolicy, VoiceGate, decide
from server.core.timeline import LocalTime

POLICY = GatePolicy()
PACKET = b"\x78" + bytes(30)  # 20 ms


def opened(mode: VoiceMode, talking: set[int], speaking: set[int], count: int = 100) -> list[int]:
    """Numbers of the pieces for which the gate is open."""
    gate, found = VoiceGate(), []
    for number in range(count):
        now = LocalTime(5.0 + 0.02 * number)
        gate = decide(POLICY, gate, mode, number in talking, number in speaking, now)
        if gate.is_open:
            found.append(number)
    return found


def test_an_open_microphone_sends_all() -> None:
    assert opened("open", set(), set()) == list(range(100))


def test_push_to_talk_sends_while_the_key_is_held_and_the_last_syllable() -> None:
    found = opened("push", set(range(10, 30)), set(range(60, 80)))
    assert found == list(range(10, 10 + len(found)))
    assert found[-1] == pytest.approx(29 + POLICY.pushed_on / 0.02, abs=1)


def test_speech_opens_and_a_breath_does_not_close() -> None:
    assert opened("activation", set(range(10, 30)), {20, 21, 22, 40, 41}) == list(range(20, 67))


def test_a_mode_that_changes_takes_effect_at_once() -> None:
    gate = decide(POLICY, VoiceGate(), "open", False, False, LocalTime(5.0))
    assert gate.is_open
    assert not decide(POLICY, gate, "push", False, False, LocalTime(6.0)).is_open


@pytest.mark.parametrize(("before", "lost"), [(POLICY.before, 0), (6, 4)])
def test_the_other_end_plays_what_was_held_back_and_not_more(before: int, lost: int) -> None:
    """Packets leave 20 ms after they were taken; those that were held back leave with the first one that was not."""
    sequence = 0
    state, policy = jitter.Jitter(), jitter.JitterPolicy()
    sent: list[tuple[float, int]] = [(0.02 * number, number) for number in range(100)]
    word = 200
    sent += [(0.02 * word, number) for number in range(word - before, word)]
    sent += [(0.02 * number, number) for number in range(word, word + 100)]
    heard: list[int] = []
    asked = 0.02
    while asked < 0.02 * (word + 100):
        while sent and sent[0][0] <= asked:
            at, number = sent.pop(0)
            packet = VoicePacket(sequence := sequence + 1, VOICE_SAMPLES * number, PACKET, LocalTime(10.0 + at))
            state = jitter.receive_packet(policy, state, packet)
        state, step = jitter.next_step(policy, state, LocalTime(10.0 + asked))
        if isinstance(step, jitter.Play):
            heard.append(step.timestamp // VOICE_SAMPLES)
        asked += (step.samples if isinstance(step, jitter.Rest) else VOICE_SAMPLES) / VOICE_RATE
    missing = [number for number in range(word - before, word + 90) if number not in heard]
    assert len(missing) == lost
