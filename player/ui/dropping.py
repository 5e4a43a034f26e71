"""Something is held over the window, or was let go there: what it will do is said, and asked where it is not plain."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QObject, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from player.core.room_intents import AddToPlaylist
from player.core.view import JoinRoom, LoadSubtitles, OpenMedium, View
from player.core.words import file_text
from player.ports import Act
from player.ui.buttons import plain_button
from player.ui.drops import Drop, Films, read_drop
from player.ui.label import ElidedLabel, Label, set_tip

NARROW = 420  # px: below it the buttons stand below each other


class DropChoice(QFrame):
    """Films were dropped in a room: for all at once, or later? Over the picture, with the keyboard."""

    def __init__(self, act: Act, parent: QWidget) -> None:
        super().__init__(parent)
        self._stage = parent
        self.setObjectName("choice")
        self._act = act
        self._paths: tuple[str, ...] = ()
        self.heading = ElidedLabel("", "dialog-title")
        self.words = Label("", "quiet")
        self.words.setWordWrap(True)
        self.play = plain_button("Play for all", "primary")
        self.add = plain_button("Add to the playlist")
        self.no = plain_button("Cancel")
        self.play.clicked.connect(self._play)
        self.add.clicked.connect(self._add)
        self.no.clicked.connect(self.close_up)
        self._row: QBoxLayout = QHBoxLayout()
        self._row.setSpacing(8)
        for button in (self.no, self.add, self.play):
            self._row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(8)
        column.addWidget(self.heading)
        column.addWidget(self.words)
        column.addSpacing(4)
        column.addLayout(self._row)
        self.hide()

    def ask(self, paths: tuple[str, ...], view: View) -> None:
        self._paths = paths
        names = [file_text(path) for path in paths]
        self.heading.show_text(f"“{names[0]}”" if len(names) == 1 else f"{len(names)} films")
        then = "Everybody changes to it now, or it waits in the playlist."
        if len(names) > 1:
            then = f"The first is “{names[0]}”. Everybody changes to it now, or all of them wait in the playlist."
        rights = view.rights
        self.words.show_text(then if rights.control and rights.playlist else rights.words or then)
        self.play.setEnabled(rights.control)
        self.add.setEnabled(rights.playlist)
        for button, may in ((self.play, rights.control), (self.add, rights.playlist)):
            set_tip(button, "" if may else rights.words)
        self.arrange()
        self.show()
        self.raise_()
        (self.play if rights.control else self.add if rights.playlist else self.no).setFocus()

    def arrange(self) -> None:
        """In the middle of the picture."""
        whole = self._stage.rect()
        width = min(440, whole.width() - 24)
        way = QBoxLayout.Direction
        self._row.setDirection(way.BottomToTop if width < NARROW else way.LeftToRight)
        self.setFixedWidth(width)
        self.adjustSize()
        self.move((whole.width() - self.width()) // 2, max(8, (whole.height() - self.height()) // 2))

    def close_up(self) -> None:
        self.hide()
        self._stage.setFocus()

    def _play(self) -> None:
        self.close_up()
        self._act(OpenMedium(self._paths[0]))
        if self._paths[1:]:
            self._act(AddToPlaylist(self._paths[1:]))

    def _add(self) -> None:
        self.close_up()
        self._act(AddToPlaylist(self._paths))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_up()
            event.accept()
        else:
            super().keyPressEvent(event)


class DropPlace(QObject):
    """The window hands its drag events here."""

    def __init__(self, act: Act, window: QWidget, stage: QWidget) -> None:
        super().__init__(window)
        self._act = act
        self._window = window
        self._view = View()
        self.hint = Label("", "drop", window)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hint.hide()
        self.choice = DropChoice(act, stage)

    def show_view(self, view: View) -> None:
        self._view = view

    def enter(self, event: QDragEnterEvent) -> None:
        drop = read_drop(event.mimeData())
        if drop is None:
            return
        event.acceptProposedAction()
        self.hint.setText(self._words(drop))
        self.hint.setGeometry(self._window.rect().adjusted(16, 16, -16, -16))
        self.hint.raise_()
        self.hint.show()

    def leave(self) -> None:
        self.hint.hide()

    def drop(self, event: QDropEvent) -> None:
        self.hint.hide()
        if self.take(event.mimeData()):
            event.acceptProposedAction()

    def take(self, mime: QMimeData) -> bool:
        """Do it, or ask; says whether it meant anything."""
        match read_drop(mime):
            case None:
                return False
            case Films(paths) if self._is_choice(paths):
                self.choice.ask(paths, self._view)
            case Films(paths):
                self._act(OpenMedium(paths[0]))
                if paths[1:]:
                    self._act(AddToPlaylist(paths[1:]))
            case intent:
                self._act(intent)
        return True

    def _is_choice(self, paths: tuple[str, ...]) -> bool:
        """In a room with a film: another one is everybody's matter. One file for whoever has no copy is the copy."""
        view = self._view
        return view.link in ("joined", "lost") and bool(view.title) and (view.has_medium or len(paths) > 1)

    def _words(self, drop: Drop) -> str:
        match drop:
            case JoinRoom():
                return "Drop to join"
            case LoadSubtitles():
                return "Drop to load these subtitles"
            case Films(paths):
                return "Drop to watch" if len(paths) == 1 else f"Drop to watch or add {len(paths)} films"
