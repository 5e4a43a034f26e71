"""The reel: decoded frames around the film's present place, and which of them belongs on the screen.

A strip is what was decoded since one seek: frames in order, the past quarter of a second (who learns of a pause too
late steps back without a seek), a few ahead. Frames stay in the decoder's own format, half the size of what the
screen gets; pictures are made of those that are ahead and the one that is shown. A frame is due from its media time
until the next frame's.

A seek lays a new strip beside the old one, which stays until the timeline that it was made for is in force. The old
place is shown until that instant, the new one from it.

At speeds at which frames would follow faster than screens show them, only each second (third ...) frame is: the same
ones by every member, for they are counted from the film's beginning.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass
from typing import Literal

from player.core.medium import Picture
from player.core.target import Target
from player.media.frame_reader import ROUNDING, Frame
from player.media.strip import Area, Slot, Strip, bytes_of
from server.core.timeline import LocalTime, MediaTime, Timeline


@dataclass(frozen=True, slots=True)
class ReelPolicy:
    """Times in s."""

    ahead: int = 4  # frames that are converted before they are due
    resumed_at: int = 2  # decoding goes on when no more are left: it works in pairs and sleeps in between
    past: float = 0.25  # of local time, that is kept
    most_bytes: int = 96 << 20  # of decoded frames; a film whose frames are larger keeps less of the past
    least_past: int = 2
    after_paint: float = 0.004  # work begins so long after a frame is due: not while it is painted
    followed: float = 1.0  # of media time: who is further behind will seek, and shows nothing of the way there
    least_shown: float = 0.0125  # that a frame should be seen for, at least
    late_shown: float = 0.15  # a picture that is late is still shown if there was none for so long


@dataclass(frozen=True, slots=True)
class Job:
    """What whoever decodes should do next."""

    kind: Literal["decode", "convert", "wait"]
    slot: Slot | None = None
    is_accurate: bool = False
    area: Area = None
    wait: float | None = None  # s; None: until it is woken


@dataclass(frozen=True, slots=True)
class Choice:
    """What is due: a picture, and when to ask again (local time; None: at the next wake-up)."""

    picture: Picture | None
    again_at: float | None
    dropped: int


class Reel:
    """All fields are guarded by `_lock`, a leaf."""

    def __init__(self, policy: ReelPolicy | None = None) -> None:
        self._policy = policy or ReelPolicy()
        self._lock = threading.Lock()
        self._strips: deque[Strip] = deque(maxlen=2)  # the newest last
        self._area: Area = None
        self._shown: Slot | None = None
        self._shown_picture: Picture | None = None
        self._shown_in = -1  # generation
        self._is_awaited = False  # the screen could not be told when to ask again
        self._dropped = 0
        self._is_filling = True
        self._shown_at = float("-inf")  # local time of the last change of the picture

    # -- the screen's thread -------------------------------------------------------------------------------------------

    def set_area(self, area: Area) -> bool:
        """False: it is the same."""
        with self._lock:
            is_new, self._area = area != self._area, area
            return is_new

    def due(self, target: Target, now: LocalTime) -> Choice:
        """What belongs on the screen."""
        media_time = target.media_time_at(now)
        timeline = target.timeline_at(now)
        is_playing = timeline.state == "playing"
        with self._lock:
            strip = self._strip_at(target, now)
            if strip is None or not strip.slots:
                self._is_awaited = True
                return Choice(self._shown_picture, target.next_change(now), self._dropped)
            stride = self._stride(strip, timeline)
            index = strip.index_at(media_time, stride)
            if index < 0 and strip.place <= media_time + ROUNDING and strip.slots[0].number == 0:
                index = 0  # no frame is older: the picture begins later than the film
            is_late = is_playing and media_time <= strip.until + self._policy.followed
            chosen = self._best(strip, index, media_time, is_late=is_late)
            if chosen is not None:
                self._show(strip, chosen, now, stride if is_playing else 0)
            again_at, is_known = self._next_instant(strip, index, stride, target, now)
            self._is_awaited = not is_known or index < 0 or chosen is not strip.slots[index]
            return Choice(self._shown_picture, again_at, self._dropped)

    def _strip_at(self, target: Target, now: LocalTime) -> Strip | None:
        """The strip for the timeline that is in force."""
        if not self._strips:
            return None
        newest = self._strips[-1]
        if len(self._strips) == 1:
            return newest
        room_time = target.clock.room_time(now)
        for timeline in target.schedule.timelines[1:]:
            if timeline.revision == newest.revision and timeline.room_time > room_time:
                return self._strips[0]
        return newest

    def _stride(self, strip: Strip, timeline: Timeline) -> int:
        """Each how manyth frame is shown."""
        if timeline.state != "playing":
            return 1
        return max(1, math.ceil(self._policy.least_shown * timeline.rate / strip.usual - 1e-3))

    def _best(self, strip: Strip, index: int, media_time: float, *, is_late: bool) -> Slot | None:
        """The slot that is due if it has a picture. Else, if we are merely late, the latest before it that was not
        passed already; a place that is being sought is not reached through pictures of the way there."""
        if index < 0:
            return None
        if strip.is_decoded(media_time) and strip.slots[index].picture is not None:
            return strip.slots[index]
        if not is_late:
            return None
        passed = -1.0 if self._shown is None or self._shown_in != strip.generation else self._shown.media_time
        for slot in reversed(strip.slots[: index + 1]):
            if slot.picture is not None:
                return slot if slot.media_time >= passed else None
        return None

    def _show(self, strip: Strip, slot: Slot, now: LocalTime, stride: int) -> None:
        """`stride` 0: the film stands, nothing is dropped."""
        if slot is not self._shown:
            before = self._shown
            if stride and before is not None and self._shown_in == strip.generation:
                self._dropped += max(0, (slot.number - before.number - 1) // stride)
            self._shown, self._shown_in, self._shown_at = slot, strip.generation, now
        self._shown_picture = slot.picture

    def _next_instant(
        self, strip: Strip, index: int, stride: int, target: Target, now: LocalTime
    ) -> tuple[float | None, bool]:
        """(when something changes, whether that is all there is to know)."""
        change = target.next_change(now)
        coming = strip.coming(index, stride)
        if coming:
            at = target.local_time_of(MediaTime(coming[0].media_time), now)
            return (at if change is None or (at is not None and at < change) else change), True
        return change, strip.has_ended

    @property
    def dropped(self) -> int:
        """Frames that should have been seen and were not, so far."""
        return self._dropped

    def is_settled(self, target: Target, now: LocalTime) -> bool:
        """Whether the film stands and its frame's accurate picture is shown."""
        media_time = target.media_time_at(now)
        with self._lock:
            strip = self._strip_at(target, now)
            if strip is None or not strip.slots or target.timeline_at(now).state == "playing":
                return False
            slot = strip.slots[max(0, strip.index_at(media_time))]
            is_final = slot.is_accurate and slot.area == self._area
            return is_final and slot is self._shown and slot.picture is self._shown_picture

    # -- whoever decodes -----------------------------------------------------------------------------------------------

    def begin(self, generation: int, place: float, revision: int, usual: float = 0.04) -> None:
        """Frames from another place on will follow. `usual`: s, how long a frame of the film lasts."""
        with self._lock:
            if self._strips and not self._strips[-1].slots:
                self._strips.pop()
            self._strips.append(Strip(generation, place, revision, usual))
            self._is_filling = True

    def clear(self) -> None:
        """Another film."""
        with self._lock:
            self._strips.clear()
            self._shown = self._shown_picture = None
            self._shown_in = -1

    def end(self, generation: int) -> None:
        """The film has no more frames."""
        with self._lock:
            for strip in self._strips:
                if strip.generation == generation:
                    strip.has_ended = True

    def add(self, generation: int, frame: Frame, target: Target, now: LocalTime, *, left_out: int = 0) -> Slot | None:
        """One more frame, without a picture as yet. None: that generation is over."""
        with self._lock:
            strip = self._strips[-1] if self._strips else None
            if strip is None or strip.generation != generation:
                return None
            if strip.slots and frame.media_time <= strip.slots[-1].media_time:
                return None  # read once more, after a connection was lost
            number = strip.slots[-1].number + 1 + left_out if strip.slots else 0
            slot = Slot(frame, number, round(frame.media_time / strip.usual), frame.media_time)
            strip.slots.append(slot)
            self._trim(strip, target, now)
            return slot

    def _trim(self, strip: Strip, target: Target, now: LocalTime) -> None:
        """Let go of what lies too far back."""
        if len(self._strips) == 2 and self._strip_at(target, now) is strip:
            self._strips.popleft()
        media_time, _ = self._position(strip, target, now)
        due = strip.index_at(media_time, self._stride(strip, target.timeline_at(now)))
        oldest = media_time - self._policy.past * max(1.0, target.timeline_at(now).rate)
        size = max(1, bytes_of(strip.slots[-1].frame))
        most = max(self._policy.most_bytes // size, self._policy.ahead + self._policy.least_past)
        count = 0
        while count < due - 1 and (
            strip.slots[count].frame.end < oldest or len(strip.slots) - count > most + self._policy.ahead
        ):
            count += 1
        del strip.slots[:count]
        for slot in strip.slots[: max(0, due - count - 1)]:
            if slot is not self._shown:
                slot.picture = None

    def put(self, slot: Slot, picture: Picture, area: Area, *, is_accurate: bool) -> bool:
        """A slot's picture. True: the screen waits for it, or shows what it replaces."""
        with self._lock:
            slot.picture, slot.area, slot.is_accurate = picture, area, is_accurate
            return self._is_awaited or slot is self._shown

    @property
    def area(self) -> Area:
        """What pictures should fit into."""
        return self._area

    def is_shown(self, slot: Slot, target: Target, now: LocalTime) -> bool:
        """Whether a frame of the newest strip is one of those that are shown at this speed."""
        with self._lock:
            return slot.beat % self._stride(self._strips[-1], target.timeline_at(now)) == 0

    def behind(self, frame: Frame, target: Target, now: LocalTime) -> float | None:
        """How long ago the newest strip's frame should have gone, s of media time; None: no hurry, the film stands."""
        with self._lock:
            media_time, is_playing = self._position(self._strips[-1], target, now)
            return media_time - frame.end if is_playing else None

    def is_starved(self, now: LocalTime) -> bool:
        """Whether the picture has not changed for so long that even a late one is better."""
        with self._lock:
            return now - self._shown_at >= self._policy.late_shown

    def _position(self, strip: Strip, target: Target, now: LocalTime) -> tuple[float, bool]:
        """(what is due of a strip, whether that moves)."""
        if self._strip_at(target, now) is not strip:
            return strip.place, False
        return target.media_time_at(now), target.timeline_at(now).state == "playing"

    def next_job(self, generation: int, target: Target, now: LocalTime) -> Job:
        """What is to be done now: pictures for what is due, then frames ahead."""
        timeline = target.timeline_at(now)
        with self._lock:
            newest = self._strips[-1]
            current = self._strip_at(target, now)
            if current is not None and current is not newest:
                is_standing = timeline.state != "playing"
                stride = self._stride(current, timeline)
                job = self._missing(current, target.media_time_at(now), stride, is_standing=is_standing)
                if job is not None:
                    return job
            if newest.generation != generation:
                return Job("wait")
            media_time, is_playing = self._position(newest, target, now)
            stride = self._stride(newest, timeline) if is_playing else 1
            job = self._missing(newest, media_time, stride, is_standing=not is_playing)
            return job or self._decode_or_wait(newest, media_time, stride, target, now)

    def _missing(self, strip: Strip, media_time: float, stride: int, *, is_standing: bool) -> Job | None:
        if not strip.slots or not strip.is_decoded(media_time):
            return None  # the frame that belongs here is still to be decoded
        index = max(0, strip.index_at(media_time, stride))
        due = strip.slots[index]
        if due.picture is None or due.area != self._area or (is_standing and not due.is_accurate):
            return Job("convert", due, is_accurate=is_standing, area=self._area)
        for slot in strip.coming(index, stride)[: self._policy.ahead]:
            if slot.picture is None or slot.area != self._area:
                return Job("convert", slot, area=self._area)
        return None

    def _decode_or_wait(self, strip: Strip, media_time: float, stride: int, target: Target, now: LocalTime) -> Job:
        policy = self._policy
        change = target.next_change(now)
        wait = None if change is None else max(0.0, change + policy.after_paint - now)
        if strip.has_ended:
            return Job("wait", wait=wait)
        coming = strip.coming(strip.index_at(media_time), stride)
        if len(coming) <= policy.resumed_at:
            self._is_filling = True
        if len(coming) >= policy.ahead:
            self._is_filling = False
        if self._is_filling:
            return Job("decode")
        turn = target.local_time_of(MediaTime(coming[-1 - policy.resumed_at].media_time), now)
        if turn is not None and (change is None or turn < change):
            wait = max(0.0, turn + policy.after_paint - now)
        return Job("wait", wait=wait)

    # -- whoever leads -------------------------------------------------------------------------------------------------

    def reach(self) -> tuple[float, float, bool]:
        """Of the newest strip: (media time from which, until which there are frames, whether that is the end)."""
        with self._lock:
            if not self._strips:
                return 0.0, 0.0, False
            strip = self._strips[-1]
            begins = strip.place
            if strip.slots and strip.slots[0].number > 0:
                begins = max(begins, strip.slots[0].media_time)
            return begins, strip.until, strip.has_ended

    def has_begun(self) -> bool:
        """Whether anything was decoded since the last seek."""
        with self._lock:
            return bool(self._strips) and (bool(self._strips[-1].slots) or self._strips[-1].has_ended)

    def is_ready(self, media_time: float) -> bool:
        """Whether the picture of a media time is there, or there will be none."""
        with self._lock:
            strip = self._strips[-1] if self._strips else None
            if strip is None:
                return False
            if not strip.slots:
                return strip.has_ended
            slot = strip.slots[max(0, strip.index_at(media_time))]
            is_here = strip.place <= media_time + 2 * ROUNDING and strip.is_decoded(media_time)
            return is_here and slot.picture is not None
