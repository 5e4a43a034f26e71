"""The wire: every message between a player and the authority. This docstring is the wire document, version 3.

Transport: Socket.IO over WebSocket only, path `socket.io` below the server's prefix, namespace `/`, the room's name as
`room` in the query (a front proxy may use it; the authority reads the hello only). An event's name is the message's
kind; its one argument is a JSON object, written unescaped, with exactly the fields below (an unknown field, a missing
one, a wrong type or a value out of bounds makes the whole message wrong). At most 16 KiB on the wire. Texts are
Unicode without lone surrogates, their limits (`wire.py`) count characters. Times are integer microseconds (`_us`):
`t0`, `t3` of the client's clock, all others of the room's.

Connecting. The client sends `Hello` as Socket.IO's auth payload. It is answered by `welcome`, or the connection is
refused with `Refusal` {code, words}; words are one sentence for a person.

    Hello      version, room, name, role ("member" or "controller"), key?, password?, token?, client?
    welcome    peer, name, token, epoch, room_us, salt, role, rules, item?, timeline, roster
    Refusal    code: "version" | "key" | "password" | "room" | "full" | "busy" | "banned" | "bad"; words

After the welcome come the further pages of the roster, and `playlist`, `chat`, `check`, `keys`, `bans` where there is
something to tell. A controller is authenticated, gets `welcome` and what the room tells all, may send `clock` and
`command`, is in no roster and is never waited for. `token` (128 bits, from the server) resumes: a Hello with it is the
same person, with role and place, on whatever connection; the older connection of that person is cut.

Client to server
    clock      t0_us                                                   answered by `clock`
    command    id, revision, item, action                              answered by `accepted` or `refused`
    ready      revision                   the place of that revision is decoded and shown: this member can start
    stall      revision                   this member ran dry while that revision played
    report     asynchrony_us?, delay_us, playout_us, dispersion_us     every few s while it plays; for the roster
                                                                       and the lead, nothing else follows from it
    copy       item, has, size?, duration_us?, fingerprint?, offset_us?    this member's own file for that item, and how
                                                                       far its place lies ahead of the room's
    leave                                 the member goes for good; its token ends
    in_call    joined, serial, camera, microphone    what this member is in the call from now on; the roster tells it
    signal     to, attempt, what          for another member of the call: {"is": "offer", ends} {"is": "answer", ends}
                                          {"is": "again"} {"is": "hangup"} {"is": "feed", feed}; `ends` in
                                          `call_messages.py`
    ask_ways                              answered by `ways`; in the call, or for a controller

Actions of a command ("may": who may, see `room.py`)
    the film     {"do": "play"} {"do": "pause"} {"do": "seek", media_us} {"do": "rate", rate} {"do": "load", title,
                 duration_us?, media_us?, size?, fingerprint?, url?} {"do": "next"} {"do": "ended"}
                 {"do": "choose", entry}   go to an entry of the playlist, from its start
                 {"do": "go_on"}           wait no longer: who is not ready catches up alone
                 {"do": "stay"}            the next entry does not begin by itself
    playlist     {"do": "add", entries: [{title, duration_us?, size?, fingerprint?, url?}], at?}
                 {"do": "remove", entries} {"do": "move", entry, to} {"do": "shuffle"}
                 {"do": "loop", loop} {"do": "undo"}
                 their command's `revision` is the playlist's. A `url` is http or https, without a name and password
    people       {"do": "check"} asks all whether they are ready; {"do": "confirm", ready}; {"do": "call_off"}
                 {"do": "away", away} {"do": "grant", peer, role} {"do": "hand_over", peer} {"do": "mute", peer, muted}
                 {"do": "kick", peer} {"do": "ban", peer} {"do": "unban", ban}
    the room     {"do": "rules", control?, playlist?, waits?, listed?, persists?, relay_only?}
                 {"do": "password", password}
                 {"do": "make_key", key, role, expires_s?}   `key` is fresh, 96 bits or more of the sender's chance
                 {"do": "revoke_key", key (its id)}
                 {"do": "move_room", peer} {"do": "room_moved", invite} {"do": "end_room"}
    words        {"do": "say", text} {"do": "react", emoji}

Server to client
    clock      t0_us, t1_us, t2_us, epoch
    accepted   id, revision               the revision that the command led to (a repeated id: the same answer)
    refused    id, code, words            nothing has changed; code: "item" | "revision" | "nothing" | "forbidden"
                                          | "bad" | "busy"
    item       id, title, duration_us?, by?, size?, fingerprint?, url?, entry?    before the timeline that names it;
                                          again when its owner's copy tells more of it
    timeline   revision, item, state, media_us, room_us, rate, until_us?, waiting, by?, why?
    roster     members: [{peer, name, here, ready, role, away?, muted?, copy?, longer_us?, offset_us?, asynchrony_us?,
               delay_us?, call?: {serial, camera, microphone}}], first, total
                                          a page: members `first` and on, of `total`
    rules      control, playlist, waits, listed, persists, has_password, relay_only
    playlist   revision, entries: [{id, title, duration_us?, size?, fingerprint?, url?, by?}], first, total, loop,
               can_undo, next_us?, next?  a page; `next` begins by itself at `next_us`
    chat       lines: [{id, peer, name, text, at_us, media_us, item?}]
    reaction   peer, name, emoji, media_us, item?     to be shown when the film is there; in a room that stands at once
    check      by, ready: [peer]; or neither: it is over        who has confirmed
    keys       keys: [{id, role, expires_us?, by?}]   to operators: the invites that hold
    bans       bans: [{id, name}]                     to operators
    bundle     part, of, data             to the one who takes the room over: the room, in parts
    moved      invite, words              the room is there now, everybody with role and token
    notice     words, peer?               something for people to read
    closing    words                      the server goes, or the room ends; `again`: come back
    call       mode, generation, words    how the call is held: "mesh" (each with each) or "sfu" (over the server's)
    signalled  peer, attempt, what        another member's `signal`, without the candidates that may not be tried
    ways       stun, turn, user, password, seconds, meeting?: {url, room, generation, token, ticket}

A timeline's `state` is "playing", "paused" or "holding" (until every peer of `waiting` is ready, until `until_us` at
the latest). The film is at `media_us` when the room's clock reads `room_us`, from which instant on it plays at `rate`
or stands; until then the timeline before it holds. One with a known revision replaces that one.

`by` names the person whose command it was; `why` is "play", "pause", "seek", "rate", "load", "end", "stall", "ready"
(all were), "late" (the wait ended), "gone" (who was waited for has left), "next" (the playlist went on), "check" (all
have confirmed: the start lies a count-down ahead) or "go_on" (somebody chose to wait no longer).

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
`play` at the end starts again from 0. A `load` begins at `media_us`, usually 0, and is an entry of the playlist. A
member that comes (back) into a wait is not added to `waiting`; who is away, or was not heard of for 6 s, is not waited
for. A `waiting` that only became shorter is told with the next roster. At the end of an item the next entry, if there
is one, begins by itself after a pause (`next_us`), unless somebody lets the room stay.

The call. Who says `in_call` with `joined` is in it: the roster tells everybody. It stays so while a link is lost, as
long as the roster has the member; after a welcome a player says again what it is. Of two members the one whose peer id
is less offers, always, so offers never cross; a connection that does not do is replaced by another `attempt`. A signal
goes to a member of the call from another one, else nowhere. Of candidates only those go through that an honest end may
have (`call_candidates.py`); with the rule `relay_only` only relayed ones. Media takes `ways`, which hold for `seconds`.
Above a number of members, if the server has an SFU and no `relay_only` rules, the mode is "sfu": everybody sends once,
to the `meeting` of that generation, and tells each other member by `signal` which feed there is its own (feed "" asks
for that). A new generation is another meeting. It is stated after a welcome, too, and "mesh" of generation 0 as long as
it is not.

A long list comes in pages: one with `first` 0 begins a new list, the list is whole when `first` + its length = `total`.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from server.core.actions import *  # noqa: F403  (one name for the whole wire: protocol.Play, protocol.Welcome)
from server.core.call_messages import *  # noqa: F403
from server.core.messages import *  # noqa: F403
from server.core.messages import (
    CLIENT_KINDS,
    KIND_OF,
    SERVER_KINDS,
    ClientMessage,
    Hello,
    ServerMessage,
    TimelineStated,
    Why,
)
from server.core.timeline import MediaTime, PeerId, RoomTime, Timeline
from server.core.wire import *  # noqa: F403
from server.core.wire import Wire

VERSION = 3


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
        is_word = isinstance(kind, str) and re.fullmatch(r"[a-z_]{1,20}", kind)
        raise WireError(f"unknown kind {kind if is_word else 'of message'}")
    return _convert(kind, table[kind], payload)


def _convert(kind: str, into: Any, payload: Any) -> Any:
    try:
        return msgspec.convert(payload, into)
    except msgspec.ValidationError as error:
        raise WireError(f"{kind}: {_plain(str(error))}") from None


def _plain(words: str) -> str:
    """What msgspec says is wrong, and where, without what it quotes: that may be a chat or a key in the wrong place."""
    place = re.search(r" - at `(\$[.\w\[\]]{0,60})`\Z", words)
    said = re.split("[`'\"]", words)[0].strip()
    return f"{said} at {place[1]}" if place else said


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
