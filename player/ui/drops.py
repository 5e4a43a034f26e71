"""What something that was dropped on the window, or pasted into it, wishes."""

from __future__ import annotations

from pathlib import PurePath

from PySide6.QtCore import QMimeData

from player.core.view import Intent, JoinRoom, LoadSubtitles, OpenMedium

SUBTITLES = frozenset({".srt", ".ass", ".ssa", ".vtt"})


def read_drop(mime: QMimeData) -> Intent | None:
    """The first of what was dropped that means something; None: nothing does."""
    for url in mime.urls():
        if url.isLocalFile():
            return read_path(url.toLocalFile())
        intent = read_text(url.toString())
        if intent is not None:
            return intent
    return read_text(mime.text()) if mime.hasText() else None


def read_path(path: str) -> Intent:
    """A subtitle file is loaded, any other is a film: whether it can be played is found out by opening it."""
    return LoadSubtitles(path) if PurePath(path).suffix.lower() in SUBTITLES else OpenMedium(path)


def read_text(text: str) -> Intent | None:
    """An invite joins, a link is opened; other words mean nothing."""
    text = text.strip()
    if text.lower().startswith("matinee:"):
        return JoinRoom(text)
    if text.lower().startswith(("http://", "https://")) and len(text.split()) == 1:
        return OpenMedium(text)
    return None
