"""A process of the call that is none: it remembers what it was told and says what a test wants."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TypeVar

from player.core.call_pipe import CallNews, ToCall
from player.core.resampling import Samples
from player.ports import TilePicture, Wake
from server.core.timeline import LocalTime

P = TypeVar("P", bound=ToCall)


@dataclass
class FakeCall:
    wake: Wake = lambda: None
    told: list[ToCall] = field(default_factory=list)
    events: list[CallNews] = field(default_factory=list)
    pictures: dict[str, TilePicture] = field(default_factory=dict)
    may_close: threading.Event = field(default_factory=threading.Event)
    is_closed: bool = False

    def __post_init__(self) -> None:
        self.may_close.set()

    def tell(self, piece: ToCall) -> None:
        assert not self.is_closed
        self.told.append(piece)

    def take_events(self) -> list[CallNews]:
        events, self.events = self.events, []
        return events

    def tile(self, peer: str, seen: int) -> TilePicture | None:
        picture = self.pictures.get(peer)
        return picture if picture is not None and picture.number > seen else None

    def mix(self, out: Samples, leaves_at: LocalTime) -> None:
        pass

    def close(self) -> None:
        self.may_close.wait()
        self.is_closed = True

    def says(self, *news: CallNews) -> None:
        self.events.extend(news)
        self.wake()

    def newest(self, kind: type[P]) -> P:
        """The piece of this kind that it was told last."""
        return [piece for piece in self.told if isinstance(piece, kind)][-1]
