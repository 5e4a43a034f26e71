"""A part of a page for settings: a heading, and rows below it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QVBoxLayout,
    QWidget,
)

from player.ui.label import Label
from player.ui.theme import COLOURS


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
            words = Label(label)
            words.setMinimumWidth(60)
            row.addWidget(words, 1)
        for widget in widgets:
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        self.rows.addLayout(row)
        return row


class Choice(QComboBox):
    """A few words to choose from. Its arrow is painted here: a style sheet takes the style's own away."""

    def __init__(self, name: str, *choices: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.addItems(list(choices))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_chosen(self, at: int) -> None:
        """Show what is the case, unless somebody is just choosing."""
        if self.currentIndex() != at and not self.view().isVisible():
            self.setCurrentIndex(at)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # it scrolls the page, and changes nothing by the way

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(COLOURS.quiet), 1.8))
        x, y = self.width() - 17.0, self.height() / 2
        painter.drawPolyline([QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)])
        painter.end()


class Tick(QCheckBox):
    """On or off. The tick is painted here, for the same reason."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        place = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        at = QPointF(place.center()) + QPointF(0.5, 0.5)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(COLOURS.on_accent), 2))
        painter.drawPolyline([at + QPointF(-4, 0), at + QPointF(-1, 3), at + QPointF(4, -3.5)])
        painter.end()
