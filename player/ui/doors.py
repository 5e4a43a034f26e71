"""The ways into a film or a room, and out of it: file dialogs, hosting, joining, ending, and the name for that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from player.core.room_intents import AddToPlaylist, AskForRooms, OpenAddress, SetFolders
from player.core.view import HostRoom, Intent, JoinRoom, LoadSubtitles, Lock, MemberRow, OpenMedium, SetName, View
from player.ports import Act
from player.ui.dialogs import (
    AddressQuestion,
    Doubt,
    HostQuestion,
    JoinQuestion,
    LinkQuestion,
    NameQuestion,
    PasswordQuestion,
    SureQuestion,
    clipboard_text,
)
from player.ui.drops import SUBTITLES
from player.ui.ending import EndQuestion
from player.ui.folders import FoldersDialog
from server.core.protocol import MAX_ROOM

if TYPE_CHECKING:
    from player.ui.hosting import HostingPage

FILMS = "mkv mp4 m4v mov avi webm ts m2ts mts mpg mpeg wmv flv ogv ogg mp3 m4a flac wav opus aac"


class Doors(QObject):
    """One question at a time is open; a second wish brings the first to the front. The page for hosting is no question:
    it stays beside the film."""

    copied = Signal()
    """Copy the invite, please."""
    flashes = Signal(str)
    """To be read for a moment."""

    def __init__(
        self, window: QWidget, act: Act, recall: Callable[[str], Any], remember: Callable[[str, Any], None]
    ) -> None:
        super().__init__(window)
        self._window = window
        self._act = act
        self._recall = recall
        self._remember = remember
        self._view = View()
        self._name = ""
        self._awaits_invite = False
        self.question: QDialog | None = None
        self.hosting: HostingPage | None = None

    def show_view(self, view: View) -> None:
        before, self._view = self._view, view
        if view.is_hosting and view.room and view.room != before.room:
            self._remember("room", view.room)
        if view.lock is not None and view.lock != before.lock:
            self._ask_password(view.lock)
        if self._awaits_invite and view.invite and view.is_hosting:
            self._awaits_invite = False
            self.copied.emit()
            self.show_hosting()
            if self.hosting is not None:
                self.hosting.say_copied()
        self._show_in_open(view)

    # -- films

    def open_film(self) -> None:
        self._ask_files("Open a film", _films(), lambda paths: self._act(OpenMedium(paths[0])))

    def add_films(self) -> None:
        """To the playlist."""
        self._ask_files(
            "Add films to the playlist", _films(), lambda paths: self._act(AddToPlaylist(tuple(paths))), many=True
        )

    def add_link(self) -> None:
        question = LinkQuestion(self._window)
        pasted = clipboard_text().strip()
        if pasted.lower().startswith(("http://", "https://")) and len(pasted.split()) == 1:
            question.field.setText(pasted)
        question.answered.connect(lambda link: self._act(AddToPlaylist((link,))))
        self._open(question)

    def load_subtitles(self) -> None:
        patterns = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in sorted(SUBTITLES))
        self._ask_files(
            "Load a subtitle file",
            f"Subtitles ({patterns});;All files (*)",
            lambda paths: self._act(LoadSubtitles(paths[0])),
        )

    def ask_address(self) -> None:
        """The room's film is at an address: may it be opened?"""
        address = self._view.address
        if address is not None:
            question = AddressQuestion(self._window, address.host, address.is_private)
            question.accepted.connect(lambda: self._act(OpenAddress()))
            self._open(question)

    def show_folders(self) -> None:
        dialog = FoldersDialog(self._window)
        dialog.show_library(self._view.library)
        dialog.changed.connect(lambda folders: self._act(SetFolders(folders)))
        dialog.browses.connect(lambda: self._ask_folder(dialog))
        self._open(dialog)

    # -- rooms

    def host(self) -> None:
        self.ask_name(self._ask_room)

    def join(self) -> None:
        self.ask_name(self._ask_invite)

    def show_hosting(self) -> None:
        """Open the page, or bring it to the front."""
        if self.hosting is None:
            from player.ui.hosting import HostingPage  # with the QR codes it takes a tenth of the window's start

            page = HostingPage(self._act, self._window)
            page.copies.connect(self.copied)
            page.copies.connect(page.say_copied)
            page.said.connect(self.flashes)
            page.finished.connect(lambda _result: self._forget_hosting(page))
            self.hosting = page
            page.show_view(self._view)
            page.show()
        else:
            self.hosting.raise_()
            self.hosting.activateWindow()

    def ask_name(self, and_then: Callable[[], object]) -> None:
        """Go on at once if there is a name, else ask for it first."""
        if self._view.name or self._name:
            and_then()
            return
        question = NameQuestion(self._window, str(self._recall("name") or ""))

        def answer(name: str) -> None:
            self._name = name
            self._act(SetName(name))
            and_then()

        question.answered.connect(answer)
        self._open(question)

    def ask_first(self, intent: Intent, doubt: Doubt) -> None:
        """Do it after a "yes"."""
        question = SureQuestion(self._window, doubt)
        question.accepted.connect(lambda: self._act(intent))
        self._open(question)

    def ask_to_end(
        self,
        others: Sequence[MemberRow],
        is_quitting: bool,
        move: Callable[[str, bool], object],
        end: Callable[[], object],
    ) -> None:
        """Hand the room over to a peer, end it, or stay."""
        question = EndQuestion(self._window, others, is_quitting)
        question.handed_over.connect(lambda peer: move(peer, is_quitting))
        question.accepted.connect(end)
        self._open(question)

    # -- parts

    def _ask_room(self) -> None:
        name = self._view.name or self._name
        usual = str(self._recall("room") or "") or (f"{name}’s room" if name else "")
        question = HostQuestion(self._window, usual[:MAX_ROOM])
        question.answered.connect(self._host)
        self._open(question)

    def _host(self, room: str) -> None:
        self._awaits_invite = True
        self._act(HostRoom(room))

    def _ask_invite(self) -> None:
        pasted = clipboard_text().strip()
        is_invite = pasted.lower().startswith("matinee:")
        question = JoinQuestion(self._window, pasted if is_invite else str(self._recall("server") or ""))
        if not is_invite:
            question.field.selectAll()  # to be pasted over
        question.show_rooms(self._view.lan_rooms)
        question.answered.connect(lambda invite: self._act(JoinRoom(invite)))
        question.entered.connect(lambda invite: self._act(JoinRoom(invite)))
        question.asked.connect(self._ask_server)
        self._open(question)

    def _ask_server(self, server: str) -> None:
        self._remember("server", server)
        self._act(AskForRooms(server))

    def _ask_password(self, lock: Lock) -> None:
        question = PasswordQuestion(self._window, lock.room, lock.was_wrong)
        question.answered.connect(lambda password: self._act(JoinRoom(lock.invite, password)))
        self._open(question)

    def _ask_files(self, title: str, patterns: str, answer: Callable[[list[str]], object], many: bool = False) -> None:
        folder = str(self._recall("folder") or "")
        start = folder if folder and Path(folder).is_dir() else str(Path.home())
        dialog = QFileDialog(self._window, title, start, patterns)
        dialog.setOption(QFileDialog.Option.HideNameFilterDetails)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles if many else QFileDialog.FileMode.ExistingFile)
        dialog.filesSelected.connect(answer)
        self._open(dialog)

    def _ask_folder(self, folders: FoldersDialog) -> None:
        """Over the dialog of folders, which stays."""
        dialog = QFileDialog(folders, "Add a folder with films", str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(folders.take)
        dialog.finished.connect(lambda _result: dialog.deleteLater())
        dialog.open()

    def _show_in_open(self, view: View) -> None:
        """What is open follows the view."""
        match self.question:
            case JoinQuestion() as question:
                question.show_rooms(view.lan_rooms)
                question.show_listing(view.listing)
            case FoldersDialog() as dialog:
                dialog.show_library(view.library)
            case AddressQuestion() as question if view.address is None:
                question.reject()
            case _:
                pass
        if self.hosting is not None:
            if view.hosting is None and not view.is_hosting:
                self.hosting.close()
            else:
                self.hosting.show_view(view)

    def _open(self, question: QDialog) -> None:
        if self.question is not None:
            self.question.close()
        self.question = question
        question.finished.connect(lambda _result: self._forget(question))
        question.open()

    def _forget(self, question: QDialog) -> None:
        if self.question is question:
            self.question = None
        question.deleteLater()

    def _forget_hosting(self, page: HostingPage) -> None:
        if self.hosting is page:
            self.hosting = None


def _films() -> str:
    patterns = " ".join(f"*.{suffix} *.{suffix.upper()}" for suffix in FILMS.split())
    return f"Films ({patterns});;All files (*)"
