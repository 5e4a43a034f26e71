"""A member's seat: what one player knows of its room and its film, and what it does about what happens.

Theory of operation. A seat is a value. `seat_rules.receive(seat, happening, moment)` takes what a person wished (an
intent) or what the link, the playback or the hosted server reported, and answers with the next seat and the actions
that the shell (`player/session.py`) has to carry out, in order. It never acts itself: each rule is tested by a call.

    wish -> Command to the authority -> its timeline comes back -> the schedule changes -> playback follows
    nobody acts before the broadcast; until then the wish is `pending` and the button says so

A film of ours is the copy of the room's item (`bound_item`), or the playback does not follow:
    opened, the room has no item                -> `load` is sent; the item that comes back is ours
    opened, the room has one and we no copy     -> it becomes our copy of it
    opened, we had a copy                       -> `load`: another film for everybody; ours follows nothing until then
                                                   (in company not if it is the room's film: then it is our copy)
    opened, we had a copy, the link is lost     -> it becomes our copy: nobody can be asked for another film
    the room's first item is somebody else's    -> ours, if one is open and may be it, is our copy of it
    the room goes on to another item            -> ours is kept if it is that film, too, else closed, and this person's
                                                   folders are searched for it (`seat_copies.py`)
Alone is a room, too: of one, with an authority inside the app (`player/net/solo.py`).

A film keeps its place (`go_on`) into a room that we host, out of a room, and over a restart of the room's server; a
friend's room has its own place. On its way it stands there, but over a restart, which nobody wished for, it plays on
by the clock that it had (`followed`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import msgspec

from player.core.call_state import CallPart
from player.core.figure import Figure
from player.core.happenings import Moment
from player.core.invite import Invite
from player.core.medium import Medium
from player.core.notices import Kind, Notices
from player.core.room_facts import RoomFacts
from player.core.room_view import LanRow, LibraryView, ListingView, ReachView
from player.core.seat_actions import Action
from server.core import protocol
from server.core.timeline import NOTHING, LocalTime, MediaTime, PeerId, RoomTime, Schedule

# -- the seat ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SeatPolicy:
    """Times in s."""

    report_every: float = 3.0  # own figures for the roster; more often costs a server of thousands more than it tells
    resend_within: float = 10.0  # a command older than this is no longer what the person wants when the link is back
    tries: int = 5  # of an edit of the playlist that means the same whatever others have done to it meanwhile
    search: float = 3.0  # so long the room is let wait for what the person's folders have: a sleeping disk takes longer
    offer: float = 60.0  # a room waits so long for who is asked to host it: the server's RoomPolicy.moving
    is_over: float = 0.1  # so near its end a film that goes on in another room is not played there
    known_files_most: int = 500
    offsets_most: int = 200


POLICY = SeatPolicy()
NOBODY = PeerId("")
NOWHERE = Schedule()
LONG_AGO = LocalTime(float("-inf"))
WHENEVER = LocalTime(0.0)  # of a place that stands


@dataclass(frozen=True, slots=True)
class Pending:
    """A command that the authority has not answered."""

    command: protocol.Command
    since: LocalTime
    tries: int = 0  # before this one


@dataclass(frozen=True, slots=True)
class Place:
    """Where a film is since its room went away: at `media_time` when the local clock read `since`, and from then on it
    moves with `speed`, media seconds a second (0: it stands)."""

    media_time: MediaTime
    is_playing: bool  # or would be if nobody had to be waited for
    since: LocalTime = WHENEVER
    speed: float = 0.0
    rate: float = 1.0  # the room's

    def media_time_at(self, local: LocalTime) -> MediaTime:
        return MediaTime(self.media_time + self.speed * max(0.0, local - self.since))

    def stopped(self, local: LocalTime) -> Place:
        """The same, but standing from now on."""
        return replace(self, media_time=self.media_time_at(local), since=local, speed=0.0)


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file of this person's. `content_hash` None: not known, or none (an address)."""

    path: str
    title: str
    size: int | None = None
    content_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Adding:
    """A film on its way into the playlist; `file` None: its fingerprint is being taken."""

    path: str
    at: int | None
    file: OwnFile | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """What a player knows. `invite` None: alone."""

    name: str = ""
    volume: int = 100
    is_muted: bool = False
    link: Literal["alone", "connecting", "joined", "lost"] = "alone"
    link_words: str = ""
    invite: Invite | None = None  # what friends get, and where we are
    is_hosting: bool = False
    locked: Invite | None = None  # the room that wants a password, or another one than this invite's
    epoch: str = ""
    me: PeerId = NOBODY
    item: protocol.Item | None = None
    schedule: Schedule = field(default_factory=Schedule)
    roster: tuple[protocol.RosterEntry, ...] = ()
    medium: Medium | None = None
    opening: str = ""
    opening_since: LocalTime = LONG_AGO
    opening_for: str = ""  # id of the item for which we open it by ourselves; "": a person chose it
    bound_item: str = ""  # id of the item that our film is the copy of
    is_loading: bool = False  # our `load` is under way
    go_on: Place | None = None  # after our own `load` into an empty room: where we were
    primed: int = -1  # the newest standing revision whose frame is shown
    readied: int = -1  # the newest revision that the authority was told to be ready for
    pending: Pending | None = None
    commands: int = 0
    subtitle_delay: float = 0.0
    reported_at: LocalTime = LONG_AGO
    asynchrony: Figure = field(default_factory=Figure)  # our own, while the film moves
    notices: Notices = field(default_factory=Notices)
    facts: RoomFacts = field(default_factory=RoomFacts)
    is_away: bool = False
    offsets: tuple[tuple[str, float], ...] = ()  # that were set for pairs of films
    offset: float = 0.0  # our copy of the item is shown so much ahead of the room's place, s
    compared: str = ""  # what was told of how our copy differs
    content: OwnFile | None = None  # of the film that is open here
    sought: str = ""  # id of the item of which we have no copy yet
    sought_words: str = ""  # why it was not found
    searching_since: LocalTime | None = None  # our folders are being searched for it; None: they have answered
    changing_since: LocalTime = LONG_AGO  # the room went on to another film, whose copy is not open yet
    known_files: tuple[OwnFile, ...] = ()  # that were put into the playlist here, newest last
    adding: tuple[Adding, ...] = ()
    asked: tuple[Pending, ...] = ()  # commands without a button, unanswered: sent again after a short loss
    trusted_hosts: tuple[str, ...] = ()  # whose films are opened without asking
    taken_over: Invite | None = None  # the way into a room that was given to us, until all are sent there
    lan: tuple[LanRow, ...] = ()
    is_lan_open: bool = False
    reach: ReachView | None = None
    listing: ListingView = field(default_factory=ListingView)
    library: LibraryView = field(default_factory=LibraryView)
    call: CallPart = field(default_factory=CallPart)

    @property
    def can_ask(self) -> bool:
        """There is an authority that hears us now."""
        return self.epoch != "" and self.link in ("alone", "joined")

    @property
    def is_adding(self) -> bool:
        """An `add` is under way: the next one waits for the revision that it leads to."""
        return any(isinstance(each.command.action, protocol.Add) for each in self.asked)

    @property
    def is_following(self) -> bool:
        """Our film is open and is the room's."""
        item = self.item
        if self.medium is None or item is None or self.bound_item != item.id:
            return False
        return self.schedule.newest.item == item.id  # an item comes before the timeline that names it

    @property
    def followed(self) -> Schedule | None:
        """What the playback has to follow. None: what it followed before, by the clock of then."""
        if self._has_no_place:
            return NOWHERE
        if self.is_following:
            return self.schedule.shifted(self.offset)
        if self.go_on is None or self.go_on.speed > 0.0:
            return None
        return Schedule((msgspec.structs.replace(NOTHING, media_time=self.go_on.media_time),))

    def place(self, moment: Moment) -> Place | None:
        """Where our film is, to go on from there in another room."""
        if self._has_no_place:
            return None
        if not self.is_following:
            return self.go_on
        newest = self.schedule.newest
        begins = RoomTime(max(newest.room_time, moment.room))
        return Place(
            media_time=MediaTime(max(0.0, newest.media_time_at(begins) + self.offset)),
            is_playing=newest.state != "paused",
            since=LocalTime(moment.local + (begins - moment.room)),
            speed=newest.rate if newest.state == "playing" else 0.0,
            rate=newest.rate,
        )

    @property
    def _has_no_place(self) -> bool:
        """There is no film, or another one is being opened than the one that has been followed so far."""
        return self.medium is None or (self.opening != "" and self.link != "lost")

    @property
    def gain(self) -> float:
        """Linear gain of the volume: quadratic, which is near to how loudness is felt."""
        return 0.0 if self.is_muted else (self.volume / 100) ** 2

    def told(self, kind: Kind, words: str, moment: Moment, about: str = "") -> Seat:
        """The seat with one more notice."""
        return replace(self, notices=self.notices.add(kind, words, moment.local, about))

    def name_of(self, peer: str) -> str:
        """Who that is, for people."""
        return next((entry.name for entry in self.roster if entry.peer == peer), "Somebody")


@dataclass(frozen=True, slots=True)
class Step:
    seat: Seat
    actions: tuple[Action, ...] = ()

    def then(self, follow: Callable[[Seat], Step]) -> Step:
        """This step and the one that `follow` makes of the seat after it."""
        more = follow(self.seat)
        return Step(more.seat, self.actions + more.actions)
