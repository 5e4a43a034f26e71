"""Questions over the picture, and a film that is somewhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from player.core.room_intents import (
    AcceptRoom,
    CallOffCheck,
    DeclineRoom,
    GoOnWithout,
    OpenAddress,
    PlayNext,
    SayReady,
    SetOffset,
    StayHere,
    TryAgain,
)
from player.core.room_view import AddressView, CheckView, CopyView, LibraryView, OfferView, PlaylistView
from player.ui.asks import asks_of
from player.ui.dialogs import AddressQuestion
from player.ui.folders import FoldersDialog
from tests.ui.acts import click, open_page
from tests.ui.conftest import Stand
from tests.ui.views import GUEST, ROOM, WORDS

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise and grab


def buttons(stand: Stand, key: str) -> dict[str, QWidget]:
    pill = stand.window.stage.notices.asked[key]
    assert pill.isVisible()
    return {button.text(): button for button in pill.buttons()}


def test_who_may_end_the_wait(stand: Stand) -> None:
    waiting = replace(ROOM, state="holding", waiting_words="Waiting for Ben: loading (8 s)")
    stand.window.show_view(waiting)
    assert buttons(stand, "waiting") == {}
    stand.window.show_view(replace(waiting, can_go_on=True))
    click(buttons(stand, "waiting")["Go on without waiting"])
    assert stand.intents == [GoOnWithout()]


def test_a_lost_link_can_be_tried_at_once(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, link="lost", link_words="Connection lost, trying again"))
    click(buttons(stand, "link")["Try again now"])
    assert stand.intents == [TryAgain()]
    assert stand.window.focusWidget() is stand.window.stage


def test_ready_is_asked_over_the_picture(stand: Stand) -> None:
    check = CheckView("Ben", missing=("Ana", "Cem"))
    stand.window.show_view(replace(ROOM, check=check))
    click(buttons(stand, "check")["I’m ready"])
    stand.window.show_view(replace(ROOM, check=replace(check, by="you")))
    assert stand.window.stage.notices.check.words.text() == "You ask: is everybody ready?"
    stand.window.show_view(replace(ROOM, check=replace(check, am_ready=True, is_mine=True, missing=("Cem",))))
    assert stand.window.stage.notices.check.words.text() == "Not ready yet: Cem"
    click(buttons(stand, "check")["Not yet"])
    click(buttons(stand, "check")["Call it off"])
    assert stand.intents == [SayReady(True), SayReady(False), CallOffCheck()]
    open_page(stand, "people")
    assert not stand.window.stage.notices.check.isVisible()  # the page asks


def test_nobody_hosts_a_room_unasked(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, offer=OfferView("Ana")))
    pill = stand.window.stage.notices.asked["offer"]
    assert pill.words.text() == "Ana asks you to host the room on this computer from now on."
    click(buttons(stand, "offer")["Not now"])
    click(buttons(stand, "offer")["Host it"])
    assert stand.intents == [DeclineRoom(), AcceptRoom()]
    stand.window.show_view(ROOM)
    assert not pill.isVisible()


def test_the_next_film_can_stay_away(stand: Stand) -> None:
    coming = PlaylistView(next_title="<b>Faust</b>", next_in=2.2)
    stand.window.show_view(replace(ROOM, playlist=coming))
    assert stand.window.stage.notices.next.words.text() == "Next in 3 s: <b>Faust</b>"
    click(buttons(stand, "next")["Stay"])
    click(buttons(stand, "next")["Play now"])
    assert stand.intents == [StayHere(), PlayNext()]
    stand.window.show_view(replace(ROOM, playlist=coming, rights=GUEST))
    stay = buttons(stand, "next")["Stay"]
    assert not stay.isEnabled()
    assert WORDS in stay.toolTip()


def test_what_a_page_asks_is_not_asked_over_the_picture_too(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, playlist=PlaylistView(next_title="Faust", next_in=2.2)))
    assert stand.window.stage.notices.next.isVisible()
    open_page(stand, "playlist")
    assert not stand.window.stage.notices.next.isVisible()
    open_page(stand, "people")
    assert stand.window.stage.notices.next.isVisible()


def test_a_film_that_is_missing_is_said_with_what_to_do(stand: Stand) -> None:
    missing = replace(ROOM, has_medium=False, has_picture=False, missing_words="“Faust” is not in your film folders.")
    stand.window.show_view(missing)
    placeholder = stand.window.stage.placeholder
    assert "in which folder your films are" in placeholder.words.text()  # there are none yet
    stand.window.show_view(replace(missing, library=LibraryView(("/films",))))
    assert placeholder.words.text() == "“Faust” is not in your film folders."
    click(placeholder.folders)
    assert isinstance(stand.window.doors.question, FoldersDialog)


def test_an_offset_is_offered_and_not_again(stand: Stand) -> None:
    copy = CopyView("Yours is 4:12 longer: another cut?", 0.0, 2.5)
    stand.window.show_view(replace(ROOM, copy=copy))
    click(buttons(stand, "copy")["Use +2.5 s"])
    assert stand.intents == [SetOffset(2.5)]
    click(buttons(stand, "copy")["Not now"])
    pill = stand.window.stage.notices.copy
    assert not pill.isVisible()
    stand.window.show_view(replace(ROOM, copy=copy, media_time=61.0))
    assert not pill.isVisible()
    stand.window.show_view(replace(ROOM, copy=replace(copy, words="Yours is 1:00 shorter: another cut?")))
    assert pill.isVisible()
    stand.window.show_view(replace(ROOM, copy=replace(copy, offset=2.5)))
    assert not pill.isVisible()


def test_the_most_pressing_is_asked_first() -> None:
    view = replace(
        ROOM,
        link="lost",
        waiting_words="Waiting for Ben",
        check=CheckView("Ben"),
        playlist=PlaylistView(next_title="x", next_in=1.0),
        copy=CopyView("Another cut", 0.0, 1.0),
    )
    assert [ask.key for ask in asks_of(view)] == ["link", "waiting", "check", "next", "copy"]


def test_questions_stay_in_the_upper_third_of_a_small_window(stand: Stand) -> None:
    stand.window.resize(640, 360)
    stand.window.show_view(replace(ROOM, link="lost", check=CheckView("Ben"), copy=CopyView("Another cut", 0.0, 1.0)))
    notices = stand.window.stage.notices
    assert notices.link.isVisible()
    assert notices.geometry().bottom() < 0.34 * 360


@pytest.mark.parametrize("width", [300, 420, 640, 960])
def test_questions_are_whole_in_any_width(stand: Stand, width: int) -> None:
    stand.window.resize(width, 700)
    name = "Bartholomew the Extraordinarily Long"
    stand.window.show_view(replace(ROOM, check=CheckView(name[:32], is_mine=True), copy=CopyView("Yours " * 9, 0, 1.0)))
    stage = stand.window.stage
    if stand.window.panel.isVisible():  # else its page asks
        stand.window.split.switch()
    assert stage.rect().contains(stage.notices.geometry())
    for pill in (stage.notices.check, stage.notices.copy):
        assert pill.rect().contains(pill.words.geometry())
        for button in pill.buttons():
            place = QRect(button.mapTo(pill, QPoint()), button.size())
            assert pill.rect().contains(place)
            assert button.width() >= button.sizeHint().width()
            assert not place.intersects(pill.words.geometry())


def test_bars_stay_while_a_question_has_the_keyboard(stand: Stand, qtbot: QtBot) -> None:
    stand.window.show_view(replace(ROOM, check=CheckView("Ben")))
    stand.window.activateWindow()
    qtbot.waitUntil(stand.window.isActiveWindow)
    buttons(stand, "check")["I’m ready"].setFocus(Qt.FocusReason.TabFocusReason)
    assert not stand.window.stage._may_hide()


# -- a film that is somewhere else


def test_an_address_is_opened_after_a_yes(stand: Stand) -> None:
    view = replace(ROOM, has_medium=False, has_picture=False, address=AddressView("<b>example.org</b>"))
    stand.window.show_view(view)
    place = stand.window.stage.placeholder
    assert "<b>example.org</b>" in place.words.text()
    click(place.trust)
    asked = stand.window.doors.question
    assert isinstance(asked, AddressQuestion)
    click(asked.yes)
    assert stand.intents == [OpenAddress()]


def test_an_address_in_the_own_network_is_not_opened_by_return(stand: Stand) -> None:
    address = AddressView("192.168.1.1", is_private=True)
    view = replace(ROOM, has_medium=False, has_picture=False, address=address)
    stand.window.show_view(view)
    click(stand.window.stage.placeholder.trust)
    asked = stand.window.doors.question
    assert isinstance(asked, AddressQuestion)
    QTest.keyClick(asked, Qt.Key.Key_Return)
    assert stand.intents == []
    click(stand.window.stage.placeholder.trust)
    stand.window.show_view(ROOM)  # the room watches something else now
    assert stand.window.doors.question is None


def test_a_film_that_is_on_its_way_is_not_asked_for(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, has_medium=False, has_picture=False, is_changing=True))
    assert not stand.window.stage.placeholder.isVisible()


def test_looking_for_the_film_is_said(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, has_medium=False, has_picture=False, is_looking=True))
    assert "Looking for your own copy" in stand.window.stage.placeholder.words.text()
