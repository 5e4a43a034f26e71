"""Our microphone is open while it is wanted and no longer, and what is wrong with it is said in a sentence."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from player.call import capture as captures
from player.call.clock import CallClock
from player.call.microphone import HANGS, MUTED, OTHERWISE, Microphone, Take
from player.call.microphones import BLOCK, BUSY, GONE, MicrophoneError, Mono, Source
from player.ports import Clock
from server.core.timeline import LocalTime
from tests.fakes.waiting import wait_until


class FakeDevice:
    """Implements Source: a block each ms while `gives` is set, then what its levers say."""

    def __init__(self) -> None:
        self.gives, self.ends = threading.Event(), threading.Event()
        self.gives.set()
        self.level = 0.1
        self.is_open = True

    def blocks(self) -> Iterator[tuple[Mono, LocalTime] | None]:
        number = 0
        while not self.ends.wait(0.001):
            if self.gives.is_set():
                yield np.full(BLOCK, self.level, np.float32), LocalTime(0.01 * number)
                number += 1
            else:
                yield None

    def close(self) -> None:
        self.is_open = False


class Bench:
    """A microphone with what it gave."""

    def __init__(self) -> None:
        self.clock = CallClock()
        self.begun = 0
        self.taken: list[LocalTime] = []
        self.devices: list[FakeDevice] = []
        self.opened: list[str] = []
        self.refusal: Exception | None = None
        self.blocked: threading.Event | None = None
        self.changed = threading.Event()
        self.microphone = Microphone(self.clock, self.begin, self.changed.set, self.open)

    def begin(self) -> Take:
        self.begun += 1
        return lambda block, captured: self.taken.append(captured)

    def open(self, clock: Clock, device: str) -> Source:
        self.opened.append(device)
        if self.blocked is not None:
            self.blocked.wait()
        if self.refusal is not None:
            raise self.refusal
        self.devices.append(FakeDevice())
        return self.devices[-1]

    def state(self, later: float = 0.0) -> tuple[str, str]:
        return self.microphone.state_at(LocalTime(self.clock.now() + later))

    def waits_for(self, state: str, words: str = "") -> None:
        wait_until(lambda: self.state() == (state, words), f"{state} {words}, it is {self.state()}")


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    if made.blocked is not None:
        made.blocked.set()
    made.microphone.close()
    wait_until(lambda: not any(thread.name == "matinee-microphone" for thread in threading.enumerate()), "the threads")


def test_nothing_is_open_before_it_is_wanted(bench: Bench) -> None:
    assert bench.state() == ("off", "")
    bench.microphone.look_again()
    assert not bench.opened


def test_it_is_closed_when_it_is_off(bench: Bench) -> None:
    bench.microphone.want("usb")
    bench.waits_for("on")
    wait_until(lambda: bench.taken, "sound")
    assert bench.changed.is_set()
    bench.microphone.want("usb")
    bench.microphone.want(None)
    assert bench.state() == ("off", "")
    wait_until(lambda: not bench.devices[0].is_open, "its closing")
    taken = len(bench.taken)
    bench.microphone.want("usb")
    wait_until(lambda: len(bench.taken) > taken, "sound again")
    assert bench.begun == 2
    assert bench.opened == ["usb", "usb"]


def test_one_that_gives_nothing_is_closed_when_it_is_off_too(bench: Bench) -> None:
    bench.microphone.want("usb")
    bench.waits_for("on")
    bench.devices[0].gives.clear()
    bench.microphone.want(None)
    wait_until(lambda: not bench.devices[0].is_open, "its closing")


def test_another_one_is_opened_after_the_first_is_closed(bench: Bench) -> None:
    bench.microphone.want("usb")
    bench.waits_for("on")
    bench.microphone.want("headset")
    wait_until(lambda: len(bench.devices) == 2, "the headset")
    assert not bench.devices[0].is_open


def test_the_test_voice_is_heard_without_any_device(bench: Bench) -> None:
    bench.microphone.want("test", "Ana")
    bench.waits_for("on")
    wait_until(lambda: len(bench.taken) > 10, "sound")
    steps = np.diff(bench.taken[:10])
    assert steps == pytest.approx(0.01, abs=0.002)
    assert not bench.opened


def test_one_that_is_used_by_another_program_is_tried_again_when_devices_change(bench: Bench) -> None:
    bench.refusal = MicrophoneError(BUSY)
    bench.microphone.want("")
    bench.waits_for("failed", BUSY)
    bench.refusal = None
    bench.microphone.look_again()
    bench.waits_for("on")
    bench.microphone.look_again()  # one that works is left alone
    assert len(bench.opened) == 2


def test_one_that_is_unplugged_is_gone_until_it_is_there_again(bench: Bench) -> None:
    bench.microphone.want("usb")
    bench.waits_for("on")
    bench.devices[0].ends.set()
    bench.waits_for("failed", GONE)
    assert not bench.devices[0].is_open
    bench.microphone.look_again()
    bench.waits_for("on")


def test_one_that_hangs_in_its_opening_is_left_to_itself(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captures, "CLOSING", 0.01)
    bench.blocked = hangs = threading.Event()
    bench.microphone.want("usb")
    assert bench.state() == ("opening", "")
    assert bench.state(later=60.0) == ("failed", HANGS)
    wait_until(lambda: bench.opened, "its opening")
    bench.blocked = None
    bench.microphone.want("headset")
    bench.waits_for("on")
    hangs.set()
    wait_until(lambda: len(bench.devices) == 2, "the end of the opening")
    wait_until(lambda: not bench.devices[1].is_open, "its closing")
    assert bench.state() == ("on", "")


def test_one_that_falls_silent_is_said_and_comes_back_by_itself(bench: Bench) -> None:
    bench.microphone.want("usb")
    bench.waits_for("on")
    bench.devices[0].gives.clear()
    assert bench.state(later=10.0) == ("failed", HANGS)
    bench.devices[0].gives.set()
    bench.waits_for("on")


def test_one_that_gives_nothing_but_zeros_is_muted_somewhere(bench: Bench) -> None:
    bench.microphone.want("usb")
    bench.waits_for("on")
    bench.devices[0].level = 0.0
    bench.waits_for("on", MUTED)
    bench.devices[0].level = 0.1
    bench.waits_for("on")


@pytest.mark.expects_warnings
def test_what_nobody_thought_of_is_a_sentence_too(bench: Bench) -> None:
    bench.refusal = RuntimeError("of all things")
    bench.microphone.want("usb")
    bench.waits_for("failed", OTHERWISE)
