"""What people wish of a room beyond its film. `view.Intent` has them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from server.core.protocol import Loop, Who

# -- words -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SayLine:
    text: str


@dataclass(frozen=True, slots=True)
class SendReaction:
    emoji: str


# -- the playlist ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AddToPlaylist:
    """Files or URLs, to its end or to a place."""

    paths: tuple[str, ...]
    at: int | None = None


@dataclass(frozen=True, slots=True)
class RemoveEntries:
    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MoveEntry:
    entry: str
    to: int


@dataclass(frozen=True, slots=True)
class ShufflePlaylist:
    pass


@dataclass(frozen=True, slots=True)
class LoopPlaylist:
    loop: Loop


@dataclass(frozen=True, slots=True)
class UndoPlaylist:
    pass


@dataclass(frozen=True, slots=True)
class ChooseEntry:
    entry: str


@dataclass(frozen=True, slots=True)
class PlayNext:
    pass


@dataclass(frozen=True, slots=True)
class StayHere:
    """The next entry does not begin by itself."""


# -- people ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AskReady:
    pass


@dataclass(frozen=True, slots=True)
class SayReady:
    is_ready: bool


@dataclass(frozen=True, slots=True)
class CallOffCheck:
    pass


@dataclass(frozen=True, slots=True)
class GoAway:
    is_away: bool


@dataclass(frozen=True, slots=True)
class GoOnWithout:
    """Wait no longer."""


@dataclass(frozen=True, slots=True)
class GiveRole:
    peer: str
    role: Literal["host", "operator", "guest"]


@dataclass(frozen=True, slots=True)
class MuteMember:
    peer: str
    is_muted: bool


@dataclass(frozen=True, slots=True)
class RemoveMember:
    peer: str
    is_for_good: bool  # a ban, else a kick


@dataclass(frozen=True, slots=True)
class LiftBan:
    ban: str


# -- the room ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChangeRules:
    control: Who | None = None
    playlist: Who | None = None
    waits: bool | None = None
    listed: bool | None = None
    persists: bool | None = None
    relay_only: bool | None = None


@dataclass(frozen=True, slots=True)
class ChangePassword:
    password: str  # "" takes it away


@dataclass(frozen=True, slots=True)
class MakeInvite:
    """A link of its own, copied as soon as it holds."""

    role: Literal["operator", "guest"] = "guest"
    expires: float | None = None  # s from now


@dataclass(frozen=True, slots=True)
class RevokeInvite:
    key: str


@dataclass(frozen=True, slots=True)
class OpenToLan:
    is_open: bool


@dataclass(frozen=True, slots=True)
class MoveRoomTo:
    """Somebody else's computer hosts on; then we leave."""

    peer: str


@dataclass(frozen=True, slots=True)
class AcceptRoom:
    """This computer hosts on the room that is offered to us."""


@dataclass(frozen=True, slots=True)
class DeclineRoom:
    pass


@dataclass(frozen=True, slots=True)
class EndForAll:
    pass


@dataclass(frozen=True, slots=True)
class AskForRooms:
    """Which rooms does that server list? "https://HOST", "HOST:PORT"."""

    server: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Try to connect now, not when it would be due."""


# -- mine --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetOffset:
    """My cut of the film is shown so much ahead of the room's place, s."""

    seconds: float


@dataclass(frozen=True, slots=True)
class OpenAddress:
    """Open the address at which the room's film is, and trust its host from now on."""


@dataclass(frozen=True, slots=True)
class SetFolders:
    folders: tuple[str, ...]


RoomIntent = (
    SayLine
    | SendReaction
    | AddToPlaylist
    | RemoveEntries
    | MoveEntry
    | ShufflePlaylist
    | LoopPlaylist
    | UndoPlaylist
    | ChooseEntry
    | PlayNext
    | StayHere
    | AskReady
    | SayReady
    | CallOffCheck
    | GoAway
    | GoOnWithout
    | GiveRole
    | MuteMember
    | RemoveMember
    | LiftBan
    | ChangeRules
    | ChangePassword
    | MakeInvite
    | RevokeInvite
    | OpenToLan
    | MoveRoomTo
    | AcceptRoom
    | DeclineRoom
    | EndForAll
    | AskForRooms
    | TryAgain
    | SetOffset
    | OpenAddress
    | SetFolders
)
