"""What lies over the picture: what is said, reactions, the count-down, questions, the choice after a drop."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QRect, Qt, QUrl
from PySide6.QtGui import QPaintEvent, QRegion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from player.core.room_intents import (
    AddToPlaylist,
    CallOffCheck,
    GoOnWithout,
    OpenAddress,
    PlayNext,
    SayLine,
    SayReady,
    SetOffset,
    StayHere,
    TryAgain,
)
from player.core.room_view import AddressView, ChatRow, CheckView, CopyView, Floating, MemberFacts, PlaylistView
from player.core.view import JoinRoom, MemberRow, OpenMedium, View
from player.ui.asks import asks_of
from player.ui.dialogs import AddressQuestion
from player.ui.floating import POLICY as FLOATING
from player.ui.floating import Floats
from player.ui.reactions import draw_emoji
from player.ui.said import POLICY as SAID
from player.ui.said import SaidLines
from tests.fakes.pictures import HandClock
from tests.ui.acts import click, open_page, press
from tests.ui.conftest import Stand
from tests.ui.views import CHAT, EVIL, FILM, GUEST, LISTED, ROOM, WORDS

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise and grab


class Regions(QObject):
    """What a widget was asked to paint."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: list[QRegion] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.painted.append(QRegion(event.region()))
        return False


def say(stand: Stand, count: int, view: View = ROOM) -> None:
    """Lines come one after the other, as they do."""
    for number in range(1, count + 1):
        rows = tuple(ChatRow(each, "Ben", f"line {each}") for each in range(1, number + 1))
        stand.window.show_view(replace(view, chat=rows))


def texts(stand: Stand) -> list[str]:
    return [row.text for row in stand.window.stage.said.rows()]


# -- what is said


def test_the_last_lines_are_shown_and_go_after_seven_seconds(stand: Stand, qtbot: QtBot) -> None:
    stand.window.show_view(ROOM)
    said = stand.window.stage.said
    say(stand, 7)
    assert texts(stand) == [f"line {number}" for number in range(3, 8)]
    assert said.accessibleName() == "Ben: line 7"
    stand.clock.time += SAID.stay - 0.1
    said._tick()
    assert len(texts(stand)) == 5
    assert 0 < said._opacity(said._shown[0], stand.clock.time) < 1
    stand.clock.time += 0.2
    qtbot.waitUntil(said.isHidden)


def test_the_history_of_a_room_is_no_news(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    stand.window.show_view(replace(ROOM, chat=CHAT))
    assert texts(stand) == []
    stand.window.show_view(replace(ROOM, chat=(*CHAT, ChatRow(9, "Ben", "New"))))
    assert texts(stand) == ["New"]


def test_what_the_panel_says_is_not_said_over_the_picture(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    say(stand, 2)
    assert texts(stand) == ["line 1", "line 2"]
    open_page(stand, "chat")
    assert texts(stand) == []
    say(stand, 3)
    assert texts(stand) == []
    stand.window.split.open_page("people")
    say(stand, 4)
    assert texts(stand) == ["line 4"]


def test_lines_keep_clear_of_controls_and_subtitles(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    say(stand, 5)
    stage = stand.window.stage
    for width, height in ((960, 600), (640, 360), (300, 200)):
        stand.window.resize(width, height)
        QApplication.processEvents()
        lowest = stage.said.geometry().bottom()
        assert lowest < stage.height() * 0.77
        assert lowest < stage.controls.y() + stage.controls.height() - stage.controls.covered()
        assert stage.rect().contains(stage.said.geometry())


@pytest.mark.parametrize("words", [*EVIL, "x" * 2000, "مرحبا wow", "\u202e\n\n", ""])
def test_any_words_are_painted(stand: Stand, words: str) -> None:
    stand.window.show_view(ROOM)
    stand.window.show_view(replace(ROOM, chat=(ChatRow(1, words[:32], words),)))
    said = stand.window.stage.said
    assert said.isVisible()
    assert said._shown[0].picture.height() <= said.height()
    stand.window.grab()


def test_standing_lines_cost_no_paint(stand: Stand, qtbot: QtBot) -> None:
    stand.window.show_view(ROOM)
    say(stand, 2)
    QApplication.processEvents()
    assert stand.window.stage.said._timer.interval() > 1000


# -- writing over the picture


def test_enter_opens_a_line_over_the_picture_and_sends(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    say(stand, 1)
    press(stand, Qt.Key.Key_Return)
    line = stand.window.stage.say
    assert line.isVisible()
    assert stand.window.focusWidget() is line.field
    stand.clock.time += 60.0
    stand.window.stage.said._tick()
    assert texts(stand) == ["line 1"]  # it stays for whoever answers
    QTest.keyClicks(line.field, "m")
    QTest.keyClick(line.field, Qt.Key.Key_Return)
    assert stand.intents == [SayLine("m")]
    assert not line.isVisible()
    assert stand.window.focusWidget() is stand.window.stage


def test_esc_closes_the_line_and_keeps_the_words(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    press(stand, Qt.Key.Key_Return)
    field = stand.window.stage.say.field
    QTest.keyClicks(field, "wait")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not stand.window.stage.say.isVisible()
    assert not stand.window.isFullScreen()
    press(stand, Qt.Key.Key_Return)
    assert field.toPlainText() == "wait"
    assert stand.intents == []


def test_a_click_on_the_film_closes_an_empty_line(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    press(stand, Qt.Key.Key_Return)
    QTest.mouseClick(stand.window.stage, Qt.MouseButton.LeftButton, pos=QPoint(400, 100))
    assert not stand.window.stage.say.isVisible()


def test_the_line_goes_with_the_room_and_stays_inside_the_window(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    press(stand, Qt.Key.Key_Return)
    stage = stand.window.stage
    stage.say.field.setPlainText("word " * 400)
    for width, height in ((800, 500), (320, 200)):
        stand.window.resize(width, height)
        QApplication.processEvents()
        assert stage.rect().contains(stage.say.geometry())
    assert stage.say.count.text() == "1 characters left"
    stand.window.show_view(FILM)
    assert not stage.say.isVisible()


# -- reactions


def test_reactions_rise_and_go(stand: Stand, qtbot: QtBot) -> None:
    floats = stand.window.stage.floats
    stand.window.show_view(replace(ROOM, reactions=(Floating(1, "👍", "Ben", 0.5), Floating(2, "🦄", "Cem", 0.0))))
    assert [each.emoji for each in floats.flying()] == ["👍", "🦄"]
    before = floats._place_of(1, stand.clock.time)
    stand.clock.time += 1.0
    assert floats._place_of(1, stand.clock.time).y() < before.y()
    assert floats._opacity(1, stand.clock.time) == 1.0
    assert floats._opacity(1, stand.clock.time + FLOATING.life - 1.6) < 0.3
    stand.clock.time += FLOATING.life
    qtbot.waitUntil(floats.isHidden)
    assert not floats._timer.isActive()


def test_a_late_view_makes_no_jerk_but_a_seek_counts(stand: Stand) -> None:
    floats = stand.window.stage.floats
    stand.window.show_view(replace(ROOM, reactions=(Floating(1, "👍", "Ben", 0.5),)))
    began = floats._began[1]
    stand.clock.time += 0.3
    stand.window.show_view(replace(ROOM, reactions=(Floating(1, "👍", "Ben", 0.72),)))
    assert floats._began[1] == began
    stand.window.show_view(replace(ROOM, reactions=(Floating(1, "👍", "Ben", 2.0),)))
    assert floats._began[1] != began


def test_twenty_at_most(stand: Stand) -> None:
    many = tuple(Floating(number, "👍", "Ben", 0.1) for number in range(50))
    stand.window.show_view(replace(ROOM, reactions=many))
    assert [each.id for each in stand.window.stage.floats.flying()] == list(range(30, 50))


def test_reactions_let_clicks_through(stand: Stand) -> None:
    stage = stand.window.stage
    stand.window.show_view(replace(ROOM, reactions=(Floating(1, "👍", "Ben", 0.5),)))
    assert stage.floats.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    assert stage.said.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    assert stage.childAt(stage.floats.geometry().center()) is stage.picture


def test_a_tick_repaints_the_film_below_the_emoji_only(stand: Stand, qtbot: QtBot) -> None:
    stand.window.resize(1280, 720)
    stage = stand.window.stage
    some = tuple(Floating(number, "👍", "Ben", 0.1 * number) for number in range(5))
    stand.window.show_view(replace(ROOM, reactions=some))
    stage.floats._timer.stop()
    for _ in range(5):
        QApplication.processEvents()
    regions = Regions()
    stage.picture.installEventFilter(regions)
    for _ in range(10):
        stand.clock.time += 0.033
        stage.floats.tick()
        QApplication.processEvents()
    allowed = stage.floats.geometry().adjusted(-2, -2, 2, 2)
    assert regions.painted
    for region in regions.painted:
        assert allowed.contains(region.boundingRect())
        area = sum(rect.width() * rect.height() for rect in _rects(region))
        one = (FLOATING.width + 4) * (FLOATING.height + 8)
        assert area <= 5 * 2 * one


def _rects(region: QRegion) -> list[QRect]:
    return list(region)


@pytest.mark.parametrize("emoji", [*EVIL, "👍", "🦄", "👨‍👩‍👧‍👦", "\u202e", "", "WWWWWWWWWWWWWWWW", "\n"])
def test_any_emoji_is_drawn_within_its_square(qapp: QApplication, emoji: str) -> None:
    picture = draw_emoji(emoji, 40, 2.0)
    assert (picture.width(), picture.height()) == (80, 80)


@pytest.mark.parametrize("words", EVIL)
def test_names_below_reactions_are_painted_as_they_are(stand: Stand, words: str) -> None:
    stand.window.show_view(replace(ROOM, reactions=(Floating(1, words, words, 1.0),)))
    stand.window.grab()


# -- the count-down


def test_three_two_one(stand: Stand, qtbot: QtBot) -> None:
    countdown = stand.window.stage.countdown
    stand.window.show_view(replace(ROOM, count_down=2.6))
    assert countdown.isVisible()
    assert countdown.accessibleName() == "3"
    centre = countdown.geometry().center()
    assert abs(centre.x() - stand.window.stage.rect().center().x()) <= 1
    stand.window.grab()
    stand.clock.time += 0.7
    countdown._timer.start(0)  # else it takes what it takes
    qtbot.waitUntil(lambda: countdown.number == 2)
    stand.window.show_view(replace(ROOM, count_down=0.4))
    assert countdown.accessibleName() == "1"
    stand.window.show_view(ROOM)
    assert not countdown.isVisible()


# -- questions


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


def test_an_offset_is_offered_and_not_again(stand: Stand) -> None:
    copy = CopyView("Yours is 4:12 longer: another cut?", 0.0, 2.5)
    stand.window.show_view(replace(ROOM, copy=copy))
    click(buttons(stand, "copy")["Use offset"])
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


# -- drops


def drop(stand: Stand, *urls: str) -> None:
    data = QMimeData()
    data.setUrls([QUrl(url) for url in urls])
    assert stand.window.drops.take(data)


def test_in_a_room_it_is_asked_for_whom(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    drop(stand, "file:///films/a.mkv", "file:///films/b.mkv")
    choice = stand.window.drops.choice
    assert choice.isVisible()
    assert choice.heading.text() == "2 films"
    click(choice.play)
    assert not choice.isVisible()
    drop(stand, "file:///films/<b>c.mkv")
    assert choice.heading.text() == "“<b>c.mkv”"
    click(choice.add)
    drop(stand, "file:///films/d.mkv")
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
    drop(stand, "file:///films/a.mkv")
    assert stand.window.focusWidget() is stand.window.drops.choice.play
    QTest.keyClick(stand.window.drops.choice.play, Qt.Key.Key_Return)
    assert stand.intents == [OpenMedium("/films/a.mkv")]


def test_one_file_for_whoever_has_no_copy_is_the_copy(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, has_medium=False, has_picture=False))
    drop(stand, "file:///films/a.mkv")
    assert stand.intents == [OpenMedium("/films/a.mkv")]


def test_what_may_not_be_chosen_says_who_may(stand: Stand) -> None:
    stand.window.show_view(replace(ROOM, rights=replace(GUEST, playlist=True)))
    drop(stand, "file:///films/a.mkv")
    choice = stand.window.drops.choice
    assert not choice.play.isEnabled()
    assert choice.add.isEnabled()
    assert WORDS in choice.words.text()
    assert stand.window.focusWidget() is choice.add


def test_an_invite_among_the_drops_joins(stand: Stand) -> None:
    stand.window.show_view(replace(LISTED, name="Ana"))
    drop(stand, "file:///films/a.mkv", "matinee://192.0.2.1:8998/Friday")
    assert stand.intents == [JoinRoom("matinee://192.0.2.1:8998/Friday")]


def test_overlays_of_their_own_need_no_window(qtbot: QtBot) -> None:
    """Hidden parents, no film: nothing fails."""
    clock = HandClock()
    for widget in (Floats(clock), SaidLines(clock)):
        qtbot.addWidget(widget)
    floats = Floats(clock)
    qtbot.addWidget(floats)
    floats.show_reactions((Floating(1, "👍", "Ben", 99.0),))
    assert floats.flying() == []


def test_who_is_muted_is_told_before_writing(stand: Stand) -> None:
    me = MemberRow("a", "Ana", is_me=True, facts=MemberFacts(is_muted=True))
    stand.window.show_view(replace(ROOM, members=(me,)))
    press(stand, Qt.Key.Key_Return)
    assert not stand.window.stage.say.isVisible()
    assert "muted" in stand.window.stage.notices.flashed.words.text()
