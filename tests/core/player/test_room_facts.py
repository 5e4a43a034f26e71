"""What a room tells in pieces: pages, chat that comes again, reactions on their way to their place."""

from __future__ import annotations

from typing import Any

import pytest

from player.core.room_facts import FLOAT, FLOATING_MOST, LATE_MOST, LINES_MOST, LISTED_MOST, RoomFacts
from server.core import protocol
from server.core.timeline import LocalTime, MediaTime
from tests.core.player.seats import entry

NOW = LocalTime(100.0)


def page(first: int, *ids: str, total: int, revision: int = 1) -> protocol.Playlist:
    entries = tuple(protocol.Entry(id=id, title=f"film {id}") for id in ids)
    return protocol.Playlist(revision=revision, entries=entries, first=first, total=total)


def ids(facts: RoomFacts) -> list[str]:
    return [each.id for each in facts.playlist.entries]


# -- the playlist ------------------------------------------------------------------------------------------------------


def test_a_playlist_counts_when_its_last_page_is_here() -> None:
    facts = RoomFacts().with_page(page(0, "1", "2", total=3))
    assert (ids(facts), facts.playlist.revision) == ([], 0)
    facts = facts.with_page(page(2, "3", total=3))
    assert (ids(facts), facts.playlist.revision, facts.playlist_pages) == (["1", "2", "3"], 1, ())
    assert ids(facts.with_page(page(0, total=0, revision=2))) == []


def test_a_page_that_does_not_follow_makes_no_list() -> None:
    begun = RoomFacts().with_page(page(0, "1", "2", total=4))
    for stray in (page(3, "4", total=4), page(2, "3", "4", total=4, revision=2)):
        facts = begun.with_page(stray)
        assert (ids(facts), facts.playlist_pages) == ([], ())
    assert ids(begun.with_page(page(0, "5", total=1, revision=2))) == ["5"]


def test_entries_that_were_in_the_list_once_are_known_within_bounds() -> None:
    facts = RoomFacts().with_page(page(0, "1", total=1)).with_page(page(0, "2", total=1, revision=2))
    assert facts.listed == {"1", "2"}
    many = RoomFacts(listed=frozenset(str(number) for number in range(LISTED_MOST + 1)))
    assert many.with_page(page(0, "x", total=1)).listed == {"x"}


# -- the roster --------------------------------------------------------------------------------------------------------


def test_a_roster_counts_when_its_last_page_is_here() -> None:
    ana, ben, cem = (entry(peer, peer) for peer in ("ana", "ben", "cem"))
    facts, members = RoomFacts().with_roster(protocol.Roster(members=(ana, ben), first=0, total=3))
    assert members is None
    facts, members = facts.with_roster(protocol.Roster(members=(cem,), first=2, total=3))
    assert (members, facts.roster_pages) == ((ana, ben, cem), ())
    assert facts.with_roster(protocol.Roster(members=(cem,)))[1] == (cem,)


def test_a_stray_page_of_the_roster_is_dropped() -> None:
    ana = entry("ana", "Ana")
    begun, _ = RoomFacts().with_roster(protocol.Roster(members=(ana,), first=0, total=3))
    facts, members = begun.with_roster(protocol.Roster(members=(ana,), first=2, total=3))
    assert (members, facts.roster_pages) == (None, ())


# -- chat --------------------------------------------------------------------------------------------------------------


def line(id: int, text: str = "hello") -> protocol.Line:
    return protocol.Line(id=id, peer="p2", name="Ana", text=text, at_us=0, media_us=0)


def test_a_history_that_comes_again_adds_what_is_new_in_its_order() -> None:
    facts = RoomFacts().with_lines((line(1), line(3))).with_lines((line(1), line(2), line(3), line(4)))
    assert [each.id for each in facts.lines] == [1, 2, 3, 4]


def test_the_newest_lines_are_kept() -> None:
    facts = RoomFacts().with_lines(tuple(line(id) for id in range(LINES_MOST + 5)))
    assert (len(facts.lines), facts.lines[0].id) == (LINES_MOST, 5)


# -- reactions ---------------------------------------------------------------------------------------------------------


def reaction(media_time: float, item: str = "i1") -> protocol.Reaction:
    return protocol.Reaction(peer="p2", name="Ana", emoji="🎉", media_us=protocol.micros(media_time), item=item)


def since(facts: RoomFacts) -> list[float | None]:
    return [each.since for each in facts.airborne]


def at(facts: RoomFacts, seconds: float, place: float, **fields: Any) -> RoomFacts:
    return facts.at(LocalTime(NOW + seconds), MediaTime(place), **({"item": "i1", "speed": 1.0} | fields))


def test_nothing_in_the_air_stays_nothing() -> None:
    facts = RoomFacts()
    assert at(facts, 0.0, 1.0) is facts


def test_a_reaction_waits_for_its_place_floats_and_is_gone() -> None:
    facts = RoomFacts().with_reaction(reaction(60.3), NOW)
    assert since(at(facts, 0.0, 60.0)) == [None]
    facts = at(facts, 0.4, 60.4)
    assert since(facts) == [pytest.approx(NOW + 0.3)]  # for all as high over the same picture, whenever they looked
    assert len(at(facts, 0.2 + FLOAT, 60.0).airborne) == 1
    assert at(facts, 0.4 + FLOAT, 60.0).airborne == ()


def test_the_films_speed_counts() -> None:
    facts = at(RoomFacts().with_reaction(reaction(60.0), NOW), 0.0, 60.4, speed=2.0)
    assert since(facts) == [pytest.approx(NOW - 0.2)]


def test_who_hears_of_it_late_still_sees_it() -> None:
    facts = at(RoomFacts().with_reaction(reaction(10.0), NOW), 0.0, 60.0)
    assert since(facts) == [NOW - LATE_MOST]


@pytest.mark.parametrize(
    ("seconds", "fields"),
    [(0.0, {"speed": 0.0}), (0.0, {"item": "i2"}), (FLOAT + 0.1, {})],
    ids=["the film stands", "another film", "the place does not come"],
)
def test_what_has_no_place_to_wait_for_floats_at_once(seconds: float, fields: dict[str, Any]) -> None:
    facts = RoomFacts().with_reaction(reaction(900.0), NOW)
    assert since(at(facts, seconds, 60.0, **fields)) == [NOW + seconds]


def test_a_storm_of_reactions_is_bounded() -> None:
    facts = RoomFacts()
    for _ in range(FLOATING_MOST + 5):
        facts = facts.with_reaction(reaction(1.0), NOW)
    assert (len(facts.airborne), facts.reactions) == (FLOATING_MOST, FLOATING_MOST + 5)
    assert len({each.id for each in facts.airborne}) == FLOATING_MOST


def test_the_keys_of_invites_that_were_made_here_are_known() -> None:
    facts = RoomFacts(links=(("ab", "secret"),))
    assert (facts.key_of("ab"), facts.key_of("cd")) == ("secret", "")
