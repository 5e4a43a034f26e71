"""Films, subtitles and invites that are dropped on the window."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QLibraryInfo, QMimeData, QPoint, QPointF, Qt, QUrl, QVersionNumber
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from player.core.room_intents import AddToPlaylist
from player.core.view import (
    JoinRoom,
    LoadSubtitles,
    OpenMedium,
    SetName,
)
from player.ui.dialogs import (
    NameQuestion,
)
from player.ui.drops import Drop, Films, read_drop
from tests.ui.acts import click
from tests.ui.conftest import Stand
from tests.ui.views import GUEST, LISTED, ROOM, WORDS

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise and grab

INVITE = "matinee://192.0.2.1:8998/Friday"


def mime(text: str = "", urls: tuple[str, ...] = ()) -> QMimeData:
    data = QMimeData()
    if urls:
        data.setUrls([QUrl(url) for url in urls])
    if text:
        data.setText(text)
    return data


@pytest.mark.parametrize(
    ("data", "meaning"),
    [
        (mime(urls=("file:///films/a%20b.mkv",)), Films(("/films/a b.mkv",))),
        (mime(urls=("file:///films/a.srt",)), LoadSubtitles("/films/a.srt")),
        (mime(urls=("file:///films/A.ASS", "file:///films/b.mkv")), Films(("/films/b.mkv",))),
        (
            mime(urls=("file:///films/b.mkv", "https://example.org/c.mp4")),
            Films(("/films/b.mkv", "https://example.org/c.mp4")),
        ),
        (mime(urls=("file:///films/b.mkv", INVITE)), JoinRoom(INVITE)),
        (mime(urls=("file:///films/a.vtt",)), LoadSubtitles("/films/a.vtt")),
        (mime(urls=(INVITE,)), JoinRoom(INVITE)),
        (mime(text=f"\n{INVITE} "), JoinRoom(INVITE)),
        (mime(text="https://example.org/film.mp4"), Films(("https://example.org/film.mp4",))),
        (mime(text="have a look at https://example.org"), None),
        (mime(text="hello"), None),
        (mime(urls=("mailto:ana@example.org",)), None),
        (QMimeData(), None),
    ],
)
def test_drop_means(qapp: QApplication, data: QMimeData, meaning: Drop | None) -> None:
    assert read_drop(data) == meaning


def drop(stand: Stand, data: QMimeData) -> bool:
    at = QPoint(9, 9) if QLibraryInfo.version() < QVersionNumber(6, 12) else QPointF(9, 9)  # each refuses the other's
    enter = QDragEnterEvent(
        at, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    enter.ignore()
    QApplication.sendEvent(stand.window, enter)
    if not enter.isAccepted():
        return False
    assert stand.window.drops.hint.isVisible()
    event = QDropEvent(
        QPointF(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(stand.window, event)
    assert not stand.window.drops.hint.isVisible()
    return True


def test_dropped_film_is_opened_and_its_folder_remembered(stand: Stand) -> None:
    assert drop(stand, mime(urls=("file:///films/a.mkv",)))
    assert stand.intents == [OpenMedium("/films/a.mkv")]
    assert stand.memory["folder"] == "/films"


def test_several_films_alone_play_one_after_the_other(stand: Stand) -> None:
    assert drop(stand, mime(urls=("file:///films/a.mkv", "file:///films/b.mkv")))
    assert stand.intents == [OpenMedium("/films/a.mkv"), AddToPlaylist(("/films/b.mkv",))]


def test_dropped_nonsense_is_refused(stand: Stand) -> None:
    assert not drop(stand, mime(text="hello"))
    assert stand.intents == []


def test_dropped_invite_joins_once_the_name_is_known(stand: Stand) -> None:
    assert drop(stand, mime(text=INVITE))
    asked = stand.window.doors.question
    assert isinstance(asked, NameQuestion)
    asked.field.setText("Ana")
    click(asked.yes)
    assert stand.intents == [SetName("Ana"), JoinRoom(INVITE)]


def drop_films(stand: Stand, *urls: str) -> None:
    data = QMimeData()
    data.setUrls([QUrl(url) for url in urls])
    assert stand.window.drops.take(data)


def test_in_a_room_it_is_asked_for_whom(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    drop_films(stand, "file:///films/a.mkv", "file:///films/b.mkv")
    choice = stand.window.drops.choice
    assert choice.isVisible()
    assert choice.heading.text() == "2 films"
    click(choice.play)
    assert not choice.isVisible()
    drop_films(stand, "file:///films/<b>c.mkv")
    assert choice.heading.text() == "“<b>c.mkv”"
    click(choice.add)
    drop_films(stand, "file:///films/d.mkv")
    QTest.keyClick(choice.play, Qt.Key.Key_Escape)
    assert not choice.isVisible()
    assert stand.window.focusWidget() is stand.window.stage
    assert stand.intents == [
        OpenMedium("/films/a.mkv"),
        AddToPlaylist(("/films/b.mkv",)),
        AddToPlaylist(("/films/<b>c.mkv",)),
    ]


def test_return_plays_for_all(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    drop_films(stand, "file:///films/a.mkv")
    assert stand.window.focusWidget() is stand.window.drops.choice.play
    QTest.keyClick(stand.window.drops.choice.play, Qt.Key.Key_Return)
    assert stand.intents == [OpenMedium("/films/a.mkv")]


def test_one_file_for_whoever_has_no_copy_is_the_copy(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, has_medium=False, has_picture=False))
    drop_films(stand, "file:///films/a.mkv")
    assert stand.intents == [OpenMedium("/films/a.mkv")]


def test_what_may_not_be_chosen_says_who_may(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, rights=replace(GUEST, playlist=True)))
    drop_films(stand, "file:///films/a.mkv")
    choice = stand.window.drops.choice
    assert not choice.play.isEnabled()
    assert choice.add.isEnabled()
    assert WORDS in choice.words.text()
    assert stand.window.focusWidget() is choice.add


def test_an_invite_among_the_drops_joins(stand: Stand) -> None:
    stand.window.show_view(replace(LISTED, name="Ana"))
    drop_films(stand, "file:///films/a.mkv", "matinee://192.0.2.1:8998/Friday")
    assert stand.intents == [JoinRoom("matinee://192.0.2.1:8998/Friday")]
