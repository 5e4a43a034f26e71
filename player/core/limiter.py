"""Several voices in one: their sum, bent where it would leave full scale instead of being cut off."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

KNEE = 0.7  # up to which nothing is changed: one voice at its usual level never gets there


def limited(sound: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The same below KNEE, beyond it ever flatter and within -1..1; what is no number is silence."""
    if not len(sound) or float(np.abs(sound).max()) <= KNEE:
        return sound
    sound = np.nan_to_num(sound, nan=0.0, posinf=1.0, neginf=-1.0)
    size = np.abs(sound)
    bent = KNEE + (1.0 - KNEE) * np.tanh((size - KNEE) / (1.0 - KNEE))
    result: npt.NDArray[np.float32] = np.where(size > KNEE, np.copysign(bent, sound), sound).astype(np.float32)
    return result
