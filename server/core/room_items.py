"""Which film a room watches: one that a member opens, one that is chosen from the playlist, the next one.

    load     a member's film: it becomes an entry after the current one, unless it is one already, and begins where
             the member says
    choose   an entry, from its start
    next     the entry after the current one, from its start
    by itself, a while after the end of an item: what `room_entries.py` had planned, from its start, for all at once

A room that plays goes on playing as soon as all are there; one in which the next film was about to begin does, too.
One that stands stands at the new place. An entry that plays already begins anew and stays the same item.
"""

from __future__ import annotations

from msgspec.structs import replace

from server.core import protocol
from server.core.protocol import Entry, Item, Load, NewEntry
from server.core.room_entries import cancel_next, current_entry, entry_after, next_index, plan_next
from server.core.room_play import clamp, go_to
from server.core.room_playlist import cleaned, has_room_for, inserted
from server.core.room_state import Room, Transition, tell
from server.core.timeline import MediaTime, RoomTime

START = MediaTime(0.0)


def load(room: Room, by: str, action: Load, now: RoomTime, *, may_list: bool) -> Transition:
    """A film that a member opens, at normal speed. `may_list`: who may not edit the playlist puts nothing into it."""
    film = cleaned(action)
    goes_on = _goes_on(room)
    known = next((entry for entry in _from_current(room) if _is_same(entry, film)), None)
    if known is not None:
        transition, entry_id = Transition(room), known.id
    elif may_list and has_room_for(room, (film,)):
        stood = replace(room, playlist=replace(room.playlist, next_at=None, next=""))
        transition = inserted(stood, (film,), next_index(room), by)
        entry_id = transition.room.playlist.entries[next_index(room)].id
    else:
        aside = replace(room, playlist=replace(room.playlist, place=next_index(room)))
        transition, entry_id = Transition(aside), ""
    item = _item(room, film, by, entry_id)
    place = MediaTime(protocol.seconds(action.media_us))
    return transition.then(_open, item, place, now, "load", by, goes_on)


def choose(room: Room, entry: Entry, now: RoomTime, by: str) -> Transition:
    """An entry of the playlist, from its start."""
    return _begin(room, entry, now, "load", by, _goes_on(room))


def go_to_next(room: Room, now: RoomTime, by: str) -> Transition | None:
    """The entry after the current one, from its start. None: there is none."""
    entry = entry_after(room)
    return None if entry is None else _begin(room, entry, now, "next", by, _goes_on(room))


def items_deadline(room: Room) -> RoomTime | None:
    """When something is to be done about what was planned."""
    next_at = room.playlist.next_at
    return next_at if next_at is None or room.present else RoomTime(next_at + room.policy.unwatched)


def settle_next(room: Room, now: RoomTime) -> Transition:
    """Begin what was planned, if it is time. For nobody it does not begin: if people come back, as after a restart of
    the server, they get time to say no; after a while they don't."""
    playlist, due = room.playlist, items_deadline(room)
    if playlist.next_at is None or due is None or now < due:
        return Transition(room)
    if not room.present:
        return cancel_next(room)
    if now > playlist.next_at + room.policy.next_late:
        return plan_next(room, now)
    entry = next((entry for entry in playlist.entries if entry.id == playlist.next), None)
    return _begin(room, entry, now, "next", "", goes_on=True)


def _begin(room: Room, entry: Entry | None, now: RoomTime, why: protocol.Why, by: str, goes_on: bool) -> Transition:
    """An entry from its start; None is the item itself, whose entry is in the list no more."""
    if entry is None or entry.id == current_entry(room):
        return go_to(room, START, now, why, by, goes_on=goes_on)
    item = _item(room, entry, entry.by, entry.id)
    return _open(room, item, START, now, why, by, goes_on)


def _item(room: Room, film: NewEntry | Entry, by: str, entry_id: str) -> Item:
    """The room's next item. `by` is who has described it: whose file it was."""
    return Item(
        id=str(room.items + 1),
        title=film.title,
        duration_us=film.duration_us,
        by=by,
        size=film.size,
        fingerprint=film.fingerprint,
        url=film.url,
        entry=entry_id,
    )


def _open(
    room: Room, item: Item, place: MediaTime, now: RoomTime, why: protocol.Why, by: str, goes_on: bool
) -> Transition:
    """Another item. Nobody has said yet which copy of it they have."""
    members = tuple(replace(each, copy=None) for each in room.members)
    room = replace(room, item=item, items=room.items + 1, has_played=False, members=members)
    told = Transition(room, tell(room, item))
    return told.then(lambda room: go_to(room, clamp(room, place), now, why, by, rate=1.0, goes_on=goes_on))


def _goes_on(room: Room) -> bool:
    """Does the room play, or is it about to?"""
    return room.newest.state != "paused" or room.playlist.next_at is not None


def _from_current(room: Room) -> tuple[Entry, ...]:
    """The entries, the current one first: a film may stand in the list twice."""
    entries = room.playlist.entries
    index = max(0, next_index(room) - 1)
    return (*entries[index:], *entries[:index])


def _is_same(entry: Entry, film: NewEntry) -> bool:
    """Is it the same film, as far as its description goes?"""
    if film.fingerprint and film.fingerprint == entry.fingerprint:
        return True
    if film.url and film.url == entry.url:
        return True
    return (film.title, film.duration_us) == (entry.title, entry.duration_us)
