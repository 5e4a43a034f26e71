"""What one process tells the others that share a room: the parts that a commit changed, and what follows from it.

Told in the same breath as it is committed, so that nobody knows one without the other. A room's commits are counted
(`Version`); whoever misses a number knows that there is a gap. `life` is new each time that a room of the name is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, assert_never

import msgspec

from server.core.protocol import KIND_OF, SERVER_KINDS, Refusal, ServerMessage
from server.core.room_codec import CodecError
from server.core.room_state import Admit, Cut, Dissolve, Outcome, Refuse, Send
from server.core.timeline import PeerId


@dataclass(frozen=True, slots=True)
class Version:
    """How often a room has been committed, in one life of it. (The default is of no room.)"""

    life: str = ""
    count: int = 0

    @property
    def text(self) -> str:
        return f"{self.life}.{self.count}" if self.life else ""

    @classmethod
    def read(cls, text: str) -> Version:
        """Raises CodecError."""
        if not text:
            return NO_ROOM
        life, _, count = text.partition(".")
        if not life or not count.isascii() or not count.isdigit():
            raise CodecError(f"no version: {text!r:.60}")
        return cls(life, int(count))

    def follows(self, other: Version) -> bool:
        """Whether nothing lies between the two."""
        if other == NO_ROOM:
            return self.count == 1
        return self.life == other.life and self.count == other.count + 1

    def is_known_at(self, other: Version) -> bool:
        """Whether whoever is at `other` has heard of this one."""
        return self.life == other.life and self.count <= other.count


NO_ROOM = Version()


class _Told(msgspec.Struct, frozen=True, array_like=True):
    """An outcome: what it is, whom it concerns, and what else there is of it."""

    what: str
    peers: tuple[str, ...] = ()
    payload: bytes = b""


class Publication(msgspec.Struct, frozen=True, array_like=True):
    """One commit of one room."""

    life: str
    count: int
    author: str  # the process
    is_gone: bool  # there is no such room any more
    epoch: str
    parts: dict[str, str | None]  # that changed; None is gone. Those of a whole room: all
    is_whole: bool
    told: tuple[_Told, ...]

    @classmethod
    def of(
        cls,
        version: Version,
        author: str,
        epoch: str,
        parts: dict[str, str | None],
        outbox: tuple[Outcome, ...],
        *,
        is_gone: bool = False,
        is_whole: bool = False,
    ) -> Publication:
        told = tuple(map(_write, outbox))
        return cls(version.life, version.count, author, is_gone, epoch, parts, is_whole, told)

    @property
    def version(self) -> Version:
        return Version(self.life, self.count)

    def outbox(self, is_here: Callable[[str], bool]) -> Iterator[Outcome]:
        """What follows, in order; sent messages are left out where none of their peers `is_here` when it is their turn.
        Raises CodecError."""
        for told in self.told:
            if told.what not in SERVER_KINDS or any(map(is_here, told.peers)):
                yield _read(told)


def publish(publication: Publication) -> bytes:
    """As the other processes are told."""
    return msgspec.msgpack.encode(publication)


def keep(publication: Publication) -> bytes:
    """As it is kept for those who miss it: they find the parts where the room is."""
    return msgspec.msgpack.encode(msgspec.structs.replace(publication, parts={}))


def read_publication(data: bytes) -> Publication:
    """Raises CodecError."""
    try:
        return msgspec.msgpack.decode(data, type=Publication)
    except msgspec.DecodeError as error:
        raise CodecError(f"no publication: {error}") from None


def _write(outcome: Outcome) -> _Told:
    match outcome:
        case Send(to, message):
            return _Told(KIND_OF[type(message)], to, msgspec.json.encode(message))
        case Admit(peer, ticket):
            return _Told("admit", (peer, ticket))
        case Refuse(words, ticket):
            return _Told("refuse", (ticket,), msgspec.json.encode(words))
        case Cut(peer):
            return _Told("cut", (peer,))
        case Dissolve():
            return _Told("dissolve")
        case _:
            assert_never(outcome)


def _read(told: _Told) -> Outcome:
    peers = tuple(map(PeerId, told.peers))
    try:
        match told.what, peers:
            case "admit", (peer, ticket):
                return Admit(peer, ticket)
            case "refuse", (ticket,):
                return Refuse(msgspec.json.decode(told.payload, type=Refusal), ticket)
            case "cut", (peer,):
                return Cut(peer)
            case "dissolve", ():
                return Dissolve()
            case _:
                kind: Any = SERVER_KINDS[told.what]
                message: ServerMessage = msgspec.json.decode(told.payload, type=kind)
                return Send(peers, message)
    except (msgspec.DecodeError, KeyError) as error:
        raise CodecError(f"no outcome: {error}") from None
