"""The window: shows a view, emits intents, remembers a person's habits. It decides nothing about film or room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QEvent, QRect, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QMenu, QWidget

from player.core.view import (
    ChooseSound,
    ChooseSubtitles,
    Intent,
    JoinRoom,
    LeaveRoom,
    LoadSubtitles,
    OpenMedium,
    SetMuted,
    SetName,
    SetSubtitleDelay,
    SetVolume,
    View,
    WantRate,
    WantSeek,
)
from player.core.words import delay_text, place_text, rate_text
from player.ports import Act, Clock, PictureSource
from player.ui.awake import Awake
from player.ui.doors import Doors
from player.ui.drops import read_drop
from player.ui.geometry import parse_geometry
from player.ui.icons import app_icon
from player.ui.keys import Press, Wish, read_key, wanted
from player.ui.label import Label
from player.ui.menus import add_line
from player.ui.roster import RosterPanel
from player.ui.seeking import SeekKeys
from player.ui.stage import Stage
from player.ui.theme import apply_theme

SIZE = (1120, 660)  # px, the first time
ROOMY = (960, 480)  # px: from this size on the roster shows by itself
WHEEL = 5  # percent a notch


class MainWindow(QMainWindow):
    """`recall` and `remember` are the settings: "name", "volume", "folder", "window"."""

    closed = Signal()
    """The person has closed the window: end the program."""

    def __init__(
        self,
        act: Act,
        source: PictureSource,
        clock: Clock,
        *,
        recall: Callable[[str], Any],
        remember: Callable[[str, Any], None],
        awake: Awake | None = None,
    ) -> None:
        super().__init__()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app)
        self.setWindowTitle("Matinee")
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.setMinimumSize(160, 90)
        self._tell = act
        self._recall, self._remember = recall, remember
        self._awake = Awake() if awake is None else awake
        self._view = View()
        self._wants_roster: bool | None = None  # None: as the window's size suggests
        self._wants_roster_in_full = False
        self._last_subtitles: str | None = None
        self._is_placed = False
        self._may_close = False

        self.stage = Stage(self.act, source, clock, self._fill_menu)
        self.picture = self.stage.picture
        self.welcome = self.stage.welcome
        self.roster = RosterPanel()
        self.roster.hide()
        self.doors = Doors(self, self.act, recall, remember)
        self._drop_hint = Label("", "drop", self)
        self._drop_hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._drop_hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._drop_hint.hide()
        self._seek_keys = SeekKeys(lambda at: self.act(WantSeek(at)), self)

        centre = QWidget()
        row = QHBoxLayout(centre)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.stage, 1)
        row.addWidget(self.roster)
        self.setCentralWidget(centre)
        self._connect()
        self._restore_place()
        self.stage.setFocus()
        self.welcome.show_folder(str(recall("folder") or ""))
        self.show_view(self._view)

    # -- what others ask

    def show_view(self, view: View) -> None:
        """Draw a view; the port `Screen`. Often called: what has not changed costs next to nothing."""
        before, self._view = self._view, view
        if view.subtitle_track is not None:
            self._last_subtitles = view.subtitle_track
        title = view.title or view.room
        if title != (before.title or before.room):
            self.setWindowTitle(" ".join(f"{title} – Matinee".split()) if title else "Matinee")
        self.stage.show_view(view)
        self._seek_keys.show_view(view)
        self._show_roster()
        self._take_back_keyboard()
        self.doors.show_view(view)
        if view.keeps_awake != before.keeps_awake:
            self._awake.keep_awake(view.keeps_awake)

    def place(self, geometry: str) -> None:
        """Put the window exactly there ("640x360+0+0"), for this start only. Raises ValueError with words."""
        place = parse_geometry(geometry)
        self._is_placed = True
        self.setGeometry(QRect(place.x, place.y, place.width, place.height))

    def grab_picture(self) -> QImage:
        """The picture with its bars and caption, without controls and notices."""
        return self.picture.grab_picture()

    def grab_window(self) -> QImage:
        """All of the window as it is seen."""
        return self.grab().toImage()

    def shut(self) -> None:
        """Close without a question."""
        self._may_close = True
        self.close()

    def ask_name(self, and_then: Callable[[], object]) -> None:
        """Ask for the name if it is not known yet, then go on; nothing follows a "no"."""
        self.doors.ask_name(and_then)

    # -- wishes

    def act(self, intent: Intent) -> None:
        """Hand an intent on; what is a habit is remembered, what can't be seen otherwise is said."""
        match intent:
            case JoinRoom() if not self._view.name:
                self.doors.ask_name(lambda: self._tell(intent))
                return
            case JoinRoom() | LeaveRoom() if others := self._guests():
                self.doors.ask_to_end(others, False, lambda: self._tell(intent))
                return
            case SetName(name):
                self._remember("name", name)
            case SetVolume(volume):
                self._remember("volume", volume)
            case OpenMedium(path):
                self._remember_folder(path)
            case LoadSubtitles(path):
                self._remember_folder(path)
            case _:
                pass
        self._tell(intent)

    def do(self, press: Press) -> None:
        """Fulfil the wish of a key."""
        match press.wish:
            case Wish.SEEK:
                aim = self._seek_keys.press(press.amount)
                if aim is not None and not self.stage.are_bars_shown and self._view.link != "lost":
                    self.stage.notices.flash(place_text(aim, self._view.duration))
            case Wish.FULL_SCREEN:
                self.switch_full_screen()
            case Wish.ESCAPE:
                self._escape()
            case Wish.OPEN:
                self.doors.open_film()
            case Wish.INVITE:
                self.copy_invite()
            case Wish.ROSTER:
                self.switch_roster()
            case Wish.QUIT:
                self.close()
            case _:
                intent = wanted(press, self._view, self._last_subtitles)
                if intent is not None:
                    self.act(intent)
                    self._flash(intent)

    def switch_full_screen(self) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def switch_roster(self) -> None:
        if not self._view.members:
            return
        if self.isFullScreen():
            self._wants_roster_in_full = self.roster.isHidden()
        else:
            self._wants_roster = self.roster.isHidden()
        self._show_roster()

    def copy_invite(self) -> None:
        if self._view.invite:
            QGuiApplication.clipboard().setText(self._view.invite)
            self.stage.notices.flash("Invite copied: paste it into a message to your friends")
        else:
            self.stage.notices.flash("There is no invite: host or join a room first")

    def _escape(self) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.stage.take_back_keyboard()

    def _flash(self, intent: Intent) -> None:
        """Say what a key has done to what is mine alone; the room's changes come as notices."""
        match intent:
            case SetVolume(volume):
                words = f"Volume {volume} %"
            case SetMuted(is_muted):
                words = "Sound off" if is_muted else "Sound on"
            case WantRate(rate):
                words = f"Speed {rate_text(rate)}, for everyone" if self._view.room else f"Speed {rate_text(rate)}"
            case SetSubtitleDelay(seconds):
                words = f"Subtitle delay: {delay_text(seconds)}"
            case ChooseSubtitles(track):
                tracks = {known.id: known.label for known in self._view.subtitle_tracks}
                words = "Subtitles off" if track is None else f"Subtitles: {tracks.get(track) or track}"
            case ChooseSound(track):
                words = f"Sound: {next((t.label for t in self._view.sound_tracks if t.id == track), track)}"
            case _:
                return
        self.stage.notices.flash(words)

    # -- parts

    def _connect(self) -> None:
        welcome, stage, controls, doors = self.welcome, self.stage, self.stage.controls, self.doors
        welcome.opens.connect(doors.open_film)
        welcome.hosts.connect(doors.host)
        welcome.joins.connect(doors.join)
        doors.copied.connect(self.copy_invite)
        stage.double_clicked.connect(self.switch_full_screen)
        stage.scrolled.connect(lambda notches: self.do(Press(Wish.VOLUME, notches * WHEEL)))
        stage.placeholder.opens.connect(doors.open_film)
        stage.placeholder.copies_invite.connect(self.copy_invite)
        stage.placeholder.leaves.connect(lambda: self.act(LeaveRoom()))
        controls.toggles_full_screen.connect(self.switch_full_screen)
        controls.toggles_roster.connect(self.switch_roster)
        controls.copies_invite.connect(self.copy_invite)
        controls.loads_subtitles.connect(doors.load_subtitles)
        controls.seeks_by.connect(self._seek_keys.press)
        self.roster.copies_invite.connect(self.copy_invite)
        self.roster.leaves.connect(lambda: self.act(LeaveRoom()))

    def _fill_menu(self, menu: QMenu) -> None:
        view = self._view
        add_line(menu, "Open a film…", self.doors.open_film, "Ctrl+O")
        menu.addSeparator()
        if view.link == "alone":
            add_line(menu, "Host a room…", self.doors.host)
            add_line(menu, "Join with an invite…", self.doors.join)
        else:
            add_line(menu, "Copy the invite", self.copy_invite, "Ctrl+I").setEnabled(bool(view.invite))
            add_line(menu, "Who is here", self.switch_roster, "F9")
            add_line(menu, "Leave the room", lambda: self.act(LeaveRoom()))
        menu.addSeparator()
        add_line(menu, "Full screen", self.switch_full_screen, "F")
        add_line(menu, "Quit", self.close, "Ctrl+Q")

    def _guests(self) -> list[str]:
        """Whose room ends with ours."""
        view = self._view
        return [member.name for member in view.members if member.here and not member.is_me] if view.is_hosting else []

    def _show_roster(self) -> None:
        if not self._view.members:
            is_shown = False
        elif self.isFullScreen():
            is_shown = self._wants_roster_in_full
        elif self._wants_roster is None:
            is_shown = self.width() >= ROOMY[0] and self.height() >= ROOMY[1]
        else:
            is_shown = self._wants_roster
        if is_shown:
            self.roster.show_view(self._view)
        if self.roster.isHidden() == is_shown:
            self.roster.setVisible(is_shown)

    def _restore_place(self) -> None:
        self.resize(*SIZE)
        place = self._recall("window")
        if isinstance(place, str) and place:
            self.restoreGeometry(QByteArray.fromBase64(place.encode("ascii", "ignore")))

    def _remember_folder(self, path: str) -> None:
        if "://" not in path:
            folder = str(Path(path).parent)
            self._remember("folder", folder)
            self.welcome.show_folder(folder)

    # -- Qt's

    def keyPressEvent(self, event: QKeyEvent) -> None:
        press = read_key(event)
        if press is None:
            super().keyPressEvent(event)
            return
        self.do(press)
        event.accept()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not event.isAutoRepeat():
            self._seek_keys.release()
        super().keyReleaseEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        if self._take_back_keyboard():
            return True
        self.stage.stir()  # hidden controls could not be reached
        return super().focusNextPrevChild(forward)

    def _take_back_keyboard(self) -> bool:
        """From what is hidden now: Qt would hand it to some button beside, and Space would press that."""
        focus = self.focusWidget()
        if focus is None or focus.isVisibleTo(self):
            return False
        self.stage.setFocus()
        return True

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.stage.controls.show_full_screen(self.isFullScreen())
            self._show_roster()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_roster()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        match read_drop(event.mimeData()):
            case None:
                return
            case JoinRoom():
                words = "Drop to join"
            case LoadSubtitles():
                words = "Drop to load these subtitles"
            case _:
                words = "Drop to watch"
        event.acceptProposedAction()
        self._drop_hint.setText(words)
        self._drop_hint.setGeometry(self.rect().adjusted(16, 16, -16, -16))
        self._drop_hint.raise_()
        self._drop_hint.show()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop_hint.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._drop_hint.hide()
        intent = read_drop(event.mimeData())
        if intent is not None:
            event.acceptProposedAction()
            self.act(intent)

    def closeEvent(self, event: QCloseEvent) -> None:
        others = self._guests()
        if others and not self._may_close:
            event.ignore()
            self.doors.ask_to_end(others, True, self.shut)
            return
        if not self._is_placed:
            self._remember("window", bytes(self.saveGeometry().toBase64().data()).decode())
        self.picture.let_go()
        self._awake.close()
        event.accept()
        self.closed.emit()
