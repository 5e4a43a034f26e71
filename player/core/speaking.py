"""Whether somebody speaks, and how loudly, from the level of what is heard.

The noise of a room is not speech, whatever its level: the floor follows the quietest of the last seconds, quickly down
and slowly up, and speech is what stands out from it for longer than a click. A pause between two words is bridged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from server.core.timeline import LocalTime

SILENT = -127.0  # dBFS: nothing at all


@dataclass(frozen=True, slots=True)
class SpeakingPolicy:
    """Levels in dBFS or dB, times in s."""

    least: float = -52.0  # below which nothing is speech
    begins: float = 12.0  # above the floor
    ends: float = 7.0  # above the floor: lower, so that a ring does not flicker
    onset: float = 0.04  # above it for so long; a click or a key is shorter
    bridged: float = 0.3  # the pause between words
    floor_at_first: float = -55.0
    lowest_floor: float = -75.0
    highest_floor: float = -35.0  # somebody who speaks without pause is not taken for noise
    floor_falls: float = 0.1  # time constant
    floor_rises: float = 3.0  # dB a second
    bottom: float = -60.0  # what `level` calls 0
    top: float = -10.0  # and 1
    level_falls: float = 0.15  # time constant of what is shown


@dataclass(frozen=True, slots=True)
class Speaking:
    """A value; `receive_level` returns the next one. `level` 0..1 for a meter."""

    is_speaking: bool = False
    level: float = 0.0
    floor: float | None = None  # dBFS
    above: float = 0.0  # s, so far
    heard: LocalTime | None = None  # when speech was last above the floor
    at: LocalTime | None = None


def decibels(loudness: float) -> float:
    """Of an RMS of 0..1."""
    return max(SILENT, 20.0 * math.log10(loudness)) if loudness > 0.0 else SILENT


def receive_level(policy: SpeakingPolicy, state: Speaking, decibel: float, now: LocalTime) -> Speaking:
    """With the level of the last some 10 or 20 ms, dBFS."""
    passed = 0.0 if state.at is None else min(max(now - state.at, 0.0), 0.1)
    floor = policy.floor_at_first if state.floor is None else state.floor
    line = max(policy.least, floor + (policy.ends if state.is_speaking else policy.begins))
    is_above = decibel > line
    above = state.above + passed if is_above else 0.0
    heard = now if is_above and (state.is_speaking or above >= policy.onset) else state.heard
    floor = _next_floor(policy, floor, decibel, passed)
    wanted = min(max((decibel - policy.bottom) / (policy.top - policy.bottom), 0.0), 1.0)
    falling = state.level * math.exp(-passed / policy.level_falls)
    return Speaking(
        is_speaking=heard is not None and abs(now - heard) <= policy.bridged,
        level=max(wanted, falling),
        floor=floor,
        above=above,
        heard=heard,
        at=now,
    )


def _next_floor(policy: SpeakingPolicy, floor: float, decibel: float, passed: float) -> float:
    if decibel < floor:
        floor += (decibel - floor) * (1.0 - math.exp(-passed / policy.floor_falls))
    else:
        floor = min(floor + policy.floor_rises * passed, decibel)
    return min(max(floor, policy.lowest_floor), policy.highest_floor)


def without_sound(policy: SpeakingPolicy, state: Speaking, now: LocalTime) -> Speaking:
    """Nothing comes of this voice: it says nothing of its room's noise."""
    quiet = receive_level(policy, state, SILENT, now)
    return replace(quiet, floor=state.floor)
