"""One member's picture large over the film, in the corner where neither bars nor subtitles are."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from player.ui.buttons import GlyphButton
from player.ui.tile import Tile


@dataclass(frozen=True, slots=True)
class LargePolicy:
    share: float = 0.56  # of the film's height
    widest: float = 0.6  # of its width
    aspect: float = 4 / 3
    top: int = 52  # px: the bar at the top is above it
    edge: int = 12  # px
    bottom: int = 88  # px: where the controls begin


POLICY = LargePolicy()


class LargeTile(Tile):
    """Square corners: what lies over the film hides it wholly, so that the film is not painted below."""

    shrinks = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(is_round=False, parent=parent)
        self.back = GlyphButton("close", "Small again", "Esc", parent=self)
        self.back.setFixedSize(30, 30)
        self.back.setProperty("role", "over-tile")
        self.back.clicked.connect(self.shrinks)
        self.hide()

    def arrange(self, width: int, height: int) -> None:
        """In a film of that size, px."""
        policy = POLICY
        tall = min(height * policy.share, width * policy.widest / policy.aspect)
        tall = max(40, round(min(tall, height - policy.top - policy.bottom)))
        wide = round(tall * policy.aspect)
        self.setGeometry(QRect(width - wide - policy.edge, min(policy.top, max(0, height - tall)), wide, tall))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.back.move(6, 6)
