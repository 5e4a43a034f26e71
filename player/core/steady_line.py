"""A quantity that runs evenly and is only read with noise: when samples were taken, which sample leaves a DAC then.

What a sound device says of its times wanders by milliseconds, while samples themselves follow each other without a
flaw. So the count leads and the readings only correct it: not at all where they differ little, slowly where they differ
for long (two crystals), at once where several in a row agree on another place (samples were lost, a device began anew).
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class SteadyPolicy:
    """`still`, `jump` in the unit of the quantity."""

    still: float  # a smoothed error up to this moves nothing
    jump: float  # a reading that is farther off may mean another place
    agreeing: int = 8  # such readings in a row, within half a jump of each other, that do
    smoothing: float = 0.02  # weight of the newest reading
    correction: float = 0.004  # of the error beyond `still`, with each step
    most: float = 300e-6  # how far the speed may be from even, relative: crystals are within 100 ppm


@dataclass(frozen=True, slots=True)
class SteadyLine:
    """A value; `step` returns the next one. It goes from `at` on with `speed` (1 is even) for one step."""

    at: float = 0.0
    speed: float = 1.0
    ends: float | None = None  # where this step ends and the next one begins; None: nothing was read yet
    error: float = 0.0  # reading minus line, smoothed
    strays: tuple[float, ...] = ()  # the last readings that were far off, as errors
    jumps: int = 0

    @property
    def is_known(self) -> bool:
        return self.ends is not None


def step(policy: SteadyPolicy, line: SteadyLine, reading: float | None, length: float) -> SteadyLine:
    """The line over the next `length`, with a reading of where it begins, if there is one."""
    if line.ends is None:
        if reading is None:
            return line
        return SteadyLine(reading, 1.0, reading + length)
    at, error, strays, jumps = line.ends, line.error, line.strays, line.jumps
    if reading is not None:
        off = reading - at
        if abs(off) <= policy.jump:
            strays = ()
            error += policy.smoothing * (off - error)
        else:
            strays = (*strays, off)[-policy.agreeing :]
            if len(strays) == policy.agreeing and max(strays) - min(strays) <= policy.jump / 2:
                at, error, strays, jumps = reading, 0.0, (), jumps + 1
    beyond = error - min(policy.still, max(-policy.still, error))
    most = policy.most * length
    moved = min(most, max(-most, policy.correction * beyond))
    return replace(
        line,
        at=at,
        speed=1.0 + moved / length,
        ends=at + length + moved,
        error=error - moved,
        strays=strays,
        jumps=jumps,
    )
