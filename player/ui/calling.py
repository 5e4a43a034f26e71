"""The call in the window: its strip, the large tile, the lobby, its keys. It follows the view and emits intents; what
it knows by itself is only what this person wants to see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtWidgets import QMenu, QWidget

from player.core.call_view import (
    CallView,
    JoinCall,
    LeaveCall,
    MuteForMe,
    OpenLobby,
    ShowTiles,
    SwitchCamera,
    SwitchMicrophone,
    TileRow,
)
from player.core.view import Intent, View
from player.ports import Act, TileSource
from player.ui.hall import Hall
from player.ui.keys import Wish
from player.ui.large import LargeTile
from player.ui.lobby import LobbyPage
from player.ui.menus import add_line
from player.ui.stage import Stage
from player.ui.strip import Strip
from player.ui.talking import TalkKey
from player.ui.tile_feed import TileFeed

CALM = 150  # ms: a window that is being resized asks for other sizes when it is done


class Calling(QObject):
    """`recall` and `remember`: "call_known", whether this person has ever joined a call here."""

    def __init__(
        self,
        act: Act,
        window: QWidget,
        stage: Stage,
        tiles: TileSource,
        recall: Callable[[str], Any],
        remember: Callable[[str, Any], None],
    ) -> None:
        super().__init__(window)
        self._tell = act
        self._window = window
        self._stage = stage
        self._recall, self._remember = recall, remember
        self._call = CallView()
        self._room = ""
        self._hides_strip = False
        self._hides_me = False
        self._large = ""  # whose tile is large ...
        self._has_large = False  # ... if any: "" is this person
        self._told: ShowTiles | None = None
        self._wanted = ShowTiles(())
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(CALM)
        self._calm.timeout.connect(self._tell_shown)
        self.strip = Strip()
        self.hall = Hall(stage, self.strip)
        self.large = LargeTile(stage)
        self.feed = TileFeed(tiles, self)
        self.talk = TalkKey(act, window)
        self.lobby: LobbyPage | None = None
        self.menu = QMenu(window)
        stage.take_large(self.large)
        self.strip.enlarged.connect(self._enlarge)
        self.strip.menu_asked.connect(self._pop_up)
        self.strip.reveals_me.connect(lambda: self._hide_me(False))
        self.large.enlarged.connect(self.make_small)
        self.large.shrinks.connect(self.make_small)
        self.large.menu_asked.connect(lambda place: self._pop_up(self._large, place))
        self.hall.arranged.connect(self._watch)
        self.hall.stirred.connect(stage.stir)
        stage.controls.call.joins.connect(self.join)

    @property
    def deeds(self) -> dict[Wish, Callable[[], object]]:
        """What its keys do."""
        return {
            Wish.MICROPHONE: self._switch_microphone,
            Wish.CAMERA: self._switch_camera,
            Wish.TALK: self._talk,
            Wish.TILES: self.switch_strip,
        }

    @property
    def is_strip_hidden(self) -> bool:
        return self._hides_strip

    def show_view(self, view: View) -> None:
        before, self._call = self._call, view.call
        self._room = view.room
        call = view.call
        if call == before:
            return
        if not self._is_in and before.state in ("joining", "in"):
            self._hides_strip = self._hides_me = self._has_large = False
            self._told = None
        if self._has_large and self._large_row() is None:
            self._has_large = False
        if self.talk.is_held and not (self._is_in and call.voice == "push"):
            self.talk.release()
        self._show_lobby(before)
        self.settle()

    def settle(self) -> None:
        """Show what is to be seen now."""
        call = self._call
        if self._is_in:
            self.strip.show_call(call, self._hides_me)
        self._show_large()
        self.hall.show_strip(self._is_in and not self._hides_strip)

    def act(self, intent: Intent) -> None:
        """What passes here on its way: a habit is remembered, settings in the call are opened here."""
        if isinstance(intent, JoinCall):
            self._remember("call_known", True)
        elif isinstance(intent, OpenLobby) and self._is_in:
            self._open_lobby()

    # -- wishes

    def join(self) -> None:
        """The first time by the lobby; who has been in a call joins at once, with camera and microphone off."""
        if not self._call.may_join:
            return
        if self._recall("call_known") is True and self._call.state == "off":
            self._emit(JoinCall())
            self._stage.notices.flash("Camera and microphone are off: Ctrl+E and Ctrl+D switch them on", 4.0)
        else:
            self._emit(OpenLobby())

    def switch_strip(self) -> None:
        if not self._is_in:
            self._stage.notices.flash("You are not in a call")
            return
        self._hides_strip = not self._hides_strip
        if self._hides_strip:
            self._stage.notices.flash("Tiles hidden, you are still in the call: Ctrl+G shows them", 2.5)
        self.settle()

    def make_small(self) -> bool:
        """Back from the large tile; says whether there was one."""
        had_large, self._has_large = self._has_large, False
        if had_large:
            if self.large.isAncestorOf(self._window.focusWidget() or self._window) or self.large.hasFocus():
                self._stage.setFocus()
            self.settle()
        return had_large

    def close(self) -> None:
        """Ask for no more pictures: their memory is about to go."""
        self.feed.watch({})

    # -- parts

    @property
    def _is_in(self) -> bool:
        return self._call.state in ("joining", "in")

    def _emit(self, intent: Intent) -> None:
        self.act(intent)
        self._tell(intent)

    def _enlarge(self, peer: str) -> None:
        is_again = self._has_large and self._large == peer
        self._large, self._has_large = peer, not is_again
        self.settle()

    def _hide_me(self, is_hidden: bool) -> None:
        self._hides_me = is_hidden
        if is_hidden and self._has_large and self._large == "":
            self._has_large = False
        self.settle()

    def _large_row(self) -> TileRow | None:
        return next((row for row in self._call.tiles if row.peer == self._large), None)

    def _show_large(self) -> None:
        row = self._large_row() if self._has_large else None
        if row is not None:
            self.large.show_row(replace(row, is_speaking=False))
        if self.large.isHidden() == (row is not None):
            self.large.setVisible(row is not None)
            self._stage.arrange()

    def _watch(self) -> None:
        """Pictures go where they are seen; others in the call need not be decoded."""
        is_seen = self._window.isVisible() and not self._window.isMinimized()
        wanted = self.strip.watchers() if self._is_in and is_seen else {}
        heights = {peer: tile.picture_height() for peer, tile in self.strip.shown().items()} if wanted else {}
        if self._has_large and not self.large.isHidden() and is_seen:
            wanted.setdefault(self._large, []).append(self.large.show_image)
            heights[self._large] = self.large.picture_height()
        if self.lobby is not None:
            for peer, shows in self.lobby.watchers().items():
                wanted.setdefault(peer, []).extend(shows)
        have_pictures = {row.peer for row in self._call.tiles if row.has_picture}
        self.feed.watch({peer: shows for peer, shows in wanted.items() if peer in have_pictures})
        people = {row.peer for row in self._call.tiles}
        self._wanted = ShowTiles(tuple((peer, heights.get(peer, 0)) for peer in sorted(wanted) if peer in people))
        is_other = self._told is None or [peer for peer, _ in self._told.shown] != [
            peer for peer, _ in self._wanted.shown
        ]
        if is_other:
            self._tell_shown()
        elif self._wanted != self._told:
            self._calm.start()

    def _tell_shown(self) -> None:
        """Whose pictures are seen, and in which size: then they come in that size and need no scaling here."""
        self._calm.stop()
        if self._call.state in ("lobby", "in") and self._wanted != self._told:
            self._told = self._wanted
            self._tell(self._told)

    # -- the lobby

    def _show_lobby(self, before: CallView) -> None:
        call = self._call
        if call.state == "lobby" and before.state != "lobby":
            self._open_lobby()
        lobby = self.lobby
        if lobby is None:
            return
        is_over = call.state == "off" or (before.state == "lobby" and call.state != "lobby")
        if is_over:
            self.lobby = None
            lobby.end()
        else:
            lobby.show_call(call, self._room)

    def _open_lobby(self) -> None:
        if self.lobby is not None:
            self.lobby.raise_()
            self.lobby.activateWindow()
            return
        page = LobbyPage(self._emit, self._window)
        page.finished.connect(lambda _result: self._forget_lobby(page))
        self.lobby = page
        page.show_call(self._call, self._room)
        page.show()
        self._watch()

    def _forget_lobby(self, page: LobbyPage) -> None:
        if self.lobby is page:
            self.lobby = None
        self._watch()

    # -- keys and menus

    def _switch_microphone(self) -> None:
        call = self._call
        if not self._is_in and call.state != "lobby":
            self._stage.notices.flash("You are not in a call")
            return
        self._tell(SwitchMicrophone(not call.microphone_on))
        self._stage.notices.flash("Microphone off" if call.microphone_on else "Microphone on")

    def _switch_camera(self) -> None:
        call = self._call
        if not self._is_in and call.state != "lobby":
            self._stage.notices.flash("You are not in a call")
            return
        self._tell(SwitchCamera(not call.camera_on))
        self._stage.notices.flash("Camera off" if call.camera_on else "Camera on")

    def _talk(self) -> None:
        call = self._call
        if not self._is_in:
            return
        if call.voice != "push":
            self._stage.notices.flash("T talks when “Hold T to talk” is chosen in the call’s settings", 2.5)
        elif not call.microphone_on:
            self._stage.notices.flash("Your microphone is off: Ctrl+D switches it on", 2.5)
        else:
            self.talk.press()

    def _pop_up(self, peer: str, place: QPoint) -> None:
        self.menu.clear()
        self.fill_tile_menu(self.menu, peer)
        if self.menu.actions():
            self.menu.popup(place)

    def fill_tile_menu(self, menu: QMenu, peer: str) -> None:
        """What may be done about a tile."""
        call = self._call
        row = next((row for row in call.tiles if row.peer == peer), None)
        if row is None:
            return
        is_large = self._has_large and self._large == peer
        if not (row.is_me and self._hides_me):
            add_line(menu, "Small again" if is_large else "Show large", lambda: self._enlarge(peer))
        if row.is_me:
            words = "Show my tile" if self._hides_me else "Hide my tile"
            add_line(menu, words, lambda: self._hide_me(not self._hides_me))
            menu.addSeparator()
            self.fill_call_menu(menu)
            return
        words = f"Hear {row.name} again" if row.is_muted_by_me else f"Mute {row.name} for me"
        add_line(menu, words, lambda: self._tell(MuteForMe(peer, not row.is_muted_by_me)))
        menu.addSeparator()
        add_line(menu, "Hide the tiles", self.switch_strip, "Ctrl+G")

    def fill_call_menu(self, menu: QMenu) -> None:
        """The call's lines of a menu: for the one of the window, too."""
        call = self._call
        if not self._is_in:
            if call.may_join:
                add_line(menu, "Join the call…", lambda: self._emit(OpenLobby()))
            return
        microphone = "Switch the microphone off" if call.microphone_on else "Switch the microphone on"
        add_line(menu, microphone, self._switch_microphone, "Ctrl+D")
        add_line(
            menu, "Switch the camera off" if call.camera_on else "Switch the camera on", self._switch_camera, "Ctrl+E"
        )
        add_line(menu, "Show the tiles" if self._hides_strip else "Hide the tiles", self.switch_strip, "Ctrl+G")
        add_line(menu, "Camera, microphone and voices…", lambda: self._emit(OpenLobby()))
        add_line(menu, "Leave the call", lambda: self._tell(LeaveCall()))
