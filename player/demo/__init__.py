"""`matinee demo`: everything on one machine, measured."""

from __future__ import annotations

from pathlib import Path


def run_demo(media: str | None, out: Path, call: tuple[str, str] | None = None) -> int:
    """Run the demo on a film (None: its own), write the results into `out`; returns the exit status.

    `call`: with a call of four, in which player A has this camera and microphone ("test": a picture, a tone)."""
    from player.demo.performance import CallWish
    from player.demo.performance import run_demo as run

    return run(media, out, None if call is None else CallWish(*call))
