"""What calls are made of beyond PyAV, and whether it can be loaded here: for `matinee doctor`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial

import av


def missing() -> dict[str, str]:
    """What can't be loaded, and why; empty: all is well."""
    found: dict[str, str] = {}
    for name, load in _NEEDED.items():
        try:
            load()
        except (ImportError, OSError, ValueError, av.FFmpegError) as error:
            found[name] = str(error) or type(error).__name__
    return found


_NEEDED: dict[str, Callable[[], object]] = {
    "aiortc": partial(importlib.import_module, "aiortc.rtcdtlstransport"),
    "pywebrtc-audio": partial(importlib.import_module, "pywebrtc_audio"),
    "VP8": partial(av.CodecContext.create, "libvpx", "w"),
    "Opus": partial(av.CodecContext.create, "libopus", "w"),
}
