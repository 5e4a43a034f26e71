"""`matinee doctor`: what works here, and what to do about the rest."""

from __future__ import annotations

from player.core.invite import Invite


def run_doctor(invite: Invite | None = None) -> int:
    """Say what works here, one line each; with an invite also what calls in that room will meet. Returns the exit
    status."""
    from player.doctor.examination import run_doctor as run

    return run(invite)
