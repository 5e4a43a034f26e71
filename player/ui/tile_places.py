"""Where the tiles of a call stand in the strip under the film: one row, or more where they would get too small.

The film comes first, so a row has a fifth of the height, and all rows together never more than a share of it. Who does
not fit is counted in one last tile. Cameras make 4:3; a tile that is higher than that has dark bands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StripPolicy:
    """px, where nothing else is said."""

    share: float = 0.2  # of the window's height, for one row
    lowest: int = 64  # of a tile: a name, and a face above it
    highest: int = 180
    aspect: float = 4 / 3
    narrowest: int = 66  # of a tile: a few letters of a name beside an icon
    rows: float = 0.42  # of the window's height, for all of them
    gap: int = 6
    margin: int = 8
    stub: int = 28  # the place of one's own tile that was hidden
    least: tuple[int, int] = (150, 170)  # of the window: below it the film is alone


POLICY = StripPolicy()
Place = tuple[int, int, int, int]
"""x, y, width, height, px."""


@dataclass(frozen=True, slots=True)
class StripPlan:
    """`height` 0: no strip. `places` for the tiles that fit, in rows from the left; `stub` for the hidden own one."""

    height: int = 0
    places: tuple[Place, ...] = ()
    stub: Place | None = None


def plan_strip(count: int, width: int, height: int, has_stub: bool = False) -> StripPlan:
    """Places for `count` tiles in a window of that size. Fewer places than tiles: the last but one of them says how
    many more there are (the last is one's own)."""
    policy = POLICY
    if (count < 1 and not has_stub) or width < policy.least[0] or height < policy.least[1]:
        return StripPlan()
    if count < 1:
        tall = policy.lowest
        return StripPlan(tall + 2 * policy.margin, (), _stub(width, tall, 0))
    tall_most = round(min(policy.highest, max(policy.lowest, height * policy.share)))
    room = width - 2 * policy.margin - (policy.stub + policy.gap if has_stub else 0)
    rows, columns, shown = _rows(count, room, height)
    wide = min((room + policy.gap) // columns - policy.gap, round(tall_most * policy.aspect))
    tall = min(tall_most, max(policy.lowest, round(wide / policy.aspect)))
    while _all_rows(rows, tall) > height * policy.rows and tall > policy.lowest // 2:
        tall -= 1
    places = []
    for place in range(shown):
        row = place // columns
        in_row = min(columns, shown - row * columns)
        left = (room - in_row * wide - (in_row - 1) * policy.gap) // 2 + policy.margin
        x = left + (place % columns) * (wide + policy.gap)
        places.append((x, policy.margin + row * (tall + policy.gap), wide, tall))
    stub = _stub(width, tall, places[-1][0] + wide + policy.gap, places[-1][1]) if has_stub else None
    return StripPlan(_all_rows(rows, tall), tuple(places), stub)


def _rows(count: int, room: int, height: int) -> tuple[int, int, int]:
    """How many rows and columns, and how many tiles fit."""
    policy = POLICY
    most_columns = max(1, (room + policy.gap) // (policy.narrowest + policy.gap))
    most_rows = 1
    while _all_rows(most_rows + 1, policy.lowest) <= height * policy.rows:
        most_rows += 1
    rows = min(most_rows, math.ceil(count / most_columns))
    shown = min(count, rows * most_columns)
    return rows, math.ceil(shown / rows), shown


def _all_rows(rows: int, tall: int) -> int:
    return rows * tall + (rows - 1) * POLICY.gap + 2 * POLICY.margin


def _stub(width: int, tall: int, x: int, y: int = POLICY.margin) -> Place:
    return x or (width - POLICY.stub) // 2, y, POLICY.stub, tall
