"""What is said over the picture is said whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from player.core.view import Shown
from player.ui.notices import Pill
from tests.ui.conftest import Stand
from tests.ui.views import ROOM

SHORT = "The connection to the room is lost; trying to come back."
LONG = "No server answers at 192.0.2.7:8998: ask whether the room is still open, or for a newer invite."


def is_whole(stand: Stand, pill: Pill) -> bool:
    """All of its words are on the stage, and it is within the column that shows it."""
    inside = pill.rect().contains(pill.words.geometry())
    return inside and stand.window.stage.notices.rect().contains(pill.geometry())


@pytest.mark.parametrize("width", [800, 360])
def test_longer_words_in_the_place_of_shorter_ones_are_not_cut(stand: Stand, width: int) -> None:
    stand.window.resize(width, 500)
    notices = stand.window.stage.notices
    stand.window.show_view(replace(ROOM, link="lost", link_words=SHORT))
    stand.window.show_view(replace(ROOM, link="lost", link_words=LONG))
    assert is_whole(stand, notices.link)
    stand.window.show_view(replace(ROOM, link="lost", link_words=LONG, notices=(Shown(1, "error", LONG, None),)))
    (notice,) = notices.shown_notices()
    assert is_whole(stand, notice)
    assert is_whole(stand, notices.link)
    middle = notices.geometry().center().x()
    assert abs(middle - stand.window.stage.rect().center().x()) <= 1
