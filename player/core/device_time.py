"""When a device said something, in local time, though we may hear of it late.

A device's callback comes with the device's own reading of a clock, and is then kept waiting: by the scheduler, and in
Python by whoever else wants to run (0.6 ms as a rule and up to 20 ms beside a busy thread, measured). The least wait
of the last callbacks is next to none, so it says how far that clock lies from ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.core.timeline import LocalTime


@dataclass(frozen=True, slots=True)
class DeviceTime:
    """A value; `receive` returns the next one. `waits`: local time minus the device's, s, of the last callbacks."""

    remembered: int = 32  # callbacks, most of a second: clocks that differ by 100 ppm are 80 us apart after that
    most_late: float = 0.05  # s, beyond which the device's clock has been set or stands still, and counts for nothing
    waits: tuple[float, ...] = ()

    def receive(self, said: float, now: LocalTime) -> DeviceTime:
        """With a callback that the device called at `said` by its clock, and that came at `now`."""
        wait = now - said
        waits = (*self.waits, wait)[-self.remembered :]
        if wait - min(waits) > self.most_late:
            waits = (wait,)
        return DeviceTime(self.remembered, self.most_late, waits)

    def called_at(self, now: LocalTime) -> LocalTime:
        """When the device really made the newest callback, which came at `now`."""
        if not self.waits:
            return now
        return LocalTime(now - (self.waits[-1] - min(self.waits)))
