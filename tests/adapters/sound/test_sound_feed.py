"""Sound on the room's timeline, by a device on virtual time: each sample leaves when it should.

Errors are in samples of 48 kHz (21 us) unless it says otherwise; `pytest -rP` prints them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from player.core.playout_line import PlayoutLine, PlayoutPolicy
from player.core.resampling import Samples
from player.core.target import ClockLine
from player.media.sound_feed import SoundFeed
from server.core.timeline import LocalTime
from tests.adapters.sound.recordings import Recording
from tests.fakes.sound_bench import RATE, SoundBench, noise_film, tone
from tests.fakes.timelines import stated

FILM, FILM_SOUND = noise_film(60.0)
START = 1002.0  # local and room time at which `playing` begins, at media time 2
BEGINS = stated(2, "playing", 2.0, START)
FRAME = 1 / 30
A440 = tone(440.0)
CORNER = 0.003  # second difference: a 440 Hz tone of half level has 0.0017, a step of 1 % of full scale 0.01


def bench(sound: Callable[[int, int], Samples] = FILM_SOUND, *, skew: float = 0.0, length: float = 59.0) -> SoundBench:
    """A film that is to start at 1002, decoded from media time 2 on."""
    made = SoundBench(sound, skew=skew, length=length)
    made.begin(2.0)
    made.follow(stated(1, "paused", 2.0, 0.0), BEGINS)
    return made


def error(recording: Recording, at: float, media_time: float) -> float:
    """How far ahead what left at `at` is of the media time that should have, in samples."""
    return (recording.place(FILM, at, media_time) - media_time) * RATE


def asynchronies(made: SoundBench, start: float, end: float) -> list[float]:
    """What the feed says itself, s, ten times a second."""
    return [heard.asynchrony for heard in made.heard if start <= heard.at < end]


# -- starts and pauses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("skew", [0.0, 80e-6, -80e-6])
def test_a_scheduled_start_begins_on_its_sample_and_a_scheduled_pause_ends_on_its_own(skew: float) -> None:
    made = bench(skew=skew)
    made.run(1005.5)
    made.change(stated(3, "paused", 6.0, 1006.0))
    made.run(1008.0)
    recording = Recording.of(made)
    began, ended = (recording.first_sound - START) * RATE, (recording.last_sound - 1006.0) * RATE
    errors = [error(recording, START + after, 2.0 + after) for after in (0.01, 0.1, 0.5, 1.0, 2.0, 3.0, 3.9)]
    print(f"skew {1e6 * skew:+.0f} ppm: begins {began:+.1f}, ends {ended:+.1f}, error {np.abs(errors).max():.2f}")
    assert 0.0 <= began < 4.0  # the fade's first samples are too small to be there
    assert -4.0 < ended <= 1.0
    assert np.abs(errors).max() < 2.0
    assert recording.between(START + 0.001, 1005.99).silences() == []


def test_a_start_that_is_known_late_begins_at_once_at_the_right_place() -> None:
    made = bench()
    made.follow(stated(1, "paused", 2.0, 0.0))
    made.run(1002.3)
    made.change(BEGINS)
    made.run(1004.0)
    recording = Recording.of(made)
    print(f"heard {1e3 * (recording.first_sound - 1002.3):.0f} ms after it is known")
    assert recording.first_sound - 1002.3 < 0.14  # what the device holds already can't be taken back
    assert abs(error(recording, 1002.5, 2.5)) < 1.0
    assert abs(error(recording, 1003.5, 3.5)) < 1.0


def test_a_pause_that_is_known_late_ends_at_once() -> None:
    made = bench()
    made.run(1004.05)
    made.change(stated(3, "paused", 4.0, 1004.0))
    made.run(1006.0)
    assert Recording.of(made).last_sound - 1004.05 < 0.14


def test_a_pause_and_a_play_that_cross_end_in_a_scheduled_start() -> None:
    made = bench()
    made.run(1004.0)
    made.change(stated(3, "paused", 4.2, 1004.2))
    made.run(1004.1)
    made.change(stated(3, "paused", 4.2, 1004.2), stated(4, "playing", 4.2, 1004.7))
    made.run(1006.0)
    recording = Recording.of(made)
    ((began, ended),) = recording.between(1004.0, 1005.0).silences()
    assert (began - 1004.2) * RATE == pytest.approx(0.0, abs=4.0)
    assert (ended - 1004.7) * RATE == pytest.approx(0.0, abs=4.0)
    assert abs(error(recording, 1005.5, 5.0)) < 1.0


def test_a_play_that_goes_on_where_the_film_is_is_not_heard() -> None:
    made = bench()
    made.run(1004.0)
    made.change(stated(3, "playing", 4.2, 1004.2))
    made.run(1006.0)
    recording = Recording.of(made)
    assert recording.between(START + 0.001, 1005.8).silences() == []
    assert abs(error(recording, 1005.0, 5.0)) < 1.0


def test_a_film_waits_in_silence_for_enough_of_it_to_be_decoded() -> None:
    made = bench()
    made.decoder_runs = False
    made.run(1003.0)
    assert not np.any(Recording.of(made).samples)
    made.decoder_runs = True
    made.run(1005.0)
    recording = Recording.of(made)
    assert recording.first_sound < 1003.3
    assert abs(error(recording, 1004.0, 4.0)) < 1.0


# -- places and speeds -------------------------------------------------------------------------------------------------


def test_a_seek_ends_the_old_place_and_starts_the_new_one_on_its_sample() -> None:
    made = bench()
    made.run(1005.0)
    made.begin(20.0)
    made.change(stated(3, "holding", 20.0, 1005.0), stated(4, "playing", 20.0, 1005.4))
    made.run(1007.0)
    recording = Recording.of(made)
    ((began, ended),) = recording.between(1004.0, 1006.9).silences()
    assert began < 1005.14
    assert (ended - 1005.4) * RATE == pytest.approx(0.0, abs=4.0)
    assert abs(error(recording, 1005.42, 20.02)) < 1.0
    assert abs(error(recording, 1006.5, 21.1)) < 1.0


def test_the_room_elsewhere_asks_the_decoder_to_go_there() -> None:
    made = bench()
    made.run(1005.0)
    assert made.feed.seek_wanted_in == -2
    made.change(stated(3, "playing", 35.0, 1005.0))
    made.run(1006.0)
    assert made.feed.seek_wanted_in == made.generation


def test_a_place_that_is_still_kept_is_gone_to_without_the_decoder() -> None:
    made = bench(A440)
    made.run(1005.0)
    made.change(stated(3, "playing", 3.0, 1005.0))  # 2 s back: farther than the tempo mends
    made.run(1007.0)
    assert made.feed.seek_wanted_in == -2
    assert max(map(abs, asynchronies(made, 1006.0, 1007.0))) < 0.001
    recording = Recording.of(made).between(1002.1, 1006.8)
    assert recording.silences() == []
    assert recording.worst_corner() < CORNER


@pytest.mark.parametrize("rate", [0.5, 1.25, 2.0])
def test_a_change_of_rate_takes_effect_on_time_and_keeps_the_pitch(rate: float) -> None:
    made = bench(A440)
    made.run(1003.5)
    made.change(stated(3, "playing", 4.0, 1004.0, rate=rate))
    made.run(1007.0)
    heard = {round(each.at, 1): each for each in made.heard}
    assert heard[1003.9].speed == pytest.approx(1.0, abs=0.001)
    assert heard[1004.1].speed == pytest.approx(rate, rel=0.01)
    assert max(map(abs, asynchronies(made, 1002.5, 1006.9))) < 0.008  # a piece may be shifted by so much
    recording = Recording.of(made).between(1002.1, 1006.9)
    assert recording.worst_corner() < CORNER
    wave = recording.between(1005.0, 1006.0).wave
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 1 << 19))
    assert np.argmax(spectrum) * RATE / (1 << 19) == pytest.approx(440.0, rel=0.004)


def test_back_at_the_films_own_speed_it_is_interpolated_again() -> None:
    made = bench()
    made.run(1003.5)
    made.change(stated(3, "playing", 4.0, 1004.0, rate=1.5))
    made.run(1005.5)
    made.change(stated(4, "playing", 7.0, 1006.0, rate=1.0))
    made.run(1012.0)
    recording = Recording.of(made)
    assert abs(error(recording, 1011.0, 12.0)) < 12.0  # 0.25 ms: what is not worth a slew
    assert recording.between(START + 0.001, 1011.8).silences() == []


# -- trouble -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stopped", [0.3, 0.5, 0.7])
def test_a_process_that_was_stopped_is_within_a_frame_in_three_seconds_without_a_cut(stopped: float) -> None:
    made = bench()
    made.run(1005.0)
    made.stop(stopped)
    made.run(1010.0)
    recording = Recording.of(made)
    late = asynchronies(made, 1005.0, 1010.0)
    within = next(heard.at for heard in made.heard if heard.at > 1005.5 and abs(heard.asynchrony) < FRAME)
    print(
        f"stopped for {stopped} s: {1e3 * min(late):.0f} ms late, within a frame {within - 1005 - stopped:.1f} s after"
    )
    assert min(late) < -0.1
    assert within - (1005.0 + stopped) < 3.0
    assert made.feed.seek_wanted_in == -2
    assert made.ring.underruns == 1
    assert recording.between(1005.0 + stopped + 0.01, 1009.8).silences() == []


@pytest.mark.parametrize("stopped", [1.3, 4.0])
def test_after_a_longer_stop_sound_goes_on_where_the_film_is_without_a_seek(stopped: float) -> None:
    made = bench()
    made.run(1005.0)
    made.stop(stopped)
    made.run(1012.0)
    recording = Recording.of(made)
    assert recording.between(1005.4 + stopped, 1011.8).silences() == []
    assert max(map(abs, asynchronies(made, 1005.4 + stopped, 1012.0))) < 0.001
    assert abs(error(recording, 1011.0, 11.0)) < 3.0
    assert made.feed.seek_wanted_in == -2


def test_after_a_sleep_the_decoder_is_asked_to_go_there() -> None:
    made = bench()
    made.run(1005.0)
    made.decoder_runs = False
    made.stop(40.0)
    made.run(1046.0)
    assert made.feed.seek_wanted_in == made.generation
    made.decoder_runs = True
    made.begin(46.2)
    made.run(1049.0)
    assert max(map(abs, asynchronies(made, 1048.0, 1049.0))) < 0.001


def test_a_decoder_that_starves_is_heard_as_one_silence() -> None:
    made = bench(A440)
    made.run(1005.0)
    made.decoder_runs = False
    made.run(1009.0)
    made.decoder_runs = True
    made.run(1011.0)
    recording = Recording.of(made).between(1002.1, 1010.8)
    assert len(recording.silences()) == 1
    assert recording.worst_corner() < CORNER
    assert made.ring.underruns == 0
    assert abs(asynchronies(made, 1010.0, 1011.0)[-1]) < 0.001


def test_the_end_of_the_film_is_heard_to_its_last_sample_then_silence_without_underruns() -> None:
    made = bench(length=8.0)
    made.run(1012.0)
    recording = Recording.of(made)
    assert (recording.last_sound - 1008.0) * RATE == pytest.approx(0.0, abs=20.0)
    assert abs(error(recording, 1007.9, 7.9)) < 1.0
    assert made.ring.underruns == 0
    assert made.heard[-1].at <= 1008.1
    assert made.feed.seek_wanted_in == -2


# -- clocks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("skew", [80e-6, -80e-6])
def test_a_skewed_device_stays_on_the_timeline(skew: float) -> None:
    made = bench(skew=skew)
    made.run(1030.0)
    recording = Recording.of(made)
    errors = [error(recording, START + after, 2.0 + after) for after in np.arange(1.0, 27.0, 1.0)]
    print(f"skew {1e6 * skew:+.0f} ppm: error p50 {np.median(np.abs(errors)):.2f}, max {np.abs(errors).max():.2f}")
    assert np.abs(errors).max() < 5.0
    assert recording.between(START + 0.001, 1029.8).silences() == []


def test_a_slewing_clock_is_followed() -> None:
    made = bench()
    made.run(1004.0)
    made.change(clock=ClockLine(1004.0, 1004.0, 1.0 + 500e-6, 1014.0, 1.0))
    made.run(1020.0)
    recording = Recording.of(made)
    for at in (1006.0, 1010.0, 1013.0, 1016.0, 1019.0):
        room = made.target.clock.room_time(LocalTime(at))
        assert abs(error(recording, at, 2.0 + room - START)) < 12.0  # 0.25 ms


@pytest.mark.parametrize("step", [0.02, -0.02, 0.3, -0.3])
def test_a_step_of_the_clock_is_mended_by_speed_not_by_a_jump(step: float) -> None:
    made = bench(A440)
    made.run(1004.0)
    made.change(clock=ClockLine(1004.0, 1004.0 + step, 1.0, 1004.0, 1.0))
    made.run(1011.0)
    assert abs(asynchronies(made, 1004.2, 1004.4)[0]) > 0.8 * abs(step)
    assert max(map(abs, asynchronies(made, 1010.0, 1011.0))) < 0.001
    recording = Recording.of(made).between(1002.1, 1010.8)
    assert recording.silences() == []
    assert recording.worst_corner() < CORNER


def test_steady_play_by_a_noisy_skewed_device_is_never_sought_nor_stretched() -> None:
    made = bench(lambda first, count: np.zeros((count, 2), np.float32), length=200.0, skew=50e-6)
    made.noise = 200e-6
    made.run(1102.0)
    assert made.feed.seek_wanted_in == -2
    assert made.ring.underruns == 0
    assert max(abs(heard.speed - 1.0) for heard in made.heard) < 0.006
    assert max(map(abs, asynchronies(made, 1004.0, 1102.0))) < 0.001


# -- no clicks ---------------------------------------------------------------------------------------------------------


def test_second_thoughts_at_any_instant_do_not_click() -> None:
    """Pauses and plays that become known when what they change is written already, and is partly taken."""
    made = bench(A440)
    made.run(1003.0)
    random, revision = np.random.default_rng(5), 3
    for _ in range(20):
        made.run(made.now + float(random.uniform(0.05, 0.5)))
        at = made.now + float(random.uniform(-0.1, 0.3))
        current = made.target.timeline_at(LocalTime(at))
        place = current.media_time_at(made.target.clock.room_time(LocalTime(at)))
        turned = stated(revision, "paused" if current.state == "playing" else "playing", place, at)
        made.change(turned)
        revision += 1
    made.run(made.now + 1.0)
    assert Recording.of(made).between(1002.1, made.now - 0.2).worst_corner() < CORNER


def test_two_thoughts_about_what_comes_leave_no_trace() -> None:
    made = bench()
    made.run(1004.0)
    made.change(stated(3, "paused", 4.25, 1004.25))
    made.run(1004.05)
    made.change(stated(4, "playing", 4.06, 1004.06))
    made.run(1006.0)
    recording = Recording.of(made)
    assert recording.between(START + 0.001, 1005.8).silences() == []
    assert abs(error(recording, 1004.26, 4.26)) < 1.0


# -- what it knows of itself -------------------------------------------------------------------------------------------


def test_nothing_is_told_before_it_is_known() -> None:
    made = SoundBench(FILM_SOUND)
    feed: SoundFeed = made.feed
    assert feed.feed(made.target, LocalTime(made.now)) > 0.0
    assert feed.heard(made.target, LocalTime(made.now)) is None
    assert feed.playout_delay() == 0.0


def test_the_playout_delay_is_what_a_change_of_mind_takes_at_worst() -> None:
    made = bench()
    made.run(1004.0)
    assert 0.1 < made.feed.playout_delay() < 0.17


def test_another_device_is_learned_from_the_beginning_and_starts_at_the_right_place() -> None:
    made = bench()
    made.run(1005.0)
    made.feed.forget_device()
    assert not made.feed.line.is_settled
    assert made.feed.heard(made.target, LocalTime(made.now)) is None
    made.stop(0.8)
    made.run(1007.0)
    recording = Recording.of(made)
    assert recording.between(1005.85, 1007.0).first_sound < 1006.2
    assert max(map(abs, asynchronies(made, 1005.95, 1007.0))) < 0.001
    assert abs(error(recording, 1006.3, 6.3)) < 3.0


def test_a_line_that_does_not_settle_does_not_keep_a_film_silent_for_ever() -> None:
    made = bench()
    made.feed.line = PlayoutLine(RATE, PlayoutPolicy(settled_notes=10**9))
    made.run(1004.0)
    assert Recording.of(made).first_sound == pytest.approx(1002.1, abs=0.15)
