"""The session carries happenings to the seat and its actions to the ports; everything around it is a fake."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from player.core.clock import RoomClock
from player.core.medium import Opened, OpenFailed, Primed
from player.core.news import Joined, LinkLost, LinkRefused, Received, Sampled
from player.core.seat import Seat
from player.core.view import (
    ChooseSound,
    ChooseSubtitles,
    HostRoom,
    JoinRoom,
    LeaveRoom,
    LoadSubtitles,
    OpenMedium,
    SetSubtitleDelay,
    SetVolume,
    WantPlay,
)
from player.session import Ports, Session
from server.core import protocol
from tests.fakes.pictures import HandClock
from tests.fakes.ports import FILM, FakeHost, FakeLink, FakePlayback, FakeScreen, ListTelemetry, MemorySettings

INVITE = "matinee://192.0.2.7:8998/Friday?tls=off"
OFFSET = 5000.0  # room time minus local time


@dataclass
class Stand:
    """A session and everything around it."""

    clock: HandClock = field(default_factory=HandClock)
    playback: FakePlayback = field(default_factory=FakePlayback)
    telemetry: ListTelemetry = field(default_factory=ListTelemetry)
    settings: MemorySettings = field(default_factory=MemorySettings)
    host: FakeHost = field(default_factory=FakeHost)
    screen: FakeScreen = field(default_factory=FakeScreen)
    links: list[FakeLink] = field(default_factory=list)
    solos: list[FakeLink] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    has_slept: bool = False
    session: Session = field(init=False)

    def __post_init__(self) -> None:
        def maker(links: list[FakeLink]) -> Callable[[Callable[[], None]], FakeLink]:
            def make(wake: Callable[[], None]) -> FakeLink:
                links.append(FakeLink(wake))
                return links[-1]

            return make

        ports = Ports(
            clock=self.clock,
            playback=self.playback,
            telemetry=self.telemetry,
            settings=self.settings,
            make_link=maker(self.links),
            make_solo=maker(self.solos),
            host=self.host,
            has_slept=lambda: self.has_slept,
        )
        self.session = Session(ports, Seat(name="Ana"), RoomClock(), self.complaints.append)
        self.playback.wake = self.session.wake
        self.session.show_on(self.screen)

    async def tick(self) -> None:
        """Until the session has looked around once more."""
        views = len(self.screen.views)
        await until(lambda: len(self.screen.views) > views)

    def welcome(
        self,
        epoch: str = "e1",
        state: str = "paused",
        *,
        media_time: float = 1.0,
        room_time: float | None = None,
        item: str | None = "i1",
    ) -> Joined:
        """`room_time` of the welcome and of its timeline: usually that of the exchanges; `item` None: an empty room."""
        timeline = protocol.TimelineStated(
            revision=3,
            item=item or "",
            state=state,  # type: ignore[arg-type]
            media_us=protocol.micros(media_time),
            room_us=protocol.micros(self.clock.time + OFFSET if room_time is None else room_time),
            rate=1.0,
        )
        entry = protocol.RosterEntry(peer="p1", name="Ana", here=True, ready=False)
        film = protocol.Item(id="i1", title=FILM.title, duration_us=600_000_000, by="p1")
        return Joined(
            protocol.Welcome(
                peer="p1",
                name="Ana",
                token="t",
                epoch=epoch,
                room_us=timeline.room_us,
                timeline=timeline,
                roster=protocol.Roster(members=(entry,)),
                item=None if item is None else film,
            )
        )

    def exchange(self, epoch: str = "e1") -> Sampled:
        now = self.clock.time
        return Sampled(now - 0.010, now - 0.005 + OFFSET, now - 0.005 + OFFSET, now, epoch)

    async def join(self, state: str = "paused") -> FakeLink:
        """In a room, with a film of ours that is its copy and a clock that is known."""
        self.playback.report(Opened(FILM))
        self.session.act(JoinRoom(INVITE))
        link = self.links[-1]
        link.report(self.welcome(state=state), self.exchange())
        await until(lambda: self.screen.view.link == "joined")
        return link


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until something holds."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    stand = Stand()
    yield stand
    await stand.session.close()


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


async def test_hosting_starts_a_server_and_joins_it_by_the_hosts_own_way(stand: Stand) -> None:
    stand.session.act(HostRoom("Friday"))
    await until(lambda: bool(stand.links and stand.links[-1].connected))
    assert stand.links[-1].connected == [(stand.host.own_invite(), "Ana")]
    stand.session.act(LeaveRoom())
    await until(lambda: stand.host.stops == 1)
    assert len(stand.solos) == 2


async def test_a_host_that_can_not_start_is_said(stand: Stand) -> None:
    stand.host.refuses = "Port 8998 is taken by another program: choose another one."
    stand.session.act(HostRoom("Friday"))
    await until(lambda: bool(stand.complaints))
    assert stand.complaints == [stand.host.refuses]
    assert stand.screen.view.link == "alone"
    assert stand.telemetry.of("error")[0]["what"] == stand.host.refuses


@pytest.mark.expects_warnings
async def test_a_fault_of_ours_while_hosting_is_said(stand: Stand) -> None:
    stand.host.fault = RuntimeError("a fault")
    stand.session.act(HostRoom("Friday"))
    await until(lambda: bool(stand.complaints))
    assert "log" in stand.complaints[0]
    assert stand.screen.view.link == "alone"


async def test_a_hosted_server_that_dies_is_said(stand: Stand) -> None:
    stand.session.act(HostRoom("Friday"))
    await until(lambda: bool(stand.links))
    stand.host.has_ended = True
    stand.session.wake()
    await until(lambda: bool(stand.complaints))
    assert "stopped" in stand.complaints[0]
    assert stand.screen.view.link == "alone"


async def test_the_room_before_is_left_when_hosting_begins(stand: Stand) -> None:
    link = await stand.join()
    stand.host.may_start.clear()
    stand.session.act(HostRoom("Saturday"))
    link.report(stand.welcome(), stand.exchange())  # it came back just then
    await until(lambda: link.is_closed)
    await stand.tick()
    assert stand.screen.view.link == "connecting"
    stand.session.act(WantPlay())
    stand.has_slept = True
    await stand.tick()
    stand.has_slept = False
    stand.host.may_start.set()
    await until(lambda: bool(stand.links[-1].connected) and stand.links[-1] is not link)
    assert link.bursts == 0


async def test_being_alone_for_a_moment_does_not_come_between_leaving_and_hosting(stand: Stand) -> None:
    await stand.join()
    stand.host.may_start.clear()
    stand.session.act(LeaveRoom())
    stand.session.act(HostRoom("Saturday"))
    stand.solos[-1].report(stand.welcome(epoch="solo"))
    await stand.tick()
    assert stand.screen.view.link == "connecting"


async def test_a_second_wish_to_host_takes_the_place_of_the_first(stand: Stand) -> None:
    stand.host.may_start.clear()
    stand.session.act(HostRoom("Friday"))
    await until(lambda: stand.host.starts == ["Friday"])
    stand.session.act(LeaveRoom())
    stand.session.act(HostRoom("Sunday"))
    stand.session.act(LeaveRoom())
    stand.session.act(HostRoom("Saturday"))
    await until(lambda: stand.host.starts == ["Friday", "Saturday"])
    assert (stand.host.cancelled, stand.host.stops) == (1, 2)
    assert stand.session.seat.is_hosting
    stand.host.may_start.set()
    await until(lambda: bool(stand.links and stand.links[-1].connected))
    assert stand.links[-1].connected[0][0].room == "Saturday"
    assert stand.host.stops == 2
    assert not stand.complaints


async def test_a_server_that_has_died_is_not_the_one_that_is_being_started(stand: Stand) -> None:
    stand.host.may_start.clear()
    stand.host.has_ended = True  # the one before
    stand.session.act(HostRoom("Friday"))
    await until(lambda: stand.host.starts == ["Friday"])
    await stand.tick()
    assert stand.session.seat.is_hosting
    assert not stand.complaints


async def test_closing_does_not_wait_for_a_server_that_is_being_started(stand: Stand) -> None:
    stand.host.may_start.clear()
    stand.session.act(HostRoom("Friday"))
    await until(lambda: stand.host.starts == ["Friday"])
    await stand.session.close()
    assert stand.host.cancelled == 1
    assert not stand.complaints


async def test_a_server_that_does_not_start_is_no_matter_to_who_has_closed(stand: Stand) -> None:
    stand.host.may_start.clear()
    stand.session.act(HostRoom("Friday"))
    await until(lambda: stand.host.starts == ["Friday"])
    stand.host.refuses = "The room's server has stopped while it started: try again, or see the log."
    stand.host.may_start.set()
    await stand.session.close()
    assert not stand.complaints


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
