"""The steps of our picture: what makes it smaller, how fast, and when it comes back."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from player.core.call_quality import POLICY, Evidence, Ladder, Pacing, Quality, fitted, receive

CALM = Evidence(others=1, bit_rate=2_000_000)
LAST = len(POLICY.steps) - 1


def after(ladder: Ladder, evidence: Evidence, start: int, seconds: int) -> tuple[Ladder, int]:
    for second in range(start, start + seconds):
        ladder = receive(POLICY, ladder, evidence, float(second))
    return ladder, start + seconds


def test_two_people_see_each_other_at_the_best() -> None:
    ladder, _ = after(Ladder(), CALM, 0, 5)
    assert ladder.quality() == POLICY.steps[0]
    assert ladder.words() == ""


@pytest.mark.parametrize(
    ("others", "is_sfu", "size"),
    [(0, False, (640, 24)), (1, False, (640, 24)), (3, False, (480, 15)), (5, False, (320, 15)), (3, True, (640, 15))],
)
def test_the_more_people_the_smaller_and_nobody_calls_it_trouble(
    others: int, is_sfu: bool, size: tuple[int, int]
) -> None:
    ladder, _ = after(Ladder(), replace(CALM, others=others, is_sfu=is_sfu), 0, 1)
    assert (ladder.quality().width, ladder.quality().fps) == size
    assert ladder.words() == ""


def test_who_is_left_sees_the_better_picture_at_once() -> None:
    ladder, now = after(Ladder(), replace(CALM, others=5), 0, 5)
    ladder, _ = after(ladder, CALM, now, 1)
    assert ladder.step == 0


def test_the_film_comes_first_frame_rate_before_size_one_step_a_hold() -> None:
    ladder, seen = Ladder(), []
    for second in range(60):
        ladder = receive(POLICY, ladder, replace(CALM, film_dropped=1), float(second))
        quality = ladder.quality()
        if not seen or seen[-1][1:] != (quality.width, quality.fps):
            seen.append((second, quality.width, quality.fps))
    assert [each[1:] for each in seen[:5]] == [(640, 20), (640, 15), (480, 15), (320, 15), (320, 10)]
    assert all(later[0] - earlier[0] >= POLICY.hold for earlier, later in pairwise(seen))
    assert ladder.step == LAST
    assert ladder.words() == "Your picture is smaller, so that the film runs smoothly."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"film_late": 3}, "film"),
        ({"encoding": 0.6}, "busy"),
        ({"processor": 0.7}, "busy"),
        ({"loss": 0.1}, "slow"),
        ({"bit_rate": 340_000}, "slow"),
    ],
)
def test_each_kind_of_trouble_lowers_and_is_named(change: dict[str, float], words: str) -> None:
    ladder, _ = after(Ladder(), replace(CALM, **change), 0, 1)  # type: ignore[arg-type]
    assert ladder.step == 1
    assert words in ladder.words()


@pytest.mark.parametrize("change", [{"film_late": 2}, {"encoding": 0.4}, {"processor": 0.5}, {"loss": 0.05}])
def test_a_little_of_it_is_no_trouble(change: dict[str, float]) -> None:
    ladder, _ = after(Ladder(), replace(CALM, **change), 0, 30)  # type: ignore[arg-type]
    assert ladder.step == 0


def test_a_connection_that_collapses_is_followed_at_once() -> None:
    ladder, _ = after(Ladder(), replace(CALM, bit_rate=60_000), 0, 1)
    assert (ladder.quality().width, ladder.quality().fps, ladder.bit_rate) == (320, 7, 60_000)
    ladder, _ = after(ladder, CALM, 1, 40)
    assert ladder.step == 0, "and one that recovers, too"
    ladder, _ = after(Ladder(), replace(CALM, loss=0.2), 0, 1)
    assert ladder.step == 1


def test_a_camera_that_nobody_gets_is_not_judged_by_a_connection() -> None:
    ladder, _ = after(Ladder(), Evidence(others=0, bit_rate=1000), 0, 30)
    assert ladder.quality() == POLICY.steps[0]


def test_it_comes_back_after_a_calm_step_by_step() -> None:
    ladder, now = after(Ladder(), replace(CALM, film_dropped=1), 0, 7)
    assert ladder.step == 3
    ladder, now = after(ladder, CALM, now, 14)
    assert ladder.step == 3
    ladder, now = after(ladder, CALM, now, 2)
    assert ladder.step == 2
    assert ladder.words()
    ladder, now = after(ladder, CALM, now, 40)
    assert ladder.step == 0
    assert ladder.words() == ""


def test_a_rise_that_was_a_mistake_makes_patient_and_a_lasting_one_forgives() -> None:
    ladder, now = after(Ladder(), replace(CALM, film_dropped=1), 0, 4)
    waits = []
    for _ in range(6):
        step, began = ladder.step, now
        while ladder.step == step:
            ladder, now = after(ladder, CALM, now, 1)
        waits.append(now - began)
        ladder, now = after(ladder, replace(CALM, film_dropped=1), now + 2, 1)
    assert waits == sorted(waits)
    assert waits[-1] > 200
    assert ladder.caution == POLICY.most_caution
    ladder = replace(ladder, step=3)
    ladder, now = after(ladder, CALM, now, 500)
    assert ladder.step == 1
    assert ladder.caution == POLICY.most_caution / 2
    ladder, now = after(ladder, CALM, now, 500)
    assert ladder.step == 0
    assert ladder.caution == 1.0


def test_it_does_not_rise_to_what_the_connection_can_not_take() -> None:
    slow = replace(CALM, bit_rate=250_000)
    ladder, now = after(Ladder(), slow, 0, 10)
    assert ladder.step == 2
    ladder, _ = after(ladder, slow, now, 300)
    assert ladder.step == 2


def test_the_rate_follows_the_slowest_connection_but_not_every_whim() -> None:
    ladder, now = after(Ladder(), replace(CALM, bit_rate=800_000), 0, 1)
    assert ladder.bit_rate == 900_000, "a tenth less is not worth a key frame"
    ladder, now = after(ladder, replace(CALM, bit_rate=600_000), now, 1)
    assert ladder.bit_rate == 600_000
    ladder, now = after(ladder, replace(CALM, bit_rate=660_000), now, 1)
    assert ladder.bit_rate == 600_000
    ladder, now = after(ladder, CALM, now, 1)
    assert ladder.bit_rate == 900_000
    ladder, now = after(ladder, replace(CALM, bit_rate=1000), now, 40)
    assert (ladder.step, ladder.bit_rate) == (LAST, 40_000)
    assert receive(POLICY, Ladder(), Evidence(others=2), 0.0).bit_rate == 750_000


def test_pictures_come_evenly() -> None:
    pacing, sent = Pacing(), []
    for number in range(300):
        captured = number / 30 + 0.004 * (-1) ** number  # a camera's jitter
        pacing, is_sent = pacing.receive(captured, 15)
        if is_sent:
            sent.append(number)
    assert len(sent) == pytest.approx(150, abs=1)
    gaps = {later - earlier for earlier, later in pairwise(sent)}
    assert gaps <= {2, 3, 1}


def test_a_camera_that_is_slower_loses_nothing_and_one_that_stood_begins_anew() -> None:
    pacing = Pacing()
    for number in range(20):
        pacing, is_sent = pacing.receive(number / 10, 24)
        assert is_sent
    pacing, is_sent = pacing.receive(100.0, 24)
    assert is_sent
    pacing, is_sent = pacing.receive(50.0, 24)  # its clock jumped
    assert is_sent


@pytest.mark.parametrize(
    ("camera", "box", "size"),
    [
        ((640, 480), (320, 240), (320, 240)),
        ((1280, 720), (640, 480), (640, 360)),
        ((720, 1280), (640, 480), (270, 480)),
        ((160, 120), (640, 480), (160, 120)),
        ((4000, 10), (320, 240), (320, 2)),
    ],
)
def test_the_aspect_is_kept(camera: tuple[int, int], box: tuple[int, int], size: tuple[int, int]) -> None:
    assert fitted(*camera, Quality(*box, 15, 1, 1)) == size
