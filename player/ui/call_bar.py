"""The call's part of the control bar: one button to join; in the call microphone, camera, settings and the way out."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from player.core.call_pipe import DeviceState
from player.core.call_view import CallView, JoinCall, LeaveCall, OpenLobby, SwitchCamera, SwitchMicrophone
from player.ports import Act
from player.ui.buttons import GlyphButton, WordButton
from player.ui.icons import glyph
from player.ui.menus import ButtonMenu, add_line
from player.ui.theme import COLOURS

GAP = 2  # px
Form = Literal["long", "short", "icon"]


class CallBar(QWidget):
    joins = Signal()
    """The person wants to be in the call, whichever way it begins."""

    def __init__(self, act: Act, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("callbar")
        self.setAccessibleName("Call")
        self._call = CallView()
        self._form: Form = "long"
        self._has_extras = True
        self.join = WordButton("Join the call")
        self.join.setProperty("role", "join-call")
        self.join.setIcon(glyph("camera"))
        self.join.setIconSize(QSize(20, 20))
        self.join.clicked.connect(self.joins)
        self.more = GlyphButton("more", "How to join")
        self.more.setFixedWidth(24)
        self.more_menu = ButtonMenu(self.more, True, lambda menu: _fill(menu, act))
        self.microphone = GlyphButton("mic-off", "Switch the microphone on", "Ctrl+D")
        self.microphone.clicked.connect(lambda: act(SwitchMicrophone(not self._call.microphone_on)))
        self.camera = GlyphButton("camera-off", "Switch the camera on", "Ctrl+E")
        self.camera.clicked.connect(lambda: act(SwitchCamera(not self._call.camera_on)))
        self.settings = GlyphButton("settings", "Camera, microphone and voices")
        self.settings.clicked.connect(lambda: act(OpenLobby()))
        self.leave = GlyphButton("hangup", "Leave the call")
        self.leave.show_colour(COLOURS.off)
        self.leave.clicked.connect(lambda: act(LeaveCall()))
        self._buttons = (self.join, self.more, self.microphone, self.camera, self.settings, self.leave)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        for button in self._buttons:
            row.addWidget(button)
        self.show_call(CallView())

    @property
    def is_in(self) -> bool:
        return self._call.state in ("joining", "in")

    def show_call(self, call: CallView) -> None:
        self._call = call
        is_in = self.is_in
        self.setVisible(is_in or call.may_join or bool(call.join_words))
        for button in (self.microphone, self.camera, self.leave):
            button.setVisible(is_in)
        self._take_form()
        self.join.setEnabled(call.may_join)
        self.more.setEnabled(call.may_join)
        words = call.join_words
        self.join.refuse("" if call.may_join else words or "There is no room to call in.")
        self.join.tell(f"Join the call: {words}" if words and call.may_join else "Join the call")
        self.join.setAccessibleDescription(words)
        self._show_device(self.microphone, "microphone", "mic", call.microphone_on, call.microphone_state)
        self._show_device(self.camera, "camera", "camera", call.camera_on, call.camera_state)
        if call.microphone_on and call.voice == "push":
            self.microphone.show_as("mic", "Hold T to talk. Switch the microphone off")
            self.microphone.show_colour(COLOURS.accent if call.is_talking else COLOURS.text)
        for button, sentence in ((self.microphone, call.microphone_words), (self.camera, call.camera_words)):
            button.show_dot(bool(sentence))
            button.refuse(sentence)
        self.leave.show_as("hangup", "Stop joining" if call.state == "joining" else "Leave the call")

    def needed(self) -> int:
        """How wide it is at least, px."""
        seen = [button for button in self._buttons if not button.isHidden()]
        return 0 if self.isHidden() else sum(map(width_of, seen)) + (len(seen) - 1) * GAP

    def take_form(self, form: Form, has_extras: bool = True) -> None:
        """How much room it may take. Without extras its menu has them, or the window's."""
        self._form, self._has_extras = form, has_extras
        self._take_form()

    def _take_form(self) -> None:
        call, is_in = self._call, self.is_in
        self.join.setVisible(not is_in)
        self.more.setVisible(not is_in and self._has_extras)
        self.settings.setVisible(is_in and self._has_extras)
        text = " Join call"
        if call.others:
            text += f" · {call.others} in the call" if self._form == "long" else f" · {call.others}"
        if self._form == "icon":
            text = f" {call.others}" if call.others else ""
        if text != self.join.text():
            self.join.setText(text)
        self.join.setToolButtonStyle(
            Qt.ToolButtonStyle.ToolButtonTextBesideIcon if text else Qt.ToolButtonStyle.ToolButtonIconOnly
        )
        self.join.setMinimumWidth(36)

    def _show_device(self, button: GlyphButton, what: str, icon: str, is_on: bool, state: DeviceState) -> None:
        name = f"Switch the {what} {'off' if is_on else 'on'}"
        button.show_as(icon if is_on else f"{icon}-off", name)
        button.show_colour(COLOURS.text if is_on else COLOURS.off)
        button.show_pending(is_on and state == "opening")


def width_of(widget: QWidget) -> int:
    """How wide a widget in a row has to be, px."""
    if widget.minimumWidth() == widget.maximumWidth():
        return widget.minimumWidth()
    return max(widget.minimumSizeHint().width(), widget.sizeHint().width(), widget.minimumWidth())


def _fill(menu: QMenu, act: Act) -> None:
    add_line(menu, "Choose camera and microphone…", lambda: act(OpenLobby()))
    add_line(menu, "Join with camera and microphone off", lambda: act(JoinCall()))
