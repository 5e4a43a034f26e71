"""What is kept of a room, what can happen to it and what follows: values only.

`Room` is the whole truth about a room. A `RoomCommand` is something that happened; `room.apply` answers it with a
`Transition`: the room as it is now and an outbox, which the shell obeys in order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from server.core import protocol
from server.core.timeline import MediaTime, PeerId, RoomTime, Schedule, Timeline

Role = Literal["member", "controller"]


@dataclass(frozen=True, slots=True)
class RoomPolicy:
    """Numbers that decide how a room behaves; times in seconds."""

    lead_least: float = 0.120  # sound that is already in the device (100 ms) can't be taken back
    lead_most: float = 0.500  # one very bad path must not make everybody's button slow
    lead_margin: float = 0.040  # jitter of the path, waking the player's threads
    one_way_assumed: float = 0.100  # of a member that has not reported yet
    playout_assumed: float = 0.120  # likewise: our sound's latency and a buffer
    hold: float = 10.0  # longest wait for stragglers, after which they catch up alone; 0: never wait
    first_hold: float = 30.0  # the first play of an item: cold files, sleeping disks
    excuse: float = 30.0  # who made the room wait in vain and is still not ready can't make it wait again for so long
    newcomer: float = 5.0  # who came (back) into a playing film catches up alone: for so long it causes no wait
    stalls_most: int = 3  # waits that one member may cause within ...
    stalls_within: float = 60.0  # ... this time
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
    lost_most: int = 32  # tokens of lost members that are kept
    controllers_most: int = 8
    answers_most: int = 32  # of a peer: command ids that are remembered, for repeats
    roster_gap: float = 0.1  # joins and readiness: at once, yet not in floods
    report_gap: float = 1.0  # figures that people only glance at


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a room, or a controller of it (who is in no roster and never waited for)."""

    peer: PeerId
    name: str
    token: str
    role: Role
    heard_at: RoomTime
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

    @property
    def is_here(self) -> bool:
        return self.lost_at is None


@dataclass(frozen=True, slots=True)
class Room:
    """A room. `schedule.newest` is what was stated last; it may take effect a little later."""

    name: str
    epoch: str = ""  # of the room time in which all its times are
    policy: RoomPolicy = field(default_factory=RoomPolicy)
    members: tuple[Member, ...] = ()
    item: protocol.Item | None = None
    items: int = 0  # how many there have been: the last one's id
    schedule: Schedule = field(default_factory=Schedule)
    place_revision: int = 0  # of the last change of place (load, seek, from the start): readiness counts from it on
    has_played: bool = False  # this item
    is_ended: bool = False  # the place is the item's end
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
        return tuple(member for member in self.members if member.is_here and member.role == "member")

    @property
    def everyone(self) -> tuple[PeerId, ...]:
        """Who hears what the room does: members that are here, and controllers."""
        return tuple(member.peer for member in self.members if member.is_here)

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


@dataclass(frozen=True, slots=True)
class Join:
    """A connection that admission let through. `peer` and `token` are fresh ones from the shell, which `hello.token`
    may make needless."""

    peer: PeerId
    token: str
    hello: protocol.Hello


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a peer. Any message proves that the peer lives; a clock request does nothing else here."""

    peer: PeerId
    message: protocol.ClientMessage


@dataclass(frozen=True, slots=True)
class Lost:
    """A peer's connection has ended without a `leave`. Not for a connection that was cut or replaced: the peer may be
    here on another one by now."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class Due:
    """`next_deadline` has come."""


RoomCommand = Join | Said | Lost | Due


# -- what follows -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Admit:
    """The connection that asked to join is this peer from now on."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class Refuse:
    """The connection that asked to join is turned away."""

    refusal: protocol.Refusal


@dataclass(frozen=True, slots=True)
class Send:
    to: tuple[PeerId, ...]
    message: protocol.ServerMessage


@dataclass(frozen=True, slots=True)
class Cut:
    """Abort the connection that this peer has at this point of the outbox; the room knows already."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class Dissolve:
    """Forget the room."""


Outcome = Admit | Refuse | Send | Cut | Dissolve


@dataclass(frozen=True, slots=True)
class Transition:
    room: Room
    outbox: tuple[Outcome, ...] = ()

    def then(self, follow: Callable[[Room], Transition]) -> Transition:
        """This transition and the one that `follow` makes of the room after it."""
        more = follow(self.room)
        return Transition(more.room, self.outbox + more.outbox)
