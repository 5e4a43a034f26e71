"""`matinee doctor`: what works here, and what to do about the rest."""

from __future__ import annotations


def run_doctor() -> int:
    """Say what works here, one line each; returns the exit status."""
    from player.doctor.examination import run_doctor as run

    return run()
