"""What the window draws of a room beyond the film: rights, people, chat, playlist, checks, copies, hosting."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from player.core.copies import Copy, FoundCopy, NoCopy
from player.core.drawing import POLICY, Facts, draw
from player.core.happenings import LanSeen, Tick
from player.core.medium import Opened
from player.core.room_intents import OpenAddress, SetOffset
from player.core.room_view import (
    AddressView,
    BanRow,
    ChatRow,
    CheckView,
    CopyView,
    EntryRow,
    KeyRow,
    LanRow,
    MemberFacts,
    PlaylistView,
    ReachView,
    Rights,
    RulesView,
)
from player.core.seat import Seat
from player.core.view import JoinRoom, View
from server.core import protocol
from server.core.protocol import micros
from server.core.room_keys import DOOR
from tests.core.player.seats import (
    ANA,
    BEN,
    FILM,
    INVITE,
    ME,
    OTHER_FILM,
    URL,
    Table,
    alone,
    entry,
    in_room,
    item,
    joined,
    moment,
    stated,
    watching,
)

AT_ROOM = 1000.0  # room time of `moment()`


def view(table: Table, at: float = 0.0, time_of_day: float = 72_840.0) -> View:
    return draw(table.seat, Facts(0.001, time_of_day), moment(at))


def with_role(role: protocol.Role, *others: protocol.RosterEntry, **rules: Any) -> Table:
    """In a room as something."""
    table = watching().hears(protocol.Rules(**rules))
    return table.hears(protocol.Roster(members=(entry(ME, "Me", role=role), *others)))


# -- people ------------------------------------------------------------------------------------------------------------


def test_what_a_role_may_and_whom_a_guest_can_ask() -> None:
    ana = entry(ANA, "Ana", role="host")
    gone = entry(BEN, "Ben", role="operator", here=False)
    words = "Only operators may do that here: ask Ana."
    assert view(with_role("guest", ana, gone)).rights == Rights(words=words)
    assert view(with_role("guest", ana, control="operators")).rights == Rights(control=False, words=words)
    assert view(with_role("guest", playlist="operators")).rights == Rights(
        playlist=False, words="Only operators may do that here."
    )
    assert view(with_role("operator", control="operators")).rights == Rights(operate=True)
    assert view(with_role("host")).rights == Rights(operate=True, host=True)
    assert view(alone()).rights == Rights(operate=True, host=True)


def test_the_rules_are_shown() -> None:
    table = with_role("host", control="operators", waits=False, listed=True, persists=True, has_password=True)
    assert view(table).rules == RulesView("operators", "all", False, True, True, True)


@pytest.mark.parametrize(
    ("fields", "facts"),
    [
        ({}, MemberFacts()),
        ({"role": "operator", "away": True, "muted": True}, MemberFacts("operator", is_away=True, is_muted=True)),
        ({"copy": "none"}, MemberFacts(copy_words="no film yet")),
        ({"copy": "differs", "longer_us": micros(252.0)}, MemberFacts(copy_words="4:12 longer")),
        ({"copy": "differs", "longer_us": micros(-252.0)}, MemberFacts(copy_words="4:12 shorter")),
        ({"copy": "differs", "longer_us": micros(0.4)}, MemberFacts(copy_words="another film")),
        ({"copy": "differs"}, MemberFacts(copy_words="another film")),
        ({"copy": "similar", "offset_us": micros(-2.5)}, MemberFacts(offset=-2.5)),
    ],
)
def test_what_is_known_of_a_member(fields: dict[str, Any], facts: MemberFacts) -> None:
    members = view(with_role("guest", entry(ANA, "Ana", **fields))).members
    assert [row.facts for row in members if row.peer == ANA] == [facts]


def test_without_a_film_nobody_lacks_a_copy() -> None:
    table = joined().hears(protocol.Roster(members=(entry(ANA, "Ana", copy="none"),)))
    assert view(table).members[0].facts.copy_words == ""


@pytest.mark.parametrize(("mine", "managed"), [("guest", ""), ("operator", "guest"), ("host", "guest operator")])
def test_who_is_below_may_be_managed(mine: protocol.Role, managed: str) -> None:
    others = (entry("g", "G"), entry("o", "O", role="operator"), entry("h", "H", role="host"))
    rows = view(with_role(mine, *others)).members
    assert [row.facts.role for row in rows if row.facts.may_be_managed] == managed.split()


def test_a_ready_check_shows_who_is_missing() -> None:
    away = entry("p4", "Dan", away=True)
    table = with_role("guest", entry(ANA, "Ana"), entry(BEN, "Ben"), away)
    assert view(table).check is None
    table.hears(protocol.Checked(by=ANA, ready=(ANA,)))
    assert view(table).check == CheckView("Ana", ("Ana",), ("Me", "Ben"))
    table.hears(protocol.Checked(by=ME, ready=(ANA, ME)))
    assert view(table).check == CheckView("you", ("Me", "Ana"), ("Ben",), am_ready=True, is_mine=True)
    operator = with_role("operator", entry(ANA, "Ana")).hears(protocol.Checked(by=ANA, ready=(ANA,)))
    check = view(operator).check
    assert check is not None
    assert check.is_mine


def test_the_count_down_to_a_start_that_all_have_confirmed() -> None:
    table = watching("paused").hears(stated(6, "playing", 60.0, at=3.0, why="check", by=ANA))
    assert view(table, 0.5).count_down == 2.5
    assert view(table, 3.0).count_down is None
    assert view(watching("paused").hears(stated(6, "playing", 60.0, at=3.0, why="play", by=ANA))).count_down is None
    table.hears(stated(7, "paused", 60.0, at=1.0, why="pause", by=BEN))
    assert view(table, 1.0).count_down is None


def test_who_may_end_a_wait() -> None:
    hold = stated(6, "holding", waiting=(ANA,))
    assert view(watching().hears(hold)).can_go_on
    assert not view(with_role("guest", control="operators").hears(hold)).can_go_on
    assert not view(watching()).can_go_on
    assert not view(alone().hears(hold)).can_go_on


# -- words -------------------------------------------------------------------------------------------------------------


def test_a_line_of_chat_has_the_time_of_here_and_the_place_in_the_film() -> None:
    before, place = micros(AT_ROOM - 60.0), micros(59.0)
    lines = (
        protocol.Line(id=1, peer=ANA, name="Ana", text="hi", at_us=before, media_us=place, item="i1"),
        protocol.Line(id=2, peer=ME, name="Me", text="ho", at_us=micros(AT_ROOM), media_us=0, item="i0"),
    )
    table = watching().hears(protocol.Chat(lines=lines))
    assert view(table).chat == (
        ChatRow(1, "Ana", "hi", clock="20:13", media="0:59", media_time=59.0),
        ChatRow(2, "Me", "ho", clock="20:14", is_me=True),
    )
    assert view(table, time_of_day=30.0).chat[0].clock == "23:59"  # yesterday
    assert view(joined().hears(protocol.Chat(lines=lines))).chat[0].media == ""
    assert view(alone().hears(protocol.Chat(lines=lines))).chat == ()


def test_reactions_float_since_their_place() -> None:
    reaction = protocol.Reaction(peer=ANA, name="Ana", emoji="🎉", media_us=micros(60.5), item="i1")
    table = watching("playing", 60.0).hears(reaction)
    assert view(table).reactions == ()
    (floating,) = view(table.happens(Tick(), at=0.7), 0.75).reactions
    assert (floating.emoji, floating.name) == ("🎉", "Ana")
    assert floating.age == pytest.approx(0.25)


# -- the playlist ------------------------------------------------------------------------------------------------------


def test_the_playlist_with_what_begins_by_itself() -> None:
    entries = (
        protocol.Entry(id="1", title="one", duration_us=micros(600), by=ANA),
        protocol.Entry(id="2", title="two", url=URL, by=ME),
        protocol.Entry(id="3", title="three", by="p9"),
    )
    playlist = protocol.Playlist(revision=1, entries=entries, total=3, loop="all", can_undo=True)
    table = watching().hears(item(1, entry="1"), playlist)
    rows = (
        EntryRow("1", "one", 600.0, is_current=True, by="Ana"),
        EntryRow("2", "two", by="you", note="films.example"),
        EntryRow("3", "three"),
    )
    assert view(table).playlist == PlaylistView(rows, "all", can_undo=True)
    planned = protocol.Playlist(revision=1, entries=entries, total=3, next="2", next_us=micros(AT_ROOM + 3.0))
    shown = view(table.hears(planned), 1.0).playlist
    assert (shown.next_title, shown.next_in) == ("two", 2.0)
    assert view(table, 9.0).playlist.next_in == 0.0
    unplanned = view(table.hears(protocol.Playlist(revision=1, entries=entries, total=3, next="2"))).playlist
    assert (unplanned.next_title, unplanned.next_in) == ("", None)
    assert not any(row.is_current for row in view(joined().hears(playlist)).playlist.entries)


# -- the film ----------------------------------------------------------------------------------------------------------


def test_how_our_copy_differs_and_by_how_much_it_may_be_shifted() -> None:
    assert view(joined()).copy == view(watching()).copy == view(alone()).copy == CopyView()
    cut = joined().hears(item(), stated(1, "paused")).happens(Opened(replace(FILM, duration=852.0)), SetOffset(3.0))
    assert view(cut).copy == CopyView("Yours is 4:12 longer: a different cut?", 3.0, 252.0)
    other = joined().hears(item(duration=60.0), stated(1, "paused")).happens(Opened(OTHER_FILM))
    copy = view(other).copy
    assert "another film?" in copy.words
    assert copy.suggested is None


def test_the_film_ends_for_all_where_the_rooms_does() -> None:
    cut = joined().hears(item(), stated(1, "paused")).happens(Opened(replace(FILM, duration=852.0)))
    assert view(cut).duration == 600.0


def test_an_address_is_offered_while_our_copy_is_missing() -> None:
    table = in_room().hears(item(2, "metropolis", url=URL), stated(1, "paused", item="i2"))
    assert view(table).address == AddressView("films.example")
    assert not view(table).is_looking
    assert view(table.happens(OpenAddress())).address is None
    assert view(joined()).address is None
    assert view(in_room().hears(item(2, "metropolis"))).address is None
    again = in_room().hears(item(2, url=URL))
    assert view(Table(replace(again.seat, medium=FILM))).address is None


@pytest.mark.parametrize(
    ("host", "is_private"),
    [
        ("192.168.0.2", True),
        ("127.0.0.1", True),
        ("[::1]", True),
        ("nas", True),
        ("nas.local", True),
        ("93.184.215.14", False),
        ("films.example", False),
        ("xn--e1afmkfd.xn--p1ai", False),
        *((each, True) for each in ("127.1", "0x7f.1", "2130706433", "0177.0.0.1", "localhost.", "127.0.0.1.")),
        *((each, True) for each in ("localhost.localdomain", "films..example", "127.0x1", "\uff11\uff12\uff17.1")),
    ],
)
def test_an_address_in_this_network_is_marked(host: str, is_private: bool) -> None:
    address = view(in_room().hears(item(2, "m", url=f"http://{host}/m.mkv"))).address
    assert address == AddressView(host.strip("[]"), is_private)


def test_a_film_that_follows_another_is_not_talked_about_before_it_takes_long() -> None:
    table = watching()
    wanted = Copy("metropolis", None, 900.0)
    table.hears(item(2, "metropolis", duration=900.0), stated(6, "holding", item="i2"), at=1.0)
    assert (view(table, 1.2).is_looking, view(table, 1.2).is_changing) == (True, True)
    table.happens(FoundCopy(wanted, OTHER_FILM.path, "name"), at=1.2)
    assert (view(table, 1.3).is_looking, view(table, 1.3).is_changing) == (False, True)
    assert not view(table, 1.01 + POLICY.change).is_changing
    assert not view(table.happens(Opened(OTHER_FILM), at=1.3), 1.4).is_changing
    missing = watching().hears(item(2, "metropolis", duration=900.0)).happens(NoCopy(wanted, "Not here."))
    assert (view(missing, 0.1).is_looking, view(missing, 0.1).is_changing) == (False, False)
    fresh = joined().hears(item())
    assert (view(fresh, 0.1).is_looking, view(fresh, 0.1).is_changing) == (True, False)


# -- hosting -----------------------------------------------------------------------------------------------------------


def test_the_page_for_hosting_is_for_those_who_may_change_something() -> None:
    assert view(with_role("guest")).hosting is None
    assert view(alone()).hosting is None
    reach = ReachView("yes", "Friends can join.")
    table = with_role("operator").hears(protocol.Bans(bans=(protocol.BanEntry(id="1", name="Eve"),)))
    table.seat = replace(table.seat, reach=reach, is_lan_open=True)
    hosting = view(table).hosting
    assert hosting is not None
    assert (hosting.reach, hosting.is_lan_open, hosting.bans) == (None, True, (BanRow("1", "Eve"),))
    hosting = view(Table(replace(table.seat, is_hosting=True))).hosting
    assert hosting is not None
    assert hosting.reach == reach


def test_links_are_shown_where_they_are_known() -> None:
    fresh, foreign = protocol.key_id("fresh key"), protocol.key_id("foreign")
    keys = (
        protocol.KeyEntry(id=DOOR, role="guest"),
        protocol.KeyEntry(id=fresh, role="operator", expires_us=micros(AT_ROOM + 3 * 3600.0), by="Me"),
        protocol.KeyEntry(id=foreign, role="guest", by="Ana"),
        protocol.KeyEntry(id=protocol.key_id(INVITE.key), role="guest", by="Ana"),
    )
    table = with_role("operator").hears(protocol.Keys(keys=keys))
    table.seat = replace(table.seat, facts=replace(table.seat.facts, links=((fresh, "fresh key"),)))
    hosting = view(table).hosting
    assert hosting is not None
    assert hosting.keys == (
        KeyRow(DOOR, "guest"),
        KeyRow(fresh, "operator", "in 3 h", "Me", replace(INVITE, key="fresh key").text()),
        KeyRow(foreign, "guest", by="Ana"),
        KeyRow(keys[3].id, "guest", by="Ana", link=INVITE.text()),
    )
    table.seat = replace(table.seat, invite=replace(INVITE, key=""))
    hosting = view(table).hosting
    assert hosting is not None
    assert [row.link != "" for row in hosting.keys] == [False, True, False, False]


@pytest.mark.parametrize(
    ("keys", "links", "key"),
    [
        ((), (), INVITE.key),  # nothing is told yet
        ((DOOR,), (), INVITE.key),
        (("own",), (), INVITE.key),
        (("fresh",), ("fresh",), "fresh key"),  # the server's own was revoked
        (("fresh", "own operator"), ("fresh",), "fresh key"),  # whoever gets the link is a guest
        (("own operator",), (), None),
        (("fresh",), (), None),  # only its maker knows it
        (("fresh operator",), ("fresh",), None),
    ],
)
def test_the_link_for_friends_is_one_that_holds_and_makes_guests(
    keys: tuple[str, ...], links: tuple[str, ...], key: str | None
) -> None:
    ids = {"own": protocol.key_id(INVITE.key), "fresh": protocol.key_id("fresh key")}
    entries = []
    for words in keys:
        name, _, role = words.partition(" ")
        entries.append(protocol.KeyEntry(id=ids.get(name, name), role="operator" if role else "guest"))
    table = with_role("operator").hears(protocol.Keys(keys=tuple(entries)))
    known = tuple((ids[link], f"{link} key") for link in links)
    table.seat = replace(table.seat, facts=replace(table.seat.facts, links=known))
    assert view(table).invite == ("" if key is None else replace(INVITE, key=key).text())


def test_the_last_link_may_be_revoked() -> None:
    door = protocol.KeyEntry(id=DOOR, role="guest")
    table = with_role("host").hears(protocol.Keys(keys=(door,)), protocol.Keys())
    assert view(table).invite == ""
    assert view(table.hears(protocol.Keys(keys=(door,)))).invite == INVITE.text()
    table.seat = replace(table.seat, invite=replace(INVITE, key=""))
    assert view(table.hears(protocol.Keys())).invite == replace(INVITE, key="").text()  # anybody may come in


def test_rooms_of_this_network_are_shown() -> None:
    rooms = (LanRow("Friday", "192.168.0.2"),)
    assert view(Table(Seat()).happens(LanSeen(rooms))).lan_rooms == rooms
    assert view(Table(Seat()).happens(JoinRoom(INVITE.text()))).check is None
