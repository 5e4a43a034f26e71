"""The rules of the room: who may do what, and its password."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from player.core.invite import MAX_KEY
from player.core.room_intents import ChangePassword, ChangeRules
from player.core.view import View
from player.ports import Act
from player.ui.buttons import plain_button
from player.ui.label import Label, set_tip
from player.ui.section import Choice, Section, Tick
from server.core.protocol import Who

WHO: tuple[Who, ...] = ("all", "operators")


class RulesPart(Section):
    def __init__(self, act: Act, parent: QWidget | None = None) -> None:
        super().__init__("Rules", parent)
        self._act = act
        self.control = Choice("Who may play, pause and seek", "Everybody", "Only operators")
        self.playlist = Choice("Who may change the playlist", "Everybody", "Only operators")
        self.add_row(self.control, label="Play, pause and seek")
        self.add_row(self.playlist, label="Change the playlist")
        self.waits = Tick("Wait for people whose film stalls")
        self.listed = Tick("Show this room in the server’s list of rooms")
        self.persists = Tick("Keep the room when everybody has left")
        self.relay_only = Tick("Calls go through the server’s relay only")
        set_tip(
            self.relay_only,
            "Then nobody in a call learns anybody’s network address. Without a relay nobody can be heard or seen.",
        )
        for box in (self.waits, self.listed, self.persists, self.relay_only):
            self.rows.addWidget(box)
        self.control.activated.connect(lambda at: act(ChangeRules(control=WHO[at])))
        self.playlist.activated.connect(lambda at: act(ChangeRules(playlist=WHO[at])))
        self.waits.clicked.connect(lambda is_on: act(ChangeRules(waits=is_on)))
        self.listed.clicked.connect(lambda is_on: act(ChangeRules(listed=is_on)))
        self.relay_only.clicked.connect(lambda is_on: act(ChangeRules(relay_only=is_on)))
        self.persists.clicked.connect(lambda is_on: act(ChangeRules(persists=is_on)))

    def show_view(self, view: View) -> None:
        rules = view.rules
        for box, who in ((self.control, rules.control), (self.playlist, rules.playlist)):
            box.show_chosen(WHO.index(who))
        for check, is_on in (
            (self.waits, rules.waits),
            (self.listed, rules.listed),
            (self.persists, rules.persists),
            (self.relay_only, rules.relay_only),
        ):
            if check.isChecked() != is_on:
                check.setChecked(is_on)
        self.setEnabled(view.rights.operate)


class PasswordPart(Section):
    """Never shown, only set anew."""

    def __init__(self, act: Act, parent: QWidget | None = None) -> None:
        super().__init__("Password", parent)
        self.words = Label("", "quiet")
        self.words.setWordWrap(True)
        self.field = QLineEdit()
        self.field.setAccessibleName("New password")
        self.field.setPlaceholderText("New password")
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setMaxLength(MAX_KEY)
        self.set_button = plain_button("Set")
        self.remove = plain_button("Remove")
        self.remove.setAccessibleName("Remove the password")
        self.field.textChanged.connect(lambda text: self.set_button.setEnabled(bool(text)))
        self.field.returnPressed.connect(lambda: self._set(act))
        self.set_button.clicked.connect(lambda: self._set(act))
        self.set_button.setEnabled(False)
        self.remove.clicked.connect(lambda: act(ChangePassword("")))
        self.rows.addWidget(self.words)
        row = self.add_row(self.field, self.set_button, self.remove)
        row.setStretch(0, 1)

    def show_view(self, view: View) -> None:
        has_one = view.rules.has_password
        words = "Whoever comes without an invite that you made needs the password." if has_one else "None."
        self.words.show_text(words)
        self.set_button.setText("Change" if has_one else "Set")
        self.remove.setVisible(has_one)
        self.setEnabled(view.rights.operate)

    def _set(self, act: Act) -> None:
        password = self.field.text()
        if password:
            self.field.clear()
            act(ChangePassword(password))
