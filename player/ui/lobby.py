"""The page before a call, and its settings within: one sees oneself as in a mirror, chooses and tries camera and
microphone, and joins by one large button. Nothing is switched on by opening it.

It stands beside the window and holds nothing up: the film goes on while somebody chooses."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QComboBox, QDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from player.core.call_pipe import VoiceMode
from player.core.call_view import (
    CallView,
    ChooseCamera,
    ChooseDucking,
    ChooseMicrophone,
    ChooseVoice,
    CleanMicrophone,
    CloseLobby,
    DeviceRow,
    Ducking,
    JoinCall,
    SwitchCamera,
    SwitchMicrophone,
    TileRow,
)
from player.ports import Act
from player.ui.buttons import SwitchButton, plain_button
from player.ui.keys import TALK_KEY, Wish, read_key
from player.ui.label import ElidedLabel, Label
from player.ui.meter import Meter
from player.ui.plain import tame
from player.ui.section import Choice, Section, Tick
from player.ui.talking import TalkKey
from player.ui.theme import COLOURS
from player.ui.tile import Tile

PREVIEW = (320, 240)  # px
COLUMN = 310  # px, of what is chosen
LETTERS = 38  # of a device's name
VOICES: tuple[tuple[VoiceMode, str, str], ...] = (
    ("open", "Always open", "Your friends hear you as long as the microphone is on."),
    ("push", "Hold T to talk", "Your friends hear you while you hold the key T."),
    ("activation", "When I speak", "The microphone opens by itself when you speak."),
)
DUCKINGS: tuple[tuple[Ducking, str], ...] = (
    ("off", "As loud as ever"),
    ("gentle", "A little quieter"),
    ("strong", "Much quieter"),
)


class DeviceChoice(Choice):
    """One of the devices that there are."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumWidth(COLUMN)
        self._devices: tuple[DeviceRow, ...] = ()

    def show_devices(self, devices: tuple[DeviceRow, ...], chosen: str) -> None:
        """`chosen` is the id of one of them."""
        if devices != self._devices:
            self._devices = devices
            self.clear()
            self.addItems([_short(device.label) for device in devices])
        self.show_chosen([device.id for device in devices].index(chosen))

    def id_at(self, at: int) -> str:
        return self._devices[at].id


class LobbyPage(QDialog):
    def __init__(self, act: Act, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Matinee")
        self.setObjectName("lobby")
        self._act = act
        self._call = CallView()
        self._has_ended = False
        self.talk = TalkKey(act, self)
        self.title = ElidedLabel("", "dialog-title")
        self.company = Label("", "quiet")
        self.company.setWordWrap(True)
        self.preview = Tile(COLOURS.surface)
        self.preview.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.preview.setFixedSize(*PREVIEW)
        self.camera_switch = SwitchButton("Camera", ("camera", "camera-off"))
        self.camera_switch.clicked.connect(lambda: act(SwitchCamera(not self._call.camera_on)))
        self.microphone_switch = SwitchButton("Microphone", ("mic", "mic-off"))
        self.microphone_switch.clicked.connect(lambda: act(SwitchMicrophone(not self._call.microphone_on)))
        self.cameras = DeviceChoice("Camera")
        self.cameras.activated.connect(lambda at: act(ChooseCamera(self.cameras.id_at(at))))
        self.microphones = DeviceChoice("Microphone")
        self.microphones.activated.connect(lambda at: act(ChooseMicrophone(self.microphones.id_at(at))))
        self.meter = Meter()
        self.microphone_words = _words()
        self.microphone_words.setMinimumHeight(2 * self.microphone_words.fontMetrics().lineSpacing() + 2)
        self.microphone_words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.voice = Choice("When the microphone is open", *(name for _, name, _ in VOICES))
        self.voice.activated.connect(lambda at: act(ChooseVoice(VOICES[at][0])))
        self.ducking = Choice("The film’s sound, while somebody speaks", *(name for _, name in DUCKINGS))
        self.ducking.activated.connect(lambda at: act(ChooseDucking(DUCKINGS[at][0])))
        self.cleans = Tick("Take out echo and noise")
        self.cleans.clicked.connect(lambda is_on: act(CleanMicrophone(is_on)))
        self.news = _words()
        self.back = plain_button("Cancel")
        self.back.clicked.connect(self.close)
        self.join = plain_button("Join call", "primary")
        self.join.clicked.connect(self._join)
        self._lay_out()
        self.join.setFocus()

    def show_call(self, call: CallView, room: str) -> None:
        """Follow the view."""
        self._call = call
        is_in = call.state in ("joining", "in")
        self.title.show_text("Camera, microphone and voices" if is_in else f"Call in “{room}”" if room else "Call")
        self.setAccessibleName(self.title.text())
        company = call.join_words or ("Nobody is in the call yet." if not call.others else "")
        self.company.show_text("" if is_in else company)
        self.company.setVisible(bool(self.company.text()))
        self.preview.show_row(_mirror(call))
        self.camera_switch.show_switched(
            call.camera_on, "opens …" if call.camera_on and call.camera_state == "opening" else ""
        )
        self.microphone_switch.show_switched(
            call.microphone_on, "opens …" if call.microphone_on and call.microphone_state == "opening" else ""
        )
        self.cameras.show_devices(call.cameras, call.camera)
        self.microphones.show_devices(call.microphones, call.microphone)
        self.meter.show_level(call.level if call.microphone_on else 0.0, call.is_talking)
        modes = [mode for mode, _, _ in VOICES]
        hint = VOICES[modes.index(call.voice)][2] if call.microphone_on else "Switch it on and speak: the bars move."
        _say(self.microphone_words, call.microphone_words if call.microphone_state == "failed" else "", hint)
        self.voice.show_chosen(modes.index(call.voice))
        self.ducking.show_chosen([ducking for ducking, _ in DUCKINGS].index(call.ducking))
        self.cleans.setChecked(call.cleans)
        relay = "Calls of this room go through its relay only: nobody learns your address." if call.relay_only else ""
        _say(self.news, "", relay or (call.words if is_in else ""))
        self.join.setVisible(not is_in)
        self.join.setEnabled(call.may_join)
        self.back.setText("Done" if is_in else "Cancel")

    def watchers(self) -> dict[str, list[Callable[[QImage | None], None]]]:
        """Whose picture is wanted here."""
        return {"": [self.preview.show_image]} if self.isVisible() else {}

    def _join(self) -> None:
        self._act(JoinCall())

    def end(self) -> None:
        """Close: the call has begun, or there is none to begin any more."""
        self._has_ended = True
        self.close()

    # -- Qt's

    def done(self, result: int) -> None:
        self.talk.release()
        if not self._has_ended:
            self._has_ended = True
            self._act(CloseLobby())
        super().done(result)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        press, call = read_key(event), self._call
        match press.wish if press is not None else None:
            case Wish.MICROPHONE:
                self._act(SwitchMicrophone(not call.microphone_on))
            case Wish.CAMERA:
                self._act(SwitchCamera(not call.camera_on))
            case Wish.TALK if call.voice == "push" and call.microphone_on:
                self.talk.press()
            case _:
                super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == TALK_KEY and not event.isAutoRepeat():
            self.talk.release()
        super().keyReleaseEvent(event)

    def _lay_out(self) -> None:
        switches = QHBoxLayout()
        switches.setSpacing(8)
        switches.addWidget(self.microphone_switch, 1)
        switches.addWidget(self.camera_switch, 1)
        left = QVBoxLayout()
        left.setSpacing(10)
        left.addWidget(self.preview)
        left.addLayout(switches)
        left.addStretch(1)
        camera = Section("Camera")
        camera.rows.addWidget(self.cameras)
        microphone = Section("Microphone")
        microphone.rows.addWidget(self.microphones)
        microphone.rows.addWidget(self.meter)
        microphone.add_row(self.voice, label="It is open")
        microphone.rows.addWidget(self.cleans)
        microphone.rows.addWidget(self.microphone_words)
        film = Section("The film, while somebody speaks")
        film.add_row(self.ducking, label="Its sound")
        right = QVBoxLayout()
        right.setSpacing(16)
        for section in (camera, microphone, film):
            section.setFixedWidth(COLUMN)
            right.addWidget(section)
        right.addStretch(1)
        middle = QHBoxLayout()
        middle.setSpacing(24)
        middle.addLayout(left)
        middle.addLayout(right)
        head = QVBoxLayout()
        head.setSpacing(3)
        head.addWidget(self.title)
        head.addWidget(self.company)
        body = QVBoxLayout()
        body.setContentsMargins(22, 18, 22, 16)
        body.setSpacing(14)
        body.addLayout(head)
        body.addLayout(middle)
        foot = QFrame()
        foot.setProperty("role", "part")
        row = QHBoxLayout(foot)
        row.setContentsMargins(22, 10, 22, 12)
        row.setSpacing(8)
        row.addWidget(self.news, 1)
        row.addWidget(self.back)
        row.addWidget(self.join)
        self.join.setMinimumWidth(140)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(body)
        whole.addStretch(1)
        whole.addWidget(foot)


def _mirror(call: CallView) -> TileRow:
    """This person's own tile without the name: one knows who it is."""
    me = next((row for row in call.tiles if row.is_me), TileRow("", "", is_me=True))
    opens = "The camera opens …" if call.camera_on and not me.has_picture else ""
    return TileRow(
        peer=me.peer,
        name=me.name,
        is_me=True,
        has_picture=me.has_picture,
        camera=call.camera_on,
        microphone=call.microphone_on,
        words=me.words or opens,
    )


def _words() -> Label:
    label = Label("", "quiet")
    label.setWordWrap(True)
    label.setMinimumHeight(label.fontMetrics().lineSpacing())
    return label


def _say(label: Label, wrong: str, hint: str) -> None:
    label.show_text(wrong or hint)
    label.set_role("bad" if wrong else "quiet")


def _short(label: str) -> str:
    label = " ".join(tame(label).split())
    return label if len(label) <= LETTERS else label[: LETTERS - 1] + "…"
