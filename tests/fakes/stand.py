"""A session on a stand: everything around it is a fake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from player.core.clock import RoomClock
from player.core.invite import Invite
from player.core.listing import ListedRoom, ListingError
from player.core.medium import Opened
from player.core.news import Joined, Sampled
from player.core.seat import Seat
from player.core.view import JoinRoom
from player.ports import Ports
from player.session import Session
from server.core import protocol
from tests.fakes.call import FakeCall
from tests.fakes.library import FakeLibrary
from tests.fakes.pictures import HandClock
from tests.fakes.ports import (
    FILM,
    FakeHost,
    FakeLink,
    FakePlayback,
    FakeScreen,
    FakeSurroundings,
    ListTelemetry,
    MemorySettings,
)
from tests.fakes.waiting import until

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
    library: FakeLibrary = field(default_factory=lambda: FakeLibrary(lambda: None))
    around: FakeSurroundings = field(default_factory=FakeSurroundings)
    links: list[FakeLink] = field(default_factory=list)
    solos: list[FakeLink] = field(default_factory=list)
    listed: tuple[ListedRoom, ...] = ()
    asked: list[Invite] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    has_slept: bool = False
    has_moved: bool = False
    calls: list[FakeCall] = field(default_factory=list)
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
            has_moved=lambda: self.has_moved,
            make_call=self.make_call,
            library=self.library,
            around=self.around,
            fetch_rooms=self.fetch_rooms,
            draw_key=lambda: "drawn-key-0123456789",
            time_of_day=lambda: 72_840.0,
        )
        self.session = Session(ports, Seat(name="Ana"), RoomClock(), self.complaints.append)
        self.playback.wake = self.library.wake = self.session.wake
        self.session.show_on(self.screen)

    def make_call(self, wake: Callable[[], None]) -> FakeCall:
        self.calls.append(FakeCall(wake))
        return self.calls[-1]

    async def fetch_rooms(self, server: Invite) -> tuple[ListedRoom, ...]:
        """What a server lists: `listed`, or ListingError if there is nothing."""
        self.asked.append(server)
        if not self.listed:
            raise ListingError("No server answers at 192.0.2.9:8998: check the address.")
        return self.listed

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
