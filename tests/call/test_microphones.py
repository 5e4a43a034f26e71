"""Microphones of a real sound server, and of a PortAudio that does what a test says."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from player.call import microphones
from player.call.clock import CallClock
from player.call.microphones import (
    BLOCK,
    BUSY,
    GONE,
    MISSING,
    NOBODY,
    UNFIT,
    InputMicrophone,
    MicrophoneError,
    find_microphones,
    words_of,
)
from player.core.call_pipe import Device
from tests.fakes.pulse import PulseServer
from tests.fakes.recorder import FakeRecorder, device
from tests.fakes.waiting import wait_until

# -- a real sound server -----------------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseServer]:
    made = PulseServer(tmp_path)
    monkeypatch.setenv("PULSE_SERVER", made.address)
    made.start()
    microphones.forget_look()
    yield made
    made.kill()
    microphones.forget_look()


class Listener:
    """Reads a microphone on a thread."""

    def __init__(self, device: str = "") -> None:
        self.microphone = InputMicrophone(CallClock(), device)
        self.heard: list[tuple[np.ndarray, float]] = []
        self.has_ended = threading.Event()
        self.is_closing = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        for taken in self.microphone.blocks():
            if taken is not None:
                self.heard.append(taken)
            if self.is_closing:
                break
        self.has_ended.set()
        self.microphone.close()

    def close(self) -> None:
        self.is_closing = True
        self.thread.join(20)
        assert not self.thread.is_alive()

    def loudest(self) -> float:
        return max((float(np.abs(block).max()) for block, _ in self.heard[-20:]), default=0.0)


def test_the_usual_microphone_hears_what_is_played_to_it(server: PulseServer, tmp_path: Path) -> None:
    """The monitor of the server's sink."""
    names = [each.label for each in find_microphones()]
    assert "pulse" in names
    assert "default" not in names  # that is ""
    (tmp_path / "tone").write_bytes((0.3 * np.sin(np.arange(48000 * 60) * 0.05) * 32767).astype("<i2").tobytes())
    tone = subprocess.Popen(
        ["pacat", "-s", server.address, "--rate=48000", "--channels=1", "--format=s16le", str(tmp_path / "tone")]
    )
    for each in ("", "pulse, ALSA", "PULS"):
        listener = Listener(each)
        wait_until(lambda listener=listener: listener.loudest() > 0.1, "the tone")  # type: ignore[misc]
        listener.close()
        assert all(len(block) == BLOCK for block, _ in listener.heard)
        assert np.diff([at for _, at in listener.heard]) == pytest.approx(0.01, abs=1e-3)
    tone.terminate()
    tone.wait()


def test_a_source_that_is_taken_away_in_mid_recording_ends(server: PulseServer) -> None:
    listener = Listener()
    wait_until(lambda: listener.heard, "sound")
    listed = subprocess.run(
        ["pactl", "-s", server.address, "list", "short", "modules"], capture_output=True, text=True, check=True
    ).stdout
    (number,) = [line.split()[0] for line in listed.splitlines() if "module-null-sink" in line]
    subprocess.run(["pactl", "-s", server.address, "unload-module", number], check=True)
    wait_until(listener.has_ended.is_set, "the end")
    listener.close()


def test_a_server_that_dies_ends_the_recording_and_then_there_is_no_microphone(server: PulseServer) -> None:
    listener = Listener()
    wait_until(lambda: listener.heard, "sound")
    server.kill()
    wait_until(listener.has_ended.is_set, "the end")
    listener.close()
    assert find_microphones() == ()
    with pytest.raises(MicrophoneError, match=NOBODY):
        InputMicrophone(CallClock(), "")
    with pytest.raises(MicrophoneError, match=GONE):
        InputMicrophone(CallClock(), "pulse, ALSA")
    server.start()
    assert "pulse" in [each.label for each in find_microphones()]
    Listener().close()


# -- a PortAudio with levers -------------------------------------------------------------------------------------------


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRecorder]:
    made = FakeRecorder(
        device("USB Audio (hw:1,0)"), device("sysdefault"), device("HDMI", inputs=0), device("Mic", host=1)
    )
    monkeypatch.setitem(sys.modules, "sounddevice", made)
    microphones.forget_look()
    yield made
    microphones.forget_look()


def test_what_only_plays_and_what_is_there_under_another_name_is_not_offered(recorder: FakeRecorder) -> None:
    assert find_microphones() == (Device("USB Audio (hw:1,0), ALSA", "USB Audio (hw:1,0)"), Device("Mic, JACK", "Mic"))


def test_windows_shows_each_device_once(recorder: FakeRecorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    recorder.hosts = [{"name": "MME"}, {"name": "Windows DirectSound"}, {"name": "Windows WASAPI"}]
    recorder.devices = [device("Headset Micr"), device("Headset Microphone", host=1), device("Headset", host=2)]
    assert [each.label for each in find_microphones()] == ["Headset Microphone"]


def test_what_is_plugged_in_is_seen_once_nothing_is_open(
    recorder: FakeRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(microphones, "_cards", lambda: f"{len(recorder.devices)} cards")
    find_microphones()
    find_microphones()
    assert recorder.looks == 1
    open_one = InputMicrophone(CallClock(), "")
    recorder.devices.append(device("Headset"))
    assert "Headset" not in [each.label for each in find_microphones()]
    open_one.close()
    assert "Headset" in [each.label for each in find_microphones()]
    recorder.devices.pop()
    assert "Headset" not in [each.label for each in find_microphones()]


@pytest.mark.parametrize(
    ("device", "refusal", "words"),
    [
        ("", ("Error querying device -1",), NOBODY),
        ("USB", ("Error querying device -1",), GONE),
        ("another", None, GONE),
        ("", ("Error opening RawInputStream: Device unavailable", -9985), BUSY),
        ("", ("Error opening RawInputStream: Invalid sample rate", -9997), UNFIT),
        ("", ("Error opening RawInputStream: Invalid number of channels", -9998), UNFIT),
        ("", ("Unanticipated host error", -9999), "(Unanticipated host error): choose another"),
    ],
)
def test_what_is_wrong_is_said(recorder: FakeRecorder, device: str, refusal: tuple[object, ...], words: str) -> None:
    recorder.refusal = refusal
    with pytest.raises(MicrophoneError) as caught:
        InputMicrophone(CallClock(), device)
    assert words in str(caught.value)
    recorder.refusal = None
    recorder.devices.append({"name": "new", "hostapi": 0, "max_input_channels": 1})
    assert "new" in [each.label for each in find_microphones()]  # nothing counts as open


def test_a_missing_library_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert find_microphones() == ()
    with pytest.raises(MicrophoneError, match=MISSING):
        InputMicrophone(CallClock(), "")


def test_two_channels_become_one_where_the_hardware_has_no_less(recorder: FakeRecorder) -> None:
    recorder.mono = False
    microphone = InputMicrophone(CallClock(), "")
    recorder.streams[0].give(np.tile([0.5, 0.1], (BLOCK, 1)))
    taken = next(microphone.blocks())
    assert taken is not None
    assert taken[0] == pytest.approx(0.3)
    microphone.close()


@pytest.mark.parametrize(("delay", "believed"), [(0.02, 0.02), (-1.0, 0.04), (9.0, 0.04)])
def test_a_block_was_recorded_when_the_device_says_so_or_so_long_ago_as_usual(
    recorder: FakeRecorder, delay: float, believed: float
) -> None:
    clock = CallClock()
    microphone = InputMicrophone(clock, "")
    before = clock.now()
    recorder.streams[0].give(np.zeros(BLOCK), delay=delay)
    after = clock.now()
    taken = next(microphone.blocks())
    assert taken is not None
    assert before - believed - 1e-6 <= taken[1] <= after - believed + 1e-6
    microphone.close()


def test_one_that_vanishes_ends_though_nobody_reads_and_closes_without_a_word(recorder: FakeRecorder) -> None:
    microphone = InputMicrophone(CallClock(), "")
    for _ in range(2 * microphones.MOST_WAITING):
        recorder.streams[0].give(np.zeros(BLOCK))
    recorder.streams[0].vanish()
    assert len(list(microphone.blocks())) == microphones.MOST_WAITING - 1
    recorder.breaks_closing = True
    microphone.close()


def test_a_device_that_gives_nothing_lets_its_reader_look_up(
    recorder: FakeRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(microphones, "A_WHILE", 0.001)
    microphone = InputMicrophone(CallClock(), "")
    assert next(microphone.blocks()) is None
    microphone.close()


def test_the_bindings_errors_carry_their_code() -> None:
    """As `words_of` reads them."""
    import sounddevice

    assert words_of(sounddevice.PortAudioError("x", -9985), "") == BUSY
    with pytest.raises(sounddevice.PortAudioError) as caught:
        sounddevice._check(-9985, "Error opening")
    assert caught.value.args[1] == -9985
