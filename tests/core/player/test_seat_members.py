"""What a person wishes of its room beyond the film: commands without a button, their answers, and a link that is lost
between the two."""

from __future__ import annotations

from dataclasses import replace

import pytest

from player.core import room_intents as wish
from player.core.happenings import KeyDrawn, Listed, TookOver
from player.core.listing import ListedRoom
from player.core.news import LinkLost
from player.core.room_view import ListedRow, ListingView
from player.core.seat import POLICY
from player.core.seat_actions import DrawKey, FetchRooms, KnockNow, Remember, StopHosting
from player.core.seat_members import ASKED_MOST, PLAYLIST_EDITS
from server.core import protocol
from tests.core.player.seats import ANA, INVITE, ME, Table, alone, entry, item, stated, watching, welcome

URL = "https://films.example/a.mkv"
BACK = welcome(stated(5, "playing", 60.0), item())


@pytest.mark.parametrize(
    ("intent", "action"),
    [
        (wish.SayLine("hello"), protocol.Say(text="hello")),
        (wish.SayLine("x" * 9000), protocol.Say(text="x" * protocol.MAX_SAID)),
        (wish.SendReaction("🎉"), protocol.React(emoji="🎉")),
        (wish.RemoveEntries(("1", "2")), protocol.Remove(entries=("1", "2"))),
        (wish.MoveEntry("1", 3), protocol.Move(entry="1", to=3)),
        (wish.ShufflePlaylist(), protocol.Shuffle()),
        (wish.LoopPlaylist("all"), protocol.SetLoop(loop="all")),
        (wish.UndoPlaylist(), protocol.Undo()),
        (wish.ChooseEntry("2"), protocol.Choose(entry="2")),
        (wish.PlayNext(), protocol.Next()),
        (wish.StayHere(), protocol.Stay()),
        (wish.AskReady(), protocol.Check()),
        (wish.SayReady(is_ready=False), protocol.Confirm(ready=False)),
        (wish.CallOffCheck(), protocol.CallOff()),
        (wish.GoAway(is_away=True), protocol.SetAway(away=True)),
        (wish.GoOnWithout(), protocol.GoOn()),
        (wish.GiveRole(ANA, "host"), protocol.HandOver(peer=ANA)),
        (wish.GiveRole(ANA, "operator"), protocol.Grant(peer=ANA, role="operator")),
        (wish.GiveRole(ANA, "guest"), protocol.Grant(peer=ANA, role="guest")),
        (wish.MuteMember(ANA, is_muted=True), protocol.Mute(peer=ANA, muted=True)),
        (wish.RemoveMember(ANA, is_for_good=False), protocol.Kick(peer=ANA)),
        (wish.RemoveMember(ANA, is_for_good=True), protocol.Ban(peer=ANA)),
        (wish.LiftBan("1"), protocol.Unban(ban="1")),
        (wish.ChangeRules(control="operators", waits=False), protocol.SetRules(control="operators", waits=False)),
        (wish.ChangePassword("sesame"), protocol.SetPassword(password="sesame")),
        (wish.RevokeInvite("ab"), protocol.RevokeKey(key="ab")),
        (wish.MoveRoomTo(ANA), protocol.MoveRoom(peer=ANA)),
        (wish.EndForAll(), protocol.EndRoom()),
    ],
)
def test_a_wish_is_a_command_for_which_no_button_waits(intent: wish.RoomIntent, action: protocol.Action) -> None:
    table = watching()
    table.seat = replace(table.seat, facts=replace(table.seat.facts, playlist=protocol.Playlist(revision=9)))
    (command,) = table.happens(intent).sent()
    revision = 9 if isinstance(action, PLAYLIST_EDITS) else 5
    assert command == protocol.Command(id="p1-1", revision=revision, item="i1", action=action)
    assert table.seat.pending is None
    assert [each.command for each in table.seat.asked] == [command]
    assert table.hears(protocol.Accepted(id="p1-1", revision=5)).seat.asked == ()


def test_nothing_is_said_by_an_empty_line() -> None:
    assert watching().happens(wish.SayLine(" \n")).took() == ()


def test_wishes_for_this_player_alone() -> None:
    table = watching().happens(wish.OpenToLan(is_open=True), wish.TryAgain())
    assert table.took() == (Remember("lan_open", True), KnockNow())
    assert table.seat.is_lan_open


def test_who_is_away_sees_it_at_once_and_a_refusal_takes_it_back() -> None:
    table = watching().happens(wish.GoAway(is_away=True))
    assert table.seat.is_away
    table.hears(protocol.Refused(id="p1-1", code="busy", words="The room is moving."))
    assert not table.seat.is_away
    assert table.words() == ["The room is moving."]
    table.hears(protocol.Roster(members=(entry(ME, "Me", away=True),)))
    assert table.seat.is_away


# -- a link that is lost -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("intent", [wish.SayLine("a"), wish.GoAway(is_away=True), wish.PlayNext()])
def test_while_the_link_is_lost_nothing_is_sent_and_that_is_said(intent: wish.RoomIntent) -> None:
    table = watching().happens(LinkLost("No answer."), intent)
    assert table.took() == ()
    assert table.words() == ["Not connected to the room: nothing was sent."]
    assert (table.seat.asked, table.seat.is_away) == ((), False)


def test_what_was_not_answered_is_sent_again_with_its_id_once_we_are_back() -> None:
    table = watching().happens(wish.SendReaction("🎉"), wish.SayLine("hello"))
    sent = table.sent()
    table.happens(LinkLost("No answer."), BACK, at=POLICY.resend_within)
    assert table.sent() == sent
    table.happens(LinkLost("No answer."), BACK, at=POLICY.resend_within + 0.1)
    assert table.sent() == sent[1:]  # late is too late for a reaction, not for what was written


def test_a_server_that_began_anew_but_knows_us_gets_it_too_and_another_room_does_not() -> None:
    again = welcome(stated(5, "playing", 60.0), item(), epoch="e2")
    table = watching().happens(wish.SayLine("hello"))
    sent = table.sent()
    assert table.happens(LinkLost("No answer."), again).sent() == sent
    table.happens(welcome(stated(5, "playing", 60.0), item(), epoch="e3", peer="p7"))
    assert table.sent() == []
    assert table.seat.asked == ()


def test_a_storm_of_wishes_is_bounded_and_does_not_hold_up_what_is_added() -> None:
    table = watching().happens(wish.AddToPlaylist((URL,)))
    assert table.seat.is_adding
    for _ in range(ASKED_MOST):
        table.happens(wish.SendReaction("🎉"))
    assert len(table.seat.asked) == ASKED_MOST
    assert not table.seat.is_adding


# -- refusals ----------------------------------------------------------------------------------------------------------


def refusal(table: Table, code: protocol.CommandRefusal, words: str = "No.") -> protocol.Refused:
    return protocol.Refused(id=table.seat.asked[-1].command.id, code=code, words=words)


def test_somebody_who_was_as_fast_is_no_reason_for_words() -> None:
    for code in ("item", "revision"):
        table = watching().happens(wish.PlayNext())
        assert table.hears(refusal(table, code)).words() == []
        assert table.seat.asked == ()
    table = watching().happens(wish.PlayNext())
    assert table.hears(refusal(table, "nothing", "This was the last film.")).words() == ["This was the last film."]


@pytest.mark.parametrize("intent", [wish.AddToPlaylist((URL,)), wish.RemoveEntries(("1",)), wish.LoopPlaylist("one")])
def test_an_edit_that_means_the_same_in_any_playlist_is_tried_again(intent: wish.RoomIntent) -> None:
    table = watching().happens(intent)
    (first,) = table.sent()
    assert isinstance(first, protocol.Command)
    table.hears(protocol.Playlist(revision=7), refusal(table, "revision"))
    (again,) = table.sent()
    assert isinstance(again, protocol.Command)
    assert (again.action, again.revision) == (first.action, 7)
    assert again.id != first.id
    for _ in range(POLICY.tries):
        assert table.words() == []
        table.hears(refusal(table, "revision", "The playlist has been changed meanwhile."))
    assert table.words() == ["The playlist has been changed meanwhile."]
    assert table.seat.asked == ()


def test_an_edit_that_depends_on_the_list_is_not() -> None:
    table = watching().happens(wish.MoveEntry("1", 0))
    table.took()
    assert table.hears(refusal(table, "revision", "Look at it.")).took() == ()
    assert table.words() == ["Look at it."]


def test_a_full_playlist_is_said_once() -> None:
    paths = tuple(f"https://films.example/{number}.mkv" for number in range(20))
    table = watching().happens(wish.AddToPlaylist(paths))
    table.took()
    table.hears(refusal(table, "bad", "The playlist is full."))
    assert table.took() == ()
    assert table.words() == ["The playlist is full."]
    assert table.seat.adding == ()


# -- invites -----------------------------------------------------------------------------------------------------------


def test_an_invite_is_made_of_chance_and_known_here() -> None:
    table = watching().happens(wish.MakeInvite("operator", 3600.0))
    assert table.took() == (DrawKey("operator", 3600.0),)
    table.happens(KeyDrawn("drawn-key-0123456789", "operator", 3600.0))
    assert table.asked() == [protocol.MakeKey(key="drawn-key-0123456789", role="operator", expires_s=3600)]
    assert table.seat.facts.key_of(protocol.key_id("drawn-key-0123456789")) == "drawn-key-0123456789"
    table.happens(KeyDrawn("another-key-0123456789", "guest", None), KeyDrawn("third-key-0123456789", "guest", 0.1))
    assert [getattr(each, "expires_s", 0) for each in table.asked()] == [None, 1]


def test_an_invite_that_the_room_does_not_hear_of_is_none() -> None:
    table = watching().happens(LinkLost("No answer."), KeyDrawn("drawn-key-0123456789", "guest", None))
    assert table.took() == ()
    assert table.seat.facts.links == ()


def test_a_room_that_was_not_given_to_us_after_all_stops_our_server() -> None:
    table = watching().hears(protocol.Bundle(part=0, of=1, data="ab"))
    table.happens(wish.AcceptRoom(), TookOver(INVITE, INVITE))
    table.took()
    table.hears(refusal(table, "forbidden", "The room was not given to this player."))
    assert table.took() == (StopHosting(),)
    assert table.words() == ["The room was not given to this player."]
    assert table.seat.taken_over is None


# -- rooms that a server lists -----------------------------------------------------------------------------------------

SERVER = "films.example:8998"
ROOM = ListedRoom(INVITE, 3, has_password=True)


def test_a_server_is_asked_which_rooms_it_lists() -> None:
    table = alone().happens(wish.AskForRooms(SERVER))
    (fetch,) = table.took()
    assert isinstance(fetch, FetchRooms)
    assert (fetch.asked, fetch.server.host) == (SERVER, "films.example")
    assert table.seat.listing == ListingView(SERVER, is_asking=True)
    table.happens(Listed(SERVER, (ROOM,)))
    assert table.seat.listing == ListingView(SERVER, rooms=(ListedRow("Friday", 3, True, INVITE.text()),))


def test_why_a_server_lists_nothing_is_said() -> None:
    table = alone().happens(wish.AskForRooms("no host"))
    assert table.took() == ()
    assert table.seat.listing.words != ""
    table.happens(wish.AskForRooms(SERVER), Listed("another.example", (ROOM,)))
    assert table.seat.listing.is_asking
    assert table.happens(Listed(SERVER, words="It does not answer.")).seat.listing.words == "It does not answer."
    assert "ask for an invite" in table.happens(Listed(SERVER)).seat.listing.words
