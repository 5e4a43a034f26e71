"""What was said, as plain text that can be read, selected and scrolled.

A text document, but nothing is ever read as markup: text goes in by `insertText` with a format, which interprets
nothing, and an anchor is only what this module puts there: an http(s) link that was found in the text, or a line's
place in the film.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDesktopServices,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QFrame, QMenu, QTextBrowser, QWidget

from player.core.room_view import ChatRow
from player.ui.buttons import make_flat, plain_button
from player.ui.label import set_tip
from player.ui.menus import add_line
from player.ui.plain import split_links, tame
from player.ui.theme import COLOURS

PLACE = "place:"  # of anchors that lead to a place in the film, with the line's number
ISOLATE, END = "\u2068", "\u2069"  # a name's own direction does not reorder what stands beside it


class ChatLog(QTextBrowser):
    seeks = Signal(float)
    """Somebody wants to see what a line was about: go to this media time, s."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chatlog")
        self.setAccessibleName("Chat")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setAcceptRichText(False)
        self.setUndoRedoEnabled(False)
        self.setAcceptDrops(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.document().setDocumentMargin(0)
        self.setViewportMargins(14, 8, 8, 6)
        self.anchorClicked.connect(self._follow)
        self._rows: tuple[ChatRow, ...] = ()
        self._may_seek = True
        self._words = ""
        self.newer = make_flat(plain_button("New messages ↓"))
        self.newer.setParent(self)
        self.newer.setProperty("role", "primary")
        self.newer.clicked.connect(self.go_to_end)
        self.newer.hide()
        self.verticalScrollBar().valueChanged.connect(self._see)

    def allow_seeking(self, may: bool, words: str) -> None:
        """Whether a line's place may be gone to, else who may."""
        self._may_seek, self._words = may, words

    def show_rows(self, rows: tuple[ChatRow, ...]) -> None:
        """The lines there are, oldest first. What has gone is taken out, what is new comes at the end."""
        if rows == self._rows:
            return
        was_at_end = self._is_at_end() or not self._rows
        before, self._rows = self._rows, rows
        place = self.verticalScrollBar().value()
        known = {row.id for row in before}
        gone = 0
        while gone < len(before) and (not rows or before[gone].id != rows[0].id):
            gone += 1
        is_other = [_essence(row) for row in before[gone:]] != [_essence(row) for row in rows[: len(before) - gone]]
        if is_other:
            self.clear()  # another room's, or of another film now
            new: tuple[ChatRow, ...] = rows
        else:
            self._drop(gone)
            new = rows[len(before) - gone :]
        if not new and not gone:
            return
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        for row in new:
            self._append(row)
        cursor.endEditBlock()
        if was_at_end or (new and new[-1].is_me and new[-1].id not in known):
            self.go_to_end()
        elif is_other:
            self.verticalScrollBar().setValue(place)
        elif new:
            self.newer.show()
            self._place_newer()

    def go_to_end(self) -> None:
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())
        self.newer.hide()

    def _is_at_end(self) -> bool:
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - 4

    def _see(self) -> None:
        if self._is_at_end():
            self.newer.hide()

    def _drop(self, lines: int) -> None:
        """Take the oldest out: a line is two blocks."""
        if not lines:
            return
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.NextBlock, QTextCursor.MoveMode.KeepAnchor, 2 * lines)
        if lines >= len(self._rows) and self.document().blockCount() <= 2 * lines:
            self.clear()
        else:
            cursor.removeSelectedText()

    def _append(self, row: ChatRow) -> None:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        is_first = self.document().isEmpty()
        head = QTextBlockFormat()
        head.setTopMargin(0 if is_first else 10)
        head.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        if is_first:
            cursor.setBlockFormat(head)
        else:
            cursor.insertBlock(head)
        name = " ".join(tame(row.name).split())
        cursor.insertText(f"{ISOLATE}{name}{END}", _look(COLOURS.accent if row.is_me else COLOURS.focus, bold=True))
        small = _look(COLOURS.quiet, small=True)
        if row.clock:
            cursor.insertText(f"   {row.clock}", small)
        if row.media:
            cursor.insertText("  ·  " if row.clock else "   ", small)
            place = _look(COLOURS.quiet, small=True)
            if row.media_time is not None:
                place.setAnchor(True)
                place.setAnchorHref(f"{PLACE}{row.id}")
                place.setFontUnderline(True)
            cursor.insertText(row.media, place)
        cursor.insertBlock(QTextBlockFormat())  # its direction is its text's
        plain = _look(COLOURS.text)
        for piece, is_link in split_links(tame(row.text)):
            look = plain
            if is_link:
                look = _look(COLOURS.focus)
                look.setAnchor(True)
                look.setAnchorHref(piece)
                look.setFontUnderline(True)
            cursor.insertText(piece.replace("\n", "\u2028"), look)

    def _follow(self, url: QUrl) -> None:
        """A click on an anchor."""
        text = url.toString()
        if text.startswith(PLACE):
            number = text[len(PLACE) :]
            at = next((row.media_time for row in self._rows if str(row.id) == number), None)
            if at is not None and self._may_seek:
                self.seeks.emit(at)
        elif url.scheme() in ("http", "https"):
            QDesktopServices.openUrl(url)

    # -- Qt's

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copies are plain text, too."""
        data = QMimeData()
        text = self.textCursor().selectedText()
        data.setText(text.replace("\u2029", "\n").replace("\u2028", "\n").replace(ISOLATE, "").replace(END, ""))
        return data

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Nothing is ever fetched."""
        return None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """It scrolls and copies; all else is the window's, as if the keyboard were on the film."""
        ours = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End)
        is_control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() in ours or (is_control and event.key() in (Qt.Key.Key_C, Qt.Key.Key_A)):
            super().keyPressEvent(event)
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        anchor = self.anchorAt(event.position().toPoint())
        tip = anchor
        if anchor.startswith(PLACE):
            tip = "Go to this place, for everyone" if self._may_seek else self._words
        set_tip(self.viewport(), tip)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        add_line(menu, "Copy", self.copy, "Ctrl+C").setEnabled(self.textCursor().hasSelection())
        add_line(menu, "Select all", self.selectAll, "Ctrl+A")
        menu.popup(event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        was_at_end = self._is_at_end()
        super().resizeEvent(event)
        if was_at_end:
            self.go_to_end()
        self._place_newer()

    def _place_newer(self) -> None:
        self.newer.adjustSize()
        self.newer.move(QPoint((self.width() - self.newer.width()) // 2, self.height() - self.newer.height() - 8))


def _essence(row: ChatRow) -> ChatRow:
    """Without the time of day: it is worked out anew for each view, and may be another minute by a hair."""
    return replace(row, clock="")


def _look(colour: str, *, bold: bool = False, small: bool = False) -> QTextCharFormat:
    look = QTextCharFormat()
    look.setForeground(QColor(colour))
    if bold:
        look.setFontWeight(QFont.Weight.DemiBold)
    if small:
        look.setProperty(QTextCharFormat.Property.FontPixelSize, 12)
    return look
