"""A room with everything around it: films that are found, a room that comes and goes, invites, the network."""

from __future__ import annotations

import pytest

from player.core.copies import Candidate
from player.core.invite import Invite, parse_invite
from player.core.medium import Opened
from player.core.news import LinkLost, LinkRegained, Received
from player.core.room_intents import AcceptRoom, AddToPlaylist, MakeInvite, MoveRoomTo, OpenToLan, SetFolders, TryAgain
from player.core.room_view import LanRow, ReachView
from player.core.view import HostRoom, JoinRoom, LeaveRoom
from server.core import protocol
from server.core.protocol import ServerMessage
from tests.fakes.ports import FILM, FakeLink
from tests.fakes.stand import Stand
from tests.fakes.waiting import until

FRIENDS = Invite("192.0.2.9", 9000, "Friday", tls=False)
OTHER = protocol.Item(id="i2", title="metropolis", duration_us=900_000_000, by="p2")


def says(link: FakeLink, *messages: ServerMessage) -> None:
    link.report(*(Received(message) for message in messages))


def asked(link: FakeLink) -> list[protocol.Action]:
    return [message.action for message in link.sent if isinstance(message, protocol.Command)]


# -- films -------------------------------------------------------------------------------------------------------------


async def test_the_rooms_next_film_is_found_in_the_persons_folders_and_opened(stand: Stand) -> None:
    stand.library.add(Candidate("/films/Metropolis.mkv", "Metropolis", 9, 900.0, b"m"))
    link = await stand.join()
    says(link, OTHER)
    await until(lambda: ("open", "/films/Metropolis.mkv") in stand.playback.calls)
    assert ("open", "") in stand.playback.calls
    assert stand.library.looked_for == []


async def test_a_film_that_comes_into_a_folder_later_is_opened_then(stand: Stand) -> None:
    link = await stand.join()
    says(link, OTHER)
    await until(lambda: "metropolis" in stand.screen.view.missing_words)
    assert not stand.screen.view.is_looking
    stand.library.add(Candidate("/films/Metropolis.mkv", "Metropolis", 9, 900.0, b"m"))
    await until(lambda: ("open", "/films/Metropolis.mkv") in stand.playback.calls)


async def test_what_a_room_watches_is_not_looked_for_when_it_has_been_left(stand: Stand) -> None:
    link = await stand.join()
    says(link, OTHER)
    await until(lambda: len(stand.library.looked_for) == 1)
    stand.session.act(LeaveRoom())
    assert stand.library.looked_for == []


async def test_the_content_of_our_film_is_told_to_the_room(stand: Stand) -> None:
    stand.library.is_silent = True
    link = await stand.join()
    stand.library.add(Candidate(FILM.path, FILM.title, 700, 600.0, b"n"))
    stand.library.speak()
    await until(lambda: any(isinstance(each, protocol.Copy) and each.size == 700 for each in link.sent))


async def test_films_of_the_playlist_are_added_with_their_content(stand: Stand) -> None:
    link = await stand.join()
    stand.library.add(Candidate("/films/a.mkv", "a", 7, 1.0, b"a"))
    stand.session.act(AddToPlaylist(("/films/a.mkv",)))
    await until(lambda: any(isinstance(action, protocol.Add) for action in asked(link)))
    (added,) = (action for action in asked(link) if isinstance(action, protocol.Add))
    assert (added.entries[0].title, added.entries[0].size) == ("a", 7)
    assert added.entries[0].fingerprint != ""


async def test_the_folders_are_the_persons_and_the_one_of_the_last_film(stand: Stand) -> None:
    def folders() -> list[str]:
        return list(stand.library.folders)

    stand.session.act(SetFolders(("/films",)))
    assert folders() == ["/films"]
    stand.session.remember("folder", "/downloads")
    assert folders() == ["/films", "/downloads"]
    stand.session.remember("folder", "/films")
    assert folders() == ["/films"]
    await stand.session.close()
    assert stand.settings.get("folders") == ["/films"]


async def test_what_is_known_of_the_folders_is_shown(stand: Stand) -> None:
    stand.library.add(Candidate("/films/a.mkv", "a", 7))
    await until(lambda: stand.screen.view.library.words == "1 film known")


# -- being removed, being cut off --------------------------------------------------------------------------------------


async def test_who_is_removed_goes_home_and_does_not_come_back(stand: Stand) -> None:
    link = await stand.join()
    says(link, protocol.Closing(words="Ben removed you from the room.", again=False))
    link.report(LinkLost("The connection is lost."))
    await until(lambda: link.is_closed)
    assert stand.screen.view.link == "alone"
    assert [notice.words for notice in stand.screen.view.notices] == ["Ben removed you from the room."]
    assert len(stand.links) == 1


async def test_a_silent_link_that_answers_again_is_joined(stand: Stand) -> None:
    link = await stand.join()
    link.report(LinkLost("The server does not answer."))
    await until(lambda: stand.screen.view.link == "lost")
    stand.session.act(TryAgain())
    assert link.bursts == 1
    sent = list(link.sent)
    link.report(LinkRegained())
    await until(lambda: stand.screen.view.link == "joined")
    assert [each for each in link.sent if not isinstance(each, protocol.Report)] == [
        each for each in sent if not isinstance(each, protocol.Report)
    ]


# -- a room that moves -------------------------------------------------------------------------------------------------


async def test_a_room_that_is_given_to_us_runs_here_and_all_are_sent_to_it(stand: Stand) -> None:
    link = await stand.join("playing")
    says(link, protocol.Bundle(part=0, of=2, data="ab"), protocol.Bundle(part=1, of=2, data="cd"))
    await until(lambda: stand.screen.view.offer is not None)
    assert stand.host.bundles == []
    stand.session.act(AcceptRoom())
    await until(lambda: any(isinstance(action, protocol.RoomMoved) for action in asked(link)))
    assert stand.host.bundles == ["abcd"]
    (moved,) = (action for action in asked(link) if isinstance(action, protocol.RoomMoved))
    assert parse_invite(moved.invite).key == "k"
    says(link, protocol.Moved(invite=moved.invite, words="The room has moved to Ana’s computer."))
    await until(lambda: bool(stand.links[-1].connected) and stand.links[-1] is not link)
    assert stand.links[-1].connected == [(stand.host.own_invite(), "Ana")]
    assert stand.links[-1].tokens == ["t"]
    await until(lambda: link.is_closed)
    stand.links[-1].report(stand.welcome(epoch="e2", state="playing"), stand.exchange(epoch="e2"))
    await until(lambda: stand.screen.view.link == "joined")
    assert stand.screen.view.is_hosting
    assert ("open", "") not in stand.playback.calls  # the film plays on
    assert stand.host.stops == 0


async def test_a_room_that_goes_elsewhere_is_followed_as_who_we_are(stand: Stand) -> None:
    link = await stand.join("playing")
    says(link, protocol.Moved(invite=FRIENDS.text(), words="The room has moved to Ben’s computer."))
    link.report(LinkLost("The connection is lost."))
    await until(lambda: stand.links[-1] is not link)
    assert stand.links[-1].connected == [(FRIENDS, "Ana")]
    assert stand.links[-1].tokens == ["t"]
    stand.links[-1].report(LinkLost("No answer."))
    await stand.tick()
    assert stand.complaints == []  # it goes on trying


async def test_a_host_that_hands_over_stops_its_server(stand: Stand) -> None:
    link = await hosting(stand)
    stand.session.act(MoveRoomTo("p2"))
    assert asked(link)[-1] == protocol.MoveRoom(peer="p2")
    says(link, protocol.Moved(invite=FRIENDS.text(), words="The room has moved to Ben’s computer."))
    await until(lambda: stand.host.stops == 1)
    assert stand.links[-1].connected == [(FRIENDS, "Ana")]
    assert not stand.screen.view.is_hosting


async def test_a_server_that_can_not_start_with_the_room_leaves_it_where_it_is(stand: Stand) -> None:
    link = await stand.join()
    stand.host.refuses = "Port 8998 is taken by another program."
    says(link, protocol.Bundle(part=0, of=1, data="ab"))
    await until(lambda: stand.screen.view.offer is not None)
    assert stand.host.bundles == []
    stand.session.act(AcceptRoom())
    await until(lambda: bool(stand.complaints))
    assert stand.complaints == [stand.host.refuses]
    assert stand.screen.view.link == "joined"
    assert not stand.screen.view.is_hosting


@pytest.mark.expects_warnings
async def test_a_fault_of_ours_while_a_room_is_taken_is_said(stand: Stand) -> None:
    link = await stand.join()
    stand.host.fault = RuntimeError("a fault")
    says(link, protocol.Bundle(part=0, of=1, data="ab"))
    await until(lambda: stand.screen.view.offer is not None)
    assert stand.host.bundles == []
    stand.session.act(AcceptRoom())
    await until(lambda: bool(stand.complaints))
    assert "log" in stand.complaints[0]


async def test_a_room_that_was_left_before_our_server_ran_is_not_hosted(stand: Stand) -> None:
    link = await stand.join()
    stand.host.may_start.clear()
    says(link, protocol.Bundle(part=0, of=1, data="ab"))
    await until(lambda: stand.screen.view.offer is not None)
    assert stand.host.bundles == []
    stand.session.act(AcceptRoom())
    await until(lambda: stand.host.bundles == ["ab"])
    stand.session.act(LeaveRoom())
    stand.host.may_start.set()
    await until(lambda: stand.host.stops == 1)
    assert stand.screen.view.link == "alone"


# -- invites and the network -------------------------------------------------------------------------------------------


async def hosting(stand: Stand, room: str = "Friday") -> FakeLink:
    """In a room of our own, with a film."""
    links = len(stand.links)
    stand.playback.report(Opened(FILM))
    stand.session.act(HostRoom(room))
    await until(lambda: len(stand.links) > links)
    link = stand.links[-1]
    entry = protocol.RosterEntry(peer="p1", name="Ana", here=True, ready=True, role="host")
    link.report(stand.welcome(), stand.exchange(), Received(protocol.Roster(members=(entry,))))
    await until(lambda: stand.screen.view.hosting is not None)
    return link


async def test_an_invite_is_drawn_registered_and_shown(stand: Stand) -> None:
    link = await hosting(stand)
    stand.session.act(MakeInvite("operator", 3600.0))
    assert asked(link)[-1] == protocol.MakeKey(key="drawn-key-0123456789", role="operator", expires_s=3600)
    id = protocol.key_id("drawn-key-0123456789")
    says(link, protocol.Keys(keys=(protocol.KeyEntry(id=id, role="operator", by="Ana"),)))
    await until(lambda: stand.screen.view.hosting is not None and stand.screen.view.hosting.keys != ())
    assert stand.screen.view.hosting is not None
    assert parse_invite(stand.screen.view.hosting.keys[0].link).key == "drawn-key-0123456789"


async def test_rooms_of_this_network_are_looked_for_while_we_are_in_none(stand: Stand) -> None:
    await stand.tick()
    assert stand.around.is_browsing
    stand.around.found = (LanRow("Friday", "192.168.0.2"),)
    await until(lambda: stand.screen.view.lan_rooms == stand.around.found)
    stand.session.act(JoinRoom(FRIENDS.text()))
    await until(lambda: not stand.around.is_browsing)


async def test_what_is_hosted_here_is_shown_around_and_what_is_found_out_is_in_the_invite(stand: Stand) -> None:
    link = await hosting(stand)
    await until(lambda: stand.around.shown != [] and stand.around.shown[-1][0] is not None)
    assert stand.around.shown[-1][1] is False
    stand.session.act(OpenToLan(is_open=True))
    await until(lambda: stand.around.shown[-1][1])
    door = protocol.KeyEntry(id="door", role="guest")
    says(link, protocol.Keys(keys=(door,)), protocol.Keys())  # it was revoked: nobody comes in by it any more
    await until(lambda: not stand.around.shown[-1][1])
    says(link, protocol.Keys(keys=(door,)))
    await until(lambda: stand.around.shown[-1][1])
    reach = ReachView("yes", "Friends can join.")
    stand.around.known = (reach, (("203.0.113.5", 8998),))
    await until(lambda: "203.0.113.5" in stand.screen.view.invite)
    hosting_view = stand.screen.view.hosting
    assert hosting_view is not None
    assert (hosting_view.reach, hosting_view.is_lan_open) == (reach, True)
    shown = len(stand.around.shown)
    link.report(LinkLost("The server does not answer."))
    await until(lambda: stand.screen.view.link == "lost")
    await stand.tick()
    assert stand.around.shown[-1][0] is not None  # others are in the room still
    stand.session.act(LeaveRoom())
    await until(lambda: stand.around.shown[-1][0] is None)
    assert len(stand.around.shown) >= shown
    stand.around.known = None


async def test_a_room_that_is_hosted_again_hears_again_how_it_is_reached(stand: Stand) -> None:
    stand.around.known = (ReachView("yes", "Friends can join."), ())
    for room in ("Friday", "Saturday"):
        await hosting(stand, room)
        await until(lambda: stand.screen.view.hosting is not None and stand.screen.view.hosting.reach is not None)


async def test_everything_around_is_closed_in_the_end(stand: Stand) -> None:
    await stand.session.close()
    assert stand.around.is_closed
    assert stand.library.is_closed
