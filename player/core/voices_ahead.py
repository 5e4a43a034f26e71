"""How far ahead of the device voices are written: as little as never comes too late.

The device takes blocks; between two looks at it, it may take one more than we saw, and who writes may wake up late. The
lead covers the largest block of the last seconds and a margin, and the margin grows when something came too late and
shrinks slowly again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from player.core.call_media import VOICE_RATE
from server.core.timeline import LocalTime


@dataclass(frozen=True, slots=True)
class AheadPolicy:
    """In seconds."""

    margin: float = 0.015  # who writes wakes up each 10 ms, and late
    most_margin: float = 0.060
    grows: float = 0.010  # with each time that something came too late
    shrinks: float = 0.0005  # in a second
    remembered: float = 2.0  # for so long a large block counts
    most_block: float = 0.1
    standing: float = 0.3  # a device that has taken nothing for so long is not there


@dataclass(frozen=True, slots=True)
class Ahead:
    """A value; `look` returns the next one. Samples are numbered as the device takes them."""

    taken: int = 0  # at the last look
    moved: LocalTime | None = None  # when it was last seen to have taken something
    block: int = 0  # the largest that is remembered
    block_at: LocalTime | None = None
    margin: float = 0.0  # s
    at: LocalTime | None = None

    def is_standing(self, policy: AheadPolicy, now: LocalTime) -> bool:
        """There is no device, or it hangs."""
        return self.moved is None or now - self.moved > policy.standing


def look(policy: AheadPolicy, state: Ahead, taken: int, now: LocalTime) -> Ahead:
    """The device is going to take sample `taken` next."""
    step = min(taken - state.taken, round(policy.most_block * VOICE_RATE))
    passed = 0.0 if state.at is None else now - state.at
    state = replace(state, at=now, margin=max(policy.margin, state.margin - policy.shrinks * passed))
    if step == 0:
        return state
    is_first = state.is_standing(policy, now)
    state = replace(state, taken=taken, moved=now)
    if is_first or step < 0:
        return replace(state, block=0, block_at=None)
    if step >= state.block or state.block_at is None or now - state.block_at > policy.remembered:
        state = replace(state, block=step, block_at=now)
    return state


def came_late(policy: AheadPolicy, state: Ahead) -> Ahead:
    """Something was written that the device had taken already."""
    return replace(state, margin=min(state.margin + policy.grows, policy.most_margin))


def end_of(policy: AheadPolicy, state: Ahead, now: LocalTime) -> int:
    """Up to which sample there should be voices; where no device takes any, time itself does."""
    lead = state.block + round(max(state.margin, policy.margin) * VOICE_RATE)
    if state.moved is None or not state.is_standing(policy, now):
        return state.taken + lead
    return state.taken + lead + round((now - state.moved) * VOICE_RATE)
