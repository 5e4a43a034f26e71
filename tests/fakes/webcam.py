"""Somebody's camera as VP8, each picture with its number in it."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.video.frame import PictureType


def picture_of(number: int, width: int, height: int) -> av.VideoFrame:
    """Grey that says its number: 2 levels apart; red in the left half, blue in the right, above."""
    pixels = np.full((height, width, 3), 2 * number % 200 + 20, np.uint8)
    pixels[: height // 4, : width // 2] = (220, 20, 20)
    pixels[: height // 4, width // 2 :] = (20, 20, 220)
    return av.VideoFrame.from_ndarray(pixels, format="rgb24")


def encoded(count: int, width: int = 320, height: int = 240, keys: tuple[int, ...] = (0,)) -> list[bytes]:
    """VP8 of pictures 0, 1, 2 ..."""
    context = av.CodecContext.create("libvpx", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.framerate, context.bit_rate = Fraction(1, 24), Fraction(24), 800_000
    context.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "g": "3000"}
    packets = []
    for number in range(count):
        frame = picture_of(number, width, height).reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, 24)
        frame.pict_type = PictureType.I if number in keys else PictureType.NONE
        packets += [bytes(packet) for packet in context.encode(frame)]
    assert len(packets) == count
    return packets
