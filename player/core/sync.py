"""The sync controller: what to do about sound that is not where the timeline says it should be.

Theory of operation. Each block of sound brings one reading: the asynchrony of its first sample at the DAC. A ladder of
rungs says how far off readings must be, and for how long without a break and to the same side, before something is
done: evidence buys a finer threshold, one reading buys nothing. The remedies, from the smallest:

- `Hold`    nothing: play at the timeline's own speed. (The DAC's skew against the room clock is known from the two
            fitted lines and compensated by whoever plays; the controller only sees what is left.)
- `Slew`    a correction within 0.5 %, by resampling: not heard, 5 ms in a second.
- `Stretch` a speed between 0.8 and 1.25 with the pitch kept, for tens of milliseconds up to a second; 3 s at a time.
- `Seek`    a jump. At most one in five seconds, and after three without a lasting success none: holding and saying why
            is better than a loop of seeks (Snapcast #790, Syncplay #354).

A remedy ends at a lower threshold than it began at. Being ahead and being behind are treated alike, except that a
stretch slows by 0.8 where it hastens by 1.25. A seek, a start and a change of device begin a new generation
(`afresh`): no reading of the one before counts, and while a seek is under way none counts at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rung:
    """Readings beyond `asynchrony` (s, either side) for `lasting` (s) without a break call for `remedy`."""

    asynchrony: float
    lasting: float
    remedy: Literal["seek", "stretch", "slew"]


@dataclass(frozen=True, slots=True)
class SyncPolicy:
    ladder: tuple[Rung, ...] = (
        Rung(1.0, 0.3, "seek"),  # 3 s of 1.25x mend three quarters of a second
        Rung(0.040, 0.12, "stretch"),  # a frame and a bit; slewing would take 8 s
        Rung(0.004, 0.1, "slew"),
        Rung(0.001, 0.5, "slew"),
        Rung(0.0002, 2.0, "slew"),  # what is left once the line through the device's notes has settled
    )
    readings: int = 3  # that a rung needs at least
    doubted: float = 1.5  # times the reading's own dispersion that a reading must exceed to count for a slew
    slewed: float = 0.00003  # s, a slew ends below this
    slew_time: float = 0.4  # s, in which a slew would mend what it sees: damped, no overshoot with readings each 30 ms
    most_slew: float = 0.005  # 9 cents: not heard, nor is its change
    stretched: float = 0.008  # s, a stretch ends below this (a splice of the stretch may be off by as much)
    stretch_time: float = 0.4  # s, as slew_time; 500 ms are within one frame after 2.2 s
    fastest: float = 1.25  # understood without effort
    slowest: float = 0.8
    least_stretch: float = 0.04  # below this a stretch only prolongs itself
    longest_stretch: float = 3.0  # s at a time
    rest: float = 1.0  # s between two stretches
    seek_pause: float = 5.0  # s between two seeks
    most_seeks: int = 3  # in a row, each within `forgiven` after the one before
    forgiven: float = 60.0  # s without a seek, after which the earlier ones are forgotten


@dataclass(frozen=True, slots=True)
class Hold:
    """Play at the timeline's own speed. `why`: for people, when something should be done and can't."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Slew:
    """Play `speed` times as fast as the timeline, by resampling."""

    speed: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """Play `speed` times as fast as the timeline, pitch kept."""

    speed: float


@dataclass(frozen=True, slots=True)
class Seek:
    """Jump to where the timeline is."""

    asynchrony: float


Decision = Hold | Slew | Stretch | Seek

GAVE_UP = (
    "The sound was put right several times and did not stay so. It is left as it is; another sound device may help."
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Since when and how often in a row readings were beyond one rung, all to one side."""

    since: float = 0.0
    readings: int = 0


@dataclass(frozen=True, slots=True)
class SyncState:
    """What the controller remembers. `side` is 1 ahead, -1 behind, of the evidence."""

    remedy: Literal["none", "slew", "stretch", "seek"] = "none"
    side: int = 0
    evidence: tuple[Evidence, ...] = ()
    stretch_began: float = 0.0
    rests_until: float = float("-inf")
    seeks: tuple[float, ...] = field(default=())  # when, the newest last


def afresh(state: SyncState) -> SyncState:
    """The state at the beginning of a new generation: only the seeks are remembered."""
    return SyncState(seeks=state.seeks)


def decide(
    policy: SyncPolicy, state: SyncState, asynchrony: float, dispersion: float, now: float
) -> tuple[SyncState, Decision]:
    """What to do after one more reading.

    `asynchrony` s, ours minus the timeline's, positive is ahead; `dispersion` s, what the reading itself may be wrong
    by; `now` s, the reading's instant on any one clock, ascending."""
    if state.remedy == "seek":
        if now < state.seeks[-1] + policy.seek_pause:
            return state, Hold()  # under way: the new generation has not been presented
        state = afresh(state)
    state = _weigh(policy, state, asynchrony, dispersion, now)
    for rung, evidence in zip(policy.ladder, state.evidence, strict=True):
        if evidence.readings < policy.readings or now - evidence.since < rung.lasting:
            continue
        if rung.remedy == "seek":
            recent = _recent_seeks(policy, state.seeks, now)
            if len(recent) >= policy.most_seeks:
                return replace(state, remedy="none", seeks=recent), Hold(GAVE_UP)
            if not recent or now >= recent[-1] + policy.seek_pause:
                return replace(afresh(state), remedy="seek", seeks=(*recent, now)), Seek(asynchrony)
        elif rung.remedy == "stretch":
            if state.remedy != "stretch" and now >= state.rests_until:
                state = replace(state, remedy="stretch", stretch_began=now)
        elif state.remedy == "none":
            state = replace(state, remedy="slew")
    return _continue(policy, state, asynchrony, now)


def _weigh(policy: SyncPolicy, state: SyncState, asynchrony: float, dispersion: float, now: float) -> SyncState:
    """The evidence with one more reading."""
    side = 1 if asynchrony > 0 else -1
    before = state.evidence if state.evidence and side == state.side else (Evidence(),) * len(policy.ladder)
    evidence = []
    for rung, known in zip(policy.ladder, before, strict=True):
        if abs(asynchrony) <= max(rung.asynchrony, policy.doubted * dispersion):
            evidence.append(Evidence())
        elif known.readings:
            evidence.append(Evidence(known.since, known.readings + 1))
        else:
            evidence.append(Evidence(now, 1))
    return replace(state, side=side, evidence=tuple(evidence))


def _recent_seeks(policy: SyncPolicy, seeks: tuple[float, ...], now: float) -> tuple[float, ...]:
    """The seeks of the present row; none once the last is long ago."""
    return seeks if seeks and now < seeks[-1] + policy.forgiven else ()


def _continue(policy: SyncPolicy, state: SyncState, asynchrony: float, now: float) -> tuple[SyncState, Decision]:
    """The strength of the remedy that is in use, and whether its work is done."""
    off = abs(asynchrony)
    if state.remedy == "stretch":
        if now >= state.stretch_began + policy.longest_stretch:
            state = replace(state, remedy="slew", rests_until=now + policy.rest)
        elif off <= policy.stretched:
            state = replace(state, remedy="slew")
        else:
            strength = max(policy.least_stretch, off / policy.stretch_time)
            speed = 1.0 - strength if asynchrony > 0 else 1.0 + strength
            return state, Stretch(min(policy.fastest, max(policy.slowest, speed)))
    if state.remedy == "slew" and off <= policy.slewed:
        state = replace(state, remedy="none")
    if state.remedy == "none":
        return state, Hold()
    correction = -asynchrony / policy.slew_time
    return state, Slew(1.0 + min(policy.most_slew, max(-policy.most_slew, correction)))
