"""`matinee demo`: everything on one machine, measured."""

from __future__ import annotations

from pathlib import Path


def run_demo(media: str | None, out: Path) -> int:
    """Run the demo on a film (None: its own), write the results into `out`; returns the exit status."""
    from player.demo.performance import run_demo as run

    return run(media, out)
