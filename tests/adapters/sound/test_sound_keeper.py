"""A way out for the sound: the device while there is one, the silent clock otherwise."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from player.media import sound_keeper
from player.media.sound_device import LATENCY, SoundDevice
from player.media.sound_keeper import BACK, GONE, NO_DEVICE, KeeperPolicy, SoundKeeper
from player.media.sound_ring import SoundRing
from player.media.sound_silence import AHEAD, SilentClock
from player.portaudio import look_again
from player.ports import MediaError
from server.core.timeline import LocalTime
from tests.fakes.portaudio import FakePortAudio
from tests.fakes.waiting import wait_until

RATE = 48000
SOON = KeeperPolicy(retry=0.005, retry_rarely=0.01, rarely_from=3)


class HandClock:
    """Stands until it is set."""

    def __init__(self) -> None:
        self.time = 10.0

    def now(self) -> LocalTime:
        return LocalTime(self.time)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> FakePortAudio:
    made = FakePortAudio()
    monkeypatch.setitem(sys.modules, "sounddevice", made)
    return made


class Home:
    """A keeper with what belongs to it."""

    def __init__(self, *, silent: bool = False, policy: KeeperPolicy = SOON) -> None:
        self.clock = HandClock()
        self.ring = SoundRing()
        self.remarks: list[str] = []
        self.changes = 0
        self.keeper = SoundKeeper(
            self.clock, self.ring, RATE, self._changed, self.remarks.append, silent=silent, policy=policy
        )

    def _changed(self) -> None:
        self.changes += 1

    def takes_silently(self) -> bool:
        """Whether the silent clock runs: time passes and samples are taken."""
        before = self.ring.taken

        def some_time_later() -> bool:
            self.clock.time += 0.01
            return self.ring.taken > before

        wait_until(some_time_later)
        return True


@pytest.fixture
def home(library: FakePortAudio) -> Iterator[Home]:
    made = Home()
    yield made
    library.is_hanging.set()
    made.keeper.close()


# -- the keeper --------------------------------------------------------------------------------------------------------


def test_the_systems_device_is_used_without_a_word(library: FakePortAudio, home: Home) -> None:
    home.keeper.start()
    wait_until(lambda: home.keeper.device == "Loudspeakers")
    assert library.newest.is_running
    assert library.newest.options["samplerate"] == RATE
    assert home.remarks == []
    assert home.changes == 1


def test_without_a_device_the_film_goes_on_silently_with_one_remark(library: FakePortAudio, home: Home) -> None:
    library.has_device = False
    home.keeper.start()
    wait_until(lambda: library.looks >= SOON.rarely_from + 2)
    assert home.remarks == [NO_DEVICE]
    assert home.keeper.device is None
    assert home.takes_silently()


def test_a_device_that_disappears_gives_way_to_silence_and_comes_back(library: FakePortAudio, home: Home) -> None:
    home.keeper.start()
    wait_until(lambda: home.keeper.device)
    lost = library.newest
    lost.vanish()
    wait_until(lambda: home.remarks == [GONE])
    assert home.keeper.device is None
    assert lost.is_closed or not lost.is_running
    assert home.takes_silently()
    library.has_device = True
    wait_until(lambda: home.keeper.device)
    assert home.remarks == [GONE, BACK.format("Loudspeakers")]
    assert library.newest is not lost
    taken = home.ring.taken
    home.clock.time += 1.0
    library.newest.take(100)
    assert home.ring.taken == taken + 100  # the silent clock takes nothing any more
    assert home.changes == 3


def test_a_device_is_renewed_with_another_latency_without_a_word(library: FakePortAudio, home: Home) -> None:
    home.keeper.renew()  # nothing is open yet
    home.keeper.start()
    wait_until(lambda: home.keeper.device)
    before = library.newest
    assert before.options["latency"] == home.keeper.latency == LATENCY
    home.keeper.wanted_latency = 0.05
    home.keeper.renew()
    wait_until(lambda: home.keeper.latency == 0.05)
    assert before.is_closed
    assert library.newest is not before
    assert library.newest.is_running
    assert library.newest.options["latency"] == 0.05
    assert home.remarks == []
    assert home.changes == 3  # the old one ends before the new one is opened


def test_a_device_that_can_not_be_renewed_is_gone(library: FakePortAudio, home: Home) -> None:
    home.keeper.start()
    wait_until(lambda: home.keeper.device)
    library.has_device = False
    home.keeper.renew()
    wait_until(lambda: home.remarks == [GONE])
    assert home.takes_silently()
    library.has_device = True
    wait_until(lambda: home.keeper.device)
    library.newest.vanish()
    wait_until(lambda: home.remarks == [GONE, BACK.format("Loudspeakers"), GONE])


def test_a_device_that_does_not_start_counts_as_none(library: FakePortAudio) -> None:
    library.starts = False
    home = Home(policy=KeeperPolicy(retry=0.3))
    home.keeper.start()
    wait_until(lambda: home.remarks == [NO_DEVICE])
    assert home.takes_silently()
    library.starts = True
    wait_until(lambda: home.keeper.device)
    home.keeper.close()


def test_a_library_that_cannot_look_again_is_asked_again(library: FakePortAudio, home: Home) -> None:
    library.has_device = False
    library.cannot_initialize = True
    home.keeper.start()
    wait_until(lambda: library.looks >= 2)
    library.has_device, library.cannot_initialize = True, False
    wait_until(lambda: home.keeper.device)


def test_a_missing_library_is_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    home = Home()
    home.keeper.start()
    wait_until(lambda: home.remarks == [NO_DEVICE])
    assert home.takes_silently()
    home.keeper.close()


def test_silent_by_choice_looks_for_nothing_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    home = Home(silent=True)
    home.keeper.start()
    assert home.takes_silently()
    home.keeper.close()
    assert home.remarks == []


@pytest.mark.expects_warnings
def test_what_nobody_thought_of_leaves_the_film_running(library: FakePortAudio, home: Home) -> None:
    library.query_devices = lambda device: {}  # type: ignore[method-assign]
    home.keeper.start()
    wait_until(lambda: home.remarks)
    assert "in the log" in home.remarks[0]
    assert home.takes_silently()


def test_closing_lets_the_device_go(library: FakePortAudio) -> None:
    home = Home()
    home.keeper.start()
    wait_until(lambda: home.keeper.device)
    home.keeper.close()
    assert library.newest.is_closed
    assert home.remarks == []


def test_closing_before_the_start_is_nothing() -> None:
    Home().keeper.close()


def test_a_sound_server_that_hangs_does_not_keep_the_player(
    library: FakePortAudio, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_keeper, "CLOSED_WITHIN", 0.05)
    home.keeper.start()
    wait_until(lambda: home.keeper.device)
    library.is_hanging.clear()
    not_waited_for: list[object] = []
    monkeypatch.setattr(atexit, "unregister", not_waited_for.append)
    home.keeper.close()  # returns
    assert not_waited_for == [library._exit_handler]  # the binding would wait for ever at the end of the process


# -- the device --------------------------------------------------------------------------------------------------------


def device(library: FakePortAudio) -> tuple[SoundDevice, SoundRing, HandClock]:
    clock, ring = HandClock(), SoundRing()
    return SoundDevice(clock, ring, RATE, lambda: None), ring, clock


def test_a_block_leaves_when_the_device_says(library: FakePortAudio) -> None:
    _, ring, clock = device(library)
    ring.write(0, np.full((500, 2), 0.25, np.float32), is_sounding=True)
    assert library.newest.take(200, delay=0.08).tolist() == [[0.25, 0.25]] * 200
    (note,) = ring.take_notes()
    assert (note.sample, note.taken_at, note.is_after_underrun) == (0, clock.time, False)
    assert note.at == pytest.approx(clock.time + 0.08)


def test_an_underflow_of_the_device_is_noted(library: FakePortAudio) -> None:
    _, ring, _ = device(library)
    library.newest.take(200, underflow=True)
    assert ring.take_notes()[0].is_after_underrun
    assert ring.underruns == 1


@pytest.mark.parametrize("nonsense", [-50.0, -0.001, 9.0, float("nan")])
def test_a_device_that_talks_nonsense_has_its_usual_delay(library: FakePortAudio, nonsense: float) -> None:
    _, ring, clock = device(library)
    library.newest.take(200, delay=nonsense)
    assert ring.take_notes()[0].at == pytest.approx(clock.time + library.newest.latency)


def test_no_device_and_a_device_that_does_not_start_are_media_errors(library: FakePortAudio) -> None:
    library.starts = False
    with pytest.raises(MediaError, match="Unanticipated"):
        device(library)[0].start()
    library.has_device = False
    with pytest.raises(MediaError, match="querying"):
        device(library)


def test_looking_again_after_a_look_that_failed_half_way(library: FakePortAudio) -> None:
    library.cannot_initialize = True
    with pytest.raises(MediaError, match="can't start"):
        look_again()
    library.cannot_initialize = False
    look_again()
    assert library.is_initialized


# -- the silent clock --------------------------------------------------------------------------------------------------


def test_the_silent_clock_takes_what_a_device_would_have() -> None:
    clock, ring = HandClock(), SoundRing()
    silence = SilentClock(clock, ring, RATE)
    silence.close()  # from here on by hand
    ring.take_notes()
    for _ in range(100):
        clock.time += 0.01
        silence.take()
    assert ring.taken == pytest.approx(1.0 * RATE, abs=2)
    for note in ring.take_notes():
        assert note.at == pytest.approx(10.0 + AHEAD + note.sample / RATE, abs=1e-6)
    assert ring.underruns == 0


def test_a_stopped_process_is_an_underrun_of_the_silent_clock_too() -> None:
    clock, ring = HandClock(), SoundRing()
    silence = SilentClock(clock, ring, RATE)
    silence.close()
    ring.take_notes()
    clock.time += 3.0
    silence.take()
    (note,) = ring.take_notes()
    assert note.is_after_underrun
    assert note.at == pytest.approx(clock.time)
    assert ring.taken == pytest.approx(AHEAD * RATE, abs=2)
