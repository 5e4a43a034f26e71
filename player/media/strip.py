"""A strip of frames: what was decoded since one seek."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from player.core.medium import Picture
from player.media.frame_reader import ROUNDING, Frame

Area = tuple[int, int] | None
"""What pictures should fit into, px; None: the film's own size."""


@dataclass(slots=True, eq=False)
class Slot:
    """A frame and what was made of it. Guarded by the reel's lock; `frame` is immutable."""

    frame: Frame
    number: int  # counts frames along the strip, with those that were left out
    beat: int  # counts the film's usual frame durations from its beginning
    media_time: float
    picture: Picture | None = None
    area: Area = None
    is_accurate: bool = False


@dataclass(slots=True, eq=False)
class Strip:
    """What was decoded since a seek to `place`, for the timeline of `revision` on. Guarded by the reel's lock."""

    generation: int
    place: float
    revision: int
    usual: float  # s, duration of a frame
    slots: list[Slot] = field(default_factory=list)
    has_ended: bool = False

    def index_at(self, media_time: float, stride: int = 1) -> int:
        """Of the frame that is due at a media time if each `stride`th is shown; -1 where the strip begins later."""
        index = bisect_right(self.slots, media_time + ROUNDING, key=_media_time) - 1
        for back in range(min(stride, index + 1)):
            if self.slots[index - back].beat % stride == 0:
                return index - back
        return index

    def coming(self, index: int, stride: int) -> list[Slot]:
        """Those that will be shown after one."""
        return [slot for slot in self.slots[index + 1 :] if slot.beat % stride == 0]

    def is_decoded(self, media_time: float) -> bool:
        """Whether the frame that is due at a media time is here."""
        if not self.slots:
            return False
        last = self.slots[-1]
        return self.has_ended or last.media_time > media_time + ROUNDING or last.frame.end > media_time + ROUNDING

    @property
    def until(self) -> float:
        """Media time up to which it is decoded."""
        return max(self.place, self.slots[-1].frame.end) if self.slots else self.place


def _media_time(slot: Slot) -> float:
    return slot.media_time


def bytes_of(frame: Frame) -> int:
    """Memory of a decoded frame."""
    return sum(plane.buffer_size for plane in frame.image.planes)
