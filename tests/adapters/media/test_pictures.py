"""Which picture is due, with frames and a clock by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from player.core.medium import Picture
from player.core.target import Target
from player.media.frame_reader import Frame
from player.media.pictures import Reel, ReelPolicy
from server.core.timeline import LocalTime, Schedule, Timeline
from tests.fakes.pictures import plain_picture
from tests.fakes.timelines import stated

STEP = 1 / 25


def image(size: int = 1000) -> Any:
    """What the reel asks of a decoded frame: how large it is."""
    return cast(Any, SimpleNamespace(planes=[SimpleNamespace(buffer_size=size)]))


def target(*timelines: Timeline) -> Target:
    return Target(schedule=Schedule(timelines))


class Bench:
    """A reel whose worker is the test: `work` does what it says should be done."""

    def __init__(self, *timelines: Timeline, policy: ReelPolicy | None = None) -> None:
        self.reel = Reel(policy)
        self.target = target(*timelines)
        self.now = 100.0
        self.generation = 0
        self.next = 0.0
        self.size = 1000
        self.wakes = 0
        self.waits: float | None = None

    def seek(self, place: float, revision: int = 0) -> None:
        self.generation += 1
        self.next = round(place / STEP) * STEP
        self.reel.begin(self.generation, place, revision)

    def decode(self, count: int = 1, *, is_converted: bool = True) -> None:
        for _ in range(count):
            frame = Frame(self.next, self.next + STEP, image(self.size))
            slot = self.reel.add(self.generation, frame, self.target, LocalTime(self.now))
            assert slot is not None
            self.next += STEP
            if is_converted:
                self.wakes += self.reel.put(slot, self.picture(slot.media_time), None, is_accurate=False)

    def work(self) -> list[str]:
        """Do all jobs; which they were."""
        done = []
        while True:
            job = self.reel.next_job(self.generation, self.target, LocalTime(self.now))
            if job.kind == "wait":
                self.waits = job.wait
                return done
            done.append(job.kind + (" accurate" if job.is_accurate else ""))
            if job.kind == "decode":
                self.decode(is_converted=False)
            else:
                assert job.slot is not None
                picture = self.picture(job.slot.media_time)
                self.wakes += self.reel.put(job.slot, picture, None, is_accurate=job.is_accurate)

    def picture(self, media_time: float) -> Picture:
        return plain_picture(media_time, 16, 9)

    def shown(self, now: float) -> float | None:
        """Media time of what is due at an instant."""
        self.now = now
        choice = self.reel.due(self.target, LocalTime(now))
        return None if choice.picture is None else choice.picture.media_time

    def again_at(self) -> float | None:
        return self.reel.due(self.target, LocalTime(self.now)).again_at


def test_nothing_is_due_before_anything_is_decoded() -> None:
    bench = Bench(stated(0, "paused", 0.0, 0.0))
    assert bench.shown(100.0) is None
    bench.seek(0.0)
    assert bench.shown(100.0) is None
    assert bench.again_at() is None
    bench.decode()
    assert bench.wakes == 1
    assert bench.shown(100.0) == 0.0


def test_standing_the_frame_whose_time_contains_the_place_is_shown_accurately() -> None:
    bench = Bench(stated(0, "paused", 0.1, 0.0))
    bench.seek(0.08)
    assert bench.work()[:2] == ["decode", "convert accurate"]
    assert bench.shown(100.0) == pytest.approx(0.08)
    assert bench.again_at() is None
    assert bench.reel.is_settled(bench.target, LocalTime(100.0))
    assert bench.work() == []


def test_a_frame_is_due_from_its_own_time_on() -> None:
    bench = Bench(stated(0, "paused", 0.0, 0.0), stated(1, "playing", 0.0, 100.5, rate=2.0))
    bench.seek(0.0)
    bench.decode(5)
    assert bench.shown(100.0) == 0.0
    assert bench.again_at() == 100.5
    assert bench.shown(100.5) == 0.0
    assert bench.again_at() == pytest.approx(100.52)
    assert bench.shown(100.5199) == 0.0
    assert bench.shown(100.52) == pytest.approx(0.04)
    assert bench.shown(100.56) == pytest.approx(0.12)
    assert bench.reel.dropped == 1


def test_a_pause_that_is_scheduled_ends_on_its_frame() -> None:
    bench = Bench(stated(1, "playing", 0.0, 100.0), stated(2, "paused", 0.1, 100.1))
    bench.seek(0.0)
    bench.decode(5)
    assert bench.shown(100.09) == pytest.approx(0.08)
    assert bench.again_at() == pytest.approx(100.1)
    assert bench.shown(100.2) == pytest.approx(0.08)
    assert bench.again_at() is None


def test_the_worker_is_back_for_the_accurate_picture_of_a_scheduled_pause() -> None:
    bench = Bench(stated(1, "playing", 0.0, 100.0), stated(2, "paused", 0.02, 100.02))
    bench.seek(0.0)
    bench.work()
    assert bench.waits == pytest.approx(0.02 + ReelPolicy().after_paint)
    bench.shown(100.03)
    assert bench.work() == ["convert accurate"]
    assert bench.wakes > 0


def test_work_is_done_in_pairs_with_sleep_in_between() -> None:
    bench = Bench(stated(1, "playing", 0.0, 100.0))
    bench.seek(0.0)
    assert bench.work().count("decode") == 5
    assert bench.waits == pytest.approx(2 * STEP + ReelPolicy().after_paint)
    bench.now += 2 * STEP + 0.001
    assert bench.work() == ["decode", "convert", "decode", "convert"]


def test_a_step_back_finds_the_frame_and_makes_its_picture_again() -> None:
    bench = Bench(stated(1, "playing", 0.0, 100.0))
    bench.seek(0.0)
    bench.work()
    for number in range(1, 20):
        assert bench.shown(100.0 + number * STEP) == pytest.approx(number * STEP)
        bench.work()
    bench.target = target(stated(1, "playing", 0.0, 100.0), stated(2, "paused", 19 * STEP - 0.24, 100.5))
    before = bench.shown(bench.now)
    assert before == pytest.approx(19 * STEP)
    assert "convert accurate" in bench.work()
    assert bench.shown(bench.now) == pytest.approx(13 * STEP)
    begins, _, _ = bench.reel.reach()
    assert begins > 0.0


def test_a_new_place_is_shown_from_its_instant_on_and_the_old_one_until_then() -> None:
    old = stated(1, "playing", 0.0, 100.0)
    bench = Bench(old)
    bench.seek(0.0)
    bench.work()
    bench.target = target(old, stated(2, "playing", 60.0, 100.1))
    bench.seek(60.0, revision=2)
    bench.work()
    assert bench.shown(100.05) == pytest.approx(0.04)
    assert bench.again_at() == pytest.approx(100.08)
    assert bench.shown(100.09) == pytest.approx(0.08)
    assert bench.again_at() == pytest.approx(100.1)
    assert bench.shown(100.1) == pytest.approx(60.0)
    assert bench.reel.dropped == 0
    bench.work()
    assert bench.shown(100.15) == pytest.approx(60.04)


def test_the_way_to_a_sought_place_is_not_shown() -> None:
    bench = Bench(stated(0, "paused", 0.0, 0.0))
    bench.seek(0.0)
    bench.work()
    assert bench.shown(100.0) == 0.0
    bench.target = target(stated(1, "holding", 30.0, 100.0))
    assert bench.shown(100.0) == 0.0
    bench.seek(30.0, revision=1)
    assert bench.shown(100.1) == 0.0
    bench.work()
    assert bench.shown(100.1) == pytest.approx(30.0)


def test_frames_that_are_late_are_counted_and_the_latest_is_shown() -> None:
    bench = Bench(stated(1, "playing", 0.0, 100.0))
    bench.seek(0.0)
    bench.work()
    assert bench.shown(100.0) == 0.0
    assert bench.shown(100.5) == pytest.approx(4 * STEP)
    frame = Frame(bench.next, bench.next + STEP, image())
    assert bench.reel.behind(frame, bench.target, LocalTime(100.5)) == pytest.approx(0.5 - 6 * STEP)
    assert not bench.reel.is_starved(LocalTime(100.5))
    assert bench.reel.is_starved(LocalTime(100.7))
    bench.decode(8, is_converted=False)
    assert "convert" in bench.work()
    assert bench.shown(100.5) == pytest.approx(12 * STEP)
    assert bench.reel.dropped == 3 + 7


def test_the_last_frame_stays() -> None:
    bench = Bench(stated(1, "playing", 0.0, 100.0))
    bench.seek(0.0)
    bench.decode(2)
    bench.reel.end(bench.generation)
    assert bench.shown(105.0) == pytest.approx(STEP)
    assert bench.again_at() is None
    assert bench.work() == []
    assert bench.waits is None
    bench.target = target(stated(2, "paused", 9.0, 105.0))
    assert bench.work() == ["convert accurate"]
    assert bench.reel.is_ready(9.0)


def test_a_picture_that_begins_after_its_film_is_shown_from_the_start() -> None:
    bench = Bench(stated(0, "paused", 0.0, 0.0))
    bench.seek(0.0)
    bench.next = 0.4
    bench.work()
    assert bench.shown(100.0) == pytest.approx(0.4)


def test_a_catch_up_that_is_early_waits_for_its_first_frame() -> None:
    bench = Bench(stated(1, "playing", 0.0, 100.0))
    bench.seek(0.2)
    bench.work()
    assert bench.shown(100.1) is None
    assert bench.again_at() == pytest.approx(100.2)
    assert bench.shown(100.2) == pytest.approx(0.2)


def test_frames_of_an_old_generation_are_not_taken() -> None:
    bench = Bench(stated(0, "paused", 0.0, 0.0))
    bench.seek(0.0)
    bench.seek(5.0)
    frame = Frame(0.0, STEP, image())
    assert bench.reel.add(1, frame, bench.target, LocalTime(100.0)) is None
    assert bench.reel.next_job(1, bench.target, LocalTime(100.0)).kind == "wait"


def test_large_frames_are_kept_for_a_shorter_time() -> None:
    bench = Bench(stated(1, "playing", 0.0, 100.0), policy=ReelPolicy(most_bytes=8000))
    bench.seek(0.0)
    for number in range(20):
        bench.shown(100.0 + number * STEP)
        bench.work()
    begins, until, _ = bench.reel.reach()
    assert until - begins <= (8 + 4 + 2) * STEP


def test_another_size_is_a_job_for_what_is_due_first() -> None:
    bench = Bench(stated(0, "paused", 0.0, 0.0))
    bench.seek(0.0)
    bench.work()
    assert bench.reel.set_area((10, 10))
    assert not bench.reel.set_area((10, 10))
    job = bench.reel.next_job(bench.generation, bench.target, LocalTime(100.0))
    assert job.kind == "convert"
    assert job.slot is not None
    assert job.slot.media_time == 0.0


def test_a_room_whose_revisions_begin_anew_is_followed() -> None:
    bench = Bench(stated(57, "paused", 5.0, 0.0))
    bench.seek(5.0, revision=57)
    bench.work()
    bench.target = target(stated(1, "paused", 9.0, 0.0))
    bench.seek(9.0, revision=1)
    bench.work()
    assert bench.shown(100.0) == pytest.approx(9.0)


def test_at_high_speed_each_second_frame_is_shown_the_same_by_everyone() -> None:
    for begins in (0.0, STEP):
        bench = Bench(stated(1, "playing", begins, 100.0, rate=4.0))
        bench.seek(begins)
        done = bench.work()
        assert done.count("decode") > done.count("convert")
        seen = []
        for number in range(60):
            media_time = bench.shown(100.0 + number * STEP / 4.0)
            bench.work()
            if media_time is not None and media_time not in seen:
                seen.append(media_time)
        beats = [round(media_time / STEP) for media_time in seen][1:]
        assert beats == list(range(2, beats[-1] + 1, 2))
        assert bench.reel.dropped == 0


def test_a_screen_that_asks_before_a_seek_back_has_begun_is_woken_for_its_frame() -> None:
    bench = Bench(stated(1, "paused", 20.0, 0.0))
    bench.seek(20.0, revision=1)
    bench.decode()
    bench.reel.due(bench.target, LocalTime(bench.now))
    bench.target = target(stated(2, "paused", 8.0, 0.0))
    bench.reel.due(bench.target, LocalTime(bench.now))
    bench.seek(8.0, revision=2)
    bench.wakes = 0
    bench.decode()
    assert bench.wakes == 1
