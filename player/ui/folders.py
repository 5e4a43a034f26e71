"""The folders in which the room's films are looked for on this computer."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QListWidget, QListWidgetItem, QWidget

from player.core.room_view import LibraryView
from player.ui.buttons import plain_button
from player.ui.dialogs import Question
from player.ui.label import Label, tip_text


class FoldersDialog(Question):
    """Every change counts at once."""

    changed = Signal(tuple)
    """The folders that there are to be."""
    browses = Signal()
    """Ask for a folder, please."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(
            "Film folders",
            "When a room watches a film, Matinee looks for your own copy in these folders and the folders in them.",
            parent,
        )
        self._folders: tuple[str, ...] | None = None
        self.list = QListWidget()
        self.list.setAccessibleName("Film folders")
        self.list.setMinimumHeight(132)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.empty = Label("No folder yet: add one with films.", "quiet", self.list)
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.state = Label("", "quiet")
        self.state.setWordWrap(True)
        self.add = plain_button("Add a folder…")
        self.add.clicked.connect(self.browses)
        self.remove = plain_button("Remove")
        self.remove.setEnabled(False)
        self.remove.clicked.connect(self._remove)
        self.list.currentRowChanged.connect(lambda row: self.remove.setEnabled(row >= 0))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.add)
        row.addWidget(self.remove)
        row.addStretch(1)
        self.body.addWidget(self.list, 1)
        self.body.addLayout(row)
        self.body.addWidget(self.state)
        self.no.hide()
        self.finish("Done")
        self.add.setFocus()

    def show_library(self, library: LibraryView) -> None:
        self.state.show_text(library.words)
        self.state.setVisible(bool(library.words))
        if library.folders == self._folders:
            return
        self._folders = library.folders
        chosen = self.list.currentRow()
        self.list.clear()
        for folder in library.folders:
            item = QListWidgetItem(folder)
            item.setSizeHint(QSize(40, 34))  # else a long one would make the list scroll sideways
            item.setToolTip(tip_text(folder))
            self.list.addItem(item)
        self.list.setCurrentRow(min(chosen, self.list.count() - 1))
        self.remove.setEnabled(self.list.currentRow() >= 0)
        self.empty.setVisible(not library.folders)
        self._place()

    def take(self, folder: str) -> None:
        """One more."""
        folder = str(Path(folder))
        folders = self._folders or ()
        if folder not in folders:
            self.changed.emit((*folders, folder))

    def _remove(self) -> None:
        row, folders = self.list.currentRow(), self._folders or ()
        if 0 <= row < len(folders):
            self.changed.emit((*folders[:row], *folders[row + 1 :]))

    def _place(self) -> None:
        self.empty.setGeometry(self.list.rect().adjusted(16, 8, -16, -8))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()
