"""Fetches the pictures of the call for the tiles that are seen, about sixty times a second, and only then.

A picture is the call's own memory copied once; it is painted when its number is new, and nothing is done otherwise. A
call process that was started again counts from 1 again: who has no picture any more is forgotten with the number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QImage

from player.ports import TilePicture, TileSource

TICK = 16  # ms
Show = Callable[[QImage | None], None]


class NoTiles:
    """A source that never has a picture: of a window without a call."""

    def tile(self, peer: str, seen: int) -> TilePicture | None:
        return None


@dataclass(slots=True)
class _Watched:
    number: int = 0
    picture: TilePicture | None = None  # owns the memory that the image looks into
    image: QImage | None = None


class TileFeed(QObject):
    """Owned by the GUI thread."""

    def __init__(self, source: TileSource, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self._watched: dict[str, _Watched] = {}
        self._shows: dict[str, list[Show]] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(TICK)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)

    @property
    def is_running(self) -> bool:
        return self._timer.isActive()

    def watch(self, wanted: dict[str, list[Show]]) -> None:
        """From now on these members' pictures go to these; others are forgotten."""
        before, self._shows = self._shows, wanted
        self._watched = {peer: self._watched.get(peer) or _Watched() for peer in wanted}
        for peer, shows in wanted.items():
            known = self._watched[peer].image
            for show in shows:
                if show not in before.get(peer, ()):
                    show(known)
        if wanted and not self._timer.isActive():
            self._timer.start()
            self.tick()
        elif not wanted:
            self._timer.stop()

    def tick(self) -> None:
        """Ask for what is new."""
        for peer, watched in self._watched.items():
            picture = self._source.tile(peer, watched.number)
            if picture is not None and picture.number != watched.number and _is_whole(picture):
                watched.number, watched.picture = picture.number, picture
                watched.image = QImage(
                    picture.pixels, picture.width, picture.height, picture.width * 4, QImage.Format.Format_RGB32
                )
                for show in self._shows[peer]:
                    show(watched.image)


def _is_whole(picture: TilePicture) -> bool:
    """Its memory is as large as it says: painting more would read what is not there."""
    return picture.width > 0 and picture.height > 0 and len(picture.pixels) >= picture.width * picture.height * 4
