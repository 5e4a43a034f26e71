"""How far ahead of the device voices are written: as little as never comes too late.

What leaves the device now is known as a line, sample by sample; what it has taken already is ahead of that by its own
latency, in steps of its blocks. Voices are written up to the line plus the most that the device was ahead of it in the
last seconds, plus a margin: so they are made evenly in time, as they come, whatever blocks the device takes. The margin
grows when something came too late and shrinks slowly again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from player.core.call_media import VOICE_RATE
from server.core.timeline import LocalTime


@dataclass(frozen=True, slots=True)
class AheadPolicy:
    """In seconds."""

    margin: float = 0.015  # who writes wakes up each 10 ms, and late
    most_margin: float = 0.060
    grows: float = 0.005  # with each time that something came too late
    shrinks: float = 30.0  # time constant: a busy moment is forgotten, a busy machine not at once
    remembered: float = 1.0  # the device's latency of this second and the one before counts
    most_latency: float = 0.4  # of a device; the ring holds no more
    standing: float = 0.3  # a device that has taken nothing for so long is not there


@dataclass(frozen=True, slots=True)
class Ahead:
    """A value; `look` returns the next one. Samples are numbered as the device takes them."""

    taken: int = 0  # the device takes this one next
    playing: int = 0  # this one leaves it
    moved: LocalTime | None = None  # when it was last seen to have taken something
    recent: int = 0  # the most that it was ahead, of this second
    before: int = 0  # and the one before
    since: float = 0.0  # when this second began
    margin: float = 0.0  # s
    at: LocalTime | None = None

    def is_standing(self, policy: AheadPolicy, now: LocalTime) -> bool:
        """There is no device, or it hangs."""
        return self.moved is None or now - self.moved > policy.standing


def look(policy: AheadPolicy, state: Ahead, taken: int, playing: int, now: LocalTime) -> Ahead:
    """The device is going to take sample `taken` next, and by its line `playing` leaves it now."""
    passed = 0.0 if state.at is None else now - state.at
    more = max(0.0, state.margin - policy.margin) * math.exp(-passed / policy.shrinks)
    state = replace(state, at=now, playing=playing, margin=policy.margin + more)
    ahead = min(max(taken - playing, 0), round(policy.most_latency * VOICE_RATE))
    if taken == state.taken:
        return state
    if state.is_standing(policy, now) or taken < state.taken:
        return replace(state, taken=taken, moved=now, recent=ahead, before=0, since=now)
    if now - state.since > policy.remembered:
        state = replace(state, before=state.recent, recent=0, since=now)
    return replace(state, taken=taken, moved=now, recent=max(state.recent, ahead))


def came_late(policy: AheadPolicy, state: Ahead) -> Ahead:
    """Something was to be written that the device had taken already."""
    return replace(state, margin=min(state.margin + policy.grows, policy.most_margin))


def end_of(state: Ahead) -> int:
    """Up to which sample there should be voices."""
    return state.playing + max(state.recent, state.before) + round(state.margin * VOICE_RATE)
