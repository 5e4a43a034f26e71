"""Decoded frames become what a window paints: BGRA in its size, upright, with square pixels.

Two ways (facts about media, section 1): swscale's default while playing (1.8 ms of a core from 1080p to 720p), and
with accurate rounding and full chroma (7.6 ms, at most half a level off) for a picture that stands. The accurate one
depends on nothing but the frame and the size, so that two players that pause on one frame show the same pixels.
"""

from __future__ import annotations

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from player.core.medium import Picture
from server.core.timeline import MediaTime

FAST = Interpolation.BILINEAR
ACCURATE = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
UNTAGGED = 2  # AVCOL_SPC_UNSPECIFIED
HIGH = 720  # lines, from which on untagged films are BT.709


def quarter_turns(frame: VideoFrame) -> int:
    """How often a frame must be turned by 90 degrees, counterclockwise, to be upright: 0..3."""
    return round(frame.rotation / 90) % 4


def shown_size(width: int, height: int, aspect: float, turns: int, area: tuple[int, int] | None) -> tuple[int, int]:
    """The size of a picture in an area, px, never larger than the film itself: enlarging is the screen's work, for
    swscale it is dear."""
    wide, high = width * aspect, float(height)
    if turns % 2:
        wide, high = high, wide
    scale = 1.0 if area is None else min(1.0, area[0] / wide, area[1] / high)
    return max(1, round(wide * scale)), max(1, round(high * scale))


class FrameConverter:
    """Of one thread: swscale's tables are kept from frame to frame."""

    def __init__(self) -> None:
        self._fast = VideoReformatter()
        self._accurate = VideoReformatter()

    def convert(
        self,
        frame: VideoFrame,
        media_time: float,
        aspect: float,
        area: tuple[int, int] | None,
        *,
        is_accurate: bool,
    ) -> Picture:
        """A picture of a frame that fits into `area`, px (None: the film's own size)."""
        turns = quarter_turns(frame)
        width, height = shown_size(frame.width, frame.height, aspect, turns, area)
        across, down = (height, width) if turns % 2 else (width, height)
        is_untagged = frame.colorspace == UNTAGGED and not frame.format.is_rgb
        is_unranged = frame.color_range == ColorRange.UNSPECIFIED and not frame.format.is_rgb
        full = frame.format.name.startswith("yuvj")
        converted = (self._accurate if is_accurate else self._fast).reformat(
            frame,
            across,
            down,
            "bgra",
            src_colorspace=(Colorspace.ITU709 if frame.height >= HIGH else Colorspace.ITU601) if is_untagged else None,
            interpolation=ACCURATE if is_accurate else FAST,
            src_color_range=(ColorRange.JPEG if full else ColorRange.MPEG) if is_unranged else None,
            dst_color_range=ColorRange.JPEG,
            threads=1,
        )
        plane = converted.planes[0]
        if turns:
            pixels = np.frombuffer(memoryview(plane), np.uint32).reshape(down, plane.line_size // 4)[:, :across]
            upright = np.ascontiguousarray(np.rot90(pixels, turns))
            return Picture(MediaTime(media_time), width, height, width * 4, upright.data.cast("B"), upright)
        return Picture(MediaTime(media_time), width, height, plane.line_size, memoryview(plane), converted)
