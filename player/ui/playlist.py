"""The page of the playlist: what comes after this film, for everybody."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from player.core.room_intents import (
    AddToPlaylist,
    ChooseEntry,
    LoopPlaylist,
    MoveEntry,
    PlayNext,
    RemoveEntries,
    ShufflePlaylist,
    StayHere,
    UndoPlaylist,
)
from player.core.view import View
from player.core.words import clock_text
from player.ports import Act
from player.ui.buttons import GlyphButton, make_flat, plain_button
from player.ui.entries import EntryList
from player.ui.icons import draw_icon
from player.ui.label import ElidedLabel, Label, set_tip
from player.ui.menus import ButtonMenu, add_line
from player.ui.theme import COLOURS
from server.core.protocol import Loop

LOOPS: dict[Loop, tuple[str, str, Loop]] = {
    "off": ("loop", "Repeat: off", "all"),
    "all": ("loop", "Repeat: the whole playlist", "one"),
    "one": ("loop-one", "Repeat: this film", "off"),
}
"""By what is: glyph, name, and what a click makes of it."""


class PlaylistPage(QWidget):
    adds_files = Signal()
    adds_link = Signal()

    def __init__(self, act: Act, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("playlist")
        self._act = act
        self._view = View()
        self.add = make_flat(plain_button("Add"))
        self.add_menu = ButtonMenu(self.add, False, self._fill_add, is_left=True)
        self.loop = GlyphButton("loop", "Repeat: off")
        self.shuffle = GlyphButton("shuffle", "Shuffle")
        self.undo = GlyphButton("undo", "Undo the last change")
        self.loop.clicked.connect(lambda: act(LoopPlaylist(LOOPS[self._view.playlist.loop][2])))
        self.shuffle.clicked.connect(lambda: act(ShufflePlaylist()))
        self.undo.clicked.connect(lambda: act(UndoPlaylist()))
        self.sum = ElidedLabel("", "quiet")
        bar = QHBoxLayout()
        bar.setContentsMargins(14, 8, 8, 6)
        bar.setSpacing(2)
        bar.addWidget(self.add)
        bar.addSpacing(8)
        bar.addWidget(self.sum, 1)
        for button in (self.loop, self.shuffle, self.undo):
            bar.addWidget(button)
        self.list = EntryList()
        self.list.chosen.connect(self._choose)
        self.list.removed.connect(self._remove)
        self.list.entries.moved.connect(lambda entry, to: act(MoveEntry(entry, to)))
        self.list.entries.dropped.connect(lambda paths, at: act(AddToPlaylist(tuple(paths), at)))
        self.menu = QMenu(self)
        self.empty = QWidget()
        picture = Label()
        picture.setPixmap(draw_icon("playlist", 40, COLOURS.groove, self.devicePixelRatioF()))
        self.hint = Label("", "quiet")
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        quiet = QVBoxLayout(self.empty)
        quiet.setContentsMargins(24, 0, 24, 0)
        quiet.addStretch(1)
        quiet.addWidget(picture, 0, Qt.AlignmentFlag.AlignHCenter)
        quiet.addWidget(self.hint)
        quiet.addStretch(1)
        self.next_part = QFrame()
        self.next_part.setProperty("role", "part")
        self.next_words = Label("", "")
        self.next_words.setWordWrap(True)
        self.stay = make_flat(plain_button("Stay"))
        self.stay.clicked.connect(lambda: act(StayHere()))
        self.now = make_flat(plain_button("Play now"))
        self.now.clicked.connect(lambda: act(PlayNext()))
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.stay, 1)
        buttons.addWidget(self.now, 1)
        rows = QVBoxLayout(self.next_part)
        rows.setContentsMargins(14, 8, 14, 12)
        rows.setSpacing(6)
        rows.addWidget(self.next_words)
        rows.addLayout(buttons)
        self.rights = Label("", "quiet")
        self.rights.setWordWrap(True)
        self.rights.setContentsMargins(14, 6, 14, 10)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.list, 1)
        column.addWidget(self.empty, 1)
        column.addWidget(self.rights)
        column.addWidget(self.next_part)

    def show_view(self, view: View) -> None:
        before, self._view = self._view, view
        playlist, rights = view.playlist, view.rights
        may, words = rights.playlist, rights.words
        self._show_next(view)
        if (playlist, rights, view.link) == (before.playlist, before.rights, before.link):
            return
        self.list.entries.may_edit = may
        self.list.entries.show_rows(playlist.entries)
        self.empty.setVisible(not playlist.entries)
        self.list.setVisible(bool(playlist.entries))
        hint = "Nothing comes after this film yet." if view.title else "The playlist is empty."
        self.hint.show_text(f"{hint}\nAdd films or links, or drop them here." if may else hint)
        self.sum.show_text(_sum_of(view))
        icon, name, _ = LOOPS[playlist.loop]
        self.loop.show_as(icon, name)
        self.loop.show_on(playlist.loop != "off")
        self.add.setEnabled(may)
        self.loop.setEnabled(may)
        self.shuffle.setEnabled(may and len(playlist.entries) > 1)
        self.undo.setEnabled(may and playlist.can_undo)
        set_tip(self.add, "" if may else words)
        self.rights.show_text("" if may else words or "Not everybody may change the playlist here.")
        self.rights.setVisible(not may)

    def _show_next(self, view: View) -> None:
        playlist = view.playlist
        is_coming = playlist.next_in is not None
        if self.next_part.isHidden() == is_coming:
            self.next_part.setVisible(is_coming)
        if playlist.next_in is not None:
            left = max(0, math.ceil(playlist.next_in))
            self.next_words.show_text(f"Next in {left} s: {playlist.next_title}")
            for button in (self.stay, self.now):
                button.setEnabled(view.rights.control)
                set_tip(button, "" if view.rights.control else view.rights.words)

    def _choose(self, entry: str) -> None:
        if self._view.rights.control:
            self._act(ChooseEntry(entry))

    def _remove(self, entries: tuple[str, ...]) -> None:
        if self._view.rights.playlist:
            self._act(RemoveEntries(entries))

    def _fill_add(self, menu: QMenu) -> None:
        add_line(menu, "Add files…", self.adds_files.emit)
        add_line(menu, "Add a link…", self.adds_link.emit)

    def fill(self, menu: QMenu) -> None:
        """What may be done with the selected entries."""
        menu.clear()
        chosen, rows = self.list.selected(), self.list.entries.rows
        may, move = self._view.rights.playlist, self.list.entries.move
        if len(chosen) == 1:
            entry = chosen[0]
            at = next(place for place, row in enumerate(rows) if row.id == entry)
            words = "Play for everyone" if self._view.room else "Play"
            add_line(menu, words, lambda: self._choose(entry), "Enter").setEnabled(self._view.rights.control)
            menu.addSeparator()
            add_line(menu, "Move up", lambda: move(entry, at - 1), "Alt+Up").setEnabled(may and at > 0)
            add_line(menu, "Move down", lambda: move(entry, at + 2), "Alt+Down").setEnabled(may and at + 1 < len(rows))
            current = next((place for place, row in enumerate(rows) if row.is_current), None)
            if current is not None and at not in (current, current + 1):
                add_line(menu, "Play next", lambda: move(entry, current + 1)).setEnabled(may)
        if chosen:
            words = "Remove" if len(chosen) == 1 else f"Remove {len(chosen)} entries"
            add_line(menu, words, lambda: self._remove(chosen), "Delete").setEnabled(may)
            menu.addSeparator()
        add_line(menu, "Add files…", self.adds_files.emit).setEnabled(may)
        add_line(menu, "Add a link…", self.adds_link.emit).setEnabled(may)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            rect = self.list.visualRect(self.list.currentIndex())
            place = self.list.viewport().mapToGlobal(rect.bottomLeft() + QPoint(40, 0))
        self.fill(self.menu)
        self.menu.popup(place)
        event.accept()


def _sum_of(view: View) -> str:
    """How many, and how long all of them take, if that is known."""
    entries = view.playlist.entries
    if not entries:
        return ""
    lengths = [entry.duration for entry in entries if entry.duration is not None]
    count = "1 film" if len(entries) == 1 else f"{len(entries)} films"
    return f"{count}, {clock_text(sum(lengths))}" if len(lengths) == len(entries) else count
