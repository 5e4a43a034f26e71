"""The page of people: what is said of each, and what may be done about whom."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidgetAction
from pytestqt.qtbot import QtBot

from player.core.room_intents import (
    AskReady,
    CallOffCheck,
    GiveRole,
    GoAway,
    MuteMember,
    RemoveMember,
    SayReady,
    SetOffset,
)
from player.core.room_view import CheckView, CopyView, HostingView, MemberFacts
from player.core.view import MemberRow, View
from player.ui.dialogs import SureQuestion
from player.ui.member import MemberLine, state_words
from tests.ui.acts import choose, click, lines_of, open_page
from tests.ui.conftest import Stand
from tests.ui.views import EVIL, GUEST, HOST, LISTED, MANAGED, PEOPLE, ROOM, WORDS

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise and grab


def line(stand: Stand, peer: str, view: View = LISTED) -> MemberLine:
    stand.window.show_view(view)
    open_page(stand, "people")
    return stand.window.panel.people.lines[peer]


# -- what is said


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (MemberRow("a", "Ana"), ""),
        (MemberRow("a", "Ana", here=False), "connection lost"),
        (MemberRow("a", "Ana", is_waited_for=True), "the room waits"),
        (MemberRow("a", "Ana", facts=MemberFacts(is_away=True, is_muted=True)), "away · muted"),
        (MemberRow("a", "Ana", facts=MemberFacts(copy_words="4:12 longer", offset=2.5)), "4:12 longer · offset +2.5 s"),
        (MemberRow("a", "Ana", facts=MemberFacts(copy_words="no film yet")), "no film yet"),
        (MemberRow("a", "Ana", facts=MemberFacts(offset=-0.035)), "offset −35 ms"),
    ],
)
def test_state_of_a_member(row: MemberRow, words: str) -> None:
    assert state_words(row) == words


def test_roles_and_mutes_have_their_signs_and_are_read_out(stand: Stand) -> None:
    muted = replace(LISTED, members=(*PEOPLE[:2], replace(PEOPLE[2], facts=MemberFacts(is_muted=True))))
    ana, ben = line(stand, "a", muted), line(stand, "b", muted)
    assert (ana.role.isVisible(), ana.role.accessibleName()) == (True, "Host")
    assert ben.role.accessibleName() == "Operator"
    cem = stand.window.panel.people.lines["c"]
    assert not cem.role.isVisible()
    assert cem.silenced.isVisible()
    assert ana.accessibleName() == "Ana (you), Host, –"
    assert cem.accessibleName() == "Cem, muted, –"


# -- what may be done


def test_the_host_may_do_everything(stand: Stand) -> None:
    ben = line(stand, "b")
    assert lines_of(ben.menu, ben.fill) == {
        "Make guest": True,
        "Make host…": True,
        "Mute in chat": True,
        "Remove…": True,
        "Ban…": True,
    }
    choose(ben.menu, ben.fill, "Make guest")
    choose(ben.menu, ben.fill, "Mute in chat")
    cem = stand.window.panel.people.lines["c"]
    choose(cem.menu, cem.fill, "Make operator")
    assert stand.intents == [GiveRole("b", "guest"), MuteMember("b", True), GiveRole("c", "operator")]


def test_an_operator_may_not_give_roles(stand: Stand) -> None:
    cem = line(stand, "c", replace(LISTED, rights=replace(HOST, host=False)))
    assert lines_of(cem.menu, cem.fill) == {
        "Make operator": False,
        "Make host…": False,
        "Mute in chat": True,
        "Remove…": True,
        "Ban…": True,
    }


def test_a_guest_is_told_who_may(stand: Stand) -> None:
    people = (MemberRow("a", "Ana", is_me=True), MemberRow("b", "Ben", facts=MemberFacts(role="host")))
    ben = line(stand, "b", replace(ROOM, rights=GUEST, members=people))
    assert not ben.more.isVisible()
    assert set(lines_of(ben.menu, ben.fill).values()) == {False}
    (heading,) = [action for action in ben.menu.actions() if isinstance(action, QWidgetAction)]
    label = heading.defaultWidget()
    assert isinstance(label, QLabel)
    assert label.text() == WORDS


def test_a_mute_is_taken_back(stand: Stand) -> None:
    people = (PEOPLE[0], replace(PEOPLE[1], facts=replace(MANAGED, is_muted=True)))
    ben = line(stand, "b", replace(LISTED, members=people))
    choose(ben.menu, ben.fill, "Unmute in chat")
    assert stand.intents == [MuteMember("b", False)]


@pytest.mark.parametrize(
    ("text", "intent", "yes"),
    [
        ("Remove…", RemoveMember("c", False), "Remove"),
        ("Ban…", RemoveMember("c", True), "Ban"),
        ("Make host…", GiveRole("c", "host"), "Make host"),
    ],
)
def test_what_is_hard_to_take_back_is_asked_once(stand: Stand, text: str, intent: object, yes: str) -> None:
    cem = line(stand, "c")
    choose(cem.menu, cem.fill, text)
    asked = stand.window.doors.question
    assert isinstance(asked, SureQuestion)
    assert asked.yes.text() == yes
    QTest.keyClick(asked, Qt.Key.Key_Return)  # the harmless answer
    assert stand.intents == []
    choose(cem.menu, cem.fill, text)
    asked = stand.window.doors.question
    assert isinstance(asked, SureQuestion)
    QTest.keyClick(asked.no, Qt.Key.Key_Tab)
    assert asked.focusWidget() is asked.yes
    QTest.keyClick(asked.yes, Qt.Key.Key_Return)  # what has the keyboard is what is pressed
    assert stand.intents == [intent]
    stand.intents.clear()
    choose(cem.menu, cem.fill, text)
    again = stand.window.doors.question
    assert isinstance(again, SureQuestion)
    click(again.yes)
    assert stand.intents == [intent]


def test_the_menu_opens_by_button_and_closes(stand: Stand) -> None:
    ben = line(stand, "b")
    assert ben.more.accessibleName() == "More about Ben"
    click(ben.more)
    assert ben.menu.isVisible()
    assert ben.menu.actions()
    ben.menu.hide()


@pytest.mark.parametrize("words", EVIL)
def test_names_are_plain_in_questions_and_menus(stand: Stand, words: str) -> None:
    people = (PEOPLE[0], replace(PEOPLE[2], name=words))
    cem = line(stand, "c", replace(LISTED, members=people))
    choose(cem.menu, cem.fill, "Ban…")
    asked = stand.window.doors.question
    assert asked is not None
    labels = asked.findChildren(QLabel)
    assert any(words in label.text() for label in labels)
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    asked.close()


# -- one's own part


def test_away_and_back(stand: Stand) -> None:
    me = line(stand, "a")
    choose(me.menu, me.fill, "I’m away for a while")
    people = stand.window.panel.people
    stand.window.show_view(replace(LISTED, is_away=True, members=(replace(PEOPLE[0], level="good"), *PEOPLE[1:])))
    assert people.away.text() == "I’m back"
    choose(me.menu, me.fill, "I’m back")
    click(people.away)
    assert stand.intents == [GoAway(True), GoAway(False), GoAway(False)]


def test_a_difference_is_explained_and_mended_by_one_click(stand: Stand) -> None:
    copy = CopyView("Yours is 4:12 longer: another cut?", 0.0, 2.52)
    line(stand, "a", replace(LISTED, copy=copy))
    part = stand.window.panel.people.offset_part
    assert part.words.text() == copy.words
    assert part.use.text() == "Use +2.52 s"
    click(part.use)
    assert stand.intents == [SetOffset(2.52)]
    stand.window.show_view(replace(LISTED, copy=replace(copy, offset=2.52)))
    assert not part.use.isVisible()
    assert part.spin.value() == 2.52
    click(part.none)
    assert stand.intents == [SetOffset(2.52), SetOffset(0.0)]


def test_the_offset_goes_by_steps_that_add_up_to_one_wish(stand: Stand, qtbot: QtBot) -> None:
    me = line(stand, "a")
    part = stand.window.panel.people.offset_part
    assert not part.isVisible()
    choose(me.menu, me.fill, "My offset…")
    assert part.isVisible()
    click(part.more)
    click(part.more)
    click(part.less)
    QTest.keyClick(part.spin, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: bool(stand.intents))
    assert stand.intents == [SetOffset(0.01)]


def test_keys_of_the_offset_reach_nothing_else(stand: Stand) -> None:
    me = line(stand, "a")
    choose(me.menu, me.fill, "My offset…")
    spin = stand.window.panel.people.offset_part.spin
    for key in (Qt.Key.Key_M, Qt.Key.Key_F, Qt.Key.Key_Space, Qt.Key.Key_F9):
        QTest.keyClick(spin, key)
    assert stand.intents == []
    assert stand.window.panel.isVisible()


# -- the ready check


def test_ready_check_is_asked_for_in_company(stand: Stand) -> None:
    line(stand, "a")
    people = stand.window.panel.people
    click(people.check)
    assert stand.intents == [AskReady()]
    stand.window.show_view(replace(LISTED, members=PEOPLE[:1]))
    assert not people.check.isEnabled()
    assert "Nobody else" in people.check.toolTip()


def test_who_may_not_ask_is_told_who_may(stand: Stand) -> None:
    line(stand, "a", replace(LISTED, rights=GUEST))
    check = stand.window.panel.people.check
    assert not check.isEnabled()
    assert WORDS in check.toolTip()


def test_an_open_check_says_who_is_missing_and_takes_an_answer(stand: Stand) -> None:
    check = CheckView("Ben", ready=("Ben",), missing=("Ana", "Cem"))
    line(stand, "a", replace(LISTED, check=check))
    people = stand.window.panel.people
    part = people.check_part
    assert part.heading.text() == "Ben asks: is everybody ready?"
    assert part.missing.text() == "Not yet: Ana and Cem\nReady: Ben"
    assert not people.check.isVisible()
    assert not part.off.isVisible()
    click(part.answer)
    stand.window.show_view(replace(LISTED, check=replace(check, am_ready=True, is_mine=True)))
    click(part.answer)
    click(part.off)
    assert stand.intents == [SayReady(True), SayReady(False), CallOffCheck()]
    stand.window.show_view(LISTED)
    assert not part.isVisible()


def test_hosting_is_offered_to_whoever_may(stand: Stand) -> None:
    line(stand, "a")
    people = stand.window.panel.people
    assert not people.host.isVisible()
    stand.window.show_view(replace(LISTED, hosting=HostingView()))
    click(people.host)
    assert stand.window.doors.hosting is not None


def test_while_everybody_is_asked_the_list_says_who_is_ready(stand: Stand) -> None:
    check = CheckView("Ana", ready=("Ana",), missing=("Ben",))
    ben = line(stand, "b", replace(LISTED, check=check, state="paused"))
    assert ben.figure.text() == "not yet"
    assert stand.window.panel.people.lines["a"].figure.text() == "ready"
    stand.window.show_view(replace(LISTED, check=replace(check, ready=("Ana", "Ben"), missing=()), state="paused"))
    assert ben.figure.text() == "ready"
    stand.window.show_view(replace(LISTED, state="paused"))
    assert ben.figure.text() == "–"
