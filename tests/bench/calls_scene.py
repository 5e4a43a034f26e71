"""What the members of a measured call show and say: made beforehand, so that making it costs the call nothing."""

from __future__ import annotations

import av
import numpy as np

from player.core.call_media import VOICE_RATE

FPS, WIDTH, HEIGHT = 15, 320, 240


def frames() -> list[av.VideoFrame]:
    """Two seconds of something like a head before a wall: smooth, with grain, moving a little."""
    chance = np.random.default_rng(1)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    wall = 90 + 40 * np.sin(x / 37) + 20 * np.cos(y / 23)
    made = []
    for count in range(2 * FPS):
        angle = 2 * np.pi * count / (2 * FPS)
        away = np.hypot((x - 160 - 25 * np.sin(angle)) / 55, (y - 130 - 6 * np.cos(2 * angle)) / 75)
        head = np.clip(1.4 - away, 0, 1) * (150 + 30 * np.sin(x / 5 + angle) * np.cos(y / 7))
        luma = np.clip(wall * (away > 1) + head + chance.normal(0, 2, wall.shape), 0, 255).astype(np.uint8)
        chroma = np.full((HEIGHT // 2, WIDTH), 120, np.uint8)
        made.append(av.VideoFrame.from_ndarray(np.vstack([luma, chroma]), format="yuv420p"))
    return made


def sound() -> np.ndarray:
    """Two seconds of something like a voice: tones that come and go over noise, int16."""
    at = np.arange(2 * VOICE_RATE) / VOICE_RATE
    tones = sum(np.sin(2 * np.pi * 140 * n * at + n) / n for n in range(1, 12))
    said = (0.5 + 0.5 * np.sin(2 * np.pi * 3 * at)) * tones / 4 + np.random.default_rng(2).normal(0, 0.01, at.size)
    return (np.clip(said, -1, 1) * 20_000).astype(np.int16)
