"""What we say: packets while it is to be heard, cleaned, with their times; on a real sound server without the film."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from player.call import microphones
from player.call.clock import CallClock
from player.call.echo import DELAY
from player.call.microphones import BLOCK, Mono, Source
from player.call.opus import new_decoder
from player.call.shared_sound import SOUND_BYTES, SharedSound
from player.call.talker import Talker
from player.core.call_media import EncodedVoice
from player.core.call_pipe import Own
from player.core.resampling import Samples
from player.media.sound_device import SoundDevice
from player.media.sound_ring import SoundRing
from player.ports import Clock
from server.core.timeline import LocalTime
from tests.fakes.echo_room import RATE, film, loudness, speech
from tests.fakes.pulse import PulseServer
from tests.fakes.waiting import wait_until

PIECE = 2 * BLOCK / RATE


class Scripted:
    """Implements Source: a recording as fast as it is taken, and then nothing. Its times begin at 100 s."""

    def __init__(self, recording: Mono, between: Callable[[int], None]) -> None:
        self._recording = recording
        self._between = between
        self.is_over = threading.Event()

    def blocks(self) -> Iterator[tuple[Mono, LocalTime] | None]:
        for number in range(len(self._recording) // BLOCK):
            self._between(number)
            at = number * BLOCK
            yield self._recording[at : at + BLOCK], LocalTime(100.0 + at / RATE)
        self.is_over.set()
        while True:
            time.sleep(0.005)
            yield None

    def close(self) -> None: ...


class Bench:
    """A talker with a script instead of a microphone. `at(number, own)`: from that block on."""

    def __init__(self, recording: Mono, own: Own, *changes: tuple[int, Own]) -> None:
        self.said: list[EncodedVoice] = []
        self.figures: list[tuple[float, bool]] = []
        self.changes = dict(changes)
        self.script = Scripted(recording, self.step)
        self.clock = CallClock()
        self.is_wanted = threading.Event()
        self.talker = Talker(
            self.clock, SharedSound(memoryview(bytearray(SOUND_BYTES))), self.said.append, lambda: None, self.open
        )
        self.talker.want(own)
        self.is_wanted.set()  # the recording is faster than the talker learns of its own microphone
        wait_until(self.script.is_over.is_set, "the end of the recording")
        self.talker.close()

    def open(self, clock: Clock, device: str) -> Source:
        self.is_wanted.wait()
        return self.script

    def step(self, number: int) -> None:
        if number in self.changes:
            self.talker._own = self.changes[number]
        figures = self.talker.figures_at(self.clock.now())
        self.figures.append((figures.level, figures.is_speaking))

    def pieces(self) -> list[int]:
        """Numbers of the pieces that were sent."""
        return [round((voice.captured - 100.0) / PIECE) for voice in self.said]

    def heard(self) -> Mono:
        decoder = new_decoder()
        return np.concatenate([decoder.decode(voice.data) for voice in self.said])


ON = Own(microphone="usb", microphone_on=True, cleans=False)
TALKING = Own(microphone="usb", microphone_on=True, cleans=False, voice="push", is_talking=True)
PUSH = Own(microphone="usb", microphone_on=True, cleans=False, voice="push")
ACTIVATION = Own(microphone="usb", microphone_on=True, cleans=False, voice="activation")
VOICE = speech(4.0, 0.1, 5)


def spoken(begins: float, ends: float) -> Mono:
    voice = VOICE.copy()
    voice[: round(begins * RATE)] = voice[round(ends * RATE) :] = 0.0
    noise: Mono = (1e-4 * np.random.default_rng(1).standard_normal(len(voice))).astype(np.float32)
    return voice + noise


def test_an_open_microphone_is_sent_whole_with_its_times() -> None:
    bench = Bench(VOICE, ON)
    assert bench.pieces() == list(range(200))
    assert [voice.captured for voice in bench.said] == pytest.approx([100.0 + PIECE * each for each in range(200)])
    heard = bench.heard()
    assert loudness(heard) == pytest.approx(loudness(VOICE), abs=1.5)
    assert max(voice.level for voice in bench.said) > -25
    assert all(-127 <= voice.level <= 0 for voice in bench.said)
    assert max(level for level, _ in bench.figures) > 0.5
    assert any(is_speaking for _, is_speaking in bench.figures)


def test_what_is_cleaned_was_said_a_little_before_it_comes_out() -> None:
    own = Own(microphone="usb", microphone_on=True)
    bench = Bench(spoken(1.0, 3.0), own)
    assert [voice.captured for voice in bench.said] == pytest.approx(
        [100.0 - DELAY + PIECE * each for each in range(200)]
    )
    heard = bench.heard()
    fits = [float(np.dot(heard[delay:], VOICE[: len(heard) - delay])) for delay in range(0, 2400, 8)]
    codec = 0.0065  # s, that Opus looks ahead
    assert 8 * int(np.argmax(fits)) / RATE == pytest.approx(DELAY + codec, abs=0.003)


def test_cleaning_can_be_switched_while_somebody_speaks() -> None:
    bench = Bench(VOICE, ON, (100, Own(microphone="usb", microphone_on=True)), (200, ON))
    assert len(bench.said) == 200
    steps = np.diff([voice.captured for voice in bench.said])
    assert steps == pytest.approx(PIECE, abs=DELAY + 1e-6)


def test_push_to_talk_sends_while_the_key_is_held_and_nothing_from_before() -> None:
    bench = Bench(VOICE, PUSH, (100, TALKING), (200, PUSH))
    pieces = bench.pieces()
    assert pieces == list(range(50, 50 + len(pieces)))
    assert 100 < pieces[-1] < 115
    before = bench.figures[:100]
    assert max(level for level, _ in before) > 0.5  # the meter moves,
    assert not any(is_speaking for _, is_speaking in before)  # but nobody hears it


def test_what_activation_held_back_is_not_sent_when_a_key_is_pressed_later() -> None:
    bench = Bench(spoken(2.0, 4.0), ACTIVATION, (50, PUSH), (150, TALKING))
    assert bench.pieces() == list(range(75, 200))


def test_activation_sends_a_word_from_its_beginning_and_not_what_follows() -> None:
    bench = Bench(spoken(1.5, 2.5), ACTIVATION)
    pieces = bench.pieces()
    assert pieces == list(range(pieces[0], pieces[0] + len(pieces)))
    first = int(1.5 / PIECE)
    loud = next(at for at in range(first, 200) if np.abs(VOICE[at * 960 : (at + 1) * 960]).max() > 0.05)
    assert pieces[0] <= loud
    assert first - 4 <= pieces[0]
    assert 2.5 < pieces[-1] * PIECE < 3.6


def test_silence_is_not_sent_by_activation() -> None:
    assert Bench(spoken(4.0, 4.0), ACTIVATION).said == []


def test_nothing_is_recorded_before_it_is_wanted_or_afterwards() -> None:
    talker = Talker(
        CallClock(), SharedSound(memoryview(bytearray(SOUND_BYTES))), lambda voice: None, lambda: None, _refuse
    )
    talker.want(Own(microphone="usb"))
    talker.look_again()
    assert talker.figures_at(LocalTime(1.0)).state == "off"
    talker.close()


def _refuse(clock: Clock, device: str) -> Source:
    raise AssertionError("it was opened")


# -- the whole way on a real sound server ------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseServer]:
    made = PulseServer(tmp_path)
    monkeypatch.setenv("PULSE_SERVER", made.address)
    made.start()
    microphones.forget_look()
    yield made
    made.kill()
    microphones.forget_look()


class Projector:
    """Implements ports.Voices over the shared memory, as the player's device calls it: plays a film."""

    def __init__(self, sound: SharedSound) -> None:
        self._sound = sound
        self._film = film(10.0, 0.1, 3)
        self._at = 0

    def mix(self, out: Samples, leaves_at: LocalTime) -> None:
        numbers = (self._at + np.arange(len(out))) % len(self._film)
        self._at += len(out)
        out += self._film[numbers, None]
        self._sound.mix(out, leaves_at)


def test_what_the_device_plays_does_not_come_back_by_the_microphone(server: PulseServer) -> None:
    """The microphone is the monitor of the sink that the film is played to: one real device plays, another records,
    and nothing but their own times says what belongs together."""
    microphones.find_microphones()
    sound = SharedSound(memoryview(bytearray(SOUND_BYTES)))
    clock = CallClock()
    ring = SoundRing()
    ring.mixer.set_voices(Projector(sound))
    device = SoundDevice(clock, ring, RATE, lambda: None, 0.05)
    said: list[EncodedVoice] = []
    talker = Talker(clock, sound, said.append, lambda: None)
    device.start()
    try:
        talker.want(Own(microphone_on=True, cleans=False))
        wait_until(lambda: [voice for voice in said[-50:] if voice.level > -30][20:], "the film in the microphone")
        loud = len(said)
        wait_until(lambda: len(said) > loud + 50)
        echo = np.mean([10 ** (voice.level / 10) for voice in said[loud:]])
        talker.want(Own(microphone_on=True))
        cleaned = len(said)
        wait_until(lambda: len(said) > cleaned + 200)  # 4 s
        rest = np.mean([10 ** (voice.level / 10) for voice in said[cleaned + 150 : cleaned + 200]])
    finally:
        talker.close()
        device.close()
    assert 10 * np.log10(echo / rest) > 18.0
