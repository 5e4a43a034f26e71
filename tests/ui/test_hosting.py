"""The page for hosting: the invite, whether friends can reach it, links, rules, bans."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from player.core.qr_code import qr_matrix
from player.core.room_intents import (
    ChangePassword,
    ChangeRules,
    LiftBan,
    MakeInvite,
    OpenToLan,
    RevokeInvite,
)
from player.core.room_view import BanRow, HostingView, KeyRow, ReachView, Rights, RulesView
from player.core.view import View
from player.ui.hosting import HostingPage
from player.ui.qr import QrPicture
from tests.ui.acts import choose, click
from tests.ui.conftest import Stand
from tests.ui.views import EVIL, LISTED

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise and grab

KEYS = (KeyRow("k1", "operator", "in 23 h", "Ana", "matinee://a/b?key=1"), KeyRow("k2", "guest", "", "<b>Ben</b>"))
HOSTED = replace(
    LISTED,
    is_hosting=True,
    hosting=HostingView(ReachView("yes", "Friends can reach you."), False, KEYS, (BanRow("x1", "<b>Mallory</b>"),)),
)


def show_page(stand: Stand, view: View = HOSTED) -> HostingPage:
    stand.window.show_view(view)
    stand.window.doors.show_hosting()
    page = stand.window.doors.hosting
    assert page is not None
    return page


def test_it_is_in_the_menu_of_whoever_may(stand: Stand) -> None:
    stand.window.show_view(replace(HOSTED, hosting=None))
    menu = stand.window.stage.top.menu
    menu.renew()
    assert "Hosting…" not in [action.text() for action in menu.actions()]
    stand.window.show_view(HOSTED)
    choose(menu, lambda _menu: menu.renew(), "Hosting…")
    page = stand.window.doors.hosting
    assert page is not None
    assert page.isVisible()
    assert not page.isModal()  # the film goes on
    stand.window.doors.show_hosting()
    assert stand.window.doors.hosting is page


def test_the_invite_is_shown_copied_and_drawn(stand: Stand) -> None:
    page = show_page(stand)
    assert page.field.text() == HOSTED.invite
    assert page.field.isReadOnly()
    QGuiApplication.clipboard().clear()
    click(page.copy)
    assert QGuiApplication.clipboard().text() == HOSTED.invite
    assert "copied" in page.news.text()
    assert page.qr.modules == qr_matrix(HOSTED.invite)


def test_the_code_is_drawn_in_whole_pixels(qapp: QApplication) -> None:
    picture = QrPicture()
    picture.show_text(HOSTED.invite)
    side = picture.width() // len(picture.modules)
    assert picture.width() == side * len(picture.modules)
    image = picture.grab().toImage()
    for y, row in enumerate(picture.modules):
        for x, is_dark in enumerate(row):
            for corner in (0, side - 1):
                colour = QColor(image.pixel(x * side + corner, y * side + corner))
                assert colour == QColor(Qt.GlobalColor.black if is_dark else Qt.GlobalColor.white)


def test_an_invite_that_is_too_long_is_said_to_be(qapp: QApplication) -> None:
    picture = QrPicture()
    picture.show_text("matinee://" + "x" * 5000)
    assert picture.modules == ()
    assert "send it as a link" in picture.words
    assert picture.accessibleName() == picture.words
    picture.grab()


def test_reach_is_said_in_words_with_what_to_do(stand: Stand) -> None:
    page = show_page(stand)
    assert page.reach.words.text() == "Friends can reach you."
    todo = ("Switch on UPnP.", "Or forward a port.")
    no = replace(HOSTED, hosting=HostingView(ReachView("no", "They can’t yet.", todo)))
    stand.window.show_view(no)
    assert page.reach.words.text() == "They can’t yet."
    assert [label.text() for label in page.reach.todo] == ["Switch on UPnP.", "Or forward a port."]
    stand.window.show_view(replace(HOSTED, hosting=HostingView(ReachView("unknown"))))
    assert "not known" in page.reach.words.text()
    stand.window.show_view(replace(HOSTED, is_hosting=False, hosting=HostingView()))
    assert not page.reach.isVisible()  # another computer's server


def test_the_lan_is_opened_and_closed(stand: Stand) -> None:
    page = show_page(stand)
    click(page.reach.lan)
    stand.window.show_view(replace(HOSTED, hosting=replace(HOSTED.hosting, is_lan_open=True)))  # type: ignore[type-var]
    click(page.reach.lan)
    assert stand.intents == [OpenToLan(True), OpenToLan(False)]


def test_links_for_operators_are_the_hosts_to_make(stand: Stand) -> None:
    page = show_page(stand)
    page.links.role.setCurrentIndex(1)
    stand.window.show_view(replace(HOSTED, rights=Rights(operate=True)))
    assert not page.links.role.isVisible()
    click(page.links.make)
    assert [each.role for each in stand.intents if isinstance(each, MakeInvite)] == ["guest"]
    stand.window.show_view(HOSTED)
    assert page.links.role.isVisible()


@pytest.mark.parametrize(
    ("role", "expires", "intent"),
    [
        (0, 0, MakeInvite("guest", 3600.0)),
        (1, 1, MakeInvite("operator", 86400.0)),
        (1, 2, MakeInvite("operator", None)),
    ],
)
def test_links_are_made_and_copied_as_soon_as_they_hold(
    stand: Stand, role: int, expires: int, intent: MakeInvite
) -> None:
    page = show_page(stand)
    QGuiApplication.clipboard().clear()
    page.links.role.setCurrentIndex(role)
    page.links.expires.setCurrentIndex(expires)
    click(page.links.make)
    assert stand.intents == [intent]
    assert QGuiApplication.clipboard().text() == ""
    new = (*KEYS, KeyRow("k3", intent.role, "in 1 h", "Ana", "matinee://a/b?key=3"))
    stand.window.show_view(replace(HOSTED, hosting=HostingView(keys=new)))
    assert QGuiApplication.clipboard().text() == "matinee://a/b?key=3"
    assert "copied" in page.news.text()


def test_somebody_elses_new_link_is_not_copied(stand: Stand) -> None:
    show_page(stand)
    QGuiApplication.clipboard().clear()
    stand.window.show_view(replace(HOSTED, hosting=HostingView(keys=(*KEYS, KeyRow("k3", "guest", link="x")))))
    assert QGuiApplication.clipboard().text() == ""


def test_links_are_listed_copied_and_revoked(stand: Stand) -> None:
    page = show_page(stand)
    first, second = page.links.lines
    assert first.words.text() == "Operator · ends in 23 h · by Ana"
    assert second.words.text() == "Guest · never ends · by <b>Ben</b>"
    assert not second.copy.isVisible()  # only its maker has it
    click(first.copy)
    assert QGuiApplication.clipboard().text() == "matinee://a/b?key=1"
    click(second.revoke)
    assert stand.intents == [RevokeInvite("k2")]


def test_the_link_that_stands_above_is_named_and_a_revoked_one_leaves_the_keyboard(stand: Stand) -> None:
    main = KeyRow("door", "guest", link=HOSTED.invite)
    page = show_page(stand, replace(HOSTED, hosting=HostingView(keys=(main, *KEYS))))
    assert page.links.lines[0].words.text() == "Guest · the link above · never ends"
    page.links.lines[0].revoke.setFocus()
    stand.window.show_view(replace(HOSTED, invite="", hosting=HostingView(keys=KEYS)))
    assert page.focusWidget() is page.links.make
    assert not page.copy.isVisible()
    assert not page.qr.isVisible()
    assert page.hint.text() == "No link for guests leads to this room any more: make one below."


def test_who_needs_the_password_is_said(stand: Stand) -> None:
    page = show_page(stand, replace(HOSTED, invite="matinee://a/b", rules=RulesView(has_password=True)))
    assert page.hint.text().endswith("joins as a guest who knows the password.")
    stand.window.show_view(replace(HOSTED, invite="matinee://a/b?key=k", rules=RulesView(has_password=True)))
    assert page.hint.text().endswith("joins as a guest.")


def test_bans_are_lifted(stand: Stand) -> None:
    page = show_page(stand)
    assert not page.bans.nobody.isVisible()
    (line,) = page.bans.lines
    button = next(child for child in line.children() if child.property("density") == "small")
    assert button.accessibleName() == "Lift the ban of <b>Mallory</b>"  # type: ignore[attr-defined]
    click(button)  # type: ignore[arg-type]
    assert stand.intents == [LiftBan("x1")]
    stand.window.show_view(replace(HOSTED, hosting=HostingView()))
    assert page.bans.nobody.isVisible()


def test_rules_are_shown_and_changed(stand: Stand) -> None:
    page = show_page(stand, replace(HOSTED, rules=RulesView(control="operators", waits=False, persists=True)))
    rules = page.rules
    assert rules.control.currentText() == "Only operators"
    assert [box.isChecked() for box in (rules.waits, rules.listed, rules.persists)] == [False, False, True]
    assert not rules.relay_only.isChecked()
    for box in (rules.control, rules.playlist):
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Up if box is rules.control else Qt.Key.Key_Down)
    for tick in (rules.waits, rules.listed, rules.persists, rules.relay_only):
        tick.click()
    assert stand.intents == [
        ChangeRules(control="all"),
        ChangeRules(playlist="operators"),
        ChangeRules(waits=True),
        ChangeRules(listed=True),
        ChangeRules(persists=False),
        ChangeRules(relay_only=True),
    ]


def test_a_refused_rule_is_shown_as_it_is(stand: Stand) -> None:
    page = show_page(stand)
    page.rules.listed.click()
    stand.window.show_view(replace(HOSTED, media_time=61.0))
    assert not page.rules.listed.isChecked()


def test_password_is_set_changed_and_removed(stand: Stand) -> None:
    page = show_page(stand)
    part = page.password
    assert not part.set_button.isEnabled()
    assert not part.remove.isVisible()
    QTest.keyClicks(part.field, " s ")
    click(part.set_button)
    assert part.field.text() == ""
    stand.window.show_view(replace(HOSTED, rules=RulesView(has_password=True)))
    assert part.set_button.text() == "Change"
    QTest.keyClicks(part.field, "t")
    QTest.keyClick(part.field, Qt.Key.Key_Return)
    click(part.remove)
    assert stand.intents == [ChangePassword(" s "), ChangePassword("t"), ChangePassword("")]
    assert page.isVisible()  # Return set the password and closed nothing


def test_it_closes_with_the_right_to_it(stand: Stand) -> None:
    page = show_page(stand)
    stand.window.show_view(replace(HOSTED, is_hosting=False, hosting=None))
    assert stand.window.doors.hosting is None
    del page


@pytest.mark.parametrize("words", EVIL)
def test_words_of_strangers_are_plain(stand: Stand, words: str) -> None:
    hosting = HostingView(
        ReachView("no", words, (words,)), True, (KeyRow("k", "guest", "", words),), (BanRow("b", words),)
    )
    page = show_page(stand, replace(HOSTED, room=words, hosting=hosting))
    labels = page.findChildren(QLabel)
    assert len([label for label in labels if words in label.text()]) >= 5
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}


def test_everything_has_a_name(stand: Stand) -> None:
    page = show_page(stand)
    widgets: list[Any] = [page.links.role, page.links.expires, page.rules.control, page.rules.playlist]
    widgets += [page.password.field, page.field, page.qr, page.password.remove]
    assert all(widget.accessibleName() for widget in widgets)
