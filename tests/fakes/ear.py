"""Who listens to a link in a test: waits for events instead of for time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar, cast

from player.core.invite import Invite
from player.core.news import LinkEvent
from player.net.lifeline import LifelinePolicy
from player.net.link import SocketLink
from player.ports import Clock
from server.core.protocol import Command, Load
from server.core.timeline import LocalTime

Kind = TypeVar("Kind", bound=object)
PATIENCE = 60.0  # s, after which a test gives up


class ShiftedClock:
    """This machine's clock, read `ahead` s late."""

    def __init__(self, ahead: float = 0.0) -> None:
        self._ahead = ahead

    def now(self) -> LocalTime:
        return LocalTime(time.perf_counter() + self._ahead)


class Ear:
    """A link and all that it has said."""

    def __init__(self, clock: Clock, policy: LifelinePolicy | None = None) -> None:
        self._stirred = threading.Condition()
        self.heard: list[LinkEvent] = []
        self._read = 0
        self.link = SocketLink(clock, self._wake, policy)

    def join(self, invite: Invite, name: str = "Ana") -> Ear:
        self.link.connect(invite, name)
        return self

    def wait_for(self, kind: type[Kind], matches: Callable[[Kind], bool] = lambda event: True) -> Kind:
        """The next event of a kind that matches; what came before it is skipped."""
        found: list[Kind] = []

        def is_there() -> bool:
            self.heard += self.link.take_events()
            while self._read < len(self.heard) and not found:
                event = self.heard[self._read]
                self._read += 1
                if isinstance(event, kind) and matches(event):
                    found.append(event)
            return bool(found)

        with self._stirred:
            assert self._stirred.wait_for(is_there, PATIENCE), f"no {kind.__name__} in {self.heard}"
        return cast(Kind, found[0])

    def of(self, kind: type[Kind]) -> list[Kind]:
        """All of a kind that was heard so far."""
        self.heard += self.link.take_events()
        return [event for event in self.heard if isinstance(event, kind)]

    def load(self, title: str = "film") -> None:
        command = Command(id="c1", revision=0, item="", action=Load(title=title, duration_us=60_000_000))
        self.link.send(command)

    def _wake(self) -> None:
        with self._stirred:
            self._stirred.notify_all()
