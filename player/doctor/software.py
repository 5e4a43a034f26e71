"""Versions and codecs."""

from __future__ import annotations

import importlib.metadata
import platform
import sys

from player.doctor.finding import Finding, note, ok, problem
from player.doctor.program import run_briefly
from player.media import capabilities
from server import __version__

NEEDED = {"H.264": ("h264",), "AAC": ("aac",), "MP3": ("mp3", "mp3float")}
WANTED = {
    "HEVC": ("hevc",),
    "AV1": ("libdav1d", "libaom-av1"),  # FFmpeg's own "av1" needs a GPU
    "VP9": ("vp9", "libvpx-vp9"),
    "VP8": ("vp8", "libvpx"),
    "MPEG-2": ("mpeg2video",),
    "MPEG-4": ("mpeg4",),
    "Opus": ("opus", "libopus"),
    "AC-3": ("ac3",),
    "E-AC-3": ("eac3",),
    "DTS": ("dca",),
    "FLAC": ("flac",),
    "Vorbis": ("vorbis", "libvorbis"),
}
BROKEN_QT = "6.12.0"  # loses references to None on Python < 3.12, and ends the process after some thousand calls
GPU_TIMEOUT = 4.0  # s


def inspect_software() -> list[Finding]:
    """Versions, then codecs: PyAV must not be loaded by two threads at once, its parts wait for each other for ever."""
    return [*inspect_versions(), *inspect_codecs()]


def inspect_versions() -> list[Finding]:
    """Matinee, Python, Qt and the media libraries."""
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    return [ok("Matinee", f"{__version__}, Python {platform.python_version()} on {system}"), _qt(), _pyav()]


def _qt() -> Finding:
    try:
        version = importlib.metadata.version("PySide6-Essentials")
    except importlib.metadata.PackageNotFoundError:
        return problem("Qt", "PySide6-Essentials is not installed: run `pip install matinee` again.")
    return judge_qt(version, sys.version_info[:2])


def judge_qt(version: str, python: tuple[int, int]) -> Finding:
    """One release ends the process on older Pythons."""
    if version == BROKEN_QT and python < (3, 12):
        words = f"PySide6 {version} ends the program on Python {python[0]}.{python[1]}: install 6.11.3, or Python 3.12."
        return problem("Qt", words)
    return ok("Qt", f"PySide6 {version}")


def _pyav() -> Finding:
    try:
        versions = capabilities.versions()
    except ImportError as error:
        return problem("PyAV", f"it can't be loaded ({error}): run `pip install matinee` again.")
    return ok("PyAV", f"{versions['PyAV']} with FFmpeg {versions['FFmpeg']}")


def inspect_codecs() -> list[Finding]:
    """Which formats can be decoded."""
    missing = capabilities.missing_decoders(NEEDED | WANTED)
    return [judge_codecs(missing)]


def judge_codecs(missing: list[str]) -> Finding:
    """`missing`: names of NEEDED and WANTED."""
    there = ", ".join(name for name in NEEDED | WANTED if name not in missing)
    lacking = ", ".join(missing)
    if any(name in NEEDED for name in missing):
        return problem(
            "Codecs", f"{lacking} can't be decoded; install PyAV's own wheel: pip install --only-binary av av."
        )
    if missing:
        return note("Codecs", f"{there}; films in {lacking} can't be played, unless PyAV's own wheel is installed.")
    return ok("Codecs", there)


def inspect_gpu() -> list[Finding]:
    """Whether a GPU can decode. A child tries, since a broken driver may end who asks."""
    if getattr(sys, "frozen", False):
        return [note("GPU", "not tried in this build; films are decoded by the processor.")]
    done = run_briefly([sys.executable, "-m", "player.media.capabilities"], GPU_TIMEOUT)
    return [judge_gpu(None if done is None or done.returncode else done.stdout)]


def judge_gpu(answers: str | None) -> Finding:
    """`answers`: lines "yes KIND" and "no KIND"; None: the child failed."""
    on_processor = "films are decoded by the processor, which is enough for 1080p on two cores."
    if answers is None:
        return note("GPU", f"asking its driver failed; {on_processor}")
    found = [line.split()[1] for line in answers.splitlines() if line.startswith("yes ")]
    tried = ", ".join(line.split()[1] for line in answers.splitlines() if " " in line)
    if not found:
        return note("GPU", f"none that can decode was found (tried {tried or 'nothing'}); {on_processor}")
    return ok("GPU", f"{', '.join(found)} can decode")
