"""The session carries happenings to the seat and its actions to the ports; everything around it is a fake."""

from __future__ import annotations

import threading

import pytest

from player.core.invite import Invite
from player.core.listing import ListedRoom
from player.core.medium import Opened, OpenFailed, Primed
from player.core.news import LinkLost, LinkRefused, Received
from player.core.room_intents import AskForRooms
from player.core.view import (
    ChooseSound,
    ChooseSubtitles,
    JoinRoom,
    LeaveRoom,
    LoadSubtitles,
    OpenMedium,
    SetSubtitleDelay,
    SetVolume,
    WantPlay,
)
from server.core import protocol
from tests.fakes.ports import FILM
from tests.fakes.stand import INVITE, OFFSET, Stand
from tests.fakes.waiting import until


async def test_who_is_alone_has_a_room_of_one(stand: Stand) -> None:
    assert len(stand.solos) == 1
    assert stand.screen.view.link == "alone"
    stand.session.act(OpenMedium("/films/nosferatu.mkv"))
    assert ("open", "/films/nosferatu.mkv") in stand.playback.calls


async def test_playback_follows_once_the_room_and_its_clock_are_known(stand: Stand) -> None:
    stand.playback.report(Opened(FILM))
    stand.session.act(JoinRoom(INVITE))
    link = stand.links[-1]
    link.report(stand.welcome())
    await until(lambda: stand.screen.view.link == "joined")
    assert stand.playback.targets == [] or stand.playback.targets[-1].schedule.newest.revision == 0
    link.report(stand.exchange())
    await until(lambda: stand.playback.targets != [])
    target = stand.playback.targets[-1]
    assert target.schedule.newest.revision == 3
    assert target.clock.room_time(stand.clock.now()) == pytest.approx(stand.clock.time + OFFSET, abs=1e-6)


async def test_another_epoch_is_not_followed_by_the_old_clock(stand: Stand) -> None:
    link = await stand.join()
    before = stand.playback.targets[-1]
    link.report(stand.welcome(epoch="e2", media_time=7.0))
    await until(lambda: stand.session.seat.epoch == "e2")
    await stand.tick()
    assert stand.playback.targets[-1] == before  # plays on as it did
    link.report(stand.exchange(epoch="e2"))
    await until(lambda: stand.playback.targets[-1].schedule.newest.media_time == 7.0)


async def test_a_film_plays_on_while_its_server_begins_anew(stand: Stand) -> None:
    link = await stand.join("playing")
    before = stand.playback.targets[-1]
    stand.clock.time += 5.0
    link.report(stand.welcome(epoch="e2", item=None), stand.exchange(epoch="e2"))
    await until(lambda: stand.session.seat.epoch == "e2")
    await stand.tick()
    assert stand.playback.targets[-1] == before
    loads = [message.action for message in link.sent if isinstance(message, protocol.Command)]
    assert loads[-1] == protocol.Load(title=FILM.title, duration_us=600_000_000, media_us=6_000_000)


async def test_the_clock_of_before_does_not_come_back_before_the_new_one_is_known(stand: Stand) -> None:
    link = await stand.join("playing")
    stand.clock.time += 5.0
    joined = stand.welcome(epoch="e2", room_time=70.0)
    link.report(joined)
    await until(lambda: stand.session.seat.epoch == "e2")
    await stand.tick()
    assert stand.screen.view.media_time == pytest.approx(1.0, abs=1e-6)  # of the new room


async def test_who_does_not_know_the_time_yet_does_not_call_itself_in_sync(stand: Stand) -> None:
    stand.playback.asynchrony = 0.001
    link = await stand.join("playing")
    await until(lambda: stand.screen.view.badge.level == "good")
    link.report(stand.welcome(epoch="e2", state="playing"))
    await until(lambda: stand.session.seat.epoch == "e2")
    await stand.tick()
    assert stand.screen.view.badge.level == "unknown"


async def test_another_film_is_not_opened_at_the_place_of_the_one_before(stand: Stand) -> None:
    await stand.join("playing")
    stand.session.act(OpenMedium("/films/metropolis.mkv"))
    opened = stand.playback.calls.index(("open", "/films/metropolis.mkv"))
    followed = [call for call in stand.playback.calls[:opened] if call[0] == "follow"]
    assert followed[-1][1].schedule.newest.revision == 0


async def test_a_wish_becomes_a_command_and_nothing_else(stand: Stand) -> None:
    link = await stand.join()
    before = stand.playback.targets[-1].schedule
    stand.session.act(WantPlay())
    commands = [message for message in link.sent if isinstance(message, protocol.Command)]
    assert [command.action for command in commands] == [protocol.Play()]
    assert stand.screen.view.is_pending
    assert stand.playback.targets[-1].schedule == before


async def test_being_primed_is_told_to_the_room(stand: Stand) -> None:
    link = await stand.join()
    stand.playback.report(Primed(3))
    await until(lambda: protocol.Ready(revision=3) in link.sent)


async def test_own_choices_go_to_the_playback(stand: Stand) -> None:
    stand.playback.report(Opened(FILM))
    for wish in (SetVolume(50), ChooseSound("s2"), ChooseSubtitles(None), LoadSubtitles("/a.srt"), SetSubtitleDelay(1)):
        stand.session.act(wish)
    assert ("volume", 0.25) in stand.playback.calls
    chosen = [call for call in stand.playback.calls if call[0] != "follow"]
    assert chosen[-4:] == [("sound", "s2"), ("subtitles", None), ("load", "/a.srt"), ("delay", 1)]


async def test_habits_are_kept_at_the_end_of_a_drag_and_known_at_once(stand: Stand) -> None:
    for volume in range(20, 60):
        stand.session.act(SetVolume(volume))
    assert stand.session.recall("volume") == 59
    await stand.session.close()
    assert stand.settings.get("volume") == 59


async def test_a_refused_link_leads_back_to_being_alone(stand: Stand) -> None:
    stand.session.act(JoinRoom(INVITE))
    link = stand.links[-1]
    link.report(LinkRefused("key", "This invite is no longer valid: ask for a new one."))
    await until(lambda: len(stand.solos) == 2)
    assert stand.complaints == ["This invite is no longer valid: ask for a new one."]
    await until(lambda: link.is_closed)


async def test_a_film_that_can_not_be_opened_is_said_once(stand: Stand) -> None:
    stand.session.act(OpenMedium("/films/x.mkv"))
    stand.playback.report(OpenFailed("/films/x.mkv", "“x.mkv” does not exist: check its name."))
    await until(lambda: bool(stand.complaints))
    stand.session.wake()
    assert stand.complaints == ["“x.mkv” does not exist: check its name."]
    assert stand.screen.view.notices[0].kind == "error"


async def test_a_lost_link_goes_on_by_the_own_clock(stand: Stand) -> None:
    link = await stand.join()
    link.report(LinkLost("The room does not answer."))
    await until(lambda: stand.screen.view.link == "lost")
    assert stand.playback.targets[-1].schedule.newest.revision == 3


async def test_what_comes_over_a_link_that_was_left_is_not_heard(stand: Stand) -> None:
    link = await stand.join()
    stand.session.act(LeaveRoom())
    link.report(Received(protocol.Notice(words="from yesterday")))
    await until(lambda: link.is_closed)
    assert not any(notice.words == "from yesterday" for notice in stand.screen.view.notices)


async def test_a_sleep_brings_a_burst(stand: Stand) -> None:
    link = await stand.join()
    stand.has_slept = True
    await until(lambda: link.bursts > 0)


async def test_news_come_from_any_thread(stand: Stand) -> None:
    stand.session.act(JoinRoom(INVITE))
    link = stand.links[-1]
    thread = threading.Thread(target=link.report, args=(stand.welcome(), stand.exchange()))
    thread.start()
    await until(lambda: stand.screen.view.link == "joined")
    thread.join()


async def test_what_was_known_is_in_the_telemetry(stand: Stand) -> None:
    await stand.join()
    assert stand.telemetry.of("clock")[-1]["epoch"] == "e1"
    assert stand.telemetry.of("clock")[-1]["offset"] == pytest.approx(OFFSET, abs=1e-6)
    assert stand.telemetry.of("timeline")[-1]["revision"] == 3
    assert stand.telemetry.of("room")[-1] == {
        "event": "room",
        "mono": stand.clock.time,
        "members": ["Ana"],
        "state": "joined",
    }


async def test_a_server_is_asked_which_rooms_it_lists(stand: Stand) -> None:
    room = ListedRoom(Invite("192.0.2.9", 8998, "Film club"), 3, has_password=True)
    stand.listed = (room,)
    stand.session.act(AskForRooms("192.0.2.9:8998"))
    assert stand.screen.view.listing.is_asking
    await until(lambda: stand.screen.view.listing.rooms, "the list")
    (row,) = stand.screen.view.listing.rooms
    assert (row.room, row.people, row.has_password, row.invite) == ("Film club", 3, True, room.invite.text())
    assert stand.asked[0].where == "192.0.2.9:8998"


async def test_a_server_that_does_not_answer_is_said(stand: Stand) -> None:
    stand.session.act(AskForRooms("192.0.2.9"))
    await until(lambda: not stand.screen.view.listing.is_asking, "an answer")
    assert stand.screen.view.listing.words.startswith("No server answers")


async def test_an_address_that_is_none_is_said_at_once(stand: Stand) -> None:
    stand.session.act(AskForRooms("gopher://x"))
    assert "no way to reach a server" in stand.screen.view.listing.words
    assert not stand.asked


async def test_a_password_that_is_wanted_is_asked_for_by_the_window_and_told_to_the_shell(stand: Stand) -> None:
    stand.session.act(JoinRoom(INVITE))
    stand.links[-1].report(LinkRefused("password", "This room has a password."))
    await until(lambda: stand.screen.view.lock is not None)
    assert stand.complaints == ["This room has a password."]
    assert stand.screen.view.notices == ()
