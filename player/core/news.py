"""What a member's link with an authority reports. Values; the link itself is a port."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.protocol import RefusalCode, ServerMessage, Welcome


@dataclass(frozen=True, slots=True)
class Joined:
    """In the room, for the first time or again (the same person after a lost link)."""

    welcome: Welcome


@dataclass(frozen=True, slots=True)
class Received:
    message: ServerMessage


@dataclass(frozen=True, slots=True)
class Sampled:
    """One clock exchange, s; t0 and t3 by our clock."""

    t0: float
    t1: float
    t2: float
    t3: float
    epoch: str


@dataclass(frozen=True, slots=True)
class LinkLost:
    """The link does not answer; it goes on trying. One sentence."""

    words: str


@dataclass(frozen=True, slots=True)
class LinkRegained:
    """It answers again: it was only silent. Nothing that was said meanwhile is missing."""


@dataclass(frozen=True, slots=True)
class LinkRefused:
    """The authority said no, or the address can be no authority; it has stopped trying. One sentence."""

    code: RefusalCode
    words: str


LinkEvent = Joined | Received | Sampled | LinkLost | LinkRegained | LinkRefused
