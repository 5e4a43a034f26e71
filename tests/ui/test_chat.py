"""Chat: what is shown of what strangers write, where it leads, and what is sent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QInputMethodEvent, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from player.core.room_intents import SayLine, SendReaction
from player.core.room_view import ChatRow, MemberFacts
from player.core.view import View, WantSeek
from player.ui.chatlog import ChatLog
from player.ui.reactions import REACTIONS
from tests.ui.acts import CTRL, SHIFT, click, click_at, open_page, press
from tests.ui.conftest import Stand
from tests.ui.views import CHAT, EVIL, GUEST, PEOPLE, ROOM

TALK = replace(ROOM, chat=CHAT)


def show_chat(stand: Stand, view: View = TALK) -> ChatLog:
    stand.window.show_view(view)
    open_page(stand, "chat")
    QApplication.processEvents()
    return stand.window.panel.chat.log


def place_of(log: ChatLog, text: str) -> QPoint:
    """Where some words stand."""
    cursor = log.document().find(text)
    assert not cursor.isNull()
    cursor.setPosition(cursor.selectionStart() + 1)
    rect = log.cursorRect(cursor)
    return rect.center() + QPoint(1, 0)


def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    links: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: links.append(QUrl(url).toString()))
    return links


# -- reading


def test_lines_have_name_time_and_place(stand: Stand) -> None:
    text = show_chat(stand).toPlainText().replace("\u2068", "").replace("\u2069", "")
    assert text.splitlines() == [
        "Ben   21:02  ·  0:12",
        "Hello",
        "Ana   21:03  ·  1:00",
        "Look: https://example.org/a_(b).",
        "Ben   21:04  ·  3:00",
        "From another film",
    ]


@pytest.mark.parametrize("words", [*EVIL, "[a](http://x.y)", "&lt;b&gt;", "javascript:alert(1)"])
def test_what_is_said_is_plain_text(stand: Stand, words: str) -> None:
    log = show_chat(stand, replace(TALK, chat=(ChatRow(1, words[:32], words),)))
    assert log.toPlainText().splitlines()[1] == words
    assert "<img" not in log.toHtml().replace("&lt;img", "")


def test_text_that_hides_or_reorders_is_shown_as_it_is_read(stand: Stand) -> None:
    log = show_chat(stand, replace(TALK, chat=(ChatRow(1, "Ben\u202e", "a\u202eb\u0000c\nd"),)))
    assert log.toPlainText().splitlines()[1:] == ["abc", "d"]
    assert "\u202e" not in log.toPlainText()


def test_new_lines_come_and_old_ones_go_without_a_jump(stand: Stand) -> None:
    many = tuple(ChatRow(number, "Ben", f"line {number}") for number in range(100))
    log = show_chat(stand, replace(TALK, chat=many))
    bar = log.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    stand.window.show_view(replace(TALK, chat=(*many[20:], ChatRow(100, "Ben", "line 100"))))
    texts = log.toPlainText().splitlines()[1::2]
    assert texts == [f"line {number}" for number in range(20, 101)]
    assert bar.value() == bar.maximum()


def test_who_reads_above_is_not_moved_but_told(stand: Stand) -> None:
    many = tuple(ChatRow(number, "Ben", f"line {number}") for number in range(100))
    log = show_chat(stand, replace(TALK, chat=many))
    log.verticalScrollBar().setValue(0)
    stand.window.show_view(replace(TALK, chat=(*many, ChatRow(100, "Ben", "line 100"))))
    assert log.verticalScrollBar().value() == 0
    assert log.newer.isVisible()
    click(log.newer)
    assert log.verticalScrollBar().value() == log.verticalScrollBar().maximum()
    assert not log.newer.isVisible()


def test_another_rooms_lines_replace_all(stand: Stand) -> None:
    log = show_chat(stand)
    stand.window.show_view(replace(TALK, chat=(ChatRow(1, "Zoë", "Other"),)))
    assert log.toPlainText().splitlines()[1:] == ["Other"]
    stand.window.show_view(replace(TALK, chat=()))
    assert not log.isVisible()
    assert stand.window.panel.chat.empty.isVisible()


def test_a_time_that_is_another_minute_by_a_hair_changes_nothing(stand: Stand) -> None:
    log = show_chat(stand)
    before = log.toPlainText()
    revision = log.document().revision()
    stand.window.show_view(replace(TALK, chat=tuple(replace(row, clock="22:22") for row in CHAT)))
    assert (log.toPlainText(), log.document().revision()) == (before, revision)


def test_another_film_takes_the_places_away_and_moves_nobody(stand: Stand) -> None:
    many = tuple(ChatRow(number, "Ben", f"line {number}", media="1:00", media_time=60.0) for number in range(100))
    log = show_chat(stand, replace(TALK, chat=many))
    log.verticalScrollBar().setValue(200)
    stand.window.show_view(replace(TALK, chat=tuple(replace(row, media="", media_time=None) for row in many)))
    assert "1:00" not in log.toPlainText()
    assert log.verticalScrollBar().value() == 200


def test_a_copy_is_plain_text(stand: Stand) -> None:
    log = show_chat(stand)
    log.selectAll()
    data = log.createMimeDataFromSelection()
    assert not data.hasHtml()
    assert data.text().splitlines()[1] == "Hello"


# -- where it leads


def test_links_are_shown_whole_and_opened_only_by_a_click(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    links = opened(monkeypatch)
    log = show_chat(stand)
    assert links == []
    click_at(log.viewport(), place_of(log, "example.org"))
    assert links == ["https://example.org/a_(b)"]
    assert stand.intents == []


def test_no_other_scheme_is_a_link(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    links = opened(monkeypatch)
    text = "file:///etc/passwd javascript:alert(1) ftp://a.b place:1 matinee://a/b"
    log = show_chat(stand, replace(TALK, chat=(ChatRow(1, "Ben", text, media_time=5.0),)))
    for words in text.split():
        click_at(log.viewport(), place_of(log, words))
    log.anchorClicked.emit(QUrl("file:///etc/passwd"))
    assert links == []
    assert stand.intents == []


def test_a_click_on_a_place_goes_there(stand: Stand) -> None:
    log = show_chat(stand)
    click_at(log.viewport(), place_of(log, "1:00"))
    click_at(log.viewport(), place_of(log, "3:00"))  # of another film
    assert stand.intents == [WantSeek(60.0)]


def test_a_place_leads_nowhere_without_the_right(stand: Stand) -> None:
    log = show_chat(stand, replace(TALK, rights=GUEST))
    click_at(log.viewport(), place_of(log, "1:00"))
    assert stand.intents == []


# -- writing


def test_enter_opens_sends_and_esc_leads_back(stand: Stand) -> None:
    show_chat(stand)
    stand.window.split.open_page("people")
    press(stand, Qt.Key.Key_Return)
    field = stand.window.panel.chat.field
    assert stand.window.focusWidget() is field
    QTest.keyClicks(field, "  Hi <b>all</b> ")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert stand.intents == [SayLine("Hi <b>all</b>")]
    assert field.toPlainText() == ""
    assert stand.window.focusWidget() is field  # the talk goes on
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert stand.window.focusWidget() is stand.window.stage


def test_nothing_is_not_sent(stand: Stand) -> None:
    show_chat(stand)
    field = stand.window.panel.chat.field
    QTest.keyClicks(field, "   ")
    QTest.keyClick(field, Qt.Key.Key_Enter)
    click(stand.window.panel.chat.send)
    assert stand.intents == []


def test_shift_enter_is_a_new_line_and_the_field_grows(stand: Stand) -> None:
    show_chat(stand)
    field = stand.window.panel.chat.field
    one_line = field.height()
    QTest.keyClicks(field, "a")
    QTest.keyClick(field, Qt.Key.Key_Return, SHIFT)
    QTest.keyClicks(field, "b")
    assert field.height() > one_line
    click(stand.window.panel.chat.send)
    assert stand.intents == [SayLine("a\nb")]
    assert field.height() == one_line


def test_text_swallows_all_keys_but_esc(stand: Stand) -> None:
    show_chat(stand)
    field = stand.window.panel.chat.field
    field.setFocus()
    for key in (Qt.Key.Key_M, Qt.Key.Key_Space, Qt.Key.Key_Left, Qt.Key.Key_F9, Qt.Key.Key_F8, Qt.Key.Key_F):
        QTest.keyClick(field, key)
    for key in (Qt.Key.Key_1, Qt.Key.Key_Q, Qt.Key.Key_O, Qt.Key.Key_I):
        QTest.keyClick(field, key, CTRL)
    assert stand.intents == []
    assert stand.window.panel.isVisible()
    assert stand.window.isVisible()
    assert not stand.window.isFullScreen()


def test_an_input_method_composes_in_the_field(stand: Stand) -> None:
    show_chat(stand)
    field = stand.window.panel.chat.field
    field.setFocus()
    event = QInputMethodEvent("", [])
    event.setCommitString("映画だよ 🍿")
    QApplication.sendEvent(field, event)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert stand.intents == [SayLine("映画だよ 🍿")]


@pytest.mark.parametrize(
    ("length", "words", "is_sent"),
    [
        (1799, "", True),
        (1801, "199 characters left", True),
        (2000, "0 characters left", True),
        (2001, "1 character too many", False),
    ],
)
def test_the_limit_is_said_when_it_is_near(stand: Stand, length: int, words: str, is_sent: bool) -> None:
    show_chat(stand)
    chat = stand.window.panel.chat
    chat.field.setPlainText("🍿" * length)
    assert chat.count.text() == words
    assert chat.count.isVisible() == bool(words)
    chat.field.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClick(chat.field, Qt.Key.Key_Return)
    assert stand.intents == ([SayLine("🍿" * length)] if is_sent else [])


def test_half_a_character_is_not_sent(stand: Stand) -> None:
    show_chat(stand)
    field = stand.window.panel.chat.field
    field.insertPlainText("a\ud83c")
    field.send()
    (intent,) = stand.intents
    assert isinstance(intent, SayLine)
    intent.text.encode("utf-8")


def test_who_is_muted_is_told(stand: Stand) -> None:
    muted = (replace(PEOPLE[0], facts=MemberFacts(is_muted=True)), PEOPLE[1])
    show_chat(stand, replace(TALK, members=muted))
    field = stand.window.panel.chat.field
    assert not field.isEnabled()
    assert field.placeholderText() == "You are muted in this room"
    press(stand, Qt.Key.Key_Return)
    assert stand.window.focusWidget() is not field


def test_without_a_connection_nothing_is_written(stand: Stand) -> None:
    show_chat(stand, replace(TALK, link="lost"))
    chat = stand.window.panel.chat
    assert not chat.field.isEnabled()
    assert not chat.reactions.isEnabled()
    assert chat.field.placeholderText() == "Not connected"


# -- reactions


def test_reactions_by_button_and_key(stand: Stand) -> None:
    show_chat(stand)
    buttons = stand.window.panel.chat.reactions.buttons
    assert len(buttons) == len(REACTIONS) == 6
    assert all(button.accessibleName() for button in buttons)
    click(buttons[1])
    for key in (Qt.Key.Key_1, Qt.Key.Key_6):
        press(stand, key, CTRL)
    assert stand.intents == [SendReaction("❤️"), SendReaction("👍"), SendReaction("🎉")]


def test_alone_there_is_nobody_to_talk_to(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, link="alone", members=(), room=""))
    press(stand, Qt.Key.Key_1, CTRL)
    press(stand, Qt.Key.Key_Return)
    assert stand.intents == []
    assert not stand.window.stage.say.isVisible()
