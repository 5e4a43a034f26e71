"""The film's sound as the player has it: on a real sound server that dies and comes back, and on none."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from player.core.sync import GAVE_UP
from player.core.target import ClockLine, Target
from player.media.sound import CALL_LATENCY, MOST_REMARKS, SAMPLE_RATE, TOO_MANY, Sound
from player.media.sound_device import LATENCY
from player.media.sound_keeper import BACK, GONE, KeeperPolicy
from player.portaudio import look_again
from server.core.timeline import LocalTime, Schedule
from tests.fakes.portaudio import FakePortAudio
from tests.fakes.pulse import PulseServer
from tests.fakes.timelines import stated
from tests.fakes.waiting import wait_until

FRAME = 1 / 30


class RealClock:
    def now(self) -> LocalTime:
        return LocalTime(time.perf_counter())


@dataclass
class Telemetry:
    events: list[dict[str, Any]] = field(default_factory=list)

    def record(self, event: str, mono: float, **fields: Any) -> None:
        self.events.append({"event": event, "mono": mono, **fields})


class Player:
    """A sound with a decoder that has a tone to give, of `length` s."""

    def __init__(self, *, silent: bool, length: float = 3600.0) -> None:
        self.clock = RealClock()
        self.telemetry = Telemetry()
        self.woken = threading.Event()
        self.remarks: list[str] = []
        self.length = length
        self.generation = 0
        self.sound = Sound(
            self.clock, self.telemetry, self.woken.set, silent=silent, keeper_policy=KeeperPolicy(retry=0.2)
        )
        self.sound.start()
        self.seek(0.0)

    def seek(self, media_time: float) -> None:
        self.generation += 1
        self.sound.begin(self.generation, media_time)
        threading.Thread(target=self._decode, args=(self.generation, media_time), daemon=True).start()

    def _decode(self, generation: int, media_time: float) -> None:
        first, last = round(media_time * SAMPLE_RATE), round(self.length * SAMPLE_RATE)
        while first < last:
            count = min(1024, last - first)
            wave = 0.1 * np.sin(2 * np.pi * 440 * np.arange(first, first + count) / SAMPLE_RATE)
            samples = np.stack([wave, wave], axis=1).astype(np.float32)
            if not self.sound.put(generation, first / SAMPLE_RATE, samples):
                return
            first += count
        self.sound.end(generation)

    def play(self, media_time: float = 0.0) -> None:
        """A fifth of a second from now."""
        begins = stated(self.generation, "playing", media_time, self.clock.now() + 0.2)
        self.sound.follow(Target(ClockLine(), Schedule((begins,))))

    def newest(self) -> dict[str, Any] | None:
        return self.telemetry.events[-1] if self.telemetry.events else None

    def is_on_the_timeline(self) -> bool:
        """By a reading that is newer than the call before."""
        newest = self.newest()
        self.telemetry.events.clear()
        return newest is not None and abs(newest["asynchrony"]) < 0.005

    def has_said(self, *words: str) -> bool:
        self.remarks += self.sound.take_remarks()
        return self.remarks == list(words)


@pytest.fixture
def player() -> Iterator[Callable[..., Player]]:
    made: list[Player] = []

    def make(**options: Any) -> Player:
        made.append(Player(**options))
        return made[-1]

    yield make
    for each in made:
        each.sound.close()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseServer]:
    made = PulseServer(tmp_path)
    monkeypatch.setenv("PULSE_SERVER", made.address)
    made.start()
    look_again()
    yield made
    made.kill()


class Silence:
    """Voices of people who say nothing."""

    def mix(self, out: np.ndarray, leaves_at: LocalTime) -> None: ...


# -- a real sound server -----------------------------------------------------------------------------------------------


def test_a_sound_server_that_dies_and_comes_back(
    server: PulseServer, player: Callable[..., Player], capfd: pytest.CaptureFixture[str]
) -> None:
    made = player(silent=False)
    made.play()
    wait_until(made.is_on_the_timeline)
    assert made.sound.status().device is not None
    assert 0.05 < made.sound.status().playout_delay < 0.3
    assert made.has_said()

    server.kill()
    wait_until(lambda: made.has_said(GONE))
    wait_until(lambda: made.sound.status().device is None)
    wait_until(made.is_on_the_timeline)  # on the silent clock

    server.start()
    wait_until(lambda: made.sound.status().device)
    assert made.has_said(GONE, BACK.format(made.sound.status().device))
    wait_until(made.is_on_the_timeline)
    assert not made.sound.wants_seek()
    made.sound.close()
    assert "Traceback" not in capfd.readouterr().err


def test_in_a_call_the_device_answers_faster_once_it_can_be_opened_again_unheard(
    server: PulseServer, player: Callable[..., Player]
) -> None:
    made = player(silent=False)
    made.play()
    wait_until(made.is_on_the_timeline)
    before = made.sound.status().playout_delay
    made.sound.set_voices(Silence())
    for _ in range(5):
        wait_until(made.is_on_the_timeline)
    assert made.sound._keeper.latency == LATENCY  # nobody makes a hole into a film that plays
    paused = stated(made.generation, "paused", 3.0, made.clock.now())
    made.sound.follow(Target(ClockLine(), Schedule((paused,))))
    wait_until(lambda: made.sound._keeper.latency == CALL_LATENCY)
    made.play(3.0)
    wait_until(made.is_on_the_timeline)
    wait_until(made.is_on_the_timeline)
    assert made.sound.status().playout_delay < before - 0.03
    assert made.has_said()


def test_closing_while_the_sound_server_is_gone(server: PulseServer, player: Callable[..., Player]) -> None:
    made = player(silent=False)
    wait_until(lambda: made.sound.status().device)
    server.kill()
    made.sound.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sound-")]


# -- no device at all --------------------------------------------------------------------------------------------------


def test_without_a_device_the_film_goes_on_and_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, player: Callable[..., Player]
) -> None:
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nobody")
    look_again()
    made = player(silent=False)
    made.play()
    wait_until(made.is_on_the_timeline)
    assert made.sound.status().device is None
    (words,) = made.sound.take_remarks()
    assert "nothing is heard" in words
    assert made.woken.is_set()


def test_a_silent_player_follows_the_timeline_as_well(player: Callable[..., Player]) -> None:
    made = player(silent=True)
    assert made.sound.status().asynchrony is None
    made.play()
    wait_until(made.is_on_the_timeline)
    wait_until(lambda: made.sound.status().asynchrony is not None)
    wait_until(made.newest)
    event = made.newest()
    assert event is not None
    assert set(event) == {"event", "mono", "media_time", "asynchrony", "ratio", "underruns"}
    assert event["event"] == "audio"
    assert event["ratio"] == pytest.approx(1.0, abs=0.26)
    made.sound.follow(Target(ClockLine(), Schedule((stated(9, "paused", 1.0, 0.0),))))
    wait_until(lambda: made.sound.status().asynchrony is None)
    assert made.sound.take_remarks() == []


# -- what the playback asks --------------------------------------------------------------------------------------------


def test_the_end_of_the_film_wakes_who_has_to_know(player: Callable[..., Player]) -> None:
    made = player(silent=True, length=0.5)
    assert not made.sound.has_ended()
    made.play()
    wait_until(made.is_on_the_timeline)
    made.woken.clear()
    wait_until(made.sound.has_ended)
    wait_until(made.woken.is_set)


def test_a_place_that_is_not_decoded_is_asked_for_and_found_after_a_seek(player: Callable[..., Player]) -> None:
    made = player(silent=True)
    made.play()
    wait_until(made.is_on_the_timeline)
    assert not made.sound.wants_seek()
    made.woken.clear()
    made.play(media_time=1000.0)
    wait_until(made.sound.wants_seek)
    wait_until(made.woken.is_set)
    made.seek(1000.0)
    assert not made.sound.wants_seek()
    wait_until(made.is_on_the_timeline)


def test_the_decoder_may_be_a_second_and_a_half_ahead(player: Callable[..., Player]) -> None:
    made = player(silent=True)
    wait_until(lambda: made.sound.buffered() > 1.2)
    assert made.sound.buffered() <= 1.5


def test_a_closed_sound_takes_nothing_and_leaves_no_thread(player: Callable[..., Player]) -> None:
    made = player(silent=True)
    made.sound.close()
    assert made.sound.put(made.generation, 0.0, np.zeros((10, 2), np.float32)) is False
    assert not [thread for thread in threading.enumerate() if thread.name in ("sound-feeder", "sound-silent")]


def test_a_sound_that_was_never_started_can_be_closed() -> None:
    Sound(RealClock(), Telemetry(), lambda: None, silent=True).close()


def test_why_the_controller_gave_up_is_said_once(
    player: Callable[..., Player], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = player(silent=True)
    monkeypatch.setattr(made.sound._feed, "complaint", GAVE_UP)
    wait_until(lambda: made.has_said(GAVE_UP))


@pytest.mark.expects_warnings
def test_a_feeder_that_breaks_is_told_and_logged(
    player: Callable[..., Player], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = player(silent=True)

    def break_down(*_: Any) -> float:
        raise ZeroDivisionError

    monkeypatch.setattr(made.sound._feed, "feed", break_down)
    wait_until(made.sound.take_remarks)


def test_remarks_that_nobody_takes_are_bounded(player: Callable[..., Player]) -> None:
    made = player(silent=True)
    for number in range(100):
        made.sound._remark(str(number))
    assert len(made.sound.take_remarks()) == MOST_REMARKS
    made.sound.set_volume(0.5)


def test_a_call_whose_sound_breaks_up_goes_back_to_the_usual_latency(monkeypatch: pytest.MonkeyPatch) -> None:
    library = FakePortAudio()
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    sound = Sound(RealClock(), Telemetry(), lambda: None, silent=False)
    sound.set_voices(Silence())
    sound.start()
    wait_until(lambda: sound._keeper.device)
    assert library.newest.options["latency"] == CALL_LATENCY
    for _ in range(TOO_MANY):
        library.newest.take(480, underflow=True)
    library.newest.take(SAMPLE_RATE)  # nothing is heard
    wait_until(lambda: library.newest.options["latency"] == LATENCY)
    sound.set_voices(Silence())  # another call tries again
    wait_until(lambda: sound._keeper.device)
    library.newest.take(SAMPLE_RATE)
    wait_until(lambda: library.newest.options["latency"] == CALL_LATENCY)
    sound.close()
