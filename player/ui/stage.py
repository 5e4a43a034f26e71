"""The stage: the picture, and what lies over it: bars that go when nobody moves, notices and questions at the top,
what is said at the left, reactions at the right, a count-down in the middle.

Bars lie over the picture and never take from its area. They come with a movement of the pointer and go 2.5 s after the
last one (the cursor after 1 s), but stay while the pointer is moved over them, a menu is open or the keyboard is in
them. A pointer that merely rests where a window opened is no movement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QHoverEvent, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QMenu, QWidget

from player.core.room_view import ChatRow
from player.core.view import Dismiss, View
from player.ports import Act, Clock, PictureSource
from player.ui.asks import Ask, asks_of
from player.ui.controls import ControlBar
from player.ui.countdown import SIDE, CountDown
from player.ui.dropping import DropChoice
from player.ui.floating import Floats
from player.ui.large import LargeTile
from player.ui.notices import NoticeStack
from player.ui.pages import Page
from player.ui.picture import PictureWidget
from player.ui.pill import Answer
from player.ui.placeholder import Placeholder
from player.ui.quicksay import QuickSay
from player.ui.said import SaidLines
from player.ui.topbar import HEIGHT, TopBar
from player.ui.welcome import WelcomePage


@dataclass(frozen=True, slots=True)
class HidingPolicy:
    """ms, where nothing else is said. What people know from other players (PEERS section 6)."""

    controls: int = 2500
    cursor: int = 1000
    low: int = 130  # px: in a lower picture there is room for one bar
    notch: int = 120  # of a wheel's turn, in eighths of a degree
    captions: float = 0.24  # of the height: where subtitles stand, two lines of them
    said: float = 0.44  # of the width, for what is said; and at most
    said_most: int = 460
    floats: int = 190  # px at the right for reactions


POLICY = HidingPolicy()
SAID_BESIDE: dict[Page | None, frozenset[str]] = {
    "people": frozenset({"check", "copy"}),
    "playlist": frozenset({"next"}),
}
"""What a page of the panel asks by itself (`Ask.key`)."""


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
        self.floats = Floats(clock, self)
        self.said = SaidLines(clock, self)
        self.countdown = CountDown(clock, self)
        self.say = QuickSay(act, self)
        self.say.resized.connect(self._arrange_said)
        self.say.closed.connect(self._end_saying)
        self.choice: DropChoice | None = None
        self.large: LargeTile | None = None
        self.notices = NoticeStack(self)
        self.notices.dismissed.connect(lambda number: act(Dismiss(number)))
        self.notices.answered.connect(self._answer)
        self._act = act
        self._page: Page | None = None
        self._declined: set[Ask] = set()  # questions that were answered by putting them aside
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
        self.welcome.show_rooms(view.lan_rooms)
        if not view.copy.words:
            self._declined.clear()
        self._show_asks()
        self.floats.show_reactions(view.reactions)
        self.countdown.show_left(view.count_down)
        if not view.members and not self.say.isHidden():
            self.say.close_up()
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

    def show_beside(self, page: Page | None, unread: int) -> None:
        """Which page of the panel is seen: what that says is not said over the picture, too."""
        self._page = page
        self.controls.panel.show_dot(unread > 0 and page is None)
        if page == "chat":
            self.said.clear()
        self._show_asks()

    def say_lines(self, rows: tuple[ChatRow, ...]) -> None:
        """What was just said and is not seen in the panel."""
        if rows:
            self.said.take(rows)

    def open_say(self) -> None:
        """Write over the picture."""
        self.said.hold(True)
        self._arrange_said()
        self.say.open_up()

    def take_large(self, large: LargeTile) -> None:
        """A tile of the call that lies over the picture, and below all else that does."""
        self.large = large
        large.stackUnder(self.top)

    def arrange(self) -> None:
        """Something that lies over the picture came or went."""
        self._arrange()

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
            and not self.notices.is_in_use()
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
        side = min(SIDE, round(height * 0.42))
        self.countdown.setGeometry((width - side) // 2, (height - side) // 2, side, side)
        floats = min(POLICY.floats, width // 3)
        lowest = self._lowest()
        self.floats.setGeometry(width - floats - 8, height // 6, floats, max(1, lowest - height // 6))
        if self.choice is not None and not self.choice.isHidden():
            self.choice.arrange()
        if self.large is not None:
            self.large.arrange(width, height)
        self._arrange_said()
        self.picture.lift_caption(self.controls.covered() if self.are_bars_shown else 0)

    def _lowest(self) -> int:
        """The lowest px that the bars leave."""
        return self.height() - (self.controls.covered() if self.are_bars_shown else 8) - 6

    def _arrange_said(self) -> None:
        """At the left, above the controls and above where subtitles stand; the line to write in is below it."""
        width = max(80, min(POLICY.said_most, round(self.width() * POLICY.said), self.width() - 24))
        lowest = min(self._lowest(), round(self.height() * (1 - POLICY.captions)))
        if not self.say.isHidden() or self.said.is_held:
            self.say.setFixedWidth(min(self.width() - 24, max(width, 300)))
            self.say.adjustSize()
            self.say.move(12, max(0, self._lowest() - self.say.height()))
            lowest = min(lowest, self.say.y() - 6)
        top = max(HEIGHT, round(self.height() * 0.3))
        self.said.arrange(QRect(12, top, width, max(1, lowest - top)))

    def _end_saying(self) -> None:
        self.said.hold(False)
        self._arrange_said()
        self.setFocus()

    def _answer(self, key: str, answer: Answer) -> None:
        """A button of a question: an intent, or that it is put aside."""
        self.setFocus()
        if answer.intent is not None:
            self._act(answer.intent)
            return
        self._declined |= {ask for ask in asks_of(self._view) if ask.key == key}
        self._show_asks()

    def _show_asks(self) -> None:
        said_beside = SAID_BESIDE.get(self._page, frozenset())
        asks = (ask for ask in asks_of(self._view) if ask not in self._declined and ask.key not in said_beside)
        self.notices.show_words(tuple(asks), self._view.notices)

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
