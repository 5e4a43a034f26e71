"""The strip of tiles under the film. Everybody keeps the place that the view gives; this person is the last."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from player.core.call_view import CallView, TileRow
from player.core.words import list_text
from player.ui.buttons import GlyphButton
from player.ui.label import Label, set_tip
from player.ui.theme import COLOURS
from player.ui.tile import Tile
from player.ui.tile_places import POLICY, plan_strip

COMPANY = 3  # tiles from which on a ring says who speaks: of two people one knows
WORDS = 150  # px that words beside the tiles need


class Strip(QWidget):
    """It asks for its height by `needed`, and is arranged by who gives it that."""

    enlarged = Signal(str)
    menu_asked = Signal(str, QPoint)
    reveals_me = Signal()
    """Show my own tile again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strip")
        self.setAccessibleName("People in the call")
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._call = CallView()
        self._rows: tuple[TileRow, ...] = ()
        self._hides_me = False
        self._shown: tuple[str, ...] = ()
        self.tiles: dict[str, Tile] = {}
        self.more = Label("", "more-tiles", self)
        self.more.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.more.hide()
        self.me = GlyphButton("eye", "Show my tile again", parent=self)
        self.me.setProperty("role", "stub")
        self.me.clicked.connect(self.reveals_me)
        self.me.hide()
        self.words = Label("", "quiet", self)
        self.words.setWordWrap(True)
        self.words.hide()

    def show_call(self, call: CallView, hides_me: bool) -> None:
        """Who is in the call. What stays keeps its tile."""
        self._call, self._hides_me = call, hides_me
        self._rows = tuple(row for row in call.tiles if not (row.is_me and hides_me))
        peers = [row.peer for row in self._rows]
        for peer in [peer for peer in self.tiles if peer not in peers]:
            gone = self.tiles.pop(peer)
            gone.hide()
            gone.deleteLater()
        for row in self._rows:
            if row.peer not in self.tiles:
                self.tiles[row.peer] = self._new_tile(row.peer)
            self.tiles[row.peer].show_row(row, len(call.tiles) >= COMPANY)
        self.words.show_text(_words(call))

    def needed(self, width: int, height: int) -> int:
        """How high it has to be in a window of that size, px; 0: there is no room for it."""
        return plan_strip(len(self._rows), width, height, self._hides_me).height

    def arrange(self, width: int, height: int) -> None:
        """Put the tiles in their places for a window of that size."""
        plan = plan_strip(len(self._rows), width, height, self._hides_me)
        fits, rows = len(plan.places), list(self._rows)
        left_over = rows[fits - 2 : -1] if fits < len(rows) and fits > 1 else []
        if left_over:
            rows = [*rows[: fits - 2], rows[-1]]
        places = list(plan.places)
        self.more.setVisible(bool(left_over))
        if left_over:
            self.more.setGeometry(*places.pop(-2))
            self.more.show_text(f"+{len(left_over)}")
            names = list_text([row.name for row in left_over])
            set_tip(self.more, f"Also in the call: {names}")
            self.more.setAccessibleName(f"{len(left_over)} more: {names}")
        self._shown = tuple(row.peer for row in rows[: len(places)])
        for row, place in zip(rows, places, strict=False):
            self.tiles[row.peer].setGeometry(*place)
        for peer, tile in self.tiles.items():
            tile.setVisible(peer in self._shown)
        self.me.setVisible(plan.stub is not None)
        if plan.stub is not None:
            self.me.setFixedSize(plan.stub[2], plan.stub[3])
            self.me.move(plan.stub[0], plan.stub[1])
        self._arrange_words(plan.places[0][0] if plan.places else width // 2, plan.height)

    def shown(self) -> dict[str, Tile]:
        """The tiles that have a place now."""
        return {peer: self.tiles[peer] for peer in self._shown if peer in self.tiles}

    def watchers(self) -> dict[str, list[Callable[[QImage | None], None]]]:
        """Whose pictures are wanted, and by whom."""
        return {peer: [tile.show_image] for peer, tile in self.shown().items()} if self.isVisible() else {}

    def _arrange_words(self, free: int, height: int) -> None:
        """Left of the tiles, where there is room for them."""
        room = min(240, free - 2 * POLICY.margin)
        is_shown = bool(self.words.text()) and room >= WORDS
        self.words.setVisible(is_shown)
        if is_shown:
            self.words.setGeometry(POLICY.margin + 6, 0, room, height)

    def _new_tile(self, peer: str) -> Tile:
        tile = Tile(parent=self)
        tile.enlarged.connect(lambda: self.enlarged.emit(peer))
        tile.menu_asked.connect(lambda place: self.menu_asked.emit(peer, place))
        return tile

    # -- Qt's

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit("", event.globalPos())
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(COLOURS.ground))
        painter.end()


def _words(call: CallView) -> str:
    if call.state == "joining":
        return "Joining the call …"
    if call.words:
        return call.words
    return "Nobody else is in the call yet." if call.others == 0 else ""
