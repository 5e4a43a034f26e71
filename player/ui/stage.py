"""The stage: the picture, and what lies over it and goes when nobody moves.

Bars lie over the picture and never take from its area. They come with a movement of the pointer and go 2.5 s after the
last one (the cursor after 1 s), but stay while the pointer is moved over them, a menu is open or the keyboard is in
them. A pointer that merely rests where a window opened is no movement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QHoverEvent, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QMenu, QWidget

from player.core.view import Dismiss, View
from player.ports import Act, Clock, PictureSource
from player.ui.controls import ControlBar
from player.ui.notices import NoticeStack
from player.ui.picture import PictureWidget
from player.ui.placeholder import Placeholder
from player.ui.topbar import HEIGHT, TopBar
from player.ui.welcome import WelcomePage


@dataclass(frozen=True, slots=True)
class HidingPolicy:
    """ms, where nothing else is said. What people know from other players (PEERS section 6)."""

    controls: int = 2500
    cursor: int = 1000
    low: int = 130  # px: in a lower picture there is room for one bar
    notch: int = 120  # of a wheel's turn, in eighths of a degree


POLICY = HidingPolicy()


class Stage(QWidget):
    double_clicked = Signal()
    scrolled = Signal(int)
    """The wheel was turned by this many notches, up is positive."""

    def __init__(
        self,
        act: Act,
        source: PictureSource,
        clock: Clock,
        fill_menu: Callable[[QMenu], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("stage")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._view = View()
        self.picture = PictureWidget(source, clock, self)
        self.placeholder = Placeholder(self)
        self.placeholder.hide()
        self.welcome = WelcomePage(self)
        self.welcome.hide()
        self.top = TopBar(fill_menu, self)
        self.controls = ControlBar(act, self)
        self.notices = NoticeStack(self)
        self.notices.dismissed.connect(lambda number: act(Dismiss(number)))
        self._pointer: QPoint | None = None
        self._is_over_bar = False
        self._turned = 0
        self._hide_timer = QTimer(self)
        self._hide_timer.setSingleShot(True)
        self._hide_timer.setInterval(POLICY.controls)
        self._hide_timer.timeout.connect(self._hide_bars)
        self._cursor_timer = QTimer(self)
        self._cursor_timer.setSingleShot(True)
        self._cursor_timer.setInterval(POLICY.cursor)
        self._cursor_timer.timeout.connect(self._hide_cursor)
        self._hide_timer.start()

    @property
    def are_bars_shown(self) -> bool:
        return not self.controls.isHidden()

    def show_view(self, view: View) -> None:
        before, self._view = self._view, view
        self._turn_page(_is_nothing_open(view))
        self.placeholder.show_view(view)
        link = view.link_words or "Connection lost, trying again" if view.link == "lost" else ""
        waiting = view.waiting_words
        if view.link == "connecting" and view.has_picture:
            waiting = view.link_words or "Connecting …"  # else the empty picture says it
        elif view.opening and view.has_picture:
            waiting = waiting or f"Opening “{view.opening}” …"
        self.notices.show_words(link, waiting, view.notices)
        if self.are_bars_shown:
            self._show_in_bars()
        if view.has_picture != before.has_picture or view.state != before.state:
            self.stir()

    def stir(self) -> None:
        """Somebody is there: show the bars, for a while."""
        if not self.welcome.isHidden():
            return
        if not self.are_bars_shown:
            self._show_in_bars()
            self.controls.show()
            self.top.show()
            self._arrange()
        self._hide_timer.start()
        if self.cursor().shape() == Qt.CursorShape.BlankCursor:
            self.unsetCursor()
        self._cursor_timer.start()

    def take_back_keyboard(self) -> bool:
        """Out of the bars with it; says whether it was there."""
        was_taken = not self.hasFocus()
        self.setFocus()
        return was_taken

    def _turn_page(self, is_welcome: bool) -> None:
        if self.welcome.isHidden() != is_welcome:
            return
        self.welcome.setVisible(is_welcome)
        self.controls.setVisible(not is_welcome)
        self.top.setVisible(not is_welcome)
        self.unsetCursor()
        self._arrange()
        self.stir()

    def _show_in_bars(self) -> None:
        self.controls.show_view(self._view)
        self.top.show_view(self._view)

    def _may_hide(self) -> bool:
        return (
            self._view.has_picture
            and not self._is_over_bar
            and not self.controls.is_in_use()
            and not self.top.is_in_use()
        )

    def _hide_bars(self) -> None:
        if not self._may_hide():
            self._hide_timer.start()
            return
        self.controls.hide()
        self.top.hide()
        self._arrange()

    def _hide_cursor(self) -> None:
        if self._may_hide():
            self.setCursor(Qt.CursorShape.BlankCursor)
        elif self._view.has_picture:
            self._cursor_timer.start()

    def _arrange(self) -> None:
        width, height = self.width(), self.height()
        self.picture.setGeometry(0, 0, width, height)
        self.welcome.setGeometry(0, 0, width, height)
        self.placeholder.setGeometry(0, HEIGHT, width, max(0, height - 2 * HEIGHT))
        bar = self.controls.sizeHint().height()
        self.controls.setGeometry(0, height - bar, width, bar)
        self.top.setGeometry(0, 0, width, HEIGHT)
        self.top.setVisible(self.are_bars_shown and height >= POLICY.low)
        self.notices.setMaximumWidth(max(80, width - 32))
        self.notices.move(self.notices.x(), HEIGHT - 4 if self.are_bars_shown else 12)
        # the upper third holds them: one line is about 40 px
        self.notices.allow(max(1, min(4, (height // 3 - HEIGHT) // 44)))
        self.notices.speak_again()
        self.picture.lift_caption(self.controls.covered() if self.are_bars_shown else 0)

    def _move_pointer(self, event: QHoverEvent) -> None:
        now = event.globalPosition().toPoint()
        before, self._pointer = self._pointer, now
        if before is None or before == now:
            return
        here = event.position().toPoint()
        self._is_over_bar = self.are_bars_shown and (
            (self.controls.geometry().contains(here) and here.y() > self.controls.y() + self.controls.height() // 4)
            or self.top.geometry().contains(here)
        )
        self.stir()

    # -- Qt's

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.HoverMove and isinstance(event, QHoverEvent):
            self._move_pointer(event)
        elif event.type() == QEvent.Type.HoverLeave:
            self._is_over_bar = False
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.take_back_keyboard()
            self.stir()
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._turned += event.angleDelta().y()
        notches = int(self._turned / POLICY.notch)
        if notches:
            self._turned -= notches * POLICY.notch
            self.scrolled.emit(notches)
        event.accept()


def _is_nothing_open(view: View) -> bool:
    is_open = view.has_medium or bool(view.title or view.opening) or view.state != "nothing"
    return view.link == "alone" and not is_open
