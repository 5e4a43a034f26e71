"""The machine's clock: how fine it is, how late a sleep ends, what it does while the machine sleeps."""

from __future__ import annotations

import time

from player.doctor.finding import Finding, note, ok

NAP, NAPS = 0.005, 40  # s, of which so many are taken
COARSE = 1e-4  # s of resolution: differences of a millisecond could not be told any more
LATE = 0.008  # s: a frame would be a quarter of its duration late


def inspect_clock() -> list[Finding]:
    """One line on its resolution and a sleep's end, one on sleep."""
    return [judge_clock(time.get_clock_info("perf_counter").resolution, _overshoots()), _suspend()]


def judge_clock(resolution: float, overshoots: list[float]) -> Finding:
    """`overshoots`: how late sleeps ended, s."""
    ordered = sorted(overshoots)
    usual, worst = ordered[len(ordered) // 2], ordered[-1]
    figures = (
        f"resolution {1e9 * resolution:.0f} ns; a sleep ends {1e3 * usual:.2f} ms late, at worst {1e3 * worst:.1f}"
    )
    if resolution > COARSE:
        return note(
            "Clock", f"{figures}; so coarse a clock keeps rooms together within {2e3 * resolution:.0f} ms only."
        )
    if usual > LATE:
        return note("Clock", f"{figures}; the machine is busy or saves power, and frames will be late: close programs.")
    return ok("Clock", figures)


def _overshoots() -> list[float]:
    found = []
    for _ in range(NAPS):
        begun = time.perf_counter()
        time.sleep(NAP)
        found.append(time.perf_counter() - begun - NAP)
    return found


def _suspend() -> Finding:
    """On Linux the clock stands still while the machine sleeps, and another one does not: their distance is seen."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return ok("Sleep", "the clock is compared with the wall clock to notice when the machine slept")
    slept = time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
    return judge_suspend(slept)


def judge_suspend(slept: float) -> Finding:
    """`slept`: how much longer the machine has been up than its clock says, s."""
    if slept < 1.0:
        return ok("Sleep", "the clock stands still while the machine sleeps, which is noticed (it has not slept yet)")
    return ok("Sleep", f"the clock left out {slept / 60:.0f} min in which the machine slept, which is noticed")
