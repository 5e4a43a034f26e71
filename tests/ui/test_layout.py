"""Nothing is cut and nothing hangs over, in any usual size, whatever people are called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QDialog, QLabel, QLineEdit, QWidget

from player.core.room_view import (
    BanRow,
    ChatRow,
    CheckView,
    CopyView,
    EntryRow,
    HostingView,
    KeyRow,
    LanRow,
    MemberFacts,
    PlaylistView,
    ReachView,
)
from player.core.view import MemberRow, View
from player.ui.dialogs import AddressQuestion, Doubt, JoinQuestion, LinkQuestion, SureQuestion
from player.ui.ending import EndQuestion
from player.ui.folders import FoldersDialog
from player.ui.hosting import HostingPage
from player.ui.label import ElidedLabel
from player.ui.pages import PAGES, Page
from tests.ui.conftest import Stand
from tests.ui.views import GUEST, HOST, ROOM

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise and grab

LEAST = 60  # px of a field
SIZES = [(960, 600), (1120, 660), (640, 360)]
NAMES = {
    "short": "Ana",
    "long": "Bartholomew-Maximilian Featherstonehaugh",
    "one word": "W" * 40,
    "right to left": "فاطمة بنت محمد الفهرية القرشية الطويلة",
    "cjk": "とても長い名前の人はここに居ます寿限無寿限無五劫の擦り切れ",
    "emoji": "👩‍👩‍👧‍👦🎬🍿" * 6,
}


def full(name: str) -> View:
    """Everything at once, by one name."""
    name = name[:32]
    facts = MemberFacts("operator", True, True, "1:04:12 longer", 3725.125, True)
    return replace(
        ROOM,
        room=name * 2,
        title=name * 3,
        rights=HOST,
        members=(
            MemberRow("a", name, is_me=True, asynchrony=-12.3456, facts=MemberFacts(role="host")),
            MemberRow("b", name, is_waited_for=True, here=False, asynchrony=-0.5, facts=facts),
        ),
        chat=tuple(ChatRow(number, name, f"{name} {name}", "21:02", "1:02:03", 9.0) for number in range(5)),
        playlist=PlaylistView(
            tuple(EntryRow(str(number), name * 4, 36000.0, number == 1, name, name) for number in range(5)),
            next_title=name * 3,
            next_in=2.0,
        ),
        check=CheckView(name, (name,), (name, name + "2", name + "3"), is_mine=True),
        copy=CopyView(f"Yours is 4:12 longer than {name}: another cut? Use an offset", 1.25, 252.125),
    )


def parts(widget: QWidget) -> Iterator[QWidget]:
    """What is seen of it. What scrolls is looked at within the area that scrolls."""
    for child in widget.children():
        if isinstance(child, QWidget) and child.isVisible() and not child.isWindow():
            yield child
            yield from parts(child)


def is_scrolled(widget: QWidget, top: QWidget) -> bool:
    above = widget.parentWidget()
    while above is not None and above is not top:
        if isinstance(above, QAbstractScrollArea):
            return True
        above = above.parentWidget()
    return False


def faults(top: QWidget) -> list[str]:
    """What hangs over its window or is cut."""
    found = []
    for part in parts(top):
        place = QRect(part.mapTo(top, QPoint()), part.size())
        words = part.text() if isinstance(part, QLabel | QAbstractButton) else ""
        name = f"{type(part).__name__} {part.objectName()} {words!r} {place.getRect()}"
        if not is_scrolled(part, top) and not top.rect().contains(place):
            found.append(f"hangs over: {name}")
        if isinstance(part, QLabel) and part.text() and not isinstance(part, ElidedLabel):
            needed = part.heightForWidth(part.width()) if part.wordWrap() else part.sizeHint().height()
            if needed > part.height() or (not part.wordWrap() and part.sizeHint().width() > part.width()):
                found.append(f"cut: {name}, needs {part.sizeHint().toTuple()}")
            if part.wordWrap() and part.minimumSizeHint().width() > part.width():
                found.append(f"no room for a word: {name}")
        if isinstance(part, QLineEdit) and part.width() < LEAST:
            found.append(f"no room to write in: {name}")
        if isinstance(part, QAbstractButton) and words and part.sizeHint().width() > part.width():
            found.append(f"cut: {name}, needs {part.sizeHint().width()}")
    return found


def settle() -> None:
    for _ in range(3):
        QApplication.processEvents()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_panel(stand: Stand, page: Page, name: str, size: tuple[int, int]) -> None:
    stand.window.resize(*size)
    stand.window.show_view(full(name))
    assert stand.window.split.open_page(page)
    settle()
    assert stand.window.size().toTuple() == size
    assert stand.window.panel.height() <= size[1]
    assert faults(stand.window.panel) == []
    assert stand.window.stage.rect().contains(stand.window.stage.notices.geometry())


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_panel_of_a_guest(stand: Stand, page: Page, size: tuple[int, int]) -> None:
    stand.window.resize(*size)
    stand.window.show_view(replace(full(NAMES["long"]), rights=GUEST, check=None))
    assert stand.window.split.open_page(page)
    settle()
    assert faults(stand.window.panel) == []


@pytest.mark.parametrize("width", [260, 300, 520])
def test_panel_of_any_width(stand: Stand, width: int) -> None:
    stand.window.resize(1120, 660)
    stand.window.show_view(full(NAMES["long"]))
    stand.window.split.setSizes([1120 - width - 5, width])
    for page in PAGES:
        stand.window.split.open_page(page)
        settle()
        assert faults(stand.window.panel) == []


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_over_the_picture(stand: Stand, name: str, size: tuple[int, int]) -> None:
    stand.window.resize(*size)
    stand.window.show_view(
        replace(full(name), chat=(), link="lost", waiting_words=f"Waiting for {name}: loading (8 s)")
    )
    if stand.window.panel.isVisible():
        stand.window.split.switch()
    stand.window.drops.choice.ask((f"/films/{name}.mkv", "/films/b.mkv"), full(name))
    settle()
    assert faults(stand.window.stage.notices) == []
    assert faults(stand.window.drops.choice) == []
    assert stand.window.stage.rect().contains(stand.window.drops.choice.geometry())


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_dialogs(stand: Stand, name: str) -> None:
    name = name[:32]
    view = full(name)
    hosting = HostingView(
        ReachView("no", f"{name} can’t reach it.", (name * 4, name)),
        True,
        (KeyRow("k", "operator", "in 23 h", name, "matinee://x"),),
        (BanRow("b", name),),
    )
    page = HostingPage(lambda _intent: None, stand.window)
    page.show_view(replace(view, hosting=hosting))
    join = JoinQuestion(stand.window)
    join.show_rooms((LanRow(name * 2, name * 2, "matinee://a/b"), LanRow(name, name)))
    dialogs: list[QDialog] = [
        page,
        join,
        EndQuestion(stand.window, view.members, True),
        SureQuestion(stand.window, Doubt(f"Remove {name} from the room?", "With an invite …", "Remove")),
        AddressQuestion(stand.window, name * 3, True),
        LinkQuestion(stand.window),
        FoldersDialog(stand.window),
    ]
    for dialog in dialogs:
        dialog.show()
        settle()
        assert faults(dialog) == [], type(dialog).__name__
        dialog.close()


def test_what_belongs_together_stays_together_in_a_large_dialog(stand: Stand) -> None:
    for dialog in (LinkQuestion(stand.window), JoinQuestion(stand.window)):
        dialog.show()
        dialog.resize(900, 700)
        settle()
        assert dialog.words.y() < 80
        assert dialog.field.y() < 140
        dialog.close()


@pytest.mark.parametrize("size", [*SIZES, (420, 300)], ids=str)
def test_welcome_page(stand: Stand, size: tuple[int, int]) -> None:
    stand.window.resize(*size)
    name = NAMES["long"]
    stand.window.show_view(View(lan_rooms=tuple(LanRow(name, name, "matinee://a/b") for _ in range(5))))
    settle()
    assert faults(stand.window.welcome) == []
