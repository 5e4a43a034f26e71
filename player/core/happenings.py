"""What can happen to a seat beside what a person wishes: values that the shell makes of what its ports report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from player.core.call_pipe import CallNews
from player.core.copies import LibraryEvent, LibraryStatus
from player.core.invite import Invite
from player.core.listing import ListedRoom
from player.core.medium import PlaybackEvent
from player.core.news import Joined, LinkLost, LinkRefused, LinkRegained, Received
from player.core.room_view import LanRow, ReachView
from player.core.view import Intent
from server.core import protocol
from server.core.timeline import LocalTime, RoomTime


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant by both clocks."""

    local: LocalTime
    room: RoomTime


@dataclass(frozen=True, slots=True)
class Hosted:
    """The app's own authority runs. `invite` is for friends, `own` is the host's own way in."""

    invite: Invite
    own: Invite


@dataclass(frozen=True, slots=True)
class HostFailed:
    words: str


@dataclass(frozen=True, slots=True)
class HostEnded:
    """The app's own authority has gone without being asked to."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed. `asynchrony`, `delay`, `dispersion`, `playout` are this player's own figures, s; `room_rate`:
    room seconds per local second, None: the room's clock is not known; `dropped`, `late`: frames of films, so far."""

    asynchrony: float | None = None
    delay: float = 0.0
    dispersion: float = 0.0
    playout: float = 0.0
    room_rate: float | None = None
    dropped: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class NetworkMoved:
    """This machine slept, or has come to another network."""


@dataclass(frozen=True, slots=True)
class TookOver:
    """The app's own authority runs with a room that was given to us."""

    invite: Invite
    own: Invite


@dataclass(frozen=True, slots=True)
class KeyDrawn:
    """Chance has made a key for an invite."""

    key: str
    role: Literal["operator", "guest"]
    expires: float | None


@dataclass(frozen=True, slots=True)
class ReachTold:
    """What is known of whether friends can reach us. `addresses` belong into the invite."""

    reach: ReachView
    addresses: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class LanSeen:
    """The rooms on the local network."""

    rooms: tuple[LanRow, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A server has said which rooms it lists, or `words` why not."""

    server: str
    rooms: tuple[ListedRoom, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class LibraryTold:
    status: LibraryStatus


RoomMessage = (
    protocol.Rules
    | protocol.Playlist
    | protocol.Chat
    | protocol.Reaction
    | protocol.Checked
    | protocol.Keys
    | protocol.Bans
    | protocol.Bundle
    | protocol.Moved
)
HostNews = Hosted | HostFailed | HostEnded | TookOver | KeyDrawn | ReachTold
Happening = (
    Intent
    | Joined
    | Received
    | LinkLost
    | LinkRegained
    | LinkRefused
    | PlaybackEvent
    | LibraryEvent
    | HostNews
    | LanSeen
    | LibraryTold
    | Listed
    | CallNews
    | NetworkMoved
    | Tick
)
