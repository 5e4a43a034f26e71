"""Colours can be read, assets are found, everything that can be pressed has a name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QApplication

from player.core.view import MemberRow, View
from player.ui.assets import read_asset
from player.ui.geometry import Geometry, parse_geometry
from player.ui.icons import app_icon, draw_icon, glyph
from player.ui.label import Label, breakable
from player.ui.theme import COLOURS, stylesheet
from tests.ui.conftest import Stand

ICONS = sorted(path.stem for path in (Path(__file__).parents[2] / "assets" / "icons").glob("*.svg"))


def luminance(name: str) -> float:
    parts = [part / 255 for part in QColor(name).getRgb()[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("surface", [COLOURS.ground, COLOURS.surface, COLOURS.raised, COLOURS.lifted])
@pytest.mark.parametrize(
    "text",
    [COLOURS.text, COLOURS.quiet, COLOURS.near, COLOURS.off, COLOURS.good, COLOURS.focus, COLOURS.accent],
)
def test_text_can_be_read(text: str, surface: str) -> None:
    assert contrast(text, surface) >= 4.5


def test_primary_buttons_and_focus_can_be_seen() -> None:
    assert contrast(COLOURS.on_accent, COLOURS.accent) >= 4.5
    for surface in (COLOURS.ground, COLOURS.surface, COLOURS.raised):
        assert contrast(COLOURS.focus, surface) >= 3.0
        assert contrast(COLOURS.accent, surface) >= 3.0


def test_every_name_in_the_theme_is_a_colour() -> None:
    assert "@" not in stylesheet()


@pytest.mark.parametrize("name", ICONS)
def test_icon_draws_something(qapp: QApplication, name: str) -> None:
    image = draw_icon(name, 24).toImage()
    assert any(QColor.fromRgba(image.pixel(x, y)).alpha() for x in range(24) for y in range(24))


def test_icons_are_sharp_on_dense_screens(qapp: QApplication) -> None:
    assert draw_icon("play", 24, ratio=2.0).width() == 48
    assert not glyph("play").isNull()
    assert not app_icon().isNull()


def test_missing_asset_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        read_asset("icons/none.svg")


def test_all_that_can_be_pressed_has_a_name(stand: Stand) -> None:
    room = View(link="joined", room="Friday", invite="matinee://a/b", members=(MemberRow("a", "Ana"),))
    stand.window.show_view(room)
    stand.window.show_view(replace(room, has_medium=True, has_picture=True, title="x", state="playing"))
    found = [*stand.window.findChildren(QAbstractButton), *stand.window.findChildren(QAbstractSlider)]
    ours = [widget for widget in found if not widget.objectName().startswith("qt_") and widget.parent()]
    nameless = [
        widget
        for widget in ours
        if not widget.accessibleName()
        and not getattr(widget, "text", str)()
        and type(widget).__module__ != "PySide6.QtWidgets"
    ]
    assert len(ours) > 15
    assert nameless == []


@pytest.mark.parametrize(
    ("text", "geometry"),
    [
        ("640x360+0+0", Geometry(640, 360, 0, 0)),
        ("1280x720+-10+20", None),
        (" 640x360-5+7 ", Geometry(640, 360, -5, 7)),
    ],
)
def test_geometry(text: str, geometry: Geometry | None) -> None:
    if geometry is None:
        with pytest.raises(ValueError, match="is no geometry"):
            parse_geometry(text)
    else:
        assert parse_geometry(text) == geometry


@pytest.mark.parametrize("text", ["", "640", "640x360", "axb+0+0", "20x20+0+0"])
def test_wrong_geometry_is_refused_with_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"write|at least"):
        parse_geometry(text)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("short words stay as they are", 1),
        ("x" * 18, 1),
        ("x" * 19, 3),
        ("a " + "x" * 32 + " b", 4),
        ("👩‍👩‍👧‍👦" * 6, 3),
        ("e\u0301" * 20, 5),
    ],
)
def test_only_very_long_words_may_be_broken(text: str, pieces: int) -> None:
    broken = breakable(text).split("\u200b")
    assert "".join(broken) == text
    assert len(broken) == pieces
    assert not any(piece[0] in "\u200d\u0301" or piece[-1] == "\u200d" for piece in broken)


def test_a_label_says_what_it_was_told(qapp: QApplication) -> None:
    label = Label("W" * 40)
    label.setWordWrap(True)
    label.show_text("X" * 40)
    assert label.text() == "X" * 40
    assert label.minimumSizeHint().width() < label.fontMetrics().horizontalAdvance("X" * 20)
