"""What is written on a tile: nothing is cut, nothing lies on anything else, everybody has a name."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QApplication

from player.core.call_view import TileRow
from player.ui.tile_face import PAPERS, Face, initials_of, lay_out, paper_of, sized, spoken
from tests.ui.calls import BEN, ME
from tests.ui.test_layout import NAMES
from tests.ui.test_theme import contrast

SIZES = [(66, 64), (72, 64), (96, 72), (120, 90), (176, 132), (240, 180), (640, 480)]
ROWS = [
    BEN,
    ME,
    replace(BEN, microphone=False),
    replace(BEN, microphone=False, is_muted_by_me=True, age=12.34),
    replace(BEN, has_picture=False, camera=False, age=None),
    replace(BEN, state="connecting", has_picture=False),
    replace(BEN, state="reconnecting"),
    replace(BEN, state="absent", has_picture=False),
    replace(ME, has_picture=False, words="The camera is used by another program. Close that program and try again."),
    replace(ME, has_picture=False, words="There is no microphone."),
]


def faults(face: Face, font: QFont) -> list[str]:
    """What is cut, hangs over or is covered."""
    whole = QRect(0, 0, *face.size)
    found = []
    for writing in face.writings:
        metrics = QFontMetrics(sized(font, writing.pixels, writing.weight))
        flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap if writing.is_wrapped else 0)
        wide = writing.place.width()
        needed = metrics.boundingRect(QRect(0, 0, wide, 9999), flags, writing.text)
        if not whole.contains(writing.place):
            found.append(f"hangs over: {writing}")
        if needed.height() > writing.place.height() or metrics.horizontalAdvance(writing.text) > wide * (
            99 if writing.is_wrapped else 1
        ):
            found.append(f"cut: {writing}")
        if any(metrics.horizontalAdvance(word) > wide for word in writing.text.split()):
            found.append(f"a word is cut: {writing}")
    found += [f"hangs over: {sign}" for sign in face.signs if not whole.contains(sign.place)]
    places = [each.place for each in (*face.writings, *face.signs)]
    found += [f"{one} lies on {other}" for one, other in combinations(places, 2) if one.intersects(other)]
    return found


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_nothing_is_cut(qapp: QApplication, size: tuple[int, int], name: str) -> None:
    font = QApplication.font()
    for row in ROWS:
        face = lay_out(replace(row, name=name[:32]), *size, font, row.has_picture, True)
        assert faults(face, font) == [], row
        assert [writing.kind for writing in face.writings].count("name") == 1


def test_a_cut_is_found(qapp: QApplication) -> None:
    """The measure itself."""
    font = QApplication.font()
    face = lay_out(BEN, 120, 90, font, True, False)
    wide = replace(face.writings[0], text="W" * 40)
    assert faults(replace(face, writings=(wide,)), font) != []
    assert faults(replace(face, writings=(face.writings[0], face.writings[0])), font) != []


def test_muted_and_muted_by_me_are_two_signs(qapp: QApplication) -> None:
    def signs(row: TileRow) -> list[str]:
        return [sign.icon for sign in lay_out(row, 120, 90, QApplication.font(), True, False).signs]

    assert signs(BEN) == []
    assert signs(replace(BEN, microphone=False)) == ["mic-off"]
    assert signs(replace(BEN, is_muted_by_me=True)) == ["unheard"]
    assert signs(replace(BEN, microphone=False, is_muted_by_me=True)) == ["mic-off", "unheard"]


def test_age_is_told_of_pictures_only(qapp: QApplication) -> None:
    def texts(row: TileRow, has_image: bool) -> list[str]:
        return [writing.text for writing in lay_out(row, 120, 90, QApplication.font(), has_image, False).writings]

    assert "+0.3 s" in texts(BEN, True)
    assert "+0.0 s" in texts(replace(BEN, age=-0.02), True)
    assert "+0.3 s" not in texts(BEN, False)
    assert not [text for text in texts(replace(BEN, age=None), True) if text.startswith("+")]


def test_who_is_not_there_is_told_in_words_or_where_there_is_no_room_by_a_sign(qapp: QApplication) -> None:
    font = QApplication.font()
    for state, words in (("reconnecting", "Reconnecting"), ("absent", "No connection"), ("connecting", "Connecting")):
        row = replace(BEN, state=state)  # type: ignore[arg-type]
        assert words in [writing.text for writing in lay_out(row, 176, 132, font, True, False).writings]
        assert words in spoken(row, False)
    sentence = replace(BEN, words="The camera is used by another program. Close that program and try again.")
    small = lay_out(sentence, 72, 64, font, False, False)
    assert "warning" in [sign.icon for sign in small.signs]
    assert small.signs[0].name == sentence.words


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Ana", "A"),
        ("ana maria lopez", "AL"),
        ("悠真", "悠"),
        ("👩‍👩‍👧‍👦 home", "👩‍👩‍👧‍👦H"),
        ("e\u0301va", "E\u0301"),
        ("\u202eevil", "E"),
        ("", "?"),
    ],
)
def test_initials(name: str, initials: str) -> None:
    assert initials_of(name) == initials


def test_white_can_be_read_on_every_paper() -> None:
    assert min(contrast("#ffffff", paper) for paper in PAPERS) >= 4.5
    assert paper_of("Ana") == paper_of("Ana")


def test_a_tile_is_spoken() -> None:
    row = replace(BEN, microphone=False, is_muted_by_me=True)
    assert spoken(row, True) == "Ben, muted, muted by me, speaking, picture 0.3 s old"
    assert spoken(ME, False) == "You"
