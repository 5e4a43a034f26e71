"""What is said over the picture: whole, for its time, and where it does not cover the film."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from player.core.view import Dismiss, Shown, View
from player.ui.notices import Pill
from tests.ui.conftest import Stand
from tests.ui.views import FILM, ROOM

SHORT = "The connection to the room is lost; trying to come back."
LONG = "No server answers at 192.0.2.7:8998: ask whether the room is still open, or for a newer invite."


def is_whole(stand: Stand, pill: Pill) -> bool:
    """All of its words are on the stage, and it is within the column that shows it."""
    inside = pill.rect().contains(pill.words.geometry())
    return inside and stand.window.stage.notices.rect().contains(pill.geometry())


@pytest.mark.parametrize("width", [800, 360])
def test_longer_words_in_the_place_of_shorter_ones_are_not_cut(stand: Stand, width: int) -> None:
    stand.window.resize(width, 500)
    notices = stand.window.stage.notices
    stand.window.show_view(replace(ROOM, link="lost", link_words=SHORT))
    stand.window.show_view(replace(ROOM, link="lost", link_words=LONG))
    assert is_whole(stand, notices.link)
    stand.window.show_view(replace(ROOM, link="lost", link_words=LONG, notices=(Shown(1, "error", LONG, None),)))
    (notice,) = notices.shown_notices()
    assert is_whole(stand, notice)
    assert is_whole(stand, notices.link)
    middle = notices.geometry().center().x()
    assert abs(middle - stand.window.stage.rect().center().x()) <= 1


def test_long_words_break_into_lines_of_about_the_same_length(stand: Stand) -> None:
    link = stand.window.stage.notices.link
    stand.window.show_view(replace(ROOM, link="lost", link_words=LONG))
    one_line = link.words.fontMetrics().horizontalAdvance(LONG)
    lines = link.words.height() // link.words.fontMetrics().lineSpacing()
    assert lines == 2
    assert link.words.width() < 1.25 * one_line / lines


def test_waiting_and_lost_link_are_said_over_the_picture(stand: Stand) -> None:
    notices = stand.window.stage.notices
    stand.window.show_view(replace(ROOM, state="holding", waiting_words="Waiting for Ben: loading (8 s)"))
    assert notices.waiting.isVisible()
    assert notices.waiting.words.text() == "Waiting for Ben: loading (8 s)"
    assert not notices.link.isVisible()
    stand.window.show_view(replace(ROOM, link="lost", link_words="Connection lost, trying again"))
    assert not notices.waiting.isVisible()
    assert notices.link.words.text() == "Connection lost, trying again"
    stand.window.show_view(ROOM)
    assert not notices.isVisible()


def test_notice_goes_after_its_seconds_and_tells(stand: Stand, qtbot: QtBot) -> None:
    stand.window.show_view(replace(FILM, notices=(Shown(7, "info", "Ben joined", 0.01),)))
    qtbot.waitUntil(lambda: Dismiss(7) in stand.intents)
    stand.window.show_view(replace(FILM, notices=(Shown(7, "info", "Ben joined", 0.01),)))
    assert stand.window.stage.notices.shown_notices() == []


def test_notice_goes_by_its_cross(stand: Stand) -> None:
    stand.window.show_view(replace(FILM, notices=(Shown(8, "error", "No such file", None),)))
    (notice,) = stand.window.stage.notices.shown_notices()
    QTest.mouseClick(notice.cross, Qt.MouseButton.LeftButton)
    assert stand.intents == [Dismiss(8)]
    assert stand.window.stage.notices.shown_notices() == []


def test_notices_are_seen_on_the_welcome_page(stand: Stand) -> None:
    stand.window.show_view(View(notices=(Shown(1, "error", "No such file", None),)))
    (notice,) = stand.window.stage.notices.shown_notices()
    assert notice.isVisible()


def test_who_joins_with_a_film_open_is_told_how_far_it_is(stand: Stand) -> None:
    stand.window.show_view(replace(FILM, link="connecting", link_words=SHORT))
    assert stand.window.stage.notices.waiting.words.text() == SHORT
    stand.window.show_view(View(link="connecting", link_words=SHORT))
    assert not stand.window.stage.notices.waiting.isVisible()  # there is room for it where the picture would be
    assert stand.window.stage.placeholder.heading.text() == SHORT


def test_a_film_that_is_slow_to_open_is_said_where_there_is_room(stand: Stand) -> None:
    stage = stand.window.stage
    stand.window.show_view(View(opening="faust.mkv"))
    assert not stage.welcome.isVisible()
    assert stage.placeholder.heading.text() == "faust.mkv"
    assert not stage.notices.waiting.isVisible()
    stand.window.show_view(replace(FILM, opening="faust.mkv"))
    assert stage.notices.waiting.words.text() == "Opening “faust.mkv” …"
    stand.window.show_view(FILM)
    assert not stage.notices.waiting.isVisible()


@pytest.mark.parametrize(
    ("kind", "words", "shown"),
    [
        ("info", "Ana removed Cem.", "Ana removed Cem"),
        ("info", "The room moves. It will be back.", "The room moves. It will be back."),
        ("info", "Going on …", "Going on …"),
        ("error", "Ana removed you from the room.", "Ana removed you from the room."),
    ],
)
def test_a_remark_ends_without_a_stop_whoever_wrote_it(stand: Stand, kind: str, words: str, shown: str) -> None:
    stand.window.show_view(replace(ROOM, notices=(Shown(1, kind, words, 3.0),)))  # type: ignore[arg-type]
    (notice,) = stand.window.stage.notices.shown_notices()
    assert notice.words.text() == shown
