"""The ways into a film or a room: file dialogs, hosting, joining, and the name that both need once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from player.core.view import HostRoom, JoinRoom, LoadSubtitles, Lock, OpenMedium, SetName, View
from player.ports import Act
from player.ui.dialogs import (
    EndQuestion,
    HostQuestion,
    InviteDialog,
    JoinQuestion,
    NameQuestion,
    PasswordQuestion,
    clipboard_text,
)
from player.ui.drops import SUBTITLES
from server.core.protocol import MAX_ROOM

FILMS = "mkv mp4 m4v mov avi webm ts m2ts mts mpg mpeg wmv flv ogv ogg mp3 m4a flac wav opus aac"


class Doors(QObject):
    """One question at a time is open; a second wish brings the first to the front."""

    copied = Signal()
    """Copy the invite, please."""

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

    def show_view(self, view: View) -> None:
        before, self._view = self._view, view
        if view.lock is not None and view.lock != before.lock:
            self._ask_password(view.lock)
        if self._awaits_invite and view.invite and view.is_hosting:
            self._awaits_invite = False
            self.copied.emit()
            self._show_invite()

    def open_film(self) -> None:
        patterns = " ".join(f"*.{suffix} *.{suffix.upper()}" for suffix in FILMS.split())
        self._ask_file("Open a film", f"Films ({patterns});;All files (*)", lambda path: self._act(OpenMedium(path)))

    def load_subtitles(self) -> None:
        patterns = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in sorted(SUBTITLES))
        self._ask_file(
            "Load a subtitle file",
            f"Subtitles ({patterns});;All files (*)",
            lambda path: self._act(LoadSubtitles(path)),
        )

    def host(self) -> None:
        self.ask_name(self._ask_room)

    def join(self) -> None:
        self.ask_name(self._ask_invite)

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

    def ask_to_end(self, others: list[str], is_quitting: bool, and_then: Callable[[], object]) -> None:
        question = EndQuestion(self._window, others, is_quitting)
        question.accepted.connect(and_then)
        self._open(question)

    def _ask_room(self) -> None:
        name = self._view.name or self._name
        question = HostQuestion(self._window, f"{name}’s room"[:MAX_ROOM] if name else "")
        question.answered.connect(self._host)
        self._open(question)

    def _host(self, room: str) -> None:
        self._awaits_invite = True
        self._act(HostRoom(room))

    def _ask_invite(self) -> None:
        pasted = clipboard_text().strip()
        question = JoinQuestion(self._window, pasted if pasted.lower().startswith("matinee:") else "")
        question.answered.connect(lambda invite: self._act(JoinRoom(invite)))
        self._open(question)

    def _ask_password(self, lock: Lock) -> None:
        question = PasswordQuestion(self._window, lock.room, lock.was_wrong)
        question.answered.connect(lambda password: self._act(JoinRoom(lock.invite, password)))
        self._open(question)

    def _show_invite(self) -> None:
        dialog = InviteDialog(self._window, self._view.room or "The room", self._view.invite)
        dialog.copies.connect(self.copied)
        self._open(dialog)

    def _ask_file(self, title: str, patterns: str, answer: Callable[[str], object]) -> None:
        folder = str(self._recall("folder") or "")
        start = folder if folder and Path(folder).is_dir() else str(Path.home())
        dialog = QFileDialog(self._window, title, start, patterns)
        dialog.setOption(QFileDialog.Option.HideNameFilterDetails)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(answer)
        self._open(dialog)

    def _open(self, question: QDialog) -> None:
        if self.question is not None:
            self.question.close()
        self.question = question
        question.finished.connect(lambda _result: self._forget(question))
        question.adjustSize()
        question.open()

    def _forget(self, question: QDialog) -> None:
        if self.question is question:
            self.question = None
        question.deleteLater()
