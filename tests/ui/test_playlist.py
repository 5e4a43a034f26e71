"""The playlist: what is drawn of it, and how it is changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QLibraryInfo, QMimeData, QModelIndex, QPoint, QPointF, Qt, QUrl, QVersionNumber
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from player.core.room_intents import (
    AddToPlaylist,
    ChooseEntry,
    LoopPlaylist,
    MoveEntry,
    PlayNext,
    RemoveEntries,
    ShufflePlaylist,
    StayHere,
    UndoPlaylist,
)
from player.core.room_view import EntryRow, PlaylistView
from player.core.view import View
from player.ui.dialogs import LinkQuestion
from player.ui.entries import ENTRY, EntryList
from tests.ui.acts import ALT, choose, click, lines_of, open_page
from tests.ui.conftest import Stand
from tests.ui.views import ENTRIES, EVIL, GUEST, LISTED, WORDS

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise and grab


def show_list(stand: Stand, view: View = LISTED) -> EntryList:
    stand.window.show_view(view)
    open_page(stand, "playlist")
    QApplication.processEvents()
    return stand.window.panel.playlist.list


def select(entries: EntryList, *rows: int) -> None:
    entries.clearSelection()
    for row in rows:
        index = entries.entries.index(row)
        entries.selectionModel().setCurrentIndex(index, entries.selectionModel().SelectionFlag.Select)


def accessible(entries: EntryList) -> list[str]:
    model = entries.entries
    return [model.data(model.index(row), Qt.ItemDataRole.AccessibleTextRole) for row in range(model.rowCount())]


# -- what is drawn


def test_entries_say_what_they_are(stand: Stand) -> None:
    entries = show_list(stand)
    assert accessible(entries) == [
        "Faust, by Ben, 10:00",
        "Nosferatu, plays now, by Ana, 1:30:00",
        "Metropolis, not found here",
        "Sunrise, 1:30",
    ]
    assert stand.window.panel.playlist.sum.text() == "4 films"


def test_the_length_of_all_is_said_where_it_is_known(stand: Stand) -> None:
    show_list(stand, replace(LISTED, playlist=PlaylistView(ENTRIES[:2])))
    assert stand.window.panel.playlist.sum.text() == "2 films, 1:40:00"


def test_an_empty_list_says_what_to_do(stand: Stand) -> None:
    show_list(stand, replace(LISTED, playlist=PlaylistView()))
    page = stand.window.panel.playlist
    assert page.empty.isVisible()
    assert "drop them here" in page.hint.text()
    stand.window.show_view(replace(LISTED, playlist=PlaylistView(), rights=GUEST))
    assert "drop" not in page.hint.text()


@pytest.mark.parametrize("words", [*EVIL, "a\nb\u202ec"])
def test_titles_are_painted_as_they_are(stand: Stand, words: str) -> None:
    rows = (EntryRow("e", words, None, True, words, words), EntryRow("f", "\u202e"))
    entries = show_list(stand, replace(LISTED, playlist=PlaylistView(rows, next_title=words, next_in=2.0)))
    model = entries.entries
    assert model.data(model.index(0)) == " ".join(words.replace("\u202e", "").split())
    assert model.data(model.index(1)) == "Without a title"
    stand.window.grab()


def test_the_selection_stays_when_only_the_mark_moves(stand: Stand) -> None:
    entries = show_list(stand)
    select(entries, 3)
    moved = tuple(replace(row, is_current=row.id == "e3") for row in ENTRIES)
    stand.window.show_view(replace(LISTED, playlist=replace(LISTED.playlist, entries=moved)))
    assert entries.selected() == ("e4",)


# -- what is done


def test_choosing_by_double_click_and_enter(stand: Stand) -> None:
    entries = show_list(stand)
    place = entries.visualRect(entries.entries.index(0)).center()
    QTest.mouseClick(entries.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(entries.viewport(), Qt.MouseButton.LeftButton, pos=place)
    select(entries, 2)
    QTest.keyClick(entries, Qt.Key.Key_Return)
    assert stand.intents == [ChooseEntry("e1"), ChooseEntry("e3")]


def test_delete_removes_what_is_selected(stand: Stand) -> None:
    entries = show_list(stand)
    select(entries, 3, 0)
    QTest.keyClick(entries, Qt.Key.Key_Delete)
    assert stand.intents == [RemoveEntries(("e1", "e4"))]


@pytest.mark.parametrize(
    ("row", "before", "intent"),
    [
        (0, 2, MoveEntry("e1", 1)),
        (0, 4, MoveEntry("e1", 3)),
        (3, 0, MoveEntry("e4", 0)),
        (2, 1, MoveEntry("e3", 1)),
        (1, 1, None),
        (1, 2, None),
        (0, -1, MoveEntry("e1", 3)),  # below the last
    ],
)
def test_dragging_asks_for_the_place_and_moves_nothing(
    stand: Stand, row: int, before: int, intent: MoveEntry | None
) -> None:
    model = show_list(stand).entries
    data = model.mimeData([model.index(row)])
    assert model.canDropMimeData(data, Qt.DropAction.MoveAction, before, 0, QModelIndex())
    assert not model.dropMimeData(data, Qt.DropAction.MoveAction, before, 0, QModelIndex())
    assert stand.intents == ([] if intent is None else [intent])
    assert [entry.id for entry in model.rows] == ["e1", "e2", "e3", "e4"]


def test_a_drop_between_two_rows_is_at_that_place(stand: Stand) -> None:
    entries = show_list(stand)
    data = entries.entries.mimeData([entries.entries.index(0)])
    place = QPointF(entries.visualRect(entries.entries.index(2)).topLeft() + QPoint(60, 1))
    at = place.toPoint() if QLibraryInfo.version() < QVersionNumber(6, 12) else place  # each refuses the other's
    move, no_key, left = Qt.DropAction.MoveAction, Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    for event in (
        QDragEnterEvent(at, move, data, left, no_key),
        QDragMoveEvent(at, move, data, left, no_key),
        QDropEvent(place, move, data, left, no_key),
    ):
        QApplication.sendEvent(entries.viewport(), event)
    assert stand.intents == [MoveEntry("e1", 1)]
    assert len(entries.entries.rows) == 4


def test_an_entry_that_is_gone_is_not_moved(stand: Stand) -> None:
    model = show_list(stand).entries
    data = QMimeData()
    data.setData(ENTRY, b"\xff gone")
    model.dropMimeData(data, Qt.DropAction.MoveAction, 0, 0, QModelIndex())
    assert stand.intents == []


def test_alt_and_arrows_move_it_too(stand: Stand) -> None:
    entries = show_list(stand)
    select(entries, 1)
    QTest.keyClick(entries, Qt.Key.Key_Up, ALT)
    QTest.keyClick(entries, Qt.Key.Key_Down, ALT)
    select(entries, 0)
    QTest.keyClick(entries, Qt.Key.Key_Up, ALT)
    select(entries, 3)
    QTest.keyClick(entries, Qt.Key.Key_Down, ALT)
    assert stand.intents == [MoveEntry("e2", 0), MoveEntry("e2", 2)]


def test_films_are_dropped_at_a_place(stand: Stand) -> None:
    model = show_list(stand).entries
    data = QMimeData()
    data.setUrls([QUrl("file:///films/a.mkv"), QUrl("https://example.org/b.mp4")])
    assert model.canDropMimeData(data, Qt.DropAction.CopyAction, 1, 0, QModelIndex())
    model.dropMimeData(data, Qt.DropAction.CopyAction, 1, 0, QModelIndex())
    assert stand.intents == [AddToPlaylist(("/films/a.mkv", "https://example.org/b.mp4"), 1)]
    words = QMimeData()
    words.setText("hello")
    assert not model.canDropMimeData(words, Qt.DropAction.CopyAction, 1, 0, QModelIndex())


def test_buttons_of_the_list(stand: Stand) -> None:
    show_list(stand)
    page = stand.window.panel.playlist
    click(page.shuffle)
    click(page.undo)
    click(page.loop)
    stand.window.show_view(replace(LISTED, playlist=replace(LISTED.playlist, loop="all")))
    assert page.loop.accessibleName() == "Repeat: the whole playlist"
    click(page.loop)
    stand.window.show_view(replace(LISTED, playlist=replace(LISTED.playlist, loop="one", can_undo=False)))
    click(page.loop)
    assert not page.undo.isEnabled()
    assert stand.intents == [
        ShufflePlaylist(),
        UndoPlaylist(),
        LoopPlaylist("all"),
        LoopPlaylist("one"),
        LoopPlaylist("off"),
    ]


def test_the_menu_of_an_entry(stand: Stand) -> None:
    entries = show_list(stand)
    page = stand.window.panel.playlist
    select(entries, 3)
    assert lines_of(page.menu, page.fill) == {
        "Play for everyone": True,
        "Move up": True,
        "Move down": False,
        "Play next": True,
        "Remove": True,
        "Add files…": True,
        "Add a link…": True,
    }
    for text in ("Play for everyone", "Move up", "Play next", "Remove"):
        choose(page.menu, page.fill, text)
    select(entries, 0, 1)
    choose(page.menu, page.fill, "Remove 2 entries")
    assert stand.intents == [
        ChooseEntry("e4"),
        MoveEntry("e4", 2),
        MoveEntry("e4", 2),
        RemoveEntries(("e4",)),
        RemoveEntries(("e1", "e2")),
    ]


def test_files_and_links_are_added(stand: Stand) -> None:
    show_list(stand)
    page = stand.window.panel.playlist
    choose(page.add_menu, lambda _menu: page.add_menu.renew(), "Add files…")
    dialog = stand.window.doors.question
    assert isinstance(dialog, QFileDialog)
    dialog.filesSelected.emit(["/films/a.mkv", "/films/b.mkv"])
    dialog.close()
    QGuiApplication.clipboard().setText("https://example.org/a.mp4")
    choose(page.add_menu, lambda _menu: page.add_menu.renew(), "Add a link…")
    question = stand.window.doors.question
    assert isinstance(question, LinkQuestion)
    assert question.field.text() == "https://example.org/a.mp4"  # it was in the clipboard
    for wrong in ("ftp://a.b", "two words", "https://", "https://a.b/" + "x" * 1000):
        question.field.setText(wrong)
        assert not question.yes.isEnabled()
        assert question.verdict.text()
    question.field.setText("https://example.org/b.m3u8")
    click(question.yes)
    assert stand.intents == [
        AddToPlaylist(("/films/a.mkv", "/films/b.mkv")),
        AddToPlaylist(("https://example.org/b.m3u8",)),
    ]


def test_who_may_not_change_it_is_told_who_may(stand: Stand) -> None:
    entries = show_list(stand, replace(LISTED, rights=GUEST))
    page = stand.window.panel.playlist
    assert page.rights.text() == WORDS
    for button in (page.add, page.shuffle, page.loop, page.undo):
        assert not button.isEnabled()
    assert WORDS in page.add.toolTip()
    select(entries, 2)
    assert set(lines_of(page.menu, page.fill).values()) == {False}
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_Return):
        QTest.keyClick(entries, key)
    QTest.keyClick(entries, Qt.Key.Key_Up, ALT)
    assert not entries.entries.flags(entries.entries.index(0)) & Qt.ItemFlag.ItemIsDragEnabled
    assert stand.intents == []


def test_space_on_the_list_is_the_films(stand: Stand) -> None:
    entries = show_list(stand)
    entries.setFocus()
    QTest.keyClick(entries, Qt.Key.Key_M)
    QTest.keyClick(entries, Qt.Key.Key_Space)
    assert len(stand.intents) == 2


def test_what_comes_next_is_said_and_may_stay_away(stand: Stand) -> None:
    coming = replace(LISTED, playlist=replace(LISTED.playlist, next_title="Metropolis", next_in=2.2))
    show_list(stand, coming)
    page = stand.window.panel.playlist
    assert page.next_words.text() == "Next in 3 s: Metropolis"
    click(page.stay)
    click(page.now)
    assert stand.intents == [StayHere(), PlayNext()]
    stand.window.show_view(replace(coming, rights=GUEST))
    assert not page.stay.isEnabled()
    stand.window.show_view(LISTED)
    assert not page.next_part.isVisible()
