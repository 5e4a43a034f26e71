"""A real film on a room's timeline: what is shown when, and what is reported."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from player.core.medium import Opened, OpenFailed, Primed, RanDry, ReachedEnd, Remark, Sought
from server.core.timeline import LocalTime, MediaTime
from tests.fakes.cinema import Cinema
from tests.fakes.clips import Clip
from tests.fakes.pictures import HandClock

Films = Callable[[str, Clip], Path]


def move(cinema: Cinema, seconds: float) -> None:
    clock = cinema.clock
    assert isinstance(clock, HandClock)
    clock.time += seconds


# -- opening -----------------------------------------------------------------------------------------------------------


def test_an_opened_film_shows_its_first_frame_and_is_ready(cinema: Cinema, film: Path) -> None:
    medium = cinema.open(film)
    assert (medium.title, medium.size) == ("usual", (320, 180))
    cinema.until(lambda: Primed(0) in cinema.events and cinema.number == 0)


def test_another_film_takes_the_place_of_the_one_before(cinema: Cinema, film: Path, films: Films) -> None:
    cinema.open(film)
    cinema.prime(3.0)
    other = films("other.mkv", Clip(seconds=1, size=(160, 120), has_sound=False))
    assert cinema.open(other).size == (160, 120)
    cinema.prime(0.5)
    assert cinema.number == 15
    assert (cinema.shown[-1].picture.width, cinema.shown[-1].picture.height) == (160, 120)


def test_what_cannot_be_opened_is_said_and_the_next_film_opens(cinema: Cinema, film: Path, tmp_path: Path) -> None:
    cinema.open(film)
    cinema.playback.open(str(tmp_path / "gone.mp4"))
    cinema.until(lambda: bool(cinema.of(OpenFailed)))
    assert cinema.of(OpenFailed)[0].words.startswith("“gone.mp4” was not found")
    assert cinema.due.picture is None
    cinema.open(film)


def test_nothing_is_left_after_closing(cinema: Cinema, film: Path) -> None:
    before = threading.active_count()
    cinema.open(film)
    cinema.prime(1.0)
    cinema.playback.open("")
    cinema.until(lambda: cinema.due.picture is None)
    assert cinema.playback.picture_asynchrony() is None
    cinema.playback.close()
    cinema.playback.close()
    assert threading.active_count() == before
    cinema.open(film)
    cinema.prime(1.0)


# -- standing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("media_time", [2.0, 0.5, 2.033333, 3.999, 0.0, 1.96667, 60.0])
def test_a_seek_shows_the_frame_of_its_media_time(cinema: Cinema, film: Path, media_time: float) -> None:
    cinema.open(film)
    cinema.prime(media_time)
    assert cinema.number == min(119, int(media_time * 30 + 1e-3))


def test_every_standing_revision_is_primed_once(cinema: Cinema, film: Path) -> None:
    cinema.open(film)
    for media_time in (1.0, 1.0, 1.02, 3.0):
        cinema.prime(media_time, "holding")
    cinema.prime(3.0)
    primed = [event.revision for event in cinema.of(Primed)]
    assert primed == sorted(set(primed))
    assert primed[-5:] == [1, 2, 3, 4, 5]


def test_paused_on_one_frame_all_pixels_are_the_same_however_one_came_there(film: Path) -> None:
    pixels: list[np.ndarray] = []
    for way in ("sought", "played", "stepped back"):
        cinema = Cinema()
        cinema.open(film)
        if way == "sought":
            found = cinema.prime(2.52)
        else:
            cinema.prime(2.4)
            cinema.state("playing", 2.4)
            beyond = 2.52 if way == "played" else 2.65
            cinema.until(lambda cinema=cinema, beyond=beyond: cinema.place() >= beyond - 0.01)  # type: ignore[misc]
            found = cinema.settle(cinema.state("paused", 2.52))
            assert cinema.of(Sought) == []
        assert cinema.number == 75
        pixels.append(found)
        cinema.playback.close()
    assert (pixels[0] == pixels[1]).all()
    assert (pixels[0] == pixels[2]).all()


def test_a_late_pause_steps_back_without_a_seek(still_cinema: Cinema, film: Path) -> None:
    cinema = still_cinema
    cinema.open(film)
    cinema.prime(1.0)
    cinema.state("playing", 1.0)
    for number in range(31, 46):
        move(cinema, 1 / 30)
        cinema.until(lambda number=number: cinema.number == number)  # type: ignore[misc]
    film_seen = cinema.playback._film
    assert film_seen is not None
    generation = film_seen.generation
    cinema.settle(cinema.state("paused", 1.5 - 0.24, after=-0.24))
    assert cinema.number == 37
    assert film_seen.generation == generation


# -- playing -----------------------------------------------------------------------------------------------------------


def test_each_frame_is_due_from_its_media_time_until_the_next(still_cinema: Cinema, film: Path) -> None:
    cinema = still_cinema
    cinema.open(film)
    cinema.prime(0.5)
    begins = cinema.state("playing", 0.5, after=0.2, rate=2.0).room_time
    move(cinema, 0.1999)
    cinema.look()
    assert cinema.number == 15
    assert cinema.due.again_at == pytest.approx(begins, abs=1e-6)
    move(cinema, 0.0002)
    for number in range(16, 40):
        due_at = LocalTime(begins + (number / 30 - 0.5) / 2.0)
        cinema.until(lambda due_at=due_at: cinema.due.again_at == pytest.approx(due_at, abs=1e-6))  # type: ignore[misc]
        assert cinema.playback.due(LocalTime(due_at - 1e-4)).picture is cinema.shown[-1].picture
        move(cinema, due_at - cinema.clock.now())
        cinema.until(lambda number=number: cinema.number == number)  # type: ignore[misc]
    assert cinema.due.dropped == 0
    assert [shown.number for shown in cinema.shown[-24:]] == list(range(16, 40))


def test_frames_are_told_with_the_timelines_media_time(cinema: Cinema, film: Path) -> None:
    cinema.open(film)
    cinema.prime(1.0)
    cinema.state("playing", 1.0, after=0.1)
    cinema.until(lambda: cinema.place() > 1.5)
    frames = cinema.records.of("frame")
    assert [line["media_time"] for line in frames] == [shown.media_time for shown in cinema.shown]
    assert all(abs(line["target"] - shown.target) < 0.02 for line, shown in zip(frames, cinema.shown, strict=True))
    asynchrony = cinema.playback.picture_asynchrony()
    assert asynchrony is not None
    assert abs(asynchrony) < 0.05


def test_a_seek_while_playing_ends_where_the_timeline_is(cinema: Cinema, film: Path) -> None:
    cinema.open(film)
    cinema.prime(0.0)
    cinema.state("playing", 0.0)
    cinema.until(lambda: cinema.number > 5)
    cinema.state("playing", 2.5, after=0.0)
    cinema.until(lambda: cinema.number >= 77)
    assert not any(10 < shown.number < 75 for shown in cinema.shown)
    assert cinema.of(Sought) == []
    assert cinema.place() - cinema.shown[-1].media_time < 0.2


def test_the_last_frame_stays(cinema: Cinema, film: Path) -> None:
    cinema.open(film)
    cinema.prime(3.8)
    cinema.state("playing", 3.8)
    cinema.until(lambda: cinema.place() > 4.6)
    assert cinema.number == 119
    assert cinema.of(RanDry) == []
    assert cinema.due.again_at is None
    cinema.prime(9.0)
    assert cinema.number == 119


def test_another_window_size_is_met_while_paused_and_while_playing(cinema: Cinema, film: Path) -> None:
    cinema.open(film)
    cinema.prime(1.0)
    cinema.playback.set_size(200, 200)
    cinema.until(lambda: cinema.shown[-1].picture.width == 200)
    assert (cinema.shown[-1].picture.height, cinema.number) == (112, 30)
    cinema.playback.set_size(2000, 1000)
    cinema.until(lambda: cinema.shown[-1].picture.width == 320)
    cinema.state("playing", 1.0)
    cinema.until(lambda: cinema.number > 33)
    cinema.playback.set_size(160, 500)
    cinema.until(lambda: cinema.shown[-1].picture.width == 160)
    assert cinema.number > 33


def test_who_was_stopped_for_half_a_second_catches_up_without_a_seek(still_cinema: Cinema, film: Path) -> None:
    cinema = still_cinema
    cinema.open(film)
    cinema.prime(0.5)
    cinema.state("playing", 0.5)
    move(cinema, 0.1)
    cinema.until(lambda: cinema.number == 18)
    move(cinema, 0.5)
    cinema.until(lambda: cinema.number == 33)
    assert cinema.due.dropped >= 10
    assert cinema.of(Sought) == []
    move(cinema, 1 / 30)
    cinema.until(lambda: cinema.number == 34)


# -- films of other kinds ----------------------------------------------------------------------------------------------


def test_a_film_without_picture_is_ready_and_plays_to_its_end(cinema: Cinema, films: Films) -> None:
    path = films("sound.m4a", Clip(seconds=1.5, has_picture=False))
    medium = cinema.open(path)
    assert medium.size is None
    assert medium.sound_track is not None
    cinema.until(lambda: Primed(0) in cinema.events)
    revision = cinema.state("paused", 1.0).revision
    cinema.until(lambda: Primed(revision) in cinema.events)
    playing = cinema.state("playing", 1.0, after=0.1)
    cinema.until(lambda: cinema.place() > 2.2)
    cinema.until(lambda: bool(cinema.of(ReachedEnd)))
    assert cinema.of(ReachedEnd) == [ReachedEnd(playing.revision)]
    assert cinema.of(RanDry) == []
    assert cinema.due.picture is None
    assert cinema.playback.picture_asynchrony() is None


def test_a_film_without_sound_is_ready_and_plays(cinema: Cinema, films: Films) -> None:
    medium = cinema.open(films("silent.mp4", Clip(has_sound=False)))
    assert medium.sound_track is None
    cinema.prime(1.0)
    cinema.state("playing", 1.0)
    cinema.until(lambda: cinema.number > 36)
    assert cinema.of(RanDry) == cinema.of(ReachedEnd) == []
    assert cinema.playback.sound().device is None


def test_sound_plays_on_the_silent_clock_and_follows(cinema: Cinema, film: Path) -> None:
    cinema.open(film)
    cinema.playback.set_volume(0.5)
    cinema.prime(0.5)
    cinema.state("playing", 0.5, after=0.1)
    cinema.until(lambda: cinema.playback.sound().asynchrony is not None)
    lines = cinema.records.of("audio")
    assert abs(lines[-1]["asynchrony"]) < 0.1


def test_a_film_without_any_sound_for_a_while_plays_through(cinema: Cinema, films: Films) -> None:
    cinema.open(films("silence.mkv", Clip(seconds=6, silence=(1.0, 5.0), size=(160, 90))))
    cinema.prime(0.5)
    film_seen = cinema.playback._film
    assert film_seen is not None
    generation = film_seen.generation
    cinema.state("playing", 0.5, rate=4.0)
    cinema.until(lambda: cinema.place() > 5.5)
    assert film_seen.generation == generation
    assert cinema.of(Sought) == []
    assert cinema.of(RanDry) == []


def test_another_sound_track_is_heard_without_a_stop_of_the_picture(cinema: Cinema, films: Films) -> None:
    medium = cinema.open(films("tracks.mp4", Clip(seconds=6, sound_tracks=("eng", "fra"), size=(160, 90))))
    assert [track.label for track in medium.sound_tracks] == ["English (AAC, stereo)", "French (AAC, stereo)"]
    cinema.prime(0.5)
    cinema.state("playing", 0.5)
    cinema.until(lambda: cinema.number > 20)
    cinema.playback.choose_sound(medium.sound_tracks[1].id)
    film_seen = cinema.playback._film
    assert film_seen is not None
    assert film_seen.sound is not None
    decoder = film_seen.sound
    cinema.until(lambda: decoder._stream == 2 and decoder.reach[1] > cinema.place())
    assert cinema.of(RanDry) == []
    assert cinema.of(Remark) == []


def test_damage_is_passed_over_and_said_once(cinema: Cinema, films: Films, tmp_path: Path) -> None:
    whole = films("long.mp4", Clip(seconds=8, gop=15)).read_bytes()
    data = bytearray(whole)
    begin = data.index(b"mdat") + 4
    random = np.random.default_rng(5)
    for at in range(begin + len(data) // 4, begin + len(data) // 2, 97):
        data[at : at + 40] = random.bytes(40)
    path = tmp_path / "broken.mp4"
    path.write_bytes(bytes(data[: len(whole)]))
    cinema.open(path)
    cinema.prime(0.5)
    cinema.state("playing", 0.5, rate=4.0)
    cinema.until(lambda: cinema.place() > 7.8 and cinema.number > 210)
    cinema.until(lambda: bool(cinema.remarks))
    assert len(cinema.remarks) == 1
    assert cinema.remarks[0].startswith("Parts of “broken.mp4” are damaged")


def test_a_file_that_ends_early_keeps_its_last_frame(cinema: Cinema, films: Films, tmp_path: Path) -> None:
    whole = films("cut.mkv", Clip(seconds=3, gop=15)).read_bytes()
    path = tmp_path / "cut.mkv"
    path.write_bytes(whole[: len(whole) // 2])
    cinema.open(path)
    cinema.prime(2.9)
    assert 20 < cinema.number < 89
    cinema.prime(0.3)
    assert cinema.number == 9


def test_a_picture_that_changes_its_size_midway(cinema: Cinema, films: Films, tmp_path: Path) -> None:
    first = films("first.ts", Clip(seconds=1, has_sound=False))
    second = films("second.ts", Clip(seconds=1, start=1.0, size=(160, 90), has_sound=False))
    path = tmp_path / "both.ts"
    path.write_bytes(first.read_bytes() + second.read_bytes())
    cinema.open(path)
    cinema.prime(0.5)
    assert cinema.number == 15
    cinema.state("playing", 0.5)
    cinema.until(lambda: cinema.shown[-1].picture.width == 160)
    assert cinema.of(OpenFailed) == []


def test_opened_comes_before_all_else(cinema: Cinema, film: Path) -> None:
    cinema.open(film)
    cinema.until(lambda: Primed(0) in cinema.events)
    assert isinstance(cinema.events[0], Opened)
    assert cinema.playback._target.media_time_at(cinema.clock.now()) == MediaTime(0.0)
