"""Buttons: glyphs for the bars, and the large cards of the welcome page."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from player.ui.icons import draw_icon, glyph
from player.ui.label import Label, set_tip
from player.ui.theme import COLOURS

SIDE = 36  # px


class FlatButton(QToolButton):
    """Flat. Clicks don't take the keyboard, Tab does; its tip says what it does, or why it does not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoRaise(True)
        self._tip = ""
        self._refusal = ""

    def tell(self, tip: str) -> None:
        """What it does."""
        self._tip = tip
        set_tip(self, self._refusal or tip)

    def refuse(self, words: str) -> None:
        """Why it is disabled; "": it is not, or that is plain."""
        if words != self._refusal:
            self._refusal = words
            set_tip(self, words or self._tip)


class PlainToolButton(FlatButton):
    """A square for a picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(SIDE, SIDE)
        self.setIconSize(QSize(22, 22))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)  # two quick clicks are two clicks, and never full screen


class GlyphButton(PlainToolButton):
    """A glyph with a name for whoever can't see it."""

    def __init__(self, icon: str, name: str, keys: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = ""
        self._has_dot = False
        self._colour = COLOURS.text
        self._keys = keys
        self.show_as(icon, name)

    def show_as(self, icon: str, name: str) -> None:
        """Mean something else from now on."""
        if icon != self._icon:
            self._icon = icon
            self.setIcon(glyph(icon, self._colour))
        if name != self.accessibleName():
            self.setAccessibleName(name)
            self.tell(f"{name} ({self._keys})" if self._keys else name)

    def show_on(self, is_on: bool) -> None:
        """Whether what it stands for is on: then its glyph has the accent's colour."""
        self.show_colour(COLOURS.accent if is_on else COLOURS.text)

    def show_colour(self, colour: str) -> None:
        """Have a glyph of that colour from now on."""
        if colour != self._colour:
            self._colour = colour
            self.setIcon(glyph(self._icon, colour))

    def show_pending(self, is_pending: bool) -> None:
        """What was asked for is on its way."""
        if bool(self.property("pending")) != is_pending:
            self.setProperty("pending", is_pending)
            self.style().unpolish(self)
            self.style().polish(self)

    def show_dot(self, is_shown: bool) -> None:
        """A dot at its corner: there is something new behind it."""
        if is_shown != self._has_dot:
            self._has_dot = is_shown
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._has_dot:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(COLOURS.ground), 2))
            painter.setBrush(QColor(COLOURS.accent))
            painter.drawEllipse(QRectF(self.width() - 14, 4, 10, 10))
            painter.end()


class WordButton(FlatButton):
    """A word where a glyph would be, such as the speed."""

    def __init__(self, name: str, keys: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(SIDE)
        self.setMinimumWidth(48)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setAccessibleName(name)
        self.tell(f"{name} ({keys})" if keys else name)


class SwitchButton(QPushButton):
    """Says what is on or off, and turns it over."""

    def __init__(self, what: str, icons: tuple[str, str], parent: QWidget | None = None) -> None:
        """`icons`: for on and off."""
        super().__init__(parent)
        self.setProperty("role", "switch")
        self.setIconSize(QSize(22, 22))
        self.setAutoDefault(False)
        self._what, self._icons = what, icons
        self._state: tuple[bool, str] | None = None
        self.show_switched(False)

    def show_switched(self, is_on: bool, words: str = "") -> None:
        """`words` in place of "on"."""
        if (is_on, words) == self._state:
            return
        self._state = is_on, words
        self.setText(f" {self._what} {words or ('on' if is_on else 'off')}")
        self.setAccessibleName(f"Switch the {self._what.lower()} {'off' if is_on else 'on'}")
        self.setIcon(glyph(self._icons[0 if is_on else 1], COLOURS.good if is_on else COLOURS.off))
        self.setProperty("on", is_on)
        self.style().unpolish(self)
        self.style().polish(self)


class CardButton(QPushButton):
    """One of the few things to do on the welcome page: what it is called, and what will happen."""

    def __init__(self, icon: str, title: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAccessibleName(title)
        self.setAccessibleDescription(words)
        self.setAutoDefault(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMinimumSize(150, 128)
        picture = Label()
        picture.setPixmap(draw_icon(icon, 32, COLOURS.accent, self.devicePixelRatioF()))
        heading = Label(title, "card-title")
        self._text = text = Label(words, "quiet")
        text.setWordWrap(True)
        text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(13, 14, 16, 12)
        column.setSpacing(4)
        column.addWidget(picture)
        column.addWidget(heading)
        column.addWidget(text)
        column.addStretch(1)
        for label in (picture, heading, text):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            if label is not picture:
                label.setContentsMargins(3, 0, 0, 0)  # the glyph has that much air around it

    def sizeHint(self) -> QSize:
        return QSize(200, 140)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Room for the words as they break now, and for two lines at least, so that cards side by side are alike."""
        super().resizeEvent(event)
        taken = self._column.contentsMargins().left() + self._column.contentsMargins().right()
        line = self._text.fontMetrics().lineSpacing()
        self._text.setFixedHeight(max(2 * line, self._text.heightForWidth(max(1, self.width() - taken))))


def plain_button(text: str, role: str = "") -> QPushButton:
    """A button of a dialog or panel; `role` "primary" is the one that Return presses."""
    button = QPushButton(text)
    button.setAutoDefault(False)
    if role == "primary":
        make_primary(button)
    return button


def make_primary(button: QPushButton) -> None:
    """The one that Return presses. Before it is shown."""
    button.setProperty("role", "primary")
    button.setAutoDefault(True)
    button.setDefault(True)


def make_flat(button: QPushButton) -> QPushButton:
    """For the panel beside a film: a click must not take the keyboard from the film, and it is not so high."""
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setProperty("density", "small")
    return button


def show_role(button: QPushButton, role: str) -> None:
    """Look like a button of another role from now on."""
    if role != button.property("role"):
        button.setProperty("role", role)
        button.style().unpolish(button)
        button.style().polish(button)
