"""The window's questions. All open beside the loop (`open()`), none holds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from player.core.invite import MAX_KEY, Invite, InviteError, parse_invite
from player.core.room_view import LanRow, ListingView
from player.core.server_url import may_be_server
from player.ui.buttons import make_primary, plain_button
from player.ui.label import Label
from player.ui.roomrows import LanList, ListedRooms
from server.core.protocol import MAX_NAME, MAX_ROOM, MAX_URL

WIDTH, WIDEST = 380, 520  # px
Parse = Callable[[str], Invite]
"""Reads an invite or raises InviteError with words for a person."""


class Question(QDialog):
    """A heading, words, perhaps a field, and what can be answered. Deletes itself when it is closed."""

    def __init__(self, title: str, words: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Matinee")  # the heading is inside, a title bar would cut it
        self.setAccessibleName(title)
        self.setModal(True)
        self.setMinimumWidth(WIDTH)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(20, 18, 20, 16)
        self.body.setSpacing(10)
        heading = Label(title, "dialog-title")
        heading.ensurePolished()
        if heading.sizeHint().width() > WIDTH - 40:  # only then: a label that may wrap asks for more room than it needs
            heading.setWordWrap(True)
        self.body.addWidget(heading)
        self.words = Label(words, "quiet")
        self.words.setWordWrap(True)
        self.body.addWidget(self.words)
        self._answers = QHBoxLayout()
        self._answers.setSpacing(8)
        self._answers.addStretch(1)
        self.no = plain_button("Cancel")
        self.no.clicked.connect(self.reject)
        self._answers.addWidget(self.no)

    def fit(self) -> None:
        """As wide as its words ask, within reason, and as high as they then are: Qt only guesses that."""
        layout = self.body
        width = min(WIDEST, max(WIDTH, self.minimumWidth(), layout.sizeHint().width()))
        self.resize(width, max(layout.minimumSize().height(), layout.heightForWidth(width)))

    def showEvent(self, event: QShowEvent) -> None:
        self.fit()
        super().showEvent(event)

    def finish(self, yes: str, is_rash: bool = False) -> None:
        """The row of answers, below what was added to the body. A rash "yes" is not what Return presses."""
        self.yes = plain_button(yes, "" if is_rash else "primary")
        if is_rash:
            make_primary(self.no)
        self.yes.clicked.connect(self.accept)
        self._answers.addWidget(self.yes)
        for button in (self.no, self.yes):
            button.setAutoDefault(True)  # Return presses the one that has the keyboard
        (self.no if is_rash else self.yes).setDefault(True)
        if not any(self.body.stretch(place) for place in range(self.body.count())):
            self.body.addStretch(1)  # in a larger window what belongs together stays together
        self.body.addSpacing(4)
        self.body.addLayout(self._answers)


class FieldQuestion(Question):
    """Asks for one line of text, and says below it what is wrong with it."""

    answered = Signal(str)
    has_verdict = False
    """Whether there is anything to say about what is typed."""

    def __init__(self, title: str, words: str, field: str, yes: str, parent: QWidget) -> None:
        super().__init__(title, words, parent)
        self.field = QLineEdit()
        self.field.setAccessibleName(field)
        self.field.setPlaceholderText(field)
        self.field.textChanged.connect(self._judge)
        self.verdict = Label("", "quiet")
        self.verdict.setWordWrap(True)
        self.verdict.setMinimumHeight(self.verdict.fontMetrics().lineSpacing() * 2 + 2)
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.body.addWidget(self.field)
        self.body.addWidget(self.verdict)
        self.verdict.setVisible(self.has_verdict)
        self.finish(yes)
        self.accepted.connect(lambda: self.answered.emit(self.answer()))
        self._judge()

    def judge(self, text: str) -> tuple[bool, str]:
        """Whether that is an answer, and what to say about it."""
        return bool(text), ""

    def answer(self) -> str:
        return self.field.text().strip()

    def _judge(self) -> None:
        text = self.field.text().strip()
        is_good, words = self.judge(text)
        self.verdict.show_text(words)
        self.verdict.set_role("quiet" if is_good or not text else "bad")
        self.yes.setEnabled(is_good)


class NameQuestion(FieldQuestion):
    """Asked once, before the first room."""

    def __init__(self, parent: QWidget, name: str = "") -> None:
        super().__init__(
            "What shall your friends call you?",
            "Everybody in the room sees this name. Matinee remembers it.",
            "Your name",
            "Go on",
            parent,
        )
        self.field.setMaxLength(MAX_NAME)
        self.field.setText(name)


class HostQuestion(FieldQuestion):
    """The name of a new room."""

    def __init__(self, parent: QWidget, room: str) -> None:
        super().__init__(
            "Host a room",
            "This computer keeps the room for as long as Matinee runs. You get an invite to send to your friends.",
            "The room’s name",
            "Host",
            parent,
        )
        self.field.setMaxLength(MAX_ROOM)
        self.field.setText(room)
        self.field.selectAll()


class JoinQuestion(FieldQuestion):
    """An invite, or the address of a server, which is then asked for its rooms; what is wrong with it is said while it
    is typed. Rooms of that server and on this network stand below it."""

    has_verdict = True
    asked = Signal(str)
    """The address of a server: which rooms has it?"""
    entered = Signal(str)
    """The invite of a room out of a list."""

    def __init__(self, parent: QWidget, invite: str = "", parse: Parse = parse_invite) -> None:
        self._parse = parse
        self._server = ""  # what is typed, if it is a server's address
        self._asked = ""  # the one whose rooms are shown
        super().__init__(
            "Join a room",
            "Paste the whole link that your friend sent, or type the address of a server to see its rooms.",
            "matinee://…",
            "Join",
            parent,
        )
        self.listed = ListedRooms()
        self.rooms = LanList()
        for rows in (self.listed, self.rooms):
            rows.enters.connect(self._enter)
            self.body.insertWidget(self.body.count() - 3, rows)
        self.field.setText(invite)
        self.field.setCursorPosition(0)

    def show_rooms(self, rooms: tuple[LanRow, ...]) -> None:
        if self.rooms.show_rooms(rooms) and self.isVisible():
            self.fit()

    def show_listing(self, listing: ListingView) -> None:
        """What the server answered that was asked here; answers to older questions are none."""
        if self._asked and listing.server == self._asked and self.listed.show_listing(listing):
            self._judge()
            self.fit()

    def judge(self, text: str) -> tuple[bool, str]:
        self._server = ""
        if not text:
            return False, ""
        if may_be_server(text):
            self._server = text
            return not self._is_asking(), "" if text == self._asked else "Which rooms does this server list?"
        try:
            invite = self._parse(text)
        except InviteError as error:
            return False, str(error)
        return True, f"Room “{invite.room}” at {invite.host}"

    def accept(self) -> None:
        """A server is asked first; the question stays."""
        if not self._server:
            super().accept()
            return
        self._asked = self._server
        self.listed.show_listing(ListingView(self._asked, is_asking=True))
        self._judge()
        self.fit()
        self.asked.emit(self._asked)

    def _is_asking(self) -> bool:
        return bool(self._asked) and self._server == self._asked and self.listed.is_asking

    def _judge(self) -> None:
        super()._judge()
        is_shown = bool(self._server) and self._server == self._asked
        self.verdict.setVisible(not is_shown)  # what there is to say stands with the rooms
        self.yes.setText("Ask again" if is_shown else "Show its rooms" if self._server else "Join")

    def _enter(self, invite: str) -> None:
        self.entered.emit(invite)
        self.reject()


class PasswordQuestion(FieldQuestion):
    """The password of a room that did not let us in."""

    def __init__(self, parent: QWidget, room: str, was_wrong: bool) -> None:
        super().__init__(
            "That is not the password" if was_wrong else "This room has a password",
            f"Ask whoever invited you for the password of “{room}”.",
            "Password",
            "Join",
            parent,
        )
        self.field.setMaxLength(MAX_KEY)
        self.field.setEchoMode(QLineEdit.EchoMode.Password)

    def answer(self) -> str:
        return self.field.text()  # spaces count


class LinkQuestion(FieldQuestion):
    """The address of a film for the playlist."""

    has_verdict = True

    def __init__(self, parent: QWidget) -> None:
        super().__init__(
            "Add a link",
            "The address of a film or stream. Everybody opens it from there by themselves.",
            "https://…",
            "Add",
            parent,
        )

    def judge(self, text: str) -> tuple[bool, str]:
        if not text:
            return False, ""
        if (
            not text.lower().startswith(("http://", "https://"))
            or len(text.split()) != 1
            or len(text) < len("http://a.b")
        ):
            return False, "A link begins with http:// or https:// and has no spaces."
        if len(text) > MAX_URL:
            return False, f"This link is too long: at most {MAX_URL:,} characters."
        return True, ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is asked once before something that can't be taken back, or not by this person."""

    title: str
    words: str
    yes: str


class SureQuestion(Question):
    """Return does nothing rash."""

    def __init__(self, parent: QWidget, doubt: Doubt) -> None:
        super().__init__(doubt.title, doubt.words, parent)
        self.finish(doubt.yes, is_rash=True)
        self.no.setFocus()


class AddressQuestion(Question):
    """The room's film is at an address: opening it tells that computer who we are."""

    def __init__(self, parent: QWidget, host: str, is_private: bool) -> None:
        words = f"The room’s film comes from {host}. That computer learns your network address when you open it."
        if is_private:
            words = (
                f"The room’s film is said to be at {host}, which is a computer in your own network, or this one. "
                "Whoever made the link can’t see what is there, but your player would ask it. Open it only if you know "
                "that computer."
            )
        super().__init__("Open it in your own network?" if is_private else f"Open the film from {host}?", words, parent)
        self.finish("Open", is_rash=is_private)
        (self.no if is_private else self.yes).setFocus()


def clipboard_text() -> str:
    """What could be pasted, "" if it is not text."""
    return QGuiApplication.clipboard().text()
