"""A room with a loudspeaker that plays a film, a microphone that hears it, and somebody who speaks there.

All of it is computed, and so are two sound devices with crystals of their own whose words on times wander: what the
player's device plays goes through the memory that it shares with the process of the call, as in the player.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from player.call.shared_sound import SOUND_BYTES, SharedSound
from player.core.resampling import AFTER, BEFORE, interpolate
from server.core.timeline import LocalTime

RATE = 48000
BLOCK = 480
TAKES = 600  # samples that the player's device takes at a time
Mono = npt.NDArray[np.float32]
Clean = Callable[[Mono, LocalTime], Mono]


def loudness(sound: npt.NDArray[np.floating]) -> float:
    """dBFS of the RMS."""
    return float(10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-14))


def speech(seconds: float, level: float, seed: int) -> Mono:
    """Like speech: a gliding voice and some breath through formants that change eight times a second, with pauses."""
    random = np.random.default_rng(seed)
    count = round(seconds * RATE)
    pitch = random.uniform(100, 200) * (1 + 0.15 * np.sin(2 * np.pi * 0.7 * np.arange(count) / RATE))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    source = sum(np.sin(number * phase) / number for number in range(1, 30)) + 0.3 * random.standard_normal(count)
    out = np.zeros(count)
    syllable = RATE // 8
    for start in range(0, count, syllable):
        piece = source[start : start + syllable]
        frequencies = np.fft.rfftfreq(len(piece), 1 / RATE)
        formants = (random.uniform(300, 800), random.uniform(900, 2300), random.uniform(2400, 3500))
        shape = sum(1 / (1 + ((frequencies - formant) / 120) ** 2) for formant in formants)
        spoken = np.fft.irfft(np.fft.rfft(piece * np.hanning(len(piece)) ** 0.3) * shape, len(piece))
        out[start : start + syllable] = spoken * (random.uniform(0.3, 1.0) if random.uniform() > 0.2 else 0.02)
    return (level * out / np.sqrt(np.mean(out**2))).astype(np.float32)


def film(seconds: float, level: float, seed: int) -> Mono:
    """Like a film: music with drums, people who speak, the noise of a street."""
    random = np.random.default_rng(seed)
    count = round(seconds * RATE)
    music = np.zeros(count)
    for start in range(0, count, RATE // 4):
        ends = min(count, start + round(0.6 * RATE))
        time = np.arange(ends - start) / RATE
        for _ in range(3):
            tone = 110 * 2 ** (random.integers(0, 36) / 12)
            for overtone in range(1, 8):
                music[start:ends] += np.sin(2 * np.pi * tone * overtone * time) * np.exp(-4 * time) / overtone
        music[start:ends] += 2 * random.standard_normal(ends - start) * np.exp(-80 * time)
    music /= np.sqrt(np.mean(music**2))
    street = random.standard_normal(count) * 0.15
    sound = music + speech(seconds, 0.8, seed + 1) + street
    return (level * sound / np.sqrt(np.mean(sound**2))).astype(np.float32)


def response(milliseconds: float, seed: int) -> npt.NDArray[np.float64]:
    """A room's: the loudspeaker a metre away, then what the walls return, 60 dB less at the end."""
    random = np.random.default_rng(seed)
    count = round(milliseconds / 1000 * RATE)
    taps = random.standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    taps[: RATE // 340] = 0.0
    taps[RATE // 340] = 3.0
    return taps / np.sqrt(np.sum(taps**2))


@dataclass
class EchoRoom:
    """Times in s. `skew`: how much faster the loudspeaker's crystal is than the microphone's, relative. `wander`: by
    how much devices stray in what they say of their times."""

    seconds: float = 16.0
    spoken: tuple[tuple[float, float], ...] = ((6.0, 9.0), (11.0, 13.0))
    skew: float = 0.0
    wander: float = 0.0
    held: float = 0.0625  # that the player's device takes samples before they are heard
    input_delay: float = 0.025  # until a recorded block can be read
    dac_lie: float = 0.0  # what is said of the DAC is so much too late
    interrupted: tuple[float, float] | None = None  # at, for so long: the player's device stands still
    seed: int = 1
    sound: SharedSound = field(default_factory=lambda: SharedSound(memoryview(bytearray(SOUND_BYTES))))

    def __post_init__(self) -> None:
        count = round(self.seconds * RATE)
        self.random = np.random.default_rng(self.seed)
        self.film = film(self.seconds + 1.0, 10 ** (-22 / 20), self.seed)
        returned = np.convolve(self.film, response(60.0, self.seed))[: len(self.film)] * 0.5
        times = np.arange(count) / RATE  # of the microphone's samples
        self.plays_at = self._play_times()
        numbers = np.interp(times, self.plays_at, np.arange(len(self.plays_at)), left=-1e6, right=-1e6)
        heard = numbers > BEFORE
        self.echo = np.zeros(count, np.float32)
        padded = np.concatenate((returned, np.zeros(AFTER + 2))).astype(np.float32)[:, None]
        self.echo[heard] = interpolate(padded, numbers[heard])[:, 0]
        self.near = speech(self.seconds, 10 ** (-21 / 20), self.seed + 7)
        gate = np.zeros(count)
        for begins, ends in self.spoken:
            gate[round(begins * RATE) : round(ends * RATE)] = 1.0
        self.near = (self.near * gate).astype(np.float32)
        noise = 10 ** (-68 / 20) * self.random.standard_normal(count)
        self.heard = (self.echo + self.near + noise).astype(np.float32)

    def _play_times(self) -> npt.NDArray[np.float64]:
        """When each sample of the film leaves the DAC."""
        times = np.arange(len(self.film)) / (RATE * (1.0 + self.skew)) + self.held
        if self.interrupted is not None:
            at, lasting = self.interrupted
            times[times >= at] += lasting
        return times

    def _said(self, at: float) -> float:
        """What a device says of an instant: it strays and comes back, and is not exact either."""
        if not self.wander:
            return at
        stray = np.sin(2 * np.pi * at / 7.0) * self.wander
        return float(at + stray + self.random.normal(0.0, self.wander / 5))

    def listen(self, clean: Clean) -> Mono:
        """What comes out of `clean` for all that the microphone hears, sample for sample."""
        out = np.zeros_like(self.heard)
        given = 0
        for start in range(0, len(self.heard) - BLOCK + 1, BLOCK):
            now = (start + BLOCK) / RATE + self.input_delay
            while given + TAKES <= len(self.film) and self.plays_at[given] - self.held <= now:
                block = np.repeat(self.film[given : given + TAKES, None], 2, axis=1)
                self.sound.mix(block, LocalTime(self._said(self.plays_at[given]) + self.dac_lie))
                given += TAKES
            out[start : start + BLOCK] = clean(self.heard[start : start + BLOCK], LocalTime(self._said(start / RATE)))
        return out

    def reduction(self, out: Mono, begins: float, ends: float) -> float:
        """dB that the echo is weaker in `out` where nobody speaks."""
        part = slice(round(begins * RATE), round(ends * RATE))
        return loudness(self.heard[part]) - loudness(out[part])

    def kept(self, out: Mono, begins: float, ends: float, delay: float) -> float:
        """dB by which what was spoken is louder in `out`, which is `delay` late: the part of it that is that voice."""
        first, last = round(begins * RATE), round(ends * RATE)
        near = self.near[first:last].astype(np.float64)
        shift = round(delay * RATE)
        voice = out[first + shift : last + shift].astype(np.float64)
        return float(20 * np.log10(max(1e-7, np.dot(voice, near) / np.dot(near, near))))
