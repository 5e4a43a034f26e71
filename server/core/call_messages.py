"""What travels for the call: who is in it, how two ends find each other, the ways that media may take.

No session description travels: what WebRTC would write into one and what differs between two calls stands here in
fields of its own, strictly bounded, and each end writes the rest itself. So nobody can smuggle a codec, an address or a
stream past the authority, which looks at each candidate (`call_candidates.py`).
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from server.core.wire import Natural, ShortId, Wire, Words

MAX_CANDIDATES = 16  # of one end
MAX_WAYS = 8  # addresses of STUN and of TURN servers
MAX_URL = 200  # of one
_PLACE = r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:\?transport=(?:udp|tcp))?\Z"  # RFC 7065
_SOCKET = r"wss?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[!#-\[\]-~]*)?\Z"

CallMode = Literal["mesh", "sfu"]
IceUser = Annotated[str, msgspec.Meta(min_length=4, max_length=32, pattern=r"^[A-Za-z0-9+/]*\Z")]
IcePassword = Annotated[str, msgspec.Meta(min_length=22, max_length=64, pattern=r"^[A-Za-z0-9+/]*\Z")]
# SHA-256 of an end's certificate, as RFC 8122 writes it
CertificatePrint = Annotated[str, msgspec.Meta(max_length=95, pattern=r"^[0-9A-F]{2}(?::[0-9A-F]{2}){31}\Z")]
Foundation = Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9+/]*\Z")]
Host = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9.:-]*\Z")]
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Source = Annotated[int, msgspec.Meta(ge=1, le=2**32 - 1)]  # an SSRC
IceUrl = Annotated[str, msgspec.Meta(max_length=MAX_URL, pattern=r"^(?:stun:|turns?:)" + _PLACE)]
Credential = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[!-~]*\Z")]


def is_turn_url(url: str) -> bool:
    """Whether this is a relay's address (RFC 7065)."""
    return len(url) <= MAX_URL and re.match(r"turns?:" + _PLACE, url) is not None


def is_janus_url(url: str) -> bool:
    """Whether this is a WebSocket's address."""
    return len(url) <= MAX_URL and re.match(_SOCKET, url) is not None


class Candidate(Wire, frozen=True):
    """An address at which an end may be reached, over UDP (RFC 8445). Related addresses are told to nobody."""

    kind: Literal["host", "srflx", "relay"]
    host: Host
    port: Port
    priority: Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
    foundation: Foundation


class Ends(Wire, frozen=True):
    """One end of a connection between two members. All of its media has one transport; voices are Opus, cameras VP8,
    with payload types that this version fixes."""

    ice_user: IceUser
    ice_password: IcePassword
    fingerprint: CertificatePrint
    audio: Source
    video: Source
    resend: Source | None = None  # the SSRC of the camera's retransmissions
    candidates: Annotated[tuple[Candidate, ...], msgspec.Meta(max_length=64)] = ()


class Offer(Wire, frozen=True, tag_field="is", tag="offer"):
    ends: Ends


class Answer(Wire, frozen=True, tag_field="is", tag="answer"):
    ends: Ends


class Again(Wire, frozen=True, tag_field="is", tag="again"):
    """From the end that answers: this connection does not do, offer another."""


class Hangup(Wire, frozen=True, tag_field="is", tag="hangup"):
    """This connection is over."""


class Feed(Wire, frozen=True, tag_field="is", tag="feed"):
    """On the SFU this member's voice and camera are the feed of this id; "": which one is yours? The authority says who
    said so: a name that somebody gives itself there proves nothing. `attempt` is the generation of the meeting."""

    feed: ShortId


Signalling = Offer | Answer | Again | Hangup | Feed


class InCall(Wire, frozen=True):
    """Client: what this member is in the call from now on; absolute. `serial` changes when its call began anew, and
    then others connect again."""

    joined: bool
    serial: Natural = 0
    camera: bool = False
    microphone: bool = False


class CallSeat(Wire, frozen=True):
    """Of a member in the roster: it is in the call."""

    serial: Natural = 0
    camera: bool = False
    microphone: bool = False


class Signal(Wire, frozen=True):
    """Client: for another member of the call. `attempt` names the connection, by chance of who offers."""

    to: ShortId
    attempt: ShortId
    what: Signalling


class Signalled(Wire, frozen=True):
    """Server: what another member of the call says."""

    peer: ShortId
    attempt: ShortId
    what: Signalling


class AskWays(Wire, frozen=True):
    """Client, in the call: which ways are there?"""


class Meeting(Wire, frozen=True):
    """Where the room's call meets on the SFU, a Janus with its VideoRoom plugin. `token` admits to Janus and goes with
    each request, `ticket` to that room of it; both end by themselves."""

    url: Annotated[str, msgspec.Meta(max_length=MAX_URL, pattern="^" + _SOCKET)]
    room: ShortId
    generation: Natural
    token: Annotated[str, msgspec.Meta(max_length=300, pattern=r"^[!-~]*\Z")] = ""
    ticket: Annotated[str, msgspec.Meta(max_length=300, pattern=r"^[!-~]*\Z")] = ""


class Ways(Wire, frozen=True):
    """Server: the ways that media may take, for `seconds`; then they have to be asked for again. `meeting` stands while
    the call's mode is "sfu"."""

    stun: Annotated[tuple[IceUrl, ...], msgspec.Meta(max_length=MAX_WAYS)] = ()
    turn: Annotated[tuple[IceUrl, ...], msgspec.Meta(max_length=MAX_WAYS)] = ()
    user: Credential = ""
    password: Credential = ""
    seconds: Natural = 3600
    meeting: Meeting | None = None


class CallStated(Wire, frozen=True):
    """Server: how the room's call is held, from each member to each ("mesh") or over the server's SFU. `generation`
    counts the changes; a new one in the same mode is another meeting."""

    mode: CallMode = "mesh"
    generation: Natural = 0
    words: Words = ""  # for people: why it changed, if that is worth telling
