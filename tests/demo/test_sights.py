"""How the members of the demo's call saw each other: from telemetry to figures, sentences and a table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from player.demo.sights import Sight, all_see_all, as_json, problems, read_sights, table


def tile(mono: float, name: str = "B", **fields: Any) -> str:
    told = {"state": "connected", "video_fps": 15.0, "audio_level": 0.2, "width": 320, "height": 240, "age_ms": 60.0}
    return json.dumps({"event": "tile", "mono": mono, "peer": "p2", "name": name} | told | fields)


def connecting(mono: float) -> str:
    return tile(mono, state="connecting", video_fps=0.0, audio_level=0.0, width=0, height=0, age_ms=None)


LINES = [
    '{"event": "frame", "mono": 1.0}',
    connecting(1.0),
    connecting(2.0),
    tile(3.0, age_ms=None),
    tile(4.0, audio_level=0.5),
    tile(5.0, age_ms=80.0, width=640, height=480),
    tile(6.0, age_ms=100.0, video_fps=13.0),
    '{"event": "tile", "mo',
]


def test_a_sight_is_what_was_usual() -> None:
    (sight,) = read_sights("A", LINES, ["B"])
    assert (sight.member, sight.peer) == ("A", "B")
    assert (sight.width, sight.height, sight.video_fps, sight.level) == (320, 240, 15.0, 0.5)
    assert sight.after_s == 2.0
    assert sight.steadiness == 1.0
    assert sight.age is not None
    assert (sight.age.median_ms, sight.age.max_ms) == (80.0, 100.0)
    assert problems([sight]) == ()
    assert all_see_all([sight])


def test_who_was_never_seen_is_told() -> None:
    sights = read_sights("A", LINES, ["B", "C"])
    assert problems(sights) == ("In the call A never saw C.",)
    assert not all_see_all(sights)
    assert "nothing" in table(sights)
    assert [row["connected"] for row in as_json(sights)] == [True, False]
    assert problems(sights, hidden=["C"]) == ()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([tile(1.0), connecting(2.0), connecting(3.0), tile(4.0)], "A did not see B for 50 % of the time."),
        ([tile(1.0, audio_level=0.0), tile(2.0, audio_level=0.0)], "A never heard B."),
        ([tile(1.0), tile(2.0, video_fps=0.0)], "A did not see B for 50 % of the time."),
    ],
)
def test_a_call_with_holes_is_told(lines: list[str], words: str) -> None:
    assert problems(read_sights("A", lines, ["B"])) == (f"In the call {words}",)


def test_silence_is_no_fault_of_who_has_no_microphone() -> None:
    assert problems(read_sights("A", [tile(1.0, audio_level=0.0)], ["B"]), silent=["B"]) == ()


def test_the_table_has_a_line_for_each_that_somebody_saw() -> None:
    words = table(read_sights("A", LINES, ["B"])).splitlines()[-1]
    assert words.split() == ["A", "sees", "B", "320x240", "15.0", "80", "98", "100", "0.50", "100", "%"]
    assert "–" in table([Sight("A", "B", after_s=1.0)])
    (row,) = as_json([Sight("A", "B", after_s=1.0)])
    assert row["age"] == {"median_ms": None, "p95_ms": None, "max_ms": None}
