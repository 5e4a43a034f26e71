"""What the player plays does not come back by its microphone, on devices as they are; who speaks there is heard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from player.call.echo import BLOCK, DELAY, HEADROOM, LEAD, MOST_GAIN, Cleaner, FarEnd
from player.call.shared_sound import SOUND_BYTES, Mono, Note, SharedSound
from server.core.timeline import LocalTime
from tests.fakes.echo_room import RATE, EchoRoom, loudness, speech


class Nothing:
    """A player that plays nothing."""

    def notes(self, most: int = 0) -> Sequence[Note]:
        return []

    def played(self, first: int, count: int) -> Mono:
        return np.zeros(count, np.float32)


@pytest.mark.parametrize(
    "devices",
    [
        {},
        {"skew": -60e-6, "wander": 0.003},
        {"dac_lie": 0.03},
        {"dac_lie": -0.03},
        {"held": 0.2, "input_delay": 0.1},
    ],
    ids=str,
)
def test_the_echo_is_gone_within_three_seconds_whatever_devices_say(devices: dict[str, Any]) -> None:
    room = EchoRoom(seed=2, **devices)
    cleaner = Cleaner(room.sound)
    out = room.listen(cleaner.clean)
    assert room.reduction(out, 2.0, 3.0) > 18.0
    assert room.reduction(out, 3.0, 6.0) > 18.0
    assert room.reduction(out, 14.0, 16.0) > 18.0
    for begins, ends in room.spoken:
        spoken = slice(round((begins + DELAY) * RATE), round((ends + DELAY) * RATE))
        assert abs(loudness(out[spoken]) - loudness(room.near[round(begins * RATE) : round(ends * RATE)])) < 3.0
        assert room.kept(out, begins, ends, DELAY) > -4.0


def test_a_player_whose_device_stood_still_is_found_again() -> None:
    room = EchoRoom(seed=2, spoken=(), interrupted=(4.0, 0.7), wander=0.001)
    cleaner = Cleaner(room.sound)
    out = room.listen(cleaner.clean)
    assert cleaner.jumps >= 1
    assert room.reduction(out, 8.0, 15.0) > 18.0


def test_without_the_players_sound_the_echo_stays() -> None:
    """The scenario is one: what removes the echo is what the player tells, not the noise suppression."""
    room = EchoRoom(seed=2, spoken=())
    out = room.listen(Cleaner(Nothing()).clean)
    assert room.reduction(out, 3.0, 6.0) < 8.0


@pytest.mark.parametrize("skew", [0.0, 120e-6])
def test_the_far_end_is_what_left_the_dac_then(skew: float) -> None:
    room = EchoRoom(seconds=20.0, spoken=(), skew=skew, wander=0.0005)
    far_end = FarEnd(room.sound)
    blocks: list[tuple[float, Mono]] = []

    def listen(block: Mono, captured: LocalTime) -> Mono:
        blocks.append((captured, far_end.take(captured)))
        return block

    room.listen(listen)
    assert far_end.jumps == 0
    whole = np.concatenate([far for _, far in blocks[500:]])
    for index in range(500, len(blocks) - 10, 400):
        begins = index * BLOCK / RATE + LEAD
        number = int(np.searchsorted(room.plays_at, begins))
        near_by = room.film[number - 480 : number + 480 + 8 * BLOCK]
        here = whole[(index - 500) * BLOCK : (index - 492) * BLOCK]
        fits = np.correlate(near_by, here, "valid")
        assert abs(int(np.argmax(fits)) - 480) < 0.006 * RATE  # samples; a canceller finds the rest
        assert fits.max() > 0.98 * float(np.dot(here, here))
    # one sound without a seam: no block begins anywhere else than where the one before ended
    steps = np.abs(np.diff(whole, 3))
    is_seam = np.zeros(len(steps), np.bool_)
    for at in range(BLOCK, len(whole) - 3, BLOCK):
        is_seam[at - 3 : at] = True
    assert np.percentile(steps[is_seam], 99) < 1.3 * np.percentile(steps[~is_seam], 99)
    assert steps[is_seam].max() <= steps[~is_seam].max()


def test_nothing_is_played_before_the_device_has_said_a_word_and_long_after_its_last() -> None:
    sound = SharedSound(memoryview(bytearray(SOUND_BYTES)))
    far_end = FarEnd(sound)
    assert not far_end.take(LocalTime(1.0)).any()
    sound.mix(np.full((4800, 2), 0.5, np.float32), LocalTime(1.0 + LEAD))
    assert far_end.take(LocalTime(1.01)) == pytest.approx(0.5)
    for number in range(100):
        far = far_end.take(LocalTime(1.02 + number * 0.01))
    assert not far.any()


def test_who_speaks_without_a_film_is_heard_as_they_are_and_15_ms_later() -> None:
    cleaner = Cleaner(Nothing())
    voice = speech(10.0, 10 ** (-21 / 20), 3)
    voice[: 2 * RATE] = 0.0
    out = np.concatenate(
        [cleaner.clean(voice[at : at + BLOCK], LocalTime(at / RATE)) for at in range(0, len(voice), BLOCK)]
    )
    fits = [float(np.dot(out[delay:], voice[: len(out) - delay])) for delay in range(0, 1440, 4)]
    assert 4 * int(np.argmax(fits)) == pytest.approx(DELAY * RATE, abs=48)
    assert loudness(out[6 * RATE :]) == pytest.approx(loudness(voice[6 * RATE :]), abs=2.0)


def test_a_faint_voice_is_lifted_and_silence_is_not() -> None:
    cleaner = Cleaner(Nothing())
    assert cleaner.gain == pytest.approx(0.0, abs=1.0)  # a new one of the library begins with 15 dB
    voice = speech(12.0, 10 ** (-42 / 20), 3)
    for at in range(0, len(voice), BLOCK):
        cleaner.clean(voice[at : at + BLOCK], LocalTime(at / RATE))
    assert 5.0 < cleaner.gain <= MOST_GAIN
    quiet = Cleaner(Nothing())
    for at in range(0, 10 * RATE, BLOCK):
        quiet.clean(np.random.default_rng(at).normal(0.0, 10 ** (-70 / 20), BLOCK).astype(np.float32), LocalTime(at))
    assert quiet.gain < 3.0


def test_the_library_is_the_one_that_was_measured() -> None:
    """Another version is to be measured again: `make bench ROWS=echo`."""
    import importlib.metadata

    from pywebrtc_audio import AudioProcessor, GainController

    assert importlib.metadata.version("pywebrtc-audio") == "0.2.0"
    processor = AudioProcessor(RATE, 1, echo_cancellation=True, noise_suppression=True, high_pass_filter=True)
    out = processor.process(np.zeros(BLOCK, np.float32), np.zeros(BLOCK, np.float32))
    assert (out.dtype, out.shape) == (np.float32, (BLOCK,))
    assert 0.0 <= processor.speech_probability <= 1.0
    gain = GainController(RATE, 1, headroom_db=HEADROOM, max_gain_db=MOST_GAIN)
    assert gain.process(np.zeros(BLOCK, np.float32), 1.0).shape == (BLOCK,)
    assert isinstance(gain.gain_db, float)
