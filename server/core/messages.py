"""The messages themselves, both ways. `protocol.py` says what each means."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from server.core.actions import Action
from server.core.call_messages import AskWays, CallSeat, CallStated, InCall, Signal, Signalled, Ways
from server.core.timeline import State
from server.core.wire import (
    BUNDLE_PART,
    AnyName,
    Emoji,
    Fingerprint,
    Loop,
    Micros,
    Name,
    Natural,
    Rate,
    Role,
    RoomName,
    Said,
    Secret,
    ShortId,
    Title,
    WebUrl,
    Who,
    Wire,
    Words,
)

RefusalCode = Literal["version", "key", "password", "room", "full", "busy", "banned", "bad"]
CommandRefusal = Literal["item", "revision", "nothing", "forbidden", "bad", "busy"]
Why = Literal[
    "play", "pause", "seek", "rate", "load", "end", "stall", "ready", "late", "gone", "next", "check", "go_on"
]
CopyState = Literal["unknown", "none", "same", "similar", "differs"]


class Hello(Wire, frozen=True):
    version: int
    room: RoomName
    name: AnyName = ""
    role: Literal["member", "controller"] = "member"
    key: Secret = ""
    password: Secret = ""
    token: Secret = ""
    client: ShortId = ""


class Refusal(Wire, frozen=True):
    code: RefusalCode
    words: Words


# -- client to server -------------------------------------------------------------------------------------------------


class ClockRequest(Wire, frozen=True):
    t0_us: Micros


class Command(Wire, frozen=True):
    id: ShortId
    revision: Natural
    item: ShortId
    action: Action


class Ready(Wire, frozen=True):
    revision: Natural


class Stall(Wire, frozen=True):
    revision: Natural


class Report(Wire, frozen=True):
    delay_us: Natural
    playout_us: Natural
    dispersion_us: Natural
    asynchrony_us: Micros | None = None


class Copy(Wire, frozen=True):
    item: ShortId
    has: bool = True
    size: Natural | None = None
    duration_us: Natural | None = None
    fingerprint: Fingerprint = ""
    offset_us: Micros = 0


class Leave(Wire, frozen=True):
    pass


ClientMessage = ClockRequest | Command | Ready | Stall | Report | Copy | Leave | InCall | Signal | AskWays

CLIENT_KINDS: dict[str, type[ClientMessage]] = {
    "clock": ClockRequest,
    "command": Command,
    "ready": Ready,
    "stall": Stall,
    "report": Report,
    "copy": Copy,
    "leave": Leave,
    "in_call": InCall,
    "signal": Signal,
    "ask_ways": AskWays,
}


# -- server to client -------------------------------------------------------------------------------------------------


class ClockReply(Wire, frozen=True):
    t0_us: Micros
    t1_us: Micros
    t2_us: Micros
    epoch: ShortId


class Accepted(Wire, frozen=True):
    id: ShortId
    revision: Natural


class Refused(Wire, frozen=True):
    id: ShortId
    code: CommandRefusal
    words: Words


class Item(Wire, frozen=True):
    id: ShortId
    title: Title
    duration_us: Natural | None = None
    by: ShortId = ""
    size: Natural | None = None
    fingerprint: Fingerprint = ""
    url: WebUrl = ""
    entry: ShortId = ""


class TimelineStated(Wire, frozen=True):
    revision: Natural
    item: ShortId
    state: State
    media_us: Natural
    room_us: Micros
    rate: Rate
    until_us: Micros | None = None
    waiting: tuple[ShortId, ...] = ()
    by: ShortId = ""
    why: Why | None = None


class RosterEntry(Wire, frozen=True):
    peer: ShortId
    name: Name
    here: bool
    ready: bool
    role: Role = "guest"
    away: bool = False
    muted: bool = False
    copy: CopyState = "unknown"
    longer_us: Micros | None = None  # than the item, if its own copy's length differs
    offset_us: Micros = 0
    asynchrony_us: Micros | None = None
    delay_us: Natural | None = None
    call: CallSeat | None = None


class Roster(Wire, frozen=True):
    members: tuple[RosterEntry, ...]
    first: Natural = 0
    total: Natural | None = None  # None: these are all


class Rules(Wire, frozen=True):
    control: Who = "all"
    playlist: Who = "all"
    waits: bool = True
    listed: bool = False
    persists: bool = False
    has_password: bool = False
    relay_only: bool = False


class Welcome(Wire, frozen=True):
    peer: ShortId
    name: AnyName
    token: Secret
    epoch: ShortId
    room_us: Micros
    timeline: TimelineStated
    roster: Roster
    item: Item | None = None
    role: Role = "guest"
    salt: ShortId = ""
    rules: Rules = Rules()


class Entry(Wire, frozen=True):
    id: ShortId
    title: Title
    duration_us: Natural | None = None
    size: Natural | None = None
    fingerprint: Fingerprint = ""
    url: WebUrl = ""
    by: ShortId = ""


class Playlist(Wire, frozen=True):
    revision: Natural
    entries: tuple[Entry, ...] = ()
    first: Natural = 0
    total: Natural = 0
    loop: Loop = "off"
    can_undo: bool = False
    next_us: Micros | None = None
    next: ShortId = ""


class Line(Wire, frozen=True):
    id: Natural
    peer: ShortId
    name: AnyName
    text: Said
    at_us: Micros
    media_us: Natural
    item: ShortId = ""


class Chat(Wire, frozen=True):
    lines: tuple[Line, ...]


class Reaction(Wire, frozen=True):
    peer: ShortId
    name: AnyName
    emoji: Emoji
    media_us: Natural
    item: ShortId = ""


class Checked(Wire, frozen=True):
    by: ShortId = ""
    ready: tuple[ShortId, ...] = ()


class KeyEntry(Wire, frozen=True):
    id: ShortId
    role: Literal["operator", "guest"]
    expires_us: Micros | None = None
    by: AnyName = ""


class Keys(Wire, frozen=True):
    keys: tuple[KeyEntry, ...] = ()


class BanEntry(Wire, frozen=True):
    id: ShortId
    name: AnyName


class Bans(Wire, frozen=True):
    bans: tuple[BanEntry, ...] = ()


class Bundle(Wire, frozen=True):
    part: Natural
    of: Natural
    data: Annotated[str, msgspec.Meta(max_length=BUNDLE_PART)]


class Moved(Wire, frozen=True):
    invite: Annotated[str, msgspec.Meta(max_length=2000)]
    words: Words


class Notice(Wire, frozen=True):
    words: Words
    peer: ShortId = ""


class Closing(Wire, frozen=True):
    words: Words
    again: bool = True


ServerMessage = (
    ClockReply
    | Accepted
    | Refused
    | Item
    | TimelineStated
    | Roster
    | Rules
    | Welcome
    | Playlist
    | Chat
    | Reaction
    | Checked
    | Keys
    | Bans
    | Bundle
    | Moved
    | Notice
    | Closing
    | CallStated
    | Signalled
    | Ways
)

SERVER_KINDS: dict[str, type[ServerMessage]] = {
    "clock": ClockReply,
    "accepted": Accepted,
    "refused": Refused,
    "item": Item,
    "timeline": TimelineStated,
    "roster": Roster,
    "rules": Rules,
    "welcome": Welcome,
    "playlist": Playlist,
    "chat": Chat,
    "reaction": Reaction,
    "check": Checked,
    "keys": Keys,
    "bans": Bans,
    "bundle": Bundle,
    "moved": Moved,
    "notice": Notice,
    "closing": Closing,
    "call": CallStated,
    "signalled": Signalled,
    "ways": Ways,
}

KIND_OF: dict[type[Wire], str] = {kind: name for table in (CLIENT_KINDS, SERVER_KINDS) for name, kind in table.items()}
