"""Pictures of every state of the window: `python -m tests.ui.gallery [OUT]` (what `make screenshots` runs).

The states are views made by hand; no film, room or network is needed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPolygonF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from player.core.invite import Invite, InviteError
from player.core.medium import Due, Picture
from player.core.room_view import (
    HostingView,
    LibraryView,
    ListedRow,
    ListingView,
    ReachView,
    RulesView,
)
from player.core.view import Badge, View
from player.ui.dialogs import (
    AddressQuestion,
    Doubt,
    HostQuestion,
    JoinQuestion,
    LinkQuestion,
    NameQuestion,
    PasswordQuestion,
    SureQuestion,
)
from player.ui.ending import EndQuestion
from player.ui.folders import FoldersDialog
from player.ui.hosting import HostingPage
from player.ui.menus import ButtonMenu
from player.ui.window import MainWindow
from server.core.timeline import MediaTime
from tests.fakes.pictures import FakePictures, HandClock
from tests.ui.gallery_call import LOBBIES, call_states, pictures
from tests.ui.gallery_rooms import page, room_states
from tests.ui.gallery_views import (
    ALONE,
    ERROR,
    EVIL,
    FULL,
    HELLO,
    HOSTING,
    INVITE,
    LAN,
    LISTED,
    LONG,
    MEMBERS,
    PEOPLE,
    ROOM,
    RULES,
    WARNING,
)


def landscape(width: int, height: int) -> Picture:
    """A still that looks like a film: light and dark parts, so that contrast can be judged."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    sky = QLinearGradient(0, 0, 0, height)
    for at, colour in ((0.0, "#8fc7f0"), (0.45, "#f9e3b8"), (0.62, "#f6b48a")):
        sky.setColorAt(at, QColor(colour))
    painter.fillRect(0, 0, width, height, sky)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#fff6dc"))
    painter.drawEllipse(QRectF(width * 0.62, height * 0.3, height * 0.2, height * 0.2))
    hills = ((0.56, "#7d8fb0"), (0.66, "#4f6f6b"), (0.8, "#2f4a3c"))
    for row, (top, colour) in enumerate(hills):
        points = [
            QPointF(width * x / 12, height * (top + 0.07 * ((x * (row + 3) * 7 % 5) / 5 - 0.5))) for x in range(13)
        ]
        painter.setBrush(QColor(colour))
        painter.drawPolygon(QPolygonF([*points, QPointF(width, height), QPointF(0, height)]))
    painter.end()
    memory = image.bits()
    return Picture(MediaTime(0.0), width, height, image.bytesPerLine(), memory, image)


class Booth(FakePictures):
    """Always has the landscape, in the size that is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.aspect = 16 / 9
        self.has_film = True

    def set_size(self, width: int, height: int) -> None:
        super().set_size(width, height)
        if not self.has_film:
            return
        fits = min(width, round(height * self.aspect))
        self.answer = replace(self.answer, picture=landscape(max(2, fits), max(2, round(fits / self.aspect))))


def refuse(text: str) -> Invite:
    raise InviteError(f"“{text[:24]}” is no invite: it should begin with matinee:// and have a room after the address.")


def agree(_text: str) -> Invite:
    return Invite("192.0.2.7", 8998, "Friday")


class Gallery:
    def __init__(self, out: Path) -> None:
        self.out = out
        out.mkdir(parents=True, exist_ok=True)

    def window(self, view: View, width: int = 960, height: int = 540, caption: str = "") -> tuple[MainWindow, Booth]:
        booth = Booth()
        window = MainWindow(
            lambda _intent: None,
            booth,
            HandClock(),
            recall={"folder": "/home/ana/Films"}.get,
            remember=_forget,
            tiles=pictures(),
        )
        window.place(f"{width}x{height}+0+0")
        booth.answer = Due(None, None, caption=caption)
        window.show()
        QTest.qWaitForWindowExposed(window)
        window.show_view(view)
        if not view.has_picture:
            booth.has_film = False
            booth.answer = Due(None, None)
        booth.wake()
        self.settle()
        return window, booth

    def settle(self) -> None:
        for _ in range(4):
            QApplication.processEvents()
            QTest.qWait(5)

    def save(self, name: str, widget: QWidget) -> None:
        self.settle()
        path = self.out / f"{name}.png"
        if not widget.grab().save(str(path)):
            raise OSError(f"{path} can't be written.")

    def state(self, name: str, view: View, width: int = 960, height: int = 540, **more: object) -> None:
        hides = bool(more.pop("hides", False))
        prepare = more.pop("prepare", None)
        window, _ = self.window(view, width, height, str(more.pop("caption", "")))
        if hides:
            window.stage._hide_bars()
        if callable(prepare):
            prepare(window)
        self.save(name, window)
        window.shut()
        window.deleteLater()

    def dialog(self, name: str, make: Callable[[QWidget], QWidget]) -> None:
        window, _ = self.window(View())
        dialog = make(window)
        dialog.show()
        self.save(name, dialog)
        dialog.close()
        window.shut()


def _forget(_key: str, _value: object) -> None:
    pass


def hosting(window: QWidget, view: HostingView, rules: RulesView) -> HostingPage:
    dialog = HostingPage(lambda _intent: None, window)
    dialog.show_view(replace(FULL, hosting=view, rules=rules))
    return dialog


def scrolled(dialog: HostingPage) -> HostingPage:
    dialog.show()
    QApplication.processEvents()
    bar = dialog.findChildren(QScrollArea)[0].verticalScrollBar()
    bar.setValue(bar.maximum())
    return dialog


def with_rooms(question: JoinQuestion) -> JoinQuestion:
    question.show_rooms(LAN)
    return question


def listing(question: JoinQuestion, words: str = "", rooms: tuple[ListedRow, ...] = ()) -> JoinQuestion:
    """After the server was asked; neither words nor rooms: it has not answered yet."""
    server = "watch.example"
    question.field.setText(server)
    question.accept()
    question.show_listing(ListingView(server, not words and not rooms, rooms, words))
    return question


def with_library(dialog: FoldersDialog, folders: tuple[str, ...], words: str) -> FoldersDialog:
    dialog.show_library(LibraryView(folders, words))
    return dialog


def paint_all(gallery: Gallery) -> Iterator[str]:
    """Each state in turn; yields its name."""
    paused = replace(ALONE, state="paused")
    full_room = replace(ROOM, members=MEMBERS, state="holding", waiting_words="Waiting for Yūma: loading (8 s)")
    states: list[tuple[str, View, dict[str, object]]] = [
        ("welcome", View(), {}),
        ("welcome-small", View(), {"width": 640, "height": 360}),
        ("welcome-error", View(notices=(ERROR,)), {"width": 1120, "height": 660}),
        ("welcome-narrow", View(), {"width": 420, "height": 620}),
        ("playing-small-controls", ALONE, {"width": 640, "height": 360}),
        ("playing-small", ALONE, {"width": 640, "height": 360, "hides": True}),
        ("playing", ALONE, {"hides": True, "caption": "Well, this is a nice place.\nAren’t you coming along?"}),
        ("playing-controls-caption", ALONE, {"caption": "Well, this is a nice place."}),
        ("paused-controls", paused, {}),
        ("pending", replace(paused, is_pending=True), {"width": 640, "height": 360}),
        ("muted-tiny", replace(ALONE, is_muted=True), {"width": 380, "height": 220}),
        ("room-wide", ROOM, {"width": 1280, "height": 660}),
        ("roster-five", full_room, {"width": 1280, "height": 660}),
        ("roster-small", full_room, {"width": 640, "height": 360, "prepare": page("people")}),
        ("holding-small", full_room, {"width": 640, "height": 360}),
        (
            "link-lost",
            replace(
                ROOM, link="lost", link_words="Connection lost, trying again", badge=Badge("unknown", "Not connected")
            ),
            {},
        ),
        ("notices", replace(ROOM, notices=(HELLO, WARNING, ERROR)), {"width": 1120, "height": 660}),
        ("notices-small", replace(ROOM, notices=(HELLO, WARNING, ERROR)), {"width": 640, "height": 360}),
        ("sound-only", replace(ALONE, has_picture=False, title="Evening Concert"), {}),
        ("no-film", View(link="joined", room="Friday", invite=INVITE, members=MEMBERS[:1], name="Ana"), {}),
        (
            "no-copy",
            View(link="joined", room="Friday", title="Big Buck Bunny", state="paused", members=MEMBERS[:2]),
            {},
        ),
        ("opening", View(opening="Big Buck Bunny.mkv"), {}),
        ("opening-another", replace(ALONE, opening="Big Buck Bunny.mkv"), {}),
        ("connecting-with-a-film", replace(ALONE, link="connecting", link_words="Connecting to 192.0.2.7 …"), {}),
        ("connecting", View(link="connecting", link_words="Connecting to 192.0.2.7 …", room="Friday"), {}),
        (
            "long-names",
            replace(
                ROOM,
                title=LONG,
                room=LONG[:64],
                members=tuple(replace(row, name=LONG[:32]) for row in MEMBERS),
                notices=(replace(HELLO, words=LONG * 2),),
            ),
            {"width": 1120, "height": 660},
        ),
        (
            "plain-text",
            replace(
                ROOM,
                title=EVIL,
                room=EVIL,
                members=(replace(MEMBERS[0], name=EVIL[:32]),),
                notices=(replace(HELLO, words=EVIL),),
            ),
            {"width": 1120, "height": 660},
        ),
        ("behind", replace(ROOM, badge=Badge("off", "120 ms behind, catching up")), {}),
        ("near", replace(ROOM, badge=Badge("near", "40 ms ahead, correcting")), {}),
        ("flash", ALONE, {"prepare": lambda window: window.stage.notices.flash("Volume 55 %")}),
        ("keyboard", ALONE, {"prepare": lambda window: window.stage.controls.play.setFocus()}),
        ("seek-bubble", ALONE, {"prepare": lambda window: window.stage.controls.seek.pointed.emit(3000.0, 300.0)}),
    ]
    states += [*room_states(), *call_states()]
    for name, view, more in states:
        gallery.state(name, view, **more)  # type: ignore[arg-type]
        yield name
    dialogs: list[tuple[str, Callable[[QWidget], QWidget]]] = [
        ("dialog-name", NameQuestion),
        ("dialog-host", lambda window: HostQuestion(window, "Ana’s room")),
        ("dialog-join-empty", lambda window: JoinQuestion(window, "", refuse)),
        ("dialog-join-wrong", lambda window: JoinQuestion(window, "matinee:/192.0.2.7:8998", refuse)),
        ("dialog-join-good", lambda window: JoinQuestion(window, INVITE, agree)),
        ("dialog-password", lambda window: PasswordQuestion(window, "Friday", True)),
        ("dialog-join-lan", lambda window: with_rooms(JoinQuestion(window, "", refuse))),
        ("dialog-join-asking", lambda window: listing(JoinQuestion(window))),
        ("dialog-join-listed", lambda window: listing(JoinQuestion(window), rooms=LISTED)),
        (
            "dialog-join-none",
            lambda window: listing(JoinQuestion(window), "No room there wants to be found: ask for an invite."),
        ),
        ("dialog-end", lambda window: EndQuestion(window, PEOPLE[1:3], True)),
        (
            "dialog-sure",
            lambda window: SureQuestion(
                window,
                Doubt("Ban Mallory from the room?", "That person can’t come back until the ban is lifted.", "Ban"),
            ),
        ),
        ("dialog-link", LinkQuestion),
        ("dialog-address", lambda window: AddressQuestion(window, "media.example.org", False)),
        ("dialog-address-private", lambda window: AddressQuestion(window, "192.168.1.1", True)),
        (
            "dialog-folders",
            lambda window: with_library(
                FoldersDialog(window),
                ("/home/ana/Films", "/mnt/nas/Media/Movies and Series/Very long name of a folder"),
                "1,204 films known",
            ),
        ),
        ("dialog-folders-empty", lambda window: with_library(FoldersDialog(window), (), "")),
        ("hosting", lambda window: hosting(window, HOSTING, RULES)),
        ("hosting-end", lambda window: scrolled(hosting(window, HOSTING, RULES))),
        ("hosting-checking", lambda window: hosting(window, HostingView(ReachView()), RulesView())),
    ]
    for name, make in dialogs:
        gallery.dialog(name, make)
        yield name
    for name, call in LOBBIES:
        window, _ = gallery.window(replace(ROOM, call=call))
        window.calling._open_lobby()
        gallery.save(name, window.calling.lobby or window)
        window.shut()
        yield name
    window, _ = gallery.window(ROOM)
    window.show_view(replace(FULL, hosting=HOSTING))
    line = window.panel.people.lines["p2"]
    line.fill(line.menu)
    window.panel.playlist.show_view(FULL)
    window.panel.playlist.list.setCurrentIndex(window.panel.playlist.list.entries.index(3))
    window.panel.playlist.fill(window.panel.playlist.menu)
    for name, menu in (
        ("menu-tracks", window.stage.controls.tracks_menu),
        ("menu-main", window.stage.top.menu),
        ("menu-member", line.menu),
        ("menu-entry", window.panel.playlist.menu),
    ):
        if isinstance(menu, ButtonMenu):
            menu.renew()
        menu.adjustSize()
        gallery.save(name, menu)
        yield name
    window.showFullScreen()
    gallery.settle()
    gallery.save("full-screen", window)
    window.shut()
    yield "full-screen"


def main() -> int:
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    _app = QApplication.instance() or QApplication(sys.argv[:1])
    for name in paint_all(Gallery(out)):
        sys.stdout.write(f"{out / name}.png\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
