"""The six reactions, drawn by ourselves: not every desktop has a font with emoji, and those that have differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QWidget

from player.core.room_intents import SendReaction
from player.core.view import View
from player.ports import Act
from player.ui.buttons import PlainToolButton
from player.ui.icons import draw_picture


@dataclass(frozen=True, slots=True)
class Reaction:
    emoji: str
    picture: str
    name: str


REACTIONS = (
    Reaction("👍", "thumb", "Thumbs up"),
    Reaction("❤️", "heart", "Heart"),
    Reaction("😂", "laugh", "Laughing"),
    Reaction("😮", "wow", "Astonished"),
    Reaction("😢", "sad", "Sad"),
    Reaction("🎉", "party", "Party"),
)
WIDEST = 16  # letters of an emoji that is none of ours


def draw_emoji(emoji: str, side: int, ratio: float) -> QPixmap:
    """An emoji within a square of `side` logical px: ours as a drawing, a stranger's with the system's font."""
    picture = next((each.picture for each in REACTIONS if each.emoji.rstrip("\ufe0f") == emoji.rstrip("\ufe0f")), None)
    if picture is not None:
        return draw_picture(f"reactions/{picture}", side, ratio)
    pixmap = QPixmap(QSize(round(side * ratio), round(side * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    _write(painter, " ".join(emoji[:WIDEST].split()), QRectF(0, 0, side, side))
    painter.end()
    return pixmap


def _write(painter: QPainter, text: str, square: QRectF) -> None:
    """As large as the square allows."""
    font = painter.font()
    font.setPixelSize(max(1, round(square.height() * 0.72)))
    painter.setFont(font)
    needed = painter.fontMetrics().horizontalAdvance(text)
    if needed > square.width():
        font.setPixelSize(max(1, round(font.pixelSize() * square.width() / needed)))
        painter.setFont(font)
    painter.setPen(Qt.GlobalColor.white)
    painter.drawText(square, Qt.AlignmentFlag.AlignCenter, text)


class ReactionRow(QWidget):
    """Six buttons. A click sends one to everybody."""

    def __init__(self, act: Act, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Reactions")
        self.buttons: list[PlainToolButton] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for number, reaction in enumerate(REACTIONS, 1):
            button = PlainToolButton()
            icon = QIcon()
            for ratio in (1.0, 2.0):
                icon.addPixmap(draw_emoji(reaction.emoji, 24, ratio))
            button.setIcon(icon)
            button.setAccessibleName(reaction.name)
            button.tell(f"{reaction.name}, over the picture of everybody (Ctrl+{number})")
            button.clicked.connect(_sending(act, reaction.emoji))
            self.buttons.append(button)
            row.addWidget(button)
        row.addStretch(1)

    def show_view(self, view: View) -> None:
        self.setEnabled(view.link == "joined")


def _sending(act: Act, emoji: str) -> Callable[[], None]:
    return lambda: act(SendReaction(emoji))
