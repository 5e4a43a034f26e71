"""Microphones by PortAudio: which there are, how one is opened, and what its errors mean.

PortAudio lists devices once and again only when it begins anew, which it can't while a stream is open. So a microphone
that is plugged in while another one records is seen when that one is closed.
"""

from __future__ import annotations

import contextlib
import logging
import math
import queue
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from player.core.call_media import VOICE_RATE
from player.core.call_pipe import Device
from player.core.device_time import DeviceTime
from player.core.steady_line import SteadyLine, SteadyPolicy, step
from player.portaudio import library, look_again
from player.ports import Clock, MediaError
from server.core.timeline import LocalTime

log = logging.getLogger(__name__)

Mono = npt.NDArray[np.float32]

BLOCK = VOICE_RATE // 100  # samples, 10 ms
LATENCY = 0.03  # s asked for
MOST_DELAY = 2.0  # s, what a device says beyond it is nonsense
MOST_WAITING = 100  # blocks between PortAudio and us: 1 s
A_WHILE = 0.2  # s
CARDS = Path("/proc/asound/cards")  # what ALSA's list of devices hangs on
RARELY, RARELY_WITH_CARDS = 6.0, 20.0  # s between two looks: each makes PortAudio begin anew, up to 0.3 s of a core

NOBODY = "There is no microphone: connect one, or go on without."
GONE = "The microphone is not there any more: connect it, or choose another."
BUSY = "The microphone is used by another program: close that one, or choose another."
UNFIT = "The microphone can't record at 48 kHz: choose another."
MISSING = "Microphones can't be used: PortAudio, a library, is missing or does not start."
OTHERWISE = "The microphone can't be used ({}): choose another."

# of portaudio.h
_DEVICE_UNAVAILABLE, _INVALID_DEVICE = -9985, -9996
_INVALID_RATE, _INVALID_CHANNELS = -9997, -9998

# ALSA's plug-ins that only lead to devices that are listed anyway
_ALIASES = ("default", "sysdefault", "front", "surround", "iec958", "spdif", "dmix", "dsnoop", "samplerate", "speex")
_ALIASES_TOO = ("upmix", "vdownmix", "lavrate", "null", "oss")

_turn = threading.Lock()  # PortAudio begins anew, or somebody opens a device
_users = 0  # guarded by `_turn`: who has a device open, or hangs in it
_seen: tuple[str, float] | None = None  # guarded by `_turn`: the cards and the time of the last look


class MicrophoneError(Exception):
    """A microphone that can't be used. The words are for a person."""


class Source(Protocol):
    """An open microphone."""

    def blocks(self) -> Iterator[tuple[Mono, LocalTime] | None]:
        """Blocks of BLOCK samples as they come, with the local time at which the first one was recorded; None: none
        came for a while. Raises MicrophoneError, or ends: it is gone."""

    def close(self) -> None: ...


def find_microphones() -> tuple[Device, ...]:
    """All that there are; takes a moment, and hangs where a driver does."""
    global _seen  # noqa: PLW0603 - PortAudio is one a process, too
    try:
        sounddevice = library()
        with _turn:
            cards, now = _cards(), time.perf_counter()
            patience = RARELY_WITH_CARDS if cards else RARELY
            is_news = _seen is None or _seen[0] != cards or now - _seen[1] > patience
            if is_news and not _users:
                look_again()
                _seen = cards, now
            return _listed(sounddevice)
    except MediaError as error:
        log.info("microphones can't be listed: %s", error)
        return ()


def forget_look() -> None:
    """The next look is a real one whatever seems to be there."""
    global _seen  # noqa: PLW0603
    with _turn:
        _seen = None


def _cards() -> str:
    try:
        return CARDS.read_text("utf-8", "replace")
    except OSError:
        return ""


def _listed(sounddevice: Any) -> tuple[Device, ...]:
    try:
        hosts, devices = sounddevice.query_hostapis(), sounddevice.query_devices()
    except sounddevice.PortAudioError as error:
        log.info("microphones can't be listed: %s", error)
        return ()
    found = []
    for device in devices:
        host = hosts[device["hostapi"]]["name"]
        if device["max_input_channels"] < 1 or not _is_offered(device["name"], host):
            continue
        found.append(Device(f"{device['name']}, {host}", device["name"]))
    return tuple(found)


def _is_offered(name: str, host: str) -> bool:
    """Windows shows each device once a sound system; DirectSound gives whole names and takes any rate."""
    if host == "ALSA":
        return not name.startswith(_ALIASES + _ALIASES_TOO)
    return host not in {"MME", "Windows WDM-KS", "Windows WASAPI"} if sys.platform == "win32" else True


def _index(sounddevice: Any, wanted: str) -> int | None:
    """PortAudio's number of a device by its id, its name or a part of that; None is the usual one. Raises
    MicrophoneError."""
    if not wanted:
        return None
    devices, hosts = sounddevice.query_devices(), sounddevice.query_hostapis()
    ids = {
        number: f"{device['name']}, {hosts[device['hostapi']]['name']}"
        for number, device in enumerate(devices)
        if device["max_input_channels"] > 0
    }
    for matches in (
        lambda id: id == wanted,
        lambda id: id.rpartition(", ")[0] == wanted,
        lambda id: wanted.casefold() in id.casefold(),
    ):
        for number, id in ids.items():
            if matches(id):
                return number
    raise MicrophoneError(GONE)


class InputMicrophone:
    """A microphone of this machine. Implements Source."""

    def __init__(self, clock: Clock, device: str) -> None:
        """ "" is the system's usual one. Waits for as long as its driver does. Raises MicrophoneError."""
        global _users  # noqa: PLW0603
        self._clock = clock
        self._time = DeviceTime()  # of PortAudio's thread
        self._waiting: queue.Queue[tuple[bytes, LocalTime] | None] = queue.Queue(MOST_WAITING)
        try:
            sounddevice = library()
        except MediaError as error:
            log.info("PortAudio is missing: %s", error)
            raise MicrophoneError(MISSING) from None
        self._library = sounddevice
        with _turn:
            _users += 1
        try:
            number = _index(sounddevice, device)
            self._channels, self._stream = self._opened(number)
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            self._give_back()
            log.info("the microphone %s can't be opened: %s", device, error)
            raise MicrophoneError(words_of(error, device)) from None
        except BaseException:
            self._give_back()
            raise
        self._delay = float(self._stream.latency)

    def _opened(self, number: int | None) -> tuple[int, Any]:
        """(channels, stream): one channel, or two where the hardware has no less."""
        for channels in (1, 2):
            try:
                return channels, self._library.RawInputStream(
                    samplerate=VOICE_RATE,
                    channels=channels,
                    dtype="float32",
                    device=number,
                    latency=LATENCY,
                    blocksize=BLOCK,
                    callback=self._take,
                    finished_callback=self._end,
                )
            except self._library.PortAudioError as error:
                if channels == 2 or _code(error) != _INVALID_CHANNELS:
                    raise
        raise AssertionError

    def blocks(self) -> Iterator[tuple[Mono, LocalTime] | None]:
        policy = SteadyPolicy(still=0.002, jump=0.02)
        line = SteadyLine()
        while True:
            try:
                taken = self._waiting.get(timeout=A_WHILE)
            except queue.Empty:
                yield None
                continue
            if taken is None:
                return
            block = np.frombuffer(taken[0], np.float32)
            if self._channels == 2:
                block = block.reshape(-1, 2).mean(axis=1)
            line = step(policy, line, taken[1], BLOCK / VOICE_RATE)
            yield block, LocalTime(line.at)

    def close(self) -> None:
        try:
            self._stream.abort()
            self._stream.close()
        except self._library.PortAudioError as error:
            log.info("the microphone was gone before it was closed: %s", error)
        self._give_back()

    def _give_back(self) -> None:
        global _users  # noqa: PLW0603
        with _turn:
            _users -= 1
        forget_look()

    # -- PortAudio's thread --------------------------------------------------------------------------------------------

    def _take(self, data: Any, frames: int, time_info: Any, status: Any) -> None:
        now = self._clock.now()
        delay = time_info.currentTime - time_info.inputBufferAdcTime
        if 0.0 <= delay <= MOST_DELAY:
            self._time = self._time.receive(time_info.currentTime, now)
            captured = self._time.called_at(now) - delay
        else:  # some drivers leave one of the two at 0
            captured = now - self._delay
        with contextlib.suppress(queue.Full):  # we hang; what is old by then is of no use
            self._waiting.put_nowait((bytes(data), LocalTime(captured)))

    def _end(self) -> None:
        while True:
            with contextlib.suppress(queue.Full):
                return self._waiting.put_nowait(None)
            with contextlib.suppress(queue.Empty):
                self._waiting.get_nowait()


class TestMicrophone:
    """Implements Source: three syllables at a pitch that comes from a person's name, and a pause, again and again."""

    __test__ = False

    def __init__(self, clock: Clock, name: str) -> None:
        self._clock = clock
        self._said = _said_by(name)

    def blocks(self) -> Iterator[tuple[Mono, LocalTime]]:
        due, at = time.perf_counter(), 0
        while True:
            wait = due - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            elif wait < -0.5:  # we slept
                due = time.perf_counter()
            captured = self._clock.now() - (time.perf_counter() - due) - 2 * BLOCK / VOICE_RATE
            for number in range(2):
                yield self._said[at : at + BLOCK], LocalTime(captured + number * BLOCK / VOICE_RATE)
                at = (at + BLOCK) % len(self._said)
            due += 2 * BLOCK / VOICE_RATE

    def close(self) -> None:
        pass


def _said_by(name: str) -> Mono:
    """1.5 s."""
    pitch = 120.0 * 2 ** (zlib.crc32(name.encode()) % 12 / 12)
    said = np.zeros(3 * VOICE_RATE // 2, np.float32)
    length = round(0.18 * VOICE_RATE)
    moments = np.arange(length) / VOICE_RATE
    for number, colour in enumerate((1.0, 0.6, 1.6)):
        phase = 2 * math.pi * pitch * (1 + 0.05 * number) * (moments + 0.05 * moments**2)
        sound = sum(np.sin(overtone * phase) / (1 + abs(overtone - 4 * colour)) for overtone in range(1, 16))
        shaped = sound * np.sin(np.pi * moments * VOICE_RATE / length) ** 0.5
        start = round(number * 0.25 * VOICE_RATE)
        said[start : start + length] = 0.15 * shaped / np.sqrt(np.mean(np.square(shaped)))
    return said


def words_of(error: Exception, device: str) -> str:
    """What is wrong, for people."""
    code = _code(error)
    if code == _DEVICE_UNAVAILABLE:
        return BUSY
    if code in {_INVALID_RATE, _INVALID_CHANNELS}:
        return UNFIT
    if code == _INVALID_DEVICE or "querying device" in str(error):
        return GONE if device else NOBODY
    return OTHERWISE.format(str(error.args[0] if error.args else error).rstrip("."))


def _code(error: Exception) -> int | None:
    return error.args[1] if len(error.args) > 1 and isinstance(error.args[1], int) else None
