"""Small ports with levers for a session: a playback, links, a host and settings that do what a test says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from player.core.invite import Invite
from player.core.medium import Due, Medium, Picture, PlaybackEvent, SoundStatus
from player.core.news import LinkEvent
from player.core.room_view import LanRow
from player.core.target import Target
from player.core.view import View
from player.ports import LinkError, Reach, Voices, Wake
from server.core.protocol import ClientMessage
from server.core.timeline import LocalTime

FILM = Medium(path="/films/nosferatu.mkv", title="nosferatu", duration=600.0, size=(640, 360), frame_duration=1 / 30)


class FakePlayback:
    """Opens nothing; `events` are what it has to report."""

    def __init__(self) -> None:
        self.wake: Wake = lambda: None
        self.calls: list[tuple[Any, ...]] = []
        self.targets: list[Target] = []
        self.events: list[PlaybackEvent] = []
        self.asynchrony: float | None = None
        self.dropped = self.late = 0
        self.is_closed = False

    def report(self, *events: PlaybackEvent) -> None:
        self.events.extend(events)
        self.wake()

    def take_events(self) -> list[PlaybackEvent]:
        events, self.events = self.events, []
        return events

    def open(self, path: str) -> None:
        self.calls.append(("open", path))

    def close(self) -> None:
        self.is_closed = True

    def follow(self, target: Target) -> None:
        self.targets.append(target)
        self.calls.append(("follow", target))

    def set_volume(self, volume: float) -> None:
        self.calls.append(("volume", volume))

    def choose_sound(self, track: str) -> None:
        self.calls.append(("sound", track))

    def choose_subtitles(self, track: str | None) -> None:
        self.calls.append(("subtitles", track))

    def load_subtitles(self, path: str) -> None:
        self.calls.append(("load", path))

    def set_subtitle_delay(self, seconds: float) -> None:
        self.calls.append(("delay", seconds))

    def set_voices(self, voices: Voices | None) -> None:
        self.calls.append(("voices", voices))

    def duck(self, gain: float, seconds: float) -> None:
        self.calls.append(("duck", gain, seconds))

    def missed(self) -> tuple[int, int]:
        return self.dropped, self.late

    def sound(self) -> SoundStatus:
        return SoundStatus(self.asynchrony, 0.12, 0, None)

    def picture_asynchrony(self) -> float | None:
        return self.asynchrony

    def set_size(self, width: int, height: int) -> None:
        pass

    def due(self, now: LocalTime) -> Due:
        return Due(None, None)

    def presented(self, picture: Picture, at: LocalTime) -> None:
        pass

    def set_screen_wake(self, wake: Wake) -> None:
        pass


@dataclass
class FakeLink:
    """A link whose other end is the test."""

    wake: Wake
    sent: list[ClientMessage] = field(default_factory=list)
    events: list[LinkEvent] = field(default_factory=list)
    connected: list[tuple[Invite, str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    bursts: int = 0
    is_closed: bool = False

    def connect(self, invite: Invite, name: str, token: str = "") -> None:
        self.connected.append((invite, name))
        self.tokens.append(token)

    def send(self, message: ClientMessage) -> None:
        self.sent.append(message)

    def burst(self) -> None:
        self.bursts += 1

    def close(self) -> None:
        self.is_closed = True

    def take_events(self) -> list[LinkEvent]:
        events, self.events = self.events, []
        return events

    def report(self, *events: LinkEvent) -> None:
        self.events.extend(events)
        self.wake()


class FakeHost:
    """Hosts as soon as it `may_start`, or not at all when `refuses` says why."""

    def __init__(self) -> None:
        self.refuses = ""
        self.fault: Exception | None = None
        self.may_start = asyncio.Event()
        self.may_start.set()
        self.has_ended = False
        self.starts: list[str] = []  # rooms
        self.bundles: list[str] = []
        self.cancelled = 0
        self.stops = 0

    async def start(self, room: str, listen: str) -> Invite:
        self.starts.append(room)
        try:
            await self.may_start.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.fault is not None:
            raise self.fault
        if self.refuses:
            raise LinkError(self.refuses)
        self.room = room
        return Invite("192.0.2.7", 8998, room, key="k")

    async def take_over(self, bundle: str, room: str, age: float, listen: str) -> Invite:
        self.bundles.append(bundle)
        return await self.start(room, listen)

    def own_invite(self) -> Invite:
        return Invite("127.0.0.1", 8998, self.room, key="k")

    def stop(self) -> None:
        self.stops += 1


@dataclass
class FakeSurroundings:
    """A network on which is what a test says; it remembers what was announced."""

    found: tuple[LanRow, ...] = ()
    known: Reach | None = None
    shown: list[tuple[Invite | None, bool]] = field(default_factory=list)
    is_browsing: bool = False
    is_closed: bool = False

    def browse(self, wants: bool) -> None:
        self.is_browsing = wants

    def rooms(self) -> tuple[LanRow, ...]:
        return self.found

    def show(self, hosted: Invite | None, is_open: bool) -> None:
        if not self.shown or self.shown[-1] != (hosted, is_open):
            self.shown.append((hosted, is_open))

    def reach(self) -> Reach | None:
        return self.known

    def close(self) -> None:
        self.is_closed = True


class MemorySettings:
    """Settings that are forgotten at the end."""

    def __init__(self, **values: Any) -> None:
        self.values: dict[str, Any] = values

    def get(self, key: str) -> Any:
        return self.values.get(key)

    def put(self, key: str, value: Any) -> None:
        self.values[key] = value


class ListTelemetry:
    """Telemetry that a test can read."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def record(self, event: str, mono: float, **fields: Any) -> None:
        self.lines.append({"event": event, "mono": mono, **fields})

    def of(self, event: str) -> list[dict[str, Any]]:
        """The lines of one kind, oldest first."""
        return [line for line in self.lines if line["event"] == event]


class FakeScreen:
    """Keeps the views that it was shown."""

    def __init__(self) -> None:
        self.views: list[View] = []

    def show_view(self, view: View) -> None:
        self.views.append(view)

    @property
    def view(self) -> View:
        return self.views[-1]
