"""Give the window a view, see what is drawn; click and press keys, see the intents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from player.core.medium import Track
from player.core.view import (
    Badge,
    ChooseSound,
    ChooseSubtitles,
    LeaveRoom,
    MemberRow,
    SetMuted,
    SetSubtitleDelay,
    SetVolume,
    Shown,
    View,
    WantPause,
    WantPlay,
    WantRate,
    WantSeek,
)
from tests.ui.conftest import Stand
from tests.ui.views import FILM, ROOM

EVIL = ("<b>x</b>", "<img src=x>", "a & b")


def left_button(stand: Stand, widget: Any) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def press(stand: Stand, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(stand.window, key, modifier)


# -- the keyboard


def test_keys_are_the_windows_after_the_button_that_was_used_is_gone(stand: Stand) -> None:
    """Else some button beside gets them, and Space, meant to play, presses that."""
    for card in (stand.window.welcome.host, stand.window.stage.placeholder.open):
        stand.window.show_view(
            View() if card is stand.window.welcome.host else replace(ROOM, has_picture=False, has_medium=False)
        )
        card.setFocus()
        stand.window.show_view(FILM)
        assert stand.window.focusWidget() is stand.window.stage


def test_keys_come_back_from_what_went_while_a_question_was_open(stand: Stand) -> None:
    stand.window.welcome.open.setFocus()
    stand.window.stage.welcome.hide()
    stand.window.show_view(FILM)
    press(stand, Qt.Key.Key_Space)
    assert stand.intents == [WantPlay()]


# -- pages and words


def test_nothing_open_is_the_welcome_page(stand: Stand) -> None:
    assert stand.window.welcome.isVisible()
    assert not stand.window.stage.controls.isVisible()
    stand.window.show_view(FILM)
    assert not stand.window.welcome.isVisible()
    assert stand.window.stage.controls.isVisible()
    assert stand.window.windowTitle() == "Nosferatu – Matinee"
    stand.window.show_view(View())
    assert stand.window.welcome.isVisible()
    assert stand.window.windowTitle() == "Matinee"


def test_controls_say_what_the_view_says(stand: Stand) -> None:
    controls = stand.window.stage.controls
    stand.window.show_view(FILM)
    assert (controls.at.text(), controls.length.text()) == ("1:00", "10:00")
    assert controls.play.accessibleName() == "Play"
    assert controls.rate.text() == "1×"
    assert not controls.invite.isVisible()
    assert controls.panel.accessibleName() == "Playlist"
    stand.window.show_view(replace(ROOM, rate=1.25, media_time=3725.0, duration=7200.0, is_muted=True))
    assert (controls.at.text(), controls.length.text()) == ("1:02:05", "2:00:00")
    assert controls.play.accessibleName() == "Pause for everyone"
    assert controls.rate.text() == "1.25×"
    assert controls.invite.isVisible()
    assert controls.mute.accessibleName() == "Sound on"


def test_pending_is_seen_at_once(stand: Stand) -> None:
    stand.window.show_view(replace(FILM, is_pending=True))
    assert stand.window.stage.controls.play.property("pending") is True
    stand.window.show_view(FILM)
    assert stand.window.stage.controls.play.property("pending") is False


def test_unknown_duration_can_not_be_sought(stand: Stand) -> None:
    stand.window.show_view(replace(FILM, duration=None))
    assert not stand.window.stage.controls.seek.isEnabled()
    assert stand.window.stage.controls.length.text() == ""


def test_badge_is_shown_in_company_only(stand: Stand) -> None:
    badge = stand.window.stage.top.badge
    stand.window.show_view(FILM)
    assert not badge.isVisible()
    stand.window.show_view(ROOM)
    assert badge.isVisible()
    assert badge.words.text() == "In sync, within 1 ms"


def test_what_is_said_stays_out_of_the_middle_of_a_small_window(stand: Stand) -> None:
    """The band that an outside meter reads: 34 % to 64 % of the height."""
    stand.window.resize(640, 360)
    words = "A notice that is so long that it needs two lines in a window as small as this one is, at the very least."
    notices = tuple(Shown(i, "info", words, None) for i in range(5))
    stand.window.show_view(replace(ROOM, notices=notices))
    stage = stand.window.stage
    assert stage.notices.isVisible()
    assert stage.notices.geometry().bottom() < 0.34 * 360
    assert stage.top.geometry().bottom() < 0.34 * 360
    assert stage.controls.geometry().top() > 0.64 * 360
    assert stage.picture.size() == stage.size()
    assert not stand.window.panel.isVisible()


@pytest.mark.parametrize(
    ("view", "heading", "button"),
    [
        (replace(FILM, has_picture=False), "Nosferatu", None),
        (View(link="joined", room="Friday", invite="matinee://a/b"), "No film yet", "open"),
        (View(link="joined", room="Friday", title="Nosferatu", state="paused"), "Nosferatu", "open"),
        (View(link="connecting", link_words="Starting the room …"), "Starting the room …", "leave"),
        (View(link="connecting", link_words="No answer.", room="Friday"), "Joining “Friday”", "leave"),
    ],
)
def test_what_is_missing_is_said_where_the_picture_would_be(
    stand: Stand, view: View, heading: str, button: str | None
) -> None:
    stand.window.show_view(view)
    place = stand.window.stage.placeholder
    assert place.isVisible()
    assert place.heading.text() == heading
    shown = [name for name in ("open", "leave") if getattr(place, name).isVisible()]
    assert shown == ([button] if button else [])


def test_connecting_can_be_cancelled(stand: Stand) -> None:
    stand.window.show_view(View(link="connecting", link_words="Connecting …"))
    left_button(stand, stand.window.stage.placeholder.leave)
    assert stand.intents == [LeaveRoom()]


# -- the roster


def test_roster_says_who_is_here_and_how_far(stand: Stand) -> None:
    stand.window.resize(1200, 700)
    lost = MemberRow("c", "Chloë", here=False)
    waited = MemberRow("d", "Dmitri", is_waited_for=True)
    stand.window.show_view(replace(ROOM, members=(*ROOM.members, lost, waited)))
    roster = stand.window.panel.people
    assert roster.isVisible()
    assert stand.window.panel.count.text() == "3 here"
    assert [line.name.text() for line in roster.lines.values()] == ["Ana (you)", "Ben", "Chloë", "Dmitri"]
    assert [line.figure.text() for line in roster.lines.values()] == ["–", "−120 ms", "", "–"]
    assert [line.state.text() for line in roster.lines.values()] == ["", "", "connection lost", "the room waits"]


def test_roster_keeps_the_lines_of_who_stays(stand: Stand) -> None:
    stand.window.resize(1200, 700)
    stand.window.show_view(ROOM)
    line = stand.window.panel.people.lines["b"]
    stand.window.show_view(replace(ROOM, members=(MemberRow("b", "Ben", asynchrony=0.004), MemberRow("z", "Zoë"))))
    assert list(stand.window.panel.people.lines) == ["b", "z"]
    assert stand.window.panel.people.lines["b"] is line
    assert line.figure.text() == "+4 ms"


def test_roster_is_opened_and_closed_by_key_and_button(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    assert not stand.window.panel.isVisible()
    press(stand, Qt.Key.Key_F9)
    assert stand.window.panel.isVisible()
    left_button(stand, stand.window.stage.controls.panel)
    assert not stand.window.panel.isVisible()


def test_alone_there_is_nobody_to_list(stand: Stand) -> None:
    stand.window.show_view(FILM)
    press(stand, Qt.Key.Key_F9)
    assert stand.window.panel.playlist.isVisible()
    assert not stand.window.panel.tabs.isVisible()
    stand.window.show_view(View())
    assert not stand.window.panel.isVisible()


def test_roster_leaves_the_room(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    stand.window.split.switch()
    left_button(stand, stand.window.panel.people.leave)
    assert stand.intents == [LeaveRoom()]


# -- strangers' words


@pytest.mark.parametrize("words", EVIL)
def test_strangers_words_are_plain_text_everywhere(stand: Stand, words: str) -> None:
    stand.window.resize(1200, 700)
    view = replace(
        ROOM,
        title=words,
        room=words,
        waiting_words=words,
        link="lost",
        link_words=words,
        badge=Badge("near", words),
        members=(MemberRow("a", words), MemberRow("b", words, is_waited_for=True)),
        notices=(Shown(1, "info", words, None),),
        subtitle_tracks=(Track("t", "subtitles", words),),
        sound_tracks=(Track("s", "sound", words),),
    )
    stand.window.show_view(view)
    stand.window.show_view(replace(view, has_picture=False))
    labels = stand.window.findChildren(QLabel)
    assert len([label for label in labels if words in label.text()]) >= 7
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    for widget in stand.window.findChildren(QLabel):
        assert "<b>x" not in widget.toolTip()
        assert "<img" not in widget.toolTip()


def test_a_tip_has_the_whole_of_a_cut_name_as_plain_text(stand: Stand) -> None:
    stand.window.resize(1200, 700)
    name = "<b>" + "x" * 80
    stand.window.show_view(replace(ROOM, members=(MemberRow("a", name),)))
    QApplication.processEvents()
    label = stand.window.panel.people.lines["a"].name
    assert label.shown_text().endswith("…")
    assert label.toolTip() == "<qt>&lt;b&gt;" + "x" * 80 + "</qt>"


def test_track_names_in_menus_are_plain(stand: Stand) -> None:
    controls = stand.window.stage.controls
    stand.window.show_view(replace(FILM, sound_tracks=(Track("s1", "sound", "Rock & Roll"),)))
    controls.tracks_menu.renew()
    texts = [action.text() for action in controls.tracks_menu.actions()]
    assert "Sound: Rock && Roll" in texts


# -- clicks


def test_play_button_is_absolute(stand: Stand) -> None:
    play = stand.window.stage.controls.play
    stand.window.show_view(FILM)
    left_button(stand, play)
    stand.window.show_view(replace(FILM, state="playing"))
    left_button(stand, play)
    stand.window.show_view(replace(FILM, state="holding"))
    left_button(stand, play)
    assert stand.intents == [WantPlay(), WantPause(), WantPause()]


def test_dragging_seeks_once_when_it_is_let_go(stand: Stand) -> None:
    stand.window.show_view(FILM)
    seek = stand.window.stage.controls.seek
    QApplication.processEvents()

    def spot(share: float) -> QPoint:
        return QPoint(round(seek.place_of(share * 600_000)), seek.height() // 2)

    QTest.mousePress(seek, Qt.MouseButton.LeftButton, pos=spot(0.2))
    QTest.mouseMove(seek, spot(0.5))
    stand.window.show_view(replace(FILM, media_time=61.0))
    assert stand.intents == []
    assert stand.window.stage.controls.bubble.isVisible()
    QTest.mouseRelease(seek, Qt.MouseButton.LeftButton, pos=spot(0.5))
    (intent,) = stand.intents
    assert isinstance(intent, WantSeek)
    assert intent.media_time == pytest.approx(300.0, abs=2.0)


def test_dragging_to_the_end_does_not_end_the_film(stand: Stand) -> None:
    stand.window.show_view(FILM)
    seek = stand.window.stage.controls.seek
    QApplication.processEvents()
    QTest.mousePress(seek, Qt.MouseButton.LeftButton, pos=QPoint(50, 8))
    QTest.mouseMove(seek, QPoint(seek.width() + 200, 8))
    QTest.mouseRelease(seek, Qt.MouseButton.LeftButton, pos=QPoint(seek.width() + 200, 8))
    assert stand.intents == [WantSeek(599.5)]


def test_volume_mute_speed_and_tracks(stand: Stand) -> None:
    controls = stand.window.stage.controls
    stand.window.show_view(FILM)
    controls.volume.setValue(70)
    left_button(stand, controls.mute)
    controls.rate_menu.renew()
    next(action for action in controls.rate_menu.actions() if action.text() == "1.5×").trigger()
    controls.tracks_menu.renew()
    menus = {action.text(): action.menu() for action in controls.tracks_menu.actions() if action.menu()}
    next(action for action in menus["Sound: English"].actions() if action.text() == "Deutsch").trigger()
    next(action for action in menus["Subtitles: off"].actions() if action.text() == "Français").trigger()
    menus["Subtitle delay: none"].actions()[0].trigger()
    assert stand.intents == [
        SetVolume(70),
        SetMuted(True),
        WantRate(1.5),
        ChooseSound("s2"),
        ChooseSubtitles("t2"),
        SetSubtitleDelay(0.1),
    ]
    assert stand.memory["volume"] == 70


def test_a_view_does_not_echo_as_an_intent(stand: Stand) -> None:
    stand.window.show_view(FILM)
    stand.window.show_view(replace(FILM, volume=90, media_time=100.0, is_muted=True, rate=2.0))
    assert stand.intents == []
    assert stand.window.stage.controls.volume.value() == 90


def test_wheel_is_the_volume(stand: Stand) -> None:
    stand.window.show_view(FILM)
    QTest.wheelEvent(stand.window.windowHandle(), QPointF(400, 250), QPoint(0, 120))
    stand.window.show_view(replace(FILM, volume=90))
    for _ in range(2):  # a touchpad turns by less than a notch
        QTest.wheelEvent(stand.window.windowHandle(), QPointF(400, 250), QPoint(0, -60))
    assert stand.intents == [SetVolume(55), SetVolume(85)]


def test_invite_is_copied(stand: Stand) -> None:
    stand.window.show_view(ROOM)
    QGuiApplication.clipboard().clear()
    left_button(stand, stand.window.stage.controls.invite)
    assert QGuiApplication.clipboard().text() == ROOM.invite
    assert "copied" in stand.window.stage.notices.flashed.words.text()
    QGuiApplication.clipboard().clear()
    press(stand, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == ROOM.invite
