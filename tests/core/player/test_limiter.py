"""The sum of voices within full scale."""

from __future__ import annotations

import numpy as np

from player.core.limiter import KNEE, limited


def test_what_is_not_loud_is_not_touched() -> None:
    sound = np.linspace(-KNEE, KNEE, 100).astype(np.float32)
    assert limited(sound) is sound
    assert len(limited(np.zeros(0, np.float32))) == 0


def test_what_is_loud_is_bent_without_a_corner_and_keeps_its_order() -> None:
    sound = np.linspace(-3.0, 3.0, 6001).astype(np.float32)
    bent = limited(sound)
    assert bent.dtype == np.float32
    assert np.abs(bent).max() <= 1.0
    steps = np.diff(bent.astype(np.float64))
    assert (steps > -1e-7).all()
    assert np.abs(np.diff(steps)).max() < 1e-5


def test_what_is_no_number_is_silence() -> None:
    bent = limited(np.array([np.nan, np.inf, -np.inf, 0.1], np.float32))
    assert bent[0] == 0.0
    assert np.isfinite(bent).all()
