"""Voices from packets to what the device is given, in virtual time: real Opus, real shared memory, a fake device."""

from __future__ import annotations

import dataclasses
import threading
import time

import numpy as np
import pytest

from player.call import opus
from player.call.clock import CallClock
from player.call.opus import FallbackDecoder, Sound
from player.call.shared_sound import SOUND_BYTES, SharedSound
from player.call.voices import Voices, VoiceTrack
from player.core.call_media import VOICE_RATE, MediaClock, VoicePacket
from server.core.timeline import LocalTime, RoomTime
from tests.fakes.talk import talk
from tests.fakes.waiting import wait_until

APART = 5000.0  # s, the room's clock is ahead of ours


class StageClock:
    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> LocalTime:
        return LocalTime(self.time)

    def room(self, local: LocalTime) -> RoomTime:
        return RoomTime(local + APART)

    def local(self, room: RoomTime) -> LocalTime:
        return LocalTime(room - APART)


class Speaker:
    """Somebody who says a sound into a microphone that is on since `since`; packets arrive 30 ms after their last
    sample."""

    def __init__(self, peer: str, sound: Sound, since: float, seed: int = 1) -> None:
        self.peer, self.since = peer, since
        self.random = np.random.default_rng(seed)
        encoder = opus.new_encoder()
        whole = sound[: len(sound) // 960 * 960].reshape(-1, 960)
        self.packets = [self._packet(number, encoder.encode(piece)) for number, piece in enumerate(whole)]

    def _packet(self, number: int, payload: bytes) -> VoicePacket:
        arrives = self.since + (number + 1) * 0.02 + 0.030 + float(self.random.uniform(0.0, 0.004))
        return VoicePacket(
            (65_000 + number) & 0xFFFF, (4_294_000_000 + number * 960) & 0xFFFFFFFF, payload, LocalTime(arrives)
        )

    def clock(self, at: float) -> MediaClock:
        """A report made at local time `at`."""
        stamp = 4_294_000_000 + round((at - self.since) * VOICE_RATE)
        return MediaClock(RoomTime(at + APART), stamp & 0xFFFFFFFF)


class Stage:
    """A device that takes `block` samples each so often and whose first sample leaves `latency` s later."""

    def __init__(self, block: int = 480, latency: float = 0.04) -> None:
        self.clock = StageClock()
        self.shared = SharedSound(memoryview(bytearray(SOUND_BYTES)))
        self.voices = Voices(self.clock, self.shared)
        self.block, self.latency = block, latency
        self.has_device = True
        self.next_take = self.next_turn = self.clock.time
        self.heard: list[Sound] = []
        self.began: float | None = None  # when the first of `heard` left the device
        self.speakers: list[Speaker] = []

    def run(self, seconds: float) -> Sound:
        """What left the device in this time."""
        ends, before = self.clock.time + seconds, len(self.heard)
        while self.clock.time < ends:
            self.clock.time += 0.001
            now = self.clock.time
            for speaker in self.speakers:
                while speaker.packets and speaker.packets[0].arrived <= now:
                    self.voices.take(speaker.peer, speaker.packets.pop(0))
            if now >= self.next_turn:
                self.voices.turn(self.clock.now())
                self.next_turn = now + 0.010
            if now >= self.next_take:
                self.next_take += self.block / VOICE_RATE
                if self.has_device:
                    out = np.zeros((self.block, 2), np.float32)
                    self.shared.mix(out, LocalTime(now + self.latency))
                    self.heard.append(out[:, 0].copy())
                    if self.began is None:
                        self.began = now + self.latency
        return np.concatenate(self.heard[before:]) if self.heard[before:] else np.zeros(0, np.float32)


def tone(frequency: float, seconds: float = 4.0, level: float = 0.2) -> Sound:
    time = np.arange(round(seconds * VOICE_RATE)) / VOICE_RATE
    return (level * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def strength(sound: Sound, frequency: float) -> float:
    """Of a tone in a sound, as its amplitude."""
    time = np.arange(len(sound)) / VOICE_RATE
    window = np.hanning(len(sound))
    return float(2 * np.abs(np.sum(sound * window * np.exp(-2j * np.pi * frequency * time))) / window.sum())


def rms(sound: Sound) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


@pytest.mark.parametrize("block", [240, 480, 1200])
def test_two_voices_are_heard_together_without_a_gap(block: int) -> None:
    stage = Stage(block)
    stage.speakers = [Speaker("ana", tone(300.0), 100.0), Speaker("ben", tone(700.0), 100.1, seed=2)]
    stage.run(1.0)
    heard = stage.run(2.0)
    assert strength(heard, 300.0) == pytest.approx(0.2, abs=0.04)
    assert strength(heard, 700.0) == pytest.approx(0.2, abs=0.04)
    assert min(rms(piece) for piece in heard[: len(heard) // 480 * 480].reshape(-1, 480)) > 0.1
    figures = stage.voices.figures
    assert figures["ana"].is_speaking
    assert figures["ben"].is_speaking
    assert figures["ana"].counts.concealed == 0
    assert 0.3 < figures["ana"].level < 1.0


def test_a_voice_ends_in_silence_and_comes_back() -> None:
    stage = Stage()
    stage.speakers = [Speaker("ana", tone(300.0, 1.0), 100.0), Speaker("ana", tone(300.0, 1.0), 102.0)]
    stage.run(1.5)
    assert rms(stage.run(0.4)) < 1e-4
    assert not stage.voices.figures["ana"].is_speaking
    stage.run(0.5)
    assert rms(stage.run(0.3)) > 0.1


def test_who_is_silenced_is_not_heard_but_seen_to_speak() -> None:
    stage = Stage()
    stage.speakers = [Speaker("ana", tone(300.0), 100.0), Speaker("ben", tone(700.0), 100.0)]
    for speaker in stage.speakers:
        stage.voices.take(speaker.peer, speaker.clock(100.0))
    stage.voices.silence(["ben"])
    stage.run(1.0)
    heard = stage.run(1.0)
    assert strength(heard, 300.0) > 0.15
    assert strength(heard, 700.0) < 0.001
    assert stage.voices.figures["ben"].is_speaking
    assert set(stage.voices.places) == {"ana"}  # nobody's picture waits for a voice that is not heard
    stage.voices.silence([])
    stage.run(0.2)
    assert strength(stage.run(1.0), 700.0) > 0.15


def test_where_a_voice_is_is_known() -> None:
    """A tone that begins at a known instant is found where the place says, within the coder's own 6.5 ms and some."""
    stage = Stage(latency=0.07)
    sound = tone(500.0, 4.0)
    sound[: 2 * VOICE_RATE] = 0.0
    speaker = Speaker("ana", sound, 100.0)
    stage.speakers = [speaker]
    stage.run(1.0)
    stage.voices.take("ana", speaker.clock(stage.clock.time))
    stage.run(1.13)
    place = stage.voices.places["ana"]
    stage.run(0.5)
    said = place.leaves_at + (102.0 + APART - place.captured)
    whole = np.concatenate(stage.heard)
    assert stage.began is not None
    heard = stage.began + int(np.argmax(np.abs(whole) > 0.1)) / VOICE_RATE
    assert -0.005 <= heard - said <= 0.015
    print(f"microphone to DAC, 30 ms on the way, 70 ms in the device: {1000 * (heard - 102.0):.0f} ms")
    assert heard - 102.0 < 0.030 + 0.070 + 0.090
    assert stage.voices.places["ana"].spoke is not None


def test_what_a_voice_costs_in_time() -> None:
    """Device of 10 ms blocks and 40 ms latency, the path's 30 ms: what we add are the packet, the jitter buffer and
    the lead of writing."""
    stage = Stage()
    speaker = Speaker("ana", tone(500.0, 12.0), 100.0)
    stage.speakers = [speaker]
    stage.voices.take("ana", speaker.clock(100.0))
    stage.run(10.0)
    place = stage.voices.places["ana"]
    total = place.leaves_at - (place.captured - APART)
    print(f"microphone to DAC: {1000 * total:.1f} ms, of which path and device 70 ms")
    assert total < 0.150


def faintest(sound: Sound) -> float:
    return min(rms(piece) for piece in sound[: len(sound) // 480 * 480].reshape(-1, 480))


def test_lost_packets_leave_no_hole() -> None:
    faint = []
    for loses in (False, True):
        stage = Stage()
        speaker = Speaker("ana", talk(4.0), 100.0)
        speaker.packets = [p for number, p in enumerate(speaker.packets) if not loses or number % 10 != 5]
        stage.speakers = [speaker]
        stage.run(1.0)
        faint.append(faintest(stage.run(2.0)))
    counts = stage.voices.figures["ana"].counts
    print(f"{counts}, faintest 10 ms: {faint[0]:.3f} with all packets, {faint[1]:.3f} with one in ten lost")
    assert counts.recovered + counts.concealed >= 13
    assert counts.recovered > counts.concealed
    assert faint[1] > faint[0] / 2


def test_garbage_harms_nobody() -> None:
    stage = Stage()
    speaker = Speaker("ana", tone(300.0), 100.0)
    random = np.random.default_rng(5)
    garbage = Speaker("eve", tone(300.0), 100.0)
    garbage.packets = [
        dataclasses.replace(
            packet, payload=bytes([random.choice([8, 120, 121, 255, 0, 0x4B])]) + random.bytes(int(random.integers(90)))
        )
        for packet in garbage.packets
    ]
    stage.speakers = [speaker, garbage]
    stage.voices.silence(["eve"])
    stage.run(1.0)
    assert strength(stage.run(2.0), 300.0) > 0.15
    assert stage.voices.figures["eve"].counts.refused > 0
    assert np.abs(np.concatenate(stage.heard)).max() <= 1.0


def test_many_loud_voices_stay_within_full_scale() -> None:
    stage = Stage()
    stage.speakers = [Speaker(f"p{n}", tone(300.0 + 50 * n, 2.0, level=0.9), 100.0, seed=n) for n in range(8)]
    stage.run(2.0)
    loudest = np.abs(np.concatenate(stage.heard)).max()
    assert 0.9 < loudest <= 1.0


def test_without_a_device_nothing_piles_up_and_with_one_it_is_now() -> None:
    stage = Stage()
    rising = np.concatenate([tone(200.0 + 100 * n, 0.5) for n in range(12)])  # another pitch each half second
    speaker = Speaker("ana", rising, 100.0)
    stage.speakers = [speaker]
    stage.has_device = False
    stage.run(2.5)
    assert stage.voices.figures["ana"].is_speaking
    stage.has_device = True
    stage.run(0.6)
    stage.next_take = stage.clock.time
    heard = stage.run(0.5)
    # what is heard now was said 0.1 to 0.2 s ago
    said = 200.0 + 100 * int((stage.clock.time - 0.25 - 100.0) / 0.5)
    assert max(strength(heard, said), strength(heard, said - 100.0)) > 0.05
    assert strength(heard, 200.0) < 0.01


def test_a_device_that_hangs_for_a_second_goes_on_with_what_is_said_then() -> None:
    stage = Stage()
    speaker = Speaker("ana", tone(300.0, 8.0), 100.0)
    stage.speakers = [speaker]
    stage.voices.take("ana", speaker.clock(100.0))
    stage.run(1.0)
    stage.has_device = False
    stage.run(1.0)
    stage.has_device = True
    stage.next_take = stage.clock.time
    stage.run(1.0)
    place = stage.voices.places["ana"]
    assert place.leaves_at - (place.captured - APART) < 0.180
    assert rms(stage.run(0.5)) > 0.1


def test_a_new_stream_of_the_same_person() -> None:
    stage = Stage()
    stage.speakers = [Speaker("ana", tone(300.0, 1.0), 100.0)]
    stage.run(0.8)
    stage.speakers = [Speaker("ana", tone(700.0, 2.0), 100.8)]
    stage.voices.forget("ana")
    stage.run(0.3)
    heard = stage.run(0.5)
    assert strength(heard, 700.0) > 0.15
    assert stage.voices.figures["ana"].counts.late == 0


@pytest.mark.parametrize("lean", [0.02, -0.02])
def test_a_voice_that_leans_is_cut_or_stretched_by_whole_periods(lean: float) -> None:
    """The path becomes 40 ms longer or shorter while a vowel is said: it goes on as a vowel."""
    stage = Stage()
    speaker = Speaker("ana", tone(250.0, 8.0), 100.0)
    moved = [
        dataclasses.replace(packet, arrived=LocalTime(packet.arrived + (lean if number > 100 else 0.0)))
        for number, packet in enumerate(speaker.packets)
    ]
    speaker.packets = moved
    stage.speakers = [speaker]
    stage.run(1.5)
    heard = stage.run(4.5)
    assert np.abs(np.diff(heard)).max() < 3 * 0.2 * 2 * np.pi * 250.0 / VOICE_RATE


def test_without_libopus_voices_are_heard_too() -> None:
    clock = StageClock()
    track = VoiceTrack(FallbackDecoder)
    speaker = Speaker("ana", tone(300.0, 1.0), 100.0)
    for packet in speaker.packets[:40]:
        if packet.sequence % 10:
            track.receive(packet)
    blocks = []
    for _ in range(60):
        block = track.block(clock.now(), clock.now(), clock)
        clock.time += 0.01
        if block is not None:
            blocks.append(block)
    assert strength(np.concatenate(blocks), 300.0) > 0.1


def test_the_thread_mixes_while_packets_come_and_ends() -> None:
    clock = CallClock()
    shared = SharedSound(memoryview(bytearray(SOUND_BYTES)))
    voices = Voices(clock, shared)
    voices.start()
    stop, loudest = threading.Event(), [0.0]

    def device() -> None:
        while not stop.wait(0.01):
            out = np.zeros((480, 2), np.float32)
            shared.mix(out, LocalTime(clock.now() + 0.03))
            loudest[0] = max(loudest[0], float(np.abs(out).max()))

    def speak() -> None:
        for packet in Speaker("ana", tone(300.0, 3.0), 0.0).packets:
            voices.take("ana", dataclasses.replace(packet, arrived=clock.now()))
            if stop.wait(0.02):
                return

    threads = [threading.Thread(target=work) for work in (device, speak)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: loudest[0] > 0.1 and voices.figures["ana"].is_speaking)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        voices.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "call-voices"]


def test_the_thread_sleeps_while_nobody_speaks() -> None:
    clock = CallClock()
    voices = Voices(clock, SharedSound(memoryview(bytearray(SOUND_BYTES))))
    voices.start()
    try:
        voices.take("ana", Speaker("ana", tone(300.0, 0.1), 0.0).clock(0.0))
        wait_until(lambda: "ana" in voices.figures)
        known = voices.figures
        wait_until(lambda: voices.figures is known)
        time.sleep(0.05)  # several of its steps
        known = voices.figures
        time.sleep(0.05)
        assert voices.figures is known
    finally:
        voices.close()
