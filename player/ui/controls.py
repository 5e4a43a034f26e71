"""The control bar: lies over the lowest part of the picture, takes none of it away."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from player.core.view import Intent, SetMuted, SetVolume, View, WantSeek
from player.core.words import clock_text, rate_text
from player.ports import Act
from player.ui.bar import Bar
from player.ui.buttons import GlyphButton, WordButton
from player.ui.call_bar import CallBar, width_of
from player.ui.keys import play_or_pause
from player.ui.label import Label
from player.ui.menus import ButtonMenu, fill_rate_menu, fill_tracks_menu
from player.ui.slider import SeekBar, VolumeSlider

BUBBLE = 26  # px above the seek bar, where the time under the pointer is written
ROOMY = 560  # px: below it what the keyboard does as well is left out
TIGHT = 400
GAP, EDGE = 2, 7  # px, of the row of buttons
TINY = 320  # below it the menus have the speed and the invite
VEIL = ((0.0, QColor(0, 0, 0, 0)), (0.35, QColor(8, 9, 12, 170)), (1.0, QColor(8, 9, 12, 235)))


class ControlBar(Bar):
    toggles_full_screen = Signal()
    toggles_panel = Signal()
    copies_invite = Signal()
    loads_subtitles = Signal()
    seeks_by = Signal(float)

    def __init__(self, act: Act, parent: QWidget | None = None) -> None:
        super().__init__(VEIL, parent)
        self.setObjectName("controls")
        self.setAccessibleName("Controls")
        self._act = act
        self._view = View()
        self.seek = SeekBar()
        self.seek.sought.connect(lambda at: act(WantSeek(at)))
        self.seek.pointed.connect(self._point)
        self.seek.unpointed.connect(self._unpoint)
        self.bubble = Label("", "bubble", self)
        self.bubble.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.bubble.hide()
        self.at = Label("0:00", "time")
        self.length = Label("", "time")
        self.play = GlyphButton("play", "Play for everyone", "Space")
        self.play.setObjectName("play")
        self.play.clicked.connect(self._play_or_pause)
        self.back = GlyphButton("back", "Back 10 seconds", "Alt+Left")
        self.back.clicked.connect(lambda: self.seeks_by.emit(-10.0))
        self.forward = GlyphButton("forward", "Forward 10 seconds", "Alt+Right")
        self.forward.clicked.connect(lambda: self.seeks_by.emit(10.0))
        self.mute = GlyphButton("volume", "Mute", "M")
        self.mute.clicked.connect(lambda: act(SetMuted(not self._view.is_muted)))
        self.volume = VolumeSlider()
        self.volume.setFixedWidth(92)
        self.volume.valueChanged.connect(lambda value: act(SetVolume(value)))
        self.rate = WordButton("Speed, for everyone", "[ ]")
        self.rate_menu = ButtonMenu(self.rate, True, lambda menu: fill_rate_menu(menu, self._view, act))
        self.tracks = GlyphButton("tracks", "Sound and subtitles")
        self.tracks_menu = ButtonMenu(
            self.tracks, True, lambda menu: fill_tracks_menu(menu, self._view, act, self.loads_subtitles.emit)
        )
        self.call = CallBar(act)
        self.invite = GlyphButton("invite", "Copy the invite", "Ctrl+I")
        self.invite.clicked.connect(self.copies_invite)
        self.panel = GlyphButton("people", "People, chat and playlist", "F9")
        self.panel.clicked.connect(self.toggles_panel)
        self.full = GlyphButton("fullscreen", "Full screen", "F")
        self.full.clicked.connect(self.toggles_full_screen)
        self._buttons = (
            *(self.play, self.back, self.forward, self.mute, self.volume),
            *(self.rate, self.tracks, self.invite, self.panel, self.full),
        )
        self._fitted: tuple[object, ...] = ()
        self._lay_out()

    def show_view(self, view: View) -> None:
        """Follow the view; called only while the bar is seen."""
        self._view = view
        is_open = view.state != "nothing"
        may = is_open and view.rights.control
        self.seek.show_place(view.media_time, view.duration)
        self.seek.allow(view.rights.control, view.rights.words)
        if not self.seek.isSliderDown():
            self.at.show_text(clock_text(view.media_time))
        self.length.show_text(clock_text(view.duration) if view.duration is not None else "")
        if view.state in ("playing", "holding"):
            self.play.show_as("pause", "Pause for everyone" if view.room else "Pause")
        else:
            self.play.show_as("play", "Play for everyone" if view.room else "Play")
        self.play.show_pending(view.is_pending)
        for button in (self.play, self.rate):
            button.setEnabled(may)
        for button in (self.back, self.forward):
            button.setEnabled(may and view.duration is not None)
        refusal = view.rights.words if is_open and not may else ""
        for button in (self.play, self.rate, self.back, self.forward):
            button.refuse(refusal)
        self.tracks.setEnabled(is_open)
        loud = "volume" if view.volume > 50 else "volume-low"
        self.mute.show_as(
            "muted" if view.is_muted or view.volume == 0 else loud, "Sound on" if view.is_muted else "Mute"
        )
        self.volume.show_volume(view.volume)
        self.rate.setText(rate_text(view.rate))
        in_room = bool(view.members)
        self.panel.show_as(*(("people", "People, chat and playlist") if in_room else ("playlist", "Playlist")))
        self.panel.setVisible(in_room or is_open)
        self.call.show_call(view.call)
        self._fit()

    def show_full_screen(self, is_full: bool) -> None:
        self.full.show_as("windowed" if is_full else "fullscreen", "Leave full screen" if is_full else "Full screen")

    def is_in_use(self) -> bool:
        """Something of it is held, open or has the keyboard."""
        focus = self.focusWidget() if self.window().isActiveWindow() else None
        return (
            self.seek.isSliderDown()
            or self.volume.isSliderDown()
            or self.rate_menu.isVisible()
            or self.tracks_menu.isVisible()
            or self.call.more_menu.isVisible()
            or (focus is not None and focus.hasFocus())
        )

    def covered(self) -> int:
        """How many px above its lower edge it is not see-through."""
        return self.height() - BUBBLE

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.setContentsMargins(7, 0, 7, 0)  # in line with what can be seen of the buttons
        top.addWidget(self.at)
        top.addWidget(self.seek, 1)
        top.addWidget(self.length)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        for button in (self.play, self.back, self.forward, self.mute):
            row.addWidget(button)
        row.addWidget(self.volume)
        row.addStretch(1)
        row.addWidget(self.call)
        row.addStretch(1)
        row.addWidget(self.rate)
        for button in (self.tracks, self.invite, self.panel, self.full):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(EDGE, BUBBLE, EDGE, 6)
        column.setSpacing(2)
        column.addLayout(top)
        column.addLayout(row)

    def _fit(self) -> None:
        """Leave out what there is no room for: first what keys and menus do as well."""
        width, call = self.width(), self.call
        invite = bool(self._view.invite) and width >= TINY
        wanted = (width, invite, self.panel.isHidden(), self.rate.text(), call.is_in, call.isHidden(), call.join.text())
        if wanted == self._fitted:
            return
        for widget in (self.back, self.forward):
            widget.setVisible(width >= TIGHT)
        self.volume.setVisible(width >= ROOMY)
        self.rate.setVisible(width >= TINY)
        self.invite.setVisible(invite)
        self.tracks.setVisible(True)
        call.take_form("long")
        steps: list[Callable[[], object]] = [
            lambda: call.take_form("short"),
            self.volume.hide,
            self._hide_jumps,
            lambda: call.take_form("short", False),
            self.invite.hide,
            lambda: call.take_form("icon", False),
            self.rate.hide,
            self.tracks.hide,
        ]
        for step in [] if call.isHidden() else steps:
            if self._needed() <= width:
                break
            step()
        self._fitted = (*wanted[:-1], call.join.text())

    def _hide_jumps(self) -> None:
        self.back.hide()
        self.forward.hide()

    def _needed(self) -> int:
        """How wide the row of buttons is at least, px."""
        seen = [widget for widget in self._buttons if not widget.isHidden()]
        call = self.call.needed()
        return sum(map(width_of, seen)) + call + (len(seen) + 3) * GAP + 2 * EDGE

    def _play_or_pause(self) -> None:
        intent: Intent | None = play_or_pause(self._view)
        if intent is not None:
            self._act(intent)

    def _point(self, media_time: float, x: float) -> None:
        self.bubble.show_text(clock_text(media_time))
        self.bubble.adjustSize()
        middle = self.seek.mapTo(self, QPoint(round(x), 0))
        left = min(max(4, middle.x() - self.bubble.width() // 2), self.width() - self.bubble.width() - 4)
        self.bubble.move(left, self.seek.y() - self.bubble.height() - 1)
        self.bubble.show()
        if self.seek.isSliderDown():
            self.at.show_text(clock_text(media_time))

    def _unpoint(self) -> None:
        self.bubble.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
