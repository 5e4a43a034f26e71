"""Hold a key to talk. Whoever lets go somewhere else is not overheard: the end of focus is the end of talking."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from player.core.call_view import Talk
from player.ports import Act


class TalkKey(QObject):
    """While the key is held, what has the keyboard and the window are watched, and at no other time."""

    def __init__(self, act: Act, window: QWidget) -> None:
        super().__init__(window)
        self._act = act
        self._window = window
        self._watched: list[QWidget] = []

    @property
    def is_held(self) -> bool:
        return bool(self._watched)

    def press(self) -> None:
        if self.is_held:
            return
        focus = self._window.focusWidget()
        self._watched = [self._window, *([focus] if focus is not None else [])]
        for widget in self._watched:
            widget.installEventFilter(self)
        self._act(Talk(True))

    def release(self) -> None:
        if not self.is_held:
            return
        for widget in self._watched:
            widget.removeEventFilter(self)
        self._watched = []
        self._act(Talk(False))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.WindowDeactivate or (kind == QEvent.Type.FocusOut and watched is not self._window):
            self.release()
        return False
