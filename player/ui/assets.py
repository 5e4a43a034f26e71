"""Where icons and the theme are read from: `player/assets` of an installed wheel, or `assets` of a checkout."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2] / "assets"


def read_asset(name: str) -> bytes:
    """The bytes of an asset ("icons/play.svg"). Raises FileNotFoundError: the installation is incomplete."""
    installed = resources.files("player").joinpath("assets", *name.split("/"))
    if installed.is_file():
        return installed.read_bytes()
    return (_CHECKOUT / name).read_bytes()
