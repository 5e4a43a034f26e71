"""The ruler: what was put in comes out, whatever the players' clocks read, and the verdict follows its rules."""

from __future__ import annotations

import numpy as np
import pytest

from player.demo.presented import Levers, Presented, TelemetryError, frame_duration, picture_at, read_presented
from player.demo.ruler import Difference, Span, Verdict, compare, judge, measure, spread
from tests.demo.films import FRAME, START, Player


def seen(player: Player) -> Presented:
    return read_presented(player.lines, is_levered=True)


def difference_of(a: Player, b: Player, seconds: float) -> Difference:
    return compare(seen(a), seen(b), START, START + seconds, FRAME)


def playing(seconds: float, **fields: object) -> Span:
    return Span("play", START, START + seconds, is_playing=True, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("behind_ms", [0.0, 7.0, 50.0, -7.0])
def test_known_differences_come_out_as_they_were_put_in(behind_ms: float) -> None:
    a, b = Player(), Player(offset=5.0, ppm=80.0, behind=behind_ms / 1e3)
    for player in (a, b):
        player.play(START, START + 21)
    found = measure(difference_of(a, b, 20), playing(20), FRAME)
    assert found.picture is not None
    assert found.sound is not None
    assert found.picture.median_ms == pytest.approx(abs(behind_ms), abs=0.1)
    assert found.picture.p95_ms == pytest.approx(abs(behind_ms), abs=0.1)
    assert found.picture.max_ms == pytest.approx(abs(behind_ms), abs=0.1)
    assert found.sound.median_ms == pytest.approx(abs(behind_ms), abs=0.1)
    assert found.sound.max_ms == pytest.approx(abs(behind_ms), abs=0.1)


def test_positive_means_that_b_is_behind() -> None:
    a, b = Player(), Player(behind=0.05)
    for player in (a, b):
        player.play(START, START + 5)
    difference = difference_of(a, b, 5)
    assert np.nanmedian(difference.picture) == pytest.approx(0.05, abs=1e-6)
    assert np.nanmedian(difference.sound) == pytest.approx(0.05, abs=1e-6)


@pytest.mark.parametrize(("offset", "ppm"), [(0.0, 0.0), (5.0, 80.0), (-3600.0, -200.0), (1e6, 500.0)])
def test_levers_are_removed_exactly(offset: float, ppm: float) -> None:
    player = Player(offset=offset, ppm=ppm)
    levers = Levers(offset, ppm, player.origin)
    for true in (START, START + 0.1, START + 7200.0):
        assert levers.true_time(player.mono(true)) == pytest.approx(true, abs=1e-6)


def test_an_error_of_bs_estimator_appears_in_full() -> None:
    """B believes that the room's clock is 50 ms further than it is: it shows everything 50 ms early, believes itself
    on the timeline, and would find no difference by its own estimate."""
    a, b = Player(), Player(offset=5.0, ppm=80.0, behind=-0.05)
    for player in (a, b):
        player.play(START, START + 10)
        player.put("clock", START + 1, offset=-player.offset, dispersion=0.0, delay=0.1, skew_ppm=0.0, epoch="e")
    found = measure(difference_of(a, b, 10), playing(10), FRAME)
    assert found.picture is not None
    assert found.picture.median_ms == pytest.approx(50.0, abs=0.1)


def test_media_time_runs_between_two_frames() -> None:
    """Both show frames at the same instants, but not the same frames' boundaries: 7 ms are 7 ms."""
    player = Player()
    player.play(START, START + 2, sound=False)
    grid = np.arange(START + 0.5, START + 1.5, 0.0031)
    media, moving = picture_at(seen(player).picture, grid, FRAME)
    assert media == pytest.approx(grid - START, abs=1e-6)
    assert moving.all()


def test_a_late_frame_stands_then_runs_for_its_own_duration() -> None:
    player = Player()
    player.show(START, 0)
    player.show(START + 0.5, 1)
    grid = np.array([START + 0.1, START + 0.5 - FRAME / 2, START + 0.6])
    media, moving = picture_at(seen(player).picture, grid, FRAME)
    assert media == pytest.approx([0.0, FRAME / 2, FRAME], abs=1e-6)
    assert not moving.any()


def test_a_jump_is_no_run() -> None:
    player = Player()
    player.show(START, 0)
    player.show(START + 0.1, 300)
    player.show(START + 0.2, 30)
    media, moving = picture_at(seen(player).picture, np.array([START - 1, START + 0.09, START + 0.15]), FRAME)
    assert np.isnan(media[0])
    assert media[1:] == pytest.approx([0.0, 10.0])
    assert not moving.any()


def test_a_frame_that_is_painted_again_was_there_before() -> None:
    player = Player()
    for true, number in ((0.0, 0), (0.01, 0), (FRAME, 1), (2 * FRAME, 2)):
        player.show(START + true, number)
    media, _ = picture_at(seen(player).picture, np.array([START + FRAME / 2]), FRAME)
    assert media == pytest.approx([FRAME / 2])


def test_paused_players_are_apart_by_frames_and_have_no_sound() -> None:
    a, b = Player(), Player(offset=5.0, ppm=80.0)
    a.show(START, 100)
    b.show(START, 101)
    span = Span("pause", START, START + 3, is_playing=False)
    found = measure(difference_of(a, b, 3), span, FRAME)
    assert found.picture is not None
    assert found.picture.max_ms == pytest.approx(1e3 * FRAME, abs=0.1)
    assert found.sound is None
    assert found.aligned_after_s == 0.0


def test_sound_is_unknown_across_a_seek_and_a_pause() -> None:
    a, b = Player(), Player()
    for player in (a, b):
        for true, media in ((0.0, 1.0), (0.1, 1.1), (0.2, 40.0), (0.3, 40.1), (0.4, 40.1), (2.0, 40.2)):
            player.put("audio", START + true, media_time=media, underruns=2)
    sound = difference_of(a, b, 2).sound
    assert np.isfinite(sound[2:18]).all()
    assert np.isnan(sound[22:38]).all()
    assert np.isfinite(sound[42:58]).all()
    assert np.isnan(sound[62:]).all()
    assert seen(a).underruns == 2


def test_aligned_after_counts_to_the_last_time_apart() -> None:
    a, b = Player(), Player()
    a.play(START, START + 10)
    b.play(START, START + 2)
    b.play(START + 4, START + 10, media=4.0)
    found = measure(difference_of(a, b, 10), playing(10, counted_from=1.0), FRAME)
    assert found.aligned_after_s == pytest.approx(3.0, abs=0.05)


def test_never_aligned_is_none() -> None:
    a, b = Player(), Player(behind=0.2)
    for player in (a, b):
        player.play(START, START + 4)
    assert measure(difference_of(a, b, 4), playing(4), FRAME).aligned_after_s is None


def verdict_of(a: Player, b: Player, *spans: Span) -> Verdict:
    return judge(difference_of(a, b, spans[-1].end - START), list(spans), FRAME)


def lagging(seconds: float) -> tuple[Player, Player]:
    """B is 100 ms behind for so long, from START + 2 on."""
    a, b = Player(), Player()
    a.play(START, START + 12)
    b.play(START, START + 2)
    b.play(START + 2.1, START + 2 + seconds, media=2.0)
    b.play(START + 2 + seconds, START + 12, media=2.0 + seconds)
    return a, b


def test_two_on_one_frame_are_well() -> None:
    assert verdict_of(*lagging(0.5), playing(12)).ok


def test_more_than_a_frame_apart_for_longer_than_two_seconds_is_not() -> None:
    verdict = verdict_of(*lagging(3.0), playing(12))
    assert not verdict.ok
    assert any("pictures were over one frame apart" in problem for problem in verdict.problems)
    assert any("sounds were over one frame apart" in problem for problem in verdict.problems)
    assert all("'play'" in problem for problem in verdict.problems)


def test_apart_for_less_than_two_seconds_is_well() -> None:
    assert verdict_of(*lagging(1.8), playing(12)).ok


def test_a_transition_excuses_what_is_within_it() -> None:
    assert verdict_of(*lagging(3.0), playing(12, transition=4.0)).ok


def test_what_is_apart_across_two_phases_counts_as_one_run() -> None:
    first = Span("one", START, START + 3.5, is_playing=True)
    second = Span("two", START + 3.5, START + 12, is_playing=True, transition=0.0)
    verdict = verdict_of(*lagging(3.0), first, second)
    assert not verdict.ok
    assert "'one'" in verdict.problems[0]


def test_two_that_both_stand_still_are_not_together() -> None:
    a, b = Player(), Player()
    a.show(START, 0)
    b.play(START, START + 6)
    verdict = verdict_of(a, b, playing(6))
    assert "In 'play' the picture of player A stood still." in verdict.problems


def test_being_together_at_another_place_is_a_problem() -> None:
    a, b = Player(), Player()
    for player in (a, b):
        player.show(START, 30)
    span = Span("seek", START, START + 3, is_playing=False, place=25.0)
    assert len(verdict_of(a, b, span).problems) == 2
    right = Span("seek", START, START + 3, is_playing=False, place=1.0)
    assert verdict_of(a, b, right).ok


def test_other_pixels_are_a_problem() -> None:
    a, b = Player(), Player()
    for player in (a, b):
        player.show(START, 30)
    spans = [Span("pause", START, START + 3, is_playing=False, identical=same) for same in (True, None)]
    assert verdict_of(a, b, *spans).ok
    assert not verdict_of(a, b, Span("pause", START, START + 3, is_playing=False, identical=False)).ok


def test_a_film_without_picture_is_measured_by_its_sound() -> None:
    a, b = Player(), Player(behind=0.004)
    for player in (a, b):
        player.play(START, START + 6)
        player.lines[:] = [line for line in player.lines if '"frame"' not in line]
    verdict = verdict_of(a, b, playing(6))
    assert verdict.ok
    assert verdict.phases[0].picture is None
    assert verdict.phases[0].sound is not None
    assert verdict.phases[0].aligned_after_s == 0.0


def test_no_picture_and_no_sound_is_a_problem() -> None:
    verdict = verdict_of(Player(), Player(), playing(6))
    assert verdict.problems == ("In 'play' there was no sound of both players to compare.",)
    assert verdict.phases[0].aligned_after_s is None


def test_a_torn_or_foreign_line_is_left_out() -> None:
    player = Player()
    player.play(START, START + 1)
    whole = len(seen(player).picture)
    player.lines += ['{"event": "frame", "mono": 10', "[1]", '{"event": "frame"}']
    player.put("error", START, what="The link was lost.")
    assert len(seen(player).picture) == whole
    assert seen(player).complaints == ("The link was lost.",)


def test_without_a_levers_line_nothing_is_measured() -> None:
    player = Player()
    player.show(START, 1)
    with pytest.raises(TelemetryError, match="levers"):
        read_presented(player.lines[1:], is_levered=True)


def test_a_player_without_levers_reads_the_machines_clock() -> None:
    player = Player()
    player.show(START, 1)
    assert read_presented(player.lines[1:], is_levered=False).picture.instants == pytest.approx([START])


def test_the_frame_duration_is_the_usual_step() -> None:
    player = Player()
    player.play(START, START + 2)
    assert frame_duration(seen(player).picture) == pytest.approx(FRAME)
    assert frame_duration(seen(Player()).picture) is None


def test_nothing_known_has_no_spread() -> None:
    assert spread(np.array([np.nan, np.nan])) is None


def test_who_is_cut_off_has_to_play_on() -> None:
    a, b = Player(), Player()
    a.show(START, 900)
    b.play(START, START + 6)
    alone = Span("link cut", START, START + 5, is_playing=True, transition=5.0, watched="B", moves_from=0.5)
    assert verdict_of(a, b, alone).ok
    assert verdict_of(b, a, alone).problems == ("In 'link cut' the picture of player B stood still.",)
