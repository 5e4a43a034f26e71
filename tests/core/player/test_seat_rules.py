"""What happens by itself: the link, the hosted server, time."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from player.core.copies import Copy, Fingerprinted, FoundCopy, NoCopy
from player.core.drawing import Facts, draw
from player.core.happenings import Happening, Hosted, HostEnded, HostFailed, KeyDrawn, ReachTold, Tick, TookOver
from player.core.medium import Opened, OpenFailed, Primed, RanDry
from player.core.news import LinkLost, LinkRefused, LinkRegained, Received
from player.core.room_intents import AddToPlaylist, GoAway, MakeInvite, OpenAddress, PlayNext, SayLine, SetOffset
from player.core.room_view import ReachView
from player.core.seat import POLICY, Place
from player.core.seat_actions import ConnectTo, GoSolo, Send, StartHosting, StopHosting
from player.core.view import HostRoom, JoinRoom, LeaveRoom, OpenMedium, WantPlay, WantSeek
from server.core import protocol
from tests.core.player.seats import (
    ANA,
    FILM,
    INVITE,
    ME,
    OTHER_FILM,
    URL,
    Table,
    alone,
    item,
    joined,
    moment,
    stated,
    watching,
    welcome,
)

OWN = replace(INVITE, host="127.0.0.1", password="p")
HOSTED = Hosted(INVITE, OWN)


def hosting() -> Table:
    table = alone().happens(HostRoom("Friday"), HOSTED, welcome())
    table.took()
    return table


# -- the link ----------------------------------------------------------------------------------------------------------


def test_a_lost_link_is_shown_and_the_film_goes_on() -> None:
    table = watching().happens(LinkLost("No answer from 192.0.2.7."))
    assert (table.seat.link, table.seat.link_words) == ("lost", "No answer from 192.0.2.7.")
    assert table.seat.is_following
    assert table.took() == ()


def test_a_link_that_was_only_silent_goes_on_as_if_nothing_had_been() -> None:
    table = watching().hears(protocol.Checked(by=ANA, ready=(ANA,))).happens(LinkLost("No answer from 192.0.2.7."))
    before = table.seat
    assert table.happens(LinkRegained()).took() == ()
    assert table.seat == replace(before, link="joined", link_words="")
    assert table.seat.facts.check is not None
    assert table.happens(LinkRegained()).took() == ()


def test_a_room_that_was_never_reached_is_not_lost() -> None:
    table = Table(replace(alone().seat, epoch="", link="connecting", invite=INVITE))
    table.happens(LinkLost("192.0.2.7 does not answer, trying again."))
    assert (table.seat.link, table.seat.link_words) == ("connecting", "192.0.2.7 does not answer, trying again.")


def test_a_refused_link_leads_home_with_the_film_where_it_was() -> None:
    table = watching().happens(LinkRefused("banned", "Ana has removed you from the room."), at=5.0)
    assert table.took() == (GoSolo(),)
    assert table.words() == ["Ana has removed you from the room."]
    assert table.seat.link == "alone"
    assert table.seat.invite is None
    assert table.seat.go_on == Place(65.0, is_playing=True, since=105.0)


def test_why_we_are_at_home_again_stays_to_be_read() -> None:
    table = watching().happens(LinkRefused("banned", "Ana has removed you from the room."), welcome(epoch="solo"))
    assert table.words() == ["Ana has removed you from the room."]


# -- hosting -----------------------------------------------------------------------------------------------------------


def test_a_hosted_room_is_entered_by_its_own_door_and_shows_the_friends_invite() -> None:
    table = alone().happens(HostRoom("Friday"))
    assert table.took() == (StartHosting("Friday"),)
    table.happens(HOSTED)
    assert table.took() == (ConnectTo(OWN, "Me"),)
    assert table.seat.invite == INVITE
    assert table.seat.is_hosting


def test_hosting_that_fails_leads_home_with_the_film_where_it_was() -> None:
    table = alone("playing", 60.0).happens(HostRoom("Friday"), at=3.0)
    table.took()
    table.happens(HostFailed("Port 8998 is taken: close what uses it or choose another with --listen."), at=4.0)
    assert table.took() == (StopHosting(), GoSolo())
    assert table.words() == ["Port 8998 is taken: close what uses it or choose another with --listen."]
    assert table.seat.go_on == Place(63.0, is_playing=True, since=104.0)
    assert not table.seat.is_hosting


def test_a_server_of_ours_that_ends_by_itself_leads_home() -> None:
    table = hosting().happens(HostEnded())
    assert table.took() == (StopHosting(), GoSolo())
    assert table.words() == ["The room's server on this computer has stopped. Host again to go on together."]


def test_a_room_that_was_left_while_it_was_started_is_stopped_when_it_is_up() -> None:
    table = alone().happens(HostRoom("Friday"), LeaveRoom())
    table.took()
    before = table.seat
    assert table.happens(HOSTED).took() == (StopHosting(),)
    assert table.happens(HostFailed("x"), HostEnded()).took() == ()
    assert table.seat is before


# -- time --------------------------------------------------------------------------------------------------------------


def test_figures_are_reported_every_few_seconds() -> None:
    table = watching()
    tick = Tick(asynchrony=-0.0125, delay=0.16, dispersion=0.001, playout=0.13)
    assert table.happens(tick).sent() == [
        protocol.Report(delay_us=160_000, playout_us=130_000, dispersion_us=1_000, asynchrony_us=-12_500)
    ]
    assert table.happens(tick, at=POLICY.report_every - 0.1).sent() == []
    assert len(table.happens(tick, at=POLICY.report_every).sent()) == 1


def test_an_asynchrony_is_reported_only_while_the_film_plays() -> None:
    table = watching("paused").happens(Tick(asynchrony=0.5))
    assert table.sent() == [protocol.Report(delay_us=0, playout_us=0, dispersion_us=0)]
    table = joined().hears(stated(1, "playing")).happens(Tick(asynchrony=0.5))
    assert table.sent() == [protocol.Report(delay_us=0, playout_us=0, dispersion_us=0)]


def test_what_is_not_known_yet_is_reported_as_very_large_and_nothing_as_negative() -> None:
    table = watching().happens(Tick(delay=-1e-9, dispersion=float("inf"), playout=-0.1))
    assert table.sent() == [protocol.Report(delay_us=0, playout_us=0, dispersion_us=10**12)]


def test_nothing_is_reported_alone_or_without_a_link() -> None:
    assert alone().happens(Tick(), at=9.0).took() == ()
    assert watching().happens(LinkLost("x"), Tick(), at=9.0).took() == ()


def test_notices_go_by_themselves() -> None:
    table = watching().hears(protocol.Notice(words="hello"))
    assert [each.words for each in table.happens(Tick(), at=1.0).seat.notices.shown()] == ["hello"]
    assert table.happens(Tick(), at=60.0).seat.notices.shown() == ()


# -- anything in any order ---------------------------------------------------------------------------------------------

SOLO = welcome(epoch="solo", roster=())
ANYTHING: tuple[Happening, ...] = (
    OpenMedium(FILM.path),
    Opened(FILM),
    Opened(OTHER_FILM),
    OpenFailed(FILM.path, "broken"),
    Primed(1),
    RanDry(1),
    HostRoom("Friday"),
    HOSTED,
    HostFailed("no"),
    HostEnded(),
    JoinRoom(INVITE.text()),
    JoinRoom("nonsense"),
    LeaveRoom(),
    WantPlay(),
    WantSeek(7.0),
    LinkLost("lost"),
    LinkRefused("full", "full"),
    SOLO,
    welcome(),
    welcome(stated(3, "holding"), item(2, by=ME)),
    welcome(stated(1, "playing"), item(), epoch="e2"),
    Received(item(1, by=ME)),
    Received(item(2, "metropolis")),
    Received(stated(1, "paused")),
    Received(stated(2, "playing", at=1.0, by=ANA, why="seek")),
    Received(stated(3, "holding", item="i2", waiting=(ME,))),
    Received(protocol.Roster(members=())),
    Received(protocol.Accepted(id="p1-1", revision=1)),
    Received(protocol.Refused(id="p1-2", code="item", words="no")),
    Received(protocol.Closing(words="bye")),
    Tick(asynchrony=0.1),
    LinkRegained(),
    TookOver(INVITE, OWN),
    KeyDrawn("drawn-key-0123456789", "guest", 60.0),
    ReachTold(ReachView("yes"), (("203.0.113.5", 8998),)),
    Received(item(4, "faust", url="http://[::1", entry="1")),
    Received(item(5, "faust", url=URL, fingerprint="ab")),
    FoundCopy(Copy("metropolis", None, 600.0), "/films/m.mkv", "name"),
    NoCopy(Copy("metropolis", None, 600.0), "Not here."),
    Fingerprinted(FILM.path, b"content", 700),
    Fingerprinted("/films/a\udc80.mkv", None, None),
    AddToPlaylist(("/films/a\udc80.mkv", URL)),
    SayLine("hello"),
    SetOffset(-7.0),
    SetOffset(1e9),
    GoAway(is_away=True),
    OpenAddress(),
    PlayNext(),
    MakeInvite(),
    Received(protocol.Rules(control="operators")),
    Received(protocol.Playlist(revision=2, entries=(protocol.Entry(id="1", title="a", by=ANA),), total=1, next="1")),
    Received(protocol.Playlist(revision=2, first=7, total=9)),
    Received(protocol.Chat(lines=(protocol.Line(id=1, peer=ANA, name="Ana", text="a", at_us=0, media_us=0),))),
    Received(protocol.Reaction(peer=ANA, name="Ana", emoji="🎉", media_us=61_000_000, item="i1")),
    Received(protocol.Checked(by=ANA, ready=(ANA,))),
    Received(protocol.Checked()),
    Received(stated(4, "playing", at=9.0, why="check", by=ANA)),
    Received(protocol.Keys(keys=(protocol.KeyEntry(id="ab", role="guest", expires_us=0),))),
    Received(protocol.Bundle(part=0, of=1, data="ab")),
    Received(protocol.Moved(invite=INVITE.text(), words="It has moved.")),
    Received(protocol.Moved(invite="nonsense", words="It has moved.")),
    Received(protocol.Refused(id="p1-1", code="revision", words="no")),
    Received(protocol.Closing(words="out", again=False)),
)


@given(st.lists(st.sampled_from(ANYTHING), max_size=30))
def test_whatever_happens_a_seat_stays_whole_and_can_be_drawn(script: list[Happening]) -> None:
    table = Table(alone().seat)
    for at, happening in enumerate(script):
        before = table.seat
        table.happens(happening, at=at)
        seat = table.seat
        assert (seat.link == "alone") <= (seat.invite is None)
        assert seat.is_following <= (seat.medium is not None and seat.item is not None)
        assert (seat.invite is not None and seat.link == "joined") <= (seat.epoch != "")
        if before.epoch and (seat.epoch, seat.me) == (before.epoch, before.me):
            assert seat.schedule.newest.revision >= before.schedule.newest.revision
        sent = [action.message for action in table.took() if isinstance(action, Send)]
        assert sum(isinstance(message, protocol.Ready) for message in sent) <= 1
        for message in sent:  # nothing that the authority would take for nonsense
            assert protocol.decode_client(*protocol.encode(message)) == message
        draw(seat, Facts(), moment(at))
