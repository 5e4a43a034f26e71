"""What is kept of a room, what can happen to it and what follows: values only.

`Room` is the whole truth about a room. A `RoomCommand` is something that happened; `room.apply` answers it with a
`Transition`: the room as it is now and an outbox, which the shell obeys in order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, Literal, ParamSpec

import msgspec
from msgspec.structs import replace

from server.core import protocol
from server.core.timeline import MediaTime, PeerId, RoomTime, Schedule, Timeline

MemberKind = Literal["member", "controller"]

P = ParamSpec("P")

NO_TICKET = PeerId("")


@dataclass(frozen=True, slots=True)
class RoomPolicy:
    """Numbers that decide how a room behaves; times in seconds."""

    lead_least: float = 0.120  # sound that is already in the device (100 ms) can't be taken back
    lead_most: float = 0.500  # one very bad path must not make everybody's button slow: who is farther turns late
    lead_margin: float = 0.040  # jitter of the path, waking the player's threads
    one_way_assumed: float = 0.100  # of a member that has not reported yet
    playout_assumed: float = 0.120  # likewise: our sound's latency and a buffer
    hold: float = 10.0  # longest wait for stragglers, after which they catch up alone; 0: never wait
    first_hold: float = 30.0  # the first play of an item: cold files, sleeping disks
    excuse: float = 30.0  # who made the room wait in vain and is still not ready can't make it wait again for so long
    newcomer: float = 5.0  # who came (back) into a playing film catches up alone: for so long it causes no wait
    stalls_most: int = 3  # waits that one member may cause within ...
    stalls_within: float = 300.0  # ... this time: a very bad path costs the others a tenth of it at most
    end_reach: float = 1.0  # a member's end of file so near the item's end is the item's end
    again_reach: float = 0.05  # play within about a frame of the end means "from the start"
    unheard: float = 6.0  # nobody waits for who was silent for so long: it would have asked for the time after 4 s
    silence: float = 15.0  # three lost clock exchanges: the path is gone
    listed: float = 120.0  # a lost member stays in the roster for so long
    unwatched: float = 120.0  # the film plays on without anybody: cut links play on by their own clocks, too
    empty: float = 60.0  # a room that all have left is kept for so long
    abandoned: float = 600.0  # likewise if somebody may still come back by token
    members_most: int = 40  # with the lost ones, a roster of these fits one message however they are called
    lost_listed_most: int = 5
    lost_most: int = 32  # tokens of lost members that are kept: the highest in rank, then the newest
    controllers_most: int = 8
    answers_most: int = 32  # of a peer: command ids that are remembered, for repeats
    host_gone: float = 30.0  # then the longest-present operator, or else member, is the host
    count_down: float = 3.0  # from the last "ready" of a ready check to the start: 3, 2, 1
    next_after: float = 3.0  # from the end of an item to the next entry of the playlist: time to say no
    next_late: float = 1.0  # later than that it begins only after another such time: nobody was here to say no
    entries_most: int = 250  # of a playlist
    entry_chars_most: int = 60_000  # titles and addresses of a playlist: each edit is told to all
    undos_most: int = 20  # edits of a playlist that can be taken back
    says_most: int = 10  # lines of chat that one member may say within ...
    says_within: float = 10.0  # ... this time
    say_lines_most: int = 8  # of text in one line of chat
    lines_most: int = 200  # of chat that are kept for who comes later ...
    line_chars_most: int = 20_000  # ... and their characters
    keys_most: int = 32  # invites of a room
    bans_most: int = 100
    forsaken: float = 90 * 86_400.0  # a room that persists ends when nobody has visited it for so long
    call_most: int = 8  # members in the call: tiles have a finished layout for so many
    sfu_above: int = 4  # with more in the call it goes over the SFU, if the server has one; 0: never
    sfu_kept: float = 20.0  # and so long after it has become smaller: people come back
    sfu_again: float = 60.0  # after the SFU failed; each try may interrupt the call
    moving: float = 60.0  # so long a person may think about hosting it, and meanwhile a room takes no commands
    roster_gap: float = 0.1  # joins and readiness: at once, yet not in floods
    report_gap: float = 3.0  # figures that people only glance at, and that members tell every 3 s


class Member(msgspec.Struct, frozen=True):
    """Somebody in a room, or a controller of it (who is in no roster and never waited for)."""

    peer: PeerId
    name: str
    token: str
    kind: MemberKind
    heard_at: RoomTime
    ticket: PeerId = NO_TICKET  # of the `Join` by which its connection came
    role: protocol.Role = "guest"
    address: str = ""  # of its connection, as the shell groups them: for bans
    is_muted: bool = False  # in the chat
    is_away: bool = False  # has said so: nobody waits for it
    copy: protocol.Copy | None = None  # what it said about its own file
    lost_at: RoomTime | None = None  # None: is here
    is_listed: bool = True  # in the roster; who has been lost for long is not
    ready_for: int = -1  # the newest revision that it was ready for
    stalled_for: int = -1  # the revision of the newest wait that it caused by running dry
    stalled_at: tuple[RoomTime, ...] = ()  # when it did, the last few
    came_at: RoomTime | None = None  # when it came (back) into a playing film; None as soon as it was ready
    late_at: RoomTime | None = None  # when a wait for it ended in vain; None as soon as it is ready again
    delay: float | None = None  # reported round-trip delay, s
    playout: float | None = None  # reported playout delay, s
    dispersion: float | None = None  # reported error bound of its clock, s
    asynchrony: float | None = None  # reported, s
    answers: tuple[protocol.Accepted | protocol.Refused, ...] = ()  # what its last commands got
    call: protocol.CallSeat | None = None  # it is in the call

    @property
    def is_here(self) -> bool:
        return self.lost_at is None


class Key(msgspec.Struct, frozen=True):
    """What admits to a room as a role, by its SHA-256: the key is in the invite only. `expires_at` None: never."""

    id: str
    digest: str  # hex
    role: Literal["operator", "guest"]
    expires_at: RoomTime | None = None
    by: str = ""  # whose name


class Barred(msgspec.Struct, frozen=True):
    """Who was banned: by `address`, unless somebody else who is here shares it."""

    id: str
    name: str
    address: str = ""


class Listing(msgspec.Struct, frozen=True):
    """A playlist's order at one time, to come back to."""

    entries: tuple[protocol.Entry, ...] = ()
    loop: protocol.Loop = "off"


class PlaylistState(msgspec.Struct, frozen=True):
    """What is to be played. `revision` counts its edits; the item's `entry` says which entry plays now."""

    revision: int = 0
    entries: tuple[protocol.Entry, ...] = ()
    loop: protocol.Loop = "off"
    made: int = 0  # entries so far: the last one's id
    place: int = 0  # where the next entry is, while the item is no entry of the list
    past: tuple[Listing, ...] = ()  # before the last edits, oldest first: for undo
    next_at: RoomTime | None = None  # when the entry `next` begins by itself
    next: str = ""


class ReadyCheck(msgspec.Struct, frozen=True):
    """Somebody has asked whether all are ready."""

    by: PeerId
    revision: int  # of the timeline that stood then: another one ends the check
    confirmed: tuple[PeerId, ...] = ()
    agreed_at: RoomTime | None = None  # since when all have confirmed


class CallHeld(msgspec.Struct, frozen=True):
    """How the call is held (`call_mode.py`)."""

    mode: protocol.CallMode = "mesh"
    generation: int = 0
    is_wanted: bool = False  # a meeting of the next generation is
    small_since: RoomTime | None = None  # in mode "sfu": since when so few are in the call that it could be a mesh
    again_at: RoomTime | None = None  # no meeting is wanted before


class Room(msgspec.Struct, frozen=True):
    """A room. `schedule.newest` is what was stated last; it may take effect a little later."""

    name: str
    epoch: str = ""  # of the room time in which all its times are
    policy: RoomPolicy = msgspec.field(default_factory=RoomPolicy)
    members: tuple[Member, ...] = ()
    item: protocol.Item | None = None
    items: int = 0  # how many there have been: the last one's id
    schedule: Schedule = msgspec.field(default_factory=Schedule)
    place_revision: int = 0  # of the last change of place (load, seek, from the start): readiness counts from it on
    has_played: bool = False  # this item
    is_ended: bool = False  # the place is the item's end
    rules: protocol.Rules = msgspec.field(default_factory=protocol.Rules)
    password: str = ""  # as the shell has hashed it; "" is none
    salt: str = ""  # of the fingerprints of films, this room's own
    keys: tuple[Key, ...] = ()
    bans: tuple[Barred, ...] = ()
    bans_made: int = 0
    playlist: PlaylistState = msgspec.field(default_factory=PlaylistState)
    lines: tuple[protocol.Line, ...] = ()  # of chat, oldest first
    lines_made: int = 0
    check: ReadyCheck | None = None
    held: CallHeld = msgspec.field(default_factory=CallHeld)
    moving_to: PeerId | None = None  # who takes the room over, until `moving_until`
    moving_until: RoomTime | None = None
    made_at: RoomTime | None = None
    empty_since: RoomTime | None = None  # since when no member is here; controllers don't count
    roster_at: RoomTime | None = None  # when it was stated last
    roster_due: RoomTime | None = None  # when it has to be stated again
    is_wait_shorter: bool = False  # the hold waits for fewer than was stated: it is stated again with the roster

    @property
    def newest(self) -> Timeline:
        return self.schedule.newest

    @property
    def revision(self) -> int:
        return self.schedule.newest.revision

    @property
    def item_id(self) -> str:
        """The item's id, "" without one."""
        return "" if self.item is None else self.item.id

    @property
    def duration(self) -> MediaTime | None:
        """The item's, s, if it is known."""
        if self.item is None or self.item.duration_us is None:
            return None
        return MediaTime(protocol.seconds(self.item.duration_us))

    @property
    def present(self) -> tuple[Member, ...]:
        """The members that are here, without controllers."""
        return tuple([member for member in self.members if member.lost_at is None and member.kind == "member"])

    @property
    def everyone(self) -> tuple[PeerId, ...]:
        """Who hears what the room does: members that are here, and controllers."""
        return tuple([member.peer for member in self.members if member.lost_at is None])

    def member(self, peer: PeerId) -> Member | None:
        return next((member for member in self.members if member.peer == peer), None)

    def with_member(self, changed: Member) -> Room:
        """The room in which the member of this peer is `changed`."""
        return replace(self, members=tuple(changed if each.peer == changed.peer else each for each in self.members))

    def without(self, peer: PeerId) -> Room:
        """The room without a member."""
        return replace(self, members=tuple(each for each in self.members if each.peer != peer))

    def is_ready(self, member: Member) -> bool:
        """Can it start at the room's place? It was ready since that place, and since it ran dry last, was stated.
        (Pause and rate give out later revisions of the same place: a Ready for an earlier one still counts.)"""
        return member.ready_for >= max(self.place_revision, member.stalled_for)


# -- what can happen --------------------------------------------------------------------------------------------------


class Join(msgspec.Struct, frozen=True):
    """A connection that the server's door let through; whether the room does is its own business. `peer` and
    `token` are fresh ones from the shell, which `hello.token` may make needless. `peer` stands in the answer, `Admit`
    or `Refuse`, so that the shell knows which connection is meant."""

    peer: PeerId
    token: str
    hello: protocol.Hello
    address: str = ""  # the shell's name for where it comes from
    is_maker: bool = False  # it has the key of who runs the server
    has_password: bool = False  # it said the room's password: the shell has checked the hash
    password: str = ""  # hashed: of the room that this makes, if it makes one
    may_make: bool = True  # the door has let it make the room; else that has to be there


class Said(msgspec.Struct, frozen=True):
    """A message of a peer. Any message proves that the peer lives; a clock request does nothing else here."""

    peer: PeerId
    message: protocol.ClientMessage


class Lost(msgspec.Struct, frozen=True):
    """A peer's connection has ended without a `leave`. `ticket` says which one, as `Admit` told it: the peer may be
    here on another one by now, of which this process has not heard yet. "": whichever it has."""

    peer: PeerId
    ticket: PeerId = NO_TICKET


class Due(msgspec.Struct, frozen=True):
    """`next_deadline` has come."""


class Close(msgspec.Struct, frozen=True):
    """Whoever runs the server ends the room. `words` are told to all."""

    words: str


class Met(msgspec.Struct, frozen=True):
    """The meeting on the SFU of this generation stands, or does not (any more)."""

    generation: int
    stands: bool


RoomCommand = Join | Said | Lost | Due | Close | Met


# -- what follows -----------------------------------------------------------------------------------------------------


class Admit(msgspec.Struct, frozen=True):
    """The connection that asked to join is this peer from now on. `ticket` is the peer of its `Join`."""

    peer: PeerId
    ticket: PeerId


class Refuse(msgspec.Struct, frozen=True):
    """The connection that asked to join is turned away. `ticket` is the peer of its `Join`."""

    refusal: protocol.Refusal
    ticket: PeerId


class Send(msgspec.Struct, frozen=True):
    to: tuple[PeerId, ...]
    message: protocol.ServerMessage


class Cut(msgspec.Struct, frozen=True):
    """Abort the connection that this peer has at this point of the outbox; the room knows already."""

    peer: PeerId


class Dissolve(msgspec.Struct, frozen=True):
    """Forget the room."""


Outcome = Admit | Refuse | Send | Cut | Dissolve


class Transition(msgspec.Struct, frozen=True):
    room: Room
    outbox: tuple[Outcome, ...] = ()

    def then(self, follow: Callable[Concatenate[Room, P], Transition], *args: P.args, **kwargs: P.kwargs) -> Transition:
        """This transition and the one that `follow` makes of the room after it (and the other arguments)."""
        more = follow(self.room, *args, **kwargs)
        return Transition(more.room, self.outbox + more.outbox) if self.outbox else more


def tell(room: Room, message: protocol.ServerMessage) -> tuple[Send, ...]:
    """The message to everyone who is here, if anybody is."""
    return (Send(room.everyone, message),) if room.everyone else ()


def roster_is_due(room: Room, gap: float, now: RoomTime) -> Room:
    """The room whose roster has to be stated: now, or `gap` seconds after it was stated last."""
    due = now if room.roster_at is None else RoomTime(max(now, room.roster_at + gap))
    return replace(room, roster_due=due if room.roster_due is None else RoomTime(min(due, room.roster_due)))
