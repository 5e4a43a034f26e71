"""A simulated player: a real session, lifeline, clock exchange, room clock, seat, film watch and sync controller, on a
machine with a wrong clock, behind a simulated network."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any, cast

from player.core.clock import RoomClock
from player.core.invite import Invite
from player.core.listing import ListedRoom
from player.core.news import LinkEvent
from player.core.seat import Seat
from player.core.view import Intent, JoinRoom, OpenMedium
from player.net.lifeline import Lifeline
from player.net.solo import SoloLink
from player.ports import Ports, Wake
from player.session import Session
from server.core.protocol import ClientMessage
from tests.fakes.call import FakeCall
from tests.fakes.library import FakeLibrary
from tests.fakes.network import Route
from tests.fakes.ports import FakeHost, FakeSurroundings, MemorySettings
from tests.fakes.virtual_loop import Machine, VirtualLoop
from tests.simulation.authority import INVITE, Place, SimulatedAuthority, VirtualConnection
from tests.simulation.playback import SimulatedPlayback

logging.getLogger("player").setLevel(logging.WARNING)


class NoTelemetry:
    def record(self, event: str, mono: float, **fields: Any) -> None: ...


class SimulatedLink:
    """Implements `ports.RoomLink` with a real lifeline, on the session's own loop."""

    def __init__(self, loop: VirtualLoop, place: Place, machine: Machine, wake: Wake) -> None:
        self._loop = loop
        self._place = place
        self._machine = machine
        self._wake = wake
        self._events: list[LinkEvent] = []
        self._lifeline: Lifeline | None = None
        self.task: asyncio.Task[None] | None = None

    def connect(self, invite: Invite, name: str, token: str = "") -> None:
        connect: Any = partial(VirtualConnection, self._place)
        self._lifeline = Lifeline(invite, name, self._machine.now, self._report, connect=connect)
        self.task = self._loop.create_task(self._lifeline.live())

    def send(self, message: ClientMessage) -> None:
        if self._lifeline is not None:
            self._lifeline.send(message)

    def burst(self) -> None:
        if self._lifeline is not None:
            self._lifeline.burst()

    def close(self) -> None:
        if self._lifeline is not None:
            self._lifeline.leave()

    def take_events(self) -> list[LinkEvent]:
        events, self._events = self._events, []
        return events

    def _report(self, event: LinkEvent) -> None:
        self._events.append(event)
        self._wake()


async def no_rooms(_server: Invite) -> tuple[ListedRoom, ...]:
    """No server lists any."""
    return ()


class SimulatedPlayer:
    """Levers: `machine` (its clock, sleep), `route` (its network), `playback` (its decoders), `library` (its files)."""

    def __init__(
        self,
        loop: VirtualLoop,
        authority: SimulatedAuthority,
        name: str,
        route: Route,
        machine: Machine,
        length: float,
        seed: int,
        *,
        has_samples: bool,
    ) -> None:
        self.name = name
        self.route = route
        self.machine = machine
        self.complaints: list[str] = []
        self._loop = loop
        self._place = Place(authority, route, machine.context)
        self._links: list[SimulatedLink] = []
        self.calls: list[FakeCall] = []
        machine.context.run(self._begin, length, seed, has_samples)

    def _begin(self, length: float, seed: int, has_samples: bool) -> None:
        self.playback = SimulatedPlayback(self._loop, length, seed, has_samples=has_samples)
        self.library = FakeLibrary(lambda: None)
        ports = Ports(
            clock=self.machine,
            playback=self.playback,
            telemetry=NoTelemetry(),
            settings=MemorySettings(),
            make_link=self._make_link,
            make_solo=lambda wake: SoloLink(self.machine, wake),
            host=cast(Any, FakeHost()),
            has_slept=self.machine.has_slept,
            has_moved=lambda: False,
            make_call=self._make_call,
            library=self.library,
            around=FakeSurroundings(),
            fetch_rooms=no_rooms,
            draw_key=lambda: f"key-of-{self.name}-0123456789",
            time_of_day=lambda: 72_840.0,
        )
        self.room_clock = RoomClock()
        self.session = Session(ports, Seat(name=self.name), self.room_clock, self.complaints.append)
        self.playback.wake = self.library.wake = self.session.wake

    def _make_link(self, wake: Wake) -> SimulatedLink:
        link = SimulatedLink(self._loop, self._place, self.machine, wake)
        self._links.append(link)
        return link

    def _make_call(self, wake: Wake) -> FakeCall:
        self.calls.append(FakeCall(wake))
        return self.calls[-1]

    def act(self, intent: Intent) -> None:
        """Somebody clicks."""
        self.machine.context.run(self.session.act, intent)

    def join(self, film: str = "/films/nosferatu.mkv") -> None:
        """Into the room, with a copy of its film."""
        self.act(JoinRoom(INVITE.text()))
        if film:
            self.act(OpenMedium(film))

    @property
    def seat(self) -> Seat:
        return self.session.seat

    @property
    def seeks(self) -> int:
        """Of the controller, so far."""
        return len(self.playback.sought)

    async def close(self) -> None:
        self.machine.is_stopped = False
        await self.session.close()
        tasks = [link.task for link in self._links if link.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
