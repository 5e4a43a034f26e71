"""Whether there is a screen to show a window on. Qt ends the process when there is none, so it is found out before."""

from __future__ import annotations

import ctypes
import os
import sys

NO_DISPLAY = "No display was found: start Matinee from a desktop, or with --headless to follow a room without a window."


def missing_display() -> str:
    """A sentence why no window can be shown here; "" if one can, as far as this can tell."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM", "xcb").split(":")[0] != "xcb":
        return ""
    if os.environ.get("WAYLAND_DISPLAY") and "QT_QPA_PLATFORM" not in os.environ:
        return ""
    if not os.environ.get("DISPLAY"):
        return NO_DISPLAY
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return ""  # Qt says which library it misses
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    try:
        return NO_DISPLAY if xcb.xcb_connection_has_error(connection) else ""
    finally:
        xcb.xcb_disconnect(connection)
