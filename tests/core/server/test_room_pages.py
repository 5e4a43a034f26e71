"""Long lists in messages that fit."""

from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from server.core.protocol import BanEntry
from server.core.room_pages import PAGE_BYTES, pages_of


def test_a_short_list_is_one_page() -> None:
    bans = (BanEntry(id="1", name="Ana"), BanEntry(id="2", name="Ben"))
    assert pages_of(bans) == (bans,)


def test_no_values_are_one_empty_page() -> None:
    assert pages_of(()) == ((),)


@given(st.lists(st.text(alphabet='a"\U0001f600\n', max_size=4000), max_size=20))
def test_pages_hold_all_in_order_and_each_fits(texts: list[str]) -> None:
    bans = [BanEntry(id=str(index), name=text) for index, text in enumerate(texts)]
    pages = pages_of(bans)
    assert [ban for page in pages for ban in page] == bans
    for page, following in pairwise(pages):
        assert page
        assert len(page) == 1 or len(msgspec.json.encode(page)) <= PAGE_BYTES
        assert len(msgspec.json.encode((*page, following[0]))) > PAGE_BYTES  # none is smaller than it has to be
