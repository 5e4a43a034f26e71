"""The actions of a command: what a member may ask of its room. `protocol.py` says what each means."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from server.core.wire import (
    MAX_ADDED,
    Emoji,
    Fingerprint,
    FreshKey,
    Loop,
    Natural,
    Rate,
    Said,
    Secret,
    ShortId,
    Title,
    Url,
    Who,
    Wire,
)

# -- the film ----------------------------------------------------------------------------------------------------------


class Play(Wire, frozen=True, tag_field="do", tag="play"):
    pass


class Pause(Wire, frozen=True, tag_field="do", tag="pause"):
    pass


class Seek(Wire, frozen=True, tag_field="do", tag="seek"):
    media_us: Natural


class SetRate(Wire, frozen=True, tag_field="do", tag="rate"):
    rate: Rate


class Load(Wire, frozen=True, tag_field="do", tag="load"):
    title: Title
    duration_us: Natural | None = None
    media_us: Natural = 0  # where to begin: a film that comes from another room goes on
    size: Natural | None = None
    fingerprint: Fingerprint = ""
    url: Url = ""


class Next(Wire, frozen=True, tag_field="do", tag="next"):
    pass


class Ended(Wire, frozen=True, tag_field="do", tag="ended"):
    pass


class GoOn(Wire, frozen=True, tag_field="do", tag="go_on"):
    pass


class Choose(Wire, frozen=True, tag_field="do", tag="choose"):
    entry: ShortId


class Stay(Wire, frozen=True, tag_field="do", tag="stay"):
    pass


# -- the playlist ------------------------------------------------------------------------------------------------------


class NewEntry(Wire, frozen=True):
    title: Title
    duration_us: Natural | None = None
    size: Natural | None = None
    fingerprint: Fingerprint = ""
    url: Url = ""


class Add(Wire, frozen=True, tag_field="do", tag="add"):
    entries: Annotated[tuple[NewEntry, ...], msgspec.Meta(min_length=1, max_length=MAX_ADDED)]
    at: Natural | None = None


class Remove(Wire, frozen=True, tag_field="do", tag="remove"):
    entries: Annotated[tuple[ShortId, ...], msgspec.Meta(min_length=1, max_length=250)]


class Move(Wire, frozen=True, tag_field="do", tag="move"):
    entry: ShortId
    to: Natural


class Shuffle(Wire, frozen=True, tag_field="do", tag="shuffle"):
    pass


class SetLoop(Wire, frozen=True, tag_field="do", tag="loop"):
    loop: Loop


class Undo(Wire, frozen=True, tag_field="do", tag="undo"):
    pass


# -- people ------------------------------------------------------------------------------------------------------------


class Check(Wire, frozen=True, tag_field="do", tag="check"):
    pass


class Confirm(Wire, frozen=True, tag_field="do", tag="confirm"):
    ready: bool


class CallOff(Wire, frozen=True, tag_field="do", tag="call_off"):
    pass


class SetAway(Wire, frozen=True, tag_field="do", tag="away"):
    away: bool


class Grant(Wire, frozen=True, tag_field="do", tag="grant"):
    peer: ShortId
    role: Literal["operator", "guest"]


class HandOver(Wire, frozen=True, tag_field="do", tag="hand_over"):
    peer: ShortId


class Mute(Wire, frozen=True, tag_field="do", tag="mute"):
    peer: ShortId
    muted: bool


class Kick(Wire, frozen=True, tag_field="do", tag="kick"):
    peer: ShortId


class Ban(Wire, frozen=True, tag_field="do", tag="ban"):
    peer: ShortId


class Unban(Wire, frozen=True, tag_field="do", tag="unban"):
    ban: ShortId


# -- the room ----------------------------------------------------------------------------------------------------------


class SetRules(Wire, frozen=True, tag_field="do", tag="rules"):
    control: Who | None = None
    playlist: Who | None = None
    waits: bool | None = None
    listed: bool | None = None
    persists: bool | None = None
    relay_only: bool | None = None


class SetPassword(Wire, frozen=True, tag_field="do", tag="password"):
    password: Secret  # "" takes it away; the shell puts the hash in its place before the room sees it


class MakeKey(Wire, frozen=True, tag_field="do", tag="make_key"):
    key: FreshKey
    role: Literal["operator", "guest"] = "guest"
    expires_s: Annotated[int, msgspec.Meta(ge=1, le=10**9)] | None = None


class RevokeKey(Wire, frozen=True, tag_field="do", tag="revoke_key"):
    key: ShortId  # its id


class MoveRoom(Wire, frozen=True, tag_field="do", tag="move_room"):
    peer: ShortId


class RoomMoved(Wire, frozen=True, tag_field="do", tag="room_moved"):
    invite: Annotated[str, msgspec.Meta(max_length=2000)]


class EndRoom(Wire, frozen=True, tag_field="do", tag="end_room"):
    pass


# -- words -------------------------------------------------------------------------------------------------------------


class Say(Wire, frozen=True, tag_field="do", tag="say"):
    text: Said


class React(Wire, frozen=True, tag_field="do", tag="react"):
    emoji: Emoji


Action = (
    Play
    | Pause
    | Seek
    | SetRate
    | Load
    | Next
    | Ended
    | GoOn
    | Choose
    | Stay
    | Add
    | Remove
    | Move
    | Shuffle
    | SetLoop
    | Undo
    | Check
    | Confirm
    | CallOff
    | SetAway
    | Grant
    | HandOver
    | Mute
    | Kick
    | Ban
    | Unban
    | SetRules
    | SetPassword
    | MakeKey
    | RevokeKey
    | MoveRoom
    | RoomMoved
    | EndRoom
    | Say
    | React
)
