"""How somebody who hosts goes: what the others get is done first, then the person is out.

A room that is handed over goes when its new host has it; one that ends has told everybody so. Nobody is held up for
long by a room that does not answer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from player.core.room_intents import EndForAll, MoveRoomTo
from player.core.view import View
from player.ports import Act

PATIENCE = 2000  # ms for the room to say to all that it ends


class Leaving(QObject):
    def __init__(self, tell: Act, quit: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tell = tell
        self._quit = quit
        self._then: Callable[[], object] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PATIENCE)
        self._timer.timeout.connect(self._go)

    def show_view(self, view: View) -> None:
        if self._then is not None and not view.is_hosting:
            self._go()

    def forget(self) -> None:
        """The person stays, whatever became of it."""
        self._timer.stop()
        self._then = None

    def move(self, peer: str, is_quitting: bool) -> None:
        """Somebody else hosts on. That takes what it takes: the person may as well stay if it fails."""
        self._then = self._quit if is_quitting else None
        self._tell(MoveRoomTo(peer))

    def end(self, then: Callable[[], object]) -> None:
        """It ends for all, then that."""
        self._then = then
        self._timer.start()
        self._tell(EndForAll())

    def _go(self) -> None:
        then = self._then
        self.forget()
        if then is not None:
            then()
