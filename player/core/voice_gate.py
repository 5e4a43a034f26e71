"""Which pieces of the microphone's sound are sent: all, those while a key is held, or those in which somebody speaks.

Whether somebody speaks is known a little late, so the pieces before are sent as well, and the gate stays open over the
pause of a breath. What is held back for that is not more than the other end's buffer still plays: of a voice that
begins 60 ms late it jumps over the rest (`player/core/jitter.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from player.core.call_pipe import VoiceMode
from server.core.timeline import LocalTime


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """Times in s."""

    before: int = 3  # pieces of 20 ms that are sent although they came before the opening
    pushed_on: float = 0.2  # after the key is let go: people let go with the last syllable
    active_on: float = 0.5  # after the last speech that was noticed, which itself bridges 0.3 s


@dataclass(frozen=True, slots=True)
class VoiceGate:
    is_open: bool = False
    wanted_at: LocalTime | None = None  # the last piece that opens it


def decide(
    policy: GatePolicy, gate: VoiceGate, mode: VoiceMode, is_talking: bool, is_speaking: bool, now: LocalTime
) -> VoiceGate:
    """The gate for a piece that was taken at `now`. `is_talking`: the key is held. `is_speaking`: by
    `player/core/speaking.py`."""
    if mode == "open":
        return VoiceGate(True, now)
    is_wanted, on = (is_talking, policy.pushed_on) if mode == "push" else (is_speaking, policy.active_on)
    wanted_at = now if is_wanted else gate.wanted_at
    return VoiceGate(wanted_at is not None and now - wanted_at <= on, wanted_at)
