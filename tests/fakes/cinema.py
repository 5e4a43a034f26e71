"""A playback with somebody who watches: shows what is due, keeps what was shown and what was reported."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from player.core.medium import Due, Medium, Opened, OpenFailed, Picture, PlaybackEvent, Primed, Remark
from player.core.target import ClockLine, Target
from player.media.playback import FilmPlayback
from player.ports import Clock
from server.core.timeline import LocalTime, MediaTime, RoomTime, Schedule, State, Timeline
from tests.fakes.clips import number_of, pixels_of
from tests.fakes.ports import ListTelemetry

DEADLINE = 20.0  # s, after which a test has failed
LONGEST = 0.02  # s between two questions
Event = TypeVar("Event")


class MachineClock:
    """This machine's."""

    def now(self) -> LocalTime:
        return LocalTime(time.perf_counter())


@dataclass(frozen=True)
class Shown:
    """A picture that was presented: which frame, its media time, the timeline's then."""

    number: int
    media_time: float
    target: float
    picture: Picture


class Cinema:
    """Room time is local time unless a clock line says otherwise."""

    def __init__(self, clock: Clock | None = None, size: tuple[int, int] = (320, 180)) -> None:
        self.clock = clock or MachineClock()
        self.records = ListTelemetry()
        self.shown: list[Shown] = []
        self.events: list[PlaybackEvent] = []
        self.schedule = Schedule()
        self.line = ClockLine()
        self.due = Due(None, None)
        self._stirred = threading.Event()
        self.playback = FilmPlayback(self.clock, self.records, self._stirred.set, silent=True)
        self.playback.set_screen_wake(self._stirred.set)
        self.playback.set_size(*size)

    # -- the room

    def state(self, kind: State, media_time: float, *, after: float = 0.0, rate: float = 1.0) -> Timeline:
        """The authority states a timeline that takes effect `after` s from now, or that much ago if negative."""
        now = RoomTime(self.clock.now())
        timeline = Timeline(
            revision=self.schedule.newest.revision + 1,
            item="film",
            state=kind,
            media_time=MediaTime(media_time),
            room_time=RoomTime(now + after),
            rate=rate,
        )
        self.schedule = self.schedule.receive(timeline, now)
        self.playback.follow(Target(self.line, self.schedule))
        return timeline

    def place(self) -> float:
        """Where the timeline is now."""
        return self.schedule.media_time_at(RoomTime(self.clock.now()))

    # -- the watcher

    def look(self) -> None:
        """Show what is due, hear what is reported."""
        due = self.due = self.playback.due(self.clock.now())
        if due.picture is not None and (not self.shown or due.picture is not self.shown[-1].picture):
            target = self.place()
            self.playback.presented(due.picture, self.clock.now())
            self.shown.append(Shown(number_of(due.picture), due.picture.media_time, target, due.picture))
        self.events += self.playback.take_events()

    def until(self, condition: Callable[[], bool], what: str = "") -> None:
        """Watch until something is true."""
        ends = time.perf_counter() + DEADLINE
        while True:
            self._stirred.clear()
            self.look()
            if condition():
                return
            assert time.perf_counter() < ends, f"never: {what}; shown {self.shown[-3:]}, {self.events[-4:]}"
            wait = LONGEST if self.due.again_at is None else self.due.again_at - self.clock.now()
            self._stirred.wait(min(LONGEST, max(0.0, wait)))

    def open(self, path: Path | str) -> Medium:
        """Open a film that can be opened, and see its first frame if it has one."""
        before = len(self.events)
        self.playback.open(str(path))
        self.until(lambda: any(isinstance(event, Opened | OpenFailed) for event in self.events[before:]), "opened")
        opened = next(event for event in self.events[before:] if isinstance(event, Opened | OpenFailed))
        assert isinstance(opened, Opened), opened
        return opened.medium

    def prime(self, media_time: float, kind: State = "paused") -> np.ndarray:
        """Stand at a place; the pixels that are seen there in the end."""
        return self.settle(self.state(kind, media_time))

    def settle(self, timeline: Timeline) -> np.ndarray:
        """Watch until a standing timeline is ready and its picture is the accurate one."""
        self.until(lambda: Primed(timeline.revision) in self.events, f"primed {timeline.revision}")
        self.until(self.playback.is_settled, "accurate")
        self.look()
        return pixels_of(self.shown[-1].picture)

    @property
    def number(self) -> int:
        """Of the frame on the screen; -1 for none."""
        return self.shown[-1].number if self.shown else -1

    def of(self, kind: type[Event]) -> list[Event]:
        """The events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def remarks(self) -> list[str]:
        return [remark.words for remark in self.of(Remark)]
