"""What the demo leaves behind: the shape of demo.json, the table, the plot."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

from player.demo import report
from player.demo.plot import HEIGHT, PICTURE_LINE, SOUND_LINE, WIDTH, write_plot
from player.demo.presented import Presented, read_presented
from player.demo.ruler import Difference, Span, Verdict, compare, judge
from tests.demo.films import FRAME, START, Player

CIRCUMSTANCES = report.Circumstances(media="film.mp4", frame=FRAME, seconds=9.0, path="none", clock="right")
SPANS = [
    Span("play", START, START + 6, is_playing=True),
    Span("pause", START + 6, START + 9, is_playing=False, identical=True),
]


def performance(behind: float = 0.004) -> tuple[dict[str, Presented], Difference, Verdict]:
    players = {"A": Player(), "B": Player(offset=5.0, ppm=80.0, behind=behind)}
    for player in players.values():
        player.play(START, START + 6)
    both = {name: read_presented(player.lines, is_levered=True) for name, player in players.items()}
    difference = compare(both["A"], both["B"], START, START + 9, FRAME)
    return both, difference, judge(difference, SPANS, FRAME)


def test_demo_json_has_the_contracts_shape(tmp_path: Path) -> None:
    both, _, verdict = performance()
    report.write_json(tmp_path / "demo.json", report.as_json(verdict, CIRCUMSTANCES, both))
    content = json.loads((tmp_path / "demo.json").read_text("utf-8"))
    assert content["ok"] is True
    assert [phase["name"] for phase in content["phases"]] == ["play", "pause"]
    for phase in content["phases"]:
        assert set(phase) == {"name", "picture", "sound", "aligned_after_s", "frames_identical"}
        for kind in ("picture", "sound"):
            assert set(phase[kind]) == {"median_ms", "p95_ms", "max_ms"}
    play, pause = content["phases"]
    assert 3.9 < play["picture"]["median_ms"] < 4.1
    assert play["frames_identical"] is None
    assert pause["frames_identical"] is True
    assert pause["sound"]["median_ms"] is None


def test_the_table_names_phases_figures_and_the_verdict() -> None:
    both, _, verdict = performance()
    words = report.table(verdict, both)
    assert "A and B were on the same frame." in words
    row = next(line for line in words.splitlines() if line.startswith("play"))
    assert row.split()[1:4] == ["4.0", "4.0", "4.0"]
    assert "identical" in words
    assert "picture 4.0 ms" in report.figures(verdict.phases[0])
    assert "frames identical" in report.figures(verdict.phases[1])


def test_a_bad_performance_says_what_was_wrong() -> None:
    both, _, verdict = performance(behind=0.1)
    words = report.table(verdict, both)
    assert "same frame" not in words
    assert "In 'play' the pictures were over one frame apart" in words
    assert report.as_json(verdict, CIRCUMSTANCES, both)["ok"] is False


def test_the_plot_shows_both_curves(tmp_path: Path) -> None:
    _, difference, _ = performance()
    write_plot(tmp_path / "difference.png", difference, SPANS, FRAME)
    with Image.open(tmp_path / "difference.png") as picture:
        assert picture.size == (WIDTH, HEIGHT)
        colours = {f"#{r:02x}{g:02x}{b:02x}" for _, (r, g, b) in picture.convert("RGB").getcolors(1 << 24) or []}
    assert {PICTURE_LINE, SOUND_LINE} <= colours


def test_a_plot_of_nothing_is_written_too(tmp_path: Path) -> None:
    nothing = read_presented([], is_levered=False)
    difference = compare(nothing, nothing, START, START + 9, FRAME)
    write_plot(tmp_path / "difference.png", difference, SPANS, FRAME)
    assert (tmp_path / "difference.png").exists()


def test_a_phase_that_is_apart_by_design_says_so() -> None:
    both, difference, _ = performance()
    alone = Span("link cut", START, START + 5, is_playing=True, transition=5.0, watched="B", moves_from=0.5)
    verdict = judge(difference, [alone], FRAME)
    assert "apart by design" in report.table(verdict, both)
    assert report.figures(verdict.phases[0]) == "B plays on by its own clock"
