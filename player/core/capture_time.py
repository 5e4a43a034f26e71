"""When a picture or a sound of somebody else was taken, in room time.

A sender report says at which room time a stream's RTP time was what (`MediaClock`); RTP times run evenly, so each of
them has its room time. A sender may be wrong, or lie: what lies in the future, or far in the past, is not believed, and
a report that contradicts the ones before counts only when the next agrees with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from player.core.call_media import MediaClock
from server.core.timeline import RoomTime


@dataclass(frozen=True, slots=True)
class CaptureTimePolicy:
    """In seconds."""

    ahead: float = 0.25  # of now, at most: two members' room clocks differ by some milliseconds
    behind: float = 10.0  # nothing that old is shown or played
    jump: float = 0.1  # between what two reports say of one RTP time: more is a contradiction
    trusted: float = 60.0  # away from its report, a time says nothing any more


@dataclass(frozen=True, slots=True)
class CaptureTime:
    """Of one stream. A value; `receive_report` returns the next one."""

    rate: int  # Hz, of its RTP time
    report: MediaClock | None = None
    doubted: MediaClock | None = None


def _between(report: MediaClock, timestamp: int, rate: int) -> float:
    """Seconds from a report to an RTP time, which is at most half of 32 bits away."""
    return (((timestamp - report.timestamp + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)) / rate


def receive_report(policy: CaptureTimePolicy, state: CaptureTime, report: MediaClock, now: RoomTime) -> CaptureTime:
    """With a sender's report that came at `now`."""
    if not -policy.behind <= report.room - now <= policy.ahead:  # NaN, too, is not in between
        return state
    for known in (state.report, state.doubted):
        if known is not None:
            apart = report.room - known.room - _between(known, report.timestamp, state.rate)
            if abs(apart) <= policy.jump:
                return replace(state, report=report, doubted=None)
    if state.report is None:
        return replace(state, report=report)
    return replace(state, doubted=report)


def captured_at(policy: CaptureTimePolicy, state: CaptureTime, timestamp: int, now: RoomTime) -> RoomTime | None:
    """When what has this RTP time was taken; None: not known, or absurd. Never later than `now`."""
    if state.report is None:
        return None
    since = _between(state.report, timestamp, state.rate)
    captured = state.report.room + since
    if abs(since) > policy.trusted or not -policy.behind <= captured - now <= policy.ahead:
        return None
    return RoomTime(min(captured, now))
