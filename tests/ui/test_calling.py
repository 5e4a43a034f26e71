"""The call in the window: tiles come and go, who is muted, who speaks, what is wrong."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from player.core.call_view import (
    SwitchCamera,
    SwitchMicrophone,
)
from tests.fakes.tiles import half_tile, plain_tile
from tests.ui.acts import click
from tests.ui.calls import BEN, CEM, IN, ME, TRIO, asked, colour_at, in_call, tile
from tests.ui.conftest import Stand
from tests.ui.test_layout import settle
from tests.ui.views import ROOM

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't raise and grab


# -- who is there


def test_tiles_appear_and_the_film_gives_them_room(stand: Stand) -> None:
    stage, strip = stand.window.stage, stand.window.calling.strip
    stand.window.show_view(ROOM)
    assert not strip.isVisible()
    whole = stage.height()
    stand.window.show_view(TRIO)
    assert list(strip.shown()) == ["b", "c", ""]
    assert strip.isVisible()
    assert stage.height() == whole - strip.height()
    assert strip.geometry().top() == stage.geometry().bottom() + 1
    lefts = [each.x() for each in strip.shown().values()]
    assert all(one < other for one, other in pairwise(lefts))


def test_leaving_and_coming_back(stand: Stand) -> None:
    strip = stand.window.calling.strip
    stand.window.show_view(TRIO)
    kept = tile(stand, "c")
    stand.window.show_view(in_call(CEM))
    assert list(strip.shown()) == ["c", ""]
    assert tile(stand, "c") is kept
    stand.window.show_view(TRIO)
    assert list(strip.shown()) == ["b", "c", ""]
    stand.window.show_view(ROOM)
    assert not strip.isVisible()
    assert stand.window.stage.height() == stand.window.calling.hall.height()
    stand.window.show_view(TRIO)
    assert strip.isVisible()


def test_pictures_come_to_their_tiles(stand: Stand, qtbot: QtBot) -> None:
    stand.tiles.pictures = {"b": plain_tile(1, 320, 240, (0, 0, 255)), "c": plain_tile(1, 320, 240, (0, 255, 0))}
    stand.window.show_view(TRIO)
    qtbot.waitUntil(lambda: tile(stand, "b").has_image and tile(stand, "c").has_image)
    assert colour_at(tile(stand, "b"), 0.3, 0.5) == QColor(255, 0, 0)
    assert colour_at(tile(stand, "c"), 0.3, 0.5) == QColor(0, 255, 0)
    stand.tiles.pictures["b"] = plain_tile(2, 320, 240, (255, 0, 0))
    qtbot.waitUntil(lambda: colour_at(tile(stand, "b"), 0.3, 0.5) == QColor(0, 0, 255))


def test_own_picture_is_a_mirror(stand: Stand, qtbot: QtBot) -> None:
    stand.tiles.pictures = {"": half_tile(1, 320, 240), "b": half_tile(1, 320, 240)}
    stand.window.show_view(TRIO)
    qtbot.waitUntil(lambda: tile(stand, "").has_image and tile(stand, "b").has_image)
    assert colour_at(tile(stand, "b"), 0.25, 0.5) == QColor(0, 0, 255)
    assert colour_at(tile(stand, ""), 0.25, 0.5) == QColor(255, 0, 0)


def test_aspect_is_kept(stand: Stand, qtbot: QtBot) -> None:
    stand.tiles.pictures = {"b": plain_tile(1, 640, 240, (0, 0, 255))}
    stand.window.show_view(TRIO)
    qtbot.waitUntil(lambda: tile(stand, "b").has_image)
    assert colour_at(tile(stand, "b"), 0.5, 0.5) == QColor(255, 0, 0)
    assert colour_at(tile(stand, "b"), 0.5, 0.12) == QColor(0, 0, 0)


def test_no_picture_is_initials_and_an_old_one_is_gone(stand: Stand, qtbot: QtBot) -> None:
    stand.tiles.pictures = {"b": plain_tile(7, 320, 240)}
    stand.window.show_view(TRIO)
    qtbot.waitUntil(lambda: tile(stand, "b").has_image)
    off = replace(BEN, camera=False, has_picture=False, age=None)
    stand.window.show_view(in_call(off, CEM))
    assert not tile(stand, "b").has_image
    assert "initials" in [writing.kind for writing in tile(stand, "b").face().writings]
    stand.tiles.pictures = {"b": plain_tile(1, 320, 240)}  # another process of the call counts anew
    stand.window.show_view(TRIO)
    qtbot.waitUntil(lambda: tile(stand, "b").has_image)


def test_nothing_is_painted_and_nobody_asked_in_vain(stand: Stand, qtbot: QtBot) -> None:
    stand.tiles.pictures = {"b": plain_tile(1, 320, 240)}
    stand.window.show_view(TRIO)
    qtbot.waitUntil(lambda: tile(stand, "b").has_image)
    settle()
    painted, count = tile(stand, "b").painted, len(stand.tiles.asked)
    qtbot.waitUntil(lambda: len(stand.tiles.asked) > count + 30)
    for _ in range(5):
        stand.window.show_view(replace(TRIO, call=replace(TRIO.call, level=0.7)))
    settle()
    assert tile(stand, "b").painted == painted
    stand.window.show_view(ROOM)
    assert not stand.window.calling.feed.is_running


def test_a_picture_that_is_smaller_than_it_says_is_not_painted(stand: Stand, qtbot: QtBot) -> None:
    stand.tiles.pictures = {"b": replace(plain_tile(1, 32, 24), width=3200), "c": plain_tile(1, 32, 24)}
    stand.window.show_view(TRIO)
    qtbot.waitUntil(lambda: tile(stand, "c").has_image)
    assert not tile(stand, "b").has_image


# -- how they are


def test_mute_shows(stand: Stand) -> None:
    stand.window.show_view(in_call(replace(BEN, microphone=False), replace(CEM, is_muted_by_me=True)))
    assert [sign.icon for sign in tile(stand, "b").face().signs] == ["mic-off"]
    assert [sign.icon for sign in tile(stand, "c").face().signs] == ["unheard"]
    assert "muted" in tile(stand, "b").accessibleName()
    assert "muted by me" in tile(stand, "c").accessibleName()


def test_who_speaks_has_a_ring_from_three_people_on(stand: Stand) -> None:
    speaking = replace(BEN, is_speaking=True)
    stand.window.show_view(in_call(speaking, CEM))
    assert tile(stand, "b").has_ring
    assert not tile(stand, "c").has_ring
    ring = colour_at(tile(stand, "b"), 0.5, 0.01)
    assert ring.green() > 150 > ring.red()
    stand.window.show_view(TRIO)
    assert not tile(stand, "b").has_ring
    assert colour_at(tile(stand, "b"), 0.5, 0.01) != ring
    stand.window.show_view(in_call(speaking))
    assert not tile(stand, "b").has_ring


def test_age_is_on_the_tile(stand: Stand, qtbot: QtBot) -> None:
    stand.tiles.pictures = {"b": plain_tile(1, 320, 240)}
    stand.window.show_view(TRIO)
    qtbot.waitUntil(lambda: tile(stand, "b").has_image)
    assert "+0.3 s" in [writing.text for writing in tile(stand, "b").face().writings]
    stand.window.show_view(in_call(replace(BEN, age=1.26), CEM))
    assert "+1.3 s" in [writing.text for writing in tile(stand, "b").face().writings]


def test_states_are_words(stand: Stand) -> None:
    stand.window.resize(1120, 660)
    stand.window.show_view(in_call(replace(BEN, state="reconnecting"), replace(CEM, state="absent")))
    assert "Reconnecting" in [writing.text for writing in tile(stand, "b").face().writings]
    assert "No connection" in [writing.text for writing in tile(stand, "c").face().writings]
    stand.window.show_view(TRIO)
    assert "Reconnecting" not in tile(stand, "b").accessibleName()


def test_alone_in_the_call_is_said(stand: Stand) -> None:
    stand.window.show_view(in_call())
    words = stand.window.calling.strip.words
    assert words.isVisible()
    assert words.text() == "Nobody else is in the call yet."
    stand.window.show_view(in_call(BEN, words="Pictures are smaller: this computer is busy."))
    assert words.text() == "Pictures are smaller: this computer is busy."


@pytest.mark.parametrize("device", ["camera", "microphone"])
def test_a_device_that_fails_is_told_and_can_be_tried_again(stand: Stand, device: str) -> None:
    stand.window.resize(1120, 660)
    words = f"The {device} is used by another program."
    mine = replace(ME, has_picture=False, words=words) if device == "camera" else ME
    call = replace(IN, tiles=(BEN, mine), **{f"{device}_state": "failed", f"{device}_words": words})  # type: ignore[arg-type]
    stand.window.show_view(replace(ROOM, call=call))
    pill = stand.window.stage.notices.asked["device"]
    assert pill.isVisible()
    assert pill.words.text() == words
    if device == "camera":
        assert words in [writing.text for writing in tile(stand, "").face().writings]
    for button in pill.buttons():
        click(button)
    switch = SwitchCamera if device == "camera" else SwitchMicrophone
    assert asked(stand) == [switch(False), switch(True)]
    stand.window.show_view(TRIO)
    assert not pill.isVisible()
