"""Film and call in one window: the stage, and the strip of tiles under it. The film has what the strip leaves."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from player.ui.stage import Stage
from player.ui.strip import Strip


class Hall(QWidget):
    arranged = Signal()
    """Places or sizes are other ones now."""
    stirred = Signal()
    """The pointer moves over the strip."""

    def __init__(self, stage: Stage, strip: Strip, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage, self.strip = stage, strip
        stage.setParent(self)
        strip.setParent(self)
        strip.hide()
        strip.installEventFilter(self)
        self.setFocusProxy(stage)
        self._wants_strip = False

    def show_strip(self, wants: bool) -> None:
        """Whether there is anybody to show."""
        self._wants_strip = wants
        self.settle()

    def settle(self) -> None:
        """Share the room anew."""
        width, height = self.width(), self.height()
        tall = self.strip.needed(width, height) if self._wants_strip else 0
        self.stage.setGeometry(0, 0, width, height - tall)
        if tall:
            self.strip.setGeometry(0, height - tall, width, tall)
            self.strip.arrange(width, height)
        if self.strip.isHidden() == bool(tall):
            self.strip.setVisible(bool(tall))
        self.arranged.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.settle()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.MouseMove):
            self.stirred.emit()
        return False
