"""A part of a page for settings: a heading, and rows below it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from player.ui.label import Label


class Section(QWidget):
    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setSpacing(8)
        self.rows.addWidget(Label(title, "section"))

    def add_row(self, *widgets: QWidget, label: str = "") -> QHBoxLayout:
        """Widgets beside each other, after the words that say what they are."""
        row = QHBoxLayout()
        row.setSpacing(8)
        if label:
            row.addWidget(Label(label), 1)
        for widget in widgets:
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        self.rows.addLayout(row)
        return row


def choice(name: str, *choices: str) -> QComboBox:
    """A few words to choose from."""
    box = QComboBox()
    box.setAccessibleName(name)
    box.addItems(list(choices))
    box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return box
