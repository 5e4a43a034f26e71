"""Sound, cameras, the display: what people see and hear with."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from pathlib import Path

from player.clocks import SystemClock
from player.display import missing_display
from player.doctor.finding import Finding, note, ok, problem
from player.doctor.program import briefly, last_line, program, run_briefly
from player.media import capabilities
from player.media.capabilities import SoundReading
from player.ports import MediaError

LISTENING, PATIENCE = 1.0, 4.0  # s
LISTING = 5.0  # s
WINDOW = 0.3  # s that a window is shown
WINDOW_TIMEOUT = 6.0  # s
GOOD_RESIDUAL = 0.005  # s: beyond it lips are not in step by what the device itself does not know
INSTALL_PORTAUDIO = "On Debian and Ubuntu: sudo apt-get install libportaudio2 libasound2-plugins"
INSTALL_QT = "On Debian and Ubuntu: sudo apt-get install libegl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4"


def inspect_hearing() -> list[Finding]:
    """What comes out, then what goes in: PortAudio is one for both, and to look for devices it begins anew."""
    return [*inspect_sound(), *inspect_microphones()]


def inspect_microphones() -> list[Finding]:
    """Their names; none is opened."""
    from player.call.microphones import find_microphones

    found = briefly(find_microphones, LISTING) or ()
    return [_listed("Microphone", [each.label for each in found], "to be heard in calls")]


def inspect_sound() -> list[Finding]:
    """The usual device, opened for a second of silence."""
    try:
        library = capabilities.sound_library()
    except MediaError as error:
        return [
            note("Sound", f"PortAudio can't be loaded ({error}), so films play without sound. {INSTALL_PORTAUDIO}.")
        ]
    try:
        reading = capabilities.listen_to_silence(SystemClock(), LISTENING, PATIENCE)
    except MediaError as error:
        words = f"no device can be opened ({error}); films play without sound until one is connected."
        return [note("Sound", words)]
    return [judge_sound(reading, library)]


def judge_sound(reading: SoundReading, library: str) -> Finding:
    """How well the device can be kept in step."""
    name = f"“{reading.name}” (sounddevice {library})"
    if reading.delay is None or reading.residual is None:
        return note("Sound", f"{name} was opened but took no sound in {PATIENCE:g} s; choose another default device.")
    figures = f"delay {1e3 * reading.delay:.0f} ms, known within {1e3 * reading.residual:.2f} ms"
    if reading.residual > GOOD_RESIDUAL:
        return note("Sound", f"{name}: {figures}; that is coarse, a wired device keeps better time.")
    return ok("Sound", f"{name}: {figures}")


def inspect_cameras(devices: Path = Path("/sys/class/video4linux"), nodes: Path = Path("/dev")) -> list[Finding]:
    """Names of cameras; none is opened."""
    if not sys.platform.startswith("linux"):
        from player.call.devices import find_cameras

        return [_listed("Camera", [each.label for each in briefly(find_cameras, LISTING) or ()], "to be seen in calls")]
    found, closed = [], []
    for device in sorted(devices.glob("video*")) if devices.is_dir() else []:
        try:
            name = (device / "name").read_text("utf-8", errors="replace").strip()
        except OSError:
            name = device.name
        if name in found:
            continue  # a camera has a second node for its metadata
        found.append(name)
        if not os.access(nodes / device.name, os.R_OK | os.W_OK):
            closed.append(name)
    if closed:
        words = f"“{closed[0]}” may not be opened by you: sudo usermod -aG video $USER, and log in again."
        return [note("Camera", words)]
    return [_listed("Camera", found, "to be seen in calls")]


def _listed(subject: str, names: list[str], what_for: str) -> Finding:
    if not names:
        return note(subject, f"none was found; connect one {what_for}, and allow this program to use it.")
    return ok(subject, ", ".join(f"“{name}”" for name in names))


def inspect_display() -> list[Finding]:
    """Whether a window opens: one does, for a moment."""
    if words := missing_display():
        return [note("Display", words)]
    kind = os.environ.get("QT_QPA_PLATFORM") or _usual_platform()
    with tempfile.TemporaryDirectory(prefix="matinee-doctor-") as folder:
        words_of_start = [*program("player"), "--quit-after", str(WINDOW), "--config", str(Path(folder) / "s.json")]
        done = run_briefly([*words_of_start, "--name", "Doctor"], WINDOW_TIMEOUT)
    if done is None:
        return [
            problem("Display", f"a window did not open within {WINDOW_TIMEOUT:g} s on {kind}; restart the session.")
        ]
    if done.returncode:
        help_ = f" {INSTALL_QT}." if sys.platform.startswith("linux") else ""
        return [problem("Display", f"no window can be opened on {kind}: {last_line(done.stderr)}{help_}")]
    return [ok("Display", f"a window opens on {kind}")]


def _usual_platform() -> str:
    """What Qt draws on here."""
    on_linux = "Wayland" if os.environ.get("WAYLAND_DISPLAY") else "X11"
    return {"Darwin": "macOS", "Windows": "Windows"}.get(platform.system(), on_linux)
