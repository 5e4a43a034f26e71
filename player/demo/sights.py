"""How the members of the demo's call saw and heard each other, from their telemetry (`tile` lines).

Pure. Ages are differences of room time, in which both ends of a picture are stamped: they need no ruler of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from player.demo.ruler import Spread, spread

STEADY = 0.9  # share of the time after the first picture in which somebody has to be seen
NONE = "–"


@dataclass(frozen=True, slots=True)
class Sight:
    """One member by another. `video_fps`, `width` and `height` are what was usual while there was a picture, `level`
    0..1 the loudest. `after_s`: from the first that was heard of each other to the first picture, s; None: there was
    none. `steadiness`: share of the lines since then with a connection and a picture."""

    member: str
    peer: str
    video_fps: float = 0.0
    width: int = 0
    height: int = 0
    age: Spread | None = None
    level: float = 0.0
    after_s: float | None = None
    steadiness: float = 0.0


def read_sights(member: str, lines: Iterable[str], peers: Iterable[str]) -> tuple[Sight, ...]:
    """What `member`'s telemetry says of each of `peers` (names)."""
    tiles = [tile for line in lines if (tile := _tile(line)) is not None]
    return tuple(_sight(member, peer, [tile for tile in tiles if tile.get("name") == peer]) for peer in peers)


def _tile(line: str) -> dict[str, Any] | None:
    if '"tile"' not in line:
        return None
    try:
        event = json.loads(line)
    except ValueError:  # a line that is not whole
        return None
    return event if isinstance(event, dict) and event.get("event") == "tile" else None


def _sight(member: str, peer: str, tiles: list[dict[str, Any]]) -> Sight:
    first = next((index for index, tile in enumerate(tiles) if _is_seen(tile)), None)
    if first is None:
        return Sight(member, peer)
    seen = [tile for tile in tiles if _is_seen(tile)]
    ages = np.array([tile["age_ms"] / 1e3 for tile in seen if tile["age_ms"] is not None], np.float64)
    sizes = [(tile["width"], tile["height"]) for tile in seen]
    width, height = max(set(sizes), key=sizes.count)
    return Sight(
        member=member,
        peer=peer,
        video_fps=round(float(np.median([tile["video_fps"] for tile in seen])), 1),
        width=width,
        height=height,
        age=spread(ages),
        level=round(max(tile["audio_level"] for tile in tiles), 3),
        after_s=round(tiles[first]["mono"] - tiles[0]["mono"], 2),
        steadiness=round(len(seen) / len(tiles[first:]), 3),
    )


def _is_seen(tile: dict[str, Any]) -> bool:
    return bool(tile.get("state") == "connected" and tile["video_fps"] > 0)


def all_see_all(sights: Iterable[Sight]) -> bool:
    return all(sight.after_s is not None for sight in sights)


def problems(sights: Iterable[Sight], hidden: Iterable[str] = (), silent: Iterable[str] = ()) -> tuple[str, ...]:
    """What was wrong with the call, a sentence each. `hidden` have no camera on, `silent` no microphone."""
    found = []
    for sight in sights:
        if sight.peer in hidden:
            continue
        if sight.after_s is None:
            found.append(f"In the call {sight.member} never saw {sight.peer}.")
        elif sight.steadiness < STEADY:
            share = round(100 * (1 - sight.steadiness))
            found.append(f"In the call {sight.member} did not see {sight.peer} for {share} % of the time.")
        elif sight.level <= 0.0 and sight.peer not in silent:
            found.append(f"In the call {sight.member} never heard {sight.peer}.")
    return tuple(found)


def table(sights: Iterable[Sight]) -> str:
    """A line for each that somebody saw."""
    names = f"{'the call':16}{'picture':>12}{'frames/s':>10}"
    head = f"{names}{'age, ms: median':>18}{'p95':>8}{'max':>8}{'level':>8}{'seen':>8}"
    return "\n".join([head, "-" * len(head), *(_row(sight) for sight in sights)])


def _row(sight: Sight) -> str:
    who = f"{sight.member} sees {sight.peer}"
    if sight.after_s is None:
        return f"{who:16}{'nothing':>12}"
    ages = (sight.age.median_ms, sight.age.p95_ms, sight.age.max_ms) if sight.age else (None, None, None)
    median, p95, most = (NONE if age is None else f"{age:.0f}" for age in ages)
    size, seen = f"{sight.width}x{sight.height}", f"{100 * sight.steadiness:.0f} %"
    return f"{who:16}{size:>12}{sight.video_fps:>10.1f}{median:>18}{p95:>8}{most:>8}{sight.level:>8.2f}{seen:>8}"


def as_json(sights: Iterable[Sight]) -> list[dict[str, Any]]:
    """The list `call` of demo.json."""
    nothing = dict.fromkeys(("median_ms", "p95_ms", "max_ms"))
    return [
        {
            "member": sight.member,
            "peer": sight.peer,
            "connected": sight.after_s is not None,
            "video_fps": sight.video_fps,
            "width": sight.width,
            "height": sight.height,
            "age": nothing if sight.age is None else asdict(sight.age),
            "audio_level": sight.level,
            "connected_after_s": sight.after_s,
            "seen": sight.steadiness,
        }
        for sight in sights
    ]
