"""Invites: everything a friend's player needs to find and enter a room, as one link (DESIGN section 7).

matinee://HOST:PORT/ROOM?tls=off&pin=...&key=...&also=ADDR:PORT&path=...
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_PORT = 8998


class InviteError(ValueError):
    """A text that is no invite. The words say to a person what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Invite:
    """A parsed invite. `password` is never part of the text: it is what the host's own player adds."""

    host: str
    port: int
    room: str
    tls: bool = True
    pin: str = ""
    key: str = ""
    also: tuple[tuple[str, int], ...] = ()
    path: str = ""
    password: str = ""

    def text(self) -> str:
        """The link."""
        raise NotImplementedError


def parse_invite(text: str) -> Invite:
    """Read a link. Raises InviteError with one clear sentence."""
    raise NotImplementedError
