"""The welcome page at every width."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from player.ui.label import Label
from tests.ui.conftest import Stand


@pytest.mark.parametrize("width", [1120, 620, 500, 300])
def test_no_word_on_the_cards_is_cut(stand: Stand, qtbot: QtBot, width: int) -> None:
    stand.window.resize(width, 760)
    page = stand.window.welcome

    def is_whole() -> bool:
        cards = (page.open, page.host, page.join)
        labels = [label for label in page.findChildren(Label) if label.wordWrap()]
        fits = all(label.height() >= label.heightForWidth(label.width()) for label in labels)
        inside = all(card.rect().contains(label.geometry()) for card in cards for label in card.findChildren(Label))
        return len(labels) == 4 and fits and inside

    qtbot.waitUntil(is_whole)
    heights = {card.height() for card in (page.open, page.host, page.join)}
    assert width < 520 or len(heights) == 1
