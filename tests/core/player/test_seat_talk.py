"""What a room says beyond film and people: playlist, chat, reactions, checks, invites, and that it moves."""

from __future__ import annotations

from dataclasses import replace

from player.core.drawing_room import draw_offer
from player.core.happenings import Tick
from player.core.news import LinkLost
from player.core.room_facts import BUNDLE_MOST, FLOAT
from player.core.room_intents import AcceptRoom, DeclineRoom
from player.core.room_view import OfferView
from player.core.seat import POLICY, Seat
from player.core.seat_actions import ConnectTo, GoSolo, Send, StopHosting, TakeOver
from player.core.view import LeaveRoom
from server.core import protocol
from server.core.room_state import RoomPolicy
from tests.core.player.seats import ANA, BEN, INVITE, ME, Table, alone, entry, item, joined, moment, stated, watching

FRIENDS = replace(INVITE, host="192.0.2.9")


# -- rules -------------------------------------------------------------------------------------------------------------


def test_who_may_play_is_said_when_it_changes() -> None:
    table = watching().hears(protocol.Rules(control="operators"))
    assert table.words() == ["Only operators may play and pause now"]
    assert table.hears(protocol.Rules(control="operators", waits=False)).words() == []
    assert table.hears(protocol.Rules()).words() == ["Everybody may play and pause now"]
    assert table.seat.facts.rules == protocol.Rules()


# -- the playlist ------------------------------------------------------------------------------------------------------


def film(id: str, by: str = ANA) -> protocol.Entry:
    return protocol.Entry(id=id, title=f"film {id}", by=by)


def listing(revision: int, *entries: protocol.Entry) -> protocol.Playlist:
    return protocol.Playlist(revision=revision, entries=entries, total=len(entries))


def test_what_others_add_is_told_but_not_the_list_that_was_there() -> None:
    table = watching().hears(listing(3, film("1")))
    assert table.words() == []
    assert table.hears(listing(4, film("1"), film("2"))).words() == ["Ana added “film 2” to the playlist"]
    assert table.hears(listing(5, film("1"), film("2"), film("3", ME))).words() == []
    more = (film("4"), film("5"))
    assert table.hears(listing(6, film("2"), film("3", ME), *more)).words() == ["Ana added films to the playlist"]
    assert [each.id for each in table.seat.facts.playlist.entries] == ["2", "3", "4", "5"]


def test_what_is_back_by_an_undo_was_not_added() -> None:
    table = watching().hears(listing(3, film("1"), film("2")), listing(4, film("1")), listing(5, film("1"), film("2")))
    assert table.words() == []


def test_a_film_that_is_opened_for_all_is_not_told_twice() -> None:
    """It becomes an entry first."""
    table = watching().hears(listing(3, film("1")), listing(4, film("1"), film("2")))
    table.hears(item(2, "film 2", entry="2"), stated(6, "paused", item="i2", by=ANA, why="load"))
    assert table.words() == ["Ana opened “film 2”"]


def test_alone_nobody_is_told_of_the_own_playlist() -> None:
    assert alone().hears(listing(1, film("1")), listing(2, film("1"), film("2"))).words() == []


# -- words -------------------------------------------------------------------------------------------------------------


def line(id: int, text: str) -> protocol.Line:
    return protocol.Line(id=id, peer=ANA, name="Ana", text=text, at_us=0, media_us=0)


def test_chat_is_kept() -> None:
    table = watching().hears(protocol.Chat(lines=(line(1, "a"),)), protocol.Chat(lines=(line(1, "a"), line(2, "b"))))
    assert [each.text for each in table.seat.facts.lines] == ["a", "b"]


def reaction(place: float) -> protocol.Reaction:
    return protocol.Reaction(peer=ANA, name="Ana", emoji="🎉", media_us=protocol.micros(place), item="i1")


def floating(table: Table) -> list[float | None]:
    return [each.since for each in table.seat.facts.airborne]


def test_a_reaction_floats_when_the_film_is_there_and_in_a_room_that_stands_at_once() -> None:
    table = watching("playing", 60.0).hears(reaction(60.3))
    assert floating(table) == [None]
    assert floating(table.happens(Tick(), at=0.2)) == [None]
    assert floating(table.happens(Tick(), at=0.4)) != [None]
    assert floating(table.happens(Tick(), at=0.4 + FLOAT)) == []
    assert floating(watching("paused", 60.0).hears(reaction(60.3))) == [moment().local]


def test_while_the_link_is_lost_nothing_waits_for_a_place() -> None:
    table = watching("playing", 60.0)
    table.seat = replace(table.seat, link="lost")
    assert floating(table.hears(reaction(60.3))) == [moment().local]


# -- the ready check ---------------------------------------------------------------------------------------------------


def test_a_question_whether_all_are_ready_stands_until_it_is_over_and_is_no_notice() -> None:
    table = watching("paused").hears(protocol.Roster(members=(*watching().seat.roster, entry(BEN, "Ben"))))
    table.words()
    for ready in ((ANA,), (ANA, ME), (ANA, ME, BEN)):
        check = protocol.Checked(by=ANA, ready=ready)
        assert table.hears(check).words() == []
        assert table.seat.facts.check == check
    assert table.hears(protocol.Checked()).words() == []
    assert table.seat.facts.check is None


# -- for operators -----------------------------------------------------------------------------------------------------


def test_invites_and_bans_are_known_to_operators_only() -> None:
    keys = (protocol.KeyEntry(id="ab", role="guest"),)
    bans = (protocol.BanEntry(id="1", name="Eve"),)
    table = watching().hears(protocol.Roster(members=(entry(ME, "Me", role="operator"),)))
    table.hears(protocol.Keys(keys=keys), protocol.Bans(bans=bans))
    assert (table.seat.facts.keys, table.seat.facts.bans) == (keys, bans)
    table.hears(protocol.Roster(members=(entry(ME, "Me"),)))
    assert (table.seat.facts.keys, table.seat.facts.bans) == ((), ())


# -- a room that comes to us -------------------------------------------------------------------------------------------


def part(number: int, data: str, of: int = 2) -> protocol.Bundle:
    return protocol.Bundle(part=number, of=of, data=data)


def offered(*parts: protocol.Bundle) -> Table:
    """Somebody whose host wants to give the room away."""
    table = watching().hears(protocol.Roster(members=(entry(ANA, "Ana", role="host"), entry(ME, "Me"))))
    return table.hears(*(parts or (part(0, "ab"), part(1, "cd"))))


def test_a_room_that_is_given_to_us_is_taken_when_we_say_so() -> None:
    table = offered(part(0, "ab"))
    assert table.seat.facts.offer is None
    assert table.hears(part(1, "cd")).took() == ()
    assert draw_offer(table.seat) == OfferView("Ana")
    assert table.happens(AcceptRoom(), at=7.0).took() == (TakeOver("abcd", "Friday", age=7.0),)
    assert (table.seat.facts.bundle, table.seat.facts.offer, table.seat.facts.is_taking) == ((), None, True)
    assert table.happens(AcceptRoom()).took() == ()


def test_a_room_is_not_taken_by_who_declines_or_does_not_answer_in_time() -> None:
    for table in (
        offered().happens(DeclineRoom()),
        offered().happens(Tick(), at=POLICY.offer),
        offered().happens(LinkLost("The connection is lost.")),
        offered().happens(LeaveRoom()),
        offered().hears(moved()),
        offered().hears(part(0, "ef")),
    ):
        table.took()
        assert draw_offer(table.seat) is None
        assert table.happens(AcceptRoom()).took() == ()
        assert not table.seat.facts.is_taking
    assert offered().happens(Tick(), at=POLICY.offer - 0.1).seat.facts.offer is not None
    assert POLICY.offer == RoomPolicy().moving


def test_a_room_that_nobody_seems_to_host_may_be_offered_too() -> None:
    assert draw_offer(watching().hears(part(0, "ab", 1)).seat) == OfferView("Somebody")


def test_a_room_with_a_part_missing_is_not_offered() -> None:
    assert offered(part(0, "ab", 3), part(2, "cd", 3)).seat.facts.offer is None
    assert offered(part(1, "cd")).seat.facts.offer is None
    table = offered(part(0, "x", 3), part(0, "ab"), part(1, "cd"))
    assert table.happens(AcceptRoom()).took() == (TakeOver("abcd", "Friday"),)


def test_a_room_without_end_is_not_offered_nor_one_to_who_hosts_already() -> None:
    assert offered(part(0, "ab", BUNDLE_MOST + 1)).seat.facts.bundle == ()
    for seat in (replace(watching().seat, is_hosting=True), alone().seat):
        assert Table(seat).hears(part(0, "ab", 1)).seat.facts.offer is None


# -- a room that goes --------------------------------------------------------------------------------------------------


def moved(text: str = FRIENDS.text()) -> protocol.Moved:
    return protocol.Moved(invite=text, words="The room has moved to Ana’s computer.")


def test_a_room_that_moves_is_followed_as_who_we_are() -> None:
    table = watching().hears(moved())
    assert table.took() == (ConnectTo(FRIENDS, "Me", is_return=True),)
    assert table.words() == ["The room has moved to Ana’s computer."]
    assert table.seat.invite == FRIENDS
    assert (table.seat.link, table.seat.is_hosting, table.seat.is_following) == ("lost", False, True)


def test_the_host_of_before_stops_its_server() -> None:
    table = Table(replace(watching().seat, is_hosting=True)).hears(moved())
    assert table.took() == (StopHosting(), ConnectTo(FRIENDS, "Me", is_return=True))
    assert not table.seat.is_hosting


def test_the_new_host_goes_in_by_its_own_door() -> None:
    own = replace(FRIENDS, host="127.0.0.1", key="maker")
    table = Table(replace(watching().seat, taken_over=own)).hears(moved())
    assert table.took() == (ConnectTo(own, "Me", is_return=True),)
    assert (table.seat.is_hosting, table.seat.invite, table.seat.taken_over) == (True, FRIENDS, None)


def test_a_place_that_can_not_be_read_leads_home() -> None:
    table = watching().hears(moved("matinee://"))
    assert table.took() == (GoSolo(),)
    assert table.words() == ["The room has moved, but where to can't be read: ask for a new invite."]
    assert table.seat.invite is None


def test_who_is_moving_says_nothing_into_the_void() -> None:
    table = watching().hears(moved())
    table.took()
    assert not table.seat.can_ask
    assert Seat().can_ask is False
    assert all(not isinstance(action, Send) for action in table.happens(Tick(), at=9.0).took())
    assert joined().seat.can_ask
