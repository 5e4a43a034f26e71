"""What something that was dropped on the window, or pasted into it, wishes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from PySide6.QtCore import QMimeData

from player.core.view import JoinRoom, LoadSubtitles

SUBTITLES = frozenset({".srt", ".ass", ".ssa", ".vtt"})


@dataclass(frozen=True, slots=True)
class Films:
    """Files or links to watch, in their order. Whether one can be played is found out by opening it."""

    paths: tuple[str, ...]


Drop = JoinRoom | LoadSubtitles | Films


def read_drop(mime: QMimeData) -> Drop | None:
    """What was dropped: an invite joins before all else, then films; a subtitle file counts if no film came with it.
    None: nothing of it means anything."""
    answers = [read_path(url.toLocalFile()) if url.isLocalFile() else read_text(url.toString()) for url in mime.urls()]
    if not answers and mime.hasText():
        answers = [read_text(mime.text())]
    read = [answer for answer in answers if answer is not None]
    invite = next((each for each in read if isinstance(each, JoinRoom)), None)
    if invite is not None:
        return invite
    films = tuple(path for each in read if isinstance(each, Films) for path in each.paths)
    return Films(films) if films else next(iter(read), None)


def read_films(mime: QMimeData) -> tuple[str, ...]:
    """The films of a drop; () if it is another kind of drop."""
    drop = read_drop(mime)
    return drop.paths if isinstance(drop, Films) else ()


def read_path(path: str) -> Drop:
    """A subtitle file is loaded, any other is a film."""
    return LoadSubtitles(path) if PurePath(path).suffix.lower() in SUBTITLES else Films((path,))


def read_text(text: str) -> Drop | None:
    """An invite or a link; other words mean nothing."""
    text = text.strip()
    if text.lower().startswith("matinee:"):
        return JoinRoom(text)
    if text.lower().startswith(("http://", "https://")) and len(text.split()) == 1:
        return Films((text,))
    return None
