"""What a player presented, from its telemetry, on the machine's clock.

The players' own clocks are wrong on purpose, and what they believe about the room's clock is what is to be measured.
So an instant is mapped by the levers alone: the `levers` line says what was injected, and nothing that a player
estimated is read. `perf_counter` counts from one reference in all processes of a machine (CLOCK_MONOTONIC on Linux,
mach_absolute_time on macOS, QueryPerformanceCounter on Windows), so A's and B's instants are comparable.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RulerPolicy:
    """How readings become a line. Seconds but for `most_frames`."""

    stands_after: float = 0.2  # between two frames: longer, and the picture stood
    most_frames: int = 8  # that one frame may be ahead of the one before; more is a jump, not a run
    late: float = 2.5  # frame durations: a frame that is later stood, then ran for its own duration
    sound_gap: float = 0.35  # between two readings of ten a second; over a longer one nothing is known
    least_speed: float = 0.1  # of sound, media s per s: slower than any rate is a seek or a pause between readings
    most_speed: float = 5.0


POLICY = RulerPolicy()


@dataclass(frozen=True, slots=True)
class Levers:
    """What was injected into a player's clock: `offset` s ahead, `ppm` fast, counted from `origin` (true time)."""

    offset: float = 0.0
    ppm: float = 0.0
    origin: float = 0.0

    def true_time(self, mono: float) -> float:
        """The machine's time at which that clock read `mono`, s."""
        return self.origin + (mono - self.offset - self.origin) / (1.0 + self.ppm * 1e-6)


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Media times that were presented and when, s, ascending instants of the machine's clock."""

    instants: Values
    media: Values

    def __len__(self) -> int:
        return len(self.instants)


@dataclass(frozen=True, slots=True, eq=False)
class Presented:
    """What one player presented, and what it complained about."""

    picture: Readings
    sound: Readings
    dropped: int = 0
    underruns: int = 0
    complaints: tuple[str, ...] = ()


class TelemetryError(ValueError):
    """A telemetry file that can't be measured. The words are for a person."""


def read_presented(lines: Iterable[str], *, is_levered: bool) -> Presented:
    """Read the lines of a telemetry file; one that is not whole (the player was killed) is left out.

    `is_levered`: something was injected, so a line has to say what. A player without levers reads the machine's clock.
    Raises TelemetryError: no line says what was injected, so no instant can be trusted."""
    events = [event for line in lines if (event := _event(line)) is not None]
    told = next((event for event in events if event["event"] == "levers"), None)
    if told is None and is_levered:
        raise TelemetryError("The telemetry has no levers line, so the instants in it can't be mapped.")
    levers = Levers() if told is None else Levers(told["offset"], told["ppm"], told["origin"])
    frames = [event for event in events if event["event"] == "frame"]
    sounds = [event for event in events if event["event"] == "audio"]
    return Presented(
        picture=_first_showings(_readings(frames, levers)),
        sound=_readings(sounds, levers),
        dropped=int(frames[-1].get("dropped") or 0) if frames else 0,
        underruns=int(sounds[-1].get("underruns") or 0) if sounds else 0,
        complaints=tuple(str(event.get("what", "")) for event in events if event["event"] == "error"),
    )


def picture_at(readings: Readings, grid: Values, frame: float, policy: RulerPolicy = POLICY) -> tuple[Values, Values]:
    """The media time of the picture on a grid of instants, s (NaN before the first frame), and whether it moves there
    (0 or 1).

    Media time runs from each frame to the next. Before a frame that came late it stands and then runs for that
    frame's own duration; before a jump, and after the last frame, it stands. `frame` is a frame's duration, s."""
    if not len(readings):
        return np.full(len(grid), np.nan), np.zeros(len(grid))
    times, media = readings.instants, readings.media
    index = np.searchsorted(times, grid, side="right") - 1
    known = index >= 0
    index = np.clip(index, 0, None)
    after = np.minimum(index + 1, len(times) - 1)
    step, span = media[after] - media[index], times[after] - times[index]
    follows = (step > 0) & (step < (policy.most_frames + 0.5) * frame) & (span > 0)
    steady = follows & (span <= policy.late * step)
    safe = np.where(span > 0, span, 1.0)
    share = np.where(steady, (grid - times[index]) / safe, 1.0 - (times[after] - grid) / np.maximum(step, 1e-9))
    share = np.where(follows, np.clip(share, 0.0, 1.0), 0.0)
    moving = known & follows & (span <= policy.stands_after)
    return np.where(known, media[index] + share * step, np.nan), moving.astype(np.float64)


def sound_at(readings: Readings, grid: Values, policy: RulerPolicy = POLICY) -> Values:
    """The media time that leaves the loudspeaker on a grid of instants, s; NaN where nothing does, or it is unknown."""
    if len(readings) < 2:
        return np.full(len(grid), np.nan)
    times, media = readings.instants, readings.media
    index = np.clip(np.searchsorted(times, grid, side="right") - 1, 0, len(times) - 2)
    step, span = media[index + 1] - media[index], times[index + 1] - times[index]
    within = (grid >= times[index]) & (grid <= times[index + 1])
    runs = (step >= policy.least_speed * span) & (step <= policy.most_speed * span) & (span <= policy.sound_gap)
    known = within & runs & (span > 0)
    share = (grid - times[index]) / np.where(span > 0, span, 1.0)
    return np.where(known, media[index] + share * step, np.nan)


def frame_duration(*pictures: Readings) -> float | None:
    """How long a frame lasts, s: the usual step of the media time. None: too few frames follow each other."""
    steps = np.concatenate([np.diff(each.media) for each in pictures]) if pictures else np.zeros(0)
    steps = steps[(steps > 1e-3) & (steps < 0.5)]
    return float(np.median(steps)) if len(steps) >= 10 else None


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event and "mono" in event else None


def _readings(events: list[dict[str, Any]], levers: Levers) -> Readings:
    instants = np.array([levers.true_time(event["mono"]) for event in events], np.float64)
    media = np.array([event["media_time"] for event in events], np.float64)
    order = np.argsort(instants, kind="stable")
    return Readings(instants[order], media[order])


def _first_showings(readings: Readings) -> Readings:
    """A frame that was painted again (a window was uncovered) has been there since its first paint."""
    if not len(readings):
        return readings
    new = np.concatenate([[True], np.diff(readings.media) != 0.0])
    return Readings(readings.instants[new], readings.media[new])
