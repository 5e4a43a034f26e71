"""Rooms on this network, those that a server lists, and the folders in which films are looked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel

from player.core.room_intents import AskForRooms, SetFolders
from player.core.room_view import LanRow, LibraryView, ListedRow, ListingView
from player.core.view import JoinRoom, SetName, View
from player.ui.dialogs import JoinQuestion, NameQuestion
from player.ui.folders import FoldersDialog
from tests.ui.acts import choose, click
from tests.ui.conftest import Stand
from tests.ui.views import EVIL, FILM

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise and grab

ROOMS = (LanRow("Film night", "on Ben’s computer", "matinee://192.168.1.7:8998/Film"), LanRow("Kino", "on attic"))
NAMED = View(name="Ana")


def test_rooms_appear_and_go_by_themselves(stand: Stand) -> None:
    rooms = stand.window.welcome.rooms
    assert not rooms.isVisible()
    stand.window.show_view(replace(NAMED, lan_rooms=ROOMS))
    assert rooms.isVisible()
    assert [line.room.text() for line in rooms.lines] == ["Film night", "Kino"]
    first, second = rooms.lines
    assert second.join is None  # it takes an invite
    assert any(label.text() == "Ask for an invite" for label in second.findChildren(QLabel))
    assert first.join is not None
    assert first.join.accessibleName() == "Join “Film night”"
    click(first.join)
    assert stand.intents == [JoinRoom("matinee://192.168.1.7:8998/Film")]
    stand.window.show_view(NAMED)
    assert not rooms.isVisible()


def test_the_name_is_asked_before_a_room_is_entered(stand: Stand) -> None:
    stand.window.show_view(View(lan_rooms=ROOMS))
    join = stand.window.welcome.rooms.lines[0].join
    assert join is not None
    click(join)
    asked = stand.window.doors.question
    assert isinstance(asked, NameQuestion)
    asked.field.setText("Ana")
    click(asked.yes)
    assert stand.intents == [SetName("Ana"), JoinRoom("matinee://192.168.1.7:8998/Film")]


def test_rooms_are_in_the_dialog_for_joining_too(stand: Stand) -> None:
    stand.window.show_view(NAMED)
    click(stand.window.welcome.join)
    asked = stand.window.doors.question
    assert isinstance(asked, JoinQuestion)
    assert not asked.rooms.isVisible()
    stand.window.show_view(replace(NAMED, lan_rooms=ROOMS))
    assert asked.rooms.isVisible()
    join = asked.rooms.lines[0].join
    assert join is not None
    click(join)
    assert stand.intents == [JoinRoom("matinee://192.168.1.7:8998/Film")]
    assert stand.window.doors.question is None


def test_many_rooms_scroll(stand: Stand) -> None:
    many = tuple(LanRow(f"Room {number}", "here", "matinee://a/b") for number in range(30))
    stand.window.show_view(replace(NAMED, lan_rooms=many))
    QApplication.processEvents()
    assert len(stand.window.welcome.rooms.lines) == 30
    assert stand.window.welcome.rooms.height() < 240


@pytest.mark.parametrize("words", EVIL)
def test_names_of_rooms_and_folders_are_plain(stand: Stand, words: str) -> None:
    view = replace(NAMED, lan_rooms=(LanRow(words, words),), library=LibraryView((words,), words))
    stand.window.show_view(view)
    stand.window.doors.show_folders()
    labels = stand.window.findChildren(QLabel)
    assert len([label for label in labels if words in label.text()]) >= 3
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    dialog = stand.window.doors.question
    assert isinstance(dialog, FoldersDialog)
    assert "<img" not in dialog.list.item(0).toolTip()


# -- rooms of a server

SERVER = "https://watch.example/together"
LISTED = (
    ListedRow("Film club", 3, False, "matinee://watch.example:443/Film%20club"),
    ListedRow("<b>Kino</b>", 1, True, "matinee://watch.example:443/Kino"),
    ListedRow("Quiet", 0, False, "matinee://watch.example:443/Quiet"),
)


def ask_for_rooms(stand: Stand, server: str = SERVER) -> JoinQuestion:
    """Type the address and press Return."""
    stand.window.show_view(NAMED)
    click(stand.window.welcome.join)
    asked = stand.window.doors.question
    assert isinstance(asked, JoinQuestion)
    QTest.keyClicks(asked.field, server)
    assert (asked.yes.text(), asked.yes.isEnabled()) == ("Show its rooms", True)
    QTest.keyClick(asked.field, Qt.Key.Key_Return)
    return asked


def test_a_server_is_asked_for_its_rooms(stand: Stand) -> None:
    asked = ask_for_rooms(stand)
    assert stand.window.doors.question is asked
    assert stand.intents == [AskForRooms(SERVER)]
    assert asked.listed.heading.text() == f"On {SERVER}"
    assert asked.listed.words.text() == f"Asking {SERVER} …"
    stand.window.show_view(replace(NAMED, listing=ListingView(SERVER, is_asking=True)))
    stand.window.show_view(replace(NAMED, listing=ListingView(SERVER, rooms=LISTED)))
    assert not asked.listed.words.isVisible()
    assert [line.room.text() for line in asked.listed.lines] == ["Film club", "<b>Kino</b>", "Quiet"]
    assert [line.under.text() for line in asked.listed.lines] == [
        "3 people",
        "1 person, with a password",
        "Nobody is there now",
    ]
    assert [line.lock is not None for line in asked.listed.lines] == [False, True, False]
    join = asked.listed.lines[1].join
    assert join is not None
    click(join)
    assert stand.intents[1:] == [JoinRoom(LISTED[1].invite)]
    assert stand.window.doors.question is None


def test_a_server_that_lists_nothing_says_so(stand: Stand) -> None:
    asked = ask_for_rooms(stand, "attic:8998")
    words = "No server answers at attic:8998: check the address."
    stand.window.show_view(replace(NAMED, listing=ListingView("attic:8998", words=words)))
    assert asked.listed.words.isVisible()
    assert asked.listed.words.text() == words
    assert asked.listed.lines == []
    click(asked.yes)  # again
    assert asked.listed.words.text() == "Asking attic:8998 …"
    assert stand.intents == [AskForRooms("attic:8998"), AskForRooms("attic:8998")]
    asked.reject()
    click(stand.window.welcome.join)
    asked = stand.window.doors.question
    assert isinstance(asked, JoinQuestion)
    assert asked.field.selectedText() == "attic:8998"  # where one was last, to be pasted over


def test_an_answer_of_another_time_is_none(stand: Stand) -> None:
    old = replace(NAMED, listing=ListingView(SERVER, rooms=LISTED))
    stand.window.show_view(old)
    click(stand.window.welcome.join)
    asked = stand.window.doors.question
    assert isinstance(asked, JoinQuestion)
    stand.window.show_view(replace(old, media_time=1.0))
    assert not asked.listed.isVisible()


def test_what_is_typed_says_what_the_button_does(stand: Stand) -> None:
    stand.window.show_view(NAMED)
    click(stand.window.welcome.join)
    asked = stand.window.doors.question
    assert isinstance(asked, JoinQuestion)
    for text, words, is_enabled in (
        ("", "Join", False),
        ("matinee://192.0.2.7/Friday", "Join", True),
        ("watch.example", "Show its rooms", True),
        ("watch example", "Join", False),
    ):
        asked.field.setText(text)
        assert (asked.yes.text(), asked.yes.isEnabled()) == (words, is_enabled), text


# -- folders


def test_folders_are_added_and_removed_at_once(stand: Stand) -> None:
    stand.window.show_view(replace(FILM, library=LibraryView((), "")))
    menu = stand.window.stage.top.menu
    choose(menu, lambda _menu: menu.renew(), "Film folders…")
    dialog = stand.window.doors.question
    assert isinstance(dialog, FoldersDialog)
    assert dialog.empty.isVisible()
    assert not dialog.remove.isEnabled()
    click(dialog.add)
    (browser,) = dialog.findChildren(QFileDialog)
    browser.fileSelected.emit("/films")
    browser.close()
    stand.window.show_view(replace(FILM, library=LibraryView(("/films",), "looking …")))
    assert not dialog.empty.isVisible()
    assert dialog.state.text() == "looking …"
    dialog.take("/films/")  # it is there already
    dialog.take("/more")
    stand.window.show_view(replace(FILM, library=LibraryView(("/films", "/more"), "12 films known")))
    dialog.list.setCurrentRow(0)
    click(dialog.remove)
    assert stand.intents == [SetFolders(("/films",)), SetFolders(("/films", "/more")), SetFolders(("/more",))]
    click(dialog.yes)
    assert stand.window.doors.question is None
