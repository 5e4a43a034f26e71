"""The window: shows a view, emits intents, remembers a person's habits. It decides nothing about film or room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QEvent, QRect, Signal
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
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu

from player.core.view import (
    HostRoom,
    Intent,
    JoinRoom,
    LeaveRoom,
    LoadSubtitles,
    MemberRow,
    OpenMedium,
    SetName,
    SetVolume,
    View,
)
from player.ports import Act, Clock, PictureSource, TileSource
from player.ui.awake import Awake
from player.ui.calling import Calling
from player.ui.doors import Doors
from player.ui.dropping import DropPlace
from player.ui.geometry import parse_geometry
from player.ui.icons import app_icon
from player.ui.keyboard import Keyboard
from player.ui.keys import TALK_KEY, Press, Wish, read_key
from player.ui.leaving import Leaving
from player.ui.mainmenu import MenuDeeds, fill_main_menu
from player.ui.panel import SidePanel
from player.ui.split import Split
from player.ui.stage import Stage
from player.ui.theme import apply_theme
from player.ui.tile_feed import NoTiles

SIZE = (1120, 660)  # px, the first time
WHEEL = 5  # percent a notch


class MainWindow(QMainWindow):
    """`recall` and `remember` are the settings: "name", "volume", "folder", "window", "panel_width", "panel_page"."""

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
        tiles: TileSource | None = None,
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
        self._is_placed = False
        self._may_close = False

        self.stage = Stage(self.act, source, clock, self._fill_menu)
        self.picture = self.stage.picture
        self.welcome = self.stage.welcome
        self.calling = Calling(act, self, self.stage, NoTiles() if tiles is None else tiles, recall, remember)
        self.split = Split(self.calling.hall, self._make_panel, recall, remember)
        self.setCentralWidget(self.split)
        self.doors = Doors(self, self.act, recall, remember)
        self.leaving = Leaving(act, self.shut, self)
        self.drops = DropPlace(self.act, self, self.stage)
        self.stage.choice = self.drops.choice
        self.keyboard = Keyboard(
            self.act,
            self.stage,
            clock,
            {
                Wish.FULL_SCREEN: self.switch_full_screen,
                Wish.ESCAPE: self._escape,
                Wish.OPEN: self.doors.open_film,
                Wish.INVITE: self.copy_invite,
                Wish.PANEL: self.split.switch,
                Wish.PLAYLIST: lambda: self.split.switch_page("playlist"),
                Wish.CHAT: self.open_chat,
                Wish.QUIT: self.close,
                **self.calling.deeds,
            },
        )
        self._menu_deeds = MenuDeeds(
            open_film=self.doors.open_film,
            host=self.doors.host,
            join=self.doors.join,
            copy_invite=self.copy_invite,
            show_hosting=self.doors.show_hosting,
            leave=lambda: self.act(LeaveRoom()),
            fill_call=self.calling.fill_call_menu,
            switch_panel=self.split.switch,
            switch_playlist=lambda: self.split.switch_page("playlist"),
            show_folders=self.doors.show_folders,
            switch_full_screen=self.switch_full_screen,
            quit=self.close,
        )
        self._connect()
        self._restore_place()
        self.stage.setFocus()
        self.welcome.show_folder(str(recall("folder") or ""))
        self.show_view(self._view)

    # -- what others ask

    @property
    def panel(self) -> SidePanel:
        return self.split.panel

    def show_view(self, view: View) -> None:
        """Draw a view; the port `Screen`. Often called: what has not changed costs next to nothing."""
        before, self._view = self._view, view
        title = view.title or view.room
        if title != (before.title or before.room):
            self.setWindowTitle(" ".join(f"{title} – Matinee".split()) if title else "Matinee")
        news = self.split.show_view(view)
        self.stage.show_view(view)
        self.stage.say_lines(news)
        self.calling.show_view(view)
        self.keyboard.show_view(view)
        self.drops.show_view(view)
        self._take_back_keyboard()
        self.doors.show_view(view)
        if view.keeps_awake != before.keeps_awake:
            self._awake.keep_awake(view.keeps_awake)
        self.leaving.show_view(view)

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
        """Hand an intent on; what is a habit is remembered, what ends the evening for others is asked first."""
        if isinstance(intent, HostRoom | JoinRoom | LeaveRoom):
            self.leaving.forget()
        self.calling.act(intent)
        match intent:
            case JoinRoom() if not self._view.name:
                self.doors.ask_name(lambda: self._tell(intent))
                return
            case JoinRoom() | LeaveRoom() if others := self._guests():
                end = self.leaving.end
                self.doors.ask_to_end(others, False, self.leaving.move, lambda: end(lambda: self._tell(intent)))
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
        self.keyboard.do(press)

    def switch_full_screen(self) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def open_chat(self) -> None:
        """Write: in the panel where it is open, else over the picture."""
        view = self._view
        if not view.members:
            return
        if any(member.is_me and member.facts.is_muted for member in view.members):
            self.stage.notices.flash("You are muted in this room")
        elif view.link != "joined":
            self.stage.notices.flash("Not connected: nothing can be said now")
        elif self.split.is_panel_shown:
            self.split.open_page("chat")
            self.panel.chat.write()
        else:
            self.stage.open_say()

    def copy_invite(self) -> None:
        if self._view.invite:
            QGuiApplication.clipboard().setText(self._view.invite)
            self.stage.notices.flash("Invite copied: paste it into a message to your friends")
        else:
            self.stage.notices.flash("There is no invite: host or join a room first")

    def _escape(self) -> None:
        if not self.stage.hasFocus() and self.stage.isAncestorOf(self.focusWidget() or self):
            self.stage.take_back_keyboard()
        elif self.split.is_panel_shown and self.panel.isAncestorOf(self.focusWidget() or self):
            self.stage.setFocus()
        elif self.calling.make_small():
            pass
        elif self.isFullScreen():
            self.showNormal()
        else:
            self.stage.take_back_keyboard()

    # -- parts

    def _connect(self) -> None:
        welcome, stage, controls, doors = self.welcome, self.stage, self.stage.controls, self.doors
        self.split.changed.connect(lambda: stage.show_beside(self.split.page, self.split.unread))
        welcome.opens.connect(doors.open_film)
        welcome.hosts.connect(doors.host)
        welcome.joins.connect(doors.join)
        welcome.enters.connect(lambda invite: self.act(JoinRoom(invite)))
        doors.copied.connect(self.copy_invite)
        doors.flashes.connect(stage.notices.flash)
        stage.double_clicked.connect(self.switch_full_screen)
        stage.scrolled.connect(lambda notches: self.do(Press(Wish.VOLUME, notches * WHEEL)))
        stage.placeholder.opens.connect(doors.open_film)
        stage.placeholder.copies_invite.connect(self.copy_invite)
        stage.placeholder.leaves.connect(lambda: self.act(LeaveRoom()))
        stage.placeholder.trusts.connect(doors.ask_address)
        stage.placeholder.chooses_folders.connect(doors.show_folders)
        controls.toggles_full_screen.connect(self.switch_full_screen)
        controls.toggles_panel.connect(self.split.switch)
        controls.copies_invite.connect(self.copy_invite)
        controls.loads_subtitles.connect(doors.load_subtitles)
        controls.seeks_by.connect(self.keyboard.seeking.press)

    def _make_panel(self) -> SidePanel:
        panel, doors = SidePanel(self.act), self.doors
        panel.people.copies_invite.connect(self.copy_invite)
        panel.people.hosts.connect(doors.show_hosting)
        panel.people.leaves.connect(lambda: self.act(LeaveRoom()))
        panel.people.asks.connect(doors.ask_first)
        panel.playlist.adds_files.connect(doors.add_films)
        panel.playlist.adds_link.connect(doors.add_link)
        panel.chat.escaped.connect(self.stage.setFocus)
        return panel

    def _fill_menu(self, menu: QMenu) -> None:
        fill_main_menu(menu, self._view, self._menu_deeds)

    def _guests(self) -> list[MemberRow]:
        """Whose room ends with ours."""
        view = self._view
        return [member for member in view.members if member.here and not member.is_me] if view.is_hosting else []

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
            self.keyboard.seeking.release()
            if event.key() == TALK_KEY:
                self.calling.talk.release()
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
            self.split.settle()
            self.calling.settle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.split.settle()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.drops.enter(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.drops.leave()

    def dropEvent(self, event: QDropEvent) -> None:
        self.drops.drop(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        others = self._guests()
        if others and not self._may_close:
            event.ignore()
            self.doors.ask_to_end(others, True, self.leaving.move, lambda: self.leaving.end(self.shut))
            return
        if not self._is_placed:
            self._remember("window", bytes(self.saveGeometry().toBase64().data()).decode())
        self.picture.let_go()
        self.calling.close()
        self._awake.close()
        event.accept()
        self.closed.emit()
