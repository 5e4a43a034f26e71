"""The list of rooms that somebody's server tells."""

import msgspec
import pytest

from player.core.invite import Invite
from player.core.listing import MOST_ROOMS, ListingError, read_listing

SERVER = Invite("watch.example", 443, "any", path="x")


def listed(*rows: dict[str, object]) -> bytes:
    return msgspec.json.encode({"rooms": rows})


def test_rooms_come_with_the_way_in_fullest_first() -> None:
    data = listed(
        {"name": "Late", "people": 1, "has_password": True, "control": "all"},
        {"name": "Films of Béla", "people": 7, "has_password": False},
    )
    first, second = read_listing(SERVER, data)
    assert (first.title, first.people, first.has_password) == ("Films of Béla", 7, False)
    assert second.invite == Invite("watch.example", 443, "Late", path="x")
    assert second.has_password


def test_names_that_can_not_be_shown_or_joined_are_left_out() -> None:
    data = listed({"name": "\u200b"}, {"name": ""}, {"name": "x" * 65}, {"name": "a\u202eb"}, {"name": "Good"})
    assert [room.title for room in read_listing(SERVER, data)] == ["Good"]


def test_a_flood_is_cut() -> None:
    data = listed(*({"name": f"Room {number}", "people": number} for number in range(MOST_ROOMS + 50)))
    assert len(read_listing(SERVER, data)) == MOST_ROOMS


@pytest.mark.parametrize("data", [b"", b"<html>", b"[]", b'{"rooms": 3}', b'{"rooms": [{"people": 1}]}', b"[" * 10_000])
def test_what_is_no_list_is_told_in_one_sentence(data: bytes) -> None:
    with pytest.raises(ListingError, match="did not answer with a list"):
        read_listing(SERVER, data)
