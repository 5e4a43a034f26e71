"""What a seat wants its shell to do, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from player.core.call_pipe import ToCall
from player.core.copies import Copy
from player.core.ducking import Duck
from player.core.invite import Invite
from server.core import protocol


@dataclass(frozen=True, slots=True)
class OpenFilm:
    path: str


@dataclass(frozen=True, slots=True)
class CloseFilm:
    pass


@dataclass(frozen=True, slots=True)
class Send:
    message: protocol.ClientMessage


@dataclass(frozen=True, slots=True)
class ConnectTo:
    """`is_return`: as who we were in the room that we are in, which has moved."""

    invite: Invite
    name: str
    is_return: bool = False


@dataclass(frozen=True, slots=True)
class GoSolo:
    """Leave the room, go on alone."""


@dataclass(frozen=True, slots=True)
class StartHosting:
    """Leave whatever room we are in, start a server for our own."""

    room: str


@dataclass(frozen=True, slots=True)
class StopHosting:
    pass


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Start a server with a room that was given to us `age` s ago; answered by TookOver or HostFailed."""

    bundle: str
    room: str
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class DrawKey:
    """Make a key of chance for an invite; answered by KeyDrawn."""

    role: Literal["operator", "guest"]
    expires: float | None


@dataclass(frozen=True, slots=True)
class FetchRooms:
    """Ask a server (an invite to any room there) which rooms it lists; answered by Listed."""

    server: Invite
    asked: str


@dataclass(frozen=True, slots=True)
class KnockNow:
    """Try to connect at once."""


@dataclass(frozen=True, slots=True)
class FindFilm:
    """Look for a film in the person's folders; answered by FoundCopy or NoCopy."""

    wanted: Copy
    salt: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Take a file's fingerprint; answered by Fingerprinted."""

    path: str


@dataclass(frozen=True, slots=True)
class LookIn:
    """These are the person's folders."""

    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetGain:
    gain: float


@dataclass(frozen=True, slots=True)
class PickSound:
    track: str


@dataclass(frozen=True, slots=True)
class PickSubtitles:
    track: str | None


@dataclass(frozen=True, slots=True)
class AddSubtitles:
    path: str


@dataclass(frozen=True, slots=True)
class DelaySubtitles:
    seconds: float


@dataclass(frozen=True, slots=True)
class TellCall:
    """To the process of the call, which is started if there is none."""

    piece: ToCall


@dataclass(frozen=True, slots=True)
class EndCall:
    """No process of the call any more: devices are closed, whatever hangs."""


@dataclass(frozen=True, slots=True)
class HearVoices:
    """The call's voices go out with the film's sound, or no longer."""

    are_wanted: bool


@dataclass(frozen=True, slots=True)
class Remember:
    key: str
    value: Any


Action = (
    OpenFilm
    | CloseFilm
    | Send
    | ConnectTo
    | GoSolo
    | StartHosting
    | StopHosting
    | TakeOver
    | DrawKey
    | FetchRooms
    | KnockNow
    | FindFilm
    | Fingerprint
    | LookIn
    | SetGain
    | PickSound
    | PickSubtitles
    | AddSubtitles
    | DelaySubtitles
    | TellCall
    | EndCall
    | HearVoices
    | Duck
    | Remember
)
