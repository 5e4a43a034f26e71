"""The ends of a meeting on Janus: our own feed, and each other member's that we take.

All connections are those of the mesh (`connection.py`): one that sends, and one for each member that is heard, since a
subscription that changes its streams could not be told from one that is broken. Every piece carries its capture's room
time (`capture_stamp.py`); Janus' own sender reports mean nothing here.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import dataclass, replace
from typing import Protocol

from aiortc import RTCCertificate

from player.call.connection import Connection, Ear, Sources
from player.call.ice import Route
from player.call.janus_line import JanusLine
from player.call.parts import Inbox, RoomClock
from player.core.call_media import ArrivedPicture, Kind, MediaClock, VoicePacket
from player.core.capture_stamp import unstamped
from player.core.janus_sdp import Described, DescriptionError, answer_of, offer_of, read_description
from player.core.outgoing import Outgoing
from server.core.janus_words import Description, JanusError, Said, gone_of, number_of, texts_of
from server.core.protocol import Meeting
from server.core.timeline import RoomTime

_log = logging.getLogger(__name__)

_CLOCK_EVERY = 1.0  # s


class Attendant(Protocol):
    """Who looks after the feeds, and hears what becomes of them."""

    def lose(self, stay: OwnFeed, *, is_refused: bool = False) -> None:
        """Our own feed is over, and the session with it."""

    def give_up(self, taking: OtherFeed) -> None:
        """Nothing comes of this feed any more."""

    def gone(self, stay: OwnFeed, feed: str) -> None:
        """Janus says that a feed is there no more."""

    def want_own_key(self) -> None: ...

    def refuse(self, peer: str, kind: Kind, what: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Kit:
    """What every connection of ours is made with."""

    clock: RoomClock
    outgoing: Outgoing
    certificate: RTCCertificate

    def connection(self, ear: Ear, route: Route, *, offers: bool) -> Connection:
        return Connection(ear, self.clock, self.outgoing, Sources.drawn(), self.certificate, route, offers=offers)


class OwnFeed:
    """One attempt to be in the meeting: the line, a seat, and the connection by which we send, whose ear this is."""

    def __init__(
        self, attendant: Attendant, kit: Kit, number: int, meeting: Meeting, tls: ssl.SSLContext | None
    ) -> None:
        self.number, self.meeting = number, meeting
        self.line = JanusLine(meeting.token, self._hear, self._line_ended, tls)
        self.task: asyncio.Task[None] | None = None
        self.connection: Connection | None = None
        self.handle = self.private_id = 0
        self.takings: dict[int, OtherFeed] = {}  # by their handle
        self._attendant, self._kit = attendant, kit

    def admit(self, meeting: Meeting) -> None:
        """Newer words that admit to the same meeting."""
        self.meeting, self.line.token = meeting, meeting.token

    async def enter(self, route: Route) -> str:
        """From nothing to a feed of our own; returns its id. Raises JanusError, ConnectionError, StrangerError."""
        connection = self.connection = self._kit.connection(self, route, offers=True)
        ends, _ = await asyncio.gather(connection.gather(), self.line.open(self.meeting.url))
        self.handle = await self.line.attach()
        seat = {"room": self.meeting.room, "token": self.meeting.ticket}
        joined = await self.line.ask("message", self.handle, {"request": "join", "ptype": "publisher", **seat})
        (feed,) = texts_of(joined.data, "id")
        self.private_id = number_of(joined.data, "private_id")
        offer = Description("offer", offer_of(ends))
        published = await self.line.ask("message", self.handle, {"request": "publish"}, offer)
        await connection.connect(_read(published, "answer").ends)
        return feed

    async def leave(self) -> None:
        if self.connection is not None:
            self.connection.stop()
        await _cancelled(self.task)
        await asyncio.gather(self.line.close(), _closed(self.connection))

    def _hear(self, said: Said) -> None:
        """What Janus says by itself."""
        taking = self.takings.get(said.handle)
        if said.kind == "timeout" or (said.kind in ("hangup", "detached") and said.handle == self.handle):
            self._attendant.lose(self)
        elif said.kind in ("hangup", "detached") and taking is not None:
            self._attendant.give_up(taking)
        elif said.kind == "event" and said.handle == self.handle:
            if (said.data or {}).get("videoroom") == "destroyed":
                self._attendant.lose(self, is_refused=True)
            elif (feed := gone_of(said.data)) is not None:
                self._attendant.gone(self, feed)

    def _line_ended(self, words: str) -> None:
        _log.info("the line to the SFU: %s", words)
        self._attendant.lose(self)

    def take_voice(self, packet: VoicePacket) -> None:
        pass  # nothing comes this way

    def take_picture(self, picture: ArrivedPicture) -> None:
        pass

    def take_clock(self, kind: Kind, clock: MediaClock) -> None:
        pass

    def key_wanted(self) -> None:
        self._attendant.want_own_key()

    def refuse(self, kind: Kind, what: str) -> None:
        pass

    def end(self) -> None:
        self._attendant.lose(self)


class OtherFeed:
    """One attempt to take a member's feed, and the connection that it becomes: its ear."""

    def __init__(self, attendant: Attendant, kit: Kit, inbox: Inbox, stay: OwnFeed, take: tuple[str, int, str]) -> None:
        self.peer, self.number, self.feed = take
        self.task: asyncio.Task[None] | None = None
        self.connection: Connection | None = None
        self._attendant, self._kit, self._inbox, self._stay = attendant, kit, inbox, stay
        self._handle = 0
        self._clock_told: dict[Kind, float] = {"voice": -1e9, "picture": -1e9}
        self._refused: set[Kind] = set()

    async def take(self, route: Route) -> None:
        """From a feed's id to a connection that stands. Raises JanusError, ConnectionError, StrangerError."""
        stay, line = self._stay, self._stay.line
        connection = self.connection = self._kit.connection(self, route, offers=False)
        self._handle = await line.attach()
        stay.takings[self._handle] = self
        seat = {"room": stay.meeting.room, "token": stay.meeting.ticket, "private_id": stay.private_id}
        wish = {"request": "join", "ptype": "subscriber", "streams": [{"feed": self.feed}], **seat}
        ends, offered = await asyncio.gather(connection.gather(), line.ask("message", self._handle, wish))
        described = _read(offered, "offer")
        answer = Description("answer", answer_of(ends, described))
        await line.ask("message", self._handle, {"request": "start"}, answer)
        await connection.connect(described.ends)

    async def drop(self) -> None:
        if self.connection is not None:
            self.connection.stop()
        await _cancelled(self.task)
        if self._handle:
            self._stay.takings.pop(self._handle, None)
            self._stay.line.drop(self._handle)
        await _closed(self.connection)

    def take_voice(self, packet: VoicePacket) -> None:
        payload, captured = unstamped(packet.payload)
        self._take_stamp("voice", captured, packet.timestamp, packet.arrived)
        self._inbox.take_voice(self.peer, replace(packet, payload=payload))

    def take_picture(self, picture: ArrivedPicture) -> None:
        data, captured = unstamped(picture.data)
        self._take_stamp("picture", captured, picture.timestamp, picture.arrived)
        self._inbox.take_picture(self.peer, replace(picture, data=data))

    def take_clock(self, kind: Kind, clock: MediaClock) -> None:
        pass  # Janus' wall clock, and when it sent, not when it was captured

    def key_wanted(self) -> None:
        pass  # nothing goes this way

    def refuse(self, kind: Kind, what: str) -> None:
        if kind not in self._refused:
            self._refused.add(kind)
            self._attendant.refuse(self.peer, kind, what)

    def end(self) -> None:
        self._attendant.give_up(self)

    def _take_stamp(self, kind: Kind, captured: RoomTime | None, timestamp: int, now: float) -> None:
        if captured is not None and now - self._clock_told[kind] >= _CLOCK_EVERY:
            self._clock_told[kind] = now
            self._inbox.take_clock(self.peer, kind, MediaClock(captured, timestamp))


def _read(said: Said, kind: str) -> Described:
    """What Janus' description says. Raises JanusError."""
    if said.description is None or said.description.kind != kind:
        raise JanusError(f"there is no {kind} in what it says")
    try:
        return read_description(said.description.sdp)
    except DescriptionError as error:
        raise JanusError(str(error)) from None


async def _cancelled(task: asyncio.Task[None] | None) -> None:
    if task is not None and task is not asyncio.current_task():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _closed(connection: Connection | None) -> None:
    if connection is None:
        return
    try:
        await connection.close()
    except Exception:
        _log.exception("ending a connection with the SFU")
