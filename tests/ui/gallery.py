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
from player.core.medium import Due, Picture, Track
from player.core.room_view import (
    AddressView,
    BanRow,
    ChatRow,
    CheckView,
    CopyView,
    EntryRow,
    Floating,
    HostingView,
    KeyRow,
    LanRow,
    LibraryView,
    MemberFacts,
    PlaylistView,
    ReachView,
    Rights,
    RulesView,
)
from player.core.view import Badge, MemberRow, Shown, View
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
from player.ui.pages import Page
from player.ui.window import MainWindow
from server.core.timeline import MediaTime
from tests.fakes.pictures import FakePictures, HandClock

INVITE = "matinee://192.0.2.7:8998/Friday?pin=pGv1dpkq8mRZs0vZz3C2mA&key=Zx81kQhV2cE&also=203.0.113.9:8998"
LONG = "The Extraordinarily Long and Winding Title of a Film That Nobody Could Ever Fit Into One Line, Part II"

ALONE = View(
    title="Big Buck Bunny",
    has_medium=True,
    has_picture=True,
    state="playing",
    media_time=754.2,
    duration=5430.0,
    name="Ana",
    volume=80,
    sound_tracks=(Track("stream:1", "sound", "English (AAC, 5.1)", "en"), Track("stream:2", "sound", "Deutsch (AC-3)")),
    sound_track="stream:1",
    subtitle_tracks=(Track("file:/films/bunny.en.srt", "subtitles", "English – bunny.en.srt", "en"),),
)
MEMBERS = (
    MemberRow("p1", "Ana", is_me=True, asynchrony=0.0004, delay=0.002, level="good"),
    MemberRow("p2", "Bartholomew", asynchrony=0.003, delay=0.162, level="good"),
    MemberRow("p3", "Chloë", asynchrony=-0.120, delay=0.048, level="near"),
    MemberRow("p4", "Dmitri", here=False, asynchrony=-0.5),
    MemberRow("p5", "Yūma 悠真", is_waited_for=True, delay=0.3),
)
ROOM = replace(
    ALONE,
    link="joined",
    room="Friday",
    invite=INVITE,
    is_hosting=True,
    members=MEMBERS[:3],
    badge=Badge("good", "In sync, within 1 ms"),
)
HOST = Rights(operate=True, host=True)
PEOPLE = (
    replace(MEMBERS[0], facts=MemberFacts(role="host")),
    replace(MEMBERS[1], facts=MemberFacts(role="operator", may_be_managed=True)),
    replace(MEMBERS[2], facts=MemberFacts(copy_words="4:12 longer", offset=2.5, may_be_managed=True)),
    replace(MEMBERS[3], facts=MemberFacts(may_be_managed=True)),
    replace(MEMBERS[4], facts=MemberFacts(is_muted=True, copy_words="no film yet", may_be_managed=True)),
    MemberRow("p6", "Fatima", asynchrony=0.0, level="good", facts=MemberFacts(is_away=True, may_be_managed=True)),
)
CHAT = (
    ChatRow(1, "Bartholomew", "Is everybody here? 🍿", "21:02", "0:00", 0.0),
    ChatRow(2, "Ana", "Ready when you are.", "21:02", "0:00", 0.0, is_me=True),
    ChatRow(
        3,
        "Chloë",
        "That squirrel is going to regret this. See https://example.org/wiki/Big_Buck_Bunny_(film)",
        "21:09",
        "7:12",
        432.0,
    ),
    ChatRow(4, "Yūma 悠真", "この場面は本当に美しいですね 😂", "21:14", "12:01", 721.0),
    ChatRow(5, "فاطمة", "هذا المشهد رائع! wow", "21:15", "12:20", 740.0),
    ChatRow(6, "Bartholomew", "Told you so", "21:15", "12:31", 751.0),
)
ENTRIES = (
    EntryRow("e1", "Big Buck Bunny", 596.0, by="Ana"),
    EntryRow("e2", "Sintel", 888.0, is_current=True, by="Bartholomew"),
    EntryRow("e3", "Tears of Steel", 734.0, by="Chloë", note="not found here"),
    EntryRow("e4", "The Extraordinarily Long and Winding Title of a Film, Part II (Director’s Cut)", 7265.0, by="Ana"),
    EntryRow("e5", "https://example.org/stream.m3u8", None, by="Yūma 悠真"),
)
PLAYLIST = PlaylistView(ENTRIES, loop="all", can_undo=True)
FULL = replace(ROOM, members=PEOPLE, rights=HOST, chat=CHAT, playlist=PLAYLIST)
KEYS = (
    KeyRow("k1", "operator", "in 23 h", "Ana", "matinee://192.0.2.7:8998/Friday?key=abc"),
    KeyRow("k2", "guest", "", "Bartholomew"),
)
HOSTING = HostingView(
    ReachView(
        "no",
        "Friends outside your network can’t reach this computer yet.",
        (
            "Switch on UPnP in your router’s settings, then host again.",
            "Or forward the TCP port 8998 to this computer, 192.168.1.20, in your router.",
        ),
    ),
    True,
    KEYS,
    (BanRow("b1", "Mallory"),),
)
RULES = RulesView(control="operators", persists=True, has_password=True)
LAN = (
    LanRow("Film night", "on Bartholomew’s computer", "matinee://192.168.1.7:8998/Film"),
    LanRow("Kino 2", "on attic-pc"),
)
EVIL = "<img src=x onerror=alert(1)><b>bold</b> & Co."
HELLO = Shown(1, "info", "Bartholomew went from 3:12 to 12:34", None)
WARNING = Shown(2, "warning", "3 broken packets of “Big Buck Bunny” were skipped.", None)
ERROR = Shown(
    3,
    "error",
    "“holiday.txt” is no film that Matinee can play: it has neither picture nor sound. Open another one.",
    None,
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
            lambda _intent: None, booth, HandClock(), recall={"folder": "/home/ana/Films"}.get, remember=_forget
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


def page(which: Page) -> Callable[[MainWindow], None]:
    return lambda window: window.split.open_page(which) and None


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


def with_library(dialog: FoldersDialog, folders: tuple[str, ...], words: str) -> FoldersDialog:
    dialog.show_library(LibraryView(folders, words))
    return dialog


def room_states() -> list[tuple[str, View, dict[str, object]]]:
    """What a room adds: the panel's pages and what lies over the picture."""
    wide: dict[str, object] = {"width": 1120, "height": 660}
    small: dict[str, object] = {"width": 640, "height": 360}
    guest = Rights(control=False, playlist=False, words="Only operators may do that here: ask Ana.")
    check = CheckView("Bartholomew", ("Bartholomew",), ("Ana", "Chloë", "Yūma 悠真"))
    copy = CopyView("Yours is 4:12 longer than the room’s film: another cut?", 0.0, 2.52)
    floats = tuple(
        Floating(number, emoji, name, 0.3 + 0.42 * number)
        for number, (emoji, name) in enumerate(
            (
                ("😂", "Chloë"),
                ("👍", "Ana"),
                ("❤️", "Bartholomew"),
                ("🎉", "Yūma 悠真"),
                ("😮", "Fatima"),
                ("😢", "D"),
                ("🦄", "x"),
            )
        )
    )
    said = replace(ROOM, members=PEOPLE, chat=CHAT[:1])
    later = replace(said, chat=CHAT)

    def speak(window: MainWindow) -> None:
        window.split._wants = False
        window.show_view(said)
        for count in range(2, len(CHAT) + 1):
            window.show_view(replace(said, chat=CHAT[:count]))

    def write(window: MainWindow) -> None:
        speak(window)
        window.open_chat()
        window.stage.say.field.setPlainText("Nobody expects")

    def near_limit(window: MainWindow) -> None:
        window.split.open_page("chat")
        window.panel.chat.field.setPlainText("word " * 399)

    def unread(window: MainWindow) -> None:
        window.split.open_page("people")
        window.show_view(replace(FULL, chat=CHAT[:2]))
        window.show_view(FULL)

    def drop(window: MainWindow) -> None:
        window.drops.choice.ask(("/films/Sintel.mkv", "/films/Tears of Steel.mkv"), FULL)

    long = tuple(replace(row, name=LONG[:32]) for row in PEOPLE)
    return [
        ("people-host", FULL, {**wide, "prepare": page("people")}),
        ("people-offset", replace(FULL, copy=copy), {**wide, "prepare": page("people")}),
        ("people-check", replace(FULL, check=replace(check, is_mine=True)), {**wide, "prepare": page("people")}),
        ("people-guest", replace(FULL, rights=guest), {**wide, "prepare": page("people")}),
        ("people-small", FULL, {**small, "prepare": page("people")}),
        (
            "people-long",
            replace(FULL, members=long, room=LONG[:64]),
            {"width": 960, "height": 600, "prepare": page("people")},
        ),
        ("people-unread", replace(FULL, chat=CHAT[:2]), {**wide, "prepare": unread}),
        ("chat", FULL, {**wide, "prepare": page("chat")}),
        ("chat-empty", replace(FULL, chat=()), {**wide, "prepare": page("chat")}),
        (
            "chat-muted",
            replace(FULL, members=(replace(PEOPLE[0], facts=MemberFacts(is_muted=True)),)),
            {**wide, "prepare": page("chat")},
        ),
        ("chat-limit", FULL, {"width": 960, "height": 600, "prepare": near_limit}),
        ("chat-small", FULL, {**small, "prepare": page("chat")}),
        ("playlist", FULL, {**wide, "prepare": page("playlist")}),
        ("playlist-empty", replace(FULL, playlist=PlaylistView()), {**wide, "prepare": page("playlist")}),
        ("playlist-guest", replace(FULL, rights=guest), {**wide, "prepare": page("playlist")}),
        (
            "playlist-next",
            replace(FULL, playlist=replace(PLAYLIST, next_title="Tears of Steel", next_in=2.4)),
            {**wide, "prepare": page("playlist")},
        ),
        ("playlist-small", FULL, {**small, "prepare": page("playlist")}),
        ("playlist-alone", replace(ALONE, playlist=PLAYLIST), {**wide, "prepare": page("playlist")}),
        (
            "said",
            later,
            {"prepare": speak, "hides": True, "caption": "Well, this is a nice place.\nAren’t you coming along?"},
        ),
        ("said-small", later, {**small, "prepare": speak, "hides": True, "caption": "Well, this is a nice place."}),
        ("said-writing", later, {"prepare": write}),
        ("reactions", replace(ROOM, reactions=floats), {**wide, "hides": True}),
        ("reactions-small", replace(ROOM, reactions=floats), small),
        ("count-down", replace(ROOM, state="holding", count_down=2.6), {**wide, "hides": True}),
        ("count-down-small", replace(ROOM, state="holding", count_down=2.6), small),
        (
            "waiting-go-on",
            replace(ROOM, state="holding", waiting_words="Waiting for Chloë: loading (8 s)", can_go_on=True),
            {},
        ),
        (
            "asks",
            replace(FULL, check=check, copy=copy, playlist=replace(PLAYLIST, next_title="Tears of Steel", next_in=2.4)),
            wide,
        ),
        ("asks-small", replace(FULL, check=check), small),
        ("asks-narrow", replace(FULL, check=check), {**small, "prepare": page("people")}),
        ("asks-ready", replace(FULL, check=replace(check, am_ready=True, is_mine=True)), {}),
        ("drop-choice", FULL, {"prepare": drop}),
        ("drop-choice-small", FULL, {**small, "prepare": drop}),
        ("welcome-lan", View(lan_rooms=LAN), wide),
        ("welcome-lan-small", View(lan_rooms=LAN), small),
        (
            "address",
            View(
                link="joined",
                room="Friday",
                title="Sintel",
                state="paused",
                members=PEOPLE[:2],
                address=AddressView("media.example.org"),
            ),
            {},
        ),
        (
            "looking",
            View(link="joined", room="Friday", title="Sintel", state="paused", members=PEOPLE[:2], is_looking=True),
            {},
        ),
        ("plain-text-room", hostile(), {**wide, "prepare": page("chat")}),
    ]


def hostile() -> View:
    """Markup wherever a stranger can write."""
    return replace(
        ROOM,
        members=(replace(PEOPLE[1], name=EVIL[:32]),),
        chat=(ChatRow(1, EVIL[:32], EVIL + " https://example.org/<b>x</b>", "21:02"),),
        playlist=PlaylistView((EntryRow("e", EVIL, None, True, EVIL[:32]),), next_title=EVIL, next_in=2.0),
        reactions=(Floating(1, "<b>x</b>", EVIL[:32], 1.0),),
        copy=CopyView(EVIL, 0.0, 1.0),
    )


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
    states += room_states()
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
