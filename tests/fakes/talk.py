"""A sound that a speech coder takes for somebody speaking: it has nothing to say twice in a plain tone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RATE = 48_000


def talk(seconds: float, pitch: float = 140.0) -> npt.NDArray[np.float32]:
    """A gliding pitch with overtones, in four syllables a second; mono at 48 kHz."""
    time = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(pitch * (1.0 + 0.3 * np.sin(2 * np.pi * 0.7 * time))) / RATE
    tone = sum(np.sin(n * phase) / n for n in range(1, 20))
    sound: npt.NDArray[np.float32] = (0.2 * tone * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * time))).astype(np.float32)
    return sound
