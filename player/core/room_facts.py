"""What a seat knows of its room beyond film, timeline and roster: rules, playlist, chat, checks, keys, bans.

Lists that come in pages are put together here; a list counts when it is whole. Chat lines have numbers, so that a
history that comes again after a reconnect adds only what is new.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import msgspec

from server.core import protocol
from server.core.timeline import LocalTime, MediaTime

LINES_MOST = 500
FLOAT = 3.5  # s that a reaction floats
FLOATING_MOST = 20
LATE_MOST = 0.5  # s: who hears of a reaction later than this sees it from here on
LISTED_MOST = 5_000
BUNDLE_MOST = 4_000  # parts: 32 MB


@dataclass(frozen=True, slots=True)
class Airborne:
    """A reaction that waits for its place in the film, or floats since `since`."""

    id: int
    reaction: protocol.Reaction
    received: LocalTime
    since: LocalTime | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A room that this computer may host from now on, if its person wants to."""

    bundle: str
    room: str
    by: str  # name
    since: LocalTime


@dataclass(frozen=True, slots=True)
class RoomFacts:
    role: protocol.Role = "guest"
    salt: str = ""
    rules: protocol.Rules = field(default_factory=protocol.Rules)
    playlist: protocol.Playlist = field(default_factory=lambda: protocol.Playlist(revision=0))  # whole
    playlist_pages: tuple[protocol.Playlist, ...] = ()  # of a newer one that is not
    listed: frozenset[str] = frozenset()  # ids of the entries that were in it
    roster_pages: tuple[protocol.Roster, ...] = ()
    lines: tuple[protocol.Line, ...] = ()
    airborne: tuple[Airborne, ...] = ()
    reactions: int = 0  # so far
    check: protocol.Checked | None = None
    counting: int = -1  # the revision that a ready check led to: it begins after a count-down
    keys: tuple[protocol.KeyEntry, ...] = ()
    revoked: frozenset[str] = frozenset()  # ids of those that were known here and hold no longer
    links: tuple[tuple[str, str], ...] = ()  # (id, key) of the invites that were made here
    bans: tuple[protocol.BanEntry, ...] = ()
    bundle: tuple[protocol.Bundle, ...] = ()  # of a room that comes to us
    offer: Offer | None = None  # it came whole, and the person has not answered
    is_taking: bool = False  # the person wants it, and our own server is being started with it

    def with_page(self, page: protocol.Playlist) -> RoomFacts:
        """With one more page of the playlist. A page that does not follow the one before is dropped: the list comes
        again with its next change."""
        pages = () if page.first == 0 else self.playlist_pages
        so_far = sum(len(each.entries) for each in pages)
        if page.first != so_far or any(each.revision != page.revision for each in pages):
            return replace(self, playlist_pages=())
        pages = (*pages, page)
        entries = tuple(entry for each in pages for entry in each.entries)
        if len(entries) < page.total:
            return replace(self, playlist_pages=pages)
        whole = msgspec.structs.replace(pages[0], entries=entries)
        ids = frozenset(entry.id for entry in entries)
        listed = ids if len(self.listed) > LISTED_MOST else self.listed | ids
        return replace(self, playlist=whole, playlist_pages=(), listed=listed)

    def with_roster(self, page: protocol.Roster) -> tuple[RoomFacts, tuple[protocol.RosterEntry, ...] | None]:
        """With one more page of the roster, and the roster if it is whole now."""
        pages = () if page.first == 0 else self.roster_pages
        members = tuple(member for each in pages for member in each.members)
        if page.first != len(members):
            return replace(self, roster_pages=()), None
        members += page.members
        if page.total is None or len(members) >= page.total:
            return replace(self, roster_pages=()), members
        return replace(self, roster_pages=(*pages, page)), None

    def with_lines(self, lines: tuple[protocol.Line, ...]) -> RoomFacts:
        """With more chat, each line once, in order of the numbers."""
        known = {line.id: line for line in (*self.lines, *lines)}
        return replace(self, lines=tuple(known[id] for id in sorted(known))[-LINES_MOST:])

    def with_reaction(self, reaction: protocol.Reaction, now: LocalTime) -> RoomFacts:
        count = self.reactions + 1
        airborne = (*self.airborne, Airborne(count, reaction, now))[-FLOATING_MOST:]
        return replace(self, airborne=airborne, reactions=count)

    def at(self, now: LocalTime, place: MediaTime, item: str, speed: float) -> RoomFacts:
        """Reactions whose place in the film has come begin to float, those that have floated are gone. `speed`: of the
        film, media seconds a second; 0 while it stands."""
        if not self.airborne:
            return self
        kept = []
        for each in self.airborne:
            if each.since is None:
                each = replace(each, since=_take_off(each, now, place, item, speed))  # noqa: PLW2901
            if each.since is None or now - each.since < FLOAT:
                kept.append(each)
        return replace(self, airborne=tuple(kept))

    def with_keys(self, keys: tuple[protocol.KeyEntry, ...]) -> RoomFacts:
        """With the invites that hold now. Those that held are remembered as revoked."""
        gone = {each.id for each in self.keys} - {each.id for each in keys}
        return replace(self, keys=keys, revoked=frozenset((self.revoked | gone) - {each.id for each in keys}))

    def key_of(self, id: str) -> str:
        """The key of an invite that was made here; "" of another."""
        return next((key for known, key in self.links if known == id), "")


def _take_off(each: Airborne, now: LocalTime, place: MediaTime, item: str, speed: float) -> LocalTime | None:
    """When a reaction began to float, so that all see it at the same height over the same picture; None: not yet."""
    wanted = protocol.seconds(each.reaction.media_us)
    if speed <= 0.0 or each.reaction.item != item or now - each.received > FLOAT:
        return now
    return LocalTime(now - min((place - wanted) / speed, LATE_MOST)) if place >= wanted else None
