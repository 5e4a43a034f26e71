"""Keys that seek: several presses, or one that is held, become few commands that add up.

A press seeks at once; what follows within 250 ms is gathered into one command at the end of that time, or when the
key is let go (PEERS section 5: held keys coalesce). Until the film has arrived, presses count from where they aimed.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from player.core.view import View
from player.ui.slider import END_MARGIN

GATHER = 250  # ms


class SeekKeys(QObject):
    def __init__(self, seek: Callable[[float], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._seek = seek
        self._view = View()
        self._aim: float | None = None  # where the last command or press aimed, while the film is on its way
        self._has_more = False  # pressed since the last command
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(GATHER)
        self._timer.timeout.connect(self._end_gathering)

    def show_view(self, view: View) -> None:
        self._view = view

    def press(self, seconds: float) -> float | None:
        """A seek key went down, or repeats. Says where that leads, s; None: there is nothing to seek in."""
        view = self._view
        if view.state == "nothing":
            return None
        start = self._aim if self._aim is not None else view.media_time
        aim = max(0.0, start + seconds)
        if view.duration is not None:
            aim = min(aim, max(0.0, view.duration - END_MARGIN))
        self._aim = aim
        if self._timer.isActive():
            self._has_more = True
        else:
            self._send()
        return aim

    def release(self) -> None:
        """The key was let go: what is gathered counts now."""
        if self._has_more:
            self._send()

    def _send(self) -> None:
        self._has_more = False
        self._timer.start()
        if self._aim is not None:
            self._seek(self._aim)

    def _end_gathering(self) -> None:
        if self._has_more:
            self._send()
        elif self._view.is_pending:
            self._timer.start()  # still on its way: the view's place is the old one
        else:
            self._aim = None
