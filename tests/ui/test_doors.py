"""Opening, hosting, joining, dropping; what is asked once and what is remembered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from player.core.invite import Invite, InviteError
from player.core.room_intents import EndForAll, MoveRoomTo
from player.core.room_view import MemberFacts
from player.core.view import (
    HostRoom,
    JoinRoom,
    LeaveRoom,
    Lock,
    MemberRow,
    OpenMedium,
    SetName,
    SetVolume,
    View,
)
from player.ui.dialogs import (
    HostQuestion,
    JoinQuestion,
    NameQuestion,
    PasswordQuestion,
)
from player.ui.ending import EndQuestion, successor
from tests.ui.conftest import Stand

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise, grab and limit sizes

NAMED = View(name="Ana")
INVITE = "matinee://192.0.2.1:8998/Friday"


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def question(stand: Stand, kind: type[Any]) -> Any:
    found = stand.window.doors.question
    assert isinstance(found, kind)
    assert found.isVisible()
    return found


def parse(text: str) -> Invite:
    if not text.startswith("matinee://"):
        raise InviteError("An invite begins with matinee://")
    return Invite("192.0.2.1", 8998, "<b>Friday</b>")


# -- questions


def test_name_is_asked_before_the_first_room_and_never_again(stand: Stand, qtbot: QtBot) -> None:
    click(stand.window.welcome.host)
    asked = question(stand, NameQuestion)
    assert not asked.yes.isEnabled()
    asked.field.setText("  Ana ")
    click(asked.yes)
    assert stand.intents == [SetName("Ana")]
    assert stand.memory["name"] == "Ana"
    asked = question(stand, HostQuestion)
    assert asked.field.text() == "Ana’s room"
    asked.field.setText("Friday")
    QTest.keyClick(asked.field, Qt.Key.Key_Return)
    assert stand.intents[1:] == [HostRoom("Friday")]
    click(stand.window.welcome.host)
    question(stand, HostQuestion)


def test_no_name_no_room(stand: Stand) -> None:
    click(stand.window.welcome.join)
    QTest.keyClick(question(stand, NameQuestion), Qt.Key.Key_Escape)
    assert stand.intents == []
    assert stand.window.doors.question is None


def test_known_name_is_not_asked(stand: Stand) -> None:
    stand.window.show_view(NAMED)
    click(stand.window.welcome.join)
    question(stand, JoinQuestion)


def test_names_have_the_length_of_the_wire(stand: Stand) -> None:
    click(stand.window.welcome.join)
    asked = question(stand, NameQuestion)
    QTest.keyClicks(asked.field, "x" * 50)
    assert len(asked.field.text()) == 32


def test_wrong_invite_is_explained_while_it_is_typed(stand: Stand) -> None:
    asked = JoinQuestion(stand.window, "", parse)
    assert (asked.verdict.text(), asked.yes.isEnabled()) == ("", False)
    asked.field.setText("matinee:192.0.2.1")
    assert (asked.verdict.text(), asked.yes.isEnabled()) == ("An invite begins with matinee://", False)
    asked.field.setText(INVITE)
    assert asked.yes.isEnabled()
    assert "<b>Friday</b>" in asked.verdict.text()
    assert {label.textFormat() for label in asked.findChildren(QLabel)} == {Qt.TextFormat.PlainText}


def test_joining_emits_the_invite(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    class Parsing(JoinQuestion):
        def __init__(self, window: QWidget, invite: str) -> None:
            super().__init__(window, invite, parse)

    monkeypatch.setattr("player.ui.doors.JoinQuestion", Parsing)
    QGuiApplication.clipboard().setText(f" {INVITE} ")
    stand.window.show_view(NAMED)
    click(stand.window.welcome.join)
    asked = question(stand, JoinQuestion)
    assert asked.field.text() == INVITE  # it was in the clipboard
    click(asked.yes)
    assert stand.intents == [JoinRoom(INVITE)]


def test_a_room_with_a_password_asks_for_it_until_it_is_right(stand: Stand) -> None:
    locked = replace(NAMED, lock=Lock(INVITE, "<b>Friday</b>"))
    stand.window.show_view(locked)
    asked = question(stand, PasswordQuestion)
    assert asked.field.echoMode() == QLineEdit.EchoMode.Password
    assert not asked.yes.isEnabled()
    asked.field.setText(" s ")
    click(asked.yes)
    assert stand.intents == [JoinRoom(INVITE, " s ")]
    stand.window.show_view(replace(locked, volume=50))
    assert stand.window.doors.question is None  # once each time
    stand.window.show_view(replace(NAMED, link="connecting"))
    stand.window.show_view(replace(NAMED, lock=Lock(INVITE, "Friday", was_wrong=True)))
    assert question(stand, PasswordQuestion).accessibleName() == "That is not the password"


def test_new_room_shows_and_copies_its_invite(stand: Stand) -> None:
    QGuiApplication.clipboard().clear()
    stand.window.show_view(NAMED)
    click(stand.window.welcome.host)
    click(question(stand, HostQuestion).yes)
    room = replace(NAMED, link="joined", room="Friday", invite=INVITE, is_hosting=True)
    stand.window.show_view(room)
    page = stand.window.doors.hosting
    assert page is not None
    assert page.field.text() == INVITE
    assert QGuiApplication.clipboard().text() == INVITE
    QGuiApplication.clipboard().clear()
    click(page.copy)
    assert QGuiApplication.clipboard().text() == INVITE
    click(page.finish)
    stand.window.show_view(replace(room, media_time=1.0))
    assert stand.window.doors.hosting is None
    stand.window.show_view(NAMED)
    click(stand.window.welcome.host)
    assert question(stand, HostQuestion).field.text() == "Friday"  # the same again, and friends find it


def test_a_room_hosted_from_the_command_line_asks_nothing(stand: Stand) -> None:
    stand.window.show_view(replace(NAMED, link="joined", room="Friday", invite=INVITE, is_hosting=True))
    assert stand.window.doors.question is None
    assert stand.window.doors.hosting is None


def test_film_is_chosen_from_the_last_folder(stand: Stand, tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"
    film.touch()
    stand.memory["folder"] = str(tmp_path)
    QTest.keyClick(stand.window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    dialog = question(stand, QFileDialog)
    assert dialog.directory().absolutePath() == str(tmp_path)
    dialog.filesSelected.emit([str(film)])
    dialog.close()
    assert stand.intents == [OpenMedium(str(film))]


def test_the_first_film_is_looked_for_at_home(stand: Stand) -> None:
    stand.window.doors.open_film()
    assert question(stand, QFileDialog).directory().absolutePath() == str(Path.home())


def test_questions_do_not_pile_up(stand: Stand) -> None:
    stand.window.show_view(NAMED)
    stand.window.doors.host()
    first = stand.window.doors.question
    stand.window.doors.join()
    assert stand.window.doors.question is not first
    question(stand, JoinQuestion)


# -- closing


def test_closing_alone_asks_nothing(stand: Stand, qtbot: QtBot) -> None:
    with qtbot.waitSignal(stand.window.closed):
        QTest.keyClick(stand.window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert not stand.window.isVisible()


MEMBERS = (
    MemberRow("a", "Ana", is_me=True),
    MemberRow("b", "<b>Ben</b>"),
    MemberRow("c", "Cem", facts=MemberFacts(role="operator")),
    MemberRow("d", "Dia", here=False),
)
HOSTED = replace(NAMED, link="joined", room="Friday", is_hosting=True, members=MEMBERS)


def test_closing_a_room_that_others_are_in_is_asked(stand: Stand, qtbot: QtBot) -> None:
    stand.window.show_view(HOSTED)
    stand.window.close()
    assert stand.window.isVisible()
    click(question(stand, EndQuestion).no)
    assert stand.window.isVisible()
    assert stand.intents == []
    stand.window.close()
    click(question(stand, EndQuestion).end)
    assert stand.intents == [EndForAll()]
    assert stand.window.isVisible()  # until all have been told
    with qtbot.waitSignal(stand.window.closed):
        stand.window.show_view(NAMED)
    assert not stand.window.isVisible()


def test_a_room_that_does_not_answer_holds_nobody_up(stand: Stand, qtbot: QtBot) -> None:
    stand.window.show_view(HOSTED)
    stand.window.leaving._timer.setInterval(10)
    stand.window.close()
    with qtbot.waitSignal(stand.window.closed):
        click(question(stand, EndQuestion).end)


def test_a_room_is_handed_to_an_operator_first_and_the_window_goes_when_the_room_has(
    stand: Stand, qtbot: QtBot
) -> None:
    stand.window.show_view(HOSTED)
    stand.window.close()
    asked = question(stand, EndQuestion)
    assert [asked.people.itemText(at) for at in range(asked.people.count())] == ["<b>Ben</b>", "Cem"]
    QTest.keyClick(asked, Qt.Key.Key_Return)
    assert stand.intents == [MoveRoomTo("c")]
    stand.window.show_view(replace(HOSTED, media_time=1.0))
    assert stand.window.isVisible()
    with qtbot.waitSignal(stand.window.closed):
        stand.window.show_view(replace(HOSTED, is_hosting=False))


def test_a_room_is_handed_to_whoever_is_chosen(stand: Stand) -> None:
    stand.window.show_view(HOSTED)
    stand.window.panel.people.leaves.emit()
    asked = question(stand, EndQuestion)
    asked.people.setCurrentIndex(0)
    click(asked.yes)
    assert stand.intents == [MoveRoomTo("b")]
    stand.window.show_view(replace(HOSTED, is_hosting=False))
    assert stand.window.isVisible()  # that was no wish to quit


def test_without_an_operator_the_longest_here_is_proposed() -> None:
    others = (MemberRow("b", "Ben"), MemberRow("c", "Cem"))
    assert successor(others) is others[0]


def test_leaving_a_room_that_others_are_in_is_asked(stand: Stand) -> None:
    stand.window.show_view(HOSTED)
    stand.window.panel.people.leaves.emit()
    asked = question(stand, EndQuestion)
    assert "<b>Ben</b> and Cem are here" in asked.words.text()
    click(asked.end)
    assert stand.intents == [EndForAll()]
    stand.window.show_view(NAMED)
    assert stand.intents == [EndForAll(), LeaveRoom()]
    stand.window.show_view(NAMED)
    assert len(stand.intents) == 2


def test_a_move_that_failed_does_not_close_the_window_later(stand: Stand) -> None:
    stand.window.show_view(HOSTED)
    stand.window.close()
    click(question(stand, EndQuestion).yes)
    stand.window.show_view(replace(HOSTED, members=MEMBERS[:1]))
    stand.window.act(LeaveRoom())
    stand.window.show_view(NAMED)
    assert stand.window.isVisible()


def test_a_guest_leaves_without_a_question(stand: Stand) -> None:
    members = (MemberRow("a", "Ana", is_me=True), MemberRow("b", "Ben"))
    stand.window.show_view(replace(NAMED, link="joined", room="Friday", members=members))
    stand.window.panel.people.leaves.emit()
    assert stand.intents == [LeaveRoom()]


def test_closing_lets_the_source_go(stand: Stand) -> None:
    stand.window.shut()
    stand.pictures.wake()  # reaches nobody


# -- what is remembered


def test_window_comes_back_where_it_was(stand: Stand) -> None:
    stand.window.resize(777, 444)
    stand.window.shut()
    place = stand.memory["window"]
    assert isinstance(place, str)
    stand.window.resize(300, 300)
    stand.window._restore_place()
    assert (stand.window.width(), stand.window.height()) == (777, 444)


@pytest.mark.parametrize("place", ["", "!!", 7, None, "ÄÖ"])
def test_a_broken_place_is_no_matter(stand: Stand, place: object) -> None:
    stand.memory["window"] = place
    stand.window._restore_place()
    assert stand.window.width() == 1120


def test_a_placed_window_is_exactly_there_and_not_remembered(stand: Stand) -> None:
    stand.window.place("640x360+10+20")
    geometry = stand.window.geometry()
    assert (geometry.x(), geometry.y(), geometry.width(), geometry.height()) == (10, 20, 640, 360)
    stand.window.shut()
    assert "window" not in stand.memory


def test_volume_is_remembered(stand: Stand) -> None:
    stand.window.show_view(replace(NAMED, volume=40))
    QTest.keyClick(stand.window, Qt.Key.Key_Down)
    assert stand.intents == [SetVolume(35)]
    assert stand.memory["volume"] == 35


def test_a_link_has_no_folder(stand: Stand) -> None:
    stand.window.act(OpenMedium("https://example.org/a/b.mp4"))
    assert "folder" not in stand.memory
