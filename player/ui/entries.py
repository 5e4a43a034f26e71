"""The playlist as a list: the model of its rows, how one is drawn, and how they are moved.

Nothing is moved here: a drop becomes an intent, and the list changes when the room says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QDragMoveEvent, QFont, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from player.core.room_view import EntryRow
from player.core.words import clock_text
from player.ui.drops import read_films
from player.ui.icons import draw_icon
from player.ui.plain import tame
from player.ui.theme import COLOURS

ENTRY = "application/x-matinee-entry"
HEIGHT = 46  # px
AnyIndex = QModelIndex | QPersistentModelIndex


class EntryModel(QAbstractListModel):
    moved = Signal(str, int)
    """This entry is to stand at that index."""
    dropped = Signal(list, int)
    """These paths are to be added at that index."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[EntryRow, ...] = ()
        self.may_edit = True

    def show_rows(self, rows: tuple[EntryRow, ...]) -> None:
        """Rows that are alike keep their selection."""
        if rows == self.rows:
            return
        if [row.id for row in rows] == [row.id for row in self.rows]:
            self.rows = rows
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    # -- Qt's

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return title_of(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            length = "" if row.duration is None else clock_text(row.duration)
            said = (title_of(row), "plays now" if row.is_current else "", second_line(row), length)
            return ", ".join(filter(None, said))
        return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        if not self.may_edit:
            return flags
        return flags | (Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else Qt.ItemFlag.ItemIsDropEnabled)

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def mimeTypes(self) -> list[str]:
        return [ENTRY, "text/uri-list", "text/plain"]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        if indexes:
            data.setData(ENTRY, self.rows[indexes[0].row()].id.encode())
        return data

    def canDropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: AnyIndex) -> bool:
        return self.may_edit and (data.hasFormat(ENTRY) or bool(read_films(data)))

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: AnyIndex) -> bool:
        """Always False to Qt: else it would take the dragged row out by itself."""
        at = len(self.rows) if row < 0 else row
        if data.hasFormat(ENTRY):
            self.move(bytes(data.data(ENTRY).data()).decode("utf-8", "replace"), at)
        elif films := read_films(data):
            self.dropped.emit(list(films), at)
        return False

    def move(self, entry: str, before: int) -> None:
        """Put an entry before what stands at that index now."""
        at = next((place for place, row in enumerate(self.rows) if row.id == entry), None)
        if at is None:
            return
        to = before - 1 if before > at else before
        if to != at and 0 <= to < len(self.rows):
            self.moved.emit(entry, to)


class EntryDelegate(QStyledItemDelegate):
    """Two lines: the title and how long it is; who added it and what is special about it."""

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        return QSize(100, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        model = index.model()
        assert isinstance(model, EntryModel)
        row: EntryRow = model.rows[index.row()]
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        font: QFont = QFont(option.font)
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(COLOURS.raised))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(255, 255, 255, 10))
        if row.is_current:
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), QColor(COLOURS.accent))
            glyph = draw_icon("play", 16, COLOURS.accent, painter.device().devicePixelRatioF())
            painter.drawPixmap(rect.left() + 12, rect.top() + 7, glyph)
        else:
            font.setPixelSize(12)
            painter.setFont(font)
            painter.setPen(QColor(COLOURS.quiet))
            number = QRect(rect.left() + 4, rect.top() + 5, 32, 20)
            painter.drawText(number, Qt.AlignmentFlag.AlignCenter, str(index.row() + 1))
        length = "" if row.duration is None else clock_text(row.duration)
        font.setPixelSize(13)
        painter.setFont(font)
        painter.setPen(QColor(COLOURS.quiet))
        length_width = painter.fontMetrics().horizontalAdvance(length)
        top = QRect(rect.left() + 40, rect.top() + 5, rect.width() - 54, 20)
        painter.drawText(top, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, length)
        font.setPixelSize(14)
        font.setWeight(QFont.Weight.DemiBold if row.is_current else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(COLOURS.text))
        self._write(painter, top.adjusted(0, 0, -length_width - 10, 0), title_of(row))
        font.setPixelSize(12)
        font.setWeight(QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(COLOURS.quiet))
        self._write(painter, QRect(top.left(), rect.top() + 24, rect.width() - 54, 17), second_line(row))
        if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setPen(QPen(QColor(COLOURS.focus), 2))
            painter.drawRect(rect.adjusted(1, 1, -1, -1))
        painter.restore()

    def _write(self, painter: QPainter, rect: QRect, text: str) -> None:
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


class EntryList(QListView):
    """Drag to reorder, Alt and an arrow as well; Enter and a double click play, Delete removes."""

    chosen = Signal(str)
    removed = Signal(tuple)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("entries")
        self.setAccessibleName("Playlist")
        self.entries = EntryModel(self)
        self.setModel(self.entries)
        self.setItemDelegate(EntryDelegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDropIndicatorShown(True)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.doubleClicked.connect(lambda index: self.chosen.emit(self.entries.rows[index.row()].id))

    def selected(self) -> tuple[str, ...]:
        """The ids of the selected entries, in the order of the list."""
        rows = sorted(index.row() for index in self.selectedIndexes())
        return tuple(self.entries.rows[row].id for row in rows)

    def startDrag(self, actions: Qt.DropAction) -> None:
        self.setCurrentIndex(self.currentIndex())  # one at a time: the room moves one
        super().startDrag(actions)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        super().dragMoveEvent(event)
        if event.source() is self and event.isAccepted():
            event.setDropAction(Qt.DropAction.MoveAction)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, row = event.key(), self.currentIndex().row()
        is_alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        is_plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row >= 0:
            self.chosen.emit(self.entries.rows[row].id)
        elif key == Qt.Key.Key_Delete and is_plain:
            if chosen := self.selected():
                self.removed.emit(chosen)
        elif is_alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and row >= 0:
            if self.entries.may_edit:
                self.entries.move(self.entries.rows[row].id, row - 1 if key == Qt.Key.Key_Up else row + 2)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) or (
            key in (Qt.Key.Key_Home, Qt.Key.Key_End)
        ):
            super().keyPressEvent(event)
        else:
            event.ignore()  # Space plays and pauses, letters are the window's
            return
        event.accept()


def title_of(row: EntryRow) -> str:
    return " ".join(tame(row.title).split()) or "Without a title"


def second_line(row: EntryRow) -> str:
    by = f"by {' '.join(tame(row.by).split())}" if row.by else ""
    return " · ".join(filter(None, (row.note, by)))
