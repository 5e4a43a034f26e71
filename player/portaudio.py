"""PortAudio for whoever plays and whoever records. Imported at its first use: that takes 50 ms, and the library may be
missing."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import sys
from typing import Any

from player.ports import MediaError

_quiet: Any = None  # keeps ALSA's handler alive


def library() -> Any:
    """The binding. Raises MediaError: the library is missing or can't start."""
    try:
        import sounddevice
    except Exception as error:  # OSError: not found; its own PortAudioError can't be named before it is imported
        raise MediaError(str(error)) from error
    _quieten_alsa()
    return sounddevice


def look_again() -> None:
    """Make PortAudio list the devices anew, which it does only while no stream is open. Raises MediaError."""
    sounddevice = library()
    try:
        with contextlib.suppress(sounddevice.PortAudioError):  # the look before this one failed half-way
            sounddevice._terminate()
        sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise MediaError(str(error)) from error


def abandon() -> None:
    """A device does not close: don't wait for it at the end of the process either, where the binding would."""
    if "sounddevice" in sys.modules:
        atexit.unregister(sys.modules["sounddevice"]._exit_handler)


def _quieten_alsa() -> None:
    """ALSA writes what it thinks of each device to stderr; what matters comes to us as errors anyway."""
    global _quiet  # noqa: PLW0603 - ALSA has one handler a process
    if _quiet is not None or not sys.platform.startswith("linux"):
        return
    try:
        alsa, libc = ctypes.CDLL("libasound.so.2"), ctypes.CDLL(None)
    except OSError:
        return
    _quiet = libc.getppid  # a C function that does nothing, whatever it is given; none of Python's would be safe there
    alsa.snd_lib_error_set_handler(_quiet)
