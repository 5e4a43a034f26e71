"""One person in the list: role, how far off, what is special, and what may be done about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QMenu, QWidget

from player.core.room_intents import GiveRole, GoAway, MuteMember, RemoveMember
from player.core.room_view import CheckView
from player.core.view import Intent, MemberRow, View
from player.core.words import figure_text, offset_text
from player.ui.badge import Mark
from player.ui.buttons import GlyphButton
from player.ui.dialogs import Doubt
from player.ui.icons import draw_icon
from player.ui.label import ElidedLabel, Label, set_tip
from player.ui.menus import add_heading, add_line
from player.ui.theme import COLOURS

BAN = (
    "Nobody can come back from that address until you lift the ban. From another one the invite still leads here: "
    "revoke it, too, to be sure (Hosting…)."
)
ROLES = {"host": ("crown", "Host"), "operator": ("shield", "Operator")}


class Sign(Label):
    """A small glyph with a name; "" is none."""

    def __init__(self) -> None:
        super().__init__()
        self._icon = ""
        self.hide()

    def show_sign(self, icon: str, name: str) -> None:
        if icon == self._icon:
            return
        self._icon = icon
        self.setVisible(bool(icon))
        if icon:
            self.setPixmap(draw_icon(icon, 16, COLOURS.quiet, self.devicePixelRatioF()))
            self.setAccessibleName(name)
            set_tip(self, name)


class MemberLine(QFrame):
    """One member. Its place in the list is its own for as long as it is in the room."""

    wished = Signal(object, object)
    """An intent about this person, and the `Doubt` to ask about first (None: none)."""
    asks_offset = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "member")
        self._mark = Mark()
        self.name = ElidedLabel("", "name")
        self.role = Sign()
        self.silenced = Sign()
        self.figure = Label("", "figure")
        self.figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.more = GlyphButton("menu", "More")
        self.more.setFixedSize(26, 26)
        keeps = self.more.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)  # figures stand below each other
        self.more.setSizePolicy(keeps)
        self.more.clicked.connect(lambda: self._pop_up(self.more.mapToGlobal(QPoint(0, self.more.height() + 2))))
        self.state = Label("", "quiet")
        self.state.setWordWrap(True)
        first = QHBoxLayout()
        first.setSpacing(6)
        first.addWidget(self.name, 1)
        first.addWidget(self.role)
        first.addWidget(self.silenced)
        first.addWidget(self.figure)
        grid = QGridLayout(self)
        grid.setContentsMargins(14, 7, 8, 7)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(0)
        grid.addWidget(self._mark, 0, 0)
        grid.addLayout(first, 0, 1)
        grid.addWidget(self.more, 0, 2)
        grid.addWidget(self.state, 1, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowMinimumHeight(0, 28)
        self.menu = QMenu(self)
        self._row: MemberRow | None = None
        self._figure = ""
        self._view = View()

    def show_row(self, row: MemberRow, view: View) -> None:
        self._view = view
        self.more.setVisible(row.is_me or row.facts.may_be_managed or view.rights.host)
        figure = _figure(row, view.check)
        if (row, figure) == (self._row, self._figure):
            return
        self._row, self._figure = row, figure
        facts = row.facts
        self.name.show_text(f"{row.name} (you)" if row.is_me else row.name)
        self.name.set_role("name" if row.here and not facts.is_away else "away")
        self.figure.show_text(figure)
        set_tip(self.figure, "" if row.delay is None else f"Round trip {row.delay * 1000:.0f} ms")
        self._mark.show_level(row.level if row.here else "off")
        self.role.show_sign(*ROLES.get(facts.role, ("", "")))
        self.silenced.show_sign("silenced" if facts.is_muted else "", "Muted in chat")
        words = state_words(row)
        self.state.show_text(words)
        self.state.set_role("bad" if not row.here else "near" if row.is_waited_for or facts.copy_words else "quiet")
        self.state.setVisible(bool(words))
        self.more.show_as("menu", f"More about {row.name}")
        said = (self.name.text(), ROLES.get(facts.role, ("", ""))[1], words, self.figure.text())
        self.setAccessibleName(", ".join(filter(None, said)))

    def fill(self, menu: QMenu) -> None:
        """What may be done about this person, for what is the case now."""
        menu.clear()
        row, rights = self._row, self._view.rights
        if row is None:
            return
        if row.is_me:
            is_away = self._view.is_away
            add_line(menu, "I’m back" if is_away else "I’m away for a while", self._wishing(GoAway(not is_away)))
            add_line(menu, "My offset…", self.asks_offset.emit)
            return
        name, facts = row.name, row.facts
        may_manage = facts.may_be_managed
        if not rights.host and not may_manage:
            add_heading(menu, rights.words or "Only operators may do that here.")
        if facts.role == "operator":
            add_line(menu, "Make guest", self._wishing(GiveRole(row.peer, "guest"))).setEnabled(rights.host)
        elif facts.role == "guest":
            add_line(menu, "Make operator", self._wishing(GiveRole(row.peer, "operator"))).setEnabled(rights.host)
        if facts.role != "host":
            doubt = Doubt(f"Make {name} the host?", f"Only {name} can give that back to you.", "Make host")
            add_line(menu, "Make host…", self._wishing(GiveRole(row.peer, "host"), doubt)).setEnabled(rights.host)
        menu.addSeparator()
        mute = MuteMember(row.peer, not facts.is_muted)
        words = "Unmute in chat" if facts.is_muted else "Mute in chat"
        add_line(menu, words, self._wishing(mute)).setEnabled(may_manage)
        menu.addSeparator()
        doubt = Doubt(f"Remove {name} from the room?", "With an invite, that person can come back.", "Remove")
        add_line(menu, "Remove…", self._wishing(RemoveMember(row.peer, False), doubt)).setEnabled(may_manage)
        doubt = Doubt(f"Ban {name} from the room?", BAN, "Ban")
        add_line(menu, "Ban…", self._wishing(RemoveMember(row.peer, True), doubt)).setEnabled(may_manage)

    def _wishing(self, intent: Intent, doubt: Doubt | None = None) -> Callable[[], None]:
        return lambda: self.wished.emit(intent, doubt)

    def _pop_up(self, place: QPoint) -> None:
        self.fill(self.menu)
        width = self.menu.sizeHint().width()
        screen = self.screen().availableGeometry()
        self.menu.popup(QPoint(max(screen.left(), min(place.x(), screen.right() - width)), place.y()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._pop_up(event.globalPos())
        event.accept()


def _figure(row: MemberRow, check: CheckView | None) -> str:
    """How far off; where the film stands, whether it is there; while a check is open, what that person has answered."""
    if not row.here:
        return ""
    if check is not None and row.name in check.ready:
        return "ready"
    if check is not None and row.name in check.missing:
        return "not yet"
    return figure_text(row.asynchrony, row.level)


def state_words(row: MemberRow) -> str:
    """What is special about a member, the most pressing first; "" is nothing."""
    facts = row.facts
    offset = f"offset {offset_text(facts.offset)}" if facts.offset else ""
    words = (
        "" if row.here else "connection lost",
        "the room waits" if row.is_waited_for else "",
        "away" if facts.is_away else "",
        "muted" if facts.is_muted else "",
        facts.copy_words,
        offset,
    )
    return " · ".join(filter(None, words))
