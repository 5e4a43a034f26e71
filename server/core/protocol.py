"""The wire: every message between a player and the authority. This docstring is the wire document, version 1.

Transport: Socket.IO over WebSocket only, path `socket.io` below the server's prefix, namespace `/`. An event's name is
the message's kind; its one argument is a JSON object, written unescaped, with exactly the fields below (an unknown
field, a missing one, a wrong type or a value out of bounds makes the whole message wrong). At most 16 KiB on the
wire. Texts are Unicode without lone surrogates, their limits count characters. Times are integer microseconds
(`_us`): `t0`, `t3` of the client's clock, all others of the room's.

Connecting. The client sends `Hello` as Socket.IO's auth payload. It is answered by `welcome`, or the connection is
refused with `Refusal` {code, words}; words are one sentence for a person.

    Hello      version, room, name, role ("member" or "controller"), key?, password?, token?, client?
    welcome    peer, name, token, epoch, room_us, item?, timeline, roster
    Refusal    code: "version" | "key" | "password" | "room" | "full" | "busy" | "banned" | "bad"; words

A controller is authenticated, gets `welcome` and `timeline`, may send `clock` and `command`, is in no roster and is
never waited for. `token` (128 bits, from the server) resumes: a Hello with it is the same person, on whatever
connection; the older connection of that person is cut.

Client to server
    clock      t0_us                                                   answered by `clock`
    command    id, revision, item, action                              answered by `accepted` or `refused`
                 action = {"do": "play"} | {"do": "pause"} | {"do": "seek", "media_us"} | {"do": "rate", "rate"}
                        | {"do": "load", "title", "duration_us"?, "media_us"?} | {"do": "next"} | {"do": "ended"}
    ready      revision                   the place of that revision is decoded and shown: this member can start
    stall      revision                   this member ran dry while that revision played
    report     asynchrony_us?, delay_us, playout_us, dispersion_us     about each 2 s while it plays; for the roster
                                                                       and the lead, nothing else follows from it
    leave                                 the member goes for good; its token ends

Server to client
    clock      t0_us, t1_us, t2_us, epoch
    accepted   id, revision               the revision that the command led to (a repeated id: the same answer)
    refused    id, code, words            nothing has changed; code: "item" | "revision" | "nothing" | "forbidden"
                                          | "bad" | "busy"
    item       id, title, duration_us?, by?                            before the timeline that names it
    timeline   revision, item, state, media_us, room_us, rate, until_us?, waiting, by?, why?
    roster     members: [{peer, name, here, ready, asynchrony_us?, delay_us?}]
    notice     words, peer?               something for people to read
    closing    words                      the server goes; come back

A timeline's `state` is "playing", "paused" or "holding" (until every peer of `waiting` is ready, until `until_us` at
the latest). The film is at `media_us` when the room's clock reads `room_us`, from which instant on it plays at `rate`
or stands; until then the timeline before it holds. One with a known revision replaces that one.

`by` names the person whose command it was; `why` is "play", "pause", "seek", "rate", "load", "end", "stall", "ready"
(all were), "late" (the wait ended) or "gone" (who was waited for has left).

The clock exchange
    1. The client reads its clock (t0) and sends `clock`.
    2. The server reads its clock where the complete message is seen, before any queue (t1).
    3. It reads it again when it writes the answer (t2), and sends t0, t1, t2 and its `epoch`.
    4. The client reads its clock as the answer arrives (t3). offset = ((t1-t0)+(t2-t3))/2, round-trip delay =
       (t3-t0)-(t2-t1). Another `epoch` than before: the server's clock began anew, so does the client's estimator.
    Burst of 8 at 50 ms on connecting, then one a second for 10 s, then every 3 to 4 s at random (within the design's
    3 to 5: with 4 at most, a link that was cut for 5 s is missed before it returns); a burst again after a
    reconnect, a wake from sleep, a change of network. Unanswered for 1.5 s: the client tries second connections
    beside the first. Silent for 15 s: the server holds the member as lost and aborts its socket.

A command is absolute. play, pause, seek and rate are applied in order of arrival whatever revision they name while
the item is the one they name; `load` needs the current item, `next` and `ended` the current revision. One that is true
already is accepted with the revision that stands. The timeline is sent before the `accepted` that names it.

A seek or load in a playing or holding room states "holding" at the new place, from now; in a paused one "paused" there,
and the wait, if somebody is not ready yet, comes with `play`. With everybody ready `play` states "playing" at once, a
lead ahead. A stall states "holding" a lead ahead. Ready for any revision since the place was stated is ready for it.
`play` at the end starts again from 0. A `load` begins at `media_us`, usually 0. A member that comes (back) into a wait
is not added to `waiting`, and who was not heard of for 6 s is not waited for. A `waiting` that only became shorter is
told with the next roster.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from server.core.timeline import MAX_RATE, MIN_RATE, MediaTime, PeerId, RoomTime, State, Timeline

VERSION = 1
MAX_MESSAGE_BYTES = 16 * 1024
MAX_NAME, MAX_ROOM, MAX_TITLE, MAX_WORDS = 32, 64, 200, 300

_TEXT = r"^[^\ud800-\udfff]*\Z"  # JSON may hold half a surrogate pair, which could not be written again

Micros = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
Natural = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
AnyName = Annotated[str, msgspec.Meta(max_length=MAX_NAME, pattern=_TEXT)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME, pattern=_TEXT)]
RoomName = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ROOM, pattern=_TEXT)]
Title = Annotated[str, msgspec.Meta(max_length=MAX_TITLE, pattern=_TEXT)]
Words = Annotated[str, msgspec.Meta(max_length=MAX_WORDS, pattern=_TEXT)]
ShortId = Annotated[str, msgspec.Meta(max_length=40, pattern=_TEXT)]
Secret = Annotated[str, msgspec.Meta(max_length=128, pattern=_TEXT)]
Rate = Annotated[float, msgspec.Meta(ge=MIN_RATE, le=MAX_RATE)]

RefusalCode = Literal["version", "key", "password", "room", "full", "busy", "banned", "bad"]
CommandRefusal = Literal["item", "revision", "nothing", "forbidden", "bad", "busy"]
Why = Literal["play", "pause", "seek", "rate", "load", "end", "stall", "ready", "late", "gone"]


class Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What all messages are: values, strict."""


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


# -- actions of a command ---------------------------------------------------------------------------------------------


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


class Next(Wire, frozen=True, tag_field="do", tag="next"):
    pass


class Ended(Wire, frozen=True, tag_field="do", tag="ended"):
    pass


Action = Play | Pause | Seek | SetRate | Load | Next | Ended


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


class Leave(Wire, frozen=True):
    pass


ClientMessage = ClockRequest | Command | Ready | Stall | Report | Leave

CLIENT_KINDS: dict[str, type[ClientMessage]] = {
    "clock": ClockRequest,
    "command": Command,
    "ready": Ready,
    "stall": Stall,
    "report": Report,
    "leave": Leave,
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
    asynchrony_us: Micros | None = None
    delay_us: Natural | None = None


class Roster(Wire, frozen=True):
    members: tuple[RosterEntry, ...]


class Welcome(Wire, frozen=True):
    peer: ShortId
    name: AnyName
    token: Secret
    epoch: ShortId
    room_us: Micros
    timeline: TimelineStated
    roster: Roster
    item: Item | None = None


class Notice(Wire, frozen=True):
    words: Words
    peer: ShortId = ""


class Closing(Wire, frozen=True):
    words: Words


ServerMessage = ClockReply | Accepted | Refused | Item | TimelineStated | Roster | Welcome | Notice | Closing

SERVER_KINDS: dict[str, type[ServerMessage]] = {
    "clock": ClockReply,
    "accepted": Accepted,
    "refused": Refused,
    "item": Item,
    "timeline": TimelineStated,
    "roster": Roster,
    "welcome": Welcome,
    "notice": Notice,
    "closing": Closing,
}

KIND_OF: dict[type[Wire], str] = {kind: name for table in (CLIENT_KINDS, SERVER_KINDS) for name, kind in table.items()}


class WireError(ValueError):
    """A message that is not of this protocol. Its words are for a log."""


def decode_client(kind: str, payload: Any) -> ClientMessage:
    """A client's message from Socket.IO's event name and decoded JSON. Raises WireError."""
    message: ClientMessage = _decode(CLIENT_KINDS, kind, payload)
    return message


def decode_server(kind: str, payload: Any) -> ServerMessage:
    """The authority's message from Socket.IO's event name and decoded JSON. Raises WireError."""
    message: ServerMessage = _decode(SERVER_KINDS, kind, payload)
    return message


def decode_hello(payload: Any) -> Hello:
    """The auth payload of a connection. Raises WireError; ask `wrong_version` first."""
    hello: Hello = _convert("hello", Hello, payload)
    return hello


def wrong_version(payload: Any) -> int | None:
    """The version that the auth payload of a connection names, if it is not ours: the rest of it may then be anything.
    None: ours, or none at all."""
    version = payload.get("version") if isinstance(payload, dict) else None
    return version if type(version) is int and version != VERSION else None


def _decode(table: dict[str, Any], kind: str, payload: Any) -> Any:
    if not isinstance(kind, str) or kind not in table:
        raise WireError(f"unknown kind {kind!r:.60}")
    return _convert(kind, table[kind], payload)


def _convert(kind: str, into: Any, payload: Any) -> Any:
    try:
        return msgspec.convert(payload, into)
    except msgspec.ValidationError as error:
        raise WireError(f"{kind}: {ascii(str(error))[:200]}") from None  # it may quote what a stranger wrote


def encode(message: Wire) -> tuple[str, Any]:
    """Event name and plain JSON value of a message; `Hello` and `Refusal`, which are no events, have the name ""."""
    return KIND_OF.get(type(message), ""), msgspec.to_builtins(message)


def version_words(theirs: int) -> str:
    """What a person is told when the other side speaks another version."""
    side = "this player is older than the server: update the player"
    if theirs > VERSION:
        side = "the server is older than this player: ask whoever runs it to update it"
    return f"Versions differ (player {theirs}, server {VERSION}); {side}."


def micros(seconds: float) -> int:
    """Seconds as the wire's integer microseconds."""
    return round(seconds * 1e6)


def seconds(microseconds: int) -> float:
    """The wire's integer microseconds as seconds."""
    return microseconds / 1e6


def state_timeline(timeline: Timeline, by: str = "", why: Why | None = None) -> TimelineStated:
    """The message that states a timeline."""
    return TimelineStated(
        revision=timeline.revision,
        item=timeline.item,
        state=timeline.state,
        media_us=micros(timeline.media_time),
        room_us=micros(timeline.room_time),
        rate=timeline.rate,
        until_us=None if timeline.until is None else micros(timeline.until),
        waiting=timeline.waiting,
        by=by,
        why=why,
    )


def read_timeline(stated: TimelineStated) -> Timeline:
    """The timeline that a message states."""
    return Timeline(
        revision=stated.revision,
        item=stated.item,
        state=stated.state,
        media_time=MediaTime(seconds(stated.media_us)),
        room_time=RoomTime(seconds(stated.room_us)),
        rate=stated.rate,
        until=None if stated.until_us is None else RoomTime(seconds(stated.until_us)),
        waiting=tuple(PeerId(peer) for peer in stated.waiting),
    )
